"""The modules' rows through every door: SQL, REST, GraphQL, the client; everybody, each tenant, every table.

RULES is written by hand: `never`, not even a question; `-`, no row; `tenant`, those of the tenant one is in. Being the
site's admin makes no difference to what is a tenant's own. Nobody writes a row by himself.
"""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from gatepost.embedded import Server
from tests.surfaces.tenancy.doors import Claims, Door, GraphQL, Orm, Refused, Rest, Row, Sql, Table

from .conftest import Site, visited

SCHEMAS = ("todo", "msg", "inc", "loc")
TABLES = [
    Table("todo", ("id",), "name", "todo"),
    Table("todo_resident", ("resident_id",), "display_name", "todo"),
    Table("topic", ("id",), "name", "msg"),
    Table("message", ("id",), "content", "msg"),
    Table("subscriber", ("id",), "topic_id", "msg"),
    Table("msg_resident", ("resident_id",), "display_name", "msg"),
    Table("incident", ("id",), "name", "inc"),
    Table("location", ("id",), "name", "loc"),
]

RULES = """
              nobody newcomer blocked user-1a admin-1 user-2a admin-2 support super
todo          never  -        -       tenant  tenant  tenant  tenant  tenant  tenant
todo_resident never  -        -       tenant  tenant  tenant  tenant  tenant  tenant
topic         never  -        -       tenant  tenant  tenant  tenant  tenant  tenant
message       never  -        -       tenant  tenant  tenant  tenant  tenant  tenant
subscriber    never  -        -       tenant  tenant  tenant  tenant  tenant  tenant
msg_resident  never  -        -       tenant  tenant  tenant  tenant  tenant  tenant
incident      never  -        -       tenant  tenant  tenant  tenant  tenant  tenant
location      never  -        -       tenant  tenant  tenant  tenant  tenant  tenant
"""
HEAD, *LINES = [line.split() for line in RULES.strip().splitlines()]
WORDS: dict[str, dict[str, str]] = {name: dict(zip(HEAD, words, strict=True)) for name, *words in LINES}
HOME = {"user-1a": "demo-tenant-1", "admin-1": "demo-tenant-1", "support": "demo-tenant-1", "super": "anchor"}
HOME |= {"user-2a": "demo-tenant-2", "admin-2": "demo-tenant-2"}
ACCOUNT = {"support": "app-admin-support", "super": "app-admin-super", "blocked": "user-1b"}

NEWCOMER = """
insert into auth.users (instance_id, id, aud, role, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data)
values ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'authenticated',
    'newcomer@example.com', now(), '{}', '{}') returning id
"""


@pytest.fixture(scope="module")
def tokens(cluster: Server, example: str) -> dict[str, Claims]:
    """Everybody's token, once one is blocked and another supports the first tenant."""
    with visited(cluster, example) as site:
        site.owner(NEWCOMER)
        site.ask("admin-1", "select app_api.block_resident(%s)", site.resident("user-1b"))
        tenant = site.owner("select id from app.tenant where identifier = 'demo-tenant-1'")
        site.ask("app-admin-support", "select app_api.become_support(%s, 'ticket 7')", tenant)
        site.session.execute("reset role")
        site.session.commit()
        people: dict[str, Claims] = {who: site.token(ACCOUNT.get(who, who)) for who in HEAD if who != "nobody"}
    return {"nobody": None} | people


@pytest.fixture(scope="module")
def rows(cluster: Server, example: str) -> Iterator[dict[str, dict[str, set[Row]]]]:
    """The keys of each table's rows by tenant."""
    with visited(cluster, example) as site:
        yield {table.name: by_tenant(site, table) for table in TABLES}


def by_tenant(site: Site, table: Table) -> dict[str, set[Row]]:
    text = "select jsonb_object_agg(identifier, keys) from (select t.identifier, jsonb_agg(r.{}) as keys from {}.{} r"
    of_table = text.format(table.key[0], table.schema, table.name)
    keys = site.owner(of_table + " join app.tenant t on t.id = r.tenant_id group by 1) as found")
    return {tenant: {(str(key),) for key in found} for tenant, found in keys.items()}


@pytest.fixture(params=["sql", "rest", "graphql", "orm"])
async def door(request: pytest.FixtureRequest, cluster: Server, example: str) -> AsyncIterator[Door]:
    dsn = cluster.dsn("authenticator", example)
    made: Door = {
        "sql": lambda: Sql(dsn),
        "rest": lambda: Rest(dsn, SCHEMAS),
        "graphql": lambda: GraphQL(dsn, (*SCHEMAS, "todo_api")),
        "orm": lambda: Orm(dsn, TABLES),
    }[request.param]()
    await made.open()
    yield made
    await made.close()


def test_there_is_something_to_be_seen_in_either_tenant(rows: dict[str, dict[str, set[Row]]]) -> None:
    for name, by in rows.items():
        assert by.get("demo-tenant-1"), name
        assert by.get("demo-tenant-2"), name


@pytest.mark.parametrize("who", HEAD)
async def test_who_sees_what(
    tokens: dict[str, Claims], rows: dict[str, dict[str, set[Row]]], door: Door, who: str
) -> None:
    wrong: dict[str, Any] = {}
    for table in TABLES:
        word = WORDS[table.name][who]
        own = rows[table.name].get(HOME.get(who, ""), set[Row]())
        expected: object = "never" if word == "never" else own if word == "tenant" else set[Row]()
        try:
            seen: object = await door.read(tokens[who], table)
        except Refused as refused:
            seen = "never" if str(refused) == "42501" else str(refused)
        if seen != expected:
            wrong[table.name] = seen
    assert wrong == {}


@pytest.mark.parametrize("who", HEAD)
async def test_nobody_writes_a_row_by_himself(
    tokens: dict[str, Claims], rows: dict[str, dict[str, set[Row]]], door: Door, who: str
) -> None:
    through: list[str] = []
    for table in TABLES:
        for tenant in ("demo-tenant-1", "demo-tenant-2"):
            for operation in ("insert", "update", "delete"):
                try:
                    await door.write(tokens[who], table, operation, min(rows[table.name][tenant]))
                    through.append(f"{operation} {table.name} of {tenant}")
                except Refused as refused:
                    if str(refused) not in ("42501", "not shown"):
                        through.append(f"{operation} {table.name} of {tenant}: {refused}")
    assert through == []
