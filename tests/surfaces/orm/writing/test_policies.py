"""What rules do to each operation that changes rows: under both guards.

Where the guards differ by nature, the test says so.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gatepost.orm import Client, DatabaseError, NotFound, RejectedByPolicy

from .conftest import OpenWorld, World

SCHEMA = """
model User {
  id   Int    @id
  role String @default("user")
  docs Doc[]
  @@allow('all', true)
}

model Doc {
  id        Int     @id @default(autoincrement())
  title     String  @default("t")
  slug      String? @unique
  published Boolean @default(false)
  locked    Boolean @default(false)
  grade     Int     @default(0) @allow('update', auth().role == 'teacher')
  owner     User?   @relation(fields: [ownerId], references: [id])
  ownerId   Int?
  @@allow('create', auth().id == ownerId && owner.role != 'banned')
  @@allow('read', published || auth().id == ownerId)
  @@allow('update', auth().id == ownerId)
  @@deny('update', locked)
  @@allow('delete', auth().id == ownerId && !published)
}

model Counter {
  id    Int @id
  value Int @default(0)
  step  Int @default(1)
  @@allow('all', true)
  @@deny('post-update', value < before().value)
  @@allow('post-update', value <= 10)
}

model Sealed {
  id Int    @id
  x  Int    @default(0)
  @@allow('read', true)
}

model Blind {
  id Int @id @default(autoincrement())
  x  Int @default(0)
  @@allow('create,update,delete', true)
}

model Post {
  id     Int     @id
  mine   Boolean @default(true)
  labels Label[]
  @@allow('create,read', true)
  @@allow('update', mine)
}

