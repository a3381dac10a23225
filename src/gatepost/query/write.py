"""Insert, Update, Delete → SQL.

In: a write of the tree; its payload is JSON that PostgreSQL takes apart. Out: SQL text that gives the rows it wrote.
Never: a payload's value in the text; never a column that the surface did not name.
"""

from collections.abc import Iterable

from .expressions import condition, no_presence
from .sql import Parameters, identifier, qualified
from .tree import NEW, Condition, Conflict, Delete, Insert, Name, NewColumn, Payload, Update

INSERTED = "gatepost.inserted"


def insert(node: Insert, params: Parameters) -> str:
    """INSERT … SELECT from the payload; with a conflict's columns ON CONFLICT."""
    names = [identifier(column.name) for column in node.payload.columns]
    into = f" ({', '.join(names)})" if names else ""
    new = ", ".join(f"{identifier(NEW)}.{name}" for name in names)
    text = f"INSERT INTO {qualified(*node.table)}{into} SELECT {new} FROM {rows(node.payload, params)}"
    conditions = [condition(c, params, no_presence) for c in node.where]
    if node.count_inserted:
        conditions.append(count_inserted("+"))
    text += f" WHERE {' AND '.join(conditions)}" if conditions else ""
    text += on_conflict(node.conflict, node.payload.columns, node.count_inserted) if node.conflict else ""
    return text + returning(node.table, node.returning)


def on_conflict(conflict: Conflict, columns: Iterable[NewColumn], counted: bool) -> str:
    """What happens to rows that are there already."""
    target = ", ".join(identifier(column) for column in conflict.columns)
    sets = [f"{identifier(c.name)} = EXCLUDED.{identifier(c.name)}" for c in columns]
    if not conflict.merge or not sets:
        return f" ON CONFLICT ({target}) DO NOTHING"
    only_old = f" WHERE {count_inserted('-')}" if counted else ""
    return f" ON CONFLICT ({target}) DO UPDATE SET {', '.join(sets)}{only_old}"


def count_inserted(sign: str) -> str:
    """A condition that is always true and keeps count: each row adds one, each update takes its one back.

    A setting is the only place that both clauses of an INSERT can write to; it ends with the transaction.
    """
    current = f"coalesce(nullif(current_setting('{INSERTED}', true), '')::int, 0)"
    return f"set_config('{INSERTED}', ({current} {sign} 1)::text, true) IS NOT NULL"


def update(node: Update, params: Parameters) -> str:
    """UPDATE … FROM the payload. Of no columns: no row, but the columns that are asked for."""
    table = qualified(*node.table)
    if not node.payload.columns:
        columns = ", ".join(returned(node.table, node.returning))
        return f"SELECT {columns} FROM {table} WHERE false"
    sets = [f"{identifier(c.name)} = {identifier(NEW)}.{identifier(c.name)}" for c in node.payload.columns]
    text = f"UPDATE {table} SET {', '.join(sets)} FROM {rows(node.payload, params)}"
    return text + filters(node.where, params) + returning(node.table, node.returning)


def delete(node: Delete, params: Parameters) -> str:
    return f"DELETE FROM {qualified(*node.table)}" + filters(node.where, params) + returning(node.table, node.returning)


def filters(where: Iterable[Condition], params: Parameters) -> str:
    """A WHERE clause, or nothing."""
    texts = [condition(c, params, no_presence) for c in where]
    return f" WHERE {' AND '.join(texts)}" if texts else ""


def returning(table: Name, columns: Iterable[str]) -> str:
    return f" RETURNING {', '.join(returned(table, columns))}"


def returned(table: Name, columns: Iterable[str]) -> list[str]:
    """Columns of the written rows; where none is asked for, one constant, so that rows can be counted."""
    own = identifier(table.name)
    return [f"{own}.*" if c == "*" else f"{own}.{identifier(c)}" for c in columns] or ["1 AS gatepost_one"]


# ------------------------------------------------------------------ payloads


def rows(payload: Payload, params: Parameters) -> str:
    """A FROM item called NEW: the payload's objects as rows of its columns."""
    body = params.add(payload.body)
    name = identifier(NEW)
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
