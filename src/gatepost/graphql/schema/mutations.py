"""Mutations of tables: create, update and delete, each with its input and its payload.

In: the relations of a draft. Out: fields of Mutation; the payload of any mutation. Never: what is in a row's input or patch
(`inputs`).
"""

from collections.abc import Callable, Iterator
from functools import partial

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLString,
    is_output_type,
)

from gatepost.graphql.meaning import Argument, AttributeField, Create, Delete, Meaning, Part, Rows, Update
from gatepost.graphql.registry.model import Resource, Unique

from . import arguments, relations
from .draft import Draft, Fields, Use, deprecation, means
from .types import input_type, is_composite

Named = Iterator[tuple[str, GraphQLField]]
Members = dict[str, GraphQLInputField]

ECHO = "Any string of the client's own; the payload has it again."
UPDATE, DELETE = "update", "delete"


def fields(draft: Draft) -> Named:
    """Every create, then every update, then every delete."""
    if draft.options.disable_default_mutations:
        return
    tables = [one for one in draft.tables.values() if draft.has(one.codec, Use.OUTPUT)]
    for table in tables:
        if draft.registry.may(table, "resource:insert"):
            yield from _create(draft, table)
    for word in (UPDATE, DELETE):
        for table in tables:
            if table.uniques and draft.registry.may(table, f"resource:{word}"):
                yield from _changes(draft, word, table)


# ---------------------------------------------------------------- what all mutations have


def mutation(
    draft: Draft,
    taking: tuple[str, Callable[[], Members]],
    giving: GraphQLObjectType,
    meaning: Meaning,
    description: str | None,
    reason: str | None,
) -> GraphQLField | None:
    """A field of Mutation; `taking` is the name of its input type, and what that has beside `clientMutationId`."""
    name, members = taking
    if not draft.claim(name):
        return None
    echo = GraphQLInputField(GraphQLString, description=ECHO, extensions=means(Argument.MUTATION_ID))
    taken = GraphQLInputObjectType(
        name,
        lambda: draft.add_all(name, {"clientMutationId": echo}, members().items()),
        description="What the mutation takes.",
    )
    argument = GraphQLArgument(
        GraphQLNonNull(taken), description="All that the mutation takes.", extensions=means(Argument.INPUT)
    )
    return GraphQLField(giving, {"input": argument}, None, None, description, reason, means(meaning))


def payload(draft: Draft, name: str, resource: Resource, own: Callable[[], Fields]) -> GraphQLObjectType | None:
    """What a mutation of `resource` gives: what is its own, the root again, and what its row leads to."""
    if not draft.claim(name):
        return None

    def fields() -> Fields:
        echo = GraphQLField(
            GraphQLString, description="What the client sent under this name.", extensions=means(Part.MUTATION_ID)
        )
        fields = draft.add_all(name, {"clientMutationId": echo}, own().items())
        draft.add(name, fields, "query", _root(draft))
        if _gives_one_row(resource):
            draft.add_all(name, fields, relations.payload_fields(draft, resource.codec))
            draft.add_all(name, fields, _edge(draft, resource))
        return fields

    rows = Rows(resource.codec, draft.table(resource.codec))
    return GraphQLObjectType(name, fields, description="What the mutation gives.", extensions=means(rows))


def _root(draft: Draft) -> GraphQLField:
    query = draft.named("Query")
    assert is_output_type(query)
    return GraphQLField(query, description="The root, to ask for anything else.", extensions=means(Part.QUERY))


def _gives_one_row(resource: Resource) -> bool:
    several = resource.returns_set or resource.returns_array
    return is_composite(resource.codec) and not (resource.is_function and several)


def _edge(draft: Draft, resource: Resource) -> Named:
    """The row again, with its cursor in an order."""
    codec, table = resource.codec, draft.table(resource.codec)
    kind = draft.find(codec, Use.EDGE)
    if table is None or not table.primary_key or not is_output_type(kind) or not draft.has(codec, Use.ORDER):
        return
    if draft.registry.may(resource, "connection"):
        yield (
            draft.names.table_edge_field(codec),
            GraphQLField(
                kind,
                arguments.payload_order(draft, codec),
                description="The row, with its place in an order.",
                deprecation_reason=deprecation(table.tags),
                extensions=means(Part.PAYLOAD_EDGE),
            ),
        )


