"""How many statements and round trips a write takes, and what is left when the connection breaks on the way."""

from collections.abc import Callable
from typing import Any

import pytest

from gatepost.identity import Identity
from gatepost.orm import Client, DatabaseError, NotFound, RejectedByPolicy, Unreachable
from gatepost.orm.session import Running
from gatepost.query.sql import Statement

from .blog import BLOG
from .conftest import OpenWorld, World

RULED = """
model Owner {
  id    Int    @id
  name  String @default("n")
  posts Note[]
  @@allow('all', true)
}

model Note {
  id      Int    @id @default(autoincrement())
  text    String
  meta    Json?
  owner   Owner? @relation(fields: [ownerId], references: [id])
  ownerId Int?
  @@allow('all', owner.name == auth().name)
}
type Asking { id Int  name String  @@auth }
"""


@pytest.fixture(scope="module")
def world(open_world: OpenWorld) -> World:
    return open_world(BLOG)


@pytest.fixture(scope="module")
def ruled(open_world: OpenWorld) -> World:
    return open_world(RULED)


class Recorder:
    """What a client sends: one list of texts a round trip."""

    def __init__(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        self.trips: list[list[str]] = []
        door, run = client.session.door, client.session.door.run

        async def recorded(identity: Identity, statements: tuple[Statement, ...]) -> Any:
            self.trips.append([each.text for each in statements])
            return await run(identity, statements)

        monkeypatch.setattr(door, "run", recorded)


Record = Callable[[Client], Recorder]


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> Record:
    return lambda client: Recorder(client, monkeypatch)


async def test_a_row_without_relations_takes_one_statement(ruled: World, record: Record) -> None:
    ruled.empty()
    ruled.sql("insert into \"Owner\" values (1, 'ada')")
    db = ruled.open("query").set_auth({"id": 1, "name": "ada"})
    sent = record(db)
    note = await db.note.create(data={"text": "a", "ownerId": 1, "meta": {"x": 1}})
    where = {"id": note["id"]}
    assert (await db.note.update(where=where, data={"text": "b"})) == {**note, "text": "b"}
    assert (await db.note.delete(where=where))["text"] == "b"
    assert await db.note.update_many(data={"text": "c"}) == {"count": 0}
    assert await db.note.delete_many() == {"count": 0}
    assert await db.owner.create_many(data=[{"id": 2}, {"id": 3}]) == {"count": 2}
    assert [len(trip) for trip in sent.trips] == [1] * 6


async def test_what_one_statement_refuses_is_told_as_ever(ruled: World, record: Record) -> None:
    ruled.empty()
    ruled.sql("insert into \"Owner\" values (1, 'ada'), (2, 'bob')")
    db = ruled.open("query").set_auth({"id": 1, "name": "ada"})
    sent = record(db)
    with pytest.raises(RejectedByPolicy) as caught:
        await db.note.create(data={"text": "a", "ownerId": 2})
    assert caught.value.rejected_by_policy_reason == "no-access"
    note = await db.note.create(data={"text": "a", "ownerId": 1})
    with pytest.raises(RejectedByPolicy) as caught:
        await db.note.update(where={"id": note["id"]}, data={"ownerId": 2})
    assert caught.value.rejected_by_policy_reason == "cannot-read-back"
    with pytest.raises(NotFound):
        await db.set_auth({"id": 2, "name": "bob"}).note.update(where={"id": note["id"]}, data={"text": "x"})
    with pytest.raises(DatabaseError):
        await db.owner.create(data={"id": 1})
    assert [len(trip) for trip in sent.trips] == [1] * 5
    assert ruled.sql('select text, "ownerId" from "Note"') == [("a", 1)]


async def test_a_call_of_the_same_shape_sends_the_same_text(world: World, record: Record) -> None:
    world.empty()
    db = world.open()
    sent = record(db)
    for number in range(2):
        await db.post.create(data={"title": f"'{number}"})
        await db.post.update(where={"id": number + 1}, data={"views": {"increment": number}, "title": f"\\{number}"})
    assert sent.trips[:2] == sent.trips[2:]
    assert not any("'0" in text or "'1" in text for trip in sent.trips for text in trip)


async def test_a_broken_connection_leaves_nothing_behind(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.empty()
    db = world.open()
    run, count = Running.run, 0

    async def breaking(self: Running, identity: Identity, statements: tuple[Statement, ...]) -> Any:
        nonlocal count
        count += 1
        if count == 3:
            world.sql(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )
        return await run(self, identity, statements)

    monkeypatch.setattr(Running, "run", breaking)
    with pytest.raises(Unreachable):
        await db.user.create(data={"email": "a@x.io", "posts": {"create": [{"title": t} for t in "abcd"]}})
    monkeypatch.setattr(Running, "run", run)
    assert count == 3
    assert await db.user.count() == 0
    assert await db.post.count() == 0
