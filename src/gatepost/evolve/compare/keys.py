"""Indexes, primary keys and foreign keys of tables that stay, and what new tables bring.

In: wanted tables, Facts. Out: Changes.
Never: an index touched that says more than a schema can (partial, by expression).
"""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from sqlalchemy import Column, ForeignKeyConstraint, Index, Table
from sqlalchemy.sql.elements import UnaryExpression

from gatepost.evolve.compare.changes import Change, Stage, TableName, listed, qualified, shown
from gatepost.evolve.compare.facts import Facts, IndexFact, KeyFact
from gatepost.evolve.compare.tables import Found
from gatepost.evolve.ddl import add_foreign_key, create_index, foreign_keys, indexes
from gatepost.evolve.layout import Layout
from gatepost.evolve.layout.types import bare

Shape = tuple[str, bool, tuple[str, ...], tuple[bool, ...], tuple[str | None, ...]]


def key_changes(wanted: Layout, facts: Facts, found: Found, retyped: set[tuple[TableName, str]]) -> Iterable[Change]:
    """All of them. Foreign keys on columns whose type changes (`retyped`) are made anew."""
    for table in wanted.tables.tables.values():
        name = (str(table.schema), table.name)
        if name not in facts.columns:
            yield from (_new_index(name, index) for index in indexes(table))
            yield from (_new_foreign_key(name, key) for key in foreign_keys(table))
        else:
            yield from _index_changes(name, table, facts)
            yield from _primary_key(name, table, facts)
    yield from _foreign_keys(wanted, facts, found, retyped)


# Indexes


def _index_changes(name: TableName, table: Table, facts: Facts) -> Iterator[Change]:
    """An index of another name that does the same is renamed; one that does something else is made anew."""
    there = {each: fact for each, fact in facts.indexes.get(name, {}).items() if not fact.special}
    wanted = {str(index.name): index for index in indexes(table)}
    gone = {each: fact for each, fact in there.items() if each not in wanted}
    for each, index in wanted.items():
        if each in there and _alike(index, there[each]):
            continue
        alike = next((fact for fact in gone.values() if _alike(index, fact)), None)
        if each in there:
            yield _dropped_index(name, there[each])
            yield _new_index(name, index)
        elif alike is not None:
            del gone[alike.name]
            yield _renamed_index(name, alike, each)
        else:
            yield _new_index(name, index)
    primary = facts.primary_keys.get(name)
    for fact in gone.values():
        if not _is_join_key(table, fact, primary):
            yield _dropped_index(name, fact)


def _is_join_key(table: Table, fact: IndexFact, primary: KeyFact | None) -> bool:
    """Older join tables have a unique index where newer ones have a primary key: as good."""
    return primary is None and fact.unique and fact.columns == ("A", "B") and table.name.startswith("_")


def _alike(index: Index, fact: IndexFact) -> bool:
    """Whether both do the same. An operator class that is not named is the type's own."""
    method, unique, columns, descending, classes = _shape(index)
    same = (method, unique, columns, descending) == (fact.method, fact.unique, fact.columns, fact.descending)
    pairs = zip(classes, fact.classes, strict=False)
    return same and all(there.removeprefix("=") == named if named else there[:1] == "=" for named, there in pairs)


def _shape(index: Index) -> Shape:
    columns: list[str] = []
    descending: list[bool] = []
    for part in cast(list[Any], index.expressions):
        down = isinstance(part, UnaryExpression)
        column = cast("Column[object]", cast(Any, part).element if down else part)
        columns.append(str(column.name))
        descending.append(down)
    options = cast(dict[str, Any], index.dialect_options["postgresql"])
    method, classes = str(options["using"] or "btree"), cast(dict[str, str], options["ops"] or {})
    return method, bool(index.unique), tuple(columns), tuple(descending), tuple(classes.get(each) for each in columns)


def _new_index(name: TableName, index: Index) -> Change:
    kind = "unique index" if index.unique else "index"
    return Change(Stage.INDEXES, f"create {kind} {index.name} on {shown(name)}", (create_index(index),))


def _dropped_index(name: TableName, fact: IndexFact) -> Change:
    if fact.constraint is not None:
        statement = f"ALTER TABLE {qualified(name)} DROP CONSTRAINT {bare(fact.constraint)}"
    else:
        statement = f"DROP INDEX {qualified((name[0], fact.name))}"
    return Change(Stage.DROP_INDEXES, f"drop index {fact.name} of {shown(name)}", (statement,))


