"""What rules do to reads: rows that are not there, fields that are null, everywhere a read looks."""

from collections.abc import Callable
from typing import Any

import pytest

from gatepost.orm.session import Options

from .world import World

SCHEMA = """
model User {
  id Int @id
  name String
  age Int? @allow('read', auth().id == id)
  hidden Boolean @default(false)
  posts Post[]
  teams Team[]
  profile Profile?
  @@allow('read', !hidden)
  @@allow('all', auth().id == id)
}
model Profile {
  id Int @id
  bio String
  userId Int @unique
  user User @relation(fields: [userId], references: [id])
  @@allow('read', bio != 'private')
}
model Post {
  id Int @id
  title String
  published Boolean
  authorId Int? @deny('read', title == 'anonymous')
  author User? @relation(fields: [authorId], references: [id])
  @@allow('read', published || author.id == auth().id)
  @@deny('read', title == 'banned')
}
model Team { id Int @id  name String  open Boolean  members User[]  @@allow('read', open || members?[id == auth().id]) }
model Paid { id Int @id  hours Int  rate Int @allow('read', hours > 1)  total Int @computed  @@allow('all', true) }
model Item {
  id Int @id
  kind String
  shown Boolean
  tags Tag[]
  @@delegate(kind)
  @@allow('read', shown)
}
model Book extends Item { title String  @@allow('read', true) }
model Tag { id Int @id  name String  items Item[]  @@allow('read', true) }
model Closed { id Int @id }
model Open { id Int @id  @@allow('all', true) }
"""
ROWS = """
insert into "User" values (1, 'ann', 40, false), (2, 'bob', 30, false), (3, 'eve', 50, true);
insert into "Profile" values (1, 'hi', 1), (2, 'private', 2), (3, 'evil', 3);
insert into "Post" values (1, 'one', true, 1), (2, 'draft', false, 1), (3, 'evil', true, 3), (4, 'anonymous', true, 2),
  (5, 'banned', true, 1);
insert into "Team" values (1, 'open', true), (2, 'secret', false);
insert into "_TeamToUser" values (1, 1), (1, 2), (2, 2), (2, 3);
insert into "Paid" values (1, 1, 10), (2, 2, 10);
insert into "Item" values (1, 'Book', true), (2, 'Book', false);
insert into "Book" values (1, 'open'), (2, 'closed');
insert into "Tag" values (1, 'a');
insert into "_ItemToTag" values (1, 1), (2, 1);
insert into "Closed" values (1);
insert into "Open" values (1);
"""
ANN, BOB = {"id": 1}, {"id": 2}
User = dict[str, int] | None


@pytest.fixture(scope="module")
def world(open_world: Callable[[str], World]) -> World:
    made = open_world(SCHEMA)
    made.sql(ROWS)
    return made


async def as_(world: World, user: User, model: str, operation: str, asked: Any = None) -> Any:
    return await world.read(model, operation, asked, user=user, guard="query")


async def ids(world: World, user: User, model: str, where: Any = None, **asked: Any) -> list[int]:
    arguments = {"where": where or {}, "select": {"id": True}, "orderBy": {"id": "asc"}} | asked
    return [row["id"] for row in await as_(world, user, model, "findMany", arguments)]


async def test_no_rule_no_row(world: World) -> None:
    assert await ids(world, ANN, "Closed") == []
    assert await ids(world, None, "Open") == [1]
    assert await world.read("Closed", "count") == 1


async def test_find_many_filters(world: World) -> None:
    assert await ids(world, None, "Post") == [1, 3, 4]
    assert await ids(world, ANN, "Post") == [1, 2, 3, 4]
    assert await ids(world, None, "User") == [1, 2]
    assert await ids(world, {"id": 3}, "User") == [1, 2, 3]


async def test_find_unique_and_first_give_none(world: World) -> None:
    assert await as_(world, BOB, "Post", "findUnique", {"where": {"id": 2}}) is None
    assert await as_(world, BOB, "Post", "findFirst", {"where": {"title": "draft"}}) is None
    assert (await as_(world, ANN, "Post", "findUnique", {"where": {"id": 2}}))["title"] == "draft"


