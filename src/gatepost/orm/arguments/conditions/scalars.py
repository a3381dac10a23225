"""Conditions about one value: direct, or an object of operators.

In: a field and what a call says about it. Out: a Where. Never: an operator that the field's type does not have.
"""

from collections.abc import Mapping
from typing import Any

from gatepost.orm.arguments.conditions.search import search
from gatepost.orm.arguments.lexicon import Scalar, boolean, list_of, unknown
from gatepost.orm.arguments.shapes import (
    ALWAYS,
    AggregateName,
    Compared,
    Every,
    IsNull,
    Listed,
    Negated,
    Where,
)
from gatepost.orm.arguments.walk import SPELLINGS, Walk, options
from gatepost.orm.errors import InvalidInput, Path
from gatepost.orm.values import expected

EQUALITY = frozenset(("equals", "in", "notIn", "not"))
ORDERED = EQUALITY | {"lt", "lte", "gt", "gte", "between"}
PATTERNS = frozenset(("contains", "startsWith", "endsWith"))
OPERATORS: Mapping[str, frozenset[str]] = {
    "string": ORDERED | PATTERNS | {"mode"},
    "ordered": ORDERED,
    "boolean": frozenset(("equals", "not")),
    "bytes": EQUALITY,
    "enum": EQUALITY,
}
LISTS = frozenset(("equals", "has", "hasEvery", "hasSome", "isEmpty"))
MODES = ("default", "insensitive")


def scalar_filter(
    walk: Walk,
    field: Scalar,
    given: Any,
    path: Path,
    aggregate: AggregateName | None = None,
    insensitive: bool = False,
) -> Where:
    """A direct value, null, or an object of operators, which all must hold."""
    if given is None:
        return null_test(field, path, aggregate)
    if not isinstance(given, Mapping):
        value = walk.take(field.parameter(given, path))
        return Compared(field.name, "equals", value, insensitive, aggregate)
    return operators(walk, field, given, path, aggregate, insensitive)  # pyright: ignore[reportUnknownArgumentType]


def null_test(field: Scalar, path: Path, aggregate: AggregateName | None) -> Where:
    """IS NULL, of a field that can be."""
    if not field.optional and aggregate is None:
        raise expected(field.type.name, None, path)
    return IsNull(field.name, aggregate)


def operators(
    walk: Walk,
    field: Scalar,
    given: Mapping[str, Any],
    path: Path,
    aggregate: AggregateName | None,
    insensitive: bool,
) -> Where:
    known = OPERATORS[field.kind]
    if field.kind == "string" and "mode" in given:
        insensitive = is_insensitive(given["mode"], (*path, "mode"))
    parts: list[Where] = []
    for key, value in given.items():
        name = SPELLINGS.get(key, key)
        if name in field.searches:
            parts.append(search(walk, field, name, value, (*path, key)))
            continue
        if name not in known:
            raise unknown(key, known, (*path, key), f"filter for {field.type.name}")
        if name != "mode":
            parts.append(operator(walk, field, name, value, (*path, key), aggregate, insensitive))
    return parts[0] if len(parts) == 1 else Every(tuple(parts)) if parts else ALWAYS


def is_insensitive(given: object, path: Path) -> bool:
    """`mode`."""
    if given not in MODES:
        raise InvalidInput('expected "default" or "insensitive"', path)
    return given == "insensitive"


def operator(
    walk: Walk,
    field: Scalar,
    name: str,
    given: Any,
    path: Path,
    aggregate: AggregateName | None,
    insensitive: bool,
) -> Where:
    """One operator."""

    def compared(name: str, parameter: bytes) -> Where:
        return Compared(field.name, name, walk.take(parameter), insensitive and field.kind == "string", aggregate)

    match name:
        case "not":
            return Negated(scalar_filter(walk, field, given, path, aggregate, insensitive and not walk.compat))
        case "equals" if given is None:
            return null_test(field, path, aggregate)
        case "in":
            return compared("in", field.list_parameter(given, path, walk.items))
        case "notIn":
            return Negated(compared("in", field.list_parameter(given, path, walk.items)))
        case "between":
            low, high = pair(given, path)
            least = compared("gte", field.parameter(low, (*path, 0)))
            return Every((least, compared("lte", field.parameter(high, (*path, 1)))))
        case "contains" | "startsWith" | "endsWith":
            return compared("like", pattern(name, field.check(given, path)).encode())
        case _:
            return compared(name, field.parameter(given, path))


def pair(given: object, path: Path) -> list[Any] | tuple[Any, ...]:
    """Two bounds."""
    bounds = list_of(given, path, 2)
    if len(bounds) != 2:
        raise InvalidInput("expected a list of two bounds", path)
    return bounds


def pattern(operator: str, text: str) -> str:
    """A LIKE pattern in which the text stands for itself."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    match operator:
        case "contains":
            return f"%{escaped}%"
        case "startsWith":
            return f"{escaped}%"
        case _:
            return f"%{escaped}"


# ------------------------------------------------------------------ lists


def list_filter(walk: Walk, field: Scalar, given: object, path: Path) -> Where:
    """`equals`, `has`, `hasEvery`, `hasSome`, `isEmpty`."""
    parts: list[Where] = []
    for name, value in options(given, LISTS, path).items():
        parts.append(list_operator(walk, field, name, value, (*path, name)))
    return parts[0] if len(parts) == 1 else Every(tuple(parts)) if parts else ALWAYS


def list_operator(walk: Walk, field: Scalar, name: str, given: object, path: Path) -> Where:
    if name == "isEmpty":
        return Listed(field.name, "isEmpty" if boolean(given, path) else "isNotEmpty")
    items = [given] if name == "has" else given
    return Listed(field.name, name, walk.take(field.list_parameter(items, path, walk.items)))
