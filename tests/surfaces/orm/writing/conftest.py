"""Databases for writes: one for each schema text, and clients of it under any guard."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from gatepost.embedded import Server
from gatepost.evolve import push_now
from gatepost.orm import Client
from gatepost.zmodel import load
from gatepost.zmodel.schema import Schema

from ....conftest import FreshDatabase

DATASOURCE = 'datasource db { provider = "postgresql" url = env("DATABASE_URL") }\n'


class World:
    """One schema on a database of its own; `policies`: with row level security."""

    def __init__(self, text: str, cluster: Server, name: str, *, policies: bool) -> None:
        self.schema: Schema = load(DATASOURCE + text)
        self.policies = policies
        self.owner = cluster.dsn("postgres", name) if policies else cluster.dsn(dbname=name)
        self.login = cluster.dsn("authenticator", name) if policies else self.owner
        push_now(self.schema, self.owner, policies=policies)
        self.clients: list[Client] = []

    def open(self, guard: str = "none", **options: Any) -> Client:
        """A client; unguarded unless said otherwise."""
        if guard == "none":
            client = Client.unguarded(self.schema, self.owner, **options)
        else:
            dsn = self.login if guard == "database" else self.owner
            client = Client.connect(self.schema, dsn, guard=guard, **options)  # pyright: ignore[reportArgumentType]
        self.clients.append(client)
        return client

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        """Rows of a statement of the test's own."""
        with psycopg.connect(self.owner, autocommit=True) as connection:
            done = connection.execute(text.encode())
            return done.fetchall() if done.description else []

    def empty(self) -> None:
        """No rows, and counters at their start."""
        tables = [f'"{model.table}"' for model in self.schema.models.values() if not model.view]
        self.sql(f"truncate {', '.join(tables)} restart identity cascade")


OpenWorld = Callable[..., World]


@pytest.fixture(scope="module")
async def open_world(cluster: Server, fresh_database: FreshDatabase) -> AsyncIterator[OpenWorld]:
    """`open_world(text, policies=False)`."""
    worlds: list[World] = []

    def open_one(text: str, *, policies: bool = False) -> World:
        if policies:
            name = fresh_database()
        else:
            name = f"write_{uuid4().hex[:12]}"
            with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
                admin.execute(f"create database {name} template template0".encode())
        worlds.append(World(text, cluster, name, policies=policies))
        return worlds[-1]

    yield open_one
    for world in worlds:
        for client in world.clients:
            await client.close()
