"""Filters of JSON: by path and value, nulls, typed JSON by its members."""

from collections.abc import Callable
from typing import Any

import pytest

from gatepost.orm.errors import InvalidInput
from gatepost.orm.values import AnyNull, DbNull, JsonNull

from .world import World

SCHEMA = """
type Address { city String  zip Int? }
type Job { title String  since DateTime? }
type Profile { name String  age Int?  address Address?  jobs Job[]  tags String[] }
model Note { id Int @id  plain Json  maybe Json?  old Json? @db.Json  profile Profile? @json  places Address[] @json }
"""
ROWS = """
insert into "Note" (id, plain, maybe, old, profile, places) values
 (1, '{"a": {"b": {"c": 42}}, "x": [{"v": 1}, {"v": 2}], "name": "John Doe", "tags": ["ts", "Node"], "n": null}',
  null, '{"k": 1}',
  '{"name": "Alice", "age": 25, "address": {"city": "Ulm"}, "jobs": [{"title": "Dev"}, {"title": "Lead"}],
    "tags": ["p", "q"]}', '[{"city": "Ulm"}, {"city": "Bonn", "zip": 5}]'),
 (2, '"50% \\"x\\""', 'null', '{"k": 2}',
  '{"name": "Bob", "jobs": [], "address": null, "tags": []}', '[]'),
 (3, '[1, null, 3]', '{"key": "value"}', null, null, '[{"city": "Bonn"}]'),
 (4, 'null', null, null, '{"name": 5, "age": "old", "jobs": "none", "tags": 1}', '{"no": "list"}')
"""


@pytest.fixture(scope="module")
def world(open_world: Callable[[str], World]) -> World:
    made = open_world(SCHEMA)
    made.sql(ROWS)
    return made


FILTERS: list[tuple[str, dict[str, Any], list[int]]] = [
    ("equals, whole", {"plain": {"equals": [1, None, 3]}}, [3]),
    ("not", {"plain": {"not": [1, None, 3]}}, [1, 2, 4]),
    ("not excludes the database's null", {"maybe": {"not": {"key": "x"}}}, [2, 3]),
    ("path to a number", {"plain": {"path": "$.a.b.c", "equals": 42}}, [1]),
    ("path to an object", {"plain": {"path": "$.a", "equals": {"b": {"c": 42}}}}, [1]),
    ("path with an index", {"plain": {"path": "$.x[1]", "equals": {"v": 2}}}, [1]),
    ("path to the wrong element", {"plain": {"path": "$.x[0]", "equals": {"v": 2}}}, []),
    ("path $ is the whole", {"plain": {"path": "$", "equals": [1, None, 3]}}, [3]),
    ("path to nowhere", {"plain": {"path": "$.z", "equals": 42}}, []),
    ("DbNull", {"maybe": {"equals": DbNull}}, [1, 4]),
    ("None is DbNull, where the field can be", {"maybe": {"equals": None}}, [1, 4]),
    ("JsonNull", {"maybe": {"equals": JsonNull}}, [2]),
    ("AnyNull", {"maybe": {"equals": AnyNull}}, [1, 2, 4]),
    ("not JsonNull has the database's null", {"maybe": {"not": JsonNull}}, [1, 3, 4]),
    ("not DbNull", {"maybe": {"not": DbNull}}, [2, 3]),
    ("JsonNull of a path", {"plain": {"path": "$.n", "equals": JsonNull}}, [1]),
    ("DbNull of a path: nothing is there", {"plain": {"path": "$.n", "equals": DbNull}}, [2, 3, 4]),
    ("AnyNull of a path", {"plain": {"path": "$.n", "equals": AnyNull}}, [1, 2, 3, 4]),
    ("string_contains", {"plain": {"path": "$.name", "string_contains": "hn D"}}, [1]),
    ("string_contains, case matters", {"plain": {"path": "$.name", "string_contains": "doe"}}, []),
    ("insensitive", {"plain": {"path": "$.name", "string_contains": "DOE", "mode": "insensitive"}}, [1]),
    ("string_starts_with", {"plain": {"path": "$.name", "string_starts_with": "John"}}, [1]),
    ("string_ends_with", {"plain": {"path": "$.name", "string_ends_with": "Doe"}}, [1]),
    ("stringContains", {"plain": {"path": "$.name", "stringContains": "hn"}}, [1]),
    ("a text at the top", {"plain": {"string_contains": "x"}}, [2]),
    ("% stands for itself", {"plain": {"string_starts_with": "5%"}}, []),
    ("what is no text is not like one", {"plain": {"path": "$.a.b.c", "string_contains": "4"}}, []),
    ("array_contains one", {"plain": {"path": "$.tags", "array_contains": "ts"}}, [1]),
    ("array_contains several", {"plain": {"path": "$.tags", "array_contains": ["ts", "Node"]}}, [1]),
    ("array_contains null", {"plain": {"array_contains": [None]}}, [3]),
    ("array_starts_with", {"plain": {"array_starts_with": 1}}, [3]),
    ("array_ends_with", {"plain": {"array_ends_with": 3}}, [3]),
    ("array_ends_with of no array", {"plain": {"path": "$.name", "array_ends_with": "e"}}, []),
    ("a column of type json", {"old": {"equals": {"k": 2}}}, [2]),
    ("typed: a member", {"profile": {"name": "Alice"}}, [1]),
    ("typed: an operator", {"profile": {"age": {"lt": 30}}}, [1]),
    ("typed: an operator, not", {"profile": {"age": {"lt": 20}}}, []),
    ("typed: not", {"profile": {"name": {"not": "Alice"}}}, [2, 4]),
    ("typed: in", {"profile": {"name": {"in": ["Alice", "Zoe"]}}}, [1]),
    ("typed: contains", {"profile": {"name": {"contains": "LIC", "mode": "insensitive"}}}, [1]),
    ("typed: insensitive equals", {"profile": {"name": {"equals": "ALICE", "mode": "insensitive"}}}, [1]),
    ("typed: a missing member is null", {"profile": {"age": None}}, [2, 3]),
    ("typed: nested", {"profile": {"address": {"city": "Ulm"}}}, [1]),
    ("typed: nested null", {"profile": {"address": None}}, [2, 3, 4]),
    ("typed: is", {"profile": {"is": {"name": "Alice"}}}, [1]),
    ("typed: isNot", {"profile": {"isNot": {"name": "Alice"}}}, [2, 4]),
    ("typed: some", {"profile": {"jobs": {"some": {"title": "Lead"}}}}, [1]),
    ("typed: every", {"profile": {"jobs": {"every": {"title": {"contains": "e"}}}}}, [1, 2, 3, 4]),
    ("typed: none", {"profile": {"jobs": {"none": {"title": "Dev"}}}}, [2, 3, 4]),
    ("typed: a list has", {"profile": {"tags": {"has": "p"}}}, [1]),
    ("typed: a list hasSome", {"profile": {"tags": {"hasSome": ["z", "q"]}}}, [1]),
    ("typed: a list isEmpty", {"profile": {"tags": {"isEmpty": True}}}, [2]),
    ("typed: equals, whole", {"profile": {"path": "$.address", "equals": {"city": "Ulm"}}}, [1]),
    ("typed: null", {"profile": None}, [3]),
    ("typed: DbNull", {"profile": DbNull}, [3]),
    ("a typed list: some", {"places": {"some": {"city": "Bonn"}}}, [1, 3]),
    ("a typed list: every", {"places": {"every": {"city": "Bonn"}}}, [2, 3, 4]),
    ("a typed list: none", {"places": {"none": {"zip": {"gt": 1}}}}, [2, 3, 4]),
]


