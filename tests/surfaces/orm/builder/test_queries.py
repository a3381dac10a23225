"""SELECT over models: their names, the rules of each of them, and all that stands around."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gatepost.orm import Client
from gatepost.orm.builder import Builder

from ..writing.conftest import OpenWorld, World


class Case(msgspec.Struct, forbid_unknown_fields=True):
    """A query, its values, the rows that user 1 gets for it: in their order where it says one."""

    sql: str
    rows: list[list[Any]]
    values: list[Any] = []


CASES = msgspec.yaml.decode(Path(__file__).with_name("queries.yaml").read_bytes(), type=list[Case])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sql)
async def test_queries(shop_of_ada: Builder, case: Case) -> None:
    found = [list(row.values()) for row in await shop_of_ada.query(case.sql, *case.values)]
    assert (found if "order by" in case.sql else sorted(found)) == case.rows


async def test_rows_are_pythons(raw: Builder, shop_of_ada: Builder) -> None:
    await raw.execute("update User set meta = $1, tags = $2, age = 7 where id = 1", {"a": [1]}, ["x", "y"])
    (row,) = await shop_of_ada.query(
        "select meta, tags, meta -> 'a' ->> 0 as first, tags @> $1 as has, changed from User where id = 1", ["x"]
    )
    assert (row["meta"], row["tags"], row["first"], row["has"]) == ({"a": [1]}, ["x", "y"], "1", True)
    assert row["changed"].tzinfo is UTC
    assert await shop_of_ada.execute("select 1 from User") == 2


async def test_moments_with_a_zone_are_moments(raw: Builder) -> None:
    at = datetime(2024, 6, 15, 10, 30, tzinfo=timezone(timedelta(hours=-7)))
    (row,) = await raw.query("update Order set at = $1 where id = 'a' returning at", at)
    assert row["at"] == at
    assert await raw.query("select id from Order where at = $1", at) == [{"id": "a"}]


async def test_unguarded_nothing_is_hidden(raw: Builder) -> None:
    assert await raw.query("select count(*) as n from User, Order") == [{"n": 9}]


async def test_it_asks_as_its_client_does(shop: World, raw: Builder) -> None:
    db = shop.open("query")
    mine = "select id from Order order by id"
    assert await Builder(db).query(mine) == []
    assert await Builder(db.set_auth({"id": 2})).query(mine) == [{"id": "c"}]
    async with db.set_auth({"id": 1}).transaction() as tx:
        await tx.order.delete(where={"id": "a"})
        assert await Builder(tx).query(mine) == [{"id": "b"}]
        assert await Builder(tx.set_auth({"id": 2})).query(mine) == [{"id": "c"}]
    assert len(await raw.query(mine)) == 2


HIDING = """
type Auth { id Int @@auth }
model Doc {
  id     Int     @id
  title  String
  secret String? @allow('read', auth().id == owner)
  owner  Int
  @@allow('all', true)
}
model Thing {
  id   Int    @id
  kind String
  name String
  @@delegate(kind)
  @@allow('all', true)
  @@deny('all', name == 'hidden')
}
model Book extends Thing {
  pages Int
  @@deny('all', pages < 1)
}
"""


async def test_what_a_field_rule_hides_is_null_everywhere(open_world: OpenWorld) -> None:
    world = open_world(HIDING)
    await world.open().doc.create_many(data=[{"id": id, "title": "t", "secret": "s", "owner": id} for id in (1, 2)])
    qb = Builder(world.open("query").set_auth({"id": 1}))
    assert await qb.query("select secret, upper(secret) as loud from Doc order by id") == [
        {"secret": "s", "loud": "S"},
        {"secret": None, "loud": None},
    ]
    assert await qb.query("select id from Doc where secret = 's'") == [{"id": 1}]
    assert await qb.execute("update Doc set title = 'guessed' where secret = $1", "s") == 1
    assert await qb.query("delete from Doc where id = 2 returning secret") == [{"secret": None}]


async def test_sub_models_have_their_bases_fields_and_rules(open_world: OpenWorld) -> None:
    world = open_world(HIDING)
    world.empty()
    await world.open().book.create_many(
        data=[
            {"id": 1, "name": "seen", "pages": 3},
            {"id": 2, "name": "hidden", "pages": 3},
            {"id": 3, "name": "x", "pages": 0},
        ]
    )
    qb = Builder(world.open("query"))
    assert await qb.query("select id, name, pages, kind from Book") == [
        {"id": 1, "name": "seen", "pages": 3, "kind": "Book"}
    ]
    assert await qb.query("select id from Thing order by id") == [{"id": 1}, {"id": 3}]
    assert await qb.execute("update Book set name = name || '!', pages = pages + 1") == 1
    assert await qb.query("insert into Book (id, name, pages) values (4, 'new', 9) returning id, name") == [
        {"id": 4, "name": "new"}
    ]
    assert await qb.execute("delete from Book where pages = 9") == 1
    assert await world.open().thing.count() == 3


async def test_computed_fields_are_columns(open_world: OpenWorld) -> None:
    world = open_world("model P { id Int @id\n a Int\n twice Int @computed\n @@allow('all', true) }")
    db: Client = world.open("query", computed_fields={"P": {"twice": "{row}.a * 2"}})
    await db.p.create(data={"id": 1, "a": 4})
    assert await Builder(db).query("select p.twice from P as p where twice > 7") == [{"twice": 8}]


async def test_members_of_enums_have_the_schemas_names_in_lists_too(open_world: OpenWorld) -> None:
    text = "enum Role { ADMIN @map('the admin')  USER }\nmodel P { id Int @id\n role Role\n roles Role[]\n"
    world = open_world(text + "@@allow('all', true) }")
    qb = Builder(world.open("query"))
    sql = "insert into P (id, role, roles) values (1, 'ADMIN', $1), (2, 'USER', '{ADMIN}'), (3, 'USER', null)"
    assert await qb.execute(sql, ["USER", "ADMIN"]) == 3
    assert await qb.execute("update P set roles = array_append(roles, role) where id < 3") == 2
    assert [row["roles"] for row in await qb.query("select roles from P order by id")] == [
        ["USER", "ADMIN", "ADMIN"],
        ["ADMIN", "USER"],
        None,
    ]
    assert await qb.query("select id from P where 'ADMIN' = any(roles) and role = 'ADMIN'") == [{"id": 1}]
    assert world.sql('select roles::text from "P" where id = 2') == [('{"the admin",USER}',)]
