"""What a GraphQL schema is made of: types, things with rows, and the ways between them.

In: nothing; these are only types. Out: what `registry/` builds from a database's anatomy, `naming/` names, `schema/`
turns into GraphQL and `plan/` compiles. Never: a GraphQL name, or SQL but for types' names as the catalog prints them.

The same object always stands for the same thing, so they are compared by identity; and they hold each other, so they
are printed by their names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from gatepost.catalog import Name

Tag = str | bool | tuple[str | bool, ...]
Tags = Mapping[str, Tag]
"""Smart tags by name: what stands behind `@name`, True where nothing does, all of them where it comes repeatedly."""


class Kind(Enum):
    SCALAR = "scalar"
    ENUM = "enum"
    DOMAIN = "domain"
    ARRAY = "array"
    RANGE = "range"
    COMPOSITE = "composite"


@dataclass(frozen=True, slots=True)
class EnumLabel:
    """A value as PostgreSQL has it."""

    value: str
    description: str | None = None
    deprecated: str | None = None


@dataclass(eq=False, slots=True, repr=False)
class Codec:
    """A PostgreSQL type.

    `id` is its name (of an anonymous record its function's); `sql` the same quoted and qualified, for casts ('' of an
    anonymous record). `of` is the base of a domain, the element of an array, the subtype of a range. `attributes` are
    those of a composite type, or of a domain over one. `table` says that a relation's rows have it. `anonymous` records
    are the OUT parameters of a function.
    """

    id: Name
    sql: str
    kind: Kind
    of: "Codec | None" = None
    attributes: dict[str, "Attribute"] = field(default_factory=dict[str, "Attribute"])
    columns: tuple[str, ...] = ()
    """Names of all members of a composite type, of those too whose types are not shown."""
    labels: tuple[EnumLabel, ...] = ()
    not_null: bool = False
    table: bool = False
    anonymous: bool = False
    persistent: bool = True
    """Not of rows of an unlogged or temporary relation."""
    values_of: tuple[str, str | None] | None = None
    """Of an enum whose labels are the values of a relation's column: the resource name, and the column unless it is
    the primary key. `sql` is the column's type."""
    alias: bool = False
    """Of a domain that has no name of its own: it is shown as what it is `of`."""
    tags: Tags = field(default_factory=dict[str, Tag])
    description: str | None = None
    functions: "dict[str, Resource]" = field(default_factory=dict[str, "Resource"])
    """Functions that compute a field of a row of this type, by the function's resource name."""
    relations: "dict[str, Relation]" = field(default_factory=dict[str, "Relation"])
    """Ways from a value of a composite type that is no relation's (those of a relation's rows are its Resource's)."""

    def __repr__(self) -> str:
        return f"Codec({self.id})"

    @property
    def base(self) -> "Codec":
        """What lies below all domains."""
        return self.of.base if self.kind is Kind.DOMAIN and self.of else self

    @property
    def innermost(self) -> "Codec":
        """What lies below all domains and arrays."""
        return self.of.innermost if self.kind in (Kind.DOMAIN, Kind.ARRAY) and self.of else self


@dataclass(eq=False, slots=True, repr=False)
class Attribute:
    """A column of a relation, or a member of a composite type.

    `position` is its number in the relation; in an anonymous record that of the parameter, from 0. `generated`:
    PostgreSQL alone writes it. `indexed`: some index has it (true unless indexes are looked at). The three rights are
    those of everybody the API may be (all true unless rights are looked at).
    """

    name: str
    codec: Codec
    owner: Codec
    position: int = 0
    not_null: bool = False
    has_default: bool = False
    generated: bool = False
    indexed: bool = True
    can_select: bool = True
    can_insert: bool = True
    can_update: bool = True
    tags: Tags = field(default_factory=dict[str, Tag])
    description: str | None = None

    def __repr__(self) -> str:
        return f"Attribute({self.owner.id}.{self.name})"


