"""Delegates: sub-models with their bases' fields, bases with their sub-models'."""

from collections.abc import Callable
from typing import Any

import pytest

from .world import World

SCHEMA = """
model User { id Int @id  name String  assets Asset[]  videos Video[] @relation("watched")  @@allow('all', true) }
model Asset {
  id Int @id
  kind String
  title String?
  views Int @default(0)
  ownerId Int?
  owner User? @relation(fields: [ownerId], references: [id])
  comments Comment[]
  @@delegate(kind)
  @@allow('read', views >= 0)
}
model Comment { id Int @id  text String  assetId Int  asset Asset @relation(fields: [assetId], references: [id])
  @@allow('all', true) }
model Video extends Asset {
  minutes Int
  sound String
  watchedBy User[] @relation("watched")
  @@delegate(sound)
}
model Rated extends Video { stars Int?  secret String? @omit }
model Image extends Asset { format String  data Bytes?  @@allow('read', true)  @@deny('read', format == 'raw') }
"""
ROWS = """
insert into "User" values (1, 'ann'), (2, 'bob');
insert into "Asset" values
 (1, 'Rated', 'film', 5, 1), (2, 'Image', 'photo', 9, 1), (3, 'Image', 'raw photo', 1, 2),
 (4, 'Rated', 'clip', -1, null);
insert into "Video" values (1, 90, 'Rated'), (4, 3, 'Rated');
insert into "Rated" values (1, 4, 's'), (4, null, null);
insert into "Image" values (2, 'png', '\\x00ff'), (3, 'raw', null);
insert into "Comment" values (1, 'nice', 1), (2, 'wow', 1), (3, 'meh', 2);
insert into "_watched" values (2, 1);
"""


@pytest.fixture(scope="module")
def world(open_world: Callable[[str], World]) -> World:
    made = open_world(SCHEMA)
    made.sql(ROWS)
    return made


FILM = {
    "id": 1,
    "kind": "Rated",
    "title": "film",
    "views": 5,
    "ownerId": 1,
    "minutes": 90,
    "sound": "Rated",
    "stars": 4,
}
PHOTO = {"id": 2, "kind": "Image", "title": "photo", "views": 9, "ownerId": 1, "format": "png", "data": b"\x00\xff"}


async def test_a_sub_model_has_its_bases_fields(world: World) -> None:
    assert await world.read("Rated", "findUnique", {"where": {"id": 1}}) == FILM
    assert await world.read("Image", "findUnique", {"where": {"id": 2}}) == PHOTO


async def test_a_base_gives_each_row_with_its_sub_models_own_fields(world: World) -> None:
    rows = await world.read("Asset", "findMany", {"where": {"id": {"in": [1, 2]}}, "orderBy": {"id": "asc"}})
    assert rows == [FILM, PHOTO]
    assert await world.read("Video", "findFirst", {"where": {"minutes": 90}}) == FILM


async def test_select_of_a_base_gives_the_bases_fields_alone(world: World) -> None:
    assert await world.read("Asset", "findFirst", {"where": {"id": 1}, "select": {"title": True}}) == {"title": "film"}


async def test_omit_of_a_base_reaches_the_sub_models(world: World) -> None:
    asked = {"where": {"id": 1}, "omit": {"title": True}}
    assert "title" not in await world.read("Asset", "findUnique", asked)


FILTERS: list[tuple[str, str, dict[str, Any], list[int]]] = [
    ("an inherited field", "Rated", {"title": "film"}, [1]),
    ("fields of all levels", "Rated", {"views": 5, "minutes": {"gt": 1}, "stars": 4}, [1]),
    ("under OR", "Rated", {"OR": [{"title": "clip"}, {"stars": 4}]}, [1, 4]),
    ("an inherited relation", "Rated", {"owner": {"name": "ann"}}, [1]),
    ("an inherited relation is null", "Rated", {"owner": None}, [4]),
    ("an inherited list", "Image", {"comments": {"some": {"text": "meh"}}}, [2]),
    ("a relation to a base", "Comment", {"asset": {"title": "film"}}, [1, 2]),
    ("a list of a base", "User", {"assets": {"some": {"views": 9}}}, [1]),
    ("a many-to-many of a sub-model", "User", {"videos": {"some": {"title": "film", "minutes": 90}}}, [2]),
    ("a many-to-many, from the sub-model", "Video", {"watchedBy": {"some": {"name": "bob"}}}, [1]),
]


@pytest.mark.parametrize(("model", "where", "ids"), [c[1:] for c in FILTERS], ids=[c[0] for c in FILTERS])
async def test_filter(world: World, model: str, where: dict[str, Any], ids: list[int]) -> None:
    assert await world.ids(model, where) == ids


async def test_order_and_cursor_by_inherited_fields(world: World) -> None:
    rows = await world.read("Rated", "findMany", {"orderBy": {"views": "desc"}, "select": {"id": True}})
    assert rows == [{"id": 1}, {"id": 4}]
    asked = {"cursor": {"id": 4}, "orderBy": {"title": "asc"}, "select": {"id": True, "title": True}}
    assert await world.read("Rated", "findMany", asked) == [{"id": 4, "title": "clip"}, {"id": 1, "title": "film"}]


async def test_include_of_inherited_and_own_relations(world: World) -> None:
    comments = {"orderBy": {"id": "asc"}, "select": {"text": True}}
    asked = {"where": {"id": 1}, "include": {"owner": True, "comments": comments, "watchedBy": True, "_count": True}}
    row = await world.read("Rated", "findUnique", asked)
    assert row == FILM | {
        "owner": {"id": 1, "name": "ann"},
        "comments": [{"text": "nice"}, {"text": "wow"}],
        "watchedBy": [{"id": 2, "name": "bob"}],
        "_count": {"comments": 2, "watchedBy": 1},
    }


async def test_included_rows_of_a_base_are_whole(world: World) -> None:
    row = await world.read(
        "User", "findUnique", {"where": {"id": 1}, "include": {"assets": {"orderBy": {"id": "asc"}}}}
    )
    assert row["assets"] == [FILM, PHOTO]
    comment = await world.read("Comment", "findUnique", {"where": {"id": 3}, "include": {"asset": True}})
    assert comment["asset"] == PHOTO


async def test_aggregates_of_inherited_fields(world: World) -> None:
    asked = {"_sum": {"views": True, "minutes": True}, "_count": True}
    assert await world.read("Rated", "aggregate", asked) == {"_sum": {"views": 4, "minutes": 93}, "_count": 2}
    groups = await world.read(
        "Image", "groupBy", {"by": ["title"], "_max": {"views": True}, "orderBy": {"title": "asc"}}
    )
    assert groups == [{"title": "photo", "_max": {"views": 9}}, {"title": "raw photo", "_max": {"views": 1}}]


async def test_rules_hold_on_base_and_sub_model(world: World) -> None:
    assert await world.ids("Asset", {}, guard="query") == [1, 2, 3]
    assert await world.ids("Rated", {}, guard="query") == [1]
    assert await world.ids("Image", {}, guard="query") == [2]


async def test_a_base_row_whose_sub_model_row_is_hidden_has_the_bases_fields(world: World) -> None:
    row = await world.read("Asset", "findUnique", {"where": {"id": 3}}, guard="query")
    assert row == {"id": 3, "kind": "Image", "title": "raw photo", "views": 1, "ownerId": 2}
