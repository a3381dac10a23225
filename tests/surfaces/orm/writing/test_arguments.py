"""Arguments of writes that are wrong, hostile or too large."""

from typing import Any

import pytest

from gatepost.orm import Client, InvalidInput, Limits, NotSupported, OrmError

from .blog import BLOG
from .conftest import OpenWorld, World

SPECIAL = """
model Item {
  id    Int    @id
  name  String
  place Unsupported("point")?
  boxes Box[]
}

model Must {
  id    Int    @id
  place Unsupported("point")
  item  Box?
}

model Box {
  id     Int   @id
  item   Item? @relation(fields: [itemId], references: [id])
  itemId Int?
  must   Must? @relation(fields: [mustId], references: [id])
  mustId Int?  @unique
  label  String @ignore @default("hidden")
  size   Int    @computed
}

model Node {
  id       Int    @id
  parent   Node?  @relation("tree", fields: [parentId], references: [id])
  parentId Int?
  children Node[] @relation("tree")
}
"""
SIZES = {"Box": {"size": "1"}}
HOSTILE = ['\'; drop table "User"; --', '"', "\\", "$1", "%s", "${x}", "{}", "\u202e", "a\nb", "NULL"]


@pytest.fixture(scope="module")
def world(open_world: OpenWorld) -> World:
    return open_world(BLOG)


@pytest.fixture(scope="module")
def special(open_world: OpenWorld) -> World:
    return open_world(SPECIAL)


@pytest.fixture
async def db(world: World) -> Client:
    world.empty()
    return world.open()


