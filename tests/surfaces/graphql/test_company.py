"""Queries that share a connection are answered without a task; all else is waited for, and so is what fails there."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import psycopg
import pytest
from msgspec import json

from gatepost.database.connection import Batch
from gatepost.database.errors import CANCELLED
from gatepost.database.facts.anatomy import anatomy
from gatepost.database.facts.introspect import introspect
from gatepost.database.scope import Database, Reading
from gatepost.database.values import Context
from gatepost.embedded import Server
from gatepost.graphql.answer import Answer
from gatepost.graphql.callers import Acting
from gatepost.graphql.documents import Limits
from gatepost.graphql.executor import Executor
from gatepost.graphql.known import know
from gatepost.graphql.options import Options
from gatepost.graphql.request import GraphQLRequest
from gatepost.identity import Identity
from gatepost.problem import DatabaseProblem, Unavailable

SQL = """
create schema shop;
create type shop.kind as enum ('light', 'seat');
create table shop.item (id int primary key, name text not null, kind shop.kind not null, sold bool not null);
insert into shop.item values (1, 'Lamp', 'light', false), (2, 'Chair', 'seat', true);
create function shop.motto() returns text language sql stable as $$ select 'Open' $$;
create role shop_visitor nologin;
grant usage on schema shop to shop_visitor;
grant select on all tables in schema shop to shop_visitor;
"""
LAMP = "query ($id: Int!) { itemById(id: $id) { name } }"
ANSWER = b'{"data":{"itemById":{"name":"Lamp"}}}'
Told = Answer | Coroutine[Any, Any, Answer]


@pytest.fixture(scope="module")
def prepared(cluster: Server, database_name: str) -> str:
    with psycopg.connect(cluster.dsn(dbname=database_name), autocommit=True) as admin:
        admin.execute(SQL.encode())
    return database_name


@pytest.fixture
async def executor(cluster: Server, prepared: str) -> AsyncIterator[Executor]:
    database, options = Database({"authenticator": cluster.dsn(dbname=prepared)}), Options(("shop",))
    scope, made = database.system("catalog"), Executor(database, Limits())
    made.use(know(await anatomy(scope, options.schemas), await introspect(scope, options.schemas), options))
    yield made
    await database.close()


@pytest.fixture
def visitor() -> Acting:
    return Acting(Identity("shop_visitor", {"role": "shop_visitor"}), Context(), Context())


async def begin(executor: Executor, acting: Acting, query: str, variables: dict[str, Any] | None = None) -> Told:
    """What is told of a query: its answer, or what is to be waited for."""
    found: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
    executor.begin(acting, GraphQLRequest(query, variables), found.set_result)
    return await found


async def waited(told: Told) -> bytes:
    return (told if isinstance(told, Answer) else await told).body


async def company(executor: Executor, acting: Acting) -> None:
    """There is a connection to share from here on: the first query asks for one."""
    for _ in range(100):
        told = await begin(executor, acting, LAMP, {"id": 1})
        assert await waited(told) == ANSWER
        if isinstance(told, Answer):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("no connection to share")


async def test_one_field_is_answered_at_once_for_each_value(executor: Executor, visitor: Acting) -> None:
    await company(executor, visitor)
    for id, name in ((1, b'{"name":"Lamp"}'), (2, b'{"name":"Chair"}'), (3, b"null")):
        told = await begin(executor, visitor, LAMP, {"id": id})
        assert isinstance(told, Answer)
        assert told.body == b'{"data":{"itemById":%s}}' % name


@pytest.mark.parametrize("condition", ["kind: LIGHT", "sold: false", 'name: "Lamp"', "kind: $kind"])
async def test_a_page_with_its_ends_and_number_is_too(executor: Executor, visitor: Acting, condition: str) -> None:
    await company(executor, visitor)
    kind = "$kind: Kind, " if "$kind" in condition else ""
    query = f"""query ({kind}$most: Int) {{
      allItems(first: $most, orderBy: NAME_ASC, condition: {{{condition}}}) {{
        totalCount pageInfo {{ hasNextPage endCursor }} edges {{ cursor node {{ name kind }} }}
      }} }}"""
    told = await begin(executor, visitor, query, {"kind": "LIGHT", "most": 5})
    assert isinstance(told, Answer)
    page = json.decode(told.body)["data"]["allItems"]
    assert page["totalCount"] == 1
    [edge] = page["edges"]
    assert edge["node"] == {"name": "Lamp", "kind": "LIGHT"}
    assert page["pageInfo"] == {"hasNextPage": False, "endCursor": edge["cursor"]}


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("{ motto }", b'{"data":{"motto":"Open"}}'),
        ("{ __typename }", b'{"data":{"__typename":"Query"}}'),
        (
            "{ a: itemById(id: 1) { id } b: itemById(id: 2) { id } }",
            b'{"data":{"a":{"id":1},"b":{"id":2}}}',
        ),
    ],
    ids=["a function", "no field of the database", "two fields"],
)
async def test_all_else_is_waited_for(executor: Executor, visitor: Acting, query: str, body: bytes) -> None:
    await company(executor, visitor)
    told = await begin(executor, visitor, query)
    assert not isinstance(told, Answer)
    assert await waited(told) == body


async def test_what_is_no_operation_is_refused(executor: Executor, visitor: Acting) -> None:
    assert b"nope" in await waited(await begin(executor, visitor, "{ nope }"))


def failing(error: Exception) -> Callable[[Reading, Callable[[Batch], None]], bool]:
    """A connection whose every read fails like that."""

    def read(_: Reading, done: Callable[[Batch], None]) -> bool:
        batch = Batch(done)
        batch.error = error  # pyright: ignore[reportAttributeAccessIssue]
        done(batch)
        return True

    return read


@pytest.mark.parametrize("error", [DatabaseProblem(CANCELLED, "too slow"), Unavailable()], ids=["slow", "gone"])
async def test_what_failed_in_company_is_read_alone(
    executor: Executor, visitor: Acting, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    await company(executor, visitor)
    monkeypatch.setattr(executor.database, "read", failing(error))
    told = await begin(executor, visitor, LAMP, {"id": 1})
    assert not isinstance(told, Answer)
    assert await waited(told) == ANSWER


async def test_what_the_database_refuses_is_told_at_once(executor: Executor) -> None:
    nobody = Acting(Identity("anon", {"role": "anon"}), Context(), Context())
    for _ in range(20):
        told = await begin(executor, nobody, LAMP, {"id": 1})
        body = await waited(told)
        assert b"permission denied" in body
        assert body.startswith(b'{"data":{"itemById":null},"errors":')
        if isinstance(told, Answer):
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it was never told at once")


async def test_full_company_is_not_waited_for(
    executor: Executor, visitor: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    await company(executor, visitor)
    monkeypatch.setattr(executor.database, "read", lambda *_: False)
    told = await begin(executor, visitor, LAMP, {"id": 1})
    assert not isinstance(told, Answer)
    assert await waited(told) == ANSWER
