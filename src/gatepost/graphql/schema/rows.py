"""Object types of rows: of tables and views, composite values, functions' anonymous records.

In: codecs. Out: their types with columns, relations and computed fields, and all other types that go with rows. Never: a
type without fields.
"""

from collections.abc import Iterator

from graphql import (
    GraphQLField,
    GraphQLID,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
)

from gatepost.graphql.meaning import AttributeField, NodeIdField, Rows
from gatepost.graphql.registry.model import Attribute, Codec, Tag

from . import arguments, connections, functions, inputs, relations
from .connections import Connection
from .draft import Draft, Fields, Use, deprecation, means
from .types import has_type, is_composite, output_type

Named = Iterator[tuple[str, GraphQLField]]

NODE_ID = "What tells it from everything else."


def declare(draft: Draft, codec: Codec) -> None:
    """Let the types of its rows be there when needed."""
    if not is_composite(codec):
        return
    name = draft.names.table_type(codec)
    if draft.registry.may(codec, "jwt"):
        if draft.options.jwt_secret:
            draft.declare(name, lambda: _token(codec, name), codec, Use.OUTPUT)
    elif draft.registry.may(codec, "table") and draft.declare(
        name, lambda: _row(draft, codec, name), codec, Use.OUTPUT
    ):
        if not codec.anonymous:
            _declare_companions(draft, codec, name)


def _declare_companions(draft: Draft, codec: Codec, name: str) -> None:
    names, sure = draft.names, not draft.options.setof_functions_contain_nulls
    inputs.declare(draft, codec, name)
    connection = Connection(names.table_connection_type(codec), names.table_edge_type(codec), codec, sure)
    connections.declare(draft, connection)
    arguments.declare_order(draft, codec, name)


def node_interface(draft: Draft) -> GraphQLNamedType:
    """What has a node id."""
    field = GraphQLField(GraphQLNonNull(GraphQLID), description=NODE_ID)
    return GraphQLInterfaceType(
        "Node", {draft.names.node_id_field(): field}, description="Something that has a node id."
    )


def _token(codec: Codec, name: str) -> GraphQLNamedType:
    return GraphQLScalarType(name, description="A signed JSON Web Token (RFC 7519).", extensions=means(Rows(codec)))


def _row(draft: Draft, codec: Codec, name: str) -> GraphQLNamedType | None:
    """The fields are made when the schema is whole; here only whether there are any."""
    columns = list(_columns(draft, codec))
    table = draft.node_table(codec)

    def fields() -> Fields:
        members: Fields = {}
        if table:
            node_id = GraphQLField(GraphQLNonNull(GraphQLID), description=NODE_ID, extensions=means(NodeIdField(table)))
            draft.add(name, members, draft.names.node_id_field(), node_id)
        draft.add_all(name, members, (_column(draft, attribute) for attribute in columns))
        draft.add_all(name, members, relations.fields(draft, codec))
        return draft.add_all(name, members, functions.computed_fields(draft, codec))

    node = draft.named("Node") if table else None
    row = GraphQLObjectType(
        name,
        fields,
        [node] if isinstance(node, GraphQLInterfaceType) else [],
        description=codec.description,
        extensions=means(Rows(codec, draft.table(codec))),
    )
    return row if columns or table or row.fields else None


def _columns(draft: Draft, codec: Codec) -> Iterator[Attribute]:
    for attribute in codec.base.attributes.values():
        if draft.registry.may(attribute, "attribute:select") and has_type(draft, attribute.codec, Use.OUTPUT):
            yield attribute


def _column(draft: Draft, attribute: Attribute) -> tuple[str, GraphQLField]:
    kind = output_type(draft, attribute.codec, attribute.not_null)
    assert kind
    field = GraphQLField(
        kind,
        description=attribute.description,
        deprecation_reason=_reason(attribute.tags.get("deprecated")),
        extensions=means(AttributeField(attribute)),
    )
    return draft.names.attribute(attribute), field


def _reason(given: Tag | None) -> str | None:
    """A column's reason is the word `true` where none is given."""
    if not given:
        return None
    return "true" if given is True else deprecation({"deprecated": given})
