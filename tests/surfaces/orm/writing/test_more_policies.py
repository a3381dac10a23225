"""What rules do to writes in less common places: defaults, targets of links, cascades."""

from collections.abc import AsyncIterator

import pytest

from gatepost.orm import Client, NotFound, RejectedByPolicy

from .conftest import OpenWorld, World

SCHEMA = """
model Box {
  id    Int     @id
  slug  String? @unique
  shown Boolean @default(true)
  items Item[]
  marks Mark[]
  @@allow('create,update,delete', true)
  @@allow('read', shown)
}

model Item {
  id    Int    @id
  box   Box?   @relation(fields: [boxId], references: [id], onDelete: Cascade)
  boxId Int?
  @@allow('create,read,update', true)
}

model Mark {
  id    Int     @id
  shown Boolean @default(true)
  boxes Box[]
  @@allow('create,update', true)
  @@allow('read', shown)
}

model Filled {
  id   Int    @id
  kind String @default("good")
  @@allow('create', kind == 'good')
  @@allow('read', true)
}

model Numbered {
  id Int @id @default(autoincrement())
  @@allow('create', id > 0)
  @@allow('read', true)
}

model Free {
  id Int @id @default(autoincrement())
  @@allow('create,read', true)
}
"""


@pytest.fixture(scope="module")
def world(open_world: OpenWorld) -> World:
    return open_world(SCHEMA, policies=True)


@pytest.fixture(params=["query", "database"])
async def db(world: World, request: pytest.FixtureRequest) -> AsyncIterator[Client]:
    world.empty()
    world.sql("""insert into "Box" values (1, 'open', true), (2, 'hidden', false)""")
    yield world.open(request.param).set_auth({"id": 1})


async def test_a_rule_for_create_sees_defaults(db: Client) -> None:
    assert (await db.filled.create(data={"id": 1}))["kind"] == "good"
    with pytest.raises(RejectedByPolicy):
        await db.filled.create(data={"id": 2, "kind": "bad"})


async def test_under_rules_in_the_query_a_number_of_the_databases_is_null_to_a_rule_for_create(world: World) -> None:
    world.empty()
    db = world.open("query")
    with pytest.raises(RejectedByPolicy):
        await db.numbered.create(data={})
    assert (await db.numbered.create(data={"id": 5}))["id"] == 5
    assert (await world.open("database").numbered.create(data={}))["id"] == 1


async def test_an_allow_without_a_condition_needs_no_values(db: Client) -> None:
    assert (await db.free.create(data={}))["id"] == 1


async def test_a_key_as_a_value_is_not_asked_for_its_row(db: Client, world: World) -> None:
    assert (await db.item.create(data={"id": 1, "boxId": 2}))["boxId"] == 2
    assert (await db.item.update(where={"id": 1}, data={"boxId": 1}))["boxId"] == 1
    await db.item.update(where={"id": 1}, data={"boxId": 2})
    assert world.sql('select "boxId" from "Item"') == [(2,)]


async def test_a_target_told_by_another_unique_field_must_be_readable(db: Client, world: World) -> None:
    linked = await db.item.create(data={"id": 1, "box": {"connect": {"slug": "open"}}})
    assert linked["boxId"] == 1
    with pytest.raises(NotFound):
        await db.item.create(data={"id": 2, "box": {"connect": {"slug": "hidden"}}})
    assert world.sql('select id from "Item"') == [(1,)]


async def test_a_many_to_many_target_must_be_readable(db: Client, world: World) -> None:
    world.sql('insert into "Mark" values (1, true), (2, false)')
    await db.box.update(where={"id": 1}, data={"marks": {"connect": {"id": 1}}})
    with pytest.raises(NotFound):
        await db.box.update(where={"id": 1}, data={"marks": {"connect": {"id": 2}}})
    assert world.sql('select "A", "B" from "_BoxToMark"') == [(1, 1)]


async def test_what_a_foreign_key_deletes_is_not_asked_for(db: Client, world: World) -> None:
    await db.item.create(data={"id": 1, "boxId": 1})
    with pytest.raises(NotFound):
        await db.item.delete(where={"id": 1})
    assert (await db.box.delete(where={"id": 1}))["id"] == 1
    assert world.sql('select count(*) from "Item"') == [(0,)]


async def test_a_write_may_reach_what_cannot_be_read_and_is_undone(world: World) -> None:
    """Under rules in the query; a database never changes what it does not show."""
    world.empty()
    world.sql("""insert into "Box" values (2, 'hidden', false)""")
    db = world.open("query")
    for call in (db.box.update(where={"id": 2}, data={"slug": "x"}), db.box.delete(where={"id": 2})):
        with pytest.raises(RejectedByPolicy) as caught:
            await call
        assert caught.value.rejected_by_policy_reason == "cannot-read-back"
    guarded = world.open("database")
    for call in (guarded.box.update(where={"id": 2}, data={"slug": "x"}), guarded.box.delete(where={"id": 2})):
        with pytest.raises(NotFound):
            await call
    assert world.sql('select id, slug from "Box"') == [(2, "hidden")]


async def test_a_counter_that_nobody_may_use_counts_all_the_same(world: World) -> None:
    """Tables that a migration made grant no right to their sequences: those of identity columns need none."""
    world.sql('alter table "Free" alter id drop default')
    world.sql('drop sequence "Free_id_seq"')
    world.sql('alter table "Free" alter id add generated always as identity')
    free = world.open("database").free
    first, second = await free.create(data={}), await free.create(data={})
    assert second["id"] == first["id"] + 1
    assert len(await free.create_many_and_return(data=[{}, {}])) == 2