@pytest.mark.parametrize(("where", "ids"), [case[1:] for case in FILTERS], ids=[case[0] for case in FILTERS])
async def test_filter(world: World, where: dict[str, Any], ids: list[int]) -> None:
    assert await world.ids("Note", where) == ids


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("a direct value", {"plain": "x"}, "expected an object"),
    ("null of a field that has none", {"plain": {"equals": None}}, 'at "where.plain.equals"'),
    ("an operator nobody has", {"plain": {"string_contain": "x"}}, 'did you mean "string_contains"?'),
    ("a member nobody has", {"profile": {"nmae": "x"}}, 'there is no member of Profile "nmae", did you mean "name"?'),
    ("a member of the wrong type", {"profile": {"age": "x"}}, 'expected int, received string at "where.profile.age"'),
    ("no path", {"plain": {"path": 1, "equals": 1}}, 'at "where.plain.path"'),
    ("a path of a megabyte", {"plain": {"path": "$" * 2**20, "equals": 1}}, "at most"),
]


@pytest.mark.parametrize(("where", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
async def test_refused(world: World, where: Any, said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        await world.read("Note", "findMany", {"where": where})
    assert said in str(refused.value)


async def test_json_comes_back_as_it_is(world: World) -> None:
    rows = await world.read("Note", "findMany", {"orderBy": {"id": "asc"}, "select": {"plain": True, "maybe": True}})
    assert rows[1] == {"plain": '50% "x"', "maybe": None}
    assert rows[2] == {"plain": [1, None, 3], "maybe": {"key": "value"}}
    assert rows[3] == {"plain": None, "maybe": None}


async def test_a_path_and_values_are_parameters(world: World) -> None:
    made = world.text("Note", "findMany", {"where": {"plain": {"path": "$.secret", "equals": "hidden"}}})
    assert "secret" not in made
    assert "hidden" not in made
