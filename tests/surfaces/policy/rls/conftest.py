"""A PostgreSQL without anything of ours but the rules: no schema auth, no prelude."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import psycopg
import pytest

from gatepost.embedded import Server
from gatepost.policy import rls

from .database import World

MakeWorld = Callable[..., World]


@pytest.fixture(scope="module")
def make_world(cluster: Server) -> Iterator[MakeWorld]:
    """`make_world(zmodel, rows)`: one database a module; each world replaces the one before."""
    name = f"rules_{uuid4().hex[:12]}"
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        admin.execute(f"create database {name} template template0".encode())
    with psycopg.connect(cluster.dsn(dbname=name), autocommit=True) as connection:
        connection.execute("set client_min_messages = warning")

        def make(text: str, rows: str = "", options: rls.Options | None = None, views: str = "") -> World:
            return World(connection, text, rows, options, views)

        yield make
