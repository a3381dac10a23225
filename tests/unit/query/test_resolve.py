"""Which reads may share a connection: those that cannot run a project's own code."""

import dataclasses

import pytest
from msgspec.structs import replace

from gatepost.catalog import Catalog, Column, Name, Table
from gatepost.query.resolve import is_inert
from gatepost.query.tree import (
    Aggregate,
    Apply,
    Cast,
    Compare,
    Constant,
    Embed,
    Exists,
    Expression,
    Holds,
    Invoke,
    Json,
    Link,
    Listed,
    Literal,
    Lookup,
    Object,
    Operation,
    Order,
    Output,
    Read,
    Row,
    Select,
    Shape,
    Star,
    State,
    Subscript,
    Truth,
    Unnest,
)
from gatepost.query.tree import Column as Of

TODOS, USERS, STRANGE = (Name("public", name) for name in ("todos", "users", "strange"))
TABLES = {
    name: Table(name, {column: Column(column, "int", "int", plain=True) for column in ("id", "user_id")})
    for name in (TODOS, USERS, STRANGE)
}
CATALOG = Catalog(tables=TABLES, inert=frozenset((TODOS, USERS)))
ID = Of("id", "todos")
READ = Read(TODOS, "todos", (Output(Star("todos")),), where=(Compare(ID, "equal", Literal("1")),), order=(Order(ID),))


def embedding(source: Name | Invoke) -> Read:
    inner = Read(source, "inner_1", (Output(Star("inner_1")),), link=Link("todos", (("user_id", "id"),)))
    return replace(READ, embeds=(Embed("inner", "todos_inner_1", inner, Shape.OBJECT),))


def test_a_read_of_known_columns_is_inert() -> None:
    assert is_inert(READ, CATALOG)
    assert is_inert(embedding(USERS), CATALOG)
    assert is_inert(replace(READ, outputs=(Output(Cast(ID, "text")),)), CATALOG)


@pytest.mark.parametrize(
    "read",
    [
        replace(READ, source=STRANGE),
        embedding(STRANGE),
        embedding(Invoke(Name("public", "f"), ((None, Row("todos", TODOS)),))),
        replace(READ, outputs=(Output(Of("may_be_a_function", "todos")),)),
        replace(READ, where=(Compare(Of("may_be_a_function", "todos"), "equal", Literal("1")),)),
        replace(READ, order=(Order(Of("may_be_a_function", "todos")),)),
        replace(READ, outputs=(Output(Cast(ID, "own_type")),)),
        replace(READ, outputs=(Output(Apply("f", (ID,))),)),
        replace(READ, outputs=(Output(Aggregate("sum", ID)),)),
        replace(READ, outputs=(Output(Literal("1", "own_type")),)),
        replace(READ, outputs=(Output(Cast(ID, '"Date"')),)),
        replace(READ, outputs=(Output(Cast(ID, '"PG_CATALOG"."date"')),)),
        Read(Name("public", "unknown"), "unknown", (Output(Star("unknown")),)),
    ],
)
def test_what_might_run_other_code_is_not(read: Read) -> None:
    assert not is_inert(read, CATALOG)


def values(source: Unnest) -> Read:
    return Read(source, "v", (Output(Listed(Json(Of("value", "v")))),))


NUMBERS = Unnest(Aggregate("array_agg", ID))
OTHERS = Read(USERS, "u", (), where=(Compare(Of("id", "u"), "equal", ID),))


@pytest.mark.parametrize(
    "value",
    [
        Object((("id", Json(ID)), ("first", Json(Subscript(Aggregate("array_agg", ID), 1))))),
        Truth(Compare(Aggregate("count"), "greater", Literal("20", "bigint"))),
        Truth(Exists(OTHERS)),
        Select(values(NUMBERS)),
        Apply("pg_catalog.date_part", (Constant("year"), ID)),
        Cast(ID, '"pg_catalog"."bytea"'),
    ],
)
def test_what_only_computes_is_inert(value: Expression) -> None:
    assert is_inert(replace(READ, outputs=(Output(value),)), CATALOG)


@pytest.mark.parametrize(
    "value",
    [
        Truth(Exists(replace(OTHERS, source=STRANGE))),
        Truth(Holds(Apply("f", (ID,)))),
        Subscript(Aggregate("array_agg", ID), Apply("f", (ID,))),
        Select(values(Unnest(Apply("f", (ID,))))),
        Select(replace(values(NUMBERS), outputs=(Output(Json(Of("may_be_a_function", "v"))),))),
    ],
)
def test_what_computes_with_something_else_is_not(value: Expression) -> None:
    assert not is_inert(replace(READ, outputs=(Output(value),)), CATALOG)


def showing(value: Expression) -> Read:
    return Read(TODOS, "todos", (Output(value),))


@pytest.mark.parametrize(
    ("hazard", "read"),
    [
        ("=", READ),
        ("=", embedding(USERS)),
        ("<", replace(READ, where=())),
        ("::", showing(Cast(ID, "text"))),
        ("::", showing(Json(ID))),
        ("::", showing(Lookup(ID, (("1", "ONE"),)))),
        ("::", showing(Apply("pg_catalog.to_char", (ID, Constant("9"))))),
        ("::", showing(Operation(ID, "+", ID))),
        ("+", showing(Operation(ID, "+", ID))),
        ("::", showing(Truth(State(ID, "true")))),
    ],
)
def test_an_operator_of_the_project_is_a_hazard(hazard: str, read: Read) -> None:
    assert is_inert(read, CATALOG)
    assert not is_inert(read, dataclasses.replace(CATALOG, hazards=frozenset((hazard,))))
