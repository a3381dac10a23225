"""Filters of values: each operator of each type, null, NOT, AND and OR."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gatepost.orm.errors import InvalidInput

from .world import World

SCHEMA = """
enum Size { SMALL @map("s") LARGE }
model Thing {
  id Int @id
  word String?
  code String @db.Uuid
  flag Boolean?
  count Int?
  big BigInt?
  ratio Float?
  price Decimal?
  at DateTime?
  day DateTime? @db.Date
  hour DateTime? @db.Time
  data Bytes?
  size Size?
  tags String[]
  numbers Int[]
  sizes Size[]
  moments DateTime[]
  blobs Bytes[]
}
"""
FIRST = "00000000-0000-4000-8000-000000000001"
SECOND = "00000000-0000-4000-8000-000000000002"
ROWS = f"""
insert into "Thing" values
 (1, 'Alpha', '{FIRST}', true, 1, 9007199254740993, 0.5, 1.10, '2024-01-01 10:00:00.123', '2024-01-01', '09:30',
  '\\x0001ff', 's', '{{a,b}}', '{{1,2}}', '{{s,LARGE}}', '{{"2024-01-01 00:00:00"}}', '{{"\\\\x00ff"}}'),
 (2, '50%_\\beta', '{SECOND}', false, 2, -5, 1.5, 2.20, '2024-06-01 10:00:00', '2024-06-01', '17:00',
  '\\x', 'LARGE', '{{}}', '{{3}}', '{{}}', '{{}}', '{{}}'),
 (3, null, '{FIRST}', null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)
