"""Validation attributes and @@validate, in every write."""

from decimal import Decimal
from typing import Any

import pytest

from gatepost.orm import Client, InvalidInput

from .conftest import OpenWorld, World

SCHEMA = r"""
model Foo {
  id     Int      @id @default(autoincrement())
  short  String?  @length(2, 4) @startsWith('a') @endsWith('b') @contains('m') @regex('b{2}')
  email  String?  @email
  at     String?  @datetime
  url    String?  @url
  low    String?  @trim @lower @length(max: 3)
  up     String?  @upper
  phone  String?  @phone
  day    String?  @date
  time   String?  @time
  minute String?  @time(-1)
  between Int?    @gt(2) @lt(4)
  within BigInt?  @gte(2) @lte(4)
  exact  Decimal? @gt(2) @lte(3.5)
  list   Int[]    @length(0, 2)
  told   String?  @length(3, 9, "between 3 and 9 please")
  bars   Bar[]
}

model Bar {
  id    Int    @id @default(autoincrement())
  a     String?
  b     Int?
  c     Int[]
  foo   Foo?   @relation(fields: [fooId], references: [id])
  fooId Int?
  @@validate(a == null || (length(a) >= 2 && startsWith(a, 'x')), 'a is wrong', ['a'])
  @@validate(b > 3, 'b is too small')
  @@validate(!has(c, 7) && (b != 9 || a != null))
}
"""


@pytest.fixture(scope="module")
def world(open_world: OpenWorld) -> World:
    return open_world(SCHEMA)


@pytest.fixture
async def db(world: World) -> Client:
    world.empty()
    client = world.open()
    await client.foo.create(data={"id": 1000})
    return client


WRONG: list[tuple[str, Any, str]] = [
    ("short", "a", "Too small"),
    ("short", "ammbb", "Too big"),
    ("short", "bmbb", "must start with"),
    ("short", "amba", "must end with"),
    ("short", "abb", "must contain"),
    ("short", "amb", "must match"),
    ("email", "not-an-email", "Invalid email"),
    ("email", "a@b..com", "Invalid email"),
    ("at", "2020-01-01", "Invalid ISO datetime"),
    ("at", "2020-02-30T00:00:00Z", "Invalid ISO datetime"),
    ("url", "not-a-url", "Invalid URL"),
    ("url", "http://", "Invalid URL"),
    ("low", "  ABCD ", "Too big"),
    ("phone", "555", "Invalid E.164"),
    ("day", "2021-02-29", "Invalid ISO date"),
    ("time", "24:00:00", "Invalid ISO time"),
    ("minute", "03:15:00", "Invalid ISO time"),
    ("between", 2, "greater than 2"),
    ("between", 4, "less than 4"),
    ("within", 1, "at least 2"),
    ("within", 5, "at most 4"),
    ("exact", 2, "greater than 2"),
    ("exact", "3.51", r"at most 3\.5"),
    ("exact", "f1.2", "decimal"),
    ("list", [1, 2, 3], "Too big"),
    ("told", "x", "between 3 and 9 please"),
]
RIGHT: list[tuple[str, Any, Any]] = [
    ("short", "ambb", "ambb"),
    ("email", "test@example.com", "test@example.com"),
    ("at", "2020-02-29T12:30:00.123Z", "2020-02-29T12:30:00.123Z"),
    ("url", "https://example.com/x?y=1#z", "https://example.com/x?y=1#z"),
    ("low", "  AbC  ", "abc"),
    ("up", "aBc", "ABC"),
    ("phone", "+15555555555", "+15555555555"),
    ("day", "2000-02-29", "2000-02-29"),
    ("time", "03:15:00.5", "03:15:00.5"),
    ("minute", "03:15", "03:15"),
    ("between", 3, 3),
    ("within", 4, 4),
    ("exact", "3.5", Decimal("3.5")),
    ("list", [1, 2], [1, 2]),
    ("told", None, None),
]


@pytest.mark.parametrize(("field", "value", "message"), WRONG)
async def test_a_wrong_value_is_refused_wherever_it_is_written(
    db: Client, field: str, value: Any, message: str
) -> None:
    data = {field: value}
    for call in (
        db.foo.create(data=data),
        db.foo.create_many(data=[{}, data]),
        db.foo.update(where={"id": 1000}, data=data),
        db.foo.update_many(data=data),
        db.foo.upsert(where={"id": 1000}, create={}, update=data),
        db.foo.upsert(where={"id": 1000}, create=data, update={}),
        db.bar.create(data={"foo": {"create": data}}),
    ):
        with pytest.raises(InvalidInput, match=message) as caught:
            await call
        assert field in caught.value.path
    assert await db.foo.count() == 1


@pytest.mark.parametrize(("field", "value", "stored"), RIGHT)
async def test_a_right_value_is_stored_as_the_attributes_leave_it(
    db: Client, field: str, value: Any, stored: Any
) -> None:
    assert (await db.foo.create(data={field: value}))[field] == stored
    assert (await db.foo.update(where={"id": 1000}, data={field: value}))[field] == stored


async def test_all_findings_are_told(db: Client) -> None:
    with pytest.raises(InvalidInput) as caught:
        await db.foo.create(data={"email": "x", "between": 9, "unknown": 1})
    assert [path for path, _ in caught.value.findings] == [("data", "email"), ("data", "between"), ("data", "unknown")]


async def test_a_rule_about_several_fields(db: Client) -> None:
    assert (await db.bar.create(data={"a": "xy", "b": 4}))["a"] == "xy"
    with pytest.raises(InvalidInput, match="a is wrong") as caught:
        await db.bar.create(data={"a": "y"})
    assert caught.value.path == ("data", "a")
    for data in ({"b": 3}, {"b": None}):
        with pytest.raises(InvalidInput, match="b is too small"):
            await db.bar.create(data=data)
    with pytest.raises(InvalidInput, match="rule at"):
        await db.bar.create(data={"b": 9, "c": [1]})


async def test_an_absent_field_passes_comparisons_and_fails_functions(db: Client) -> None:
    row = await db.bar.create(data={})
    assert (await db.bar.update(where={"id": row["id"]}, data={"a": "xyz"}))["b"] is None
    with pytest.raises(InvalidInput, match="a is wrong"):
        await db.bar.update(where={"id": row["id"]}, data={"a": "x"})
    with pytest.raises(InvalidInput, match="a is wrong"):
        await db.foo.update(where={"id": 1000}, data={"bars": {"create": [{"a": "xx"}, {"a": "y"}]}})
    assert (await db.bar.update(where={"id": row["id"]}, data={"b": {"increment": 1}}))["b"] is None


async def test_validation_is_about_input_never_about_filters(db: Client) -> None:
    assert await db.foo.count(where={"email": "not-an-email"}) == 0


async def test_validation_can_be_switched_off_types_cannot(world: World) -> None:
    db = world.open(validate_input=False)
    row = await db.foo.create(data={"email": "x", "between": 9, "low": " A "})
    assert (row["email"], row["between"], row["low"]) == ("x", 9, " A ")
    assert (await db.bar.create(data={"a": "y"}))["a"] == "y"
    with pytest.raises(InvalidInput, match="expected int"):
        await db.foo.create(data={"between": "9"})
