"""The arguments of each read, whole: find…, count, aggregate, groupBy, exists.

In: a call's arguments. Out: the shape of what is asked for; its values are in the walk.
Never: an argument that was not understood.
"""

from collections.abc import Mapping
from typing import Any

from gatepost.orm.arguments.conditions.having import having
from gatepost.orm.arguments.conditions.where import unique_where, where
from gatepost.orm.arguments.lexicon import Scalar, Visible, mapping, unknown
from gatepost.orm.arguments.order import AGGREGATES, ALL, PAGE_OPTIONS, names, page
from gatepost.orm.arguments.selection import SELECTION, shown
from gatepost.orm.arguments.shapes import (
    ALWAYS,
    AggregateName,
    Aggregates,
    Existing,
    Find,
    Page,
    Shape,
    Where,
)
from gatepost.orm.arguments.walk import Walk, options
from gatepost.orm.errors import InvalidInput, Path

FIND = SELECTION | PAGE_OPTIONS | {"where"}
FIND_UNIQUE = SELECTION | {"where"}
COUNTING = frozenset(("where", "skip", "take", "orderBy"))
COUNT = COUNTING | {"select"}
AGGREGATE = COUNTING | AGGREGATES.keys()
GROUP_BY = AGGREGATE | {"by", "having"}
EXISTS = frozenset(("where",))
NUMERIC = frozenset(("Int", "BigInt", "Float", "Decimal"))
UNORDERED = frozenset(("Boolean", "Bytes", "Json"))
FIRST = Page(take_one=True)


def find_many(walk: Walk, visible: Visible, given: object) -> Shape:
    found = options(given, FIND, ())
    condition = condition_of(walk, visible, found)
    return Find(visible.model.name, condition, shown(walk, visible, found, ()), page(walk, visible, found, ()))


def find_first(walk: Walk, visible: Visible, given: object) -> Shape:
    found = options(given, FIND, ())
    take = found.get("take")
    if take is not None and (take is True or take != 1):
        raise InvalidInput("take must be 1 here", ("take",), visible.model.name)
    condition = condition_of(walk, visible, found)
    chosen = shown(walk, visible, found, ())
    paged = page(walk, visible, {k: v for k, v in found.items() if k != "take"}, ())
    first = Page(paged.order, None, paged.skip, False, True, paged.cursor, paged.distinct)
    return Find(visible.model.name, condition, chosen, first)


def find_unique(walk: Walk, visible: Visible, given: object) -> Shape:
    found = options(given, FIND_UNIQUE, ())
    if "where" not in found:
        raise InvalidInput("is required", ("where",), visible.model.name)
    condition = unique_where(walk, visible, found["where"], ("where",))
    return Find(visible.model.name, condition, shown(walk, visible, found, ()), FIRST)


def exists(walk: Walk, visible: Visible, given: object) -> Shape:
    return Existing(visible.model.name, condition_of(walk, visible, options(given, EXISTS, ())))


def condition_of(walk: Walk, visible: Visible, found: Mapping[str, Any]) -> Where:
    given = found.get("where")
    return ALWAYS if given is None else where(walk, visible, given, ("where",))


# ------------------------------------------------------------------ aggregates


def count(walk: Walk, visible: Visible, given: object) -> Shape:
    """`count`: of rows, or with `select` of what is not null in fields."""
    found = options(given, COUNT, ())
    select = found.get("select")
    fields = counts(visible, True if select is None else select, ("select",))
    condition = condition_of(walk, visible, found)
    return Aggregates(visible.model.name, condition, fields, page=page(walk, visible, found, ()))


def aggregate(walk: Walk, visible: Visible, given: object) -> Shape:
    found = options(given, AGGREGATE, ())
    condition = condition_of(walk, visible, found)
    fields = aggregates(visible, found)
    return Aggregates(visible.model.name, condition, fields, page=page(walk, visible, found, ()))


def group_by(walk: Walk, visible: Visible, given: object) -> Shape:
    """`groupBy`: what `having` and `orderBy` look at is in `by`, or aggregated."""
    found = options(given, GROUP_BY, ())
    by = names(visible, found.get("by"), ("by",))
    if not by:
        raise InvalidInput("expected at least one field", ("by",), visible.model.name)
    condition = condition_of(walk, visible, found)
    fields = aggregates(visible, found)
    groups = ALWAYS if found.get("having") is None else having(walk, visible, found["having"], by, ("having",))
    paged = page(walk, visible, found, (), grouped=True)
    if any(item.aggregate is None and item.field not in by for item in paged.order):
        raise InvalidInput('fields in "orderBy" must be in "by"', ("orderBy",), visible.model.name)
    return Aggregates(visible.model.name, condition, fields, by, groups, paged)


def aggregates(visible: Visible, found: Mapping[str, Any]) -> tuple[tuple[AggregateName, str | None], ...]:
    """`_count`, `_sum`, … of fields."""
    fields: list[tuple[AggregateName, str | None]] = []
    for name, value in found.items():
        function = AGGREGATES.get(name)
        if value is None or function is None:
            continue
        if function == "_count":
            fields += counts(visible, value, (name,))
        else:
            for field in aggregated(visible, name, value, (name,)):
                fields.append((function, field))
    return tuple(fields)


def counts(visible: Visible, given: object, path: Path) -> tuple[tuple[AggregateName, str | None], ...]:
    """`_count`: true, or fields (and `_all`)."""
    if given is True:
        return (("_count", None),)
    chosen = mapping(given, path)
    for name, value in chosen.items():
        if name != ALL:
            visible.scalar(name, (*path, name))
        yes(value, (*path, name))
    if not chosen:
        raise InvalidInput("expected at least one field", path, visible.model.name)
    return tuple(("_count", name) for name in chosen)


def aggregated(visible: Visible, function: str, given: object, path: Path) -> list[str]:
    """The fields of `_sum`, `_avg` (numbers), `_min`, `_max` (single values)."""
    chosen = mapping(given, path)
    allowed = [field.name for field in visible.scalars if fits(function, field)]
    for name, value in chosen.items():
        if name not in allowed:
            raise unknown(name, allowed, (*path, name), f"field for {function}", visible.model.name)
        yes(value, (*path, name))
    return list(chosen)


def fits(function: str, field: Scalar) -> bool:
    """Whether PostgreSQL has the aggregate of the field's type; of Bytes it has none before version 18."""
    numeric, unordered = field.type.name in NUMERIC, field.type.kind == "type" or field.type.name in UNORDERED
    return not field.array and (numeric if function in ("_sum", "_avg") else not unordered)


def yes(given: object, path: Path) -> None:
    if given is not True:
        raise InvalidInput("expected true", path)


CALLS = {
    "findMany": find_many,
    "findFirst": find_first,
    "findUnique": find_unique,
    "count": count,
    "aggregate": aggregate,
    "groupBy": group_by,
    "exists": exists,
}