"""


@pytest.fixture(scope="module")
def world(open_world: Callable[[str], World]) -> World:
    made = open_world(SCHEMA)
    made.sql(ROWS)
    return made


MOMENT = datetime(2024, 1, 1, 10, 0, 0, 123000, tzinfo=UTC)

FILTERS: list[tuple[str, dict[str, Any], list[int]]] = [
    ("a direct value", {"word": "Alpha"}, [1]),
    ("null is IS NULL", {"word": None}, [3]),
    ("equals", {"word": {"equals": "Alpha"}}, [1]),
    ("equals null", {"word": {"equals": None}}, [3]),
    ("not excludes null rows", {"word": {"not": "Alpha"}}, [2]),
    ("not null", {"word": {"not": None}}, [1, 2]),
    ("not nests", {"word": {"not": {"not": {"equals": "Alpha"}}}}, [1]),
    ("not of operators", {"count": {"not": {"gt": 1}}}, [1]),
    ("in", {"word": {"in": ["Alpha", "x"]}}, [1]),
    ("in of nothing is false", {"word": {"in": []}}, []),
    ("notIn excludes null rows", {"word": {"notIn": ["Alpha"]}}, [2]),
    ("notIn of nothing is true", {"word": {"notIn": []}}, [1, 2, 3]),
    ("in, of a uuid", {"code": {"in": [SECOND]}}, [2]),
    ("lt", {"count": {"lt": 2}}, [1]),
    ("lte", {"count": {"lte": 2}}, [1, 2]),
    ("gt", {"count": {"gt": 1}}, [2]),
    ("gte", {"count": {"gte": 1}}, [1, 2]),
    ("text is ordered", {"word": {"lt": "B"}}, [1, 2]),
    ("between includes its bounds", {"count": {"between": [1, 1]}}, [1]),
    ("between, the wrong way round", {"count": {"between": [2, 1]}}, []),
    ("several operators all hold", {"count": {"gt": 0, "lt": 2}}, [1]),
    ("no operator: no condition", {"count": {}}, [1, 2, 3]),
    ("contains", {"word": {"contains": "lph"}}, [1]),
    ("contains: % stands for itself", {"word": {"contains": "0%_"}}, [2]),
    ("contains: \\ stands for itself", {"word": {"contains": "_\\b"}}, [2]),
    ("contains: _ is no wildcard", {"word": {"contains": "A_p"}}, []),
    ("startsWith", {"word": {"startsWith": "Al"}}, [1]),
    ("starts_with", {"word": {"starts_with": "Al"}}, [1]),
    ("endsWith", {"word": {"endsWith": "beta"}}, [2]),
    ("contains, of a uuid", {"code": {"contains": "0002"}}, [2]),
    ("insensitive contains", {"word": {"contains": "LPH", "mode": "insensitive"}}, [1]),
    ("insensitive equals", {"word": {"equals": "alpha", "mode": "insensitive"}}, [1]),
    ("insensitive in", {"word": {"in": ["ALPHA"], "mode": "insensitive"}}, [1]),
    ("insensitive notIn", {"word": {"notIn": ["ALPHA"], "mode": "insensitive"}}, [2]),
    ("default mode", {"word": {"equals": "alpha", "mode": "default"}}, []),
    ("boolean", {"flag": True}, [1]),
    ("boolean not", {"flag": {"not": True}}, [2]),
    ("bigint, exactly", {"big": 9007199254740993}, [1]),
    ("bigint in", {"big": {"in": [9007199254740992, -5]}}, [2]),
    ("float", {"ratio": {"gte": 1.5}}, [2]),
    ("float of an int", {"ratio": {"lt": 1}}, [1]),
    ("decimal of text", {"price": "1.1"}, [1]),
    ("decimal", {"price": {"between": [Decimal("1.05"), 2]}}, [1]),
    ("datetime", {"at": MOMENT}, [1]),
    ("datetime of ISO text", {"at": {"equals": "2024-01-01T10:00:00.123Z"}}, [1]),
    ("datetime of another zone", {"at": "2024-01-01T11:00:00.123+01:00"}, [1]),
    ("datetime of a date alone", {"at": {"lt": "2024-02-01"}}, [1]),
    ("a naive datetime is UTC", {"at": MOMENT.replace(tzinfo=None)}, [1]),
    ("datetime in", {"at": {"in": ["2024-01-01T10:00:00.123Z", MOMENT]}}, [1]),
    ("date", {"day": datetime(2024, 6, 1, tzinfo=UTC)}, [2]),
    ("time", {"hour": {"gt": datetime(1970, 1, 1, 10, tzinfo=UTC)}}, [2]),
    ("bytes", {"data": b"\x00\x01\xff"}, [1]),
    ("bytes in", {"data": {"in": [b"", b"x"]}}, [2]),
    ("bytes not", {"data": {"not": b""}}, [1]),
    ("enum", {"size": "LARGE"}, [2]),
    ("enum by its name in the schema", {"size": {"in": ["SMALL"]}}, [1]),
    ("enum not", {"size": {"not": "SMALL"}}, [2]),
    ("enum notIn", {"size": {"notIn": ["SMALL", "LARGE"]}}, []),
    ("list equals", {"tags": {"equals": ["a", "b"]}}, [1]),
    ("list equals, in order", {"tags": {"equals": ["b", "a"]}}, []),
    ("has", {"tags": {"has": "a"}}, [1]),
    ("hasEvery", {"tags": {"hasEvery": ["a", "b"]}}, [1]),
    ("hasEvery of nothing", {"tags": {"hasEvery": []}}, [1, 2]),
    ("hasSome", {"numbers": {"hasSome": [2, 3]}}, [1, 2]),
    ("hasSome of nothing", {"tags": {"hasSome": []}}, []),
    ("isEmpty: a null list is not", {"tags": {"isEmpty": True}}, [2]),
    ("isEmpty false", {"tags": {"is_empty": False}}, [1]),
    ("a list of enums has", {"sizes": {"has": "SMALL"}}, [1]),
    ("a list of moments has", {"moments": {"has": "2024-01-01T00:00:00Z"}}, [1]),
    ("a list of bytes has", {"blobs": {"has": b"\x00\xff"}}, [1]),
    ("AND of an object", {"AND": {"count": 1}}, [1]),
    ("AND of a list", {"AND": [{"count": {"gt": 0}}, {"flag": False}]}, [2]),
    ("AND of nothing is true", {"AND": []}, [1, 2, 3]),
    ("AND of {} is true", {"AND": [{}]}, [1, 2, 3]),
    ("OR", {"OR": [{"count": 1}, {"flag": False}]}, [1, 2]),
    ("OR of nothing is false", {"OR": []}, []),
    ("OR of {} is false", {"OR": [{}]}, []),
    ("OR: {} is dropped", {"OR": [{}, {"count": 1}]}, [1]),
    ("NOT of an object", {"NOT": {"count": 1}}, [2]),
    ("NOT of several: not all of them", {"NOT": [{"count": {"gt": 0}}, {"flag": True}]}, [2]),
    ("NOT of nothing is true", {"NOT": []}, [1, 2, 3]),
    ("NOT of {} is true", {"NOT": {}}, [1, 2, 3]),
    ("fields and connectives all hold", {"count": {"gt": 0}, "NOT": {"count": 1}, "OR": [{"flag": False}]}, [2]),
]


@pytest.mark.parametrize(("where", "ids"), [case[1:] for case in FILTERS], ids=[case[0] for case in FILTERS])
async def test_filter(world: World, where: dict[str, Any], ids: list[int]) -> None:
    assert await world.ids("Thing", where) == ids


REFUSED: list[tuple[str, Any, str]] = [
    ("a field nobody has", {"wrod": "x"}, 'there is no field of Thing "wrod", did you mean "word"? at "where.wrod"'),
    ("an operator nobody has", {"word": {"equal": "x"}}, 'did you mean "equals"? at "where.word.equal"'),
    ("an operator of another type", {"flag": {"gt": True}}, 'there is no filter for Boolean "gt"'),
    ("an operator enums lack", {"size": {"contains": "S"}}, 'at "where.size.contains"'),
    ("text for a number", {"count": "1"}, 'expected int, received string at "where.count"'),
    ("true for a number", {"count": True}, "expected int, received boolean"),
    ("a number beyond its type", {"count": 2**31}, "expected int between"),
    ("null in a list", {"count": {"in": [1, None]}}, 'expected int, received null at "where.count.in[1]"'),
    ("null for a field that has none", {"code": None}, 'at "where.code"'),
    ("no member of the enum", {"size": "MEDIUM"}, 'expected one of "SMALL", "LARGE"'),
    ("the database's name of a member", {"size": "s"}, 'expected one of "SMALL", "LARGE"'),
    (
        "a search in a field not made for it",
        {"word": {"fuzzy": {"search": "x"}}},
        'there is no filter for String "fuzzy"',
    ),
    ("no mode", {"word": {"equals": "x", "mode": "any"}}, 'at "where.word.mode"'),
    ("bounds that are not two", {"count": {"between": [1]}}, "two bounds"),
    ("a list for a list", {"tags": ["a"]}, 'expected an object, received list at "where.tags"'),
    ("OR of an object", {"OR": {"count": 1}}, 'expected a list, received object at "where.OR"'),
    ("NUL in a text", {"word": "a\0b"}, "NUL"),
    ("half a surrogate pair", {"word": "\ud800"}, "Unicode"),
    ("no object", "x", 'expected an object, received string at "where"'),
]


@pytest.mark.parametrize(("where", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
async def test_refused(world: World, where: Any, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await world.read("Thing", "findMany", {"where": where})
    assert said in str(refused.value)


async def test_sql_of_the_programs_own(world: World) -> None:
    where = {"$expr": lambda row: f"{row}.count + 1 = 2", "flag": True}
    assert await world.ids("Thing", where) == [1]
    assert await world.ids("Thing", {"NOT": where}) == [2]
    with pytest.raises(InvalidInput, match='"\\$expr" must be a function'):
        await world.ids("Thing", {"$expr": "true"})


HOSTILE = ['\'; drop table "Thing"; --', '"', "\\", "%", "$1", "{}", "\u202e", "x" * 100_000, "{{row}}", "::int"]

FITTING: list[Callable[[str], dict[str, Any]]] = [
    lambda text: {"where": {"word": text}},
    lambda text: {"where": {"word": {"contains": text}}},
    lambda text: {"where": {"word": {"in": [text]}}},
    lambda text: {"where": {"tags": {"has": text}}},
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_is_only_ever_a_value(world: World, text: str) -> None:
    for make in FITTING:
        assert world.text("Thing", "findMany", make(text)) == world.text("Thing", "findMany", make("tame"))
        await world.read("Thing", "findMany", make(text))
    with pytest.raises(InvalidInput):
        await world.ids("Thing", {text: "x"})
    with pytest.raises(InvalidInput):
        await world.ids("Thing", {"word": {text: "x"}})
    assert await world.read("Thing", "count") == 3


async def test_values_come_back_as_python_has_them(world: World) -> None:
    [row] = await world.read("Thing", "findMany", {"where": {"id": 1}})
    assert row == {
        "id": 1,
        "word": "Alpha",
        "code": FIRST,
        "flag": True,
        "count": 1,
        "big": 9007199254740993,
        "ratio": 0.5,
        "price": Decimal("1.10"),
        "at": MOMENT,
        "day": datetime(2024, 1, 1, tzinfo=UTC),
        "hour": datetime(1970, 1, 1, 9, 30, tzinfo=UTC),
        "data": b"\x00\x01\xff",
        "size": "SMALL",
        "tags": ["a", "b"],
        "numbers": [1, 2],
        "sizes": ["SMALL", "LARGE"],
        "moments": [datetime(2024, 1, 1, tzinfo=UTC)],
        "blobs": [b"\x00\xff"],
    }
    assert list(row) == list(world.schema.models["Thing"].fields)


async def test_null_comes_back_as_none_and_a_null_list_is_empty(world: World) -> None:
    [row] = await world.read("Thing", "findMany", {"where": {"id": 3}})
    empty = {name: [] if field.type.array else None for name, field in world.schema.models["Thing"].fields.items()}
    assert row == empty | {"id": 3, "code": FIRST}


async def test_a_list_of_values_is_one_parameter(world: World) -> None:
    few = world.text("Thing", "findMany", {"where": {"count": {"in": [1]}}})
    many = world.text("Thing", "findMany", {"where": {"count": {"in": list(range(1000))}}})
    assert few == many
    assert few.endswith('WHERE "gp1"."count" = ANY ($3)) AS gatepost_page')
