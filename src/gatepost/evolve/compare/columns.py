"""Columns of tables that stay: new ones, old ones, types, defaults, whether they may be empty.

In: wanted columns and those there are. Out: Changes, with what they cost the rows that are there.
Never: a value changed that the new type holds as well.
"""

import re
from collections.abc import Iterable
from typing import cast

from sqlalchemy import Column, Table

from gatepost.evolve.compare.casts import Cast, cast_between
from gatepost.evolve.compare.changes import Change, Stage, TableName, qualified, shown
from gatepost.evolve.compare.facts import ColumnFact, Facts
from gatepost.evolve.compare.rows import Rows
from gatepost.evolve.compare.spelling import Wanted, spelled
from gatepost.evolve.compare.tables import Found
from gatepost.evolve.ddl import column_specification
from gatepost.evolve.layout import Layout
from gatepost.evolve.layout.defaults import quoted, sequence
from gatepost.evolve.layout.types import SqlType, bare
from gatepost.evolve.session import Session


def column_changes(session: Session, wanted: Layout, facts: Facts, found: Found, rows: Rows) -> Iterable[Change]:
    """All of them."""
    for table, column in found.new_columns:
        yield _added(table, _table(wanted, table).c[column.name], rows)
    for table, name in found.old_columns:
        yield _dropped(table, name, rows)
    for each, kind, default in _kept(session, wanted, facts):
        fact = facts.columns[each.table][each.column]
        if not fact.generated:
            yield from _altered(session, each, fact, kind, default, rows)
    for table, name, required in found.required:
        if cast(SqlType, _table(wanted, table).c[name].type).name.endswith("[]"):
            continue  # a list is there or empty; whether it may be NULL as well is nobody's business
        yield _required(table, name, rows) if required else _optional(table, name)


def _table(wanted: Layout, name: TableName) -> Table:
    return wanted.tables.tables[f"{name[0]}.{name[1]}"]


def _kept(session: Session, wanted: Layout, facts: Facts) -> Iterable[tuple[Wanted, str, str | None]]:
    """Columns that both have, with type and default in PostgreSQL's spelling."""
    both: list[Wanted] = []
    for table in wanted.tables.tables.values():
        name = (str(table.schema), table.name)
        both += [_wanted(name, column) for column in table.columns if column.name in facts.columns.get(name, ())]
    for each, (kind, default) in zip(both, spelled(session, both), strict=True):
        yield each, kind, default


def _wanted(table: TableName, column: "Column[object]") -> Wanted:
    default = column.server_default
    text = None if default is None else str(getattr(default, "arg", None))
    return Wanted(table, column.name, cast(SqlType, column.type), text)


def _added(table: TableName, column: "Column[object]", rows: Rows) -> Change:
    where = f"{shown(table)}.{column.name}"
    stop = None
    filled = column.nullable or column.server_default is not None or cast(SqlType, column.type).spec.endswith("serial")
    if not filled and (count := rows.count(table)):
        advice = "give it one (@default with a value, now() or dbgenerated()), or add it as optional and fill it first"
        stop = f"{where} is required and has no default in the database, while {shown(table)} has {count}: {advice}"
    statement = f"ALTER TABLE {qualified(table)} ADD COLUMN {column_specification(column)}"
    return Change(Stage.ADD_COLUMNS, f"add column {where}", (statement,), stop=stop)


def _dropped(table: TableName, name: str, rows: Rows) -> Change:
    where, count = f"{shown(table)}.{name}", rows.filled(table, name)
    danger = f"column {where} goes, with the values of {count}" if count else None
    statement = f"ALTER TABLE {qualified(table)} DROP COLUMN {bare(name)}"
    return Change(Stage.DROP_COLUMNS, f"drop column {where}", (statement,), danger)


