"""Conditions over other tables → conditions over functions.

In: a condition about ROW, as the query's guard would print it. Out: one that reads no table: where a relation leads
to rows that the caller's claims choose, `key = any (array(select …))`, worked out once a statement; else a function of
the row's own columns.
Never: another answer: where null and false must be told apart, they are.
"""

import msgspec

from gatepost.catalog import Name
from gatepost.query.tree import (
    Aggregate,
    Both,
    Claim,
    Column,
    Compare,
    Condition,
    Either,
    Exists,
    Expression,
    Holds,
    Not,
    Output,
    Read,
    Select,
    State,
    Truth,
)

from .helpers import ROW, Helpers
from .walk import both, columns_of, conjuncts, either, named, nodes, normal, plain, reads_tables


class Hoist:
    """Makes conditions about rows of `table` ready for its policies; `helpers` collects the functions."""

    def __init__(self, table: Name, helpers: Helpers) -> None:
        self._table = table
        self._helpers = helpers

    def condition(self, condition: Condition) -> Condition:
        """For a place where null means no."""
        return self._placed(loose(normal(condition)), True)

    def _placed(self, condition: Condition, lenient: bool) -> Condition:
        """`lenient` where null and false come to the same."""
        if not reads_tables(condition):
            return condition
        match condition:
            case Both(parts):
                return both(*self._parts(parts, Both, lenient))
            case Either(parts):
                return either(*self._parts(parts, Either, lenient))
            case Not(part):
                return Not(self._placed(part, False))
            case State(Truth(inner), "true"):
                return State(Truth(self._placed(inner, True)), "true")
            case Exists(read):
                return self._among(read, lenient) or self._helpers.holds(self._table, condition)
            case _:
                return self._helpers.holds(self._table, condition)

    def _parts(self, parts: tuple[Condition, ...], kind: type[Both | Either], lenient: bool) -> list[Condition]:
        """What costs least first; what must be asked for each row in one function."""
        cheap = [each for each in parts if not reads_tables(each)]
        dear: list[Condition] = []
        rest: list[Condition] = []
        for each in parts:
            if not reads_tables(each):
                continue
            if isinstance(each, Both | Either | Not) or (isinstance(each, State) and each.state == "true"):
                dear.append(self._placed(each, lenient))
            elif isinstance(each, Exists) and (found := self._among(each.read, lenient)) is not None:
                dear.append(found)
            else:
                rest.append(each)
        asked = [self._helpers.holds(self._table, rest[0] if len(rest) == 1 else kind(tuple(rest)))] if rest else []
        return [*cheap, *dear, *asked]

    def _among(self, read: Read, lenient: bool) -> Condition | None:
        """`key = any (…)`, where one column ties the rows to ROW and the claims choose among the rows."""
        found = tie(read)
        if found is None:
            return None
        column, own, rest = found
        if not any(chosen(each) for each in rest):
            return None
        named_here = named(msgspec.structs.replace(read, where=()))
        if own.of not in named_here:
            return None
        known = State(own, "not_null")
        rows = msgspec.structs.replace(read, outputs=(Output(own),), where=(*rest, known), order=())
        among = self._helpers.among(column, (named_here[own.of], own.name), rows)
        return among if lenient else Both((State(Column(column, ROW), "not_null"), among))


def tie(read: Read) -> tuple[str, Column, tuple[Condition, ...]] | None:
    """ROW's column, the read's own, and the other conditions; where it is not just one column: None."""
    if not plain(read):
        return None
    ties = [(each, pair) for each in conjuncts(read.where) if (pair := _pair(each)) is not None]
    if len(ties) != 1:
        return None
    condition, (column, own) = ties[0]
    rest = tuple(each for each in conjuncts(read.where) if each is not condition)
    return None if columns_of(rest, ROW) else (column, own, rest)


def _pair(condition: Condition) -> tuple[str, Column] | None:
    match condition:
        case Compare(Column(column, of), "equal", Column() as own, None) if of == ROW and own.of != ROW:
            return column, own
        case Compare(Column() as own, "equal", Column(column, of), None) if of == ROW and own.of != ROW:
            return column, own
        case _:
            return None


