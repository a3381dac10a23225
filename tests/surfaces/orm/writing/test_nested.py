"""Writes of a row and its relations, without rules."""

from typing import Any

import pytest

from gatepost.orm import Client, DatabaseError, InvalidInput, NotFound

from .blog import BLOG
from .conftest import OpenWorld, World


@pytest.fixture(scope="module")
def world(open_world: OpenWorld) -> World:
    return open_world(BLOG)


@pytest.fixture
async def db(world: World) -> Client:
    world.empty()
    client = world.open()
    await client.user.create_many(data=[{"id": "ada", "email": "ada@x.io"}, {"id": "bob", "email": "bob@x.io"}])
    return client


ADA, BOB = {"id": "ada"}, {"id": "bob"}


async def titles(db: Client, user: str = "ada") -> list[str]:
    rows = await db.post.find_many(where={"authorId": user}, order_by={"title": "asc"})
    return [row["title"] for row in rows]


async def change(db: Client, **posts: Any) -> None:
    await db.user.update(where=ADA, data={"posts": posts})


# ------------------------------------------------------------------ create, to one


async def test_create_makes_the_row_that_owns_nothing_first(db: Client) -> None:
    post = await db.post.create(
        data={"title": "t", "author": {"create": {"email": "eva@x.io"}}}, include={"author": True}
    )
    assert post["author"]["email"] == "eva@x.io"
    assert post["authorId"] == post["author"]["id"]


async def test_create_connects_by_key_or_any_unique_field(db: Client) -> None:
    assert (await db.post.create(data={"title": "t", "author": {"connect": ADA}}))["authorId"] == "ada"
    by_mail = {"connect": {"email": "bob@x.io"}}
    assert (await db.post.create(data={"title": "t", "author": by_mail}))["authorId"] == "bob"
    with pytest.raises(NotFound):
        await db.post.create(data={"title": "t", "author": {"connect": {"email": "nobody@x.io"}}})
    with pytest.raises(DatabaseError) as caught:
        await db.post.create(data={"title": "t", "author": {"connect": {"id": "nobody"}}})
    assert caught.value.db_error_code == "23503"


async def test_create_connects_or_creates(db: Client) -> None:
    for _ in range(2):
        what = {"where": {"email": "eva@x.io"}, "create": {"email": "eva@x.io"}}
        await db.post.create(data={"title": "t", "author": {"connect_or_create": what}})
    assert await db.user.count() == 3


async def test_create_makes_the_row_that_holds_the_key_last(db: Client) -> None:
    user = await db.user.create(
        data={"email": "eva@x.io", "profile": {"create": {"bio": "b"}}}, include={"profile": True}
    )
    assert user["profile"]["userId"] == user["id"]


async def test_an_optional_relation_may_be_null(db: Client) -> None:
    assert (await db.post.create(data={"title": "t", "author": None}))["authorId"] is None


# ------------------------------------------------------------------ create, to many


async def test_create_makes_children_to_any_depth(db: Client) -> None:
    user = await db.user.create(
        data={
            "email": "eva@x.io",
            "posts": {"create": [{"title": "a", "comments": {"create": {"text": "c"}}}, {"title": "b"}]},
        },
        include={"posts": {"include": {"comments": True}, "order_by": {"id": "asc"}}},
    )
    assert [[c["text"] for c in post["comments"]] for post in user["posts"]] == [["c"], []]


async def test_create_makes_many_children_at_once(db: Client) -> None:
    await db.user.create(
        data={"id": "eva", "email": "eva@x.io", "posts": {"create_many": {"data": [{"title": "a"}, {"title": "b"}]}}}
    )
    assert await titles(db, "eva") == ["a", "b"]


async def test_create_connects_children_that_are_there(db: Client) -> None:
    await db.post.create_many(data=[{"id": 1, "title": "a"}, {"id": 2, "title": "b"}])
    await db.user.create(data={"id": "eva", "email": "eva@x.io", "posts": {"connect": [{"id": 1}, {"id": 2}]}})
    assert await titles(db, "eva") == ["a", "b"]
    with pytest.raises(NotFound):
        await db.user.create(data={"email": "z@x.io", "posts": {"connect": [{"id": 1}, {"id": 99}]}})
    assert await titles(db, "eva") == ["a", "b"]


