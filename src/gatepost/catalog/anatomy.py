"""What a database is made of, as pg_catalog tells it: raw facts, and what they mean is for others to say.

In: the JSON that `database/facts/anatomy` read. Out: one frozen Anatomy. Never: an interpretation; what a surface shows
of it, and under which name, is the surface's.

Objects refer to each other by `oid`, columns by their numbers, as in the catalog. The kinds are PostgreSQL's letters
(`relkind`, `typtype`, `contype` …).
"""

from functools import cached_property

from msgspec import Struct


class Attribute(Struct, frozen=True):
    """A column. `identity` is `a` (always) or `d` (by default), `generated` is `s` or `v`; '' where it is neither."""

    name: str
    number: int
    type: int
    not_null: bool = False
    has_default: bool = False
    identity: str = ""
    generated: str = ""
    comment: str | None = None


class Relation(Struct, frozen=True):
    """A table, view, materialized view, foreign or partitioned table, or (`c`) a composite type.

    `type` is the type of its rows. `parents` are what it inherits from, or (`partition`) what it is a part of.
    """

    oid: int
    schema: str
    name: str
    kind: str
    type: int
    attributes: tuple[Attribute, ...] = ()
    persistence: str = "p"
    partition: bool = False
    parents: tuple[int, ...] = ()
    insertable: bool = True
    updatable: bool = True
    deletable: bool = True
    row_security: bool = False
    extension: str | None = None
    comment: str | None = None


class Type(Struct, frozen=True):
    """A type. `of` is a domain's base, a true array's element or a range's subtype; `relation` a composite's."""

    oid: int
    schema: str
    name: str
    kind: str
    category: str
    of: int = 0
    relation: int = 0
    labels: tuple[str, ...] = ()
    not_null: bool = False
    has_default: bool = False
    extension: str | None = None
    comment: str | None = None


class Constraint(Struct, frozen=True):
    """A primary key (`p`), unique constraint (`u`) or foreign key (`f`). `no_inherit`: children do not have it."""

    name: str
    kind: str
    relation: int
    columns: tuple[int, ...]
    target: int = 0
    target_columns: tuple[int, ...] = ()
    no_inherit: bool = False
    comment: str | None = None


class Index(Struct, frozen=True):
    """`columns` in their order, 0 for an expression."""

    relation: int
    columns: tuple[int, ...]
    unique: bool = False
    partial: bool = False


class Argument(Struct, frozen=True):
    """`mode` is `i`, `o`, `b` (both), `v` (variadic) or `t` (a column of the result)."""

    name: str
    type: int
    mode: str = "i"


class Procedure(Struct, frozen=True):
    """A function. `defaults` counts the inputs, from the last, that have one."""

    oid: int
    schema: str
    name: str
    returns: int
    arguments: tuple[Argument, ...] = ()
    defaults: int = 0
    returns_set: bool = False
    volatility: str = "v"
    strict: bool = False
    extension: str | None = None
    comment: str | None = None


class RelationRights(Struct, frozen=True):
    """What may be done with a relation: of `r` (select), `a` (insert), `w` (update) and `d` (delete).

    `columns` are those, by number, with rights of their own.
    """

    relation: int
    letters: str = ""
    columns: dict[int, str] = {}


class Rights(Struct, frozen=True, dict=True):
    """What a role and all roles it may become can do together. `everything`: one of them is a superuser."""

    everything: bool = False
    relations: tuple[RelationRights, ...] = ()
    procedures: frozenset[int] = frozenset()
    schemas: frozenset[str] = frozenset()

    @cached_property
    def relation(self) -> dict[int, RelationRights]:
        """The same by relation."""
        return {rights.relation: rights for rights in self.relations}

    def of_relation(self, oid: int) -> str:
        """The letters of what may be done with a relation, or with some of its columns."""
        rights = self.relation.get(oid)
        return rights.letters + "".join(rights.columns.values()) if rights else ""

    def of_column(self, oid: int, number: int) -> str:
        """The letters of what may be done with one column."""
        rights = self.relation.get(oid)
        return rights.letters + rights.columns.get(number, "") if rights else ""


class Anatomy(Struct, frozen=True, dict=True):
    """Every fact at once. `procedures` are those of the schemas that were asked for; `rights` None if not asked for."""

    relations: tuple[Relation, ...] = ()
    types: tuple[Type, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    rights: Rights | None = None

    @cached_property
    def relation(self) -> dict[int, Relation]:
        """Relations by oid."""
        return {relation.oid: relation for relation in self.relations}

    @cached_property
    def type(self) -> dict[int, Type]:
        """Types by oid."""
        return {type.oid: type for type in self.types}
