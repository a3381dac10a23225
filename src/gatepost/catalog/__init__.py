"""WHAT exists: the facts of a database that surfaces plan with.

In: facts that `database/facts/introspect` read. Out: one frozen Catalog, replaced as a whole when the schema changes.
Never: a driver, a socket, or a privilege: what a role may do is PostgreSQL's to say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple


class Name(NamedTuple):
    """A schema-qualified name; sorts by schema, then name."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, slots=True)
class Column:
    """`type` is the base type (through domains, without modifiers for PostgreSQL's own); `nominal_type` as declared.

    `default` is SQL text (an identity's is its nextval call). `generated` columns cannot be written. `plain` says
    that reading a value runs no code but PostgreSQL's own.
    """

    name: str
    type: str
    nominal_type: str
    nullable: bool = True
    default: str | None = None
    max_length: int | None = None
    enum: tuple[str, ...] = ()
    description: str | None = None
    position: int = 0
    generated: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table, view, materialized view or foreign table.

    `primary_key` of a view is that of the table it shows, where it shows the whole key. `uniques` are column sets that
    PostgreSQL keeps unique (the primary key included), among the rows of tables that inherit from this one too.
    """

    id: Name
    columns: Mapping[str, Column]
    primary_key: tuple[str, ...] = ()
    uniques: tuple[tuple[str, ...], ...] = ()
    is_view: bool = False
    insertable: bool = True
    updatable: bool = True
    deletable: bool = True
    row_security: bool = False
    description: str | None = None


class Cardinality(Enum):
    """How many rows of the target belong to one row of the table. The order is that of upstream's error details."""

    ONE_TO_MANY = "one-to-many"
    MANY_TO_ONE = "many-to-one"
    ONE_TO_ONE = "one-to-one"
    MANY_TO_MANY = "many-to-many"
    COMPUTED = "computed"


Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Junction:
    """The table between two: `source` pairs (column of the table, its own), `target` those of the target."""

    table: Name
    source_constraint: str
    target_constraint: str
    source: Pairs
    target: Pairs


@dataclass(frozen=True, slots=True)
class Relation:
    """A way from `table` to `target`. `columns` pairs (column of the table, column of the target).

    `function` computes the target's rows from one row of the table (cardinality COMPUTED). `parent` tells the side
    of a one-to-one that is referenced.
    """

    table: Name
    target: Name
    cardinality: Cardinality
    constraint: str = ""
    columns: Pairs = ()
    junction: Junction | None = None
    function: Name | None = None
    single: bool = False
    parent: bool = False
    table_is_view: bool = False
    target_is_view: bool = False

    @property
    def to_one(self) -> bool:
        """Whether at most one row of the target belongs to a row of the table."""
        return self.single or self.cardinality in (Cardinality.MANY_TO_ONE, Cardinality.ONE_TO_ONE)

    @property
    def own_columns(self) -> tuple[str, ...]:
        """The table's own columns that the relation needs."""
        pairs = self.junction.source if self.junction else self.columns
        return tuple(own for own, _ in pairs)


@dataclass(frozen=True, slots=True)
class Parameter:
    """An input parameter; `input_type` is the type without a length, so that nothing is cut off silently."""

    name: str
    type: str
    input_type: str
    required: bool = True
    variadic: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A callable function. `returns` names the type, or the relation whose rows it gives; `settings` are its own."""

    id: Name
    parameters: tuple[Parameter, ...]
    returns: Name
    returns_set: bool = False
    returns_composite: bool = False
    volatility: str = "v"
    variadic: bool = False
    isolation: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    description: str | None = None

    @property
    def returns_void(self) -> bool:
        """Whether there is nothing to give back."""
        return not self.returns_set and self.returns == Name("pg_catalog", "void")

    @property
    def volatile(self) -> bool:
        """Whether a call may change something."""
        return self.volatility == "v"


@dataclass(frozen=True, slots=True)
class MediaHandler:
    """A function that makes a body of media type `media`: an aggregate of rows, or a domain that converts one value.

    `target` is the relation or function whose results it takes, None for any. `binary` bodies are bytea.
    """

    function: Name
    media: str
    target: Name | None = None
    aggregate: bool = True
    binary: bool = False


Settings = tuple[tuple[str, str], ...]


def _nothing() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Catalog:
    """Every fact at once. `relations` are by table, sorted; `functions` by name, those with fewer parameters first.

    `representations` give a conversion function by (from type, to type). `inert` are the relations whose reading runs
    no function outside the allow-list; `hazards` names operators that PostgreSQL's own types might resolve to a
    project's function (and `::` for casts). `statement_timeout` (ms) is the login's own, 0 for none.
    """

    tables: Mapping[Name, Table] = field(default_factory=_nothing)
    relations: Mapping[Name, tuple[Relation, ...]] = field(default_factory=_nothing)
    functions: Mapping[Name, tuple[Function, ...]] = field(default_factory=_nothing)
    representations: Mapping[tuple[str, str], str] = field(default_factory=_nothing)
    media_handlers: tuple[MediaHandler, ...] = ()
    role_settings: Mapping[str, Settings] = field(default_factory=_nothing)
    inert: frozenset[Name] = frozenset()
    hazards: frozenset[str] = frozenset()
    server_version: int = 0
    statement_timeout: int = 0
    database: str = ""
