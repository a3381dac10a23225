"""From row to row: the fields that follow foreign keys, one way or the other, and ways of several steps.

In: a codec, whose rows the fields stand in. Out: fields. Never: a field to rows that have no type.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import GraphQLField

from gatepost.graphql.meaning import Many, RelationField
from gatepost.graphql.registry.model import Codec, Ref, Relation

from . import arguments
from .draft import Arguments, Draft, Kind, Use, deprecation, field, required, several

Named = Iterator[tuple[str, GraphQLField]]


@dataclass(frozen=True, slots=True)
class Way:
    """A relation or a ref, and the names of the fields that follow it."""

    of: Relation | Ref
    to_one: bool
    backward: bool
    single: str
    connection: str
    list: str


def fields(draft: Draft, codec: Codec) -> Named:
    """All ways that lead from a row."""
    for relation in draft.relations(codec):
        yield from _fields(draft, _of_relation(draft, relation))
    for ref in draft.registry.refs.get(codec.id, ()):
        yield from _fields(draft, _of_ref(draft, ref))


def payload_fields(draft: Draft, codec: Codec) -> Named:
    """Of a mutation's payload: the rows that its row refers to."""
    for relation in draft.relations(codec) if draft.options.payload_relations else ():
        if not relation.backward:
            yield from _fields(draft, _of_relation(draft, relation))


def _of_relation(draft: Draft, relation: Relation) -> Way:
    names = draft.names
    single = names.single_relation_backwards(relation) if relation.backward else names.single_relation(relation)
    connection, several_rows = names.many_relation_connection(relation), names.many_relation_list(relation)
    return Way(relation, relation.unique, relation.backward, single, connection, several_rows)


def _of_ref(draft: Draft, ref: Ref) -> Way:
    backward = any(step.backward for path in ref.paths for step in path)
    names = draft.names
    return Way(ref, ref.singular, backward, names.ref_single(ref), names.ref_connection(ref), names.ref_list(ref))


def _fields(draft: Draft, way: Way) -> Named:
    scope = f"{'singular' if way.to_one else 'many'}Relation:resource"
    if way.to_one and draft.may(way.of, f"{scope}:single"):
        yield from _single(draft, way)
    if way.backward and draft.may(way.of, f"{scope}:connection"):
        yield from _connection(draft, way, f"{scope}:connection")
    if way.backward and draft.may(way.of, f"{scope}:list"):
        yield from _list(draft, way, f"{scope}:list")


def _single(draft: Draft, way: Way) -> Named:
    """One row, or null: rows may be hidden."""
    kind = draft.find(way.of.target.codec, Use.OUTPUT)
    if kind:
        yield way.single, _field(draft, way, required(kind, bool(way.of.tags.get("notNull"))))


def _connection(draft: Draft, way: Way, scope: str) -> Named:
    kind = draft.find(way.of.target.codec, Use.CONNECTION)
    if kind:
        given = arguments.of_rows(draft, way.of.target, Many.CONNECTION, scope)
        yield way.connection, _field(draft, way, required(kind), given, Many.CONNECTION)


def _list(draft: Draft, way: Way, scope: str) -> Named:
    kind = draft.find(way.of.target.codec, Use.OUTPUT)
    if kind:
        given = arguments.of_rows(draft, way.of.target, Many.LIST, scope)
        yield way.list, _field(draft, way, required(several(kind, sure=True)), given, Many.LIST)


def _field(
    draft: Draft, way: Way, kind: Kind, given: Arguments | None = None, many: Many | None = None
) -> GraphQLField:
    of = way.of
    rows = f"The `{draft.name_of(of.target.codec, Use.OUTPUT)}`"
    description = f"{rows} rows that belong to it." if many else f"{rows} that belongs to it."
    reason = None if isinstance(of, Ref) else deprecation(of.tags) or deprecation(of.target.tags)
    return field(kind, RelationField(of, many), of.description or description, given, reason)
