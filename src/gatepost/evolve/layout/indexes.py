"""Indexes and unique keys of models.

In: a checked schema and a model's table. Out: SQLAlchemy's Index objects in it.
Never: an index on a column that stands in another table of a delegate's chain.
"""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Index, Table
from sqlalchemy.sql.elements import ColumnElement

from gatepost.evolve.layout import names
from gatepost.zmodel.schema import Index as ModelIndex
from gatepost.zmodel.schema import IndexField, Key, Model

# Words in the names of PostgreSQL's operator classes that Prisma writes in two.
JOINED = {"min_max": "minmax", "timestamp_tz": "timestamptz", "time_tz": "timetz", "var_bit": "varbit"}


def add_indexes(model: Model, table: Table) -> None:
    """Every @unique, @@unique and @@index of a model, in its table."""
    for key in model.keys:
        if key != model.key and _own(model, key.fields):
            _unique(model, table, key)
    for each in model.indexes:
        if not each.full_text and _own(model, [field.name for field in each.fields]):
            _index(model, table, each)


def _own(model: Model, fields: Sequence[str]) -> bool:
    return all(model.fields[name].inherited is None for name in fields)


def _unique(model: Model, table: Table, key: Key) -> None:
    columns = [str(model.fields[name].column) for name in key.fields]
    parts = key.columns or tuple(IndexField(name) for name in key.fields)
    name = key.map or names.unique(table.name, columns)
    if not any(index.name == name for index in table.indexes):
        Index(name, *(_part(model, table, part) for part in parts), unique=True)


def _index(model: Model, table: Table, index: ModelIndex) -> None:
    columns = [str(model.fields[part.name].column) for part in index.fields]
    classes = {str(model.fields[part.name].column): operator_class(part) for part in index.fields if part.ops}
    options: dict[str, Any] = {"postgresql_ops": classes} if classes else {}
    if index.method != "BTree":
        options["postgresql_using"] = index.method.lower()
    name = index.map or names.index(table.name, columns)
    if not any(other.name == name for other in table.indexes):
        Index(name, *(_part(model, table, part) for part in index.fields), **options)


def _part(model: Model, table: Table, part: IndexField) -> Column[object] | ColumnElement[object]:
    column = table.c[str(model.fields[part.name].column)]
    return column.desc() if part.sort == "Desc" else column


def operator_class(part: IndexField) -> str:
    """`JsonbPathOps` → jsonb_path_ops; `raw("…")` as it is."""
    ops = str(part.ops)
    if part.raw:
        return ops
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", ops).lower()
    for apart, together in JOINED.items():
        snake = snake.replace(apart, together)
    return snake
