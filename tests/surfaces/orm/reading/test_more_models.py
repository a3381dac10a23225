"""Computed fields, views, names of the database, other database schemas, native types."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gatepost.orm.errors import ConfigError, InvalidInput, OrmError
from gatepost.orm.session import Options

from .world import World

SCHEMA = """
model User {
  id Int @id
  first String
  last String
  born DateTime? @db.Timestamptz
  price Decimal? @db.Decimal(10, 2)
  wakes DateTime? @db.Timetz
  host String? @db.Inet
  full String @computed
  postCount Int @computed
  posts Post[]
  @@allow('read', full != 'x y')
  @@map("app_users")
}
model Post {
  id Int @id
  authorId Int @map("author_id")
  author User @relation(fields: [authorId], references: [id])
  words String? @map("the words")
  @@map("Weird \\" name")
  @@allow('all', true)
}
view Summary {
  userId Int @unique
  posts Int
  @@map("summaries")
}
"""
ROWS = """
insert into app_users (id, first, last, born, price, wakes, host) values
 (1, 'Ann', 'Lee', '2024-01-01 12:00+02', 12.50, '05:30+00', '10.0.0.1'), (2, 'x', 'y', null, null, null, null);
"""
COMPUTED = {
    "User": {
        "full": lambda row: f"{row}.first || ' ' || {row}.last",
        "postCount": lambda row: f"select count(*) from posts_of where author_id = {row}.id",
    }
}
OPTIONS = Options(computed_fields=COMPUTED)


@pytest.fixture(scope="module")
def world(open_world: Callable[[str], World]) -> World:
    made = open_world(SCHEMA.replace('Weird \\" name', "Weird name"))
    made.sql(ROWS)
    made.sql("""insert into "Weird name" values (1, 1, 'hi'), (2, 1, null)""")
    made.sql("""create view posts_of as select * from "Weird name" """)
    made.sql(
        """create view summaries as select author_id as "userId", count(*)::int as posts from posts_of group by 1"""
    )
    return made


async def read(world: World, operation: str, asked: Any = None) -> Any:
    return await world.read("User", operation, asked, options=OPTIONS)


async def test_a_computed_field_is_shown(world: World) -> None:
    row = await read(world, "findUnique", {"where": {"id": 1}})
    assert (row["full"], row["postCount"]) == ("Ann Lee", 2)
    assert await read(world, "findFirst", {"select": {"full": True}}) == {"full": "Ann Lee"}


async def test_a_computed_field_in_conditions_and_order(world: World) -> None:
    assert await read(world, "count", {"where": {"full": {"startsWith": "Ann"}}}) == 1
    assert await read(world, "count", {"where": {"postCount": {"gt": 5}}}) == 0
    rows = await read(world, "findMany", {"orderBy": {"full": "desc"}, "select": {"id": True}})
    assert rows == [{"id": 2}, {"id": 1}]


async def test_a_computed_field_in_aggregates(world: World) -> None:
    assert await read(world, "aggregate", {"_count": {"full": True}, "_max": {"full": True}}) == {
        "_count": {"full": 2},
        "_max": {"full": "x y"},
    }
    groups = await read(world, "groupBy", {"by": ["full"], "_sum": {"postCount": True}, "orderBy": {"full": "asc"}})
    assert groups == [{"full": "Ann Lee", "_sum": {"postCount": 2}}, {"full": "x y", "_sum": {"postCount": 0}}]


async def test_a_computed_field_of_a_related_row(world: World) -> None:
    asked = {"where": {"author": {"full": "Ann Lee"}}, "select": {"author": {"select": {"postCount": True}}}}
    rows = await world.read("Post", "findMany", asked, options=OPTIONS)
    assert rows == [{"author": {"postCount": 2}}] * 2


async def test_a_computed_field_nobody_computes(world: World) -> None:
    with pytest.raises(ConfigError, match='Computed field "full" in model "User"'):
        await world.read("User", "findMany")


async def test_names_of_the_database(world: World) -> None:
    assert await world.read("Post", "findMany", {"where": {"words": "hi"}}) == [{"id": 1, "authorId": 1, "words": "hi"}]


async def test_a_view(world: World) -> None:
    assert await world.read("Summary", "findMany", {"where": {"posts": {"gt": 1}}}) == [{"userId": 1, "posts": 2}]
    assert await world.read("Summary", "findUnique", {"where": {"userId": 1}}) == {"userId": 1, "posts": 2}
    assert await world.read("Summary", "findMany", guard="query") == []


async def test_native_types(world: World) -> None:
    row = await read(world, "findUnique", {"where": {"id": 1}})
    assert row["born"] == datetime(2024, 1, 1, 10, tzinfo=UTC)
    assert row["wakes"] == datetime(1970, 1, 1, 5, 30, tzinfo=UTC)
    assert str(row["price"]) == "12.50"
    assert row["price"] == Decimal("12.5")
    assert row["host"] == "10.0.0.1"


@pytest.mark.parametrize(
    ("where", "number"),
    [
        ({"born": "2024-01-01T12:00:00+02:00"}, 1),
        ({"wakes": datetime(1970, 1, 1, 5, 30, tzinfo=UTC)}, 1),
        ({"price": {"in": ["12.5"]}}, 1),
        ({"host": {"startsWith": "10."}}, 1),
        ({"host": "10.0.0.2"}, 0),
    ],
)
async def test_native_types_in_conditions(world: World, where: dict[str, Any], number: int) -> None:
    assert await read(world, "count", {"where": where}) == number


async def test_what_the_schema_does_not_say(world: World) -> None:
    world.sql("update app_users set born = 'infinity' where id = 2")
    with pytest.raises(OrmError, match="The database holds what the schema does not say"):
        await read(world, "findMany")
    assert (await read(world, "findUnique", {"where": {"id": 1}}))["id"] == 1
    world.sql("update app_users set born = null where id = 2")


async def test_a_computed_field_takes_no_hostile_value(world: World) -> None:
    assert await read(world, "count", {"where": {"full": "'; drop table app_users; --"}}) == 0
    with pytest.raises(InvalidInput):
        await read(world, "count", {"where": {"full": {"'": "x"}}})
