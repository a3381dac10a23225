"""A library behind the REST surface: every request goes through the whole surface to a real PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from msgspec.structs import replace

from gatepost.database.facts.introspect import introspect
from gatepost.database.scope import Database
from gatepost.embedded import Server
from gatepost.exchange import Request, Response
from gatepost.identity import Identity, Proof
from gatepost.rest.endpoint import Endpoint
from gatepost.settings import DatabaseSettings, RestSettings

ADA = "00000000-0000-4000-8000-0000000000ad"
BOB = "00000000-0000-4000-8000-0000000000b0"
SETTINGS = RestSettings(schemas=("library",), extra_search_path="", anon_role="anon", aggregates=True)


@dataclass
class Answer:
    """A Response, read as a client reads it."""

    response: Response

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.response.body)

    @property
    def text(self) -> str:
        return self.response.body.decode()

    @property
    def code(self) -> str:
        return self.json["code"]

    def header(self, name: str) -> str | None:
        return next((v.decode() for k, v in self.response.headers if k == name.encode()), None)

    def headers(self, name: str) -> list[str]:
        return [v.decode() for k, v in self.response.headers if k == name.encode()]


def as_user(user: str) -> Identity:
    return Identity("authenticated", {"role": "authenticated", "sub": user})


class Library:
    """The surface over the library. A bearer is the name of who asks: '' is anonymous."""

    def __init__(self, database: Database, settings: RestSettings) -> None:
        self.endpoint = Endpoint(database, settings, self.identify)

    @staticmethod
    def identify(proof: Proof) -> Identity:
        return as_user(proof.bearer) if proof.bearer else Identity("anon", {"role": "anon"})

    async def ask(
        self, method: str, target: str, body: object = b"", prefer: str = "", user: str = "", **headers: str
    ) -> Answer:
        path, _, query = target.partition("?")
        sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        sent += [(b"prefer", prefer.encode())] if prefer else []
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        proof = Proof(bearer=user or None)
        return Answer(
            await self.endpoint(Request(method, path, query.encode(), sent, raw, proof, raw_path=path.encode("utf-8")))
        )

    async def get(self, target: str, prefer: str = "", user: str = "", **headers: str) -> Answer:
        return await self.ask("GET", target, prefer=prefer, user=user, **headers)

    async def rows(self, target: str, user: str = "") -> Any:
        """The body of a read that succeeds."""
        answer = await self.get(target, user=user)
        assert answer.status in (200, 206), answer.text
        return answer.json

    async def post(self, target: str, body: object, prefer: str = "", user: str = "", **headers: str) -> Answer:
        return await self.ask("POST", target, body, prefer, user, **headers)


@pytest.fixture(scope="module")
def admin(cluster: Server, database_name: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """The owner's own connection to the module's library."""
    with psycopg.connect(cluster.dsn(dbname=database_name), autocommit=True) as connection:
        connection.execute(Path(__file__).with_name("library.sql").read_bytes())
        yield connection


@pytest.fixture
async def database(cluster: Server, admin: object, database_name: str) -> AsyncIterator[Database]:
    login = cluster.dsn("authenticator", database_name)
    opened = Database({"authenticator": login, "catalog": login}, DatabaseSettings(pool_size=2, lanes=2))
    yield opened
    await opened.close()


@dataclass
class Opener:
    """Opens the library under other settings than the usual ones."""

    database: Database

    async def __call__(self, **settings: Any) -> Library:
        wanted = replace(SETTINGS, **settings)
        library = Library(self.database, wanted)
        catalog = await introspect(self.database.system("catalog"), wanted.schemas, wanted.hoisted_settings)
        self.database.role_settings = catalog.role_settings
        library.endpoint.use(catalog)
        return library


@pytest.fixture
def opened(database: Database) -> Opener:
    return Opener(database)


@pytest.fixture
async def library(opened: Opener) -> Library:
    return await opened()


@pytest.fixture
async def unharmed(opened: Opener) -> Library:
    """A library whose every write is undone in the end."""
    return await opened(tx_end="rollback-allow-override")
