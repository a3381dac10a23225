"""orderBy, take, skip, cursor, distinct; what find_first and find_unique take."""

from collections.abc import Callable
from typing import Any

import pytest

from gatepost.orm.errors import InvalidInput, NotFound

from .blog import ROWS, SCHEMA
from .world import World


@pytest.fixture(scope="module")
def world(open_world: Callable[[str], World]) -> World:
    made = open_world(SCHEMA)
    made.sql(ROWS)
    return made


async def found(world: World, model: str, asked: dict[str, Any]) -> list[int]:
    return [row["id"] for row in await world.read(model, "findMany", asked | {"select": {"id": True}})]


ORDERS: list[tuple[str, str, Any, list[int]]] = [
    ("ascending", "User", {"email": "asc"}, [1, 2, 3, 4]),
    ("descending", "User", {"email": "desc"}, [4, 3, 2, 1]),
    ("nulls are last of ascending", "User", [{"name": "asc"}], [1, 2, 4, 3]),
    ("nulls are first of descending", "User", [{"name": "desc"}], [3, 4, 2, 1]),
    ("nulls first", "User", {"name": {"sort": "asc", "nulls": "first"}}, [3, 1, 2, 4]),
    ("nulls last", "User", {"name": {"sort": "desc", "nulls": "last"}}, [4, 2, 1, 3]),
    ("sort without nulls", "User", {"name": {"sort": "desc"}}, [3, 4, 2, 1]),
    ("several", "User", [{"age": "desc"}, {"id": "desc"}], [3, 1, 4, 2]),
    ("the same twice", "User", [{"id": "desc"}, {"id": "desc"}], [4, 3, 2, 1]),
    ("an enum in its order", "User", [{"role": "desc"}, {"id": "asc"}], [2, 3, 4, 1]),
    ("an empty object", "User", [{}, {"id": "desc"}], [4, 3, 2, 1]),
    ("a to-one relation's field", "Post", [{"author": {"name": "desc"}}, {"id": "asc"}], [4, 1, 2, 3]),
    ("a missing relation is null", "Comment", [{"post": {"title": "asc"}}, {"id": "asc"}], [3, 1, 2, 4]),
    ("a relation's relation", "Comment", [{"post": {"author": {"name": "desc"}}}, {"id": "asc"}], [4, 3, 1, 2]),
    ("the other side of a one-to-one", "User", [{"profile": {"bio": "desc"}}, {"id": "asc"}], [3, 4, 2, 1]),
    ("the number of related rows", "User", [{"posts": {"_count": "desc"}}, {"id": "asc"}], [1, 2, 3, 4]),
    ("the number, many-to-many", "Post", [{"likedBy": {"_count": "desc"}}, {"id": "desc"}], [1, 4, 3, 2]),
    ("a related row's number", "Comment", [{"post": {"likedBy": {"_count": "asc"}}}, {"id": "asc"}], [3, 1, 2, 4]),
]


@pytest.mark.parametrize(("model", "order", "ids"), [c[1:] for c in ORDERS], ids=[c[0] for c in ORDERS])
async def test_order(world: World, model: str, order: Any, ids: list[int]) -> None:
    assert await found(world, model, {"orderBy": order}) == ids


