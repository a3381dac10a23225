"""The example's database, made as `gatepost dev` makes it, and requests of its people as surfaces make them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from gatepost import migrate, project
from gatepost.embedded import Server

EXAMPLE = Path(__file__).parents[4] / "examples" / "tenants"
Row = tuple[Any, ...]


@dataclass
class Site:
    """One transaction in the example's database, in which anybody may ask; nothing of it stays."""

    session: psycopg.Connection[Row]

    def owner(self, text: str, *values: object) -> Any:
        """Ask past all policies: the first column of the first row."""
        self.session.execute("reset role")
        return first(self.session.execute(text, values))  # pyright: ignore

    def claims(self, who: str) -> dict[str, Any]:
        """What the next token of somebody would have as app_metadata."""
        text = "select claims from auth_private.user_claims c join auth.users u on u.id = c.user_id where u.email = %s"
        return self.owner(text, email(who))

    def token(self, who: str, without: set[str] = frozenset()) -> dict[str, Any]:
        """The claims of somebody's token, made now; of nobody's, where `who` is empty."""
        if not who:
            return {"role": "anon"}
        claims = self.claims(who)
        claims["permissions"] = [key for key in claims["permissions"] if key not in without]
        return {"sub": claims["profile_id"], "role": "authenticated", "email": email(who), "app_metadata": claims}

    def rows(self, who: str, text: str, *values: object, without: set[str] = frozenset()) -> list[Row]:
        """A statement of somebody's, whose token lacks the permissions `without`."""
        self.become(self.token(who, without))
        return self.session.execute(text, values).fetchall()  # pyright: ignore

    def become(self, token: dict[str, Any]) -> None:
        self.session.execute("reset role")
        self.session.execute("select set_config('request.jwt.claims', %s, true)", (json.dumps(token),))
        self.session.execute("select set_config('role', %s, true)", (token["role"],))

    def ask(self, who: str, text: str, *values: object, without: set[str] = frozenset()) -> Any:
        """The first column of the first row of it."""
        rows = self.rows(who, text, *values, without=without)
        return rows[0][0] if rows else None

    def refused(self, who: str, text: str, *values: object, without: set[str] = frozenset()) -> str:
        """Why it was refused. Nothing of it may stay."""
        token = self.token(who, without)
        with pytest.raises(psycopg.Error) as refusal, self.session.transaction():
            self.become(token)
            self.session.execute(text, values)  # pyright: ignore
        return refusal.value.diag.message_primary or ""

    def resident(self, who: str, tenant: str = "") -> str:
        text = "select r.id from app.resident r join app.tenant t on t.id = r.tenant_id where r.email = %s"
        if tenant:
            return str(self.owner(text + " and t.identifier = %s", email(who), tenant))
        return str(self.owner(text + " and r.status = 'active'", email(who)))

    def todo(self, name: str, tenant: str = "demo-tenant-1", *, template: bool = False) -> str:
        text = (
            "select d.id from todo.todo d join app.tenant t on t.id = d.tenant_id"
            " where d.name = %s and t.identifier = %s and d.is_template = %s"
        )
        return str(self.owner(text, name, tenant, template))

    def topic(self, identifier: str, tenant: str = "demo-tenant-1") -> str:
        text = "select c.id from msg.topic c join app.tenant t on t.id = c.tenant_id"
        return str(self.owner(text + " where c.identifier = %s and t.identifier = %s", identifier, tenant))

    def incident(self, identifier: str | None, tenant: str = "demo-tenant-1") -> str:
        """By its identifier; the template, where that is None."""
        text = "select i.id from inc.incident i join app.tenant t on t.id = i.tenant_id"
        return str(
            self.owner(text + " where i.identifier is not distinct from %s and t.identifier = %s", identifier, tenant)
        )


def first(cursor: psycopg.Cursor[Row]) -> Any:
    row = cursor.fetchone()
    return row[0] if row else None


def email(who: str) -> str:
    return f"{who}@example.com"


@pytest.fixture(scope="session")
def example_template(cluster: Server) -> str:
    """A database with the example as it is in the beginning."""
    name = f"example_{uuid4().hex[:12]}"
    settings = project.read(EXAMPLE, {}).settings
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        admin.execute(f"create database {name} template template0")  # pyright: ignore
    installed = migrate.install(cluster.dsn(dbname=name), "gatepost", schemas=settings.rest.schemas)
    for module in settings.project.modules:
        migrate.install_module(cluster.dsn(dbname=name), module)
    report = migrate.apply_project(cluster.dsn(installed.owner, name), EXAMPLE)
    assert (report.seeded, report.warnings) == (["seed.sql"], [])
    return name


@pytest.fixture(scope="module")
def example(cluster: Server, example_template: str) -> str:
    """The name of a database of this module's own."""
    name = f"{example_template}_copy"
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        admin.execute(f"drop database if exists {name} with (force)")  # pyright: ignore
        admin.execute(f"create database {name} template {example_template} owner postgres")  # pyright: ignore
    return name


@contextmanager
def visited(cluster: Server, name: str) -> Iterator[Site]:
    """A transaction that is taken back."""
    with psycopg.connect(cluster.dsn(dbname=name)) as session:
        yield Site(session)
        session.rollback()


@pytest.fixture
def site(cluster: Server, example: str) -> Iterator[Site]:
    """The example, for one test, which leaves it as it was."""
    with visited(cluster, example) as site:
        yield site
