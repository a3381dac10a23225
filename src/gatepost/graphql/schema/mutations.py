"""Mutations of tables: create, update and delete, each with its input and its payload.

In: the relations of a draft. Out: fields of Mutation; the payload of any mutation. Never: what is in a row's input or
patch (`inputs`).
"""

from collections.abc import Callable, Iterator
from functools import partial

from graphql import GraphQLField, GraphQLID, GraphQLInputObjectType, GraphQLObjectType, GraphQLString

from gatepost.graphql.meaning import Argument, AttributeField, Create, Delete, Meaning, Part, Rows, Update
from gatepost.graphql.registry.model import Resource, Unique

from . import arguments, relations
from .draft import (
    Draft,
    Fields,
    Kind,
    Members,
    Use,
    argument,
    deprecation,
    field,
    is_name,
    means,
    member,
    required,
)
from .types import input_type, is_composite

Named = Iterator[tuple[str, GraphQLField]]
Taking = tuple[str, Callable[[], Members]]
"""The name of a mutation's input type, and what that has beside `clientMutationId`."""

ECHO = "Any string of the client's own; the payload has it again."
UPDATE, DELETE = "update", "delete"


def fields(draft: Draft) -> Named:
    """Every create, then every update, then every delete."""
    if draft.options.disable_default_mutations:
        return
    tables = [one for one in draft.tables.values() if draft.has(one.codec, Use.OUTPUT)]
    for table in tables:
        if draft.may(table, "resource:insert"):
            yield from _create(draft, table)
    for word in (UPDATE, DELETE):
        for table in tables:
            if table.uniques and draft.may(table, f"resource:{word}"):
                yield from _changes(draft, word, table)


# ---------------------------------------------------------------- what all mutations have


def mutation(
    draft: Draft,
    taking: Taking,
    giving: Kind,
    meaning: Meaning,
    description: str | None,
    deprecated: str | None,
) -> GraphQLField | None:
    """A field of Mutation; None where its input may not have that name."""
    name, members = taking
    if not draft.claim(name):
        return None
    echo = {"clientMutationId": member(GraphQLString, Argument.MUTATION_ID, ECHO)}
    taken = GraphQLInputObjectType(
        name, lambda: draft.add(name, echo, members().items()), description="What the mutation takes."
    )
    given = {"input": argument(required(taken), Argument.INPUT, "All that the mutation takes.")}
    return field(giving, meaning, description, given, deprecated)


def payload(draft: Draft, name: str, resource: Resource, own: Callable[[], Fields]) -> Kind | None:
    """What a mutation of `resource` gives: what is its own, the root again, and what its row leads to."""
    if not draft.claim(name):
        return None

    def fields() -> Fields:
        fields = {"clientMutationId": field(GraphQLString, Part.MUTATION_ID, "What the client sent under this name.")}
        draft.add(name, fields, own().items())
        root = field(draft.named("Query"), Part.QUERY, "The root, to ask for anything else.")
        draft.add(name, fields, [("query", root)])
        if _gives_one_row(resource):
            draft.add(name, fields, _edge(draft, resource))
            draft.add(name, fields, relations.payload_fields(draft, resource.codec))
        return fields

    rows = Rows(resource.codec, draft.table(resource.codec))
    return GraphQLObjectType(name, fields, description="What the mutation gives.", extensions=means(rows))


def _gives_one_row(resource: Resource) -> bool:
    return is_composite(resource.codec) and not resource.returns_set and not resource.returns_array


def _edge(draft: Draft, resource: Resource) -> Named:
    """The row again, with its cursor in an order."""
    codec, table = resource.codec, draft.table(resource.codec)
    kind = draft.find(codec, Use.EDGE) if draft.may(resource, "connection") else None
    if kind and table and table.primary_key and draft.has(codec, Use.ORDER):
        given = arguments.payload_order(draft, codec)
        description = "The row, with its place in an order."
        edge = field(kind, Part.PAYLOAD_EDGE, description, given, deprecation(table.tags))
        yield draft.names.table_edge_field(codec), edge


# ---------------------------------------------------------------- create


def _create(draft: Draft, table: Resource) -> Named:
    names, reason = draft.names, deprecation(table.tags)
    own = partial(_row, draft, table, "insert:resource:select", reason)
    giving = payload(draft, names.create_payload_type(table), table, own)
    taking = (names.create_input_type(table), partial(_new_row, draft, table))
    description = f"Creates a `{draft.name_of(table.codec, Use.OUTPUT)}`."
    created = giving and mutation(draft, taking, giving, Create(table), description, reason)
    if created:
        yield names.create_field(table), created


