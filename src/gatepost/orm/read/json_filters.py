"""Conditions about JSON → the query tree's.

In: a Where about JSON, and the expression that gives it (jsonb). Out: a Condition that no stored JSON makes fail.
Never: a cast of a stored value that might not fit.
"""

from collections.abc import Mapping

from gatepost.orm.arguments.shapes import (
    AnyOf,
    Every,
    JsonAt,
    JsonCompared,
    JsonElements,
    JsonMember,
    JsonNull,
    Negated,
    Where,
)
from gatepost.orm.read.tables import Tables
from gatepost.query.sql import Slot
from gatepost.query.tree import (
    Apply,
    Both,
    Case,
    Cast,
    Column,
    Compare,
    Condition,
    Either,
    Elements,
    Exists,
    Expression,
    Fragment,
    JsonPath,
    JsonStep,
    Literal,
    Not,
    Read,
    State,
)

ORDER: Mapping[str, str] = {
    "lt": "less",
    "lte": "less_or_equal",
    "gt": "greater",
    "gte": "greater_or_equal",
}
JSON_NULL = Fragment("'null'::jsonb")
EMPTY = Fragment("'[]'::jsonb")


def json_condition(tables: Tables, value: Expression, where: Where) -> Condition:
    """What JSON has to fulfil."""
    match where:
        case Every(parts):
            return Both(tuple(json_condition(tables, value, part) for part in parts))
        case AnyOf(parts):
            return Either(tuple(json_condition(tables, value, part) for part in parts))
        case Negated(part):
            return Not(json_condition(tables, value, part))
        case JsonAt(path, test):
            found = Apply("jsonb_path_query_first", (value, Literal(Slot(path), "jsonpath")))
            return json_condition(tables, found, test)
        case JsonMember(name, test):
            return json_condition(tables, JsonPath(value, (JsonStep(name),)), test)
        case JsonElements():
            return elements(tables, value, where)
        case JsonNull(null):
            return is_null(value, null)
        case JsonCompared():
            return compared(tables, value, where)
        case _:
            raise TypeError(f"{type(where).__name__} is not about JSON")


def is_null(value: Expression, null: str) -> Condition:
    """The database's null, JSON's, or either; never unknown."""
    missing, json_null = State(value, "null"), Compare(value, "equal", JSON_NULL)
    match null:
        case "DbNull":
            return missing
        case "JsonNull":
            return Both((json_null, State(value, "not_null")))
        case _:
            return Either((missing, json_null))


def elements(tables: Tables, value: Expression, where: JsonElements) -> Condition:
    """Some, every or none of the elements; of what is no array there are none."""
    alias = tables.alias()
    test = json_condition(tables, Column("value", alias), where.test)
    if where.quantifier == "every":
        test = Not(test)
    found = Exists(Read(Elements(array(value)), alias, (), where=(test,)))
    return found if where.quantifier == "some" else Not(found)


def array(value: Expression) -> Expression:
    return Case(((is_a(value, "array"), value),), EMPTY)


def is_a(value: Expression, type: str) -> Condition:
    return Compare(Apply("jsonb_typeof", (value,)), "equal", Fragment(f"'{type}'"))


def compared(tables: Tables, value: Expression, where: JsonCompared) -> Condition:
    """JSON against a JSON value."""
    if where.value is None:
        raise TypeError("a comparison has a value")
    if where.operator == "like":
        return like(value, Literal(Slot(where.value)), where.insensitive)
    right: Expression = Literal(Slot(where.value), "jsonb")
    if where.insensitive:
        value, right = small(value), small(right)
    match where.operator:
        case "equals":
            return Compare(value, "equal", right)
        case "in":
            return Compare(right, "contains", value)
        case "array_contains" | "has" | "hasEvery":
            return Both((is_a(value, "array"), Compare(value, "contains", right)))
        case "array_starts_with":
            return Compare(JsonPath(value, (JsonStep("0", index=True),)), "equal", right)
        case "array_ends_with":
            return Compare(JsonPath(value, (JsonStep("-1", index=True),)), "equal", right)
        case "hasSome":
            alias = tables.alias()
            one = Compare(right, "contains", Column("value", alias))
            return Exists(Read(Elements(array(value)), alias, (), where=(one,)))
        case _:
            same = Compare(Apply("jsonb_typeof", (value,)), "equal", Apply("jsonb_typeof", (right,)))
            return Both((same, Compare(value, ORDER[where.operator], right)))


def small(value: Expression) -> Expression:
    """JSON with its text in small letters."""
    return Cast(Apply("lower", (Cast(value, "text"),)), "jsonb")


def like(value: Expression, pattern: Expression, insensitive: bool) -> Condition:
    """A text that is like a pattern; what is no text is not."""
    text = JsonPath(Apply("jsonb_build_array", (value,)), (JsonStep("0", index=True, as_text=True),))
    fits = Compare(text, "like_ignoring_case" if insensitive else "like", pattern)
    return Both((is_a(value, "string"), fits))
