"""A database for each module, in which schemas replace one another."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest

from gatepost.embedded import Server


@pytest.fixture(scope="module")
def admin(cluster: Server) -> "Iterator[psycopg.Connection[tuple[object, ...]]]":
    """The owner's connection to a database without anything of ours."""
    name = f"agreement_{uuid4().hex[:12]}"
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        connection.execute(f"create database {name} template template0".encode())
    with psycopg.connect(cluster.dsn(dbname=name), autocommit=True) as connection:
        connection.execute("set client_min_messages = warning")
        yield connection


@pytest.fixture(scope="module")
def dsn(cluster: Server, admin: "psycopg.Connection[tuple[object, ...]]") -> str:
    return cluster.dsn(dbname=admin.info.dbname)