# ---------------------------------------------------------------- create


def _create(draft: Draft, table: Resource) -> Named:
    names, reason = draft.names, deprecation(table.tags)
    giving = payload(
        draft,
        names.create_payload_type(table),
        table,
        lambda: _row(draft, table, "insert:resource:select", reason),
    )
    taking = (names.create_input_type(table), lambda: _new_row(draft, table))
    description = f"Creates a `{draft.name_of(table.codec, Use.OUTPUT)}`."
    field = giving and mutation(draft, taking, giving, Create(table), description, reason)
    if field:
        yield names.create_field(table), field


def _new_row(draft: Draft, table: Resource) -> Members:
    kind = input_type(draft, table.codec)
    if kind is None:
        return {}
    return {draft.names.table_field_name(table): _required(kind, "The row to be created.", Argument.ROW)}


def _required(kind: GraphQLInputType, description: str | None, meaning: object) -> GraphQLInputField:
    return GraphQLInputField(GraphQLNonNull(kind), description=description, extensions=means(meaning))


def _row(draft: Draft, table: Resource, behaviour: str, reason: str | None = None) -> Fields:
    """The row that a mutation is about, where it may be seen."""
    kind: GraphQLOutputType | None = None
    if draft.registry.may(table, behaviour):
        found = draft.find(table.codec, Use.OUTPUT)
        kind = found if is_output_type(found) else None
    if kind is None:
        return {}
    field = GraphQLField(kind, description="The row.", deprecation_reason=reason, extensions=means(Part.PAYLOAD_ROW))
    return {draft.names.table_field_name(table): field}


# ---------------------------------------------------------------- update and delete


def _changes(draft: Draft, word: str, table: Resource) -> Named:
    """By node id, then by each key; all have one payload."""
    names = draft.names
    if word == UPDATE:
        giving = payload(draft, names.update_payload_type(table), table, partial(_updated, draft, table))
    else:
        giving = payload(draft, names.delete_payload_type(table), table, partial(_deleted, draft, table))
    if giving is None or (word == UPDATE and not draft.has(table.codec, Use.PATCH)):
        return
    for unique in _ways(draft, word, table):
        name, input_name = _called(draft, word, table, unique)
        meaning = Update(table, unique) if word == UPDATE else Delete(table, unique)
        key = "one of its keys" if unique else "its node id"
        description = f"{word.capitalize()}s a `{draft.name_of(table.codec, Use.OUTPUT)}`, told by {key}."
        taking = (input_name, partial(_members, draft, word, table, unique))
        field = mutation(draft, taking, giving, meaning, description, deprecation(table.tags))
        if field:
            yield name, field


def _ways(draft: Draft, word: str, table: Resource) -> Iterator[Unique | None]:
    may = draft.registry.may
    if draft.node_table(table.codec) and may(table.codec, f"nodeId:resource:{word}"):
        yield None
    for unique in table.uniques:
        if may(unique, f"constraint:resource:{word}"):
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
        kind = input_type(draft, table.codec, Use.PATCH)
        assert kind
        patch = _required(kind, "What changes in the row.", Argument.PATCH)
        draft.add("an update's input", members, draft.names.patch_field(table), patch)
    return members


def _node_id(draft: Draft) -> Members:
    return {draft.names.node_id_field(): _required(GraphQLID, "The row's node id.", Argument.NODE_ID)}


def _key(draft: Draft, table: Resource, unique: Unique) -> Members:
    members: Members = {}
    for attribute in (table.codec.attributes[name] for name in unique.attributes):
        kind = input_type(draft, attribute.codec)
        assert kind
        member = _required(kind, attribute.description, AttributeField(attribute))
        draft.add("a key", members, draft.names.attribute(attribute), member)
    return members


def _updated(draft: Draft, table: Resource) -> Fields:
    return _row(draft, table, "update:resource:select")


def _deleted(draft: Draft, table: Resource) -> Fields:
    fields = _row(draft, table, "delete:resource:select")
    if draft.node_table(table.codec) and draft.registry.may(table, "delete:resource:nodeId"):
        field = GraphQLField(
            GraphQLID, description="The node id of the row.", extensions=means(Part.PAYLOAD_DELETED_ID)
        )
        draft.add("a payload", fields, draft.names.deleted_node_id(table), field)
    return fields
