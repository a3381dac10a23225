"""The difference between a database and a schema.

In: a session, the wanted layout, answers about renames. Out: a Difference: changes in order, dangers, open questions.
Never: a change made, except renames that were agreed to, so that what follows sees them.
"""

from collections.abc import Callable, Iterator

from gatepost.evolve.compare.changes import Change, Difference, Rename, Stage, TableName, qualified, shown
from gatepost.evolve.compare.columns import column_changes
from gatepost.evolve.compare.enums import enum_changes
from gatepost.evolve.compare.facts import Facts, read_facts
from gatepost.evolve.compare.keys import key_changes
from gatepost.evolve.compare.renames import possible_renames
from gatepost.evolve.compare.rows import Rows
from gatepost.evolve.compare.tables import Found, compare_tables
from gatepost.evolve.ddl import create_extension, create_schema, create_table
from gatepost.evolve.layout import Layout
from gatepost.evolve.session import Session

__all__ = ["Change", "Difference", "Rename", "Stage", "compare"]

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
            difference.changes.append(rename.change)
            session.run(rename.change.statements)
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


def _prepared(session: Session, wanted: Layout) -> Iterator[Change]:
    """Schemas and extensions that are missing."""
    there = {str(name) for (name,) in session.rows("select nspname from pg_namespace")}
    for name in wanted.schemas:
        if name not in there:
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
        yield Change(Stage.DROP_TABLES, f"drop table {shown(name)}", (f"DROP TABLE {qualified(name)}",), danger)