PAGES: list[tuple[str, dict[str, Any], list[int]]] = [
    ("take", {"take": 2}, [1, 2]),
    ("take none", {"take": 0}, []),
    ("take more than there are", {"take": 9}, [1, 2, 3, 4]),
    ("skip", {"skip": 3}, [4]),
    ("take and skip", {"take": 2, "skip": 1}, [2, 3]),
    ("the ids are the order where none is given", {"take": 1, "skip": 2}, [3]),
    ("take from the end", {"take": -2}, [3, 4]),
    ("take from the end of an order", {"take": -2, "orderBy": {"id": "desc"}}, [2, 1]),
    ("take from the end, some skipped", {"take": -2, "skip": 1, "orderBy": {"email": "asc"}}, [2, 3]),
    ("nulls turn with the order", {"take": -1, "orderBy": {"name": {"sort": "asc", "nulls": "first"}}}, [4]),
    ("a cursor is included", {"cursor": {"id": 3}}, [3, 4]),
    ("a cursor, skipped", {"cursor": {"id": 2}, "skip": 1}, [3, 4]),
    ("a cursor backwards", {"cursor": {"id": 3}, "take": -2}, [2, 3]),
    ("a cursor backwards, skipped", {"cursor": {"id": 3}, "take": -2, "skip": 1}, [1, 2]),
    ("a cursor by another unique field", {"cursor": {"email": "cid@x"}, "take": 1}, [3]),
    ("a cursor and more", {"cursor": {"id": 3, "role": "USER"}}, [3, 4]),
    ("a cursor that is not there", {"cursor": {"id": 99}}, []),
    ("a cursor that is not there, more", {"cursor": {"id": 3, "role": "ADMIN"}}, []),
    ("a cursor in a descending order", {"cursor": {"id": 3}, "orderBy": {"email": "desc"}}, [3, 2, 1]),
    ("a cursor among equals", {"cursor": {"id": 3}, "orderBy": [{"role": "desc"}, {"id": "asc"}]}, [3, 4, 1]),
    ("a cursor among nulls", {"cursor": {"id": 4}, "orderBy": [{"age": "asc"}, {"id": "asc"}]}, [4, 1, 3]),
    ("a cursor at a null", {"cursor": {"id": 3}, "orderBy": [{"age": "desc"}, {"id": "asc"}]}, [3, 1, 2, 4]),
    ("a cursor behind a null", {"cursor": {"id": 1}, "orderBy": [{"age": "desc"}, {"id": "asc"}]}, [1, 2, 4]),
    ("a cursor at a null, backwards", {"cursor": {"id": 3}, "orderBy": [{"age": "asc"}], "take": -2}, [1, 3]),
    (
        "a cursor by a relation",
        {"cursor": {"id": 2}, "orderBy": [{"boss": {"name": "asc"}}, {"id": "asc"}]},
        [2, 3, 4, 1],
    ),
    ("distinct", {"distinct": ["role"], "orderBy": [{"role": "asc"}, {"id": "asc"}]}, [1, 2]),
    ("distinct, one field alone", {"distinct": "role", "orderBy": {"role": "asc"}, "take": 1}, [1]),
    ("distinct comes before another order", {"distinct": ["role"], "orderBy": {"id": "desc"}}, [1, 4]),
    (
        "distinct of several",
        {"distinct": ["role", "age"], "orderBy": [{"role": "asc"}, {"age": "asc"}, {"id": "asc"}]},
        [1, 2, 3],
    ),
    ("distinct with a page", {"distinct": ["age"], "skip": 1}, [1, 3]),
]


@pytest.mark.parametrize(("asked", "ids"), [case[1:] for case in PAGES], ids=[case[0] for case in PAGES])
async def test_page(world: World, asked: dict[str, Any], ids: list[int]) -> None:
    assert await found(world, "User", asked) == ids


async def test_a_row_of_distinct_is_one_of_each(world: World) -> None:
    rows = await world.read("User", "findMany", {"distinct": ["role"], "select": {"email": True, "role": True}})
    assert sorted(row["role"] for row in rows) == ["ADMIN", "USER"]


async def test_pages_of_one_shape_are_one_statement(world: World) -> None:
    assert world.text("User", "findMany", {"take": 1, "skip": 5}) == world.text(
        "User", "findMany", {"take": 7, "skip": 1}
    )


async def test_find_first(world: World) -> None:
    assert (await world.read("User", "findFirst"))["id"] == 1
    assert (await world.read("User", "find_first", {"where": {"role": "USER"}, "skip": 1, "order_by": {"id": "asc"}}))[
        "id"
    ] == 3
    assert (await world.read("User", "findFirst", {"take": 1, "orderBy": {"id": "desc"}}))["id"] == 4
    assert await world.read("User", "findFirst", {"where": {"id": 99}}) is None
    with pytest.raises(NotFound) as missing:
        await world.read("User", "findFirstOrThrow", {"where": {"id": 99}})
    assert missing.value.model == "User"
    with pytest.raises(InvalidInput, match="take must be 1"):
        await world.read("User", "findFirst", {"take": 2})


async def test_find_unique(world: World) -> None:
    assert (await world.read("User", "findUnique", {"where": {"email": "bob@x"}}))["id"] == 2
    assert await world.read("User", "findUnique", {"where": {"id": 99}}) is None
    assert (await world.read("User", "find_unique_or_throw", {"where": {"id": 2}}))["id"] == 2
    with pytest.raises(NotFound):
        await world.read("User", "findUniqueOrThrow", {"where": {"id": 99}})


