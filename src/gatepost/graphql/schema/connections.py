"""Connections: rows in pages, with a cursor for each and a count of all.

In: the names of a connection and its edge, and what its nodes are. Out: both types, made when needed. Never: the
arguments of a field that gives one (`arguments`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from graphql import GraphQLBoolean, GraphQLInt, GraphQLNamedType, GraphQLObjectType

from gatepost.graphql.meaning import Part, Rows
from gatepost.graphql.registry.model import Codec, Resource

from .draft import Draft, Fields, Use, field, means, required, several
from .types import has_type, nullable_type


@dataclass(frozen=True, slots=True)
class Connection:
    """What a connection type is made of: `function` is the only one that has it, None where it is of a type of rows.

    `sure` says that no node is null.
    """

    name: str
    edge: str
    codec: Codec
    sure: bool = False
    function: Resource | None = None


def declare(draft: Draft, made: Connection) -> bool:
    """Let both types be there when needed."""
    codec = None if made.function else made.codec
    return draft.declare(made.edge, lambda: _edge(draft, made), codec, Use.EDGE) and draft.declare(
        made.name, lambda: _connection(draft, made), codec, Use.CONNECTION
    )


def page_info(draft: Draft) -> GraphQLNamedType:
    def fields() -> Fields:
        flag, cursor = required(GraphQLBoolean), draft.named("Cursor")
        return {
            "hasNextPage": field(flag, Part.HAS_NEXT, "Whether there is more after this page."),
            "hasPreviousPage": field(flag, Part.HAS_PREVIOUS, "Whether there is more before this page."),
            "startCursor": field(cursor, Part.START_CURSOR, "Where the page begins."),
            "endCursor": field(cursor, Part.END_CURSOR, "Where the page ends."),
        }

    return GraphQLObjectType("PageInfo", fields, description="Where a page lies in a connection.")


def _connection(draft: Draft, made: Connection) -> GraphQLNamedType | None:
    def fields() -> Fields:
        nodes, edges = nullable_type(draft, made.codec), draft.named(made.edge)
        fields = {
            "nodes": field(required(several(nodes, made.sure)), Part.NODES, "What is in the page."),
            "edges": field(required(several(edges, made.sure)), Part.EDGES, "The same, each with its cursor."),
            "pageInfo": field(required(draft.named("PageInfo")), Part.PAGE_INFO, "Where the page lies."),
        }
        if draft.may(made.codec, "totalCount"):
            count = required(GraphQLInt)
            fields["totalCount"] = field(count, Part.TOTAL_COUNT, "How many there are in all, whatever the page.")
        return fields

    return _object(draft, made, made.name, fields)


def _edge(draft: Draft, made: Connection) -> GraphQLNamedType | None:
    def fields() -> Fields:
        node = required(nullable_type(draft, made.codec), made.sure)
        return {
            "cursor": field(draft.named("Cursor"), Part.EDGE_CURSOR, "The place of this one in the connection."),
            "node": field(node, Part.EDGE_NODE, "What stands there."),
        }

    return _object(draft, made, made.edge, fields)


def _object(draft: Draft, made: Connection, name: str, fields: Callable[[], Fields]) -> GraphQLNamedType | None:
    """None where there is nothing to connect."""
    if not has_type(draft, made.codec, Use.OUTPUT):
        return None
    rows = Rows(made.codec, made.function or draft.table(made.codec))
    return GraphQLObjectType(name, fields, extensions=means(rows))
