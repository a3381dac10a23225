"""From row to row: the fields that follow foreign keys, one way or the other, and ways of several steps.

In: a codec, whose rows the fields stand in. Out: fields. Never: a field to rows that have no type.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from graphql import GraphQLField, GraphQLList, GraphQLNonNull, is_output_type

from gatepost.graphql.meaning import Many, RelationField
from gatepost.graphql.registry.model import Codec, Ref, Relation

from . import arguments
from .draft import Draft, Use, deprecation, means

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
    connection, several = names.many_relation_connection(relation), names.many_relation_list(relation)
    return Way(relation, relation.unique, relation.backward, single, connection, several)


def _of_ref(draft: Draft, ref: Ref) -> Way:
    backward = any(step.backward for path in ref.paths for step in path)
    names = draft.names
    return Way(ref, ref.singular, backward, names.ref_single(ref), names.ref_connection(ref), names.ref_list(ref))


def _fields(draft: Draft, way: Way) -> Named:
    scope = "singularRelation" if way.to_one else "manyRelation"
    may = draft.registry.may
    if way.to_one and may(way.of, f"{scope}:resource:single"):
        yield from _single(draft, way)
    if way.backward and may(way.of, f"{scope}:resource:connection"):
        yield from _connection(draft, way, f"{scope}:resource:connection")
    if way.backward and may(way.of, f"{scope}:resource:list"):
        yield from _list(draft, way, f"{scope}:resource:list")


def _single(draft: Draft, way: Way) -> Named:
    """One row, or null: rows may be hidden."""
    kind = draft.find(way.of.target.codec, Use.OUTPUT)
    if is_output_type(kind):
        sure = bool(way.of.tags.get("notNull"))
        yield way.single, _field(way, GraphQLNonNull(kind) if sure else kind, {}, None)


def _connection(draft: Draft, way: Way, scope: str) -> Named:
    kind = draft.find(way.of.target.codec, Use.CONNECTION)
    if is_output_type(kind):
        given = arguments.of_rows(draft, way.of.target, Many.CONNECTION, scope)
        yield way.connection, _field(way, GraphQLNonNull(kind), given, Many.CONNECTION)


def _list(draft: Draft, way: Way, scope: str) -> Named:
    kind = draft.find(way.of.target.codec, Use.OUTPUT)
    if is_output_type(kind):
        given = arguments.of_rows(draft, way.of.target, Many.LIST, scope)
        yield way.list, _field(way, GraphQLNonNull(GraphQLList(GraphQLNonNull(kind))), given, Many.LIST)


def _field(way: Way, kind: object, given: arguments.Arguments, many: Many | None) -> GraphQLField:
    assert is_output_type(kind)
    of = way.of
    reason = None if isinstance(of, Ref) else deprecation(of.tags) or deprecation(of.target.tags)
    description = (
        of.description
        or f"The `{of.target.name}` that this {'refers to' if not way.backward else 'is referred to by'}."
    )
    return GraphQLField(kind, given, None, None, description, reason, means(RelationField(of, many)))