async def test_a_failure_deep_down_undoes_everything(db: Client) -> None:
    with pytest.raises(DatabaseError):
        await db.user.create(
            data={
                "email": "eva@x.io",
                "posts": {"create": [{"title": "a"}, {"id": 1, "title": "b"}, {"id": 1, "title": "c"}]},
            }
        )
    assert await db.user.count() == 2
    assert await db.post.count() == 0


# ------------------------------------------------------------------ update, to many


async def test_update_creates_children(db: Client) -> None:
    await change(db, create={"title": "a"})
    await change(db, create=[{"title": "b"}], create_many={"data": {"title": "c"}})
    assert await titles(db) == ["a", "b", "c"]


async def test_update_connects_and_disconnects_children(db: Client) -> None:
    await db.post.create_many(data=[{"id": 1, "title": "a", "authorId": "bob"}, {"id": 2, "title": "b"}])
    await change(db, connect=[{"id": 1}, {"id": 2}])
    assert await titles(db) == ["a", "b"]
    await change(db, disconnect={"id": 1})
    assert await titles(db) == ["b"]
    await change(db, disconnect=[{"id": 1}, {"id": 77}])
    with pytest.raises(NotFound):
        await change(db, connect={"id": 77})


async def test_update_connects_or_creates_children(db: Client) -> None:
    await db.post.create(data={"id": 1, "title": "there"})
    await change(db, connect_or_create=[{"where": {"id": n}, "create": {"id": n, "title": f"new {n}"}} for n in (1, 2)])
    assert await titles(db) == ["new 2", "there"]


async def test_set_leaves_exactly_the_given_children(db: Client) -> None:
    await db.post.create_many(
        data=[{"id": n, "title": str(n), "authorId": "ada"} for n in (1, 2)] + [{"id": 3, "title": "3"}]
    )
    await change(db, set=[{"id": 2}, {"id": 3}])
    assert await titles(db) == ["2", "3"]
    await change(db, set=[])
    assert await titles(db) == []
    with pytest.raises(NotFound):
        await change(db, set={"id": 99})


async def test_update_changes_children_of_this_parent_alone(db: Client) -> None:
    await db.post.create_many(
        data=[{"id": 1, "title": "a", "authorId": "ada"}, {"id": 2, "title": "b", "authorId": "bob"}]
    )
    await change(db, update={"where": {"id": 1}, "data": {"title": "x"}})
    assert await titles(db) == ["x"]
    with pytest.raises(NotFound):
        await change(db, update={"where": {"id": 2}, "data": {"title": "stolen"}})
    assert await titles(db, "bob") == ["b"]


async def test_upsert_of_children(db: Client) -> None:
    for title in ("made", "changed"):
        await change(
            db, upsert={"where": {"id": 1}, "create": {"id": 1, "title": "made"}, "update": {"title": "changed"}}
        )
        assert await titles(db) == [title]


async def test_update_many_and_delete_many_of_children(db: Client) -> None:
    rows = [{"title": t, "authorId": a} for t, a in (("a", "ada"), ("b", "ada"), ("a", "bob"))]
    await db.post.create_many(data=rows)
    await change(db, update_many={"where": {"title": "a"}, "data": {"views": 5}})
    assert await db.post.count(where={"views": 5}) == 1
    await change(db, delete_many={"title": "a"})
    assert await titles(db) == ["b"]
    assert await titles(db, "bob") == ["a"]
    await change(db, delete_many={})
    assert await titles(db) == []


async def test_delete_of_children_must_find_each(db: Client) -> None:
    await db.post.create_many(
        data=[{"id": 1, "title": "a", "authorId": "ada"}, {"id": 2, "title": "b", "authorId": "bob"}]
    )
    with pytest.raises(NotFound):
        await change(db, delete=[{"id": 1}, {"id": 2}])
    assert await titles(db) == ["a"]
    await change(db, delete={"id": 1})
    assert await titles(db) == []


