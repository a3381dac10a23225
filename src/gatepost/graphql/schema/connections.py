"""Connections: rows in pages, with a cursor for each and a count of all.

In: the names of a connection and its edge, and what its nodes are. Out: both types, made when needed. Never: the
arguments of a field that gives one (`arguments`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from graphql import (
    GraphQLBoolean,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    is_output_type,
)

from gatepost.graphql.meaning import Part, Rows
from gatepost.graphql.registry.model import Codec, Resource

from .draft import Draft, Fields, Use, means
from .types import has_type, nullable_output_type


@dataclass(frozen=True, slots=True)
class Connection:
    """What a connection type is made of. `sure` says that no node is null."""

    name: str
    edge: str
    codec: Codec
    sure: bool = False
    resource: Resource | None = None


def declare(draft: Draft, made: Connection) -> bool:
    """Let both types be there when needed; those of a table's codec stand for it."""
    of_table = made.resource is None
    return draft.declare(
        made.edge, lambda: _edge(draft, made), made.codec if of_table else None, Use.EDGE
    ) and draft.declare(made.name, lambda: _connection(draft, made), made.codec if of_table else None, Use.CONNECTION)


def page_info(draft: Draft) -> GraphQLNamedType:
    def fields() -> Fields:
        flag = GraphQLNonNull(GraphQLBoolean)
        cursor = _output(draft, "Cursor")
        return {
            "hasNextPage": _field(flag, Part.HAS_NEXT, "Whether there is more after this page."),
            "hasPreviousPage": _field(flag, Part.HAS_PREVIOUS, "Whether there is more before this page."),
            "startCursor": _field(cursor, Part.START_CURSOR, "Where the page begins."),
            "endCursor": _field(cursor, Part.END_CURSOR, "Where the page ends."),
        }

    return GraphQLObjectType("PageInfo", fields, description="Where a page lies in a connection.")


def _connection(draft: Draft, made: Connection) -> GraphQLNamedType | None:
    def fields() -> Fields:
        fields = {
            "nodes": _field(_several(_node(draft, made), made), Part.NODES, "What is in the page."),
            "edges": _field(_several(_output(draft, made.edge), made), Part.EDGES, "The same, each with its cursor."),
            "pageInfo": _field(GraphQLNonNull(_output(draft, "PageInfo")), Part.PAGE_INFO, "Where the page lies."),
        }
        if draft.registry.may(made.codec, "totalCount"):
            fields["totalCount"] = _field(
                GraphQLNonNull(GraphQLInt), Part.TOTAL_COUNT, "How many there are in all, whatever the page."
            )
        return fields

    return _object(draft, made, made.name, fields)


def _edge(draft: Draft, made: Connection) -> GraphQLNamedType | None:
    def fields() -> Fields:
        node = _node(draft, made)
        return {
            "cursor": _field(_output(draft, "Cursor"), Part.EDGE_CURSOR, "The place of this one in the connection."),
            "node": _field(GraphQLNonNull(node) if made.sure else node, Part.EDGE_NODE, "What stands there."),
        }

    return _object(draft, made, made.edge, fields)


def _object(draft: Draft, made: Connection, name: str, fields: Callable[[], Fields]) -> GraphQLNamedType | None:
    """None where there is nothing to connect."""
    return (
        GraphQLObjectType(name, fields, extensions=means(Rows(made.codec, made.resource)))
        if (has_type(draft, made.codec, Use.OUTPUT))
        else None
    )


def _node(draft: Draft, made: Connection) -> GraphQLOutputType:
    """What a node is: nullable, since rows may be hidden and functions may give NULL."""
    kind = nullable_output_type(draft, made.codec)
    assert kind
    return kind


def _several(kind: GraphQLOutputType, made: Connection) -> GraphQLOutputType:
    return GraphQLNonNull(GraphQLList(GraphQLNonNull(kind) if made.sure else kind))


def _output(draft: Draft, name: str) -> GraphQLOutputType:
    kind = draft.named(name)
    assert is_output_type(kind)
    return kind


def _field(kind: GraphQLOutputType, part: Part, description: str) -> GraphQLField:
    return GraphQLField(kind, description=description, extensions=means(part))
