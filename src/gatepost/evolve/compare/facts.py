"""What a database has, of what a schema can say.

In: a session, the schemas to look at. Out: Facts, every name as the database spells it, types as `format_type` does.
Never: a row of anybody's data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatepost.database.queries import load
from gatepost.evolve.session import Session

QUERIES = load(Path(__file__).with_name("facts.sql"))

TableName = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ColumnFact:
    """A column; `counts`: a sequence fills it."""

    name: str
    type: str
    required: bool
    default: str | None
    counts: bool
    generated: bool


@dataclass(frozen=True, slots=True)
class IndexFact:
    """An index, the primary key's apart. `special`: more than a schema can say, so it is left alone.

    `constraint` is the name of the unique constraint that it carries out. `classes` are operator classes, with a `=`
    before the type's own.
    """

    name: str
    method: str
    unique: bool
    special: bool
    constraint: str | None
    columns: tuple[str, ...]
    descending: tuple[bool, ...]
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeyFact:
    """A primary or foreign key; `actions` on delete and on update, as SQL says them."""

    table: TableName
    name: str
    columns: tuple[str, ...]
    target: TableName
    targets: tuple[str, ...]
    actions: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything by name; `strangers` are tables that belong to extensions or other tools, `masks` views of ours that
    stand before a table.
    """

    columns: dict[TableName, dict[str, ColumnFact]]
    enums: dict[TableName, tuple[str, ...]]
    indexes: dict[TableName, dict[str, IndexFact]]
    primary_keys: dict[TableName, KeyFact]
    foreign_keys: tuple[KeyFact, ...]
    strangers: frozenset[TableName]
    masks: frozenset[TableName] = frozenset()


def read_facts(session: Session, schemas: Sequence[str]) -> Facts:
    """The facts of some schemas."""
    with session.pinned():
        found = {name: session.rows(query, (list(schemas),)) for name, query in QUERIES.items()}
    columns: dict[TableName, dict[str, ColumnFact]] = {}
    for schema, table, name, *rest in found["columns"]:
        columns.setdefault(_name(schema, table), {})[str(name)] = ColumnFact(str(name), *_any(rest))
    indexes: dict[TableName, dict[str, IndexFact]] = {}
    for schema, table, name, *rest in found["indexes"]:
        indexes.setdefault(_name(schema, table), {})[str(name)] = _index(str(name), *_any(rest))
    keys = [(row[3], _key(*_any(row))) for row in found["keys"]]
    return Facts(
        columns,
        {_name(schema, name): tuple(_any(values)) for schema, name, values in found["enums"]},
        indexes,
        {key.table: key for kind, key in keys if kind == "p"},
        tuple(key for kind, key in keys if kind == "f"),
        frozenset(_name(schema, table) for schema, table in found["strangers"]),
        frozenset(_name(schema, view) for schema, view in found["masks"]),
    )


def _any(row: Any) -> Any:
    """What the driver read is what the query says."""
    return row


def _name(schema: object, table: object) -> TableName:
    return str(schema), str(table)


def _index(name: str, method: str, unique: bool, special: bool, constraint: str | None, *parts: Any) -> IndexFact:
    columns, descending, classes = parts
    return IndexFact(name, method, unique, special, constraint, tuple(columns), tuple(descending), tuple(classes))


ACTIONS = {"a": "NO ACTION", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT", " ": ""}


def _key(schema: str, table: str, name: str, _kind: str, columns: Any, *rest: Any) -> KeyFact:
    target_schema, target_table, targets, *actions = rest
    on_delete, on_update = (ACTIONS[each] for each in actions)
    target = (target_schema, target_table)
    return KeyFact((schema, table), name, tuple(columns), target, tuple(targets), (on_delete, on_update))
