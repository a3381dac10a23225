"""A database for each module, in which schemas replace one another."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import psycopg
import pytest

from gatepost.embedded import Server

from .world import World


@pytest.fixture(scope="module")
def agreement_dsn(cluster: Server) -> str:
    """A database without anything of ours."""
    name = f"agreement_{uuid4().hex[:12]}"
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        admin.execute(f"create database {name} template template0".encode())
    return cluster.dsn(dbname=name)
