"""Insert, Update, Delete → SQL.

In: a write of the tree; its payload is JSON that PostgreSQL takes apart. Out: SQL text that gives the rows it wrote.
Never: a payload's value in the text; never a column that the surface did not name.
"""

from collections.abc import Iterable

from .payload import rows
from .read import condition, expression, select
from .sql import Parameters, identifier, qualified
from .tree import NEW, Column, Condition, Conflict, Delete, Insert, Name, NewColumn, Update

INSERTED = "gatepost.inserted"


def insert(node: Insert, params: Parameters) -> str:
    """INSERT … SELECT from the payload; with a conflict's columns ON CONFLICT."""
    if node.payload is None:
        return insert_rows(node, params)
    names = [identifier(column.name) for column in node.payload.columns]
    into = f" ({', '.join(names)})" if names else ""
    new = ", ".join(f"{identifier(NEW)}.{name}" for name in names)
    text = f"INSERT INTO {qualified(*node.table)}{into} SELECT {new} FROM {rows(node.payload, params)}"
    conditions = [condition(c, params) for c in node.where]
    if node.count_inserted:
        conditions.append(count_inserted("+"))
    text += f" WHERE {' AND '.join(conditions)}" if conditions else ""
    text += on_conflict(node.conflict, node.payload.columns, node.count_inserted) if node.conflict else ""
    return text + returning(node.table, node.returning)


def insert_rows(node: Insert, params: Parameters) -> str:
    """INSERT … VALUES: PostgreSQL reads each value as its column's type. Or INSERT … SELECT from a read."""
    if node.given is not None:
        names = [identifier(column) for column in node.columns]
        new = ", ".join(f"{identifier(NEW)}.{name}" for name in names)
        values = f"({', '.join(names)}) SELECT {new} FROM ({select(node.given, params)}) AS {identifier(NEW)}"
        values += filters(node.where, params)
    elif node.columns:
        texts = (", ".join(expression(v, params) if v else "DEFAULT" for v in row) for row in node.rows)
        always = " OVERRIDING SYSTEM VALUE" if node.numbered else ""
        columns = ", ".join(map(identifier, node.columns))
        values = f"({columns}){always} VALUES {', '.join(f'({text})' for text in texts)}"
    else:
        values = "DEFAULT VALUES"
    text = f"INSERT INTO {qualified(*node.table)} {values}"
    text += on_conflict(node.conflict, (), False) if node.conflict else ""
    return text + returning(node.table, node.returning)


def on_conflict(conflict: Conflict, columns: Iterable[NewColumn], counted: bool) -> str:
    """What happens to rows that are there already."""
    target = ", ".join(identifier(column) for column in conflict.columns)
    sets = [f"{identifier(c.name)} = EXCLUDED.{identifier(c.name)}" for c in columns]
    if not conflict.merge or not sets:
        return f" ON CONFLICT ({target}) DO NOTHING" if target else " ON CONFLICT DO NOTHING"
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
    payload = node.payload if node.payload and node.payload.columns else None
    if not payload and not node.values:
        columns = ", ".join(returned(node.table, node.returning))
        return f"SELECT {columns} FROM {table} WHERE false"
    new = tuple((each.name, Column(each.name, NEW)) for each in payload.columns) if payload else ()
    sets = [f"{identifier(column)} = {expression(value, params)}" for column, value in node.values or new]
    text = f"UPDATE {table} SET {', '.join(sets)}" + (f" FROM {rows(payload, params)}" if payload else "")
    return text + filters(node.where, params) + returning(node.table, node.returning)


def delete(node: Delete, params: Parameters) -> str:
    return f"DELETE FROM {qualified(*node.table)}" + filters(node.where, params) + returning(node.table, node.returning)


def filters(where: Iterable[Condition], params: Parameters) -> str:
    """A WHERE clause, or nothing."""
    texts = [condition(c, params) for c in where]
    return f" WHERE {' AND '.join(texts)}" if texts else ""


def returning(table: Name, columns: Iterable[str]) -> str:
    return f" RETURNING {', '.join(returned(table, columns))}"


def returned(table: Name, columns: Iterable[str]) -> list[str]:
    """Columns of the written rows; where none is asked for, one constant, so that rows can be counted."""
    own = identifier(table.name)
    return [f"{own}.*" if c == "*" else f"{own}.{identifier(c)}" for c in columns] or ["1 AS gatepost_one"]
