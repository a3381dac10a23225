"""Any condition at all finds the rows for which it is true, as Python works it out."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .meaning import SCHEMA, Meaning
from .world import World

PEOPLE: list[dict[str, Any]] = [
    {"id": 1, "name": "a", "age": 1, "tags": ["a"], "bossId": None},
    {"id": 2, "name": "B", "age": None, "tags": ["a", "b"], "bossId": 1},
    {"id": 3, "name": None, "age": 2, "tags": [], "bossId": 1},
    {"id": 4, "name": "ab%", "age": 3, "tags": ["b"], "bossId": 2},
    {"id": 5, "name": "", "age": 1, "tags": ["b", "a"], "bossId": 3},
    {"id": 6, "name": "b", "age": None, "tags": [], "bossId": None},
]
GROUPS: list[dict[str, Any]] = [{"id": 1, "label": "a"}, {"id": 2, "label": None}, {"id": 3, "label": "ab"}]
MEMBERS = {(1, 1), (1, 2), (1, 3), (2, 2), (2, 6)}
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much]
MEANING = Meaning(PEOPLE, GROUPS, MEMBERS)

texts = st.sampled_from(["a", "A", "b", "ab", "%", ""])
numbers = st.integers(0, 4)
tags = st.lists(st.sampled_from(["a", "b"]), max_size=2)


def chosen(members: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """An object of some of these members."""
    return st.fixed_dictionaries({}, optional=members)


def operators(values: st.SearchStrategy[Any], more: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """A direct value, null, or a few operators, `not` in depth."""
    direct = values | st.none()
    lists = st.lists(values, max_size=2)
    known = {"equals": direct, "in": lists, "notIn": lists} | more
    return st.recursive(direct | chosen(known), lambda inner: chosen(known | {"not": inner}), max_leaves=3)


PATTERNS = {
    "contains": texts,
    "startsWith": texts,
    "endsWith": texts,
    "mode": st.sampled_from(["default", "insensitive"]),
}
ORDERED = {"lt": numbers, "gte": numbers, "between": st.lists(numbers, min_size=2, max_size=2)}
name = operators(texts, PATTERNS)
age = operators(numbers, ORDERED)
listed = chosen({"equals": tags, "has": texts, "hasEvery": tags, "hasSome": tags, "isEmpty": st.booleans()})


def person(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A condition about people; `inner` is one about people of fewer levels."""
    group = chosen({"label": name, "people": chosen({"some": inner, "every": inner, "none": inner})})
    many = chosen({"some": inner, "every": inner, "none": inner})
    boss = (
        st.none()
        | inner.filter(lambda where: "is" not in where)
        | chosen({"is": inner | st.none(), "isNot": inner | st.none()})
    )
    members = st.lists(inner, max_size=3)
    known: dict[str, st.SearchStrategy[Any]] = {
        "name": name,
        "age": age,
        "tags": listed,
        "boss": boss,
        "staff": many,
        "groups": chosen({"some": group, "every": group, "none": group}),
        "AND": members | inner,
        "OR": members,
        "NOT": members | inner,
    }
    return chosen(known)


conditions = st.recursive(chosen({"name": name, "age": age, "tags": listed}), person, max_leaves=6)


@pytest.fixture(scope="module")
def world(open_world: Callable[[str], World]) -> World:
    made = open_world(SCHEMA)
    for row in PEOPLE:
        made.sql('insert into "Person" values (%s, %s, %s, %s, %s)', *row.values())
    for row in GROUPS:
        made.sql('insert into "Group" values (%s, %s)', *row.values())
    for pair in MEMBERS:
        made.sql('insert into "_GroupToPerson" values (%s, %s)', *pair)
    return made


@settings(max_examples=300, deadline=None, suppress_health_check=SLOW)
@given(where=conditions)
async def test_any_condition(world: World, where: dict[str, Any]) -> None:
    assert await world.ids("Person", where) == MEANING.ids("Person", where)
