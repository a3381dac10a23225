"""count, aggregate, groupBy, exists."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gatepost.orm.errors import InvalidInput

from .world import World

SCHEMA = """
enum Kind { BIG @map("big") SMALL AAA @map("aaa") }
model Sale {
  id Int @id
  shop String
  kind Kind
  amount Int?
  big BigInt?
  price Decimal?
  ratio Float?
  at DateTime?
  data Json?
  tags String[]
  lines Line[]
}
model Line { id Int @id  saleId Int  sale Sale @relation(fields: [saleId], references: [id]) }
"""
ROWS = """
insert into "Sale" values
 (1, 'a', 'big', 10, 9007199254740993, 1.5, 0.5, '2024-01-01', null, '{}'),
 (2, 'a', 'SMALL', 20, 2, 2.5, 1.5, '2024-01-03', null, '{}'),
 (3, 'b', 'SMALL', 30, null, null, null, '2024-01-02', null, '{}'),
 (4, 'c', 'SMALL', null, null, null, null, null, null, '{}');
insert into "Line" values (1, 1), (2, 1), (3, 3);
"""


@pytest.fixture(scope="module")
def world(open_world: Callable[[str], World]) -> World:
    made = open_world(SCHEMA)
    made.sql(ROWS)
    return made


async def test_count(world: World) -> None:
    assert await world.read("Sale", "count") == 4
    assert await world.read("Sale", "count", {"where": {"shop": "a"}}) == 2
    assert await world.read("Sale", "count", {"where": {"lines": {"some": {}}}}) == 2
    assert await world.read("Sale", "count", {"where": {"shop": "z"}}) == 0


async def test_count_of_a_page(world: World) -> None:
    assert await world.read("Sale", "count", {"take": 3}) == 3
    assert await world.read("Sale", "count", {"skip": 3, "order_by": {"id": "desc"}}) == 1
    assert await world.read("Sale", "count", {"take": -2, "skip": 3}) == 1


async def test_count_of_fields_ignores_nulls(world: World) -> None:
    counted = await world.read("Sale", "count", {"select": {"_all": True, "amount": True, "price": True}})
    assert counted == {"_all": 4, "amount": 3, "price": 2}
    paged = await world.read("Sale", "count", {"select": {"_all": True, "amount": True}, "skip": 3})
    assert paged == {"_all": 1, "amount": 0}


async def test_aggregate(world: World) -> None:
    asked = {
        "_count": {"_all": True, "amount": True},
        "_sum": {"amount": True, "big": True, "price": True, "ratio": True},
        "_avg": {"amount": True, "price": True, "ratio": True},
        "_min": {"amount": True, "shop": True, "kind": True, "at": True, "price": True},
        "_max": {"big": True, "kind": True, "at": True},
    }
    assert await world.read("Sale", "aggregate", asked) == {
        "_count": {"_all": 4, "amount": 3},
        "_sum": {"amount": 60, "big": 9007199254740995, "price": Decimal(4), "ratio": 2.0},
        "_avg": {"amount": 20.0, "price": Decimal(2), "ratio": 1.0},
        "_min": {
            "amount": 10,
            "shop": "a",
            "kind": "BIG",
            "at": datetime(2024, 1, 1, tzinfo=UTC),
            "price": Decimal("1.5"),
        },
        "_max": {"big": 9007199254740993, "kind": "SMALL", "at": datetime(2024, 1, 3, tzinfo=UTC)},
    }


async def test_types_of_aggregates(world: World) -> None:
    found = await world.read("Sale", "aggregate", {"_sum": {"amount": True, "price": True}, "_avg": {"amount": True}})
    assert [type(found["_sum"]["amount"]), type(found["_sum"]["price"])] == [int, Decimal]
    assert type(found["_avg"]["amount"]) is float


async def test_aggregate_of_nothing(world: World) -> None:
    asked = {
        "where": {"id": 0},
        "_count": True,
        "_sum": {"amount": True},
        "_avg": {"price": True},
        "_min": {"at": True},
    }
    assert await world.read("Sale", "aggregate", asked) == {
        "_count": 0,
        "_sum": {"amount": None},
        "_avg": {"price": None},
        "_min": {"at": None},
    }


async def test_aggregate_of_a_page(world: World) -> None:
    last = {"take": -2, "orderBy": {"id": "asc"}, "_sum": {"amount": True}, "_count": True}
    assert await world.read("Sale", "aggregate", last) == {"_sum": {"amount": 30}, "_count": 2}


async def test_aggregate_of_no_aggregates(world: World) -> None:
    assert await world.read("Sale", "aggregate", {}) == {}


async def test_zenstack_compares_members_by_name(world: World) -> None:
    asked = {"_min": {"kind": True}, "_max": {"kind": True}}
    world.sql("""insert into "Sale" (id, shop, kind) values (5, 'd', 'aaa')""")
    assert await world.read("Sale", "aggregate", asked) == {"_min": {"kind": "BIG"}, "_max": {"kind": "AAA"}}
    compared = await world.read("Sale", "aggregate", asked, compat=True)
    assert compared == {"_min": {"kind": "AAA"}, "_max": {"kind": "SMALL"}}
    world.sql("""delete from "Sale" where id = 5""")


async def test_group_by_one_field(world: World) -> None:
    asked = {"by": "shop", "_count": True, "orderBy": {"shop": "asc"}}
    assert await world.read("Sale", "groupBy", asked) == [
        {"shop": "a", "_count": 2},
        {"shop": "b", "_count": 1},
        {"shop": "c", "_count": 1},
    ]


async def test_group_by_several_fields(world: World) -> None:
    asked = {"by": ["kind", "shop"], "_sum": {"amount": True}, "orderBy": [{"kind": "asc"}, {"shop": "desc"}]}
    assert await world.read("Sale", "group_by", asked) == [
        {"kind": "BIG", "shop": "a", "_sum": {"amount": 10}},
        {"kind": "SMALL", "shop": "c", "_sum": {"amount": None}},
        {"kind": "SMALL", "shop": "b", "_sum": {"amount": 30}},
        {"kind": "SMALL", "shop": "a", "_sum": {"amount": 20}},
    ]


async def test_group_by_without_aggregates_is_each_value_once(world: World) -> None:
    rows = await world.read("Sale", "groupBy", {"by": ["shop"], "orderBy": {"shop": "desc"}})
    assert rows == [{"shop": "c"}, {"shop": "b"}, {"shop": "a"}]


GROUPS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("where comes first", {"where": {"amount": {"gt": 10}}, "orderBy": {"shop": "asc"}}, ["a", "b"]),
    ("having a grouped field", {"having": {"shop": {"in": ["b", "c"]}}, "orderBy": {"shop": "asc"}}, ["b", "c"]),
    ("having a direct value", {"having": {"shop": "b"}}, ["b"]),
    ("having an aggregate", {"having": {"amount": {"_sum": {"equals": 30}}}, "orderBy": {"shop": "asc"}}, ["a", "b"]),
    ("having a direct aggregate", {"having": {"amount": {"_max": 20}}}, ["a"]),
    ("having an average", {"having": {"amount": {"_avg": {"gt": 14.5, "lt": 16}}}}, ["a"]),
    ("having a count", {"having": {"id": {"_count": {"gte": 2}}}}, ["a"]),
    ("having a null aggregate", {"having": {"amount": {"_sum": None}}}, ["c"]),
    ("having several aggregates", {"having": {"amount": {"_min": {"gt": 5}, "_max": {"lt": 25}}}}, ["a"]),
    ("having NOT, OR", {"having": {"NOT": {"shop": "b"}, "OR": [{"amount": {"_sum": None}}]}}, ["c"]),
    ("having a text aggregate", {"having": {"shop": {"_max": {"contains": "c"}}}}, ["c"]),
    ("order by a count", {"orderBy": [{"_count": {"id": "desc"}}, {"shop": "desc"}]}, ["a", "c", "b"]),
    ("order by a sum", {"orderBy": [{"_sum": {"amount": "desc"}}, {"shop": "asc"}]}, ["c", "a", "b"]),
    ("take and skip", {"take": 1, "skip": 1, "orderBy": {"shop": "asc"}}, ["b"]),
    ("take and skip without an order", {"take": 1, "skip": 1}, ["b"]),
    ("take from the end", {"take": -2, "orderBy": {"shop": "asc"}}, ["b", "c"]),
]


@pytest.mark.parametrize(("asked", "shops"), [case[1:] for case in GROUPS], ids=[case[0] for case in GROUPS])
async def test_groups(world: World, asked: dict[str, Any], shops: list[str]) -> None:
    rows = await world.read("Sale", "groupBy", {"by": ["shop"]} | asked)
    assert [row["shop"] for row in rows] == shops


async def test_exists(world: World) -> None:
    assert await world.read("Sale", "exists") is True
    assert await world.read("Sale", "exists", {"where": {"lines": {"some": {"id": 3}}}}) is True
    assert await world.read("Sale", "exists", {"where": {"shop": "z"}}) is False


REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    ("by nothing", "groupBy", {"by": []}, 'at least one field at "by"'),
    ("no by", "groupBy", {"_count": True}, 'at "by"'),
    ("by a relation", "groupBy", {"by": ["lines"]}, "is a relation"),
    ("by a field nobody has", "groupBy", {"by": ["shp"]}, 'did you mean "shop"'),
    ("having a field that is not in by", "groupBy", {"by": ["shop"], "having": {"amount": 10}}, 'must be in "by"'),
    ("having a relation", "groupBy", {"by": ["shop"], "having": {"lines": {}}}, "is a relation"),
    (
        "order by a field that is not in by",
        "groupBy",
        {"by": ["shop"], "orderBy": {"amount": "asc"}},
        'must be in "by"',
    ),
    ("a sum of text", "aggregate", {"_sum": {"shop": True}}, 'there is no field for _sum "shop"'),
    ("a maximum of a list", "aggregate", {"_max": {"tags": True}}, 'there is no field for _max "tags"'),
    ("false", "aggregate", {"_sum": {"amount": False}}, 'expected true at "_sum.amount"'),
    ("a function nobody has", "aggregate", {"_median": {"amount": True}}, 'there is no option "_median"'),
    ("a count of a relation", "count", {"select": {"lines": True}}, "is a relation"),
    ("a count of nothing", "count", {"select": {}}, "at least one field"),
    ("a select", "exists", {"select": {"id": True}}, 'there is no option "select"'),
]


@pytest.mark.parametrize(("operation", "asked", "said"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])
async def test_refused(world: World, operation: str, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await world.read("Sale", operation, asked)
    assert said in str(refused.value)
