"""Plans: what is worked out once for all calls of one shape.

In: a session, a model, an operation, arguments. Out: a statement with this call's values, and the decoded answer.
Never: a plan of one schema, rules or options used for another's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import GenericAlias
from typing import Any

import msgspec

from gatepost.database.values import Result
from gatepost.orm.arguments import CALLS, Lexicon, Walk
from gatepost.orm.arguments.lexicon import unknown
from gatepost.orm.arguments.shapes import Aggregates, Existing, Find, Shape
from gatepost.orm.errors import NotFound, OrmError
from gatepost.orm.read.aggregate import aggregates
from gatepost.orm.read.filters import condition
from gatepost.orm.read.find import Finder, Finish, Rows
from gatepost.orm.read.tables import Tables, filtered
from gatepost.orm.session import Session
from gatepost.query.answer import template
from gatepost.query.sql import Parameter, Slot, Statement
from gatepost.query.tree import Exists, Nothing, Output, Read, Truth
from gatepost.query.whole import Answer

MOST_PLANS = 1000
KEY = "gatepost.orm.read"
OPERATIONS: dict[str, tuple[str, bool]] = {
    **{name: (name, False) for name in CALLS},
    "find_many": ("findMany", False),
    "find_first": ("findFirst", False),
    "find_unique": ("findUnique", False),
    "group_by": ("groupBy", False),
    "findFirstOrThrow": ("findFirst", True),
    "find_first_or_throw": ("findFirst", True),
    "findUniqueOrThrow": ("findUnique", True),
    "find_unique_or_throw": ("findUnique", True),
}
"""Operation by either name → ZenStack's name, and whether no row is an error."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement that waits for values, and the way back."""

    model: str
    text: str
    parameters: tuple[Parameter | Slot, ...]
    decoder: "msgspec.json.Decoder[Any]"
    finish: Finish | None
    result: Callable[[list[dict[str, Any]]], Any]

    def statement(self, session: Session, values: list[Parameter]) -> Statement:
        """The statement of one call; what rules ask of the claims comes from the session."""
        parameters = [
            (values[each.key] if isinstance(each.key, int) else session.claim(each.key, each.type))
            if isinstance(each, Slot)
            else each
            for each in self.parameters
        ]
        return Statement(self.text, tuple(parameters))

    def decode(self, result: Result) -> Any:
        """The answer of the statement."""
        try:
            rows = self.decoder.decode(result.rows[0][1] or b"[]")
        except msgspec.MsgspecError as error:
            raise OrmError(f"The database holds what the schema does not say: {error}", self.model) from None
        if self.finish is not None:
            self.finish(rows)
        return self.result(rows)


class Reader:
    """The plans of one schema, its rules and options."""

    def __init__(self, session: Session) -> None:
        self.lexicon = Lexicon(session.schema, session.options)
        self.plans: dict[tuple[str, Shape], Plan] = {}

    def plan(self, session: Session, model: str, operation: str, arguments: object) -> tuple[Plan, list[Parameter]]:
        """The plan of a call, and the call's values."""
        walk = Walk(self.lexicon, session.compat)
        shape = CALLS[operation](walk, self.lexicon.visible(model), arguments)
        return self.shaped(session, operation, shape), walk.values

    def shaped(self, session: Session, operation: str, shape: Shape) -> Plan:
        """The plan of a shape."""
        key = (operation, shape)
        found = self.plans.get(key)
        if found is None:
            if len(self.plans) >= MOST_PLANS:
                self.plans.clear()
            found = self.plans[key] = make(session, self.lexicon, operation, shape)
        return found


def make(session: Session, lexicon: Lexicon, operation: str, shape: Shape) -> Plan:
    """The plan of a shape."""
    rows = rows_of(Tables(session), lexicon, shape)
    made = template(Answer(rows.read))
    return Plan(shape.model, made.text, made.params, decoder(rows.type), rows.finish, RESULTS[operation](shape))


def decoder(row: object) -> "msgspec.json.Decoder[Any]":
    """What reads a list of rows; their type is known now, and to no type checker."""
    return msgspec.json.Decoder(GenericAlias(list, (row,)))


def rows_of(tables: Tables, lexicon: Lexicon, shape: Shape) -> Rows:
    match shape:
        case Find():
            return Finder(tables, lexicon).find(shape)
        case Aggregates():
            return aggregates(tables, shape)
        case Existing(model, where):
            table = tables.table(model)
            test = condition(tables, table, where)
            found = Truth(Exists(Read(table.source, table.alias, (), where=filtered(*table.where, test))))
            return Rows(Read(Nothing(), tables.alias(), (Output(found, "exists"),)), dict[str, bool], None)


# ------------------------------------------------------------------ results

Rest = Callable[[list[dict[str, Any]]], Any]


def all_rows(_: Shape) -> Rest:
    return lambda rows: rows


def first_row(_: Shape) -> Rest:
    return lambda rows: rows[0] if rows else None


def counted(_: Shape) -> Rest:
    """A number, or numbers by field."""
    return lambda rows: rows[0]["_count"]


def existing(_: Shape) -> Rest:
    return lambda rows: rows[0]["exists"]


RESULTS: dict[str, Callable[[Shape], Rest]] = {
    "findMany": all_rows,
    "findFirst": first_row,
    "findUnique": first_row,
    "aggregate": first_row,
    "groupBy": all_rows,
    "count": counted,
    "exists": existing,
}


# ------------------------------------------------------------------ calls


def plan(session: Session, model: str, operation: str, arguments: object = None) -> tuple[Plan, list[Parameter]]:
    """The plan of a read and the values of this call. InvalidInput, NotSupported."""
    return reader_of(session).plan(session, model, operation, {} if arguments is None else arguments)


def reader_of(session: Session) -> Reader:
    """The plans that all calls of a session's schema share."""
    reader = session.plans.get(KEY)
    if reader is None:
        reader = session.plans[KEY] = Reader(session)
    return reader


async def read(session: Session, model: str, operation: str, arguments: object = None) -> Any:
    """Run a read: a list of dicts, a dict or None, a number, true or false.

    InvalidInput before anything is sent; NotFound of an …OrThrow without a row; DatabaseError, Unreachable.
    """
    name, needed = OPERATIONS.get(operation, ("", False))
    if not name:
        raise unknown(operation, OPERATIONS, (), "read operation", model)
    made, values = plan(session, model, name, arguments)
    [result] = await session.run(made.statement(session, values))
    found = made.decode(result)
    if needed and found is None:
        raise NotFound(model=model)
    return found
