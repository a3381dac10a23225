"""What a registry is made of: a database's facts, and what people say about them.

In: an Anatomy, Options, the rules of a tags file. Out: one Source: notes with all their tags in today's words, and
constraints with those that tags pretend. Never: a fact that only a schema could know.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from gatepost.catalog.anatomy import Anatomy, Attribute, Constraint, Index, Relation, Rights
from gatepost.graphql.options import Options
from gatepost.query.sql import identifier, qualified

from .tags import Note, Notes, notes, translate
from .tags.file import overlay

TABLE_KINDS = ("r", "v", "m", "f", "p")


@dataclass
class Source:
    """`constraints` begin with the database's own. `required` are columns that a tag makes not null."""

    anatomy: Anatomy
    options: Options
    notes: Notes
    constraints: list[Constraint]
    required: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    warnings: list[str] = field(default_factory=list[str])
    _keys: dict[int, list[Constraint]] = field(default_factory=dict[int, list[Constraint]])

    def __post_init__(self) -> None:
        for constraint in self.constraints:
            self._keep(constraint)

    def add(self, constraint: Constraint, note: Note) -> None:
        """One more constraint."""
        self.constraints.append(constraint)
        self.notes.constraints[constraint.relation, constraint.name] = note
        self._keep(constraint)

    def _keep(self, constraint: Constraint) -> None:
        if constraint.kind != "f":
            self._keys.setdefault(constraint.relation, []).append(constraint)

    def warn(self, message: str) -> None:
        self.warnings.append(message)

    def exposes(self, schema: str) -> bool:
        return schema in self.options.schemas

    def prefix(self, schema: str) -> str:
        """What a name begins with that must tell schemas apart."""
        apart = self.options.preset != "v4" and schema != self.options.schemas[0]
        return f"{schema}_" if apart else ""

    def sql(self, schema: str, name: str) -> str:
        """A type's name, quoted, and qualified unless the search path is to find it."""
        return identifier(name) if self.options.unqualified and schema != "pg_catalog" else qualified(schema, name)

    def note(self, constraint: Constraint) -> Note:
        return self.notes.constraints[constraint.relation, constraint.name]

    def keys(self, relation: int) -> Sequence[Constraint]:
        """A relation's primary key and unique constraints."""
        return self._keys.get(relation, ())

    def columns(self, constraint: Constraint) -> tuple[str, ...]:
        """The names of a constraint's columns."""
        return self.names(constraint.relation, constraint.columns)

    def names(self, relation: int, numbers: tuple[int, ...]) -> tuple[str, ...]:
        return tuple(self.attributes[relation, number].name for number in numbers)

    @cached_property
    def attributes(self) -> Mapping[tuple[int, int], Attribute]:
        """Columns by relation and number."""
        return {(one.oid, column.number): column for one in self.anatomy.relations for column in one.attributes}

    @cached_property
    def indexes(self) -> Mapping[int, list[Index]]:
        """Indexes of every row of a relation, by relation."""
        found: dict[int, list[Index]] = {}
        for index in self.anatomy.indexes:
            if not index.partial:
                found.setdefault(index.relation, []).append(index)
        return found

    @property
    def rights(self) -> Rights | None:
        """Rights, where they are looked at and not everything is allowed."""
        rights = None if self.options.ignore_rbac else self.anatomy.rights
        return None if rights is None or rights.everything else rights

    @cached_property
    def relations(self) -> Mapping[tuple[str, str], Relation]:
        """Relations by schema and name."""
        return {(one.schema, one.name): one for one in self.anatomy.relations}


def read(anatomy: Anatomy, options: Options, tags_file: Mapping[str, Any] | None = None) -> Source:
    """A Source without what tags pretend."""
    found = Source(anatomy, options, notes(anatomy), list(anatomy.constraints))
    if tags_file:
        overlay(found.notes, anatomy, tags_file, found.warn)
    if options.preset == "v4":
        translate(found.notes, anatomy, found.warn)
    for key, note in found.notes.attributes.items():
        if note.tags.get("notNull"):
            found.required.add(key)
    return found
