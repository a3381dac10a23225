"""Levels of the select → Read.

In: Nodes that know their relations. Out: one Read with its embeds.
Never: a name from the request in another place than a name's.
"""

from dataclasses import dataclass

from msgspec.structs import replace

from ...catalog import Catalog, Name
from ...problem import Problem
from ...query.tree import (
    Aggregate,
    Apply,
    Cast,
    Column,
    Embed,
    Expression,
    Given,
    Invoke,
    Link,
    Order,
    Output,
    Read,
    Row,
    Shape,
    Star,
)
from ..ast import Aggregate as Function
from ..ast import Field, OrderTerm, SelectField
from .nodes import Node, not_embedded
from .values import DIRECTIONS, Level, condition, order, shown, value


@dataclass(frozen=True, slots=True)
class Exposed:
    """A column that a level shows to its parent; `aggregate` is applied there where the level is a to-one spread."""

    name: str
    aggregate: SelectField | None = None


class Reader:
    """Makes Reads for one request. `most` caps every level (0: no cap)."""

    def __init__(self, catalog: Catalog, aggregates: bool, most: int = 0) -> None:
        self.catalog = catalog
        self.aggregates = aggregates
        self.most = most

    def root(self, node: Node, given: bool) -> Read:
        """The outermost read: of the relation, or with `given` of what a write or a call gave."""
        self.check(node)
        return self.read(node, Given() if given else node.table, None, expand=False)

    def check(self, root: Node) -> None:
        """What cannot be planned: related orders of strangers, aggregates where they are off or have no meaning."""
        for node in root.walk():
            for term in node.order:
                if term.relation is not None:
                    ordered_embed(node, term.relation)
        for node in root.walk():
            if not self.aggregates and any(field.aggregate for field in node.fields):
                raise Problem("PGRST123", 400, "Use of aggregate functions is not allowed")
        for node in root.walk():
            if node.spreads_arrays and any(item.aggregate for item in [*own(node), *inherited(node)]):
                details = "Aggregates are not implemented for one-to-many or many-to-many spreads."
                raise Problem("PGRST127", 400, "Feature not implemented", details)

    def level(self, node: Node) -> Level:
        embeds = {child.name: child.alias for child in node.children}
        return Level(node.scope, node.facts, self.catalog.representations, embeds)

    def read(self, node: Node, source: Name | Given | Invoke, link: Link | None, expand: bool) -> Read:
        """One level with all below. `expand` writes `*` out, for GROUP BY and for arrays of columns."""
        expand = expand or node.spreads_arrays or any(field.aggregate for field in node.fields)
        level = self.level(node)
        outputs = self.outputs(node, level, expand)
        terms = tuple(self.term(node, term, level) for term in node.order)
        if node.spreads_arrays:
            outputs += tuple(Output(t.value, ordering(node, place)) for place, t in enumerate(terms))
        return Read(
            source=source,
            alias=node.scope,
            outputs=outputs,
            embeds=tuple(self.embed(child, node, expand) for child in node.children),
            where=tuple(condition(part, level) for part in node.filters),
            order=() if node.spreads_arrays else terms,
            limit=self.capped(node.page.limit),
            offset=node.page.offset,
            link=link,
        )

    def capped(self, limit: int | None) -> int | None:
        """A level's limit under the server's own."""
        if not self.most:
            return limit
        return self.most if limit is None else min(limit, self.most)

    def term(self, node: Node, term: OrderTerm, level: Level) -> Order:
        """An order, by a field of the level or of a to-one embed."""
        if term.relation is None:
            return order(term, level)
        embed = ordered_embed(node, term.relation)
        inner = Level(embed.alias, None, {})
        return Order(value(term.field, inner), DIRECTIONS[term.direction], term.nulls)

    # -------------------------------------------------------------- outputs

    def outputs(self, node: Node, level: Level, expand: bool) -> tuple[Output, ...]:
        """The level's own columns; of an empty select everything, unless embeds stand for it."""
        fields = node.fields if node.fields or node.children else [SelectField(Field("*"))]
        expand = expand or self.represents(node)
        whole = (item for field in fields for item in expanded(field, node, expand))
        return tuple(self.output(field, node, level) for field in whole)

    def represents(self, node: Node) -> bool:
        """Whether a column of the relation is shown in a project's own representation."""
        if node.facts is None or not self.catalog.representations:
            return False
        return any((c.nominal_type, "json") in self.catalog.representations for c in node.facts.columns.values())

    def output(self, field: SelectField, node: Node, level: Level) -> Output:
        """One column. A to-one spread leaves aggregates to the level that shows them."""
        found = shown(field.field, field.cast, level)
        if field.aggregate and hoists(node):
            bare = Row(level.scope) if field.field.name == "*" else found
            return Output(bare, field.alias or field.aggregate)
        if field.aggregate:
            whole = field.field.name == "*" and field.aggregate == "count"
            return Output(aggregated(field.aggregate, None if whole else found, field.aggregate_cast), field.alias)
        return Output(found, field.alias or own_name(field, found))

    # -------------------------------------------------------------- embeds

    def embed(self, node: Node, parent: Node, expand: bool) -> Embed:
        """A level as an embed of its parent."""
        source, link = tied(node, parent)
        return Embed(
            name=node.name,
            alias=node.alias,
            read=self.read(node, source, link, expand),
            shape=shape(node),
            required=node.item is not None and node.item.join == "inner",
            hidden=not node.spread and empty(node),
            outputs=self.spread_outputs(node, parent, expand) if node.spread else (),
            order=self.spread_order(node) if node.spreads_arrays else (),
        )

    def spread_outputs(self, node: Node, parent: Node, expand: bool) -> tuple[Output, ...]:
        """What a spread puts among its parent's columns."""
        expand = expand or node.spreads_arrays or self.represents(node)
        return tuple(spread_output(item, node, parent) for item in exposed(node, expand))

    def spread_order(self, node: Node) -> tuple[Order, ...]:
        """The order of a to-many spread's arrays, by extra columns of the embed."""
        return tuple(
            Order(Column(ordering(node, place), node.alias), DIRECTIONS[term.direction], term.nulls)
            for place, term in enumerate(node.order)
        )


