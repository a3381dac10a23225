"""Filters by related rows: some, every, none, is, isNot, the conditions themselves, null."""

from collections.abc import Callable
from typing import Any

import pytest

from gatepost.orm.errors import InvalidInput
from gatepost.orm.session import Limits, Options

from .blog import ROWS, SCHEMA
from .world import World


@pytest.fixture(scope="module")
def world(open_world: Callable[[str], World]) -> World:
    made = open_world(SCHEMA)
    made.sql(ROWS)
    return made


FILTERS: list[tuple[str, str, dict[str, Any], list[int]]] = [
    ("some", "User", {"posts": {"some": {"published": True}}}, [1, 2]),
    ("some {}: there is one", "User", {"posts": {"some": {}}}, [1, 2]),
    ("every, true of none", "User", {"posts": {"every": {"published": True}}}, [2, 3, 4]),
    (
        "every: what is unknown does not count against it",
        "User",
        {"posts": {"every": {"views": {"gt": 5}}}},
        [1, 2, 3, 4],
    ),
    ("none", "User", {"posts": {"none": {"published": True}}}, [3, 4]),
    ("none {}: there is none", "User", {"posts": {"none": {}}}, [3, 4]),
    ("some and none", "User", {"posts": {"some": {"views": 10}, "none": {"views": 99}}}, [1]),
    ("to-many {}: no condition", "User", {"posts": {}}, [1, 2, 3, 4]),
    ("to-one, inline", "Post", {"author": {"name": "Bob"}}, [4]),
    ("to-one is", "Post", {"author": {"is": {"name": "Bob"}}}, [4]),
    ("to-one isNot", "Post", {"author": {"isNot": {"name": "Bob"}}}, [1, 2, 3]),
    ("to-one {}: there is one", "Comment", {"post": {}}, [1, 2, 3]),
    ("to-one null: no foreign key", "Comment", {"post": None}, [4]),
    ("to-one is null", "Comment", {"post": {"is": None}}, [4]),
    ("to-one isNot null", "Comment", {"post": {"isNot": None}}, [1, 2, 3]),
    ("to-one isNot has the rows without one", "Comment", {"post": {"isNot": {"title": "One"}}}, [3, 4]),
    ("is_not", "Comment", {"post": {"is_not": {"title": "One"}}}, [3, 4]),
    ("one-to-one from the other side", "User", {"profile": {"bio": {"contains": "ann"}}}, [1]),
    ("one-to-one null from the other side", "User", {"profile": None}, [3, 4]),
    ("many-to-many some", "Post", {"likedBy": {"some": {"name": "Bob"}}}, [1]),
    ("many-to-many some, from the other side", "User", {"liked": {"some": {"title": "Four"}}}, [1]),
    ("many-to-many none", "User", {"liked": {"none": {}}}, [4]),
    ("many-to-many every", "User", {"liked": {"every": {"published": True}}}, [1, 2, 3, 4]),
    ("self relation up", "User", {"boss": {"name": "Ann"}}, [2, 3]),
    ("self relation down", "User", {"staff": {"some": {"age": 30}}}, [1, 2]),
    ("self relation twice", "User", {"boss": {"boss": {"name": "Ann"}}}, [4]),
    ("deep", "Comment", {"post": {"author": {"boss": {"profile": {"bio": "bio ann"}}}}}, [3]),
    (
        "under OR and NOT",
        "User",
        {"OR": [{"NOT": {"posts": {"some": {}}}}, {"profile": {"bio": "bio bob"}}]},
        [2, 3, 4],
    ),
]


@pytest.mark.parametrize(("model", "where", "ids"), [c[1:] for c in FILTERS], ids=[c[0] for c in FILTERS])
async def test_filter(world: World, model: str, where: dict[str, Any], ids: list[int]) -> None:
    assert await world.ids(model, where) == ids


REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("null of a relation that always is", "Post", {"author": None}, 'at "where.author"'),
    ("is null of a relation that always is", "Post", {"author": {"is": None}}, 'at "where.author.is"'),
    ("no quantifier", "User", {"posts": {"title": "One"}}, "some, every or none"),
    ("a quantifier too few letters", "User", {"posts": {"some": {}, "evry": {}}}, 'did you mean "every"?'),
    ("is beside a field", "Comment", {"post": {"is": {}, "title": "One"}}, 'at "where.post'),
    (
        "a field nobody has, deep",
        "User",
        {"posts": {"some": {"titel": "x"}}},
        'did you mean "title"? at "where.posts.some.titel"',
    ),
    ("a hidden field", "User", {"hidden": "x"}, 'there is no field of User "hidden"'),
    ("an unsupported field", "User", {"gone": "x"}, 'there is no field of User "gone"'),
    ("null for some", "User", {"posts": {"some": None}}, 'at "where.posts.some"'),
]


@pytest.mark.parametrize(("model", "where", "said"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])
async def test_refused(world: World, model: str, where: Any, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await world.read(model, "findMany", {"where": where})
    assert said in str(refused.value)


async def test_nesting_has_a_limit_that_is_an_option(world: World) -> None:
    where: dict[str, Any] = {"name": "Ann"}
    for _ in range(10):
        where = {"boss": where}
    await world.ids("User", where)
    with pytest.raises(InvalidInput, match="nested deeper than 9 levels"):
        await world.ids("User", where, options=Options(limits=Limits(depth=9)))
    for _ in range(1000):
        where = {"NOT": where}
    with pytest.raises(InvalidInput, match="nested deeper"):
        await world.ids("User", where)


async def test_lists_have_a_limit_that_is_an_option(world: World) -> None:
    few = Options(limits=Limits(items=3))
    assert await world.ids("User", {"id": {"in": [1, 2, 3]}}, options=few) == [1, 2, 3]
    with pytest.raises(InvalidInput, match="at most 3 items"):
        await world.ids("User", {"id": {"in": [1, 2, 3, 4]}}, options=few)
    with pytest.raises(InvalidInput, match="at most 3 values"):
        await world.ids("User", {"AND": [{"id": 1, "age": 1}, {"id": 2, "age": 1}]}, options=few)