async def test_count_exists_aggregate_and_group_by_filter(world: World) -> None:
    assert await as_(world, BOB, "Post", "count") == 3
    assert await as_(world, BOB, "Post", "exists", {"where": {"title": "draft"}}) is False
    assert await as_(world, BOB, "Post", "aggregate", {"_max": {"id": True}}) == {"_max": {"id": 4}}
    groups = await as_(world, BOB, "Post", "groupBy", {"by": ["published"], "_count": True})
    assert groups == [{"published": True, "_count": 3}]


async def test_included_rows_are_the_readable_ones(world: World) -> None:
    asked = {"where": {"id": 1}, "include": {"posts": {"select": {"id": True}, "orderBy": {"id": "asc"}}}}
    assert (await as_(world, BOB, "User", "findUnique", asked))["posts"] == [{"id": 1}]
    assert (await as_(world, ANN, "User", "findUnique", asked))["posts"] == [{"id": 1}, {"id": 2}]


async def test_an_unreadable_to_one_is_null_even_where_it_always_is(world: World) -> None:
    asked = {"where": {"id": 3}, "select": {"id": True, "user": {"select": {"name": True}}}}
    assert await as_(world, None, "Profile", "findUnique", asked) == {"id": 3, "user": None}
    assert (await as_(world, {"id": 3}, "Profile", "findUnique", asked))["user"] == {"name": "eve"}


async def test_a_relation_filter_sees_readable_rows(world: World) -> None:
    assert await ids(world, BOB, "User", {"posts": {"some": {"title": "draft"}}}) == []
    assert await ids(world, ANN, "User", {"posts": {"some": {"title": "draft"}}}) == [1]
    assert await ids(world, BOB, "User", {"posts": {"none": {"title": "draft"}}}) == [1, 2]
    assert await ids(world, BOB, "User", {"posts": {"every": {"published": True}}}) == [1, 2]
    assert await ids(world, BOB, "User", {"profile": {"is": None}}) == [2]


async def test_null_asks_the_key_and_is_null_the_readable_row(world: World) -> None:
    assert await ids(world, None, "Post", {"author": None}) == [4]
    assert await ids(world, None, "Post", {"author": {"is": None}}) == [3, 4]


async def test_counts_of_relations_count_readable_rows(world: World) -> None:
    asked = {"select": {"_count": {"select": {"posts": True, "teams": True}}}, "orderBy": {"id": "asc"}}
    counts = [row["_count"] for row in await as_(world, ANN, "User", "findMany", asked)]
    assert counts == [{"posts": 2, "teams": 1}, {"posts": 0, "teams": 1}]


async def test_order_by_a_relation_sees_readable_rows(world: World) -> None:
    asked: Any = {"orderBy": [{"profile": {"bio": "asc"}}, {"id": "asc"}]}
    assert await ids(world, {"id": 3}, "User", **asked) == [3, 1, 2]
    asked = {"orderBy": [{"posts": {"_count": "desc"}}, {"id": "desc"}]}
    assert await ids(world, {"id": 3}, "User", **asked) == [3, 1, 2]


async def test_a_cursor_that_cannot_be_read_is_not_there(world: World) -> None:
    assert await ids(world, BOB, "Post", cursor={"id": 2}) == []
    assert await ids(world, ANN, "Post", cursor={"id": 2}) == [2, 3, 4]


async def test_many_to_many_needs_both_ends(world: World) -> None:
    asked = {"select": {"name": True, "members": {"select": {"name": True}, "orderBy": {"id": "asc"}}}}
    teams = await as_(world, ANN, "Team", "findMany", asked)
    assert teams == [{"name": "open", "members": [{"name": "ann"}, {"name": "bob"}]}]
    teams = await as_(world, BOB, "Team", "findMany", asked | {"orderBy": {"id": "asc"}})
    assert teams[1] == {"name": "secret", "members": [{"name": "bob"}]}


