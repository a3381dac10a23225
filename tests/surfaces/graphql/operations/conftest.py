"""A museum behind the GraphQL surface: every operation goes through the whole surface to a real PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from gatepost.database.scope import Database
from gatepost.embedded import Server
from gatepost.graphql import configuration
from gatepost.graphql.documents import Limits
from gatepost.graphql.mounted import Mounted
from gatepost.settings import DatabaseSettings
from tests.conftest import FreshDatabase
from tests.surfaces.graphql.operations.asking import Museum, admit

FOLDER = Path(__file__).parent
FILES = ("museum.sql", "functions.sql", "samples.sql")


@pytest.fixture(scope="session")
def template(cluster: Server, fresh_database: FreshDatabase) -> str:
    """The database that all others of the museum are copies of."""
    name = fresh_database()
    with psycopg.connect(cluster.dsn(dbname=name), autocommit=True) as admin:
        for file in FILES:
            admin.execute((FOLDER / file).read_bytes())
    return name


def copy(cluster: Server, template: str) -> str:
    name = f"museum_{uuid4().hex[:12]}"
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        admin.execute(f"create database {name} template {template}".encode())
    return name


@pytest.fixture(scope="module")
def own(cluster: Server, template: str) -> str:
    """A museum of this module's own, to change."""
    return copy(cluster, template)


@pytest.fixture(scope="session")
def shared(cluster: Server, template: str) -> str:
    """The museum of all who only look."""
    return copy(cluster, template)


class Opener:
    """Opens one database, as whatever options say."""

    def __init__(self, cluster: Server, name: str, admin: psycopg.Connection[Any]) -> None:
        self._cluster, self._name, self._admin = cluster, name, admin
        login = cluster.dsn("authenticator", name)
        self.database = Database({"authenticator": login, "catalog": login}, DatabaseSettings(pool_size=3, lanes=2))

    async def __call__(self, limits: Limits | None = None, **keys: Any) -> Museum:
        read = configuration.read({"schemas": ["museum"], "anonRole": "anon"} | keys)
        mounted = Mounted(self.database, read, limits or Limits(), admit=admit)
        await mounted.load()
        return Museum(mounted, self._admin, self._cluster.dsn(dbname=self._name))


@pytest.fixture(scope="session")
async def shared_opener(cluster: Server, shared: str) -> AsyncIterator[Opener]:
    async with AsyncExitStack() as stack:
        admin = psycopg.connect(cluster.dsn(dbname=shared), autocommit=True)
        stack.callback(admin.close)
        opener = Opener(cluster, shared, admin)
        stack.push_async_callback(opener.database.close)
        yield opener


@pytest.fixture(scope="module")
async def own_opener(cluster: Server, own: str) -> AsyncIterator[Opener]:
    async with AsyncExitStack() as stack:
        admin = psycopg.connect(cluster.dsn(dbname=own), autocommit=True)
        stack.callback(admin.close)
        opener = Opener(cluster, own, admin)
        stack.push_async_callback(opener.database.close)
        yield opener


@pytest.fixture(scope="session")
async def museum(shared_opener: Opener) -> Museum:
    """The museum as PostGraphile's v4 preset shows it, to look at: what a test writes is for itself to remove."""
    return await shared_opener(options={"simpleCollections": "both", "dynamicJson": True})


@pytest.fixture(scope="module")
async def changing(own_opener: Opener) -> Museum:
    """The same, of this module's own."""
    return await own_opener(options={"simpleCollections": "both", "dynamicJson": True})
