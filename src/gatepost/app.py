"""Composes settings → database → catalog → surfaces → ASGI, and serves it. The only file that knows every room.

In: the state file that the set-up left, or the name of a surface to serve alone. Out: a process that listens until it
is told to stop. Never: a surface's decision; never the import of a surface that is off.
"""

import asyncio
import contextlib
import gc
import importlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

from . import embedded, migrate, observe
from . import project as projects
from .catalog import Name
from .database.entrance import find as find_entrance
from .database.facts import keys as stored_keys
from .database.facts.introspect import HARMLESS, MODULES
from .database.listening.changes import Changes
from .database.scope import Database, Scope
from .exchange import Request, Response
from .gateway import ELSEWHERE, JSON, Gateway, Mount, nowhere, refuse
from .identity.api_keys import ApiKeys
from .identity.identify import Identifier
from .identity.keys import KeyRing, SigningKey, from_secret, from_set
from .identity.tokens import Tokens
from .problem import Problem
from .project import Project, alone
from .project.state import State
from .protocol import Protocol
from .query.sql import Statement
from .settings import Settings, function_name, owned_keys, remote_hooks
from .workers import Workers

LOGINS = ("authenticator", "service", "auth")
# How long a revoked key may still open the door where the database cannot notify.
KEY_SECONDS = 3.0
EMBEDDED_SECONDS = RELOAD_SECONDS = 1.0
OWN_SECONDS, HEALTH_SECONDS = 10.0, 5.0
GARBAGE = 10_000
# Links in mails and what browsers are redirected to carry no key; neither does the public key set.
KEYLESS = ("/verify", "/callback", "/authorize", "/.well-known/", "/sso/saml/")

Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass(slots=True)
class Server:
    """One serving process: the doors, the keys, what is mounted and what runs beside it.

    `loaders` read what surfaces know of the database, at the start and after each change; `background` runs from start
    to stop; `closers` are called at the end.
    """

    settings: Settings
    database: Database
    secret: str = ""
    stored_keys: bool = False
    tokens: Tokens = field(default_factory=lambda: Tokens(KeyRing(())))
    api_keys: ApiKeys = field(default_factory=ApiKeys)
    mounts: list[Mount] = field(default_factory=list[Mount])
    loaders: list[Work] = field(default_factory=list[Work])
    background: list[Work] = field(default_factory=list[Work])
    closers: list[Callable[[], object]] = field(default_factory=list[Callable[[], object]])
    _tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])
    _configured: list[SigningKey] | None = None
    _changes: Changes | None = None
    _reloading: asyncio.Task[None] | None = None

    def __post_init__(self) -> None:
        if self.settings.auth.jwt_keys:
            self._configured = from_set(self.settings.auth.jwt_keys)
        self._use_keys([])

    def gateway(self, identifier: Identifier | None, *, cors: bool = True) -> Gateway:
        server = self.settings.server
        return Gateway(
            self.mounts,
            identifier=identifier,
            body_limit=server.body_limit,
            origins=server.cors_origins,
            cors=cors,
            on_start=self.start,
            on_stop=self.stop,
        )

    async def start(self) -> None:
        """Everything a first request needs; a Problem where the keys cannot be read. The catalog may come later."""
        self.database.start()
        if self.stored_keys:
            await self.load_keys()
            self.background.append(self._keep_keys)
        if self.loaders:
            scope, login = self.database.system("catalog"), self.database.conninfo("authenticator")
            self.database.entrance = await find_entrance(scope, self.settings)
            await self._load()
            self._changes = Changes(login, self.settings.rest.channels, self._changed, scope)
            self._changes.start()
        self._tasks = [asyncio.create_task(work()) for work in self.background]
        observe.emit("server.started", surfaces=" ".join(mount.prefix or "/" for mount in self.mounts))

    async def stop(self) -> None:
        """Requests in flight are finished by now."""
        observe.emit("server.stopping")
        tasks = [*self._tasks, *([self._reloading] if self._reloading else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._changes is not None:
            await self._changes.stop()
        await self.database.close()
        for close in self.closers:
            close()

    def own(self) -> Scope:
        """For what the server does by itself: nobody else ends it where the database is silent."""
        return self.database.system("auth", limit=OWN_SECONDS)

    async def load_keys(self) -> None:
        """Signing keys and API keys as the database has them now."""
        signing, api = await stored_keys.read(self.own())
        self.api_keys.replace(api)
        self._use_keys(signing)

    def _use_keys(self, signing: Sequence[SigningKey]) -> None:
        """The legacy secret verifies, and signs where no other key does. An unchanged ring keeps its cached tokens."""
        ring = list(signing if self._configured is None else self._configured)
        if self.secret:
            ring.append(from_secret(self.secret, signs=not any(key.signs for key in ring)))
        if _names(ring) != _names(self.tokens.keys.keys):
            self.tokens.keys = KeyRing(ring)

    async def _keep_keys(self) -> None:
        while True:
            await asyncio.sleep(KEY_SECONDS)
            with contextlib.suppress(Problem):
                await self.load_keys()
                await stored_keys.record_uses(self.own(), self.api_keys.take_uses())

    async def _load(self) -> None:
        """Where the database cannot be read, what was known goes on serving; it is tried again until it can."""
        if self._reloading is not None:
            self._reloading.cancel()
            self._reloading = None
        if not await self._try_load():
            self._reloading = asyncio.create_task(self._load_later())

    async def _load_later(self) -> None:
        await asyncio.sleep(RELOAD_SECONDS)
        while not await self._try_load():  # noqa: ASYNC110 - nobody tells when it can be read
            await asyncio.sleep(RELOAD_SECONDS)

    async def _try_load(self) -> bool:
        try:
            for load in self.loaders:
                await load()
        except Problem as problem:
            observe.emit("catalog.failed", code=problem.code)
            return False
        return True

    async def _changed(self, payloads: frozenset[str]) -> None:
        if self.stored_keys:
            with contextlib.suppress(Problem):
                await self.load_keys()
        if payloads != frozenset(("reload keys",)):
            await self._load()


def _names(keys: Sequence[SigningKey]) -> list[tuple[str | None, bool, str]]:
    return [(key.kid, key.signs, key.key.thumbprint()) for key in keys]


def load_room(name: str) -> Any:
    """A surface's module by name, imported because it is on."""
    return importlib.import_module(f"gatepost.{name}")


def read(path: Path) -> tuple[State, Project, Settings]:
    """What the set-up left, the project it is about, and its settings as they are served."""
    state = msgspec.json.decode(path.read_bytes(), type=State)
    project = projects.read(Path(state.root), os.environ, state.overrides)
    return state, project, _addressed(project.settings, state)


def compose(path: Path) -> Gateway:
    """The server of the project whose state is in that file."""
    return project_server(*read(path))


def project_server(state: State, project: Project, settings: Settings) -> Gateway:
    """A project's server: auth and REST behind one door; in development also the inbox."""
    logins = {name: login for name, login in state.logins.items() if name in LOGINS}
    server = Server(settings, Database(logins, settings.database), state.keys.jwt_secret, stored_keys=True)
    inbox = _mount_inbox(server, project) if state.development else None
    identifier = Identifier(server.tokens, server.api_keys, required=settings.server.require_key)
    if settings.identity.issuers or settings.push.url:
        load_room("outside.composed").compose(server, identifier)
    server.mounts.append(Mount("/health", _health(server), refuse, lambda path: False))
    auth = mount_auth(server, "/auth/v1", project, inbox)
    _mount_rest(server, "/rest/v1", identifier)
    if settings.graphql.enabled:
        _mount_project_graphql(server, state, identifier, auth)
    if settings.project.pages:
        _mount_pages(server, state)
    if settings.project.modules:
        server.background.append(partial(migrate.pass_time, server.own(), settings.project.modules))
    if state.development:
        server.background.append(partial(_migrate_on_change, project, state))
    if state.embedded:
        server.background.append(partial(_keep_embedded, server, state))
    return server.gateway(identifier)


def auth_server(settings: Settings) -> Gateway:
    """The auth surface alone, at the root path, without keys: in GoTrue's place."""
    database = Database({"auth": settings.database.auth_url}, settings.database)
    server = Server(settings, database, settings.auth.jwt_secret)
    mount_auth(server, "", None)
    return server.gateway(None)


def graphql_server(settings: Settings, keys: Mapping[str, Any]) -> Gateway:
    """The GraphQL surface alone, at /graphql, without a door's keys: in PostGraphile's place."""
    database = Database({"authenticator": settings.database.authenticator_url}, settings.database)
    server = Server(settings, database)
    configuration = load_room("graphql.configuration").read(keys)
    _mount_graphql(server, configuration)
    return server.gateway(None, cors=bool(settings.server.cors_origins))


def rest_server(settings: Settings) -> Gateway:
    """The REST surface alone, at the root path, without a door's keys: in PostgREST's place."""
    database = Database({"authenticator": settings.database.authenticator_url}, settings.database)
    server = Server(settings, database)
    _mount_rest(server, "", None)
    return server.gateway(None, cors=False)


def _addressed(settings: Settings, state: State) -> Settings:
    """Where the auth surface is reached, for links in mails and the issuer of tokens, unless the project says so."""
    url = f"{settings.server.external_url or state.url}/auth/v1"
    auth = settings.auth
    auth = msgspec.structs.replace(
        auth, external_url=auth.external_url or url, jwt_issuer=auth.jwt_issuer or auth.external_url or url
    )
    # What runs beside a development server runs once.
    workers = 1 if state.development else settings.server.workers
    return msgspec.structs.replace(
        settings, auth=auth, server=msgspec.structs.replace(settings.server, workers=workers)
    )


def mount_auth(server: Server, prefix: str, project: Project | None, inbox: Any = None) -> Any:
    """GoTrue's dialect. Mails go to SMTP where it is configured, else to the inbox where there is one."""
    settings, root = server.settings, project.root if project else Path.cwd()
    sink = load_room("auth.mail.smtp").configured(settings.mail) if settings.mail.smtp_host else inbox
    mailer = load_room("auth.mail").configured(settings.mail, root, sink)
    limits = load_room("auth.limits").configured(settings.limits)
    surface = load_room("auth.endpoints").AuthSurface(
        settings.auth,
        server.database,
        server.tokens,
        mailer,
        api_keys=server.api_keys,
        limits=limits,
        factors=settings.factors,
        owned_keys=owned_keys(settings),
        remote=load_room("outside.hooks").Remote(settings.auth) if remote_hooks(settings.auth) else None,
    )
    server.mounts.append(Mount(prefix, surface, surface.refuse, lambda path: not path.startswith(KEYLESS)))
    server.closers.append(surface.close)
    return surface


def _mount_rest(server: Server, prefix: str, identifier: Identifier | None) -> None:
    """PostgREST's dialect: behind the door with the door's identities, alone with its own."""
    room, settings = load_room("rest.mounted"), server.settings.rest
    harmless = _harmless(server)
    if identifier is None:
        surface = room.alone(server.database, settings, harmless)
    else:
        surface = room.behind_door(server.database, settings, identifier.identify, harmless)
    server.mounts.append(Mount(prefix, surface, surface.refuse, begin=surface.begin))
    server.loaders.append(surface.load)


def _mount_project_graphql(server: Server, state: State, identifier: Identifier, auth: Any) -> None:
    """Behind the door, with its identities; sockets end with their sessions. In development also a page to ask with."""
    settings, inside = server.settings, load_room("auth.flows.inside")
    graphql = msgspec.structs.replace(
        settings.graphql, mask_errors=settings.graphql.mask_errors and not state.development
    )
    configuration = load_room("graphql.configuration").from_settings(graphql, settings.rest.schemas)
    page = None
    if state.development:
        emails, token_for = (partial(ask, auth.auth) for ask in (inside.emails, inside.token_for))
        page = load_room("studio.graphiql").GraphiQL(emails, token_for, state.keys.publishable)
    find_live = partial(inside.live_sessions, auth.auth)
    _mount_graphql(server, configuration, identifier, page=page, find_live=find_live)


def _mount_graphql(
    server: Server, configuration: Any, identifier: Identifier | None = None, *, page: Any = None, find_live: Any = None
) -> None:
    """PostGraphile's dialect: behind the door with the door's keys, alone with its own. The page needs no key."""
    settings, room = server.settings.graphql, load_room("graphql.mounted")
    surface = room.mounted(server.database, configuration, settings, identifier, _harmless(server), page)
    hub = surface.hub(settings, find_live) if configuration.sockets else None
    talk = hub.talk if hub else None
    keyed = page is None and settings.require_key
    server.mounts.append(Mount("/graphql", surface, surface.refuse, lambda path: keyed, surface.begin, ("POST",), talk))
    server.mounts.append(Mount("/graphql/v1", nowhere, refuse, lambda path: False))
    server.loaders.append(surface.load)
    if hub:
        server.background.append(hub.keep)
        server.closers.append(hub.stop)


def _harmless(server: Server) -> tuple[Name, ...]:
    """Functions that may run in shared reads."""
    settings = server.settings
    ours = (name for module in settings.project.modules for name in MODULES.get(module, ()))
    named = (function_name(text, "database.inert_functions") for text in settings.database.inert_functions)
    return (*HARMLESS, *ours, *(Name(*pair) for pair in named if pair))


def _mount_inbox(server: Server, project: Project) -> Any:
    """The development inbox; what it returns takes mails."""
    room = load_room("studio.inbox")
    inbox = room.Inbox(project.hidden / "inbox.jsonl")
    server.mounts.append(Mount("/inbox", room.surface(inbox), room.refuse, lambda path: False))
    return inbox


def _mount_pages(server: Server, state: State) -> None:
    """The project's own pages, where nobody else answers; what is not served here at all is still said to be so."""
    room, settings = load_room("pages"), server.settings
    pages = room.Pages(Path(settings.project.pages), state.keys.publishable, settings.server.external_url.rstrip("/"))
    server.mounts += [Mount(prefix, nowhere, refuse, lambda path: False) for prefix in ELSEWHERE]
    server.mounts.append(Mount("", pages, room.refuse, lambda path: False))


def _health(server: Server) -> Callable[[Request], Awaitable[Response]]:
    """`/health`: 200 where the database answers, 503 where it does not."""

    async def answer(_: Request) -> Response:
        try:
            await server.database.system("catalog", limit=HEALTH_SECONDS).run(Statement("select 1"))
        except Problem as problem:
            body = {"status": "database unavailable", "message": problem.message}
            return Response(503, msgspec.json.encode(body), [*JSON, (b"retry-after", b"1")])
        return Response(200, b'{"status":"ok"}', JSON.copy())

    return answer


async def _migrate_on_change(project: Project, state: State) -> None:
    """In development: a migration file that appears is applied, and what it says of itself is printed."""
    async for names in migrate.watch(project.folder):
        apply = partial(migrate.apply_project, state.logins["owner"], project.folder, _tell, seed_paths=project.seeds)
        try:
            report = await asyncio.to_thread(apply)
            observe.emit("migrations.applied", files=" ".join(report.applied) or " ".join(names))
        except Problem as problem:
            observe.emit("migrations.failed", files=" ".join(names), error=str(problem))


def _tell(progress: migrate.Progress) -> None:
    print(f"  {progress.kind} {progress.file} {progress.message}".rstrip(), flush=True)


async def _keep_embedded(server: Server, state: State) -> None:
    """Hold our share of the embedded server, so that it outlives the set-up, and start it again should it die.

    The last who leaves stops it.
    """
    options = embedded.Options(port=server.settings.database.port or None, extensions=migrate.EXTENSIONS)
    running = await asyncio.to_thread(embedded.start, Path(state.embedded), options)

    def leave() -> None:
        running.stop()  # whichever it is by then

    server.closers.append(leave)
    while True:
        await asyncio.sleep(EMBEDDED_SECONDS)
        if running.pid() is None:
            await asyncio.to_thread(running.stop)  # gives our share back, else we would not be the last
            with contextlib.suppress(Problem):
                running = await asyncio.to_thread(embedded.start, Path(state.embedded), options)


def serve(settings: Settings, compose: Callable[[], Gateway]) -> None:
    """Listen until SIGINT or SIGTERM; requests in flight are finished within the time the settings give them.

    `compose` makes the application in the process that serves it: each of several workers has its own.
    """
    listening = uvicorn.Config("", host=settings.server.host, port=settings.server.port, log_config=None).bind_socket()
    work = partial(_serve_one, settings, compose)
    if settings.server.workers > 1:
        Workers(settings.server.workers, work, listening).run()
    else:
        work(listening)


def _serve_one(settings: Settings, compose: Callable[[], Gateway], listening: socket.socket) -> None:
    # uvicorn stops in an orderly way and then raises the signal once more, for whoever was there before it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)
    gateway = compose()
    # What was loaded until now stays: the collector need not look at it again and again, nor after every few requests.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE)
    uvicorn.Server(serving(settings, gateway)).run([listening])


def serving(settings: Settings, gateway: Gateway) -> uvicorn.Config:
    """How a server of ours listens."""
    return uvicorn.Config(
        gateway,  # pyright: ignore[reportArgumentType]
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        http=Protocol,
        ws=load_room("upgrade").Upgraded if gateway.talks else "none",
        ws_max_size=settings.graphql.max_message,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=int(settings.server.keep_alive),
        timeout_graceful_shutdown=int(settings.server.shutdown_grace),
    )


def await_state(pipe: int, child: int, rooms: Sequence[str] = ()) -> str:
    """Load what a project needs, `rooms` of it, while `child` sets it up; the path of the state that it then writes
    into the pipe.

    Where it fails, it has said why: this process ends with its exit code.
    """
    for name in ("auth.endpoints", "auth.mail", "auth.limits", "rest.endpoint", "studio.inbox", *rooms):
        load_room(name)
    with os.fdopen(pipe, "rb") as reading:
        path = os.fsdecode(reading.read())
    _, status = os.waitpid(child, 0)
    if not path:
        sys.exit(os.waitstatus_to_exitcode(status) or 70)
    return path


def _alone(surface: alone.Surface, settings: Settings) -> Callable[[], Gateway]:
    """What composes one surface's server."""
    match surface:
        case "auth":
            return partial(auth_server, settings)
        case "rest":
            return partial(rest_server, settings)
        case "graphql":
            return partial(graphql_server, settings, alone.graphql_keys(os.environ))


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m gatepost.app STATE_FILE | --await PIPE CHILD ROOM… | auth | rest | graphql`."""
    what, *given = sys.argv[1:] if arguments is None else arguments
    if what == "--await":
        pipe, child, *rooms = given
        what = await_state(int(pipe), int(child), rooms)
    logging.basicConfig(level=os.environ.get("GATEPOST_LOG", "WARNING").upper(), format="%(levelname)s %(message)s")
    try:
        surface: alone.Surface | None = next((each for each in alone.SURFACES if each == what), None)
        if surface is not None:
            settings, _ = alone.read(surface, os.environ)
            serve(settings, _alone(surface, settings))
        else:
            state, project, settings = read(Path(what))
            serve(settings, partial(project_server, state, project, settings))
    except Problem as problem:
        print(f"gatepost: {problem}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        return 130  # Ctrl-C before there was anything to stop
    return 0


if __name__ == "__main__":
    sys.exit(main())