def chosen(condition: Condition) -> bool:
    """Whether the claims choose the rows, so that there are few: a column equals one, here or further on."""
    match condition:
        case Compare(left, "equal", right):
            return (_claimed(left) and _of_columns(right)) or (_claimed(right) and _of_columns(left))
        case Both(parts):
            return any(chosen(each) for each in parts)
        case Either(parts):
            return bool(parts) and all(chosen(each) for each in parts)
        case Exists(read):
            return any(chosen(each) for each in read.where)
        case State(Truth(inner), "true"):
            return chosen(inner)
        case _:
            return False


def _claimed(expression: Expression) -> bool:
    inside = list(nodes(expression))
    return any(isinstance(each, Claim) for each in inside) and not any(isinstance(each, Column) for each in inside)


def _of_columns(expression: Expression) -> bool:
    return any(isinstance(each, Column) for each in nodes(expression)) and not reads_tables(expression)


# ------------------------------------------------------------------ the form in which ties are found


def loose(condition: Condition) -> Condition:
    """The same for a place where null means no: to-one paths as EXISTS, and what the claims choose apart from the
    rest.
    """
    match condition:
        case Both(parts):
            return both(*(loose(each) for each in parts))
        case Either(parts):
            return either(*(loose(each) for each in parts))
        case Not(part):
            return Not(exact(part))
        case State(Truth(inner), "true") | Holds(Truth(inner)):
            return loose(inner)
        case Holds(Select(read)) if one_row(read):
            return _found(read, read.outputs[0].value)
        case Compare(Select(read), operator, right, quantifier) if _passes(read, operator, condition.right):
            return _found(read, Truth(Compare(read.outputs[0].value, operator, right, quantifier)))
        case Compare(left, operator, Select(read), None) if _passes(read, operator, condition.left):
            return _found(read, Truth(Compare(left, operator, read.outputs[0].value)))
        case Exists() | State():
            return exact(condition)
        case _:
            return condition


def exact(condition: Condition) -> Condition:
    """The same for a place where null and false differ."""
    match condition:
        case Both(parts):
            return both(*(exact(each) for each in parts))
        case Either(parts):
            return either(*(exact(each) for each in parts))
        case Not(part):
            return Not(exact(part))
        case State(Truth(inner), "true"):
            return State(Truth(loose(inner)), "true")
        case Holds(Truth(inner)):
            return exact(inner)
        case State(Select(read), "not_null") if one_row(read):
            return _found(read, Truth(State(read.outputs[0].value, "not_null")))
        case State(Select(read), "null") if one_row(read):
            return Not(_found(read, Truth(State(read.outputs[0].value, "not_null"))))
        case Exists(read):
            return apart(read)
        case _:
            return condition


def one_row(read: Read) -> bool:
    """Whether a read has one plain output; that it gives one row at most is what a sub-select as a value says."""
    aggregates = any(isinstance(each, Aggregate) for each in nodes(read.outputs))
    return plain(read) and len(read.outputs) == 1 and not aggregates


def _passes(read: Read, operator: str, other: Expression) -> bool:
    """Whether a comparison may move into the read: not where it holds without a row, or reads more."""
    return operator != "distinct" and one_row(read) and not reads_tables(other)


def _found(read: Read, value: Expression) -> Condition:
    """Whether the read has a row of which `value` is true."""
    holds = value.condition if isinstance(value, Truth) else Holds(value)
    return apart(msgspec.structs.replace(read, outputs=(), where=(*read.where, holds)))


def apart(read: Read) -> Condition:
    """EXISTS; where claims choose the rows in some cases only, these cases apart."""
    if not plain(read):
        return Exists(read)
    where = conjuncts(tuple(loose(each) for each in read.where))
    if not any(chosen(each) for each in where):
        for place, each in enumerate(where):
            cases = each.parts if isinstance(each, Either) else ()
            mine = [case for case in cases if chosen(case)]
            if mine:
                others = [case for case in cases if not chosen(case)]
                halves = (either(*mine), either(*others))
                return either(*(_exists(read, (*where[:place], half, *where[place + 1 :])) for half in halves))
    return _exists(read, where)


def _exists(read: Read, where: tuple[Condition, ...]) -> Exists:
    return Exists(msgspec.structs.replace(read, outputs=(), where=where))