async def test_links_that_a_sub_model_inherits_belong_to_the_base_row(world: World) -> None:
    asked = {"select": {"title": True, "tags": True, "_count": {"select": {"tags": True}}}, "orderBy": {"id": "asc"}}
    opened, closed = await as_(world, ANN, "Book", "findMany", asked)
    assert opened == {"title": "open", "tags": [{"id": 1, "name": "a"}], "_count": {"tags": 1}}
    assert closed == {"title": "closed", "tags": [], "_count": {"tags": 0}}
    assert await ids(world, ANN, "Book", {"tags": {"some": {"name": "a"}}}) == [1]
    assert await ids(world, ANN, "Book", {"tags": {"none": {}}}) == [2]


async def test_a_hidden_field_is_null_in_the_result(world: World) -> None:
    rows = await as_(world, ANN, "User", "findMany", {"orderBy": {"id": "asc"}})
    assert [(row["name"], row["age"]) for row in rows] == [("ann", 40), ("bob", None)]
    nested = await as_(world, ANN, "Post", "findUnique", {"where": {"id": 4}, "select": {"author": True}})
    assert nested == {"author": None}


async def test_a_hidden_field_is_null_in_conditions(world: World) -> None:
    assert await ids(world, ANN, "User", {"age": 30}) == []
    assert await ids(world, BOB, "User", {"age": 30}) == [2]
    assert await ids(world, ANN, "User", {"age": None}) == [2]
    assert await ids(world, ANN, "Post", {"author": {"age": 40}}) == [1, 2]
    assert await ids(world, BOB, "Post", {"author": {"age": 40}}) == []


async def test_a_hidden_field_is_null_in_order_and_aggregates(world: World) -> None:
    assert await ids(world, BOB, "User", orderBy={"age": "asc"}) == [2, 1]
    found = await as_(world, BOB, "User", "aggregate", {"_max": {"age": True}, "_count": {"age": True}})
    assert found == {"_max": {"age": 30}, "_count": {"age": 1}}
    groups = await as_(world, BOB, "User", "groupBy", {"by": ["age"], "_count": True, "orderBy": {"age": "asc"}})
    assert groups == [{"age": 30, "_count": 1}, {"age": None, "_count": 1}]


async def test_a_hidden_key_hides_the_relation(world: World) -> None:
    row = await as_(world, None, "Post", "findUnique", {"where": {"id": 4}, "include": {"author": True}})
    assert (row["authorId"], row["author"]) == (None, None)
    assert await ids(world, None, "User", {"posts": {"some": {"id": 4}}}) == []


async def test_a_computed_field_sees_a_hidden_field_as_null(world: World) -> None:
    options = Options(computed_fields={"Paid": {"total": lambda row: f"{row}.hours * {row}.rate"}})
    asked: Any = {"orderBy": {"id": "asc"}, "select": {"total": True}}
    guarded = await world.read("Paid", "findMany", asked, guard="query", options=options)
    assert guarded == [{"total": None}, {"total": 20}]
    assert await world.read("Paid", "findMany", asked, options=options) == [{"total": 10}, {"total": 20}]


async def test_without_a_guard_everything_is_there(world: World) -> None:
    assert await world.ids("Post", {}) == [1, 2, 3, 4, 5]
    assert [row["age"] for row in await world.read("User", "findMany", {"orderBy": {"id": "asc"}})] == [40, 30, 50]


async def test_under_the_databases_guard_the_statement_has_masks_and_no_rules(world: World) -> None:
    guarded = world.text("User", "findMany", user=ANN, guard="database")
    assert "CASE WHEN" in guarded
    assert "WHERE" not in guarded
    assert world.text("Open", "findMany", guard="database") == world.text("Open", "findMany", guard="query")


async def test_who_asks_is_a_parameter(world: World) -> None:
    ann = world.text("Post", "findMany", user=ANN, guard="query")
    assert ann == world.text("Post", "findMany", user=BOB, guard="query")
    hostile = {"id": "1' or true --"}
    assert "or true" not in world.text("Post", "findMany", user=hostile, guard="query")
