"""Raw results → Python values, by what PostgreSQL says that each column is.

In: a Result. Out: rows of int, Decimal, datetime in UTC, bytes, JSON as Python, lists …; text where a type is unknown.
Never: on the way of an answer that PostgreSQL already wrote as JSON.
"""

from typing import Any

from psycopg import pq
from psycopg.adapt import Transformer

from .values import Result


def rows(result: Result) -> list[dict[str, Any]]:
    """Each row as a dict by column name."""
    loaders = [Transformer().get_loader(type, pq.Format.TEXT).load for type in result.types]
    return [
        {
            name: None if value is None else load(value)
            for name, load, value in zip(result.columns, loaders, row, strict=True)
        }
        for row in result.rows
    ]