async def test_children_of_children_change_in_the_same_call(db: Client) -> None:
    await db.post.create(
        data={"id": 1, "title": "a", "author": {"connect": ADA}, "comments": {"create": {"id": 5, "text": "c"}}}
    )
    nested = {"comments": {"update": {"where": {"id": 5}, "data": {"text": "d"}}}}
    await change(db, update={"where": {"id": 1}, "data": nested})
    assert (await db.comment.find_unique(where={"id": 5}))["text"] == "d"


# ------------------------------------------------------------------ update, to one


async def test_the_side_with_the_key_creates_connects_and_disconnects(db: Client) -> None:
    await db.post.create(data={"id": 1, "title": "t"})

    async def author(**what: Any) -> str | None:
        return (await db.post.update(where={"id": 1}, data={"author": what}))["authorId"]

    assert await author(connect=ADA) == "ada"
    assert await author(connect={"email": "bob@x.io"}) == "bob"
    assert await author(disconnect=False) == "bob"
    assert await author(disconnect={"email": "other@x.io"}) == "bob"
    assert await author(disconnect={"email": "bob@x.io"}) is None
    assert await author(create={"id": "eva", "email": "eva@x.io"}) == "eva"
    assert await author(disconnect=True) is None
    with pytest.raises(NotFound):
        await author(connect={"id": "nobody"})


async def test_the_side_with_the_key_updates_upserts_and_deletes(db: Client) -> None:
    await db.post.create(data={"id": 1, "title": "t", "authorId": "ada"})
    where = {"id": 1}
    await db.post.update(where=where, data={"author": {"update": {"name": "1"}}})
    await db.post.update(where=where, data={"author": {"update": {"where": {"name": "1"}, "data": {"name": "2"}}}})
    assert (await db.user.find_unique(where=ADA))["name"] == "2"
    with pytest.raises(NotFound):
        await db.post.update(where=where, data={"author": {"update": {"where": {"name": "1"}, "data": {"name": "3"}}}})
    await db.post.update(where=where, data={"author": {"disconnect": True}})
    with pytest.raises(NotFound):
        await db.post.update(where=where, data={"author": {"update": {"name": "4"}}})
    upsert = {"create": {"id": "eva", "email": "eva@x.io"}, "update": {"name": "5"}}
    await db.post.update(where=where, data={"author": {"upsert": upsert}})
    post = await db.post.update(where=where, data={"author": {"upsert": upsert}}, include={"author": True})
    assert (post["author"]["id"], post["author"]["name"]) == ("eva", "5")
    with pytest.raises(NotFound):
        await db.post.update(where=where, data={"author": {"delete": {"id": "ada"}}})


async def test_the_other_side_of_one_to_one(db: Client) -> None:
    async def profile(**what: Any) -> dict[str, Any] | None:
        return (await db.user.update(where=ADA, data={"profile": what}, include={"profile": True}))["profile"]

    assert (await profile(create={"id": 1, "bio": "a"}) or {})["userId"] == "ada"
    assert (await profile(update={"bio": "b"}) or {})["bio"] == "b"
    await db.profile.create(data={"id": 2, "bio": "two"})
    assert (await profile(connect={"id": 2}) or {})["id"] == 2
    assert (await db.profile.find_unique(where={"id": 1}))["userId"] is None
    assert await profile(disconnect=True) is None
    assert (await profile(upsert={"create": {"id": 3, "bio": "c"}, "update": {"bio": "d"}}) or {})["bio"] == "c"
    assert (await profile(upsert={"create": {"id": 3, "bio": "c"}, "update": {"bio": "d"}}) or {})["bio"] == "d"
    assert await profile(delete=True) is None
    assert await db.profile.count(where={"id": 3}) == 0
    with pytest.raises(NotFound):
        await profile(delete=True)


async def test_keys_of_several_fields_tie_rows(db: Client) -> None:
    await db.hall.create(data={"id": 1, "seats": {"create": [{"row": 1, "no": n} for n in (1, 2, 3)]}})
    one, two = ({"row_no": {"row": 1, "no": n}} for n in (1, 2))
    await db.hall.update(where={"id": 1}, data={"seats": {"update": {"where": one, "data": {"who": "ada"}}}})
    await db.hall.update(where={"id": 1}, data={"seats": {"set": [one, two]}})
    hall = await db.hall.update(where={"id": 1}, data={"seats": {"delete": two}}, include={"seats": True})
    assert hall["seats"] == [{"row": 1, "no": 1, "who": "ada", "hallId": 1}]


