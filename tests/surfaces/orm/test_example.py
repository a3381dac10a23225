"""The two spellings of the example's rules agree: the SQL policies of its migrations, and schema.zmodel, in the ORM's
queries and compiled to row level security. Same identities, same rows.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gatepost import zmodel
from gatepost.embedded import Server
from gatepost.identity import Identity
from gatepost.migrate import apply_project
from gatepost.orm import Client, InvalidInput, NotFound, OrmError
from gatepost.policy import rls
from tests.conftest import FreshDatabase

EXAMPLE = Path(__file__).parents[3] / "examples" / "todo"
SCHEMA = zmodel.load(EXAMPLE / "schema.zmodel")
ADA, BOB, EVE = (f"00000000-0000-0000-0000-00000000000{letter}" for letter in "abe")
ROWS = f"""
insert into auth.users (id, email) values
  ('{ADA}', 'ada@example.com'), ('{BOB}', 'bob@staff.example.com'), ('{EVE}', 'eve@example.com');
update public.profiles set is_public = false where id = '{EVE}';
insert into public.todos (user_id, task) values ('{ADA}', 'one'), ('{ADA}', 'two'), ('{BOB}', 'three');
insert into public.teams (name) values ('first'), ('second'), ('third');
insert into public.members (team_id, user_id) values (1, '{ADA}'), (1, '{BOB}'), (2, '{EVE}');
insert into public.announcements (team_id, body) values (1, 'hello'), (2, 'secret'), (3, 'nobody');
"""


def identity(user: str, email: str, **more: Any) -> Identity:
    claims = {"sub": user, "role": "authenticated", "email": email, **more}
    return Identity("authenticated", claims)


WHO = {
    "nobody": None,
    "ada": identity(ADA, "ada@example.com", aal="aal1", app_metadata={"teams": [1, 3]}),
    "ada with a second factor": identity(ADA, "ada@example.com", aal="aal2", app_metadata={}),
    "bob of the staff": identity(BOB, "bob@staff.example.com", aal="aal1", app_metadata={"teams": []}),
    "eve": identity(EVE, "eve@example.com"),
}
# What anon or a user has a grant for; the rest is 42501 in SQL and no row in a query.
READ = {
    "Todo": ("id", "todos"),
    "Profile": ("id", "profiles"),
    "Team": ("id", "teams"),
    "Member": ("userId", "members"),
    "Announcement": ("id", "announcements"),
    "Player": ("player", "leaderboard"),
}
CHANGES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "Todo": ("update public.todos set done = true", {"done": True}),
    "Profile": ("update public.profiles set avatar_url = 'x'", {"avatarUrl": "x"}),
    "Team": ("update public.teams set name = name || '!'", {"name": "changed"}),
    "Player": ("update public.leaderboard set score = score + 1", {"score": {"increment": 1}}),
}
Dsn = Callable[..., str]


def prepared(cluster: Server, fresh_database: FreshDatabase) -> str:
    """A database with the example and a few rows of its users."""
    name = fresh_database()
    apply_project(cluster.dsn("postgres", name), EXAMPLE)
    with psycopg.connect(cluster.dsn("supabase_admin", name), autocommit=True) as owner:
        owner.execute(ROWS)  # pyright: ignore[reportArgumentType, reportCallIssue]
    return name


@pytest.fixture(scope="module")
def by_hand(cluster: Server, fresh_database: FreshDatabase) -> str:
    """The policies of the migrations."""
    return prepared(cluster, fresh_database)


@pytest.fixture(scope="module")
def compiled(cluster: Server, fresh_database: FreshDatabase) -> str:
    """The same tables, with the schema's rules in place of those policies."""
    name = prepared(cluster, fresh_database)
    with psycopg.connect(cluster.dsn("supabase_admin", name), autocommit=True) as owner:
        found = owner.execute("select polname::text, polrelid::regclass::text from pg_policy").fetchall()
        for policy, table in found:
            if table.removeprefix("public.") in {place for _, place in READ.values()}:
                owner.execute(f'drop policy "{policy}" on {table}')  # pyright: ignore[reportArgumentType, reportCallIssue]
    with psycopg.connect(cluster.dsn("postgres", name), autocommit=True) as owner:
        for definition in rls.objects(SCHEMA):
            owner.execute(definition.sql)  # pyright: ignore[reportArgumentType, reportCallIssue]
    return name


