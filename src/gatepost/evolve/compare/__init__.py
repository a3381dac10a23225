"""The difference between a database and a schema.

In: a session, the wanted layout, answers about renames. Out: a Difference: changes in order, dangers, open questions.
Never: a change made, except renames that were agreed to, so that what follows sees them.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from gatepost.evolve.compare.changes import Change, Difference, Rename, Stage, TableName, qualified, shown
from gatepost.evolve.compare.columns import column_changes
from gatepost.evolve.compare.enums import enum_changes
from gatepost.evolve.compare.facts import Facts, read_facts
from gatepost.evolve.compare.keys import key_changes
from gatepost.evolve.compare.renames import possible_renames
from gatepost.evolve.compare.rows import Rows
from gatepost.evolve.compare.tables import Found, compare_tables
from gatepost.evolve.ddl import create_extension, create_schema, create_table
from gatepost.evolve.layout import Layout, names
from gatepost.evolve.layout.types import bare
from gatepost.evolve.session import Session
from gatepost.policy.rls.definitions import readable

__all__ = ["Change", "Difference", "Rename", "Stage", "compare", "missing_schemas"]

Renamed = Callable[[Rename], bool | None]


def compare(session: Session, wanted: Layout, rows: Rows, renamed: Renamed, spoken: str = "") -> Difference:
    """What must change. `renamed` says whether it is one, None where nobody knows yet: then it is asked about.

    `spoken` is SQL that will run in the same transaction: what it names of an enum has to be there by then.
    """
    difference = Difference()
    facts = read_facts(session, wanted.schemas)
    found = compare_tables(session, wanted, facts)
    while agreed := _decided(facts, found, renamed, difference):
        for rename in agreed:
            change = rename.change if rename.column else _renamed_table(facts, rename)
            difference.changes.append(change)
            session.run(change.statements)
        facts = read_facts(session, wanted.schemas)
        found = compare_tables(session, wanted, facts)
    difference.changes += _changes(session, wanted, facts, found, rows, spoken)
    return difference


def _decided(facts: Facts, found: Found, renamed: Renamed, difference: Difference) -> list[Rename]:
    """Renames agreed to; those nobody has decided on become questions."""
    agreed: list[Rename] = []
    for rename in possible_renames(facts, found):
        answer = renamed(rename)
        if answer is None and rename not in difference.renames:
            difference.renames.append(rename)
        elif answer:
            agreed.append(rename)
    return agreed


def _changes(session: Session, wanted: Layout, facts: Facts, found: Found, rows: Rows, spoken: str) -> Iterator[Change]:
    before = [*_prepared(session, wanted)]
    columns = [*column_changes(session, wanted, facts, found, rows)]
    retyped = {change.retypes for change in columns if change.retypes}
    others = [*columns, *_tables(wanted, facts, found, rows), *key_changes(wanted, facts, found, retyped)]
    text = "\n".join([spoken, *(statement for change in others for statement in change.statements)])
    gone = set(found.old_columns)
    kept = {
        (table, column)
        for table, columns_there in facts.columns.items()
        for column in columns_there
        if (table, column) not in gone | retyped and table not in found.old_tables
    }
    yield from (*before, *others, *enum_changes(wanted, facts, rows, text, kept))


def missing_schemas(session: Session, wanted: Layout) -> list[str]:
    """PostgreSQL schemas that the layout needs and the database has not."""
    there = {str(name) for (name,) in session.rows("select nspname from pg_namespace")}
    return [name for name in wanted.schemas if name not in there]


def _prepared(session: Session, wanted: Layout) -> Iterator[Change]:
    """Schemas and extensions that are missing."""
    for name in missing_schemas(session, wanted):
        yield Change(Stage.PREPARE, f"create schema {name}", (create_schema(name),))
    installed = {str(name) for (name,) in session.rows("select extname from pg_extension")}
    for each in wanted.extensions:
        if str(each.options.get("map") or each.name) not in installed:
            yield Change(Stage.PREPARE, f"create extension {each.name}", (create_extension(each),))


def _tables(wanted: Layout, facts: Facts, found: Found, rows: Rows) -> Iterator[Change]:
    for table in found.new_tables:
        name: TableName = (str(table.schema), table.name)
        yield Change(Stage.CREATE_TABLES, f"create table {shown(name)}", (create_table(table),))
    for name in found.old_tables:
        count = rows.count(name)
        danger = f"table {shown(name)} goes, with {count}" if count else None
        statements = (*_unmasked(facts, name), f"DROP TABLE {qualified(name)}")
        yield Change(Stage.DROP_TABLES, f"drop table {shown(name)}", statements, danger)


def _renamed_table(facts: Facts, rename: Rename) -> Change:
    """Its primary key takes the new name along, so that another table may have the old one."""
    statements = [*_unmasked(facts, rename.table), *rename.change.statements]
    key = facts.primary_keys.get(rename.table)
    if key is not None and key.name == names.primary_key(rename.old):
        table, new = qualified((rename.table[0], rename.new)), bare(names.primary_key(rename.new))
        statements.append(f"ALTER TABLE {table} RENAME CONSTRAINT {bare(key.name)} TO {new}")
    return replace(rename.change, statements=tuple(statements))


def _unmasked(facts: Facts, table: TableName) -> tuple[str, ...]:
    """The view that masks a table's fields goes with its name."""
    view = table[0], readable(table[1])
    return (f"DROP VIEW {qualified(view)}",) if view in facts.masks else ()