@dataclass(eq=False, slots=True)
class Unique:
    """Columns that tell rows apart: the primary key, a unique constraint, or a tag's word for it."""

    attributes: tuple[str, ...]
    primary: bool = False
    tags: Tags = field(default_factory=dict[str, Tag])
    description: str | None = None


@dataclass(eq=False, slots=True)
class Parameter:
    """An input of a function, in its order. `required`: no default. `not_null`: NULL makes no sense for it."""

    name: str | None
    codec: Codec
    required: bool = True
    not_null: bool = False
    variant: str | None = None


@dataclass(eq=False, slots=True, repr=False)
class Resource:
    """A relation, or a function's result (`parameters` is None of a relation).

    `name` is unique and stands in cursors. `returns_array`: an array of `codec` rather than one. `uniques` begin with
    the primary key. The rights are as in Attribute; `insertable` and the like tell what the relation itself allows.
    `returns_array` is an array of rows; an array of anything else is a codec of its own. `part`: it is a part of
    another relation that is shown instead, or the whole of parts that are.
    """

    name: str
    id: Name
    codec: Codec
    uniques: tuple[Unique, ...] = ()
    relations: "dict[str, Relation]" = field(default_factory=dict[str, "Relation"])
    is_view: bool = False
    insertable: bool = True
    updatable: bool = True
    deletable: bool = True
    can_select: bool = True
    can_insert: bool = True
    can_update: bool = True
    can_delete: bool = True
    can_execute: bool = True
    persistent: bool = True
    part: bool = False
    parameters: tuple[Parameter, ...] | None = None
    returns_set: bool = False
    returns_array: bool = False
    returns_void: bool = False
    volatile: bool = False
    strict: bool = False
    single_out: str | None = None
    """The name of a function's only OUT parameter, whose value it gives instead of a record."""
    table: "Resource | None" = None
    """Of a function that gives rows of a relation: that relation."""
    tags: Tags = field(default_factory=dict[str, Tag])
    description: str | None = None

    def __repr__(self) -> str:
        return f"Resource({self.id})"

    @property
    def is_function(self) -> bool:
        return self.parameters is not None

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The primary key's columns, or ()."""
        return next((unique.attributes for unique in self.uniques if unique.primary), ())


@dataclass(eq=False, slots=True, repr=False)
class Relation:
    """A foreign key, seen from one side: rows of `source` have rows of `target`.

    `pairs` are (column of the source, column of the target). `backward`: the target refers to the source. `unique`: at
    most one row of the target. `tags` and `description` are the constraint's.
    """

    name: str
    source: Resource | Codec
    target: Resource
    pairs: tuple[tuple[str, str], ...]
    unique: bool
    backward: bool
    indexed: bool = True
    tags: Tags = field(default_factory=dict[str, Tag])
    description: str | None = None

    def __repr__(self) -> str:
        return f"Relation({self.name})"


@dataclass(eq=False, slots=True)
class Ref:
    """A way of several steps, named by `@ref`: each path is relations one after the other, and all lead to `target`."""

    name: str
    target: Resource
    singular: bool
    paths: tuple[tuple[Relation, ...], ...]
    tags: Tags = field(default_factory=dict[str, Tag])
    description: str | None = None


Entity = Codec | Attribute | Unique | Resource | Relation | Ref


@dataclass(eq=False, slots=True, repr=False)
class Registry:
    """Everything that is exposed. `may(entity, behaviour)` answers as upstream's behaviour strings do, for instance
    `may(resource, "query:resource:list")`; `refs` are by the codec whose rows they start from.
    """

    schemas: tuple[str, ...]
    codecs: dict[Name, Codec]
    resources: dict[str, Resource]
    may: Callable[[Entity, str], bool]
    refs: dict[Name, tuple[Ref, ...]] = field(default_factory=dict[Name, tuple[Ref, ...]])
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Registry({', '.join(self.schemas)})"
