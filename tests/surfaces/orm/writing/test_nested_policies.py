"""What rules do to nested writes, under both guards."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gatepost.orm import Client, NotFound, OrmError, RejectedByPolicy

from .conftest import OpenWorld, World

SCHEMA = """
model Team {
  id    Int     @id
  name  String  @default("n")
  open  Boolean @default(true)
  shown Boolean @default(true)
  tasks Task[]
  lead  Lead?
  @@allow('create', true)
  @@allow('read', shown)
  @@allow('update', open)
}

model Lead {
  id     Int     @id
  free   Boolean @default(true)
  team   Team?   @relation(fields: [teamId], references: [id])
  teamId Int?    @unique
  @@allow('create,read', true)
  @@allow('update', free)
}

model Task {
  id     Int     @id
  text   String  @default("t")
  free   Boolean @default(true)
  shown  Boolean @default(true)
  gone   Boolean @default(true)
  team   Team?   @relation(fields: [teamId], references: [id])
  teamId Int?
  @@allow('create', text != 'bad')
  @@allow('read', shown)
  @@allow('update', free)
  @@allow('delete', gone)
}
"""


@pytest.fixture(scope="module")
def world(open_world: OpenWorld) -> World:
    return open_world(SCHEMA, policies=True)


@pytest.fixture(params=["query", "database"])
async def db(world: World, request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    world.empty()
    client = world.open(request.param).set_auth({"id": 1})
    await client.team.create(data={"id": 1})
    yield client


async def tasks(db: Client, **what: Any) -> list[int]:
    team = await db.team.update(where={"id": 1}, data={"tasks": what}, include={"tasks": {"order_by": {"id": "asc"}}})
    return [task["id"] for task in team["tasks"]]


async def test_new_children_obey_their_rules_for_create(db: Client, world: World) -> None:
    bad, good = {"id": 1, "text": "bad"}, {"id": 2}
    for what in (
        {"create": [good, bad]},
        {"create_many": {"data": [good, bad]}},
        {"connect_or_create": {"where": {"id": 1}, "create": bad}},
        {"upsert": {"where": {"id": 1}, "create": bad, "update": {}}},
    ):
        with pytest.raises(RejectedByPolicy):
            await tasks(db, **what)
        with pytest.raises((RejectedByPolicy, OrmError)):
            await db.team.create(data={"id": 2, "tasks": what})
    assert world.sql('select count(*) from "Task"') == [(0,)]
    assert world.sql('select count(*) from "Team"') == [(1,)]
    assert await tasks(db, create=good) == [2]


async def test_connect_updates_the_child_and_misses_what_may_not_be_updated(db: Client) -> None:
    await db.task.create_many(data=[{"id": 1}, {"id": 2, "free": False}])
    assert await tasks(db, connect={"id": 1}) == [1]
    with pytest.raises(NotFound):
        await tasks(db, connect={"id": 2})
    with pytest.raises(NotFound):
        await db.team.create(data={"id": 3, "tasks": {"connect": {"id": 2}}})


async def test_disconnect_and_set_skip_what_may_not_be_updated(db: Client) -> None:
    await db.task.create_many(data=[{"id": 1, "teamId": 1}, {"id": 2, "teamId": 1, "free": False}])
    assert await tasks(db, disconnect=[{"id": 1}, {"id": 2}]) == [2]
    assert await tasks(db, set=[]) == [2]


async def test_one_to_one_lets_the_former_child_go_if_it_may(db: Client, world: World) -> None:
    await db.lead.create_many(data=[{"id": 1, "teamId": 1}, {"id": 2}])
    await db.team.update(where={"id": 1}, data={"lead": {"connect": {"id": 2}}})
    assert world.sql('select id, "teamId" from "Lead" order by id') == [(1, None), (2, 1)]
    world.sql('update "Lead" set free = false')
    with pytest.raises(OrmError):
        await db.team.update(where={"id": 1}, data={"lead": {"connect": {"id": 1}}})
    await db.team.update(where={"id": 1}, data={"lead": {"disconnect": True}})
    assert world.sql('select id, "teamId" from "Lead" order by id') == [(1, None), (2, 1)]


async def test_connect_where_this_row_holds_the_key(db: Client, world: World) -> None:
    await db.team.create_many(data=[{"id": 2, "shown": False}])
    linked = await db.task.create(data={"id": 1, "team": {"connect": {"id": 2}}})
    assert linked["teamId"] == 2
    await db.task.create(data={"id": 2})
    with pytest.raises(NotFound):
        await db.task.update(where={"id": 2}, data={"team": {"connect": {"id": 2}}})
    assert (await db.task.update(where={"id": 2}, data={"team": {"connect": {"id": 1}}}))["teamId"] == 1
    world.sql('update "Task" set free = false')
    with pytest.raises(NotFound):
        await db.task.update(where={"id": 2}, data={"team": {"disconnect": True}})


async def test_children_are_updated_and_deleted_by_their_own_rules(db: Client) -> None:
    await db.task.create_many(
        data=[{"id": 1, "teamId": 1}, {"id": 2, "teamId": 1, "free": False, "gone": False}, {"id": 3}]
    )
    assert await tasks(db, update={"where": {"id": 1}, "data": {"text": "x"}}) == [1, 2]
    for number in (2, 3):
        with pytest.raises(NotFound):
            await tasks(db, update={"where": {"id": number}, "data": {"text": "x"}})
        with pytest.raises(NotFound):
            await tasks(db, delete={"id": number})
    await tasks(db, update_many={"where": {}, "data": {"text": "y"}})
    assert [t["text"] for t in await db.task.find_many(order_by={"id": "asc"})] == ["y", "t", "t"]
    with pytest.raises(NotFound):
        await tasks(db, delete=[{"id": 1}, {"id": 2}])
    assert await tasks(db, delete_many={}) == [2]


async def test_a_parent_that_cannot_be_read_is_not_found(db: Client, world: World) -> None:
    await db.task.create(data={"id": 1, "teamId": 1})
    world.sql('update "Team" set shown = false')
    for what in ({"set": []}, {"disconnect": {"id": 1}}, {"create": {"id": 5}}):
        with pytest.raises(NotFound):
            await tasks(db, **what)


async def test_a_parent_that_may_not_be_updated_still_has_children(db: Client, world: World) -> None:
    """Only a change of the parent's own fields asks for its rule."""
    world.sql('update "Team" set open = false')
    assert await tasks(db, create={"id": 1}) == [1]
    with pytest.raises(NotFound):
        await db.team.update(where={"id": 1}, data={"name": "x", "tasks": {"create": {"id": 2}}})
    assert world.sql('select count(*) from "Task"') == [(1,)]
