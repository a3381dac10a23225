"""Django: its databases and its auth server are those of the example that is served."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.test import override_settings
from psycopg.conninfo import conninfo_to_dict

from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.django import configuration
from gatepost.identity import Identity
from gatepost.project import state
from gatepost.project.state import State
from tests.serving import Served
from tests.surfaces.frameworks.conftest import SITE
from tests.surfaces.people import PASSWORD, Person, newcomer

from .project import ENGINE


def database(dsn: str, engine: str = ENGINE, **more: Any) -> dict[str, Any]:
    """A login, as Django's settings have it."""
    parts = conninfo_to_dict(dsn)
    known = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    return {"ENGINE": engine, **{name: str(parts.get(part, "")) for name, part in known.items()}, **more}


def connect(alias: str, said: dict[str, Any]) -> None:
    """Have an alias; connections that are there already know of it, too."""
    whole = connections.configure_settings({"default": {}, alias: said})[alias]
    connections.settings.setdefault(alias, {}).update(whole)


@contextmanager
def aliased(alias: str, said: dict[str, Any]) -> Iterator[Any]:
    """Another database, for a while."""
    connect(alias, said)
    try:
        yield connections[alias]
    finally:
        connections[alias].close()
        del connections[alias], connections.settings[alias]


@pytest.fixture(scope="session")
def logins(served_notes: Served) -> State:
    known = state.read(served_notes.folder / ".gatepost")
    assert known is not None
    return known


@pytest.fixture(scope="session", autouse=True)
async def served_django(served_notes: Served, logins: State) -> AsyncIterator[None]:
    """What the settings say of the server that is there now."""
    connect("default", database(logins.logins["authenticator"]))
    connect("owner", database(served_notes.owner, "django.db.backends.postgresql"))
    server = AuthServer(served_notes.url, served_notes.publishable)
    with override_settings(GATEPOST={"SERVER": server, "OPEN": ["/account", "/open"]}):
        yield
    connections.close_all()
    server.close()
    await server.aclose()


@pytest.fixture
async def configured(served_notes: Served) -> AsyncIterator[Callable[..., AuthServer]]:
    """`configured(OPEN=[…], …)`: GATEPOST of one test, with a server of its own."""
    held: list[tuple[override_settings, AuthServer]] = []

    def configure(server: AuthServer | None = None, **said: Any) -> AuthServer:
        server = server or AuthServer(served_notes.url, served_notes.publishable)
        override = override_settings(GATEPOST={"SERVER": server, **said})
        override.enable()
        held.append((override, server))
        return server

    yield configure
    for override, server in reversed(held):
        override.disable()
        server.close()
        await server.aclose()


@pytest.fixture
def server(served_django: None) -> AuthServer:
    """The auth server, as the settings have it."""
    return configuration.configured().server


@pytest.fixture(scope="session")
def ada(served_notes: Served) -> Person:
    """Somebody with a permission."""
    return newcomer(served_notes, app_metadata={"permissions": ["p:reports"]})


@pytest.fixture(scope="session")
def bob(served_notes: Served) -> Person:
    """Somebody without."""
    return newcomer(served_notes)


def once_more(person: Person) -> Person:
    """The same person with another session, which may be ended."""
    again = Person(person.server, person.id, person.email)
    answer = again.ask("POST", "/auth/v1/token?grant_type=password", {"email": person.email, "password": PASSWORD})
    again.token, again.refresh_token = answer.json()["access_token"], answer.json()["refresh_token"]
    return again


class Threads(httpx.AsyncBaseTransport):
    """A WSGI application, each request in a thread of its own, as its servers do."""

    def __init__(self, app: Any) -> None:
        self._transport = httpx.WSGITransport(app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()

        def ask() -> httpx.Response:
            try:
                answer = self._transport.handle_request(request)
                answer.read()
                return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
            finally:
                connections.close_all()

        return await asyncio.to_thread(ask)


def patient(app: Any) -> Any:
    """The application, whose visitors do not hang up as soon as they have their answer."""

    async def called(scope: Any, receive: Any, send: Any) -> None:
        over = False

        async def received() -> Any:
            nonlocal over
            if over:
                await asyncio.Event().wait()
            message = await receive()
            over = not message.get("more_body")
            return message

        await app(scope, received, send)

    return called


Visit = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture(params=["wsgi", "asgi"])
def visit(request: pytest.FixtureRequest) -> Visit:
    """`async with visit(cookies, **headers) as browser`, under both kinds of servers."""

    @asynccontextmanager
    async def visiting(cookies: dict[str, str] | None = None, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        transport = Threads(WSGIHandler()) if request.param == "wsgi" else httpx.ASGITransport(patient(ASGIHandler()))
        async with httpx.AsyncClient(transport=transport, base_url=SITE, headers=headers) as client:
            for name, value in (cookies or {}).items():
                client.cookies.set(name, value, domain="notes.test")
            yield client

    return visiting


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """No connection of one test is another's."""
    yield
    connections.close_all()


def somebody(id: str) -> Identity:
    """An Identity, as a token would make it."""
    return Identity("authenticated", {"sub": str(UUID(id)), "role": "authenticated"})


ADA = somebody("00000000-0000-4000-8000-00000000ada0")
BOB = somebody("00000000-0000-4000-8000-00000000b0b0")