model Label {
  id    Int     @id
  open  Boolean @default(true)
  posts Post[]
  @@allow('create,read', true)
  @@allow('update', open)
}
"""


@pytest.fixture(scope="module")
def world(open_world: OpenWorld) -> World:
    return open_world(SCHEMA, policies=True)


@pytest.fixture(params=["query", "database"])
def guard(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def nobody(world: World, guard: str) -> AsyncIterator[Client]:
    """A client that is bound to nobody; users 1, 2 and the banned 3 are there."""
    world.empty()
    world.sql("insert into \"User\" values (1, 'user'), (2, 'user'), (3, 'banned')")
    yield world.open(guard)


@pytest.fixture
def ada(nobody: Client) -> Client:
    return nobody.set_auth({"id": 1, "role": "user"})


@pytest.fixture
def bob(nobody: Client) -> Client:
    return nobody.set_auth({"id": 2, "role": "user"})


async def refused(call: Any, reason: str = "no-access") -> RejectedByPolicy:
    with pytest.raises(RejectedByPolicy) as caught:
        await call
    assert caught.value.rejected_by_policy_reason == reason
    return caught.value


# ------------------------------------------------------------------ create


async def test_create_needs_an_allow_of_the_values_given(ada: Client, nobody: Client, world: World) -> None:
    assert (await ada.doc.create(data={"ownerId": 1}))["ownerId"] == 1
    error = await refused(ada.doc.create(data={"ownerId": 2}))
    assert error.model == "Doc"
    assert any(place.line == 19 for place in error.places), error.places
    await refused(ada.doc.create(data={}))
    await refused(nobody.doc.create(data={"ownerId": 1}))
    assert world.sql('select count(*) from "Doc"') == [(1,)]


async def test_create_reaches_related_rows_by_its_foreign_key(nobody: Client) -> None:
    await refused(nobody.set_auth({"id": 3}).doc.create(data={"owner": {"connect": {"id": 3}}}))


async def test_create_without_an_allow_is_refused_for_everybody(ada: Client) -> None:
    await refused(ada.sealed.create(data={"id": 1}))
    await refused(ada.sealed.create_many(data=[{"id": 1}]))


async def test_create_many_is_all_or_nothing(ada: Client, world: World) -> None:
    await refused(ada.doc.create_many(data=[{"ownerId": 1}, {"ownerId": 2}]))
    assert world.sql('select count(*) from "Doc"') == [(0,)]
    assert await ada.doc.create_many(data=[{"ownerId": 1}, {"ownerId": 1}]) == {"count": 2}


async def test_what_cannot_be_read_back_is_undone(ada: Client, world: World) -> None:
    await refused(ada.blind.create(data={"id": 1}), "cannot-read-back")
    assert world.sql('select count(*) from "Blind"') == [(0,)]
    assert await ada.blind.create_many(data=[{}, {}]) == {"count": 2}


async def test_zenstack_keeps_what_cannot_be_read_back(world: World) -> None:
    world.empty()
    db = world.open("query", compat="zenstack")
    await refused(db.blind.create(data={"id": 1}), "cannot-read-back")
    await refused(db.blind.update(where={"id": 1}, data={"x": 5}), "cannot-read-back")
    assert world.sql('select id, x from "Blind"') == [(1, 5)]
    await refused(db.blind.delete(where={"id": 1}), "cannot-read-back")
    assert world.sql('select count(*) from "Blind"') == [(0,)]
    with pytest.raises(RejectedByPolicy):
        async with db.transaction() as tx:
            await tx.blind.create(data={"id": 1})
    assert world.sql('select count(*) from "Blind"') == [(0,)]


async def test_create_many_and_return_leaves_out_what_cannot_be_read(world: World) -> None:
    world.empty()
    db = world.open("query")
    assert await db.blind.create_many_and_return(data=[{}, {}]) == []
    assert world.sql('select count(*) from "Blind"') == [(2,)]


# ------------------------------------------------------------------ update


async def test_update_of_a_row_that_is_not_given_is_not_found(ada: Client, bob: Client) -> None:
    doc = await ada.doc.create(data={"ownerId": 1, "published": True})
    where = {"id": doc["id"]}
    with pytest.raises(NotFound):
        await bob.doc.update(where=where, data={"title": "x"})
    assert (await ada.doc.update(where=where, data={"title": "x"}))["title"] == "x"
    assert await bob.doc.update_many(data={"title": "y"}) == {"count": 0}
    assert await ada.doc.update_many(data={"title": "y"}) == {"count": 1}
    with pytest.raises(NotFound):
        await ada.sealed.update(where={"id": 1}, data={"x": 1})
    assert await ada.sealed.update_many(data={"x": 1}) == {"count": 0}


async def test_update_looks_at_the_row_as_it_was(ada: Client) -> None:
    where = {"id": (await ada.doc.create(data={"ownerId": 1}))["id"]}
    assert (await ada.doc.update(where=where, data={"locked": True}))["locked"]
    with pytest.raises(NotFound):
        await ada.doc.update(where=where, data={"locked": False})


async def test_a_row_that_an_update_takes_out_of_sight_is_refused(ada: Client, world: World) -> None:
    where = {"id": (await ada.doc.create(data={"ownerId": 1}))["id"]}
    await refused(ada.doc.update(where=where, data={"ownerId": 2}), "cannot-read-back")
    await refused(ada.doc.update_many_and_return(where=where, data={"ownerId": 2}), "cannot-read-back")
    assert world.sql('select "ownerId" from "Doc"') == [(1,)]


async def test_a_field_s_own_rule_refuses_the_whole_update(ada: Client, nobody: Client, world: World) -> None:
    teacher = nobody.set_auth({"id": 1, "role": "teacher"})
    where = {"id": (await ada.doc.create(data={"ownerId": 1, "grade": 1}))["id"]}
    error = await refused(ada.doc.update(where=where, data={"grade": 2, "title": "x"}))
    assert "polic" in error.message
    await refused(ada.doc.update_many(data={"grade": 2}))
    assert (await teacher.doc.update(where=where, data={"grade": 2}))["grade"] == 2
    assert await teacher.doc.update_many(data={"grade": 3}) == {"count": 1}
    assert world.sql('select title, grade from "Doc"') == [("t", 3)]


async def test_post_update_rules_hold_of_the_row_as_it_is_and_as_it_was(ada: Client, world: World) -> None:
    await ada.counter.create_many(data=[{"id": 1, "value": 5}, {"id": 2, "value": 9, "step": 2}])
    assert (await ada.counter.update(where={"id": 1}, data={"value": 6}))["value"] == 6
    error = await refused(ada.counter.update(where={"id": 1}, data={"value": 5}))
    rules = {rule.place for rule in world.schema.models["Counter"].rules if "post-update" in rule.operations}
    assert error.places
    assert rules.issuperset(error.places)
    await refused(ada.counter.update(where={"id": 1}, data={"value": 11}))
    await refused(ada.counter.update_many(data={"value": {"increment": 3}}))
    await refused(ada.counter.upsert(where={"id": 1}, create={"id": 1}, update={"value": 1}))
    assert await ada.counter.update_many(data={"value": {"increment": 1}}) == {"count": 2}
    assert world.sql('select value from "Counter" order by id') == [(7,), (10,)]


async def test_ids_do_not_change_under_rules_that_look_back(world: World) -> None:
    world.empty()
    db = world.open("query")
    await db.counter.create(data={"id": 1})
    await refused(db.counter.update(where={"id": 1}, data={"id": 2}), "other")


async def test_upsert_of_a_row_that_may_not_be_updated_tries_to_create(ada: Client, bob: Client) -> None:
    await ada.doc.create(data={"ownerId": 1, "slug": "s"})
    await refused(bob.doc.upsert(where={"slug": "s"}, create={"slug": "s", "ownerId": 1}, update={"title": "x"}))
    with pytest.raises(DatabaseError) as caught:
        await bob.doc.upsert(where={"slug": "s"}, create={"slug": "s", "ownerId": 2}, update={"title": "x"})
    assert caught.value.db_error_code == "23505"


# ------------------------------------------------------------------ delete


async def test_delete_of_a_row_that_is_not_given_is_not_found(ada: Client, bob: Client) -> None:
    draft = await ada.doc.create(data={"ownerId": 1})
    public = await ada.doc.create(data={"ownerId": 1, "published": True})
    with pytest.raises(NotFound):
        await bob.doc.delete(where={"id": draft["id"]})
    with pytest.raises(NotFound):
        await ada.doc.delete(where={"id": public["id"]})
    assert await bob.doc.delete_many() == {"count": 0}
    assert (await ada.doc.delete(where={"id": draft["id"]}))["id"] == draft["id"]
    assert await ada.doc.delete_many() == {"count": 0}
    with pytest.raises(NotFound):
        await ada.sealed.delete(where={"id": 1})


# ------------------------------------------------------------------ many to many


async def test_links_need_update_of_both_ends(ada: Client, world: World) -> None:
    await ada.post.create(data={"id": 1, "labels": {"create": {"id": 1}}})
    await ada.post.create(data={"id": 2, "mine": False})
    await ada.label.create(data={"id": 2, "open": False})
    with pytest.raises(RejectedByPolicy):
        await ada.post.update(where={"id": 1}, data={"labels": {"connect": {"id": 2}}})
    with pytest.raises(RejectedByPolicy):
        await ada.label.update(where={"id": 1}, data={"posts": {"connect": {"id": 2}}})
    assert world.sql('select * from "_LabelToPost"') == [(1, 1)]
    await ada.post.update(where={"id": 1}, data={"labels": {"disconnect": {"id": 1}}})
    assert world.sql('select * from "_LabelToPost"') == []


async def test_a_link_whose_end_is_closed_stays(ada: Client, world: World) -> None:
    await ada.post.create(data={"id": 1, "labels": {"create": [{"id": 1}, {"id": 2}]}})
    world.sql('update "Label" set open = false where id = 1')
    await ada.post.update(where={"id": 1}, data={"labels": {"disconnect": [{"id": 1}, {"id": 2}]}})
    assert world.sql('select "A", "B" from "_LabelToPost"') == [(1, 1)]
    await ada.post.update(where={"id": 1}, data={"labels": {"set": []}})
    assert world.sql('select "A", "B" from "_LabelToPost"') == [(1, 1)]
