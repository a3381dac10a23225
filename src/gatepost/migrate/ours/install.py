"""Roles, schemas and our objects in a database: made, or brought up to date.

In: an administrator's connection string (a superuser, or a role with CREATEROLE that may create schemas). Out: an
Installation. Never: a change of what an application made.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...query.sql import identifier
from ..connection import Connection
from ..ledger import array
from . import standins
from .objects import CONFIGURED, DOOR, FIRST, GRANTS, OWNED, PROFILES, THEN, Profile, Script, fingerprint, migrations

LOGINS = ("authenticator", "service_authenticator", "supabase_auth_admin", "postgres")


@dataclass(frozen=True, slots=True)
class Installation:
    """What `install` found or did. `owner` is the role that owns the application's objects and runs its migrations;
    `changed` is False where everything was there already."""

    profile: Profile
    owner: str
    changed: bool
    applied: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimRules:
    """What of the settings SQL itself must know: how long sessions last at most (s, 0: no such limit); which keys of
    user_metadata are the server's (None: none, and nothing of the server's is repeated there); functions by schema and
    name: the claims hook, and the one that each request's claims pass through.
    """

    session_timebox: float = 0
    owned_keys: tuple[str, ...] | None = None
    hook: tuple[str, str] | None = None
    per_request: tuple[str, str] | None = None


def install(
    admin_dsn: str,
    profile: Profile = "gatepost",
    passwords: Mapping[str, str] | None = None,
    schemas: Sequence[str] = ("public",),
) -> Installation:
    """Install our objects in the database that `admin_dsn` names; cheap where they are up to date.

    `passwords` are set for the logins named in it (clear text in, SCRAM verifiers to the server). `schemas` are the
    exposed ones: in the gatepost profile their new tables get row level security.
    """
    with Connection(admin_dsn) as connection:
        # First of all: the database's owner may have said that functions of his own are found before PostgreSQL's.
        connection.script("set search_path = pg_catalog")
        owner = owner_of(connection)
        mark = fingerprint(profile, schemas)
        result = Installation(profile, owner, changed=False)
        if _installed(connection) != mark:
            result = _install(connection, profile, owner, schemas, mark)
        set_passwords(connection, passwords or {})
        return result


def install_auth(dsn: str) -> bool:
    """Schema auth and ours beside it, for an auth surface that runs alone: as its own login, in its own database.

    No roles are made and no rights given to anybody else. True where something was done. A Problem names what the
    login may not do.
    """
    with Connection(dsn) as connection:
        mark = fingerprint("gatepost", ("auth",))
        if _installed(connection, "auth_alone") == mark:
            return False
        with connection.transaction():
            connection.rows("select pg_advisory_xact_lock(7310214402651)")
            connection.rows("select set_config('client_min_messages', 'warning', true)")
            connection.rows("select set_config('search_path', 'pg_catalog', true)")
            for schema in ("auth", "auth_private"):
                if connection.value("select to_regnamespace($1) is null", schema) == "t":
                    connection.script(f"create schema {identifier(schema)}")
            for script in [*_pending(connection), *(each for each in THEN if each not in (GRANTS, DOOR))]:
                connection.script(script.text)
            note(connection, "auth_alone", mark)
    return True


def configure(admin_dsn: str, claims: ClaimRules) -> bool:
    """Have the database know what the settings say of claims; False where it does. It must have been set up."""
    mark = hashlib.sha256(f"{claims}\0{CONFIGURED.text}".encode()).hexdigest()
    with Connection(admin_dsn) as connection:
        connection.script("set search_path = pg_catalog")
        if _installed(connection, "claims") == mark:
            return False
        values = {
            "owner": owner_of(connection),
            "session_timebox": f"{claims.session_timebox} seconds" if claims.session_timebox else "",
            "owned_keys": "" if claims.owned_keys is None else array(claims.owned_keys),
            "claims_hook": array(claims.hook) if claims.hook else "",
            "claims_per_request": array(claims.per_request) if claims.per_request else "",
        }
        with connection.transaction():
            connection.rows("select pg_advisory_xact_lock(7310214402651)")
            for name, value in values.items():
                connection.rows("select set_config($1, $2, true)", f"gatepost.{name}", value)
            run(connection, CONFIGURED)
            note(connection, "claims", mark)
    return True


def set_passwords(connection: Connection, passwords: Mapping[str, str]) -> None:
    """Give logins their passwords, so that they can come in by TCP."""
    for role, password in passwords.items():
        verifier = connection.encrypted(password, role)
        connection.script(f"alter role {identifier(role)} password '{verifier}'")  # a verifier holds no quotes


def let_owner_pass(admin_dsn: str, owner: str) -> None:
    """On a server of one Supabase project: policies that a table forces upon its owner do not bind `postgres`, and it
    may look at the server, end its statements, and let others do so.

    So it is at Supabase. Elsewhere roles are shared with other databases, and this is not ours to do.
    """
    with Connection(admin_dsn) as connection:
        if connection.value("select rolbypassrls or rolsuper from pg_roles where rolname = $1", owner) == "f":
            connection.script(f"alter role {identifier(owner)} bypassrls")
        if connection.value("select pg_has_role($1, 'pg_signal_backend', 'member')", owner) == "f":
            connection.script(f"grant pg_monitor, pg_signal_backend to {identifier(owner)} with admin option")


OWNER = """
select case
    when us.rolsuper and postgres.rolname is null then 'postgres' -- it will be made
    when postgres.rolsuper or postgres.rolname is null then current_user
    when us.rolsuper or pg_has_role(postgres.oid, 'usage') then 'postgres'
    else current_user
