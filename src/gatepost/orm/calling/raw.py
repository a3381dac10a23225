"""SQL that the program writes itself.

In: SQL text with `$1 …` and Python values. Out: rows as dicts, or how many rows were touched.
Never: a value inside the text; SQL past the rules, unless whoever opened the client allowed it.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, cast
from uuid import UUID

from gatepost.database.decode import rows
from gatepost.database.values import Result
from gatepost.orm.errors import InvalidInput
from gatepost.orm.session import Session
from gatepost.orm.values import DbNull, JsonNull, json, named, text
from gatepost.query.sql import Statement, array_literal


async def query_raw(session: Session, sql: str, values: Sequence[object]) -> list[dict[str, Any]]:
    """The rows."""
    return decoded(await run_raw(session, sql, values))


async def execute_raw(session: Session, sql: str, values: Sequence[object]) -> int:
    """How many rows the statement touched."""
    return (await run_raw(session, sql, values)).count


async def run_raw(session: Session, sql: str, values: Sequence[object]) -> Result:
    """What PostgreSQL answers to the statement as it is."""
    if not isinstance(sql, str) or "\0" in sql:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidInput("SQL is a text without NUL characters")
    params = tuple(parameter(value, index) for index, value in enumerate(values))
    return (await session.run(Statement(sql, params, foreign=True)))[0]


def decoded(result: Result) -> list[dict[str, Any]]:
    """Rows as Python values; moments without a zone are UTC, as everywhere."""
    return [{name: _in_utc(value) for name, value in row.items()} for row in rows(result)]


def parameter(value: object, index: int) -> bytes | None:
    """A value by what it is in Python; `index` is its place among the values, for messages."""
    if value is None or value is DbNull:
        return None
    if isinstance(value, Mapping) or value is JsonNull:
        return json(cast(object, value))
    if isinstance(value, list | tuple):
        return _array(cast("Sequence[object]", value), index)
    return _scalar(value, index).encode()


def _array(value: Sequence[object], index: int) -> bytes:
    if any(isinstance(each, Mapping | list | tuple) for each in value):
        return json(value)
    return array_literal(_scalar(each, index) for each in value)


def _scalar(value: object, index: int) -> str:
    if isinstance(value, Enum) and isinstance(value.value, str):
        return value.value
    if isinstance(value, UUID | date | time) and not isinstance(value, datetime):
        return str(value)
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC)  # a column without a zone would not look at it
    if isinstance(value, bytearray | memoryview):
        return text(bytes(cast("bytes", value)))
    if not isinstance(value, str | bool | int | float | Decimal | datetime | bytes):
        raise InvalidInput(f"{named(value)} is no value for SQL", ("values", index))
    if isinstance(value, str) and "\0" in value:
        raise InvalidInput("a text cannot contain a NUL character", ("values", index))
    return text(value)


def _in_utc(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