@pytest.mark.parametrize(
    ("operation", "args", "path"),
    [
        ("create", {}, "data"),
        ("create", {"data": {}}, "data.email"),
        ("create", {"data": []}, ""),
        ("create", {"data": {"email": 5}}, "data.email"),
        ("create", {"data": {"email": None}}, "data.email"),
        ("create", {"data": {"email": "a", "emial": "b"}}, "data.emial"),
        ("create", {"data": {"email": "a"}, "where": {}}, "where"),
        ("create", {"data": {"email": "a", "age": 1.5}}, "data.age"),
        ("create", {"data": {"email": "a", "age": 2**31}}, "data.age"),
        ("create", {"data": {"email": "a", "age": {"increment": 1}}}, "data.age"),
        ("create", {"data": {"email": "a", "role": "admin"}}, "data.role"),
        ("create", {"data": {"email": "a", "tags": "x"}}, "data.tags"),
        ("create", {"data": {"email": "a", "tags": ["x", 1]}}, "data.tags[1]"),
        ("create", {"data": {"email": "a", "photo": "x"}}, "data.photo"),
        ("create", {"data": {"email": "a", "born": "yesterday"}}, "data.born"),
        ("create", {"data": {"email": "a\0b"}}, "data.email"),
        ("create", {"data": {"email": "\ud800"}}, "data.email"),
        ("createMany", {"data": [{"email": "a"}, {"age": 1}]}, "data[1].email"),
        ("createMany", {"data": [5]}, "data[0]"),
        ("createMany", {"data": [{"email": "a"}], "skipDuplicates": 1}, "skipDuplicates"),
        ("update", {"data": {}}, "where"),
        ("update", {"where": {"id": "a"}}, "data"),
        ("update", {"where": {}, "data": {}}, "where"),
        ("updateMany", {"data": {"posts": {"create": {"title": "t"}}}}, "data.posts"),
        ("updateMany", {"data": {}, "limit": "1"}, "limit"),
        ("upsert", {"where": {"id": "a"}, "create": {"email": "a"}}, "update"),
        ("upsert", {"where": {"id": "a"}, "create": {}, "update": {}}, "create.email"),
        ("delete", {}, "where"),
        ("delete", {"where": {"age": 1}}, "where"),
        ("deleteMany", {"where": {"agee": 1}}, "where.agee"),
    ],
)
async def test_a_wrong_argument_is_told_with_its_place(db: Client, operation: str, args: Any, path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await db.call("User", operation, args)
    assert (f'at "{path}"' if path else "Validation error") in caught.value.message
    assert await db.user.count() == 0


async def test_what_is_near_is_told(db: Client) -> None:
    with pytest.raises(InvalidInput, match='did you mean "email"'):
        await db.user.create(data={"emial": "a@x.io"})


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_text_is_a_value_like_any_other(db: Client, text: str) -> None:
    data = {"email": text, "tags": [text], "meta": {text: text}, "posts": {"create": {"title": text}}}
    row = await db.user.create(data=data, include={"posts": True})
    assert (row["email"], row["tags"], row["meta"], row["posts"][0]["title"]) == (text, [text], {text: text}, text)
    row = await db.user.update(where={"email": text}, data={"name": text, "tags": {"push": text}})
    assert (row["name"], row["tags"]) == (text, [text, text])
    assert await db.user.update_many(where={"name": text}, data={"name": f"{text}!"}) == {"count": 1}
    assert (await db.user.delete(where={"email": text}))["name"] == f"{text}!"


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_names_are_refused(db: Client, text: str) -> None:
    for args in ({text: 1}, {"data": {text: 1}}, {"data": {"email": "a", "posts": {text: 1}}}):
        with pytest.raises(InvalidInput):
            await db.call("User", "create", args)


async def test_nesting_has_a_limit(special: World, db: Client) -> None:
    data: dict[str, Any] = {"id": 0}
    for number in range(1, 60):
        data = {"id": number, "children": {"create": data}}
    with pytest.raises(InvalidInput, match="deeper than"):
        await special.open(computed_fields=SIZES).node.create(data=data)
    meta: list[Any] = []
    for _ in range(200):
        meta = [meta]
    with pytest.raises(InvalidInput, match="deeper than"):
        await db.user.create(data={"email": "a@x.io", "meta": meta})


async def test_lists_have_a_limit(world: World) -> None:
    db = world.open(limits=Limits(rows=10, items=20))
    with pytest.raises(InvalidInput, match="at most 10"):
        await db.post.create_many(data=[{"title": "t"}] * 11)
    with pytest.raises(InvalidInput, match="at most 20"):
        await db.user.update(where={"id": "a"}, data={"posts": {"connect": [{"id": n} for n in range(30)]}})


async def test_fields_that_have_no_client_value(special: World) -> None:
    db = special.open(computed_fields=SIZES)
    assert await db.item.create(data={"id": 1, "name": "n"}) == {"id": 1, "name": "n"}
    for call in (
        db.item.create(data={"id": 2, "name": "n", "place": "(1,2)"}),
        db.item.update(where={"id": 1}, data={"place": "(1,2)"}),
        db.must.create(data={"id": 1}),
        db.must.create_many(data=[{"id": 1}]),
        db.must.upsert(where={"id": 1}, create={"id": 1}, update={}),
        db.box.create(data={"id": 1, "must": {"create": {"id": 1}}}),
        db.box.create(data={"id": 1, "must": {"connect_or_create": {"where": {"id": 1}, "create": {"id": 1}}}}),
        db.box.create(data={"id": 1, "label": "x"}),
        db.box.create(data={"id": 1, "size": 1}),
        db.box.update(where={"id": 1}, data={"size": 1}),
    ):
        with pytest.raises((InvalidInput, NotSupported)):
            await call
    assert (await db.box.create(data={"id": 1}))["size"] == 1
    assert special.sql('select label from "Box"') == [("hidden",)]


async def test_errors_never_hold_the_values(db: Client) -> None:
    await db.user.create(data={"email": "secret@x.io"})
    with pytest.raises(OrmError) as caught:
        await db.user.create(data={"email": "secret@x.io", "name": "hidden"})
    assert "hidden" not in str(caught.value)
    assert "secret" not in str(caught.value)
