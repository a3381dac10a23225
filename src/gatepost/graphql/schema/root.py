"""The root types: Query, Mutation, Subscription.

In: a draft whose types are declared. Out: the three, as far as there is something in them. Never: a field whose type is
missing.
"""

from collections.abc import Iterator

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLField,
    GraphQLID,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
    is_output_type,
)

from gatepost.graphql.meaning import (
    AllRows,
    Argument,
    AttributeField,
    ByNodeId,
    ByUnique,
    EventNode,
    EventValue,
    Many,
    Part,
    Subscribe,
)
from gatepost.graphql.registry.model import Resource, Unique

from . import arguments, functions, mutations
from .draft import Draft, Fields, Use, deprecation, means
from .types import input_type

Named = Iterator[tuple[str, GraphQLField]]


def declare(draft: Draft) -> None:
    """Let Query be there, for what leads back to it."""
    draft.declare("Query", lambda: _query(draft))
    for name in ("Mutation", "Subscription"):
        draft.claim(name)


# ---------------------------------------------------------------- Query


def _query(draft: Draft) -> GraphQLNamedType:
    def fields() -> Fields:
        members: Fields = {}
        draft.add_all("Query", members, _itself(draft, query))
        draft.add_all("Query", members, _all_rows(draft))
        draft.add_all("Query", members, _by_uniques(draft))
        draft.add_all("Query", members, functions.root_fields(draft))
        return draft.add_all("Query", members, _by_node_ids(draft))

    node = draft.named("Node")
    interfaces = [node] if isinstance(node, GraphQLInterfaceType) else []
    query = GraphQLObjectType("Query", fields, interfaces, description="Where every query begins.")
    return query


def _itself(draft: Draft, query: GraphQLObjectType) -> Named:
    """Query as a node like any other."""
    description = "The root again, for clients that can only ask for things below a field."
    yield "query", GraphQLField(GraphQLNonNull(query), description=description, extensions=means(Part.QUERY))
    node = draft.named("Node")
    if is_output_type(node):
        name = draft.names.node_id_field()
        own = "The node id of the root: always `query`."
        yield (
            name,
            GraphQLField(GraphQLNonNull(GraphQLID), description=own, extensions=means(Part.QUERY_NODE_ID)),
        )
        yield (
            "node",
            GraphQLField(
                node, _node_id(draft), description="Whatever has that node id.", extensions=means(Part.NODE_BY_ID)
            ),
        )


def _node_id(draft: Draft) -> arguments.Arguments:
    argument = GraphQLArgument(GraphQLNonNull(GraphQLID), description="A node id.", extensions=means(Argument.NODE_ID))
    return {draft.names.node_id_field(): argument}


def _all_rows(draft: Draft) -> Named:
    names = draft.names
    for table in draft.tables.values():
        row, connection = draft.find(table.codec, Use.OUTPUT), draft.find(table.codec, Use.CONNECTION)
        if is_output_type(row) and draft.registry.may(table, "query:resource:list"):
            yield names.all_rows_list(table), _rows(draft, table, GraphQLList(GraphQLNonNull(row)), Many.LIST)
        if is_output_type(connection) and draft.registry.may(table, "query:resource:connection"):
            yield names.all_rows_connection(table), _rows(draft, table, connection, Many.CONNECTION)


def _rows(draft: Draft, table: Resource, kind: object, many: Many) -> GraphQLField:
    assert is_output_type(kind)
    given = arguments.of_rows(draft, table, many, f"query:resource:{many.value}")
    description = f"All rows of `{draft.name_of(table.codec, Use.OUTPUT)}`."
    return GraphQLField(kind, given, None, None, description, deprecation(table.tags), means(AllRows(table, many)))


def _by_uniques(draft: Draft) -> Named:
    for table in draft.tables.values():
        for unique in table.uniques:
            if draft.registry.may(unique, "query:resource:single") and draft.has(table.codec, Use.OUTPUT):
                yield from _by_unique(draft, table, unique)


def _by_unique(draft: Draft, table: Resource, unique: Unique) -> Named:
    kind = draft.find(table.codec, Use.OUTPUT)
    given: arguments.Arguments = {}
    for attribute in (table.codec.attributes[name] for name in unique.attributes):
        taken = input_type(draft, attribute.codec)
        if taken is None:
            return
        given[draft.names.attribute(attribute)] = GraphQLArgument(
            GraphQLNonNull(taken), description=attribute.description, extensions=means(AttributeField(attribute))
        )
    assert is_output_type(kind)
    yield (
        draft.names.row_by_unique(table, unique),
        GraphQLField(
            kind,
            given,
            description=f"The `{kind}` with that key.",
            deprecation_reason=deprecation(table.tags),
            extensions=means(ByUnique(table, unique)),
        ),
    )


def _by_node_ids(draft: Draft) -> Named:
    for table in draft.tables.values():
        kind = draft.find(table.codec, Use.OUTPUT)
        if draft.node_table(table.codec) and is_output_type(kind):
            yield (
                draft.names.table_node(table),
                GraphQLField(
                    kind,
                    _node_id(draft),
                    description=f"The `{kind}` with that node id.",
                    deprecation_reason=deprecation(table.tags),
                    extensions=means(ByNodeId(table)),
                ),
            )


# ---------------------------------------------------------------- Mutation


def mutation(draft: Draft) -> GraphQLObjectType | None:
    """None where nothing can be changed."""
    if "MutationPlugin" in draft.options.skip_plugins:
        return None
    members: Fields = {}
    draft.add_all("Mutation", members, mutations.fields(draft))
    draft.add_all("Mutation", members, functions.mutation_fields(draft))
    return GraphQLObjectType("Mutation", members, description="Where every change begins.") if members else None


# ---------------------------------------------------------------- Subscription


def subscription(draft: Draft) -> GraphQLObjectType | None:
    """Topics of everybody, where those are wanted."""
    if not draft.options.simple_subscriptions or not draft.claim("ListenPayload"):
        return None
    given = {
        "topic": GraphQLArgument(GraphQLNonNull(GraphQLString), description="What to listen to."),
        "initialEvent": GraphQLArgument(
            GraphQLNonNull(GraphQLBoolean), False, "Whether the start of listening is an event of its own."
        ),
    }
    listen = GraphQLField(
        _event(draft), given, description="The events of a topic.", extensions=means(Subscribe("listen"))
    )
    return GraphQLObjectType("Subscription", {"listen": listen}, description="Where every subscription begins.")


def _event(draft: Draft) -> GraphQLObjectType:
    def fields() -> Fields:
        event = GraphQLField(GraphQLString, description="What happened.", extensions=means(EventValue(("event",))))
        node = draft.named("Node")
        if not is_output_type(node):
            return {"event": event}
        return {
            "event": event,
            "relatedNode": GraphQLField(node, description="What it happened to.", extensions=means(EventNode.ROW)),
            "relatedNodeId": GraphQLField(
                GraphQLID, description="The node id of that.", extensions=means(EventNode.ID)
            ),
        }

    return GraphQLObjectType("ListenPayload", fields, description="An event of a topic.")
