"""One database for the rules' tests, made anew for each schema."""

from collections.abc import Callable, Iterator, Mapping
from uuid import uuid4

import psycopg
import pytest

from gatepost.embedded import Server
from gatepost.policy.rows import ComputedField

from .world import World

Make = Callable[..., World]


@pytest.fixture(scope="module")
def world(cluster: Server) -> Iterator[Make]:
    """`world(text)`: the tables of a schema in a database that held another's before."""
    name = f"policy_{uuid4().hex[:12]}"
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        admin.execute(f"create database {name} template template0".encode())
    with psycopg.connect(cluster.dsn(dbname=name), autocommit=True) as connection:
        connection.execute("set client_min_messages = warning")

        def make(text: str, computed: Mapping[tuple[str, str], ComputedField] | None = None) -> World:
            return World(connection, text, computed)

        yield make
