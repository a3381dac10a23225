"""Who may listen.

In: an Identity, what a subscription says of it, its channel and arguments. Out: nothing, or the channel on which word
comes that it is over; a Problem where the identity may not. Never: an answer of ours: a function of the application
says, or the policies of a row, in a transaction of the subscriber's own.
"""

from collections.abc import Mapping
from typing import Any

from gatepost.catalog import Name
from gatepost.database.scope import Database
from gatepost.database.values import Context
from gatepost.identity import Identity
from gatepost.problem import Problem
from gatepost.query.answer import plain
from gatepost.query.sql import Statement
from gatepost.query.tree import Apply, Cast, Column, Compare, Constant, Invoke, Literal, Output, Read

from .declaration import Authorization, ReadableRow

RESULT = "allowed"
REFUSED = "You may not subscribe to this topic"


async def authorize(
    database: Database,
    identity: Identity,
    context: Context,
    authorization: Authorization,
    channel: str,
    arguments: Mapping[str, Any],
) -> str | None:
    """The channel that ends the subscription, if there is one. Problem 403 where it is refused; what a function raises
    is its own.
    """
    if authorization is None:
        return None
    if isinstance(authorization, ReadableRow):
        asked = _row(authorization, arguments)
        [result] = await database.run(identity, [asked], context)
        if result.first is None:
            raise refused()
        return None
    [result] = await database.run(identity, [_call(authorization, channel)], context)
    return _verdict(*(result.first or (None, None)))


def refused() -> Problem:
    return Problem("forbidden", 403, REFUSED)


def _call(function: Name, channel: str) -> Statement:
    """The function's answer, and of what type it is."""
    answer = Column(RESULT, RESULT)
    kind = Cast(Apply("pg_catalog.pg_typeof", (answer,)), "text")
    called = Invoke(function, ((None, Literal(channel, "text")),))
    return plain(Read(called, RESULT, (Output(Cast(answer, "text")), Output(kind)))).filled(lambda _: None)


def _row(row: ReadableRow, arguments: Mapping[str, Any]) -> Statement:
    alias = row.table.name
    where = tuple(
        Compare(Column(column, alias), "equal", Literal(text(arguments.get(argument)))) for column, argument in row.by
    )
    return plain(Read(row.table, alias, (Output(Constant("readable")),), where=where, limit=1)).filled(lambda _: None)


def _verdict(answer: bytes | None, kind: bytes | None) -> str | None:
    """True lets in, nothing else of a boolean; a text is the channel that ends it; a function of no result has raised
    where it refuses.
    """
    if kind == b"void" or (kind == b"boolean" and answer == b"true"):
        return None
    if kind == b"boolean" or not answer:
        raise refused()
    return answer.decode()


def text(value: Any) -> str | None:
    """An argument as PostgreSQL reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