end
from pg_roles as us
left join pg_roles as postgres on postgres.rolname = 'postgres'
where us.rolname = current_user
"""


def owner_of(connection: Connection) -> str:
    """`postgres`, unless that is a foreign server's superuser, or somebody else's."""
    return connection.value(OWNER) or "postgres"


def _installed(connection: Connection, name: str = "fingerprint") -> str | None:
    """What was noted of an installation, None where nothing is."""
    if connection.value("select to_regclass('auth_private.installation') is not null") == "f":
        return None
    return connection.value("select value from auth_private.installation where name = $1", name)


def _install(connection: Connection, profile: Profile, owner: str, schemas: Sequence[str], mark: str) -> Installation:
    with connection.transaction():
        connection.rows("select pg_advisory_xact_lock(7310214402651)")
        connection.rows("select set_config('client_min_messages', 'warning', true)")
        connection.rows("select set_config('gatepost.owner', $1, true)", owner)
        connection.rows("select set_config('gatepost.schemas', $1, true)", array(schemas))
        for script in FIRST:
            run(connection, script)
        applied = _migrate(connection)
        for script in (*THEN, *PROFILES[profile]):
            run(connection, script)
        if profile == "supabase":
            standins.make(connection)
            run(connection, Script(OWNED.name, owner))
        _record(connection, profile, schemas, mark)
    return Installation(profile, owner, changed=True, applied=tuple(applied))


def _migrate(connection: Connection) -> list[str]:
    """Bring existing tables up to date; a database without them is made from the schema files instead."""
    pending = _pending(connection)
    for script in pending:
        run(connection, script)
    return [script.name.removeprefix("migrations/") for script in pending]


def _pending(connection: Connection) -> list[Script]:
    """Our migrations that this database has not seen; none where it has no tables yet."""
    if connection.value("select to_regclass('auth.users') is null") == "t":
        return []
    done: set[str | None] = set()
    if connection.value("select to_regclass('auth_private.migrations') is not null") == "t":
        done = {row[0] for row in connection.rows("select name from auth_private.migrations")}
    return [script for script in migrations() if script.name.removeprefix("migrations/") not in done]


def _record(connection: Connection, profile: Profile, schemas: Sequence[str], mark: str) -> None:
    note(connection, "fingerprint", mark)
    note(connection, "profile", profile)
    connection.rows("delete from auth_private.exposed_schemas")
    for schema in schemas:
        connection.rows("insert into auth_private.exposed_schemas (name) values ($1) on conflict do nothing", schema)


def note(connection: Connection, name: str, value: str) -> None:
    """Write down what is installed here, and that every migration of ours is part of it."""
    names = "{" + ",".join(script.name.removeprefix("migrations/") for script in migrations()) + "}"
    connection.rows(
        "insert into auth_private.migrations (name) select unnest($1::text[]) on conflict do nothing", names
    )
    connection.rows(
        "insert into auth_private.installation (name, value) values ($1, $2)"
        " on conflict (name) do update set value = excluded.value",
        name,
        value,
    )


def run(connection: Connection, script: Script) -> None:
    if script.role:
        connection.script(f"set local role {identifier(script.role)}")
    connection.script(script.text)
    if script.role:
        connection.script("reset role")
