"""`gatepost.asgi`: a project within somebody's ASGI application.

In: a project folder, the application's address. Out: an ASGI application to be mounted, its keys and logins. Never: a
second process that serves the same project: it is locked as by `gatepost dev`.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from gatepost import app as composition
from gatepost import project as projects
from gatepost.cli import setup
from gatepost.cli.migrate import bring_up
from gatepost.gateway import Gateway
from gatepost.identity import keys
from gatepost.problem import Problem
from gatepost.project import state
from gatepost.project.state import State

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class Embedded:
    """A project, set up when something of it is first asked for. It starts with the first request, or with `lifespan`,
    which also ends it in an orderly way.
    """

    paths = ("/auth/v1", "/rest/v1", "/graphql", "/inbox", "/health")
    """What it answers, with keys and tokens of its own: `open` ones for a middleware around it."""

    def __init__(self, folder: Path | str, url: str, database_url: str, *, development: bool) -> None:
        self._folder, self._development = Path(folder), development
        self._overrides = {"server.external_url": url} if url else {}
        self._overrides |= {"database.url": database_url} if database_url else {}
        self._ready: tuple[State, Path] | None = None
        self._place: setup.Place | None = None
        self._lock, self._held = Lock(), -1
        self._gateway: Gateway | None = None
        self._starting: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it is reached from outside."""
        return self._prepared().url

    @property
    def publishable_key(self) -> str:
        """The key that pages and clients show."""
        return self._prepared().keys.publishable

    @property
    def secret_key(self) -> str:
        """The key that opens everything: never in a page."""
        return self._prepared().keys.secret

    @property
    def dsn(self) -> str:
        """The login of the API's roles, for `gatepost.orm`: `Client.connect(schema, embedded.dsn)`."""
        return self._prepared().logins["authenticator"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI, at the root or below a mount's path."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        await self._started()
        root = scope.get("root_path", "").rstrip("/")
        assert self._gateway is not None  # noqa: S101 - it has started
        await self._gateway(_below(scope, root) if root else scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """ASGI's lifespan, where it is served by itself."""
        await receive()
        try:
            await self._started()
        except Problem as problem:
            await send({"type": "lifespan.startup.failed", "message": str(problem)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    @asynccontextmanager
    async def lifespan(self, _: object = None) -> AsyncGenerator[None]:
        """For `FastAPI(lifespan=…)` and `Starlette(lifespan=…)`."""
        await self._started()
        try:
            yield
        finally:
            await self.stop()

    async def stop(self) -> None:
        """End it, and its database where that is ours."""
        if self._gateway is not None:
            await self._gateway.stop()
        place, self._place, self._gateway, self._starting, self._ready = self._place, None, None, None, None
        if place is not None:
            await asyncio.to_thread(place.close)
        if self._held >= 0:
            os.close(self._held)
            self._held = -1

    async def _started(self) -> None:
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
        await asyncio.shield(self._starting)

    async def _start(self) -> None:
        try:
            await self._gateway_of(await self._state_file()).start()
        except BaseException:
            self._starting = None
            raise

    async def _state_file(self) -> Path:
        await asyncio.to_thread(self._prepared)
        assert self._ready is not None  # noqa: S101 - it was prepared
        return self._ready[1]

    def _gateway_of(self, file: Path) -> Gateway:
        if self._gateway is None:
            self._gateway = composition.compose(file)
        return self._gateway

    def _prepared(self) -> State:
        with self._lock:
            if self._ready is None:
                self._ready = self._prepare()
            return self._ready[0]

    def _prepare(self) -> tuple[State, Path]:
        """The database, our objects, the project's migrations."""
        project = projects.read(self._folder, os.environ, self._overrides)
        held = state.lock(project.hidden)
        if held is None:
            hint = "Serve it once (`gatepost serve`), and tell the application its address"
            raise Problem("already_served", 500, f"{project.root} is served already by another process", None, hint)
        place = None
        try:
            place = setup.reach(project)
            previous = state.read(project.hidden)
            known = setup.install(place, previous, _new_key, development=self._development)
            file = state.write(project.hidden, known)
            if self._development:
                bring_up(place, known)
        except BaseException:
            if place is not None:
                place.close()
            os.close(held)
            raise
        self._place, self._held = place, held
        return known, file


def _new_key() -> dict[str, Any]:
    return keys.generate()


def _below(scope: Scope, root: str) -> Mapping[str, Any]:
    """The scope as the application sees it that is mounted at `root`."""
    path, raw = scope["path"], scope.get("raw_path") or b""
    known = root.encode()
    return {
        **scope,
        "path": path.removeprefix(root) or "/",
        "raw_path": raw.removeprefix(known) or b"/",
    }


def asgi(folder: Path | str = ".", *, url: str = "", database_url: str = "", development: bool = True) -> Embedded:
    """A project as an ASGI application: `app.mount("/", gatepost.asgi("."))`.

    `url` is where the application is reached, for links in mails. In `development` it is as with `gatepost dev`:
    pending migrations are applied, mails go to /inbox; else as with `gatepost serve`. One process can serve a project
    so.
    """
    return Embedded(folder, url, database_url, development=development)
