"""select, include, omit and _count, to any depth, in one statement."""

from collections.abc import Callable
from typing import Any

import pytest

from gatepost.orm.errors import InvalidInput
from gatepost.orm.session import Options

from .blog import ROWS, SCHEMA
from .world import World


@pytest.fixture(scope="module")
def world(open_world: Callable[[str], World]) -> World:
    made = open_world(SCHEMA)
    made.sql(ROWS)
    return made


ANN = {"id": 1, "email": "ann@x", "name": "Ann", "role": "ADMIN", "age": 40, "bossId": None}
ONE = {"id": 1, "title": "One", "published": True, "views": 10, "authorId": 1, "reviewerId": None}


async def one(world: World, model: str, arguments: dict[str, Any], id: int = 1, **who: Any) -> Any:
    return await world.read(model, "findUnique", {"where": {"id": id}} | arguments, **who)


async def test_all_fields_but_the_omitted_unsupported_and_ignored(world: World) -> None:
    assert await one(world, "User", {}) == ANN


async def test_select_gives_these_fields_alone_in_their_order(world: World) -> None:
    row = await one(world, "User", {"select": {"name": True, "id": True, "age": False}})
    assert list(row.items()) == [("name", "Ann"), ("id", 1)]


async def test_select_shows_an_omitted_field(world: World) -> None:
    assert await one(world, "User", {"select": {"secret": True}}) == {"secret": "s1"}


async def test_omit_leaves_out_and_false_brings_back(world: World) -> None:
    row = await one(world, "User", {"omit": {"secret": False, "age": True, "email": True}})
    assert row == {"id": 1, "name": "Ann", "role": "ADMIN", "secret": "s1", "bossId": None}


async def test_omit_of_everything_leaves_empty_rows(world: World) -> None:
    omit = {"id": True, "text": True, "postId": True}
    assert await world.read("Comment", "findMany", {"omit": omit, "distinct": ["postId"], "take": 2}) == [{}, {}]


async def test_omit_of_the_client(world: World) -> None:
    options = Options(omit={"User": {"email": True, "secret": False}})
    row = await one(world, "User", {"include": {"boss": True}}, 2, options=options)
    assert "email" not in row
    assert row["secret"] == "s2"
    assert "email" not in row["boss"]
    assert "email" in await one(world, "User", {"omit": {"email": False}}, options=options)


async def test_omit_of_the_client_can_be_final(world: World) -> None:
    options = Options(omit={"User": {"email": True}}, allow_query_time_omit_override=False)
    assert "age" not in await one(world, "User", {"omit": {"age": True}}, options=options)
    for arguments in ({"omit": {"email": False}}, {"select": {"email": True}}, {"select": {"secret": True}}):
        with pytest.raises(InvalidInput):
            await one(world, "User", arguments, options=options)


async def test_include_to_one_and_to_many(world: World) -> None:
    row = await one(world, "Post", {"include": {"author": True, "comments": True}})
    comments = [{"id": 1, "text": "good", "postId": 1}, {"id": 2, "text": "bad", "postId": 1}]
    assert row == ONE | {"author": ANN, "comments": comments}


async def test_include_nothing_there(world: World) -> None:
    assert (await one(world, "User", {"include": {"posts": True, "profile": True}}, 3)).items() >= {
        "posts": [],
        "profile": None,
    }.items()
    assert (await one(world, "Comment", {"include": {"post": True}}, 4))["post"] is None


async def test_a_related_row_of_nulls_is_a_row(world: World) -> None:
    row = await one(world, "User", {"select": {"boss": {"select": {"bossId": True}}}}, 2)
    assert row == {"boss": {"bossId": None}}


async def test_include_many_to_many_from_both_sides(world: World) -> None:
    post = await one(world, "Post", {"select": {"likedBy": {"select": {"id": True}, "orderBy": {"id": "desc"}}}})
    assert post == {"likedBy": [{"id": 3}, {"id": 2}]}
    user = await one(world, "User", {"select": {"liked": {"select": {"title": True}}}})
    assert user == {"liked": [{"title": "Four"}]}


async def test_nested_where_order_take_skip(world: World) -> None:
    posts = {"where": {"views": {"not": None}}, "orderBy": {"id": "desc"}, "skip": 1, "take": 1, "select": {"id": True}}
    assert await one(world, "User", {"select": {"posts": posts}}) == {"posts": [{"id": 1}]}


async def test_nested_take_from_the_end(world: World) -> None:
    posts = {"orderBy": {"id": "asc"}, "skip": 1, "take": -2, "select": {"id": True}}
    assert await one(world, "User", {"select": {"posts": posts}}) == {"posts": [{"id": 1}, {"id": 2}]}


