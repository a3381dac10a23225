"""SURFACE: signing up and in, sessions, users; GoTrue's dialect.

In: a Request below `/auth/v1`. Out: a Response in GoTrue's words. Never: data of an application, or a decision about
its rows. This file holds the surface's named queries.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from ..database.queries import load
from ..problem import Problem
from ..query.sql import Parameter, Statement

Value = str | bytes | bool | int | float | datetime | Mapping[str, object] | Sequence[object] | None

QUERIES = {**load(Path(__file__).with_name("queries.sql")), **load(Path(__file__).with_name("factors.sql"))}


def query(name: str, *values: Value) -> Statement:
    """The named query with its values: mappings and sequences travel as JSON, times in ISO 8601."""
    return Statement(QUERIES[name], tuple(parameter(value) for value in values))


def parameter(value: Value) -> Parameter:
    """One value in PostgreSQL's text form; 400 for text with a NUL, which PostgreSQL cannot hold."""
    match value:
        case None | bytes():
            return value
        case bool():
            return b"true" if value else b"false"
        case int() | float():
            return str(value).encode()
        case datetime():
            return value.isoformat().encode()
        case str():
            return _text(value)
        case _:
            return msgspec.json.encode(value)


def _text(value: str) -> bytes:
    if "\0" in value:
        raise Problem("validation_failed", 400, "Text must not contain a NUL character")
    try:
        return value.encode()
    except UnicodeEncodeError:
        raise Problem("validation_failed", 400, "Text must be valid Unicode") from None
