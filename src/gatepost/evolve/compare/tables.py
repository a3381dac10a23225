"""Tables and columns that came or went, and whether they may be empty: Alembic's comparison.

In: a session, the wanted layout. Out: what Alembic finds, by kind.
Never: a decision about data.
"""

import warnings
from dataclasses import dataclass, field
from typing import Any, cast

from alembic.autogenerate import produce_migrations
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Table
from sqlalchemy.exc import SAWarning

from gatepost.evolve.compare.changes import TableName
from gatepost.evolve.compare.facts import Facts
from gatepost.evolve.layout import Layout
from gatepost.evolve.session import Session


@dataclass(slots=True)
class Found:
    """What is there and should not be, and the other way round."""

    new_tables: list[Table] = field(default_factory=list[Table])
    old_tables: list[TableName] = field(default_factory=list[TableName])
    new_columns: list[tuple[TableName, Column[object]]] = field(default_factory=list[tuple[TableName, Column[object]]])
    old_columns: list[tuple[TableName, str]] = field(default_factory=list[tuple[TableName, str]])
    required: list[tuple[TableName, str, bool]] = field(default_factory=list[tuple[TableName, str, bool]])


def compare_tables(session: Session, wanted: Layout, facts: Facts) -> Found:
    """Ask Alembic; types, defaults, indexes and keys are compared elsewhere, by PostgreSQL's own words."""
    schemas = set(wanted.schemas)

    def named(name: str | None, kind: str, _: object) -> bool:
        return kind != "schema" or name in schemas

    def included(item: Any, _name: str | None, kind: str, reflected: bool, _other: object) -> bool:
        if kind == "table" and reflected:
            return (str(item.schema), str(item.name)) not in facts.strangers
        return kind not in ("index", "unique_constraint", "foreign_key_constraint")

    options = {
        "include_schemas": True,
        "include_name": named,
        "include_object": included,
        "compare_type": False,
        "compare_server_default": False,
    }
    connection = session.attach()
    with session.pinned(), warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # types that SQLAlchemy has no class for
        context = MigrationContext.configure(connection, opts=options)
        script = produce_migrations(context, wanted.tables)
    found = Found()
    for operation in script.upgrade_ops.ops if script.upgrade_ops else ():
        _sort(found, operation, wanted)
    return found


def _sort(found: Found, operation: ops.MigrateOperation, wanted: Layout) -> None:
    match operation:
        case ops.CreateTableOp():
            found.new_tables.append(wanted.tables.tables[f"{operation.schema}.{operation.table_name}"])
        case ops.DropTableOp():
            found.old_tables.append((str(operation.schema), operation.table_name))
        case ops.ModifyTableOps():
            for part in operation.ops:
                _sort_part(found, (str(operation.schema), operation.table_name), part)
        case _:
            pass


def _sort_part(found: Found, table: TableName, part: ops.MigrateOperation) -> None:
    match part:
        case ops.AddColumnOp():
            found.new_columns.append((table, cast("Column[object]", part.column)))
        case ops.DropColumnOp():
            found.old_columns.append((table, part.column_name))
        case ops.AlterColumnOp() if part.modify_nullable is not None:
            found.required.append((table, part.column_name, not part.modify_nullable))
        case _:
            pass