async def test_find_unique_takes_further_conditions(world: World) -> None:
    assert await world.read("User", "findUnique", {"where": {"id": 2, "role": "ADMIN"}}) is None
    assert await world.read("User", "findUnique", {"where": {"id": 2, "OR": [{"age": 30}, {"age": 31}]}}) is not None


async def test_find_unique_by_several_fields(world: World) -> None:
    seat = await world.read("Seat", "findUnique", {"where": {"row_number": {"row": 1, "number": 2}}})
    assert seat == {"row": 1, "number": 2, "label": "b"}
    assert await world.read("Seat", "findUnique", {"where": {"labelled": {"label": "a", "row": 1}}}) is not None
    cursor = {"cursor": {"row_number": {"row": 1, "number": 2}}, "select": {"number": True}}
    assert await world.read("Seat", "findMany", cursor) == [{"number": 2}, {"number": 1}]


UNIQUE: list[tuple[str, str, Any, str]] = [
    ("nothing unique", "User", {"where": {"name": "Ann"}}, "At least one unique field"),
    ("nothing at all", "User", {"where": {}}, "At least one unique field"),
    ("no where", "User", {}, 'is required at "where"'),
    ("null", "User", {"where": {"id": None}}, "At least one unique field"),
    ("half of a key", "Seat", {"where": {"row": 1}}, "At least one unique field"),
    ("half of a selector", "Seat", {"where": {"row_number": {"row": 1}}}, 'is required at "where.row_number.number"'),
    (
        "more than a selector",
        "Seat",
        {"where": {"row_number": {"row": 1, "number": 1, "label": "a"}}},
        'at "where.row_number.label"',
    ),
    ("order", "User", {"where": {"id": 1}, "orderBy": {"id": "asc"}}, 'there is no option "orderBy"'),
    ("take", "User", {"where": {"id": 1}, "take": 1}, 'there is no option "take"'),
]


@pytest.mark.parametrize(("model", "asked", "said"), [c[1:] for c in UNIQUE], ids=[c[0] for c in UNIQUE])
async def test_find_unique_refuses(world: World, model: str, asked: Any, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await world.read(model, "findUnique", asked)
    assert said in str(refused.value)


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("a direction that is none", {"orderBy": {"id": "up"}}, 'expected "asc" or "desc" at "orderBy.id"'),
    ("two keys", {"orderBy": {"id": "asc", "name": "asc"}}, "at most one key"),
    ("two keys in a list", {"orderBy": [{"id": "asc", "name": "asc"}]}, 'at "orderBy[0]"'),
    ("a field nobody has", {"orderBy": {"naem": "asc"}}, 'did you mean "name"? at "orderBy.naem"'),
    ("nulls of a field that has none", {"orderBy": {"id": {"sort": "asc", "nulls": "first"}}}, 'at "orderBy.id"'),
    ("nulls nowhere", {"orderBy": {"name": {"sort": "asc", "nulls": "middle"}}}, 'at "orderBy.name.nulls"'),
    ("a field of many rows", {"orderBy": {"posts": {"title": "asc"}}}, '"_count" of a to-many relation'),
    ("a skip below zero", {"skip": -1}, 'at "skip"'),
    ("a take that is no number", {"take": "1"}, 'expected int, received string at "take"'),
    ("true for a take", {"take": True}, "expected int, received boolean"),
    ("a take beyond PostgreSQL's", {"take": 2**63}, "is too large"),
    ("a cursor that is not unique", {"cursor": {"name": "Ann"}}, "At least one unique field"),
    ("a cursor by a relation", {"cursor": {"id": 1, "posts": {"some": {}}}}, 'at "cursor.posts"'),
    ("distinct rows", {"distinct": ["posts"]}, "is a relation"),
    ("distinct of a field nobody has", {"distinct": ["x"]}, 'at "distinct[0]"'),
    ("an option nobody has", {"ordrBy": {"id": "asc"}}, 'there is no option "ordrBy", did you mean "orderBy"?'),
    ("the same option twice", {"orderBy": {"id": "asc"}, "order_by": {"id": "asc"}}, "given twice"),
]


@pytest.mark.parametrize(("asked", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
async def test_refused(world: World, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await world.read("User", "findMany", asked)
    assert said in str(refused.value)


async def test_an_operation_nobody_has(world: World) -> None:
    with pytest.raises(InvalidInput, match='did you mean "findMany"'):
        await world.read("User", "findMay")
    with pytest.raises(InvalidInput, match='there is no model "Usr", did you mean "User"'):
        await world.read("Usr", "findMany")
