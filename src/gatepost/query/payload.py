"""A payload as rows: JSON that PostgreSQL takes apart.

In: a Payload. Out: a FROM item. Never: a payload's value in the text.
"""

from collections.abc import Iterable

from .sql import Parameters, identifier
from .tree import NEW, NewColumn, Payload


def rows(payload: Payload, params: Parameters, alias: str = NEW) -> str:
    """A FROM item: the payload's objects as rows of its columns."""
    body = params.add(payload.body)
    name = identifier(alias)
    if not payload.columns:
        return without_columns(payload, body, name)
    if payload.defaults or payload.first_only or any(column.convert for column in payload.columns):
        return f"({converted(payload, body, params)}) AS {name}"
    function = "json_to_recordset" if payload.many else "json_to_record"
    return f"{function}({body}::json) AS {name}({declared(payload.columns)})"


def without_columns(payload: Payload, body: str, name: str) -> str:
    """Objects without a key still count as rows."""
    source = f"json_array_elements({body}::json)" if payload.many else f"(VALUES ({body}::json))"
    return f"{source} AS {name}(gatepost_empty)"


def declared(columns: Iterable[NewColumn]) -> str:
    """A column definition list: PostgreSQL reads each value as its column's type (from JSON where it is converted)."""
    return ", ".join(f"{identifier(c.name)} {'json' if c.convert else c.type}" for c in columns)


def converted(payload: Payload, body: str, params: Parameters) -> str:
    """The payload's rows with conversions and defaults applied."""
    items = ", ".join(converted_column(column) for column in payload.columns)
    limit = " LIMIT 1" if payload.first_only else ""
    columns = declared(payload.columns)
    if not payload.defaults:
        function = "json_to_recordset" if payload.many else "json_to_record"
        return f"SELECT {items} FROM {function}({body}::json) AS _({columns}){limit}"
    elements = f"jsonb_array_elements({body}::jsonb)" if payload.many else f"(VALUES ({body}::jsonb))"
    filled = f"jsonb_to_record({defaults(payload.columns, params)} || e.element)"
    return f"SELECT {items} FROM {elements} AS e(element), LATERAL {filled} AS _({columns}){limit}"


def converted_column(column: NewColumn) -> str:
    name = identifier(column.name)
    return f"{column.convert}(_.{name}) AS {name}" if column.convert else f"_.{name}"


def defaults(columns: Iterable[NewColumn], params: Parameters) -> str:
    """An object of the columns' default values."""
    pairs = [f"{params.add(c.name)}::text, {c.default}" for c in columns if c.default is not None]
    return f"jsonb_build_object({', '.join(pairs)})"
