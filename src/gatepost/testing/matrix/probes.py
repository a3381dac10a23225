"""Each operation tried: rows are read, written again as they are, and deleted, as somebody, and nothing of it stays.

In: people, tables. Out: what each may do, as Cells. Never: a guess from the text of a policy; a change that is kept.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import class_row, dict_row

from gatepost.database.queries import load

from ..people import Person

QUERIES = load(Path(__file__).with_name("queries.sql"))
REFUSED = ("42501", "PT401", "PT403", "P0001")
# Policies are asked before constraints: who gets as far as those was let in.
CONSTRAINT = "23"
OPERATIONS = ("select", "insert", "update", "delete")
NONE, YES = "-", "yes"
MOST = 200

Connection = psycopg.Connection[Any]
Values = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Cell:
    """What somebody may do: `2/3` rows, `-` for no right, `yes`; with columns where not all are included."""

    object: str
    person: str
    operation: str
    value: str


@dataclass(frozen=True, slots=True)
class Relation:
    """`operations` are what it takes; `key` finds a row; `computed` columns nobody writes, `fixed` nobody changes."""

    schema: str
    name: str
    is_table: bool
    operations: list[str]
    key: list[str]
    columns: list[str]
    types: list[str]
    computed: list[str]
    fixed: list[str]

    @property
    def title(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.name)

    @property
    def found_by(self) -> list[str]:
        """Columns that find a row, with or without a primary key; none of a view."""
        return self.key or ["ctid"] * self.is_table

    def writable(self, operation: str) -> list[str]:
        """Columns that an operation is about."""
        kept = {"insert": self.computed, "update": [*self.computed, *self.fixed]}.get(operation, [])
        return [name for name in self.columns if name not in kept]

    def parameters(self, columns: Sequence[str], joined: str = "{0} = {1}") -> list[sql.Composed]:
        """A placeholder for each column, of its type."""
        types = dict(zip(self.columns, self.types, strict=True)) | {"ctid": "tid"}
        return [
            sql.SQL(joined).format(sql.Identifier(name), sql.SQL("%s::" + types[name]))  # pyright: ignore
            for name in columns
        ]


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of a table as they are, as text: the first by key, of all there are."""

    relation: Relation
    rows: Sequence[Values]
    total: int


def relations(admin: Connection, schemas: Sequence[str], names: Sequence[str] | None) -> list[Relation]:
    """Tables and views; LookupError for a name that is none."""
    asked = {"schemas": list(schemas), "names": None if names is None else list(names)}
    with admin.cursor(row_factory=class_row(Relation)) as cursor:
        found = cursor.execute(QUERIES["relations"].encode(), asked).fetchall()
    known = {title for each in found for title in (each.title, each.name)}
    for name in names or ():
        if name not in known:
            raise LookupError(f"there is no table {name}")
    return found


def tables(admin: Connection, people: Mapping[str, Person], found: Iterable[Relation]) -> Iterator[Cell]:
    """What each may do with each table."""
    for relation in found:
        sample = _sample(admin, relation)
        for name, person in people.items():
            for operation in relation.operations:
                with _undone(person) as connection:
                    yield Cell(relation.title, name, operation, _probed(connection, sample, operation))


def functions(admin: Connection, people: Mapping[str, Person], schemas: Sequence[str]) -> Iterator[Cell]:
    """Who may call which function."""
    for oid, title in admin.execute(QUERIES["functions"].encode(), {"schemas": list(schemas)}).fetchall():
        for name, person in people.items():
            with _undone(person) as connection:
                row = connection.execute(QUERIES["callable"].encode(), {"oid": oid}).fetchone()
            yield Cell(title, name, "execute", YES if row and row[0] else NONE)


@contextmanager
def _undone(person: Person) -> Generator[Connection]:
    with person.transaction() as connection:
        yield connection
        raise psycopg.Rollback


