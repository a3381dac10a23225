"""Enums: new ones, old ones, values that came or went.

In: wanted enums, Facts. Out: Changes.
Never: a value taken away that a row holds.
"""

from collections.abc import Iterable, Iterator, Sequence

from gatepost.evolve.compare.changes import Change, Stage, TableName, qualified, shown
from gatepost.evolve.compare.facts import Facts
from gatepost.evolve.compare.rows import Rows
from gatepost.evolve.ddl import create_enum
from gatepost.evolve.layout import EnumType, Layout, names
from gatepost.evolve.layout.defaults import quoted
from gatepost.evolve.layout.types import bare


def enum_changes(
    wanted: Layout, facts: Facts, rows: Rows, spoken: str, kept: set[tuple[TableName, str]]
) -> Iterable[Change]:
    """All of them. `spoken` is the text of everything else that will be run, where a new value may be named: PostgreSQL
    lets a transaction add a value, but not use it. `kept` are the columns that stay as they are.
    """
    kept_names = {(each.schema, each.name) for each in wanted.enums}
    taken = {(str(table.schema), table.name) for table in wanted.tables.tables.values()}
    for each in wanted.enums:
        there = facts.enums.get((each.schema, each.name))
        if there is None:
            text = f"create enum {shown((each.schema, each.name))}"
            yield Change(Stage.ENUMS, text, (create_enum(each),))
        elif there != each.values:
            yield from _changed(each, there, facts, rows, spoken, kept)
    for name in facts.enums:
        if name not in kept_names:
            yield from _dropped(name, taken)


def _dropped(name: TableName, taken: set[TableName]) -> Iterator[Change]:
    """A table has a type of its own name: where a new one takes the enum's, the enum makes room first."""
    last = name
    if name in taken:
        last = name[0], names.cut(name[1], "_old")
        statement = f"ALTER TYPE {qualified(name)} RENAME TO {bare(last[1])}"
        yield Change(Stage.DROP_INDEXES, f"let enum {shown(name)} make room for a table", (statement,))
    yield Change(Stage.DROP_ENUMS, f"drop enum {shown(name)}", (f"DROP TYPE {qualified(last)}",))


def _changed(
    enum: EnumType, there: Sequence[str], facts: Facts, rows: Rows, spoken: str, kept: set[tuple[TableName, str]]
) -> Iterator[Change]:
    new = [value for value in enum.values if value not in there]
    same_order = [value for value in enum.values if value in there] == list(there)
    named = f"::{qualified((enum.schema, enum.name))}" in spoken or any(quoted(value) in spoken for value in new)
    if same_order and not named:
        yield from (_value_added(enum, value, there) for value in new)
        return
    gone = tuple(value for value in there if value not in enum.values)
    used = [use for use in _uses(enum, facts) if (use[0], use[1]) in kept]
    for table, column, listed in used:
        count = rows.holding(table, column, gone, listed) if gone else None
        if count:
            what = ", ".join(gone)
            stop = (
                f"{shown(table)}.{column} holds {what} in {count}, which {enum.name} no longer has: change them first"
            )
            yield Change(Stage.ENUMS, f"take {what} from {enum.name}", (), stop=stop)
    name = shown((enum.schema, enum.name))
    yield Change(Stage.ENUMS, f"make enum {name} anew", tuple(_rebuilt(enum, used, facts)))
    yield Change(Stage.DROP_ENUMS, f"drop what enum {name} was", (f"DROP TYPE {qualified((enum.schema, _old(enum)))}",))


def _value_added(enum: EnumType, value: str, there: Sequence[str]) -> Change:
    """Where it belongs among the others."""
    place = enum.values.index(value)
    after = enum.values[place - 1] if place else None
    position = f" AFTER {quoted(after)}" if after is not None else f" BEFORE {quoted(there[0])}"
    name = qualified((enum.schema, enum.name))
    statement = f"ALTER TYPE {name} ADD VALUE {quoted(value)}{position}"
    return Change(Stage.ENUMS, f"add {value} to enum {shown((enum.schema, enum.name))}", (statement,))


def _uses(enum: EnumType, facts: Facts) -> Iterator[tuple[TableName, str, bool]]:
    """Columns of the type, or of lists of it."""
    name = qualified((enum.schema, enum.name))
    for table, columns in facts.columns.items():
        for column in columns.values():
            if column.type in (name, f"{name}[]"):
                yield table, column.name, column.type.endswith("[]")


def _rebuilt(enum: EnumType, used: Sequence[tuple[TableName, str, bool]], facts: Facts) -> Iterator[str]:
    """A new type takes the place of the old one in every column; defaults are taken off and put back."""
    name = qualified((enum.schema, enum.name))
    yield f"ALTER TYPE {name} RENAME TO {bare(_old(enum))}"
    yield create_enum(enum)
    for table, column, is_list in used:
        fact = facts.columns[table][column]
        alter, kind = f"ALTER TABLE {qualified(table)} ALTER COLUMN {bare(column)}", f"{name}{'[]' * is_list}"
        if fact.default is not None:
            yield f"{alter} DROP DEFAULT"
        yield f"{alter} TYPE {kind} USING {bare(column)}::text{'[]' * is_list}::{kind}"
        if fact.default is not None and all(quoted(gone) not in fact.default for gone in _gone(enum, facts)):
            yield f"{alter} SET DEFAULT {fact.default}"


def _old(enum: EnumType) -> str:
    return names.cut(enum.name, "_old")


def _gone(enum: EnumType, facts: Facts) -> list[str]:
    return [value for value in facts.enums[enum.schema, enum.name] if value not in enum.values]