async def test_nested_cursor_and_distinct(world: World) -> None:
    posts = {"cursor": {"id": 2}, "orderBy": {"id": "asc"}, "select": {"id": True}}
    assert await one(world, "User", {"select": {"posts": posts}}) == {"posts": [{"id": 2}, {"id": 3}]}
    staff = {"distinct": ["role"], "select": {"role": True}}
    assert await one(world, "User", {"select": {"staff": staff}}) == {"staff": [{"role": "USER"}]}


async def test_nested_where_of_a_to_one_that_may_be_missing(world: World) -> None:
    included = {"include": {"post": {"where": {"title": "Two"}}}}
    assert (await one(world, "Comment", included))["post"] is None


async def test_nested_where_of_a_to_one_that_always_is_is_refused(world: World) -> None:
    with pytest.raises(InvalidInput, match='there is no option "where"'):
        await one(world, "Post", {"include": {"author": {"where": {"id": 1}}}})


async def test_select_and_include_in_one_another(world: World) -> None:
    asked = {"select": {"title": True, "author": {"include": {"profile": {"select": {"bio": True}}}}}}
    assert await one(world, "Post", asked) == {"title": "One", "author": ANN | {"profile": {"bio": "bio ann"}}}


async def test_a_self_relation_both_ways_and_deep(world: World) -> None:
    name = {"select": {"name": True}}
    down = {"select": {"staff": {"select": {"name": True, "staff": name, "boss": name}, "orderBy": {"id": "asc"}}}}
    assert await one(world, "User", down) == {
        "staff": [
            {"name": "Bob", "staff": [{"name": "Dot"}], "boss": {"name": "Ann"}},
            {"name": None, "staff": [], "boss": {"name": "Ann"}},
        ]
    }


async def test_count_of_all_relations(world: World) -> None:
    row = await one(world, "User", {"select": {"_count": True}})
    assert row == {"_count": {"posts": 3, "liked": 1, "staff": 2}}


async def test_count_of_some_relations_filtered(world: World) -> None:
    counted = {"_count": {"select": {"posts": {"where": {"published": True}}, "staff": True, "liked": False}}}
    assert (await one(world, "User", {"include": counted}))["_count"] == {"posts": 2, "staff": 2}


async def test_count_in_depth_and_many_to_many(world: World) -> None:
    counted = {"_count": {"select": {"likedBy": True, "comments": {"where": {"text": "good"}}}}}
    row = await one(world, "User", {"select": {"posts": {"select": counted, "orderBy": {"id": "asc"}}}})
    assert row["posts"][0] == {"_count": {"likedBy": 2, "comments": 1}}


async def test_one_statement_however_deep(world: World) -> None:
    deep: dict[str, Any] = {"include": {"boss": True, "_count": True}}
    for _ in range(8):
        deep = {"include": {"staff": deep, "posts": {"include": {"comments": True}}}}
    assert world.text("User", "findMany", deep).count(";") == 0
    await world.read("User", "findMany", deep)


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("select and include", {"select": {"id": True}, "include": {"posts": True}}, "cannot be used together"),
    ("select and omit", {"select": {"id": True}, "omit": {"id": True}}, "cannot be used together"),
    ("an empty select", {"select": {}}, "at least one truthy value"),
    ("a select of nothing", {"select": {"id": False}}, "at least one truthy value"),
    ("a field that is none", {"select": {"nam": True}}, 'did you mean "name"? at "select.nam"'),
    ("include of a field", {"include": {"name": True}}, "is no relation"),
    ("omit of a relation", {"omit": {"posts": True}}, "is a relation"),
    ("no boolean", {"select": {"id": 1}}, 'expected true or false, received int at "select.id"'),
    ("a hidden field", {"select": {"hidden": True}}, 'there is no field of User "hidden"'),
    ("an unsupported field", {"select": {"gone": True}}, 'there is no field of User "gone"'),
    ("an option nobody has", {"include": {"posts": {"tak": 1}}}, 'did you mean "take"? at "include.posts.tak"'),
    (
        "a count of what is no list",
        {"include": {"_count": {"select": {"boss": True}}}},
        'at "include._count.select.boss"',
    ),
    ("nested select of nothing", {"include": {"posts": {"select": {}}}}, 'at "include.posts.select"'),
]


@pytest.mark.parametrize(("asked", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
async def test_refused(world: World, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await world.read("User", "findMany", asked)
    assert said in str(refused.value)
