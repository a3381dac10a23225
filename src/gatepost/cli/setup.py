"""A project's database made ready: running, our objects in it, logins with passwords, keys known.

In: a Project. Out: a Place (a database that can be connected to) and the State the serving process is given.
Never: a change to what an application made; its migrations are applied by `migrate`, not here.
"""

import secrets
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gatepost import embedded, migrate
from gatepost.cli import terminal
from gatepost.database.queries import load
from gatepost.embedded import Options, Preparation, Server
from gatepost.identity import api_keys
from gatepost.migrate import EXTENSIONS
from gatepost.migrate.connection import Connection
from gatepost.migrate.ours.pushing import switch_push
from gatepost.problem import Problem
from gatepost.project import Project, keys, state
from gatepost.project.state import State
from gatepost.settings import AuthSettings, Settings, function_name, hook_name, is_remote, owned_keys

QUERIES = load(Path(__file__).with_name("queries.sql"))
LOGINS = {"authenticator": "authenticator", "service": "service_authenticator", "auth": "supabase_auth_admin"}
DEMO_PASSWORD = "postgres"  # noqa: S105 - Supabase's, for its projects, on loopback only
NewKey = Callable[[], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Place:
    """A database server with one project's database. `server` is None where it is somebody else's."""

    project: Project
    admin: str
    server: Server | None = None

    def login(self, user: str, password: str | None = None) -> str:
        """A connection string for another user of the same database."""
        if self.server is not None:
            return self.server.dsn(user)
        return make_conninfo(self.admin, user=user, password=password)

    def close(self) -> None:
        """Leave the server; an embedded one stops when nobody else uses it."""
        if self.server is not None:
            self.server.stop()


def reach(project: Project) -> Place:
    """The project's server, started where it is ours and does not run."""
    url = project.settings.database.url
    if url:
        return Place(project, _checked(url))
    home = embedded.project_home(project.root)
    options = Options(
        port=project.settings.database.port or None, extensions=EXTENSIONS, preparation=preparation(project)
    )
    state.prepare(project.hidden)
    try:
        server = embedded.start(home, options)
    except Problem as error:
        if error.code != "embedded_port_taken":
            raise
        server = embedded.start(home, replace(options, port=_free_port()))
        terminal.note(f"port {options.port} is taken: the database listens on {server.port} instead")
    return Place(project, server.dsn(), server)


def preparation(project: Project) -> Preparation:
    """Our objects are part of the template, so that the next project of this kind has them from the start."""
    schemas = project.settings.rest.schemas
    objects = partial(migrate.install, profile=project.kind, schemas=schemas)
    return Preparation(migrate.fingerprint(project.kind, schemas), objects)


@contextmanager
def reached(project: Project) -> Generator[Place]:
    """The project's server for the time of a command."""
    place = reach(project)
    try:
        yield place
    finally:
        place.close()


def install(place: Place, previous: State | None, new_key: NewKey, *, development: bool = True) -> State:
    """Our objects, the logins' passwords and the project's keys; what the serving process needs to know.

    In `development` a Supabase project has the demo keys its tools expect; otherwise every project has its own.
    """
    project = place.project
    passwords = _passwords(place, previous)
    new = passwords if previous is None or previous.passwords != passwords else {}
    profile = project.kind
    installed = migrate.install(place.admin, profile, new, project.settings.rest.schemas)
    if place.server is not None and profile == "supabase":
        migrate.let_owner_pass(place.admin, installed.owner)
    for module in project.settings.project.modules:
        if migrate.install_module(place.admin, module):
            terminal.step(f"installed module {module}")
    switch_push(place.admin, on=bool(project.settings.push.url))
    migrate.configure(place.admin, _claim_rules(project.settings))
    logins = _logins(place, passwords) | {"owner": place.login(installed.owner, passwords.get(installed.owner))}
    demo = development and project.kind == "supabase"
    known = _keys(project, previous, demo=demo)
    _register(logins["auth"], known, None if demo else new_key)
    return State(
        root=str(project.root),
        kind=project.kind,
        url=_url(project),
        keys=known,
        passwords=passwords,
        logins=logins,
        overrides=overrides(place, logins),
        database_url=_database_url(place, passwords),
        embedded=str(place.server.home) if place.server else "",
        development=development,
        graphql=project.settings.graphql.enabled,
    )


def _claim_rules(settings: Settings) -> migrate.ClaimRules:
    """What the database is told of the settings about claims."""
    auth, uri = settings.auth, settings.auth.hook_custom_access_token_uri
    return migrate.ClaimRules(
        session_timebox=auth.sessions_timebox,
        owned_keys=owned_keys(settings),
        hook=hook_name(uri) if auth.hook_custom_access_token_enabled and not is_remote(uri) else None,
        per_request=function_name(settings.claims.per_request, "claims.per_request"),
    )


def _passwords(place: Place, previous: State | None) -> dict[str, str]:
    """Passwords of logins that need one: for people's tools here, for every login on a server of somebody else's."""
    kept = previous.passwords if previous else {}
    if place.server is not None:
        if place.project.kind == "supabase":
            return {"postgres": DEMO_PASSWORD}
        return {"postgres": kept.get("postgres") or secrets.token_urlsafe(18)}
    given = place.project.settings.database
    own = {"authenticator": given.authenticator_url, "service": given.service_url, "auth": given.auth_url}
    return {user: kept.get(user) or secrets.token_urlsafe(24) for name, user in LOGINS.items() if not own[name]}


def _logins(place: Place, passwords: dict[str, str]) -> dict[str, str]:
    given = place.project.settings.database
    own = {"authenticator": given.authenticator_url, "service": given.service_url, "auth": given.auth_url}
    return {name: own[name] or place.login(user, passwords.get(user)) for name, user in LOGINS.items()}


def _keys(project: Project, previous: State | None, *, demo: bool) -> state.Keys:
    secret = project.settings.auth.jwt_secret
    if demo:
        return keys.demo(secret)
    own = previous is not None and previous.keys.publishable != keys.DEMO_PUBLISHABLE
    if previous is not None and own and secret in ("", previous.keys.jwt_secret):
        return previous.keys
    return keys.generate(secret)


def _register(login: str, known: state.Keys, new_key: NewKey | None) -> None:
    """The database knows the project's API keys by their hash, and holds a key to sign tokens with."""
    with Connection(login) as connection, connection.transaction():
        for kind, role, key in (("publishable", "anon", known.publishable), ("secret", "service_role", known.secret)):
            name, digest = "default " + kind, api_keys.digest(key)
            connection.rows(QUERIES["replace_key"], name, digest)
            connection.rows(QUERIES["register_key"], name, kind, role, digest, prefix(key))
        if new_key is not None and connection.value(QUERIES["active_signing_key"]) is None:
            add_signing_key(connection, new_key())


def add_signing_key(connection: Connection, jwk: dict[str, Any]) -> str:
    """Store a private JWK as the one that signs; its id."""
    connection.rows(QUERIES["add_signing_key"], jwk["kid"], jwk["alg"], msgspec.json.encode(jwk).decode())
    return str(jwk["kid"])


def prefix(key: str) -> str:
    """As much of a key as may be shown to tell it from others."""
    return key[: key.index("_", 3) + 7]


def overrides(place: Place, logins: dict[str, str]) -> dict[str, Any]:
    """Settings that the project's files do not hold, or that follow from where it listens."""
    names = {"authenticator": "authenticator_url", "service": "service_url", "auth": "auth_url"}
    addresses: dict[str, Any] = {f"database.{name}": logins[login] for login, name in names.items()}
    project = place.project
    if place.server is not None:
        addresses["database.port"] = place.server.port if place.server.tcp else 0
    given, untouched = project.settings.auth, AuthSettings()
    own = given.external_url if given.external_url != untouched.external_url else _url(project) + "/auth/v1"
    if project.settings.project.pages and given.site_url == untouched.site_url:
        addresses["auth.site_url"] = _url(project)  # its pages are the site
    return addresses | {
        "server.port": project.settings.server.port,
        "server.host": project.settings.server.host,
        "auth.external_url": own,
        "auth.jwt_issuer": given.jwt_issuer or own,
    }


def _url(project: Project) -> str:
    server = project.settings.server
    host = f"[{server.host}]" if ":" in server.host else server.host
    return server.external_url.rstrip("/") or f"http://{host}:{server.port}"


def _database_url(place: Place, passwords: dict[str, str]) -> str:
    """For people and their tools: by TCP where there is a port."""
    if place.server is None:
        return place.project.settings.database.url
    if not place.server.tcp:
        return place.server.dsn("postgres")
    return f"postgresql://postgres:{quote(passwords['postgres'], safe='')}@127.0.0.1:{place.server.port}/postgres"


def _checked(url: str) -> str:
    try:
        conninfo_to_dict(url)
    except ProgrammingError as error:
        hint = "Write it as postgresql://user:password@host:5432/database"
        raise Problem("invalid_setting", 500, "The database URL cannot be read", str(error).strip(), hint) from None
    return url


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
