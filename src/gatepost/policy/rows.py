"""Rows that rules look at, and the way from one to another.

In: models and their relations. Out: columns as expressions, and reads of related rows.
Never: a rule of the model that is passed through: only check() asks for those.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count

from gatepost.query import tree
from gatepost.query.tree import Column, Condition, Expression, Link, Output, Read
from gatepost.zmodel.schema import Field, Model, Relation, Schema

from .logic import (
    FALSE_VALUE,
    NULL_VALUE,
    TRUE_VALUE,
    Matter,
    both,
    either,
    exists,
    is_definite,
    is_not_null,
    is_null,
    negate,
)
from .names import join_table, table

ComputedField = Callable[[str], Expression]
"""A computed field's value, given what the query calls the model's row."""
ONE = (Output(tree.Literal("1", "integer")),)


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A row of `model`: called `alias` in the query, or, without one, known by some values that name it.

    `flat`: what a delegate base holds is there too. `new`: no foreign key was looked at yet, so that its key may name
    nobody.
    """

    model: Model
    alias: str = ""
    known: Mapping[str, Expression] = field(default_factory=dict[str, Expression])
    flat: bool = False
    new: bool = False


class NeedsRow(Exception):
    """A column of a row that is only known by its key: the row itself must be read."""

    def __init__(self, row: Row) -> None:
        super().__init__(row.model.name)
        self.row = row


class NoComputedField(Exception):
    """A computed field for which no SQL was given."""


