"""A model's rows in a query: its table, or a sub-select where rows are more than a table's.

In: a model. Out: what to read from, what its fields are called there, and the rules that hold.
Never: a column that a field rule hides, or a row that a rule hides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gatepost.orm.errors import ConfigError
from gatepost.orm.session import ComputedField, Session
from gatepost.policy.names import join_table, table
from gatepost.query.sql import identifier
from gatepost.query.tree import (
    TRUE,
    Case,
    Column,
    Condition,
    Embed,
    Exists,
    Expression,
    Fragment,
    Given,
    Link,
    Name,
    Output,
    Read,
    Shape,
    Star,
)
from gatepost.zmodel.schema import Field, Model, Schema

NULL = Fragment("NULL")


def filtered(*conditions: Condition) -> tuple[Condition, ...]:
    """Conditions, without those that always hold."""
    return tuple(each for each in conditions if each != TRUE)


def columns(model: Model) -> dict[str, str]:
    """What a model's own table calls its fields."""
    return {f.name: f.column for f in model.fields.values() if f.column and f.inherited is None}


def masked(value: Expression, mask: Condition | None) -> Expression:
    """A value, or null where a rule hides it."""
    return value if mask is None else Case(((mask, value),), NULL)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of a model under an alias. `names` says what its fields are called there; `where` which rows may be seen."""

    model: Model
    source: Name | Given | Read
    alias: str
    names: Mapping[str, str]
    where: tuple[Condition, ...]

    def column(self, field: str) -> Column:
        """A field of these rows."""
        return Column(self.names[field], self.alias)


class Tables:
    """The tables of one query, each with an alias of its own."""

    def __init__(self, session: Session) -> None:
        self.schema: Schema = session.schema
        self.rules, self.options, self.compat = session.rules, session.options, session.compat
        self._number = 0

    def alias(self) -> str:
        """A name that nothing else in the query has; SQL of a computed field, which may name tables, least of all."""
        self._number += 1
        return f"gp{self._number}"

    def table(self, model: str) -> Table:
        """The readable rows of a model, as an expression of their own."""
        found = self.schema.models[model]
        alias = self.alias()
        if found.base is not None or any(field.computed for field in found.fields.values()):
            read = self._rows(found)
            names = {output.name: output.name for output in read.outputs if output.name}
            return Table(found, read, alias, names, ())
        source, where = self._source(found, alias)
        return Table(found, source, alias, columns(found), where)

    def _source(self, model: Model, alias: str) -> tuple[Name | Given | Read, tuple[Condition, ...]]:
        """A physical table called `alias`, and which rows may be read: where fields are masked, a sub-select of both,
        with the table's own columns.
        """
        inner = self.alias()
        names = columns(model)
        masks = {name: self.rules.mask(model.name, name, inner) for name in names}
        if not any(masks.values()):
            return self.name(model), self.permitted(model.name, alias)
        outputs = tuple(Output(masked(Column(names[name], inner), mask), names[name]) for name, mask in masks.items())
        return Read(self.name(model), inner, outputs, where=self.permitted(model.name, inner)), ()

    def table_alone(self, model: Model) -> Table:
        """The readable rows of a sub-model's own table, without its bases."""
        alias, inner = self.alias(), self.alias()
        fields = [f for f in model.fields.values() if f.scalar and f.inherited is None and (f.column or f.computed)]
        outputs = tuple(Output(self._value(model, field, {model.name: inner}), field.name) for field in fields)
        source, where = self._source(model, inner)
        read = Read(source, inner, outputs, where=where)
        return Table(model, read, alias, {field.name: field.name for field in fields}, ())

    def name(self, model: Model) -> Name | Given:
        """Its table in the database."""
        return table(self.schema, model)

    def permitted(self, model: str, alias: str) -> tuple[Condition, ...]:
        """Which rows of a physical table may be read."""
        return filtered(self.rules.permit(model, "read", alias))

    def _rows(self, model: Model) -> Read:
        """The rows of a delegate's sub-model with its bases, of a table with computed fields."""
        aliases = {model.name: self.alias()}
        own = aliases[model.name]
        embeds: list[Embed] = []
        base = model.base
        while base is not None:
            aliases[base] = self.alias()
            embeds.append(self._base(model, self.schema.models[base], own, aliases[base]))
            base = self.schema.models[base].base
        outputs = tuple(
            Output(self._value(self.schema.models[field.inherited or model.name], field, aliases), field.name)
            for field in model.fields.values()
            if field.scalar and (field.column or field.computed)
        )
        source, where = self._source(model, own)
        return Read(source, own, outputs, tuple(embeds), where)

    def _base(self, model: Model, base: Model, own: str, alias: str) -> Embed:
        """The base's row of a sub-model's row: the ids are the same."""
        source, where = self._source(base, alias)
        link = Link(own, self.same_ids(model, base))
        read = Read(source, alias, (Output(Star(alias)),), where=where, link=link)
        return Embed("", alias, read, Shape.SPREAD, hidden=True)

    def same_ids(self, model: Model, other: Model) -> tuple[tuple[str, str], ...]:
        """The id columns of two tables of one delegate."""
        return tuple((model.fields[name].column or name, other.fields[name].column or name) for name in model.ids)

    def _value(self, holder: Model, field: Field, aliases: Mapping[str, str]) -> Expression:
        """A field's value in the table that holds it."""
        alias = aliases[holder.name]
        if field.computed:
            return Fragment(self.computed(holder, field)(identifier(alias)))
        return Column(field.column or field.name, alias)

    def computed(self, model: Model, field: Field) -> ComputedField:
        """What the program said of a computed field."""
        given = self.options.computed_fields
        own = given.get(model.name) or given.get(model.name[:1].lower() + model.name[1:]) or {}
        if field.name not in own:
            raise ConfigError(f'Computed field "{field.name}" in model "{model.name}" has no SQL', model.name)
        return own[field.name]

    # -------------------------------------------------------------- from row to row

    def child(self, parent: Table, field: str) -> Table:
        """The readable rows of a relation's model; through a link table those whose link may be read: both its ends."""
        child = self.table(parent.model.fields[field].type.name)
        return replace(child, where=(*child.where, *self._near_end(parent, parent.model.fields[field])))

    def _near_end(self, parent: Table, field: Field) -> tuple[Condition, ...]:
        """Links that a sub-model inherits belong to its base's row, which has rules of its own."""
        if field.inherited is None or field.relation is None or field.relation.through is None:
            return ()
        base, alias = self.schema.models[field.inherited], self.alias()
        rules = self.permitted(base.name, alias)
        if not rules:
            return ()
        own = columns(base)
        same = tuple((parent.names[name], own[name]) for name in base.ids)
        return (Exists(Read(self.name(base), alias, (), where=rules, link=Link(parent.alias, same))),)

    def link(self, parent: Table, field: str, child: Table) -> Link:
        """How the rows of a relation belong to a row."""
        relation = parent.model.fields[field].relation
        if relation is None:
            raise KeyError(field)
        mine = [parent.names[name] for name in relation.fields]
        theirs = [child.names[name] for name in relation.references]
        through = relation.through
        if through is None:
            return Link(parent.alias, tuple(zip(mine, theirs, strict=True)))
        return Link(
            parent.alias,
            ((mine[0], through.column),),
            join_table(self.schema, through),
            self.alias(),
            ((theirs[0], through.other_column),),
        )
