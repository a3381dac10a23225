"""A checked condition → the query tree's.

In: a Where, the table it is about. Out: a Condition; rows of other models are the readable ones.
Never: a value; each is a slot.
"""

from collections.abc import Mapping

from gatepost.orm.arguments.shapes import (
    AnyOf,
    Compared,
    Every,
    IsNull,
    JsonTest,
    Listed,
    Negated,
    Related,
    Searched,
    Told,
    Unlinked,
    Where,
)
from gatepost.orm.read.json_filters import json_condition
from gatepost.orm.read.search import fits
from gatepost.orm.read.tables import Table, Tables, filtered
from gatepost.query.sql import Slot, identifier
from gatepost.query.tree import (
    Aggregate,
    Apply,
    Both,
    Cast,
    Compare,
    Condition,
    Either,
    Exists,
    Expression,
    Fragment,
    Holds,
    Literal,
    Not,
    Read,
    State,
)

OPERATORS: Mapping[str, str] = {
    "equals": "equal",
    "lt": "less",
    "lte": "less_or_equal",
    "gt": "greater",
    "gte": "greater_or_equal",
    "like": "like",
}
LISTS: Mapping[str, str] = {"equals": "equal", "has": "contains", "hasEvery": "contains", "hasSome": "overlaps"}
NO_TEXT = frozenset(("Uuid", "Inet", "Xml", "Bit", "VarBit"))
EMPTY_LIST = Fragment("'{}'")


def condition(tables: Tables, table: Table, where: Where) -> Condition:
    """What the rows of a table have to fulfil."""
    match where:
        case Compared():
            return compared(table, where)
        case IsNull(field, aggregate):
            return State(value(table, field, aggregate), "null")
        case Every(parts):
            return Both(tuple(condition(tables, table, part) for part in parts))
        case AnyOf(parts):
            return Either(tuple(condition(tables, table, part) for part in parts))
        case Negated(part):
            return Not(condition(tables, table, part))
        case Related():
            return related(tables, table, where)
        case Listed():
            return listed(table, where)
        case Unlinked(field):
            return unlinked(table, field)
        case Searched(field, search):
            return fits(table.column(field), search)
        case Told(sql):
            return Holds(Fragment(sql(identifier(table.alias))))
        case JsonTest(field, test):
            return json_condition(tables, json_value(table, field), test)
        case _:
            raise TypeError(f"{type(where).__name__} is about JSON")


def value(table: Table, field: str, aggregate: str | None) -> Expression:
    """A field, or an aggregate of it."""
    if aggregate is None:
        return table.column(field)
    return aggregated(table, aggregate, field)


def aggregated(table: Table, aggregate: str, field: str | None) -> Aggregate:
    """An aggregate of a field; the number of rows where there is none."""
    of = None if field is None or field == "_all" else table.column(field)
    match aggregate:
        case "_count":
            return Aggregate("count", of)
        case "_sum":
            return Aggregate("sum", of)
        case "_avg":
            return Aggregate("avg", of)
        case "_min":
            return Aggregate("min", of)
        case _:
            return Aggregate("max", of)


def compared(table: Table, where: Compared) -> Condition:
    left, right = value(table, where.field, where.aggregate), Literal(Slot(where.value))
    native = table.model.fields[where.field].native
    if where.operator == "like":
        text = Cast(left, "text") if native and native.name in NO_TEXT else left
        return Compare(text, "like_ignoring_case" if where.insensitive else "like", right)
    if where.insensitive:
        return compared_insensitively(left, where)
    if where.operator == "in":
        return Compare(left, "equal", right, "any")
    return Compare(left, OPERATORS[where.operator], right)


def compared_insensitively(left: Expression, where: Compared) -> Condition:
    """PostgreSQL makes both sides small, by one and the same locale."""
    lowered = Apply("lower", (Cast(left, "text"),))
    if where.operator == "in":
        return Compare(lowered, "equal", Apply("lower", (Literal(Slot(where.value)),), each=True), "any")
    return Compare(lowered, OPERATORS[where.operator], Apply("lower", (Literal(Slot(where.value), "text"),)))


def listed(table: Table, where: Listed) -> Condition:
    """A condition about a list; a null list fulfils none."""
    column = table.column(where.field)
    if where.value is None:
        return Compare(column, "equal" if where.operator == "isEmpty" else "not_equal", EMPTY_LIST)
    return Compare(column, LISTS[where.operator], Literal(Slot(where.value)))


def json_value(table: Table, field: str) -> Expression:
    """A JSON field as jsonb, which can be compared."""
    native = table.model.fields[field].native
    column = table.column(field)
    return Cast(column, "jsonb") if native and native.name == "Json" else column


# ------------------------------------------------------------------ other rows


def related(tables: Tables, table: Table, where: Related) -> Condition:
    """Some, every or none of the readable rows of a relation. What is unknown of a row does not count against it."""
    child = tables.child(table, where.field)
    test = condition(tables, child, where.where)
    if where.quantifier == "every":
        test = Not(test)
    read = Read(
        child.source, child.alias, (), where=filtered(*child.where, test), link=tables.link(table, where.field, child)
    )
    return Exists(read) if where.quantifier == "some" else Not(Exists(read))


def unlinked(table: Table, field: str) -> Condition:
    """The foreign key is null."""
    relation = table.model.fields[field].relation
    names = relation.fields if relation else ()
    return Both(tuple(State(table.column(name), "null") for name in names))