def _renamed_index(name: TableName, fact: IndexFact, new: str) -> Change:
    if fact.constraint is not None:
        statement = f"ALTER TABLE {qualified(name)} RENAME CONSTRAINT {bare(fact.constraint)} TO {bare(new)}"
    else:
        statement = f"ALTER INDEX {qualified((name[0], fact.name))} RENAME TO {bare(new)}"
    return Change(Stage.DROP_INDEXES, f"rename index {fact.name} of {shown(name)} to {new}", (statement,))


# Primary keys


def _primary_key(name: TableName, table: Table, facts: Facts) -> Iterator[Change]:
    """Foreign keys that stand on a changed one are made anew in `_foreign_keys`."""
    there = facts.primary_keys.get(name)
    wanted = tuple(column.name for column in table.primary_key.columns)
    if there is not None and there.columns == wanted:
        return
    if there is None and _has_join_index(name, table, facts):
        return
    if there is not None:
        statement = f"ALTER TABLE {qualified(name)} DROP CONSTRAINT {bare(there.name)}"
        yield Change(Stage.DROP_INDEXES, f"drop the primary key of {shown(name)}", (statement,))
    if wanted:
        key = bare(str(table.primary_key.name))
        statement = f"ALTER TABLE {qualified(name)} ADD CONSTRAINT {key} PRIMARY KEY ({listed(wanted)})"
        yield Change(Stage.PRIMARY_KEYS, f"make {', '.join(wanted)} the primary key of {shown(name)}", (statement,))


def _has_join_index(name: TableName, table: Table, facts: Facts) -> bool:
    return any(_is_join_key(table, fact, None) for fact in facts.indexes.get(name, {}).values())


# Foreign keys


def _foreign_keys(wanted: Layout, facts: Facts, found: Found, retyped: set[tuple[TableName, str]]) -> Iterator[Change]:
    """Those to tables of other schemas than the schema's (auth.users) are somebody's own, and stay."""
    for fact in facts.foreign_keys:
        if fact.table in found.old_tables or fact.target in found.old_tables:
            yield _dropped_key(fact.table, fact.name)
            continue
        key, ours = _same_key(wanted, fact), fact.target[0] in wanted.schemas and fact.table not in facts.strangers
        if ours and (key is None or _stands_on_change(fact, wanted, facts, retyped)):
            yield _dropped_key(fact.table, fact.name)
            if key is not None:
                yield _new_foreign_key(fact.table, key)
    there = {_identity(fact) for fact in facts.foreign_keys}
    for table in wanted.tables.tables.values():
        name = (str(table.schema), table.name)
        if name in facts.columns:
            yield from (_new_foreign_key(name, key) for key in foreign_keys(table) if _wanted(key) not in there)


Identity = tuple[TableName, tuple[str, ...], TableName, tuple[str, ...], tuple[str, str]]


def _identity(fact: KeyFact) -> Identity:
    return fact.table, fact.columns, fact.target, fact.targets, fact.actions


def _wanted(key: ForeignKeyConstraint) -> Identity:
    table, target = key.table, key.referred_table
    columns = tuple(each.name for each in key.columns)
    targets = tuple(each.column.name for each in key.elements)
    actions = (str(key.ondelete), str(key.onupdate))
    return (str(table.schema), table.name), columns, (str(target.schema), target.name), targets, actions


def _stands_on_change(fact: KeyFact, wanted: Layout, facts: Facts, retyped: set[tuple[TableName, str]]) -> bool:
    """Whether a column of it gets another type, or the key that it refers to is made anew."""
    mine = {(fact.table, column) for column in fact.columns} | {(fact.target, column) for column in fact.targets}
    if mine & retyped:
        return True
    table = wanted.tables.tables.get(f"{fact.target[0]}.{fact.target[1]}")
    primary = facts.primary_keys.get(fact.target)
    if table is None or primary is None or primary.columns != fact.targets:
        return False
    return tuple(column.name for column in table.primary_key.columns) != primary.columns


def _same_key(wanted: Layout, fact: KeyFact) -> ForeignKeyConstraint | None:
    table = wanted.tables.tables.get(f"{fact.table[0]}.{fact.table[1]}")
    keys = foreign_keys(table) if table is not None else []
    return next((key for key in keys if _wanted(key) == _identity(fact)), None)


def _dropped_key(table: TableName, name: str) -> Change:
    statement = f"ALTER TABLE {qualified(table)} DROP CONSTRAINT {bare(name)}"
    return Change(Stage.DROP_KEYS, f"drop foreign key {name} of {shown(table)}", (statement,))


def _new_foreign_key(table: TableName, key: ForeignKeyConstraint) -> Change:
    text = f"create foreign key {key.name} on {shown(table)}"
    return Change(Stage.FOREIGN_KEYS, text, (add_foreign_key(key),))