@pytest.fixture
def in_role(cluster: Server) -> Iterator[Callable[[str, Identity | None, str], int | list[str]]]:
    """A statement in SQL alone, as the API's role; undone. Rows of a query, else how many it touched."""
    opened: list[psycopg.Connection[Any]] = []

    def run(name: str, who: Identity | None, sql: str) -> int | list[str]:
        connection = psycopg.connect(cluster.dsn("postgres", name))
        opened.append(connection)
        claims = json.dumps(dict(who.claims) if who else {"role": "anon"})
        connection.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
        connection.execute("set local role " + ("authenticated" if who else "anon"))  # pyright: ignore
        try:
            cursor = connection.execute(sql)  # pyright: ignore[reportArgumentType, reportCallIssue]
            return [str(row[0]) for row in cursor.fetchall()] if cursor.description else cursor.rowcount
        except psycopg.errors.InsufficientPrivilege:
            return [] if sql.startswith("select") else 0
        finally:
            connection.rollback()

    yield run
    for connection in opened:
        connection.close()


def column(model: str) -> str:
    return SCHEMA.models[model].fields[READ[model][0]].column or ""


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("model", READ)
async def test_the_same_rows_are_read(
    cluster: Server, by_hand: str, compiled: str, in_role: Callable[..., Any], model: str, who: str
) -> None:
    field, table = READ[model]
    sql = f"select {column(model)} from public.{table} order by 1"
    expected = in_role(by_hand, WHO[who], sql)
    assert in_role(compiled, WHO[who], sql) == expected
    for guard, name in (("query", by_hand), ("database", compiled)):
        async with Client.connect(SCHEMA, cluster.dsn("postgres", name), guard=guard) as db:
            try:
                rows = await db.set_auth(WHO[who]).model(model).find_many(order_by={field: "asc"})
            except OrmError as error:
                assert error.db_error_code == "42501"
                rows = []
            assert [str(row[field]) for row in rows] == expected


@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("model", CHANGES)
async def test_the_same_rows_are_changed(
    cluster: Server, by_hand: str, compiled: str, in_role: Callable[..., Any], model: str, who: str
) -> None:
    sql, data = CHANGES[model]
    expected = in_role(by_hand, WHO[who], sql)
    assert in_role(compiled, WHO[who], sql) == expected
    for guard, name in (("query", by_hand), ("database", compiled)):
        async with Client.connect(SCHEMA, cluster.dsn("postgres", name), guard=guard) as db:
            begun = await db.set_auth(WHO[who]).begin()
            try:
                changed = (await begun.model(model).update_many(data=data))["count"]
            except OrmError as error:
                assert error.reason == "rejected-by-policy" or error.db_error_code == "42501"
                changed = 0
            finally:
                await begun.rollback()
            assert changed == expected


async def test_a_todo_belongs_to_who_writes_it(cluster: Server, compiled: str) -> None:
    async with Client.connect(SCHEMA, cluster.dsn("postgres", compiled)) as db:
        ada, bob = db.set_auth(WHO["ada"]), db.set_auth(WHO["bob of the staff"])
        todo = await ada.todo.create(data={"task": "mine"})
        assert todo["userId"] == ADA
        with pytest.raises(NotFound):
            await bob.todo.delete(where={"id": todo["id"]})
        with pytest.raises(InvalidInput, match="task"):
            await ada.todo.create(data={"task": ""})
        await ada.todo.delete(where={"id": todo["id"]})