# ------------------------------------------------------------------ many to many


async def labels(db: Client) -> list[str]:
    post = await db.post.find_unique(where={"id": 1}, include={"labels": {"order_by": {"name": "asc"}}})
    return [label["name"] for label in post["labels"]]


async def test_many_to_many_from_either_side(db: Client) -> None:
    await db.post.create(data={"id": 1, "title": "t", "labels": {"create": [{"name": "a"}, {"name": "b"}]}})
    assert await labels(db) == ["a", "b"]

    async def act(**what: Any) -> list[str]:
        await db.post.update(where={"id": 1}, data={"labels": what})
        return await labels(db)

    await db.label.create(data={"name": "c", "posts": {"connect": {"id": 1}}})
    assert await labels(db) == ["a", "b", "c"]
    assert await act(connect={"name": "c"}) == ["a", "b", "c"]
    assert await act(disconnect=[{"name": "a"}, {"name": "nothing"}]) == ["b", "c"]
    assert await act(set=[{"name": "a"}]) == ["a"]
    either = [{"where": {"name": n}, "create": {"name": n}} for n in ("b", "d")]
    assert await act(connect_or_create=either) == ["a", "b", "d"]
    assert await act(update={"where": {"name": "d"}, "data": {"name": "e"}}) == ["a", "b", "e"]
    upsert = {"where": {"name": "f"}, "create": {"name": "f"}, "update": {"name": "g"}}
    assert await act(upsert=upsert) == ["a", "b", "e", "f"]
    assert await act(upsert=upsert) == ["a", "b", "e", "g"]
    assert await act(update_many={"where": {"name": "g"}, "data": {"name": "h"}}) == ["a", "b", "e", "h"]
    assert await act(delete={"name": "h"}) == ["a", "b", "e"]
    assert await act(delete_many={"name": "e"}) == ["a", "b"]
    assert await act(set=[]) == []
    assert await db.label.count() == 3
    with pytest.raises(NotFound):
        await act(connect=[{"name": "a"}, {"name": "nothing"}])
    with pytest.raises(NotFound):
        await act(update={"where": {"name": "a"}, "data": {"name": "not tied"}})


# ------------------------------------------------------------------ what is refused


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"posts": {"creat": {}}}, "data.posts.creat"),
        ({"posts": {"create": {"title": "a", "author": {"connect": ADA}}}}, "data.posts.create.author"),
        ({"posts": {"create": {"title": "a", "authorId": "bob"}}}, "data.posts.create.authorId"),
        ({"posts": {"update": {"title": "a"}}}, "data.posts.update.title"),
        ({"posts": {"connect": {"title": "a"}}}, "data.posts.connect"),
        ({"profile": {"set": []}}, "data.profile.set"),
        ({"profile": {"create_many": {"data": []}}}, "data.profile.create_many"),
    ],
)
async def test_actions_that_do_not_fit_are_told_with_their_place(db: Client, data: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await db.user.update(where=ADA, data=data)
    assert f'"{path}"' in caught.value.message


async def test_a_relation_and_its_key_are_not_given_together(db: Client) -> None:
    with pytest.raises(InvalidInput, match="not both"):
        await db.post.create(data={"title": "t", "authorId": "ada", "author": {"connect": ADA}})
    with pytest.raises(InvalidInput, match="not both"):
        await db.profile.update(where={"id": 1}, data={"userId": "ada", "user": {"disconnect": True}})


async def test_a_required_relation_is_asked_for_by_its_key_or_by_itself(db: Client) -> None:
    with pytest.raises(InvalidInput, match=r'required at "data\.postId"'):
        await db.comment.create(data={"text": "c"})
    with pytest.raises(InvalidInput, match="disconnect"):
        await db.comment.update(where={"id": 1}, data={"post": {"disconnect": True}})
