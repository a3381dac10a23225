"""How tables belong together.

In: foreign keys, and what views show of their columns. Out: relations in both directions, through views and junctions.
Never: a relation that no key or function of the database states.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from . import Cardinality, Junction, Name, Pairs, Relation, Table


@dataclass(frozen=True, slots=True)
class ViewKey:
    """A key's columns as a view shows them: `columns` are the view's names, in the key's order."""

    view: Name
    columns: tuple[str, ...]


ViewKeys = Mapping[tuple[str, Name, str], Sequence[ViewKey]]
"""By (side, table, constraint); the side is 'primary', 'referencing' or 'referenced'."""


def complete(keys: Sequence[Relation], views: ViewKeys, tables: Mapping[Name, Table]) -> list[Relation]:
    """All relations that follow from foreign keys (each given as its many-to-one or one-to-one direction)."""
    forward = [*keys, *(relation for key in keys for relation in _through_views(key, views))]
    return [*forward, *(_inverse(relation) for relation in forward), *_many_to_many(forward, tables)]


def _through_views(key: Relation, views: ViewKeys) -> Iterable[Relation]:
    own, targets = tuple(a for a, _ in key.columns), tuple(b for _, b in key.columns)
    referencing = views.get(("referencing", key.table, key.constraint), ())
    referenced = views.get(("referenced", key.target, key.constraint), ())
    for view in referencing:
        yield replace(key, table=view.view, table_is_view=True, columns=_pairs(view.columns, targets))
    for view in referenced:
        yield replace(key, target=view.view, target_is_view=True, columns=_pairs(own, view.columns))
    for here, there in product(referencing, referenced):
        yield replace(
            key,
            table=here.view,
            target=there.view,
            table_is_view=True,
            target_is_view=True,
            columns=_pairs(here.columns, there.columns),
        )


def _pairs(left: Iterable[str], right: Iterable[str]) -> Pairs:
    return tuple(zip(left, right, strict=True))


def _swap(pairs: Pairs) -> Pairs:
    return tuple((b, a) for a, b in pairs)


def _inverse(relation: Relation) -> Relation:
    one = relation.cardinality is Cardinality.ONE_TO_ONE
    return replace(
        relation,
        table=relation.target,
        target=relation.table,
        table_is_view=relation.target_is_view,
        target_is_view=relation.table_is_view,
        columns=_swap(relation.columns),
        cardinality=Cardinality.ONE_TO_ONE if one else Cardinality.ONE_TO_MANY,
        parent=one,
    )


def _many_to_many(forward: Iterable[Relation], tables: Mapping[Name, Table]) -> Iterable[Relation]:
    """A table whose primary key holds the columns of two foreign keys joins the two tables they point to."""
    by_table: dict[Name, list[Relation]] = defaultdict(list)
    for relation in forward:
        if relation.cardinality is Cardinality.MANY_TO_ONE:
            by_table[relation.table].append(relation)
    for name, keys in by_table.items():
        primary = set(tables[name].primary_key) if name in tables else set[str]()
        for first, second in product(keys, keys):
            used = {own for own, _ in first.columns + second.columns}
            if first.constraint != second.constraint and used <= primary:
                yield _joined(name, first, second)


def _joined(name: Name, first: Relation, second: Relation) -> Relation:
    junction = Junction(name, first.constraint, second.constraint, _swap(first.columns), _swap(second.columns))
    return Relation(
        first.target,
        second.target,
        Cardinality.MANY_TO_MANY,
        junction=junction,
        table_is_view=first.target_is_view,
        target_is_view=second.target_is_view,
    )


def index(detected: Iterable[Relation], computed: Iterable[Relation]) -> dict[Name, tuple[Relation, ...]]:
    """Relations by table, sorted; a computed one replaces what was detected towards a target of its own name."""
    computed = list(computed)
    overridden = {(r.table, r.function) for r in computed}
    kept = [r for r in detected if (r.table, r.target) not in overridden]
    by_table: dict[Name, list[Relation]] = defaultdict(list)
    for relation in dict.fromkeys([*kept, *computed]):
        by_table[relation.table].append(relation)
    return {name: tuple(sorted(relations, key=_order)) for name, relations in by_table.items()}


ORDER = {cardinality: place for place, cardinality in enumerate(Cardinality)}


# Upstream lists candidates in this order: target, then kind, then constraint.
def _order(relation: Relation) -> tuple[object, ...]:
    junction = relation.junction
    own = (
        (junction.table, junction.source_constraint, junction.target_constraint)
        if junction
        else (relation.constraint, relation.columns, relation.parent)
    )
    return (
        ORDER[relation.cardinality] == ORDER[Cardinality.COMPUTED],
        relation.target,
        relation.target == relation.table,
        ORDER[relation.cardinality],
        own,
        relation.table_is_view,
        relation.target_is_view,
    )
