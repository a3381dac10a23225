"""Which relation an embed means.

In: a level of the select and its parent. Out: the level tied to its parent by one relation of the catalog.
Never: a choice between two that fit: the client has to make it (PGRST201).
"""

from collections.abc import Iterable

from ...catalog import Cardinality, Catalog, Name, Relation
from ...catalog.find import nearest, ranking
from ...problem import Problem
from .nodes import Node

KEYED = (Cardinality.ONE_TO_MANY, Cardinality.MANY_TO_ONE, Cardinality.ONE_TO_ONE)


class Relationships:
    """Finds relations of a catalog among exposed schemas, for requests to one `schema`."""

    def __init__(self, catalog: Catalog, schema: str, exposed: tuple[str, ...]) -> None:
        self.catalog = catalog
        self.schema = schema
        self.exposed = exposed

    def resolve(self, parent: Node) -> None:
        """Ties every level below to its parent, and names it for the query."""
        for child in parent.children:
            relation = self.find(parent.table.name, child)
            child.relation = relation
            child.table = relation.target
            child.facts = self.catalog.tables.get(relation.target)
            child.scope = _unlike(parent.scope, f"{relation.target.name}_{child.depth}")
            child.alias = f"{relation.table.name}_{child.name}_{child.depth}"
            self.resolve(child)

    def find(self, origin: str, child: Node) -> Relation:
        """The one relation that fits; PGRST200 for none, PGRST201 for several."""
        hint = child.item.hint if child.item else None
        found = [relation for relation in self.of(origin) if fits(relation, child.target, hint)]
        if len(found) > 1:
            raise ambiguous(origin, child.target, found)
        if not found:
            raise self.missing(origin, child.target, hint)
        return found[0]

    def of(self, origin: str) -> list[Relation]:
        """The relations of a table that requests to this schema may follow."""
        relations = self.catalog.relations.get(Name(self.schema, origin), ())
        return [relation for relation in relations if self._visible(relation)]

    def _visible(self, relation: Relation) -> bool:
        home = relation.function or relation.target
        junction = relation.junction
        return (
            home.schema == self.schema
            and relation.target.schema in self.exposed
            and (junction is None or junction.table.schema in self.exposed)
        )

    def _has_any(self, name: Name) -> bool:
        """Whether a table has relations within its schema, be they visible or not."""
        return any((r.function or r.target).schema == self.schema for r in self.catalog.relations.get(name, ()))

    def missing(self, origin: str, target: str, hint: str | None) -> Problem:
        """PGRST200, with the nearest name where one of the two looks misspelt."""
        using = f"' using the hint '{hint}" if hint is not None else ""
        return Problem(
            "PGRST200",
            400,
            f"Could not find a relationship between '{origin}' and '{target}' in the schema cache",
            f"Searched for a foreign key relationship between '{origin}' and '{target}{using}' in the schema "
            f"'{self.schema}', but no matches were found.",
            self._suggestion(origin, target),
        )

    def _suggestion(self, origin: str, target: str) -> str | None:
        if self._has_any(Name(self.schema, origin)):
            ranked = ranking(target, (relation.target.name for relation in self.of(origin)))
            near, wrong = next((name for score, name in ranked if score < 1), None), target
        else:
            origins = (
                name.name for name in self.catalog.relations if name.schema == self.schema and self._has_any(name)
            )
            near, wrong = nearest(origin, origins), origin
        return f"Perhaps you meant '{near}' instead of '{wrong}'." if near else None


def _unlike(taken: str, wanted: str) -> str:
    """`wanted`, unless the parent is called so."""
    return f"{wanted}_" if wanted == taken else wanted


# ------------------------------------------------------------------ what fits


def fits(relation: Relation, target: str, hint: str | None) -> bool:
    """Whether `target!hint` can mean the relation."""
    if relation.function is not None:
        return target == relation.function.name
    if relation.table == relation.target:
        return _self_fits(relation, target, hint)
    by_name = target == relation.target.name
    if hint is None:
        by_key = not relation.target_is_view and (_constraint(relation, target) or _column(relation, target))
        return by_name or by_key
    return by_name and (
        _constraint(relation, hint)
        or _column(relation, hint)
        or _far_column(relation, hint)
        or _junction(relation, hint)
    )


def _self_fits(relation: Relation, target: str, hint: str | None) -> bool:
    """Of a table's relation to itself the name means the children, the column or the constraint the parent."""
    children = target == relation.target.name and relation.cardinality is Cardinality.ONE_TO_MANY
    if hint is None:
        parent = relation.cardinality is Cardinality.MANY_TO_ONE
        return children or (parent and (_column(relation, target) or _constraint(relation, target)))
    return children and (_far_column(relation, hint) or _constraint(relation, hint))


def _constraint(relation: Relation, name: str) -> bool:
    return relation.cardinality in KEYED and relation.constraint == name


def _column(relation: Relation, name: str) -> bool:
    return len(relation.columns) == 1 and relation.columns[0][0] == name


def _far_column(relation: Relation, name: str) -> bool:
    return len(relation.columns) == 1 and relation.columns[0][1] == name


def _junction(relation: Relation, name: str) -> bool:
    return relation.junction is not None and relation.junction.table.name == name


# ------------------------------------------------------------------ several fit


def ambiguous(origin: str, target: str, found: list[Relation]) -> Problem:
    """PGRST201, with each candidate and how to ask for it."""
    hints = ", ".join(f"'{relation.target.name}!{_handle(relation)}'" for relation in found)
    return Problem(
        "PGRST201",
        300,
        f"Could not embed because more than one relationship was found for '{origin}' and '{target}'",
        [_described(relation) for relation in found],
        f"Try changing '{target}' to one of the following: {hints}. "
        "Find the desired relationship in the 'details' key.",
    )


def _handle(relation: Relation) -> str:
    return relation.junction.table.name if relation.junction else relation.constraint


def _described(relation: Relation) -> dict[str, str]:
    return {
        "cardinality": relation.cardinality.value,
        "embedding": f"{relation.table.name} with {relation.target.name}",
        "relationship": _path(relation),
    }


def _path(relation: Relation) -> str:
    junction = relation.junction
    if junction is not None:
        source = _list(between for _, between in junction.source)
        target = _list(between for _, between in junction.target)
        first, second = junction.source_constraint + source, junction.target_constraint + target
        return f"{junction.table.name} using {first} and {second}"
    own, far = _list(a for a, _ in relation.columns), _list(b for _, b in relation.columns)
    return f"{relation.constraint} using {relation.table.name}{own} and {relation.target.name}{far}"


def _list(columns: Iterable[str]) -> str:
    return f"({', '.join(columns)})"
