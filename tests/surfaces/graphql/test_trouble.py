"""A schema that cannot be made: what was known before is served, and clients are told why only where they may be."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec import json

from gatepost.database.scope import Database
from gatepost.embedded import Server
from gatepost.exchange import Request, Response
from gatepost.graphql.configuration import read
from gatepost.graphql.documents import Limits
from gatepost.graphql.mounted import Mounted
from gatepost.problem import Problem
from tests.conftest import FreshDatabase

SQL = """
create schema desk;
create table desk.note (id int primary key, text text);
insert into desk.note values (1, 'hello');
"""
WRONG = "comment on table desk.note is '@foreignKey (text) references nowhere (id)'"


@pytest.fixture
def dsn(cluster: Server, fresh_database: FreshDatabase) -> str:
    found = cluster.dsn(dbname=fresh_database())
    with psycopg.connect(found, autocommit=True) as admin:
        admin.execute(SQL.encode())
    return found


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    made = Database({"authenticator": dsn})
    yield made
    await made.close()


def change(dsn: str, sql: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(sql.encode())


def mount(database: Database, limits: Limits | None = None, **keys: Any) -> Mounted:
    return Mounted(database, read({"schemas": ["desk"], **keys}), limits or Limits())


async def ask(mounted: Mounted, query: str = "{ allNotes { nodes { text } } }") -> Response:
    request = Request("POST", "/", b"", [(b"content-type", b"application/json")], json.encode({"query": query}))
    try:
        return await mounted(request)
    except Problem as problem:
        return mounted.refuse(request, problem)


NOTES = {"data": {"allNotes": {"nodes": [{"text": "hello"}]}}}


@pytest.mark.parametrize("masked", [False, True])
async def test_why_there_is_no_schema(database: Database, dsn: str, masked: bool):
    change(dsn, WRONG)
    mounted = mount(database, maskErrors=masked)
    await mounted.load()
    body = (await ask(mounted)).body
    assert (b"nowhere" in body) is not masked
    assert "nowhere" in str(mounted.trouble)


async def test_a_schema_that_cannot_be_made_any_more_leaves_the_one_before(database: Database, dsn: str):
    mounted = mount(database)
    await mounted.load()
    change(dsn, WRONG)
    await mounted.load()
    assert "nowhere" in str(mounted.trouble)
    assert json.decode((await ask(mounted)).body) == NOTES


async def test_a_file_of_tags_that_is_mended_is_read(database: Database, tmp_path: Path):
    file = tmp_path / "tags.json5"
    mounted = mount(database, tagsFile=str(file), maskErrors=True)
    await mounted.load()
    assert str(tmp_path).encode() not in (await ask(mounted)).body
    file.write_text('{version: 1, config: {class: {"desk.note": {tags: {name: "memo"}}}}}')
    await mounted.load()
    assert json.decode((await ask(mounted, "{ allMemos { nodes { text } } }")).body)["data"]["allMemos"]
    file.write_text("{version: 1, config: {}}")
    await mounted.load()
    assert json.decode((await ask(mounted)).body) == NOTES


async def test_a_request_that_is_too_long_is_refused_before_it_is_read(database: Database):
    mounted = mount(database, Limits(request=100))
    await mounted.load()
    answer = await ask(mounted, "{ allNotes { nodes { text } } }" + " " * 100)
    assert answer.status == 413
    [error] = json.decode(answer.body)["errors"]
    assert error["message"] == "The request has 143 bytes; at most 100 are allowed (graphql.max_message)"
