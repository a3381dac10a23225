"""`create`, `create_many`, `create_many_and_return`, without relations."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from gatepost.orm import Client, DatabaseError, DbNull, InvalidInput, JsonNull

from .blog import BLOG
from .conftest import OpenWorld, World


@pytest.fixture(scope="module")
def world(open_world: OpenWorld) -> World:
    return open_world(BLOG)


@pytest.fixture
async def db(world: World) -> Client:
    world.empty()
    return world.open()


async def test_a_new_row_is_read_back_with_its_defaults(db: Client) -> None:
    row = await db.user.create(data={"email": "a@x.io"})
    assert row["email"] == "a@x.io"
    assert row["role"] == "USER"
    assert row["age"] == 3
    assert row["tags"] == []
    assert len(row["id"]) == 25
    assert abs(datetime.now(UTC) - row["made"]) < timedelta(minutes=1)
    assert await db.user.find_unique(where={"id": row["id"]}) == row


async def test_select_and_omit_shape_what_is_read_back(db: Client) -> None:
    assert await db.user.create(data={"email": "a@x.io"}, select={"email": True}) == {"email": "a@x.io"}
    row = await db.user.create(data={"email": "b@x.io"}, omit={"email": True})
    assert "email" not in row
    assert "role" in row
    with pytest.raises(InvalidInput, match="cannot be used together"):
        await db.user.create(data={"email": "c@x.io"}, select={"id": True}, omit={"id": True})
    assert await db.user.count() == 2


async def test_values_of_every_type_come_back_as_they_were(db: Client) -> None:
    born = datetime(1815, 12, 10, 13, 14, 15, 123000, tzinfo=UTC)
    data = {
        "email": "a@x.io",
        "name": "Ada ' \\ \" ☃",
        "role": "ADMIN",
        "score": 1.5,
        "money": Decimal("12345678901234567890.123"),
        "big": 2**62,
        "tags": ["a", 'b"c', "d,e", "NULL", ""],
        "roles": ["USER", "ADMIN"],
        "photo": b"\x00\xff",
        "meta": {"deep": [1, None, "x"]},
        "born": born,
    }
    row = await db.user.create(data=data)
    assert {name: row[name] for name in data} == data


async def test_an_enum_s_member_is_stored_by_its_database_name(db: Client, world: World) -> None:
    await db.user.create(data={"email": "a@x.io", "role": "ADMIN", "roles": ["ADMIN"]})
    assert world.sql('select role::text, roles::text from "User"') == [("admin", "{admin}")]


async def test_nulls_of_json_are_told_apart(db: Client, world: World) -> None:
    await db.user.create(data={"email": "a@x.io", "meta": JsonNull})
    await db.user.create(data={"email": "b@x.io", "meta": DbNull})
    await db.user.create(data={"email": "c@x.io"})
    rows = world.sql('select meta::text, meta is null from "User" order by email')
    assert rows == [("null", False), (None, True), (None, True)]
    with pytest.raises(InvalidInput, match="DbNull or JsonNull"):
        await db.user.create(data={"email": "d@x.io", "meta": None})


async def test_a_list_may_be_given_by_set(db: Client) -> None:
    row = await db.user.create(data={"email": "a@x.io", "tags": {"set": ["x"]}}, select={"tags": True})
    assert row == {"tags": ["x"]}


async def test_a_violated_constraint_is_a_database_error_with_its_code(db: Client) -> None:
    await db.user.create(data={"email": "a@x.io"})
    with pytest.raises(DatabaseError) as caught:
        await db.user.create(data={"email": "a@x.io"})
    assert caught.value.db_error_code == "23505"
    assert caught.value.reason == "db-query-error"


async def test_a_row_of_defaults_alone(db: Client) -> None:
    assert await db.hall.create(data={"id": 1}) == {"id": 1}
    assert (await db.post.create(data={"title": "t"}))["id"] == 1


# ------------------------------------------------------------------ many


async def test_create_many_counts_and_fills_defaults_in_every_row(db: Client) -> None:
    done = await db.user.create_many(data=[{"email": "a@x.io"}, {"email": "b@x.io", "age": 7, "name": "B"}])
    assert done == {"count": 2}
    rows = await db.user.find_many(order_by={"email": "asc"})
    assert [(row["age"], row["name"]) for row in rows] == [(3, None), (7, "B")]
    assert len({row["id"] for row in rows}) == 2


async def test_create_many_takes_one_object_and_none(db: Client) -> None:
    assert await db.user.create_many(data={"email": "a@x.io"}) == {"count": 1}
    assert await db.user.create_many(data=[]) == {"count": 0}
    assert await db.user.create_many_and_return(data=[]) == []


async def test_create_many_skips_duplicates_or_writes_nothing(db: Client) -> None:
    await db.user.create_many(data=[{"email": "a@x.io"}])
    with pytest.raises(DatabaseError):
        await db.user.create_many(data=[{"email": "b@x.io"}, {"email": "a@x.io"}])
    assert await db.user.count() == 1
    done = await db.user.create_many(data=[{"email": "b@x.io"}, {"email": "a@x.io"}], skip_duplicates=True)
    assert done == {"count": 1}
    assert await db.call("User", "createMany", {"data": [{"email": "b@x.io"}], "skipDuplicates": True}) == {"count": 0}


async def test_create_many_and_return_reads_the_new_rows(db: Client) -> None:
    rows = await db.post.create_many_and_return(
        data=[{"title": "a"}, {"title": "b", "views": 2}], select={"title": True, "views": True}
    )
    assert sorted(rows, key=lambda row: row["title"]) == [{"title": "a", "views": 0}, {"title": "b", "views": 2}]
    await db.post.create_many_and_return(data=[{"title": "c"}, {"title": "c"}], skip_duplicates=True)
    assert await db.post.count() == 4


async def test_create_many_takes_no_relations(db: Client) -> None:
    with pytest.raises(InvalidInput, match="author"):
        await db.post.create_many(data=[{"title": "a", "author": {"create": {"email": "a@x.io"}}}])


async def test_many_thousand_rows_are_all_or_nothing(db: Client) -> None:
    rows = [{"title": f"t{number}", "views": number} for number in range(20_000)]
    assert await db.post.create_many(data=rows) == {"count": 20_000}
    numbered = [{"id": number, "title": "x"} for number in range(30_000, 50_000)]
    with pytest.raises(DatabaseError):
        await db.post.create_many(data=[*numbered, {"id": 30_000, "title": "again"}])
    assert await db.post.count() == 20_000