class Rows:
    """Columns and relations of one condition: every alias in it is its own."""

    def __init__(
        self, schema: Schema, taken: Iterable[str], computed: Mapping[tuple[str, str], ComputedField] | None = None
    ) -> None:
        self.schema = schema
        self._taken = frozenset(taken)
        self._numbers = count(1)
        self._computed = computed or {}

    def alias(self) -> str:
        """A name that nothing in this condition has."""
        return next(name for name in (f"r{number}" for number in self._numbers) if name not in self._taken)

    def column(self, row: Row, name: str) -> Expression:
        """A field's value; of a field that a delegate base holds, from the base's table."""
        if name in row.known:
            return row.known[name]
        found = row.model.fields[name]
        if not row.alias:
            raise NeedsRow(row)
        if found.computed:
            return self._computed_field(row, found)
        if found.inherited is not None and not row.flat:
            return self._from_base(row, found, self.schema.models[found.inherited])
        return Column(found.column or name, row.alias)

    def _computed_field(self, row: Row, found: Field) -> Expression:
        models: list[str] = [row.model.name, *([found.inherited] if found.inherited else [])]
        for model in models:
            make = self._computed.get((model, found.name))
            if make is not None:
                return make(row.alias)
        raise NoComputedField(f"{row.model.name}.{found.name}")

    def _from_base(self, row: Row, found: Field, base: Model) -> Expression:
        alias = self.alias()
        outputs = (Output(Column(found.column or found.name, alias)),)
        where = tuple(self._same_row(row, base, alias))
        return tree.Select(Read(table(self.schema, base), alias, outputs, where=where))

    def _same_row(self, row: Row, base: Model, alias: str) -> list[Condition]:
        """The row of a base, called `alias`, that a sub-model's row goes on with."""
        own = Row(base, alias)
        return [tree.Compare(self.column(own, name), "equal", self.column(row, name)) for name in base.ids]

    # Relations

    def related(self, row: Row, name: str, alias: str, where: Condition, outputs: tuple[Output, ...] = ONE) -> Read:
        """The rows of a relation, called `alias`, that fulfil a condition."""
        relation = relation_of(row.model, name)
        target = self.schema.models[relation.model]
        link, ties = self._ties(row, relation, Row(target, alias))
        return Read(table(self.schema, target), alias, outputs, where=parts_of(both([*ties, where])), link=link)

    def _ties(self, row: Row, relation: Relation, target: Row) -> tuple[Link | None, list[Condition]]:
        if relation.through is None:
            pairs = zip(relation.references, relation.fields, strict=True)
            return None, [
                tree.Compare(self.column(target, theirs), "equal", self.column(row, mine)) for theirs, mine in pairs
            ]
        through, via = relation.through, self.alias()
        own = self.column(row, (relation.fields or row.model.ids)[0])
        far = target.model.fields[(relation.references or target.model.ids)[0]]
        link = Link(
            row.alias,
            (),
            join_table(self.schema, through),
            via,
            ((far.column or far.name, through.other_column),),
        )
        return link, [tree.Compare(Column(through.column, via), "equal", own)]

    def through(self, row: Row, hops: tuple[str, ...], build: Callable[[Row], Condition], matter: Matter) -> Condition:
        """A condition on the row at the end of a path of to-one relations; null where a row on the way is missing."""
        if not hops:
            return build(row)
        name, rest = hops[0], hops[1:]
        relation = relation_of(row.model, name)
        if relation.owner and self._elsewhere(row, name) and matter != "exact":
            return self.holding(row, name, lambda holder: self.through(holder, hops, build, matter), matter)
        tied = not (row.new or row.model.view or self.schema.models[relation.model].view)
        if relation.owner and tied:
            found = self._by_key(row, relation, rest, build, matter)
            if found is not None:
                return found
        alias = self.alias()
        target = Row(self.schema.models[relation.model], alias)
        inner = self.through(target, rest, build, matter)
        if matter == "exact":
            outputs = (Output(tree.Truth(inner)),)
            return tree.Holds(tree.Select(self.related(row, name, alias, tree.TRUE, outputs)))
        return found_there(lambda where: self.related(row, name, alias, where), inner, matter)

    def holding(self, row: Row, name: str, build: Callable[[Row], Condition], matter: Matter) -> Condition:
        """A condition on the row that holds a field: of a sub-model it may be the base's, which has the same ids."""
        base = self.schema.models[row.model.fields[name].inherited or row.model.name]
        if matter == "exact" or not self._elsewhere(row, name):
            return build(row)
        alias = self.alias()
        ties = self._same_row(row, base, alias)

        def read(where: Condition) -> Read:
            return Read(table(self.schema, base), alias, ONE, where=parts_of(both([*ties, where])))

        return found_there(read, build(Row(base, alias, new=row.new)), matter)

    def _elsewhere(self, row: Row, name: str) -> bool:
        return row.model.fields[name].inherited is not None and not row.flat and name not in row.known

    def _by_key(
        self, row: Row, relation: Relation, rest: tuple[str, ...], build: Callable[[Row], Condition], matter: Matter
    ) -> Condition | None:
        """Without reading the related row, where its key is all that matters: the foreign key, which ties tables and
        not views, says that it is there.
        """
        keys = [self.column(row, name) for name in relation.fields]
        target = Row(self.schema.models[relation.model], "", dict(zip(relation.references, keys, strict=True)))
        try:
            inner = self.through(target, rest, build, matter)
        except NeedsRow as need:
            if need.row is not target:
                raise
            return None
        if not any(row.model.fields[name].type.optional for name in relation.fields):
            return inner
        return present(keys, inner, matter)


def relation_of(model: Model, name: str) -> Relation:
    """The relation that a field is: a checked schema's paths go through no other."""
    found = model.fields[name].relation
    if found is None:
        raise TypeError(f"{model.name}.{name} is no relation")
    return found


def parts_of(whole: Condition) -> tuple[Condition, ...]:
    return whole.parts if isinstance(whole, tree.Both) else (whole,)


def found_there(read: Callable[[Condition], Read], inner: Condition, matter: Matter) -> Condition:
    """Whether a row is there for which a condition is true, or not one for which it is false."""
    if matter == "true":
        return exists(read(inner))
    return negate(exists(read(negate(inner))))


def present(keys: list[Expression], inner: Condition, matter: Matter) -> Condition:
    """A condition on a row that is there where its keys are not null; else null."""
    if isinstance(inner, tree.Compare) and inner.operator != "distinct":
        return inner  # null by itself: one side is a key
    if matter == "false":
        return either([*map(is_null, keys), inner])
    if matter == "true":
        return inner if isinstance(inner, tree.Exists) else both([*map(is_not_null, keys), inner])
    value = tree.Truth(inner) if not is_definite(inner) else tree.Case(((inner, TRUE_VALUE),), FALSE_VALUE)
    return tree.Holds(tree.Case(((both(map(is_not_null, keys)), value),), NULL_VALUE))
