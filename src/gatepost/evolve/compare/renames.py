"""What may be one thing under a new name.

In: what went and what came. Out: Renames worth asking about.
Never: a rename on its own authority.
"""

from collections.abc import Iterator

from gatepost.evolve.compare.casts import keeps
from gatepost.evolve.compare.changes import Rename, TableName
from gatepost.evolve.compare.facts import Facts
from gatepost.evolve.compare.tables import Found
from gatepost.evolve.layout.types import SqlType


def possible_renames(facts: Facts, found: Found) -> list[Rename]:
    """Tables first: their columns are compared once they have their names. Each old name is asked about once."""
    return [*_tables(facts, found)] or [*_columns(facts, found)]


def _tables(facts: Facts, found: Found) -> Iterator[Rename]:
    """A new table that has all columns of an old one, or nearly."""
    taken: set[str] = set()
    for old in found.old_tables:
        columns = set(facts.columns.get(old, ()))
        for new in found.new_tables:
            names = {column.name for column in new.columns}
            common = len(columns & names)
            alike = common > 1 and common * 2 > max(len(columns), len(names))  # nearly every table has an id
            if alike and new.schema == old[0] and new.name not in taken:
                taken.add(new.name)
                yield Rename(old, old[1], new.name, column=False)
                break


def _columns(facts: Facts, found: Found) -> Iterator[Rename]:
    """A new column that can hold what an old one of the same table holds."""
    taken: set[tuple[TableName, str]] = set()
    for table, old in found.old_columns:
        kind = facts.columns[table][old].type
        for where, column in found.new_columns:
            fits = isinstance(column.type, SqlType) and (column.type.name == kind or keeps(kind, column.type.name))
            if where == table and fits and (table, column.name) not in taken:
                taken.add((table, column.name))
                yield Rename(table, old, column.name, column=True)
                break
