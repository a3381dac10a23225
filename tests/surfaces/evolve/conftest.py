"""A database and its schema, said in one line each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from gatepost import evolve, zmodel
from gatepost.embedded import Server
from gatepost.evolve import Report, Shadows
from gatepost.zmodel.schema import Schema
from tests.conftest import FreshDatabase

DATASOURCE = 'datasource db { provider = "postgresql" }\n'


def schema(text: str) -> Schema:
    """A schema; the datasource may be left out."""
    return zmodel.load(text if "datasource" in text else DATASOURCE + text)


@dataclass
class Database:
    """A database with our objects; `asked` are the questions that a push asked."""

    dsn: str
    shadows: Shadows
    answer: bool = True
    asked: list[str] = field(default_factory=list[str])

    def push(self, text: str, *, policies: bool = False, **options: Any) -> Report:
        """Push a schema; questions are answered with `answer`."""
        options.setdefault("ask", self._ask)
        return evolve.push_now(schema(text), self.dsn, policies=policies, **options)

    def settled(self, text: str, *, policies: bool = False) -> bool:
        """Whether there is nothing left to do."""
        return self.push(text, policies=policies).changes == ()

    def _ask(self, question: str) -> bool:
        self.asked.append(question)
        return self.answer

    def run(self, *statements: str) -> None:
        """Statements by the owner."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # pyright: ignore

    def rows(self, query: str) -> list[Any]:
        """What the owner reads; of rows with one column that column."""
        with psycopg.connect(self.dsn) as connection:
            found = connection.execute(query).fetchall()  # pyright: ignore
        return [row[0] if len(row) == 1 else row for row in found]


@pytest.fixture(scope="module")
def make(cluster: Server, fresh_database: FreshDatabase) -> Iterator[Callable[..., Database]]:
    """`make()`, `make("supabase")`: databases of this module's own."""

    def made(profile: str = "gatepost") -> Database:
        name = fresh_database(profile)
        dsn = cluster.dsn("postgres", name)
        return Database(dsn, Shadows(cluster.dsn(dbname=name), dsn, profile))  # pyright: ignore

    yield made


@pytest.fixture(scope="module")
def own(make: Callable[..., Database]) -> Database:
    """This module's database."""
    return make()


@pytest.fixture
def database(own: Database) -> Database:
    """This module's database, emptied."""
    own.push("", force_reset=True)
    own.run("drop schema if exists other cascade")
    own.asked.clear()
    own.answer = True
    return own