def ordering(node: Node, place: int) -> str:
    """The name of an extra column that a to-many spread is ordered by."""
    return f"{node.alias}_order_{place}"


def ordered_embed(node: Node, name: str) -> Node:
    """The to-one embed that a related order means. PGRST108 where there is none, PGRST118 where it is to-many."""
    found = next((child for child in node.children if child.name == name), None)
    if found is None:
        raise not_embedded(name)
    if not found.to_one:
        details = f"'{node.table.name}' and '{name}' do not form a many-to-one or one-to-one relationship"
        raise Problem("PGRST118", 400, f"A related order on '{name}' is not possible", details)
    return found


def tied(node: Node, parent: Node) -> tuple[Name | Invoke, Link | None]:
    """Where an embed's rows come from, and what ties them to the parent's row."""
    relation = node.relation
    if relation is None:
        return node.table, None
    if relation.function is not None:
        return Invoke(relation.function, ((None, Row(parent.scope, relation.table)),)), None
    junction = relation.junction
    if junction is None:
        return relation.target, Link(parent.scope, relation.columns)
    via = f"{junction.table.name}_{node.depth}_via"
    return relation.target, Link(parent.scope, junction.source, junction.table, via, junction.target)


def shape(node: Node) -> Shape:
    if node.spread:
        return Shape.SPREAD if node.to_one else Shape.SPREAD_ARRAYS
    return Shape.OBJECT if node.to_one else Shape.ARRAY


def empty(node: Node) -> bool:
    """Whether an embed shows nothing: `clients()`, or only such embeds."""
    return not node.fields and all(empty(child) for child in node.children)


def hoists(node: Node) -> bool:
    """Whether the level's aggregates are computed by its parent: grouped with the parent's columns."""
    return node.spread and node.to_one


def aggregated(function: Function, found: Expression | None, cast: str | None) -> Expression:
    """An aggregate, cast where that is asked for; of nothing: of rows."""
    aggregate = Aggregate(function, found)
    return Cast(aggregate, cast) if cast else aggregate


def own_name(field: SelectField, found: Expression) -> str | None:
    """The name of a column that PostgreSQL would call otherwise: a path's last key, a converted column's own."""
    if field.field.path:
        keys = [step.key for step in field.field.path if not step.index]
        return keys[-1] if keys else field.field.name
    return field.field.name if isinstance(found, Apply | Cast) else None


def expanded(field: SelectField, node: Node, expand: bool) -> list[SelectField]:
    """`*` as the relation's columns where it must be written out."""
    if not expand or field.field.name != "*" or field.aggregate or node.facts is None:
        return [field]
    return [replace(field, field=Field(name)) for name in node.facts.columns]


# ------------------------------------------------------------------ spreads


def own(node: Node, expand: bool = False) -> list[Exposed]:
    """The level's own columns as its parent sees them."""
    fields = [item for field in node.fields for item in expanded(field, node, expand)]
    return [Exposed(exposed_name(field), field if field.aggregate else None) for field in fields]


def exposed_name(field: SelectField) -> str:
    plain = own_name(field, Star("")) if field.field.path else field.field.name
    return field.alias or field.aggregate or plain or ""


def inherited(node: Node, expand: bool = False) -> list[Exposed]:
    """The columns that embeds add to the level: an embed's value, or a spread's columns."""
    found: list[Exposed] = []
    for child in node.children:
        if child.spread:
            items = exposed(child, expand or child.spreads_arrays)
            found += items if hoists(child) else [Exposed(item.name) for item in items]
        elif not empty(child):
            found.append(Exposed(child.name))
    return found


def exposed(node: Node, expand: bool) -> list[Exposed]:
    """Everything a spread shows."""
    return [*own(node, expand), *inherited(node, expand)]


def spread_output(item: Exposed, node: Node, parent: Node) -> Output:
    """A spread's column in its parent, aggregated there unless the parent hands it on in turn."""
    column = Star(node.alias) if item.name == "*" else Column(item.name, node.alias)
    if item.aggregate is None:
        return Output(column, None if item.name == "*" else item.name)
    if hoists(parent):
        return Output(column, item.name)
    field = item.aggregate
    return Output(aggregated(field.aggregate or "count", column, field.aggregate_cast), item.name)
