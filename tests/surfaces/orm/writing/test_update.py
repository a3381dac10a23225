"""`update`, `update_many`, `update_many_and_return`, `upsert`, `delete`, `delete_many`, without relations."""

from decimal import Decimal

import pytest

from gatepost.orm import Client, DatabaseError, InvalidInput, JsonNull, NotFound

from .blog import BLOG
from .conftest import OpenWorld, World


@pytest.fixture(scope="module")
def world(open_world: OpenWorld) -> World:
    return open_world(BLOG)


@pytest.fixture
async def db(world: World) -> Client:
    world.empty()
    client = world.open()
    await client.user.create(data={"id": "ada", "email": "ada@x.io", "age": 10, "money": "2.5", "big": 8, "score": 2.0})
    return client


ADA = {"id": "ada"}


async def test_the_changed_row_is_read_back(db: Client) -> None:
    row = await db.user.update(where=ADA, data={"name": "Ada"}, select={"id": True, "name": True})
    assert row == {"id": "ada", "name": "Ada"}


async def test_any_unique_field_tells_the_row_and_further_filters_narrow_it(db: Client) -> None:
    assert (await db.user.update(where={"email": "ada@x.io"}, data={"name": "1"}))["name"] == "1"
    assert (await db.user.update(where={"email": "ada@x.io", "age": {"gt": 5}}, data={"name": "2"}))["name"] == "2"
    with pytest.raises(NotFound):
        await db.user.update(where={"email": "ada@x.io", "age": {"gt": 50}}, data={"name": "3"})
    with pytest.raises(InvalidInput, match="unique"):
        await db.user.update(where={"age": 10}, data={"name": "4"})


async def test_a_key_of_several_fields_and_its_change(db: Client) -> None:
    await db.seat.create(data={"row": 1, "no": 2})
    moved = await db.seat.update(where={"row_no": {"row": 1, "no": 2}}, data={"no": 3})
    assert (moved["row"], moved["no"]) == (1, 3)
    assert (await db.user.update(where=ADA, data={"id": "eva"}))["id"] == "eva"


async def test_a_missing_row_is_not_found(db: Client) -> None:
    with pytest.raises(NotFound) as caught:
        await db.user.update(where={"id": "nobody"}, data={"name": "x"})
    assert (caught.value.reason, caught.value.model) == ("not-found", "User")


@pytest.mark.parametrize(
    ("change", "result"),
    [({"increment": 4}, 14), ({"decrement": 4}, 6), ({"multiply": 3}, 30), ({"divide": 5}, 2), ({"set": 1}, 1)],
)
async def test_numbers_change_by_operation(db: Client, change: dict[str, int], result: int) -> None:
    row = await db.user.update(where=ADA, data={"age": change, "money": change, "big": change, "score": change})
    assert row["age"] == result
    initial = {"money": Decimal("2.5"), "big": 8, "score": 2.0}
    [(operation, operand)] = change.items()
    worked_out = {
        "increment": lambda value: value + operand,
        "decrement": lambda value: value - operand,
        "multiply": lambda value: value * operand,
        "divide": lambda value: value // operand if isinstance(value, int) else value / operand,
        "set": lambda value: operand,
    }[operation]
    for name, value in initial.items():
        assert row[name] == worked_out(value), name


async def test_a_number_takes_exactly_one_operation(db: Client) -> None:
    with pytest.raises(InvalidInput, match="Only one of"):
        await db.user.update(where=ADA, data={"age": {"increment": 1, "decrement": 1}})
    with pytest.raises(InvalidInput, match="Only one of"):
        await db.user.update(where=ADA, data={"age": {}})
    with pytest.raises(InvalidInput, match=r'did you mean "increment"'):
        await db.user.update(where=ADA, data={"age": {"incremnt": 1}})


async def test_lists_are_set_or_pushed_to(db: Client) -> None:
    assert (await db.user.update(where=ADA, data={"tags": ["a"]}))["tags"] == ["a"]
    assert (await db.user.update(where=ADA, data={"tags": {"push": "b"}}))["tags"] == ["a", "b"]
    assert (await db.user.update(where=ADA, data={"tags": {"push": ["c", "d"]}}))["tags"] == ["a", "b", "c", "d"]
    assert (await db.user.update(where=ADA, data={"tags": {"set": []}}))["tags"] == []
    assert (await db.user.update(where=ADA, data={"roles": {"push": ["ADMIN"]}}))["roles"] == ["ADMIN"]
    with pytest.raises(InvalidInput, match="Only one of"):
        await db.user.update(where=ADA, data={"tags": {"set": [], "push": "x"}})


