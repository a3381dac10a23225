"""Databases for reads: one for each module, with the schema that the module brings."""

from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import psycopg
import pytest

from gatepost.database.scope import Database
from gatepost.embedded import Server
from gatepost.orm.session import Door
from gatepost.zmodel import load

from .world import DATASOURCE, World


@pytest.fixture(scope="module")
async def open_world(cluster: Server) -> AsyncIterator[Callable[[str], World]]:
    """`open_world(text)`: the tables of a schema, in a database of its own."""
    databases: list[Database] = []

    def open_world(text: str) -> World:
        name = f"read_{uuid4().hex[:12]}"
        with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
            admin.execute(f"create database {name} template template0".encode())
        dsn = cluster.dsn(dbname=name)
        databases.append(Database({"orm": dsn}, options="-c TimeZone=UTC"))
        return World(load(DATASOURCE + text), dsn, Door(databases[-1], identities=False))

    yield open_world
    for database in databases:
        await database.close()