def _sample(admin: Connection, relation: Relation) -> Sample:
    columns = dict.fromkeys([*relation.found_by, *relation.columns])
    order = sql.SQL("t.{}" if relation.found_by else "t.{}::text")  # not every type of a view's columns has an order
    text = sql.SQL("select {} from {} t order by {} limit {}").format(
        sql.SQL(", ").join(sql.SQL("t.{0}::text as {0}").format(sql.Identifier(name)) for name in columns),
        relation.identifier,
        sql.SQL(", ").join(order.format(sql.Identifier(name)) for name in relation.found_by or columns),
        MOST,
    )
    with admin.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(text).fetchall() if len(relation.operations) > 1 else []
    return Sample(relation, rows, _count(admin, relation))


def _count(connection: Connection, relation: Relation) -> int:
    row = connection.execute(sql.SQL("select count(*) from {}").format(relation.identifier)).fetchone()
    return int(row[0]) if row else 0


def _probed(connection: Connection, sample: Sample, operation: str) -> str:
    """One cell: the rights to columns first, then each row."""
    relation = sample.relation
    asked = {"table": relation.identifier.as_string(), "schema": relation.schema, "right": operation}
    rights = {name for (name,) in connection.execute(QUERIES["rights"].encode(), asked).fetchall()}
    columns = [name for name in relation.writable(operation) if name in rights]
    if not columns:
        return NONE
    if operation == "select":
        outcomes = [_tried(connection, lambda: _count(connection, relation))]
    elif operation == "insert" or relation.found_by:
        outcomes = [_tried(connection, _attempt(connection, relation, operation, columns, row)) for row in sample.rows]
    else:
        outcomes = []
    failed = next((each for each in outcomes if isinstance(each, str)), None)
    if failed is not None:
        return failed
    total = sample.total if operation == "select" else len(sample.rows)
    allowed = sum(map(int, outcomes))
    if operation in ("update", "delete") and allowed < total:
        allowed = max(allowed, min(_blindly(connection, sample, operation, columns), total))
    some = f" ({', '.join(columns)})" if columns != relation.writable(operation) else ""
    return f"{allowed}/{total}{some}"


def _blindly(connection: Connection, sample: Sample, operation: str, columns: Sequence[str]) -> int:
    """How many rows a statement reaches that does not say which: it needs no right to read them."""
    relation, values = sample.relation, sample.rows[0]
    if operation == "delete":
        attempts = [partial(_rows, connection, sql.SQL("delete from {}").format(relation.identifier), [])]
    else:
        change = sql.SQL("update {} set {}")
        attempts = [
            partial(_rows, connection, change.format(relation.identifier, *relation.parameters([name])), [values[name]])
            for name in columns
        ]
    outcomes = [_tried(connection, each) for each in attempts]
    return max((each for each in outcomes if isinstance(each, int)), default=0)


def _rows(connection: Connection, text: sql.Composed, values: Sequence[str | None]) -> int:
    return connection.execute(text, values).rowcount


def _attempt(
    connection: Connection, relation: Relation, operation: str, columns: Sequence[str], row: Values
) -> Callable[[], int]:
    """A statement about one row: written again as it is, changed to what it is, deleted."""
    finding = sql.SQL(" and ").join(relation.parameters(relation.found_by))
    match operation:
        case "insert":
            text = sql.SQL("insert into {} ({}) overriding system value values ({})").format(
                relation.identifier,
                sql.SQL(", ").join(map(sql.Identifier, columns)),
                sql.SQL(", ").join(relation.parameters(columns, "{1}")),
            )
            names = [*columns]
        case "update":
            values = sql.SQL(", ").join(relation.parameters(columns))
            text = sql.SQL("update {} set {} where {}").format(relation.identifier, values, finding)
            names = [*columns, *relation.found_by]
        case _:
            text = sql.SQL("delete from {} where {}").format(relation.identifier, finding)
            names = relation.found_by
    return partial(_rows, connection, text, [row[name] for name in names])


def _tried(connection: Connection, attempt: Callable[[], int]) -> int | str:
    """How many rows it was about; what a constraint stops, policies have let through. Another error is its code."""
    try:
        with connection.transaction(force_rollback=True):
            return attempt()
    except psycopg.Error as error:
        state = error.sqlstate or ""
        if state in REFUSED:
            return 0
        return 1 if state.startswith(CONSTRAINT) else f"error {state}"
