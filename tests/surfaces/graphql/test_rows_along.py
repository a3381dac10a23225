"""Rows that are read along with those of a page: which are, and that answers are the same as if each was looked for."""

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

SQL = """
create schema library;
create table library.country (code text primary key, name text);
create table library.author (
  id int primary key, name text, country_id text references library.country, hidden boolean not null default false
);
create table library.portrait (author_id int primary key references library.author, file text);
create table library.shelf (id int primary key);
create table library.book (
  id int primary key, shelf_id int references library.shelf, title text, author_id int references library.author
);
create table library.guest (id int primary key, name text);
create table library.regular (since date) inherits (library.guest);
create table library.loan (
  id int primary key, shelf_id int references library.shelf, guest_id int references library.guest
);
create view library.nickname as select id, name from library.author;
comment on view library.nickname is '@primaryKey id';
comment on table library.book is '@foreignKey (author_id) references library.nickname (id)|@fieldName nickname';
create function library.author_label(author library.author) returns text language sql stable
  as $$ select author.name || ' of ' || coalesce(author.country_id, 'nowhere') $$;

insert into library.country values ('dk', 'Denmark');
insert into library.author values (1, 'Karen', 'dk', false), (2, 'Nobody', null, false), (3, 'Secret', 'dk', true);
insert into library.portrait values (1, 'karen.png');
insert into library.shelf values (1), (2);
insert into library.book values (1, 1, 'Africa', 1), (2, 1, 'Leaves', 2), (3, 1, 'Secrets', 3), (4, 1, 'Beowulf', null);
insert into library.guest values (1, 'Ole');
insert into library.loan values (1, 1, 1);

alter table library.author enable row level security;
create policy read on library.author for select using (not hidden);
create role library_reader nologin;
grant usage on schema library to library_reader;
grant select on all tables in schema library to library_reader;
"""
READER = Identity("library_reader", {"role": "library_reader"})
ALONG = "LEFT JOIN LATERAL"


@pytest.fixture(scope="module")
def prepared(cluster: Server, database_name: str) -> str:
    with psycopg.connect(cluster.dsn(dbname=database_name), autocommit=True) as admin:
        admin.execute(SQL.encode())
    return database_name


@pytest.fixture
async def executor(cluster: Server, prepared: str) -> AsyncIterator[Executor]:
    database, options = Database({"authenticator": cluster.dsn(dbname=prepared)}), Options(("library",), simplify=True)
    scope, made = database.system("catalog"), Executor(database, Limits())
    made.use(know(await anatomy(scope, options.schemas), await introspect(scope, options.schemas), options))
    yield made
    await database.close()


async def answer(executor: Executor, query: str) -> Any:
    return json.decode((await executor.execute(READER, GraphQLRequest(query), Context())).body)


def statement(executor: Executor, query: str) -> str:
    """The SQL of a query of one field."""
    assert executor.prepared
    [step] = executor.plan(executor.prepared.operation(query, None), GraphQLRequest(query)).plan.steps
    assert step.read
    return step.read.text


def books(selected: str, page: str = "first: 3") -> str:
    return f"{{ shelf(id: 1) {{ books({page}) {{ nodes {{ title {selected} }} }} }} }}"


async def test_a_row_is_there_or_null_as_its_policies_say(executor: Executor) -> None:
    query = books("author { id name }", "first: 9")
    assert ALONG in statement(executor, query)
    assert await answer(executor, query) == {
        "data": {
            "shelf": {
                "books": {
                    "nodes": [
                        {"title": "Africa", "author": {"id": 1, "name": "Karen"}},
                        {"title": "Leaves", "author": {"id": 2, "name": "Nobody"}},
                        {"title": "Secrets", "author": None},
                        {"title": "Beowulf", "author": None},
                    ]
                }
            }
        }
    }


async def test_pages_and_their_ends_are_the_same(executor: Executor) -> None:
    page = "{ pageInfo { hasNextPage hasPreviousPage } nodes { title author { name } } }"
    first, last = f"books(first: 1, offset: 1) {page}", f"last: books(last: 2) {page}"
    query = f"{{ shelf(id: 1) {{ {first} {last} }} }}"
    assert statement(executor, query).count(ALONG) == 2
    assert (await answer(executor, query))["data"]["shelf"] == {
        "books": {
            "pageInfo": {"hasNextPage": True, "hasPreviousPage": True},
            "nodes": [{"title": "Leaves", "author": {"name": "Nobody"}}],
        },
        "last": {
            "pageInfo": {"hasNextPage": False, "hasPreviousPage": True},
            "nodes": [{"title": "Secrets", "author": None}, {"title": "Beowulf", "author": None}],
        },
    }


async def test_rows_lead_to_further_rows(executor: Executor) -> None:
    query = books("a: author { country { name } authoredPortrait { file } } b: author { label }", "first: 2")
    assert statement(executor, query).count(ALONG) == 4
    found = (await answer(executor, query))["data"]["shelf"]["books"]["nodes"]
    assert [{name: book[name] for name in "ab"} for book in found] == [
        {
            "a": {"country": {"name": "Denmark"}, "authoredPortrait": {"file": "karen.png"}},
            "b": {"label": "Karen of dk"},
        },
        {
            "a": {"country": None, "authoredPortrait": None},
            "b": {"label": "Nobody of nowhere"},
        },
    ]


async def test_a_page_of_the_whole_looks_for_each_row_and_all_of_it_reads_along(executor: Executor) -> None:
    page, whole = (f"{{ books{given} {{ nodes {{ author {{ name }} }} }} }}" for given in ("(first: 4)", ""))
    assert ALONG not in statement(executor, page)
    assert ALONG in statement(executor, whole)
    assert await answer(executor, page) == await answer(executor, whole)


@pytest.mark.parametrize(
    "query",
    [
        books("nickname { name }"),
        "{ shelf(id: 1) { loans(first: 1) { nodes { guest { name } } } } }",
    ],
    ids=["a tag alone says that it is one row", "tables that inherit have rows of the same key"],
)
async def test_what_may_be_several_rows_is_not_read_along(executor: Executor, query: str) -> None:
    assert ALONG not in statement(executor, query)
    assert "data" in await answer(executor, query)