async def test_json_is_replaced_whole(db: Client, world: World) -> None:
    assert (await db.user.update(where=ADA, data={"meta": {"set": 1}}))["meta"] == {"set": 1}
    await db.user.update(where=ADA, data={"meta": JsonNull})
    assert world.sql('select meta::text from "User"') == [("null",)]


async def test_updated_at_moves_on_unless_only_ignored_fields_change(db: Client) -> None:
    first = (await db.user.find_unique(where=ADA))["changed"]
    assert (await db.user.update(where=ADA, data={"age": 11}))["changed"] == first
    later = (await db.user.update(where=ADA, data={"name": "x"}))["changed"]
    assert later > first
    assert (await db.user.update(where=ADA, data={"name": "y", "changed": first}))["changed"] == first


async def test_an_update_with_nothing_to_change_gives_the_row_as_it_is(db: Client) -> None:
    before = await db.user.find_unique(where=ADA)
    assert await db.user.update(where=ADA, data={}) == before
    with pytest.raises(NotFound):
        await db.user.update(where={"id": "nobody"}, data={})


# ------------------------------------------------------------------ many


async def test_update_many_counts_the_rows_that_match(db: Client) -> None:
    await db.post.create_many(data=[{"title": t} for t in "aab"])
    assert await db.post.update_many(where={"title": "a"}, data={"views": {"increment": 2}}) == {"count": 2}
    assert await db.post.update_many(data={"title": "c"}) == {"count": 3}
    assert await db.post.update_many(where={"title": "nothing"}, data={"views": 1}) == {"count": 0}
    assert await db.post.update_many(data={}) == {"count": 0}


async def test_update_many_stops_at_its_limit(db: Client) -> None:
    await db.post.create_many(data=[{"title": t} for t in "abc"])
    assert await db.post.update_many(data={"views": 1}, limit=2) == {"count": 2}
    assert await db.post.count(where={"views": 1}) == 2
    assert await db.post.update_many(data={"views": 5}, limit=0) == {"count": 0}
    with pytest.raises(InvalidInput, match="limit"):
        await db.post.update_many(data={"views": 1}, limit=-1)


async def test_update_many_and_return_reads_the_changed_rows(db: Client) -> None:
    await db.post.create_many(data=[{"title": t} for t in "ab"])
    rows = await db.post.update_many_and_return(where={"title": "a"}, data={"views": 9}, select={"views": True})
    assert rows == [{"views": 9}]
    with pytest.raises(InvalidInput, match="include"):
        await db.post.update_many_and_return(data={"views": 9}, include={"author": True})


# ------------------------------------------------------------------ upsert


async def test_upsert_creates_the_row_that_is_missing_and_changes_the_one_that_is_there(db: Client) -> None:
    for expected in ("new", "old"):
        row = await db.user.upsert(
            where={"email": "eva@x.io"}, create={"email": "eva@x.io", "name": "new"}, update={"name": "old"}
        )
        assert row["name"] == expected
    assert await db.user.count() == 2


async def test_upsert_with_nothing_to_update_gives_the_row(db: Client) -> None:
    row = await db.user.upsert(where=ADA, create={"email": "other@x.io"}, update={}, select={"email": True})
    assert row == {"email": "ada@x.io"}


async def test_upsert_that_cannot_create_is_the_database_s_error(db: Client) -> None:
    with pytest.raises(DatabaseError):
        await db.user.upsert(where={"id": "x"}, create={"email": "ada@x.io"}, update={})


# ------------------------------------------------------------------ delete


async def test_delete_gives_the_row_as_it_was(db: Client) -> None:
    row = await db.user.delete(where=ADA, select={"email": True, "age": True})
    assert row == {"email": "ada@x.io", "age": 10}
    with pytest.raises(NotFound):
        await db.user.delete(where=ADA)


async def test_delete_shows_the_relations_that_were_there(db: Client) -> None:
    await db.user.update(where=ADA, data={"posts": {"create": {"title": "t"}}})
    row = await db.user.delete(where=ADA, include={"posts": {"select": {"title": True}}})
    assert row["posts"] == [{"title": "t"}]


async def test_delete_many_counts_and_stops_at_its_limit(db: Client) -> None:
    await db.post.create_many(data=[{"title": t} for t in "aabcd"])
    assert await db.post.delete_many(where={"title": "a"}) == {"count": 2}
    assert await db.post.delete_many(limit=2) == {"count": 2}
    assert await db.post.delete_many() == {"count": 1}
    assert await db.post.delete_many({"where": {"title": "gone"}}) == {"count": 0}
