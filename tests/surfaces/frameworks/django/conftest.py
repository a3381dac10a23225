"""Django: its databases and its auth server are those of the example that is served."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import close_old_connections, connections
from django.test import override_settings
from psycopg.conninfo import conninfo_to_dict

from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.django import as_identity
from gatepost.identity import Identity
from gatepost.project import state
from gatepost.project.state import State
from tests.serving import Served

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


@pytest.fixture(scope="session")
def logins(served_notes: Served) -> State:
    known = state.read(served_notes.folder / ".gatepost")
    assert known is not None
    return known


@pytest.fixture(scope="session", autouse=True)
def served_django(served_notes: Served, logins: State) -> Iterator[None]:
    """What the settings say of the server that is there now."""
    connect("default", database(logins.logins["authenticator"]))
    connect("owner", database(served_notes.owner, "django.db.backends.postgresql"))
    server = AuthServer(served_notes.url, served_notes.publishable)
    with override_settings(GATEPOST={"SERVER": server, "OPEN": ["/account", "/open"]}):
        yield
    connections.close_all()
    server.close()


@pytest.fixture
def configured(served_notes: Served) -> Iterator[Callable[..., AuthServer]]:
    """`configured(OPEN=[…], …)`: GATEPOST of one test, with a server of its own."""
    held: list[Any] = []

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
__all__ = ["ADA", "BOB", "as_identity", "close_old_connections", "connect", "database", "somebody"]
