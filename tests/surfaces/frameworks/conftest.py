"""A project that is served, and applications within this process that ask it: by ASGI, without a socket."""

import json
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from gatepost.embedded import Server
from gatepost.frameworks.cookies import parse, read_item, session_text, write_item
from gatepost.frameworks.core import AuthServer
from gatepost.identity.keys import KeyRing, from_set
from gatepost.identity.tokens import Tokens
from gatepost.orm import Client
from gatepost.project import state
from tests.conftest import FreshDatabase
from tests.serving import Serve, Served
from tests.surfaces.frameworks.guarded import lay_out as lay_out_notes
from tests.surfaces.frameworks.guarded import url_of
from tests.surfaces.people import Person

NOTES = Path(__file__).parents[3] / "examples" / "fastapi"
SITE = "http://notes.test"


def lay_out(folder: Path) -> None:
    """The example's project."""
    shutil.copytree(NOTES / "migrations", folder / "migrations")
    shutil.copy(NOTES / "schema.zmodel", folder)
    (folder / "gatepost.toml").write_text(f'[auth]\nsite_url = "{SITE}"\nuri_allow_list = ["{SITE}/**"]\n')


@pytest.fixture(scope="session")
def served_notes(served: Serve) -> Served:
    """A server of the example's project, for all files of this folder."""
    return served(lay_out)


@pytest.fixture
async def auth_server(served_notes: Served) -> AsyncIterator[AuthServer]:
    """It, as an application sees it."""
    server = AuthServer(served_notes.url, served_notes.publishable)
    yield server
    await server.aclose()
    server.close()


@pytest.fixture(scope="module")
async def db(served_notes: Served) -> AsyncIterator[Client]:
    """The example's client, bound to nobody."""
    known = state.read(served_notes.folder / ".gatepost")
    assert known is not None
    async with Client.connect((NOTES / "schema.zmodel").read_text(), known.logins["authenticator"]) as client:
        yield client


@pytest.fixture(scope="session")
def signer(served_notes: Served) -> Tokens:
    """Signs as the server does."""
    known = state.read(served_notes.folder / ".gatepost")
    assert known is not None
    with psycopg.connect(known.logins["auth"]) as connection:
        [(jwk,)] = connection.execute("select jwk from auth_private.signing_keys where status = 'active'").fetchall()
    return Tokens(KeyRing(from_set(json.dumps([jwk]))))


@pytest.fixture(scope="session")
def guarded_database(cluster: Server, fresh_database: FreshDatabase) -> str:
    """A database for SQLAlchemy, with the table of its page."""
    name = fresh_database()
    lay_out_notes(url_of(cluster, name, user="postgres"))
    return name


@asynccontextmanager
async def visiting(app: Any, cookies: dict[str, str] | None = None, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
    """A browser, as far as cookies and headers go, on the application's site."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=SITE, headers=headers) as client:
        for name, value in (cookies or {}).items():
            client.cookies.set(name, value, domain="notes.test")
        yield client


@contextmanager
def browsing(app: Any, cookies: dict[str, str] | None = None, **headers: str) -> Iterator[httpx.Client]:
    """The same for an application that blocks (WSGI)."""
    transport = httpx.WSGITransport(app)
    with httpx.Client(transport=transport, base_url=SITE, headers=headers) as client:
        for name, value in (cookies or {}).items():
            client.cookies.set(name, value, domain="notes.test")
        yield client


def session_of(person: Person, **changed: Any) -> dict[str, Any]:
    """The session of somebody who has signed in, as a client would keep it."""
    return {
        "access_token": person.token,
        "refresh_token": person.refresh_token,
        "token_type": "bearer",
        "expires_in": 3600,
        "expires_at": int(time.time()) + 3600,
        "user": {"id": person.id, "email": person.email},
        **changed,
    }


def cookies_of(server: AuthServer, session: dict[str, Any]) -> dict[str, str]:
    """As a browser holds them."""
    return {each.name: each.value for each in write_item([], server.storage_key, session_text(session))}


def held(client: httpx.AsyncClient | httpx.Client) -> list[tuple[str, str]]:
    return parse("; ".join(f"{each.name}={each.value}" for each in client.cookies.jar))


def kept_session(client: httpx.AsyncClient | httpx.Client, server: AuthServer) -> dict[str, Any] | None:
    """The session that a browser holds."""
    text = read_item(held(client), server.storage_key)
    return json.loads(text) if text else None


@pytest.fixture
def expired(signer: Tokens) -> Callable[[Person], dict[str, Any]]:
    """`expired(person)`: a session whose access token ended a minute ago; its refresh token is good."""

    def expire(person: Person) -> dict[str, Any]:
        now = int(time.time())
        claims = {**signer.verify(person.token), "iat": now - 3700, "exp": now - 60}
        return session_of(person, access_token=signer.sign(claims), expires_at=now - 60)

    return expire