def _required(table: TableName, name: str, rows: Rows) -> Change:
    where, count = f"{shown(table)}.{name}", rows.empty(table, name)
    stop = f"{where} is required now, but empty in {count}: fill them first" if count else None
    statement = f"ALTER TABLE {qualified(table)} ALTER COLUMN {bare(name)} SET NOT NULL"
    return Change(Stage.ALTER_COLUMNS, f"require {where}", (statement,), stop=stop)


def _optional(table: TableName, name: str) -> Change:
    statement = f"ALTER TABLE {qualified(table)} ALTER COLUMN {bare(name)} DROP NOT NULL"
    return Change(Stage.ALTER_COLUMNS, f"make {shown(table)}.{name} optional", (statement,))


def _altered(
    session: Session, each: Wanted, fact: ColumnFact, kind: str, default: str | None, rows: Rows
) -> Iterable[Change]:
    """Type and default; a default that the old type wrote is set anew with the new one."""
    retyped = kind != fact.type
    if retyped:
        yield _retyped(each, fact, cast_between(session, fact.type, kind), kind, rows)
    if each.counts != fact.counts:
        yield _counting(each, fact)
        fact_default = None
    else:
        fact_default = None if fact.counts or (retyped and fact.default) else fact.default
    if not each.counts and _plain(default) != _plain(fact_default):
        yield _defaulted(each)


def _plain(default: str | None) -> str | None:
    """now() is CURRENT_TIMESTAMP."""
    return "CURRENT_TIMESTAMP" if default == "now()" else default


def _retyped(each: Wanted, fact: ColumnFact, how: Cast, kind: str, rows: Rows) -> Change:
    where, column = f"{shown(each.table)}.{each.column}", bare(each.column)
    count = None if how.safe else rows.filled(each.table, each.column)
    danger = f"{where} becomes {kind} from {fact.type}: {how.risk} ({count})" if count else None
    table = f"ALTER TABLE {qualified(each.table)} ALTER COLUMN {column}"
    dropped = (f"{table} DROP DEFAULT",) if fact.default is not None and not fact.counts else ()
    statement = f"{table} TYPE {each.type.name} USING {how.using.format(column)}"
    text = f"change the type of {where} to {kind}"
    return Change(Stage.ALTER_COLUMNS, text, (*dropped, statement), danger, retypes=(each.table, each.column))


def _defaulted(each: Wanted) -> Change:
    table = f"ALTER TABLE {qualified(each.table)} ALTER COLUMN {bare(each.column)}"
    where = f"{shown(each.table)}.{each.column}"
    if each.default is None:
        return Change(Stage.ALTER_COLUMNS, f"drop the default of {where}", (f"{table} DROP DEFAULT",))
    return Change(Stage.ALTER_COLUMNS, f"set the default of {where}", (f"{table} SET DEFAULT {each.default}",))


def _counting(each: Wanted, fact: ColumnFact) -> Change:
    """A sequence comes or goes; a new one begins after the highest number there is."""
    where, name = f"{shown(each.table)}.{each.column}", sequence(each.table, each.column)
    table, column = qualified(each.table), bare(each.column)
    alter = f"ALTER TABLE {table} ALTER COLUMN {column}"
    if each.counts:
        statements = (
            f"CREATE SEQUENCE {name} AS {each.type.name} OWNED BY {table}.{column}",
            f"SELECT setval({quoted(name)}, coalesce(max({column}), 0) + 1, false) FROM {table}",
            f"{alter} SET DEFAULT nextval({quoted(name)})",
        )
        return Change(Stage.ALTER_COLUMNS, f"count {where}", statements)
    if fact.default is None:
        return Change(Stage.ALTER_COLUMNS, f"stop counting {where}", (f"{alter} DROP IDENTITY",))
    own = re.match(r"nextval\('(.+)'::regclass\)", fact.default)
    dropped = (f"DROP SEQUENCE IF EXISTS {own[1]}",) if own else ()
    return Change(Stage.ALTER_COLUMNS, f"stop counting {where}", (f"{alter} DROP DEFAULT", *dropped))
