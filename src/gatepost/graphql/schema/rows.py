"""Object types of rows: of tables and views, composite values, functions' anonymous records.

In: codecs. Out: their types with columns, relations and computed fields, and all other types that go with rows.
Never: a type without fields.
"""

from collections.abc import Iterator

from graphql import (
    GraphQLField,
    GraphQLID,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
)

from gatepost.graphql.meaning import AttributeField, NodeIdField, Rows
from gatepost.graphql.registry.model import Attribute, Codec

from . import arguments, connections, functions, inputs, relations
from .connections import Connection
from .draft import Draft, Fields, Kind, Use, deprecation, field, means, required
from .types import has_type, is_composite, output_type

NODE_ID = "What tells it from everything else."


def declare(draft: Draft, codec: Codec) -> None:
    """Let the types of its rows be there when needed."""
    if not is_composite(codec):
        return
    name = draft.names.table_type(codec)
    if draft.may(codec, "jwt"):
        _declare_token(draft, codec, name)
    elif draft.may(codec, "table"):
        declared = draft.declare(name, lambda: _row(draft, codec, name), codec, Use.OUTPUT)
        if declared and not codec.anonymous:
            _declare_companions(draft, codec, name)


def _declare_token(draft: Draft, codec: Codec, name: str) -> None:
    if draft.options.jwt_secret:
        token = GraphQLScalarType(
            name, description="A signed JSON Web Token (RFC 7519).", extensions=means(Rows(codec))
        )
        draft.declare(name, lambda: token, codec, Use.OUTPUT)


def _declare_companions(draft: Draft, codec: Codec, name: str) -> None:
    names, sure = draft.names, not draft.options.setof_functions_contain_nulls
    inputs.declare(draft, codec, name)
    connection = Connection(names.table_connection_type(codec), names.table_edge_type(codec), codec, sure)
    connections.declare(draft, connection)
    arguments.declare_order(draft, codec, name)


def node_interface(draft: Draft) -> GraphQLNamedType:
    """What has a node id."""
    node_id = GraphQLField(required(GraphQLID), description=NODE_ID)
    return GraphQLInterfaceType(
        "Node", {draft.names.node_id_field(): node_id}, description="Something that has a node id."
    )


def _row(draft: Draft, codec: Codec, name: str) -> GraphQLNamedType | None:
    """The fields are made when the schema is whole; here only whether there are any."""
    columns = list(_columns(draft, codec))
    table = draft.node_table(codec)

    def fields() -> Fields:
        members: Fields = {}
        if table:
            node_id = field(required(GraphQLID), NodeIdField(table), NODE_ID)
            draft.add(name, members, [(draft.names.node_id_field(), node_id)])
        draft.add(name, members, functions.computed_fields(draft, codec))
        draft.add(name, members, (_column(draft, attribute) for attribute in columns))
        return draft.add(name, members, relations.fields(draft, codec))

    interfaces = [draft.named("Node")] if table else []
    rows = Rows(codec, draft.table(codec))
    row: Kind = GraphQLObjectType(name, fields, interfaces, description=codec.description, extensions=means(rows))
    return row if columns or table or row.fields else None


def _columns(draft: Draft, codec: Codec) -> Iterator[Attribute]:
    for attribute in codec.base.attributes.values():
        if draft.may(attribute, "attribute:select") and has_type(draft, attribute.codec, Use.OUTPUT):
            yield attribute


def _column(draft: Draft, attribute: Attribute) -> tuple[str, GraphQLField]:
    kind = output_type(draft, attribute.codec, attribute.not_null)
    # Where a column is deprecated without a reason, the reason is this word.
    reason = "true" if attribute.tags.get("deprecated") is True else deprecation(attribute.tags)
    column = field(kind, AttributeField(attribute), attribute.description, None, reason)
    return draft.names.attribute(attribute), column
