"""Conditions put together, simplified where that is plain to see.

In: conditions of the query tree. Out: conditions that mean the same in SQL's three values.
Never: a guess about what a column holds.
"""

from collections.abc import Callable, Iterable
from typing import Literal

from gatepost.query import tree
from gatepost.query.tree import FALSE, TRUE, Condition, Expression, Read

Matter = Literal["true", "false", "exact"]
"""Which outcome a condition's reader tells from the other two: null counts as false, as true, or as itself."""

OTHER: dict[Matter, Matter] = {"true": "false", "false": "true", "exact": "exact"}
UNKNOWN = tree.Holds(tree.Literal(None, "boolean"))
TRUE_VALUE, FALSE_VALUE, NULL_VALUE = (tree.Literal(text, "boolean") for text in ("true", "false", None))


def both(parts: Iterable[Condition]) -> Condition:
    """Every one of them."""
    found: list[Condition] = []
    for part in parts:
        if part == FALSE:
            return FALSE
        found += [each for each in (part.parts if isinstance(part, tree.Both) else (part,)) if each not in found]
    return found[0] if len(found) == 1 else tree.Both(tuple(found))


def either(parts: Iterable[Condition]) -> Condition:
    """At least one of them."""
    found: list[Condition] = []
    for part in parts:
        if part == TRUE:
            return TRUE
        found += [each for each in (part.parts if isinstance(part, tree.Either) else (part,)) if each not in found]
    return found[0] if len(found) == 1 else tree.Either(tuple(found))


def negate(part: Condition) -> Condition:
    """The opposite; null stays null."""
    match part:
        case tree.Both(()):
            return FALSE
        case tree.Either(()):
            return TRUE
        case tree.Not(inner):
            return inner
        case tree.State(value, "null"):
            return tree.State(value, "not_null")
        case tree.State(value, "not_null"):
            return tree.State(value, "null")
        case _:
            return UNKNOWN if part == UNKNOWN else tree.Not(part)


def is_definite(part: Condition) -> bool:
    """Whether it is never null."""
    match part:
        case tree.State() | tree.Exists():
            return True
        case tree.Both(parts) | tree.Either(parts):
            return all(is_definite(each) for each in parts)
        case tree.Not(inner):
            return is_definite(inner)
        case tree.Compare(_, operator, _, None):
            return operator == "distinct"
        case _:
            return False


def surely(part: Condition) -> Condition:
    """True where it is true, else false: for places where null may not count as itself."""
    if part == UNKNOWN:
        return FALSE
    return part if is_definite(part) else tree.State(tree.Truth(part), "true")


def unknown(matter: Matter) -> Condition:
    """Null, as its reader sees it."""
    return {"true": FALSE, "false": TRUE, "exact": UNKNOWN}[matter]


def exact(make: Callable[[Matter], Condition]) -> Condition:
    """All three values, of what can be made for one of them at a time."""
    true, false = make("true"), negate(make("false"))
    if TRUE in (true, false):
        return TRUE if true == TRUE else FALSE
    return tree.Holds(tree.Case(((true, TRUE_VALUE), (false, FALSE_VALUE)), NULL_VALUE))


def exists(read: Read) -> Condition:
    """Whether there is a row; no row fulfils what is false."""
    return FALSE if FALSE in read.where else tree.Exists(read)


def is_null(value: Expression) -> Condition:
    return tree.State(value, "null")


def is_not_null(value: Expression) -> Condition:
    return tree.State(value, "not_null")