def _new_row(draft: Draft, table: Resource) -> Members:
    """Nothing where no column may be given: the row is made of defaults."""
    kind = input_type(draft, table.codec)
    row = kind and member(required(kind), Argument.ROW, "The row to be created.")
    return {draft.names.table_field_name(table): row} if row else {}


def _row(draft: Draft, table: Resource, behaviour: str, reason: str | None = None) -> Fields:
    """The row that a mutation is about, where it may be seen."""
    if not draft.may(table, behaviour):
        return {}
    kind = draft.find(table.codec, Use.OUTPUT)
    return {draft.names.table_field_name(table): field(kind, Part.PAYLOAD_ROW, "The row.", None, reason)}


# ---------------------------------------------------------------- update and delete


def _changes(draft: Draft, word: str, table: Resource) -> Named:
    """By node id, then by each key; all have one payload."""
    giving = _changed(draft, word, table)
    if giving is None or (word == UPDATE and not draft.has(table.codec, Use.PATCH)):
        return
    for unique in _ways(draft, word, table):
        name, input_name = _called(draft, word, table, unique)
        meaning = Update(table, unique) if word == UPDATE else Delete(table, unique)
        told = "one of its keys" if unique else "its node id"
        description = f"{word.capitalize()}s the `{draft.name_of(table.codec, Use.OUTPUT)}` with {told}."
        taking = (input_name, partial(_members, draft, word, table, unique))
        changed = mutation(draft, taking, giving, meaning, description, deprecation(table.tags))
        if changed:
            yield name, changed


def _changed(draft: Draft, word: str, table: Resource) -> Kind | None:
    names = draft.names
    if word == UPDATE:
        return payload(draft, names.update_payload_type(table), table, partial(_updated, draft, table))
    if _tells_deleted(draft, table) and not is_name(names.deleted_node_id(table)):
        draft.warn(f"rows of {table.id} cannot be deleted: {names.deleted_node_id(table)!r} is no name in GraphQL")
        return None
    return payload(draft, names.delete_payload_type(table), table, partial(_deleted, draft, table))


def _ways(draft: Draft, word: str, table: Resource) -> Iterator[Unique | None]:
    if draft.node_table(table.codec) and draft.may(table.codec, f"nodeId:resource:{word}"):
        yield None
    for unique in table.uniques:
        if draft.may(unique, f"constraint:resource:{word}"):
            yield unique


def _called(draft: Draft, word: str, table: Resource, unique: Unique | None) -> tuple[str, str]:
    """The names of the field and of its input."""
    names = draft.names
    if word == UPDATE and unique:
        return names.update_by_keys_field(table, unique), names.update_by_keys_input_type(table, unique)
    if word == UPDATE:
        return names.update_by_node_id_field(table), names.update_by_node_id_input_type(table)
    if unique:
        return names.delete_by_keys_field(table, unique), names.delete_by_keys_input_type(table, unique)
    return names.delete_by_node_id_field(table), names.delete_by_node_id_input_type(table)


def _members(draft: Draft, word: str, table: Resource, unique: Unique | None) -> Members:
    members = _key(draft, table, unique) if unique else _node_id(draft)
    if word == UPDATE:
        patch = member(required(input_type(draft, table.codec, Use.PATCH)), Argument.PATCH, "What changes in the row.")
        draft.add("an update's input", members, [(draft.names.patch_field(table), patch)])
    return members


def _node_id(draft: Draft) -> Members:
    return {draft.names.node_id_field(): member(required(GraphQLID), Argument.NODE_ID, "The row's node id.")}


def _key(draft: Draft, table: Resource, unique: Unique) -> Members:
    members: Members = {}
    for attribute in (table.codec.attributes[name] for name in unique.attributes):
        kind = required(input_type(draft, attribute.codec))
        column = member(kind, AttributeField(attribute), attribute.description)
        draft.add("a key", members, [(draft.names.attribute(attribute), column)])
    return members


def _updated(draft: Draft, table: Resource) -> Fields:
    return _row(draft, table, "update:resource:select")


def _deleted(draft: Draft, table: Resource) -> Fields:
    fields = _row(draft, table, "delete:resource:select")
    if _tells_deleted(draft, table):
        node_id = field(GraphQLID, Part.PAYLOAD_DELETED_ID, "The node id of the row.")
        draft.add("a payload", fields, [(draft.names.deleted_node_id(table), node_id)])
    return fields


def _tells_deleted(draft: Draft, table: Resource) -> bool:
    """Whether a payload has the node id of what was deleted."""
    return draft.node_table(table.codec) is not None and draft.may(table, "delete:resource:nodeId")
