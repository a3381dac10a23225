"""What is asked of a page without its rows: flags that are known before any is read, however many there are."""

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from msgspec import json

from gatepost.database.facts.anatomy import anatomy
from gatepost.database.facts.introspect import introspect
from gatepost.database.scope import Database
from gatepost.database.values import Context
from gatepost.embedded import Server
from gatepost.graphql.documents import Limits
from gatepost.graphql.executor import Executor
from gatepost.graphql.known import know
from gatepost.graphql.options import Options
from gatepost.graphql.request import GraphQLRequest
from gatepost.identity import Identity
from tests.conftest import FreshDatabase

SQL = """
create schema shop;
create table shop.item (id int primary key, name text);
insert into shop.item select i, 'Item ' || i from generate_series(1, 5) i;
create table shop.nothing (id int primary key);
create role shopper nologin;
grant usage on schema shop to shopper;
grant select on all tables in schema shop to shopper;
"""
SHOPPER = Identity("shopper", {"role": "shopper"})


@pytest.fixture(scope="module")
def shop(cluster: Server, fresh_database: FreshDatabase) -> str:
    name = fresh_database()
    with psycopg.connect(cluster.dsn(dbname=name), autocommit=True) as admin:
        admin.execute(SQL.encode())
    return name


@pytest.fixture
async def executor(cluster: Server, shop: str) -> AsyncIterator[Executor]:
    database, options = Database({"authenticator": cluster.dsn(dbname=shop)}), Options(("shop",), simplify=True)
    scope, made = database.system("catalog"), Executor(database, Limits())
    made.use(know(await anatomy(scope, options.schemas), await introspect(scope, options.schemas), options))
    yield made
    await database.close()


async def shown(executor: Executor, query: str) -> Any:
    answer = json.decode((await executor.execute(SHOPPER, GraphQLRequest(query), Context())).body)
    assert "errors" not in answer, answer["errors"]
    [found] = answer["data"].values()
    return found


@pytest.mark.parametrize("table", ["items", "nothings"])
@pytest.mark.parametrize(
    ("page", "flag", "is_set"),
    [
        ("", "hasNextPage", False),
        ("", "hasPreviousPage", False),
        ("(first: 2)", "hasPreviousPage", False),
        ("(first: 2, offset: 1)", "hasPreviousPage", True),
        ("(last: 2)", "hasNextPage", False),
        ("(first: 0)", "hasNextPage", False),
        ("(last: 0)", "hasPreviousPage", False),
    ],
)
async def test_a_flag_alone(executor: Executor, table: str, page: str, flag: str, is_set: bool):
    assert await shown(executor, f"{{ {table}{page} {{ pageInfo {{ {flag} }} }} }}") == {"pageInfo": {flag: is_set}}


async def test_a_flag_beside_the_total(executor: Executor):
    query = "{ items(condition: { id: %d }) { totalCount pageInfo { hasNextPage __typename } __typename } }"
    for id, count in ((1, 1), (9, 0)):
        assert await shown(executor, query % id) == {
            "totalCount": count,
            "pageInfo": {"hasNextPage": False, "__typename": "PageInfo"},
            "__typename": "ItemsConnection",
        }


async def test_flags_that_depend_on_the_rows(executor: Executor):
    for page, flag in (("first", "hasNextPage"), ("last", "hasPreviousPage")):
        for size, is_set in ((4, True), (5, False)):
            query = f"{{ items({page}: {size}) {{ pageInfo {{ {flag} }} }} }}"
            assert await shown(executor, query) == {"pageInfo": {flag: is_set}}
