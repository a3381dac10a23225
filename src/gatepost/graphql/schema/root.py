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
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLString,
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
from .draft import Arguments, Draft, Fields, Kind, Use, argument, deprecation, field, required, several
from .types import has_type, input_type

Named = Iterator[tuple[str, GraphQLField]]


def declare(draft: Draft) -> None:
    """Let Query be there, for what leads back to it; the others are nobody else's."""
    draft.declare("Query", lambda: _query(draft))
    draft.claim("Mutation")
    draft.claim("Subscription")


# ---------------------------------------------------------------- Query


def _query(draft: Draft) -> GraphQLNamedType:
    def fields() -> Fields:
        members: Fields = {}
        draft.add("Query", members, _itself(draft))
        draft.add("Query", members, _by_uniques(draft))
        draft.add("Query", members, functions.root_fields(draft))
        draft.add("Query", members, _by_node_ids(draft))
        return draft.add("Query", members, _all_rows(draft))

    interfaces = [draft.named("Node")] if draft.has_nodes else []
    return GraphQLObjectType("Query", fields, interfaces, description="Where every query begins.")


def _itself(draft: Draft) -> Named:
    """Query as a node like any other."""
    again = "The root again, for clients that can only ask for things below a field."
    yield "query", field(required(draft.named("Query")), Part.QUERY, again)
    if draft.has_nodes:
        own = "The node id of the root: always `query`."
        yield draft.names.node_id_field(), field(required(GraphQLID), Part.QUERY_NODE_ID, own)
        yield "node", field(draft.named("Node"), Part.NODE_BY_ID, "Whatever has that node id.", _node_id(draft))


def _node_id(draft: Draft) -> Arguments:
    return {draft.names.node_id_field(): argument(required(GraphQLID), Argument.NODE_ID, "A node id.")}


def _by_uniques(draft: Draft) -> Named:
    for table in draft.tables.values():
        kind = draft.find(table.codec, Use.OUTPUT)
        for unique in table.uniques if kind else ():
            if draft.may(unique, "query:resource:single") and _has_types(draft, table, unique):
                yield draft.names.row_by_unique(table, unique), _by_unique(draft, table, unique, kind)


def _has_types(draft: Draft, table: Resource, unique: Unique) -> bool:
    return all(has_type(draft, table.codec.attributes[name].codec, Use.INPUT) for name in unique.attributes)


def _by_unique(draft: Draft, table: Resource, unique: Unique, kind: Kind) -> GraphQLField:
    given: Arguments = {}
    for attribute in (table.codec.attributes[name] for name in unique.attributes):
        column = required(input_type(draft, attribute.codec))
        given[draft.names.attribute(attribute)] = argument(column, AttributeField(attribute), attribute.description)
    return field(kind, ByUnique(table, unique), f"The `{kind}` with that key.", given, deprecation(table.tags))


def _by_node_ids(draft: Draft) -> Named:
    for table in draft.tables.values():
        kind = draft.find(table.codec, Use.OUTPUT) if draft.node_table(table.codec) else None
        if kind:
            description, reason = f"The `{kind}` with that node id.", deprecation(table.tags)
            yield draft.names.table_node(table), field(kind, ByNodeId(table), description, _node_id(draft), reason)


def _all_rows(draft: Draft) -> Named:
    names = draft.names
    for table in draft.tables.values():
        row, connection = draft.find(table.codec, Use.OUTPUT), draft.find(table.codec, Use.CONNECTION)
        if row and draft.may(table, "query:resource:list"):
            yield names.all_rows_list(table), _rows(draft, table, several(row, sure=True), Many.LIST)
        if connection and draft.may(table, "query:resource:connection"):
            yield names.all_rows_connection(table), _rows(draft, table, connection, Many.CONNECTION)


def _rows(draft: Draft, table: Resource, kind: Kind, many: Many) -> GraphQLField:
    given = arguments.of_rows(draft, table, many, f"query:resource:{many.value}")
    description = f"All rows of `{draft.name_of(table.codec, Use.OUTPUT)}`."
    return field(kind, AllRows(table, many), description, given, deprecation(table.tags))


# ---------------------------------------------------------------- Mutation


def mutation(draft: Draft) -> Kind | None:
    """None where nothing can be changed. Functions stand first, but their types take the names that are left."""
    if "MutationPlugin" in draft.options.skip_plugins:
        return None
    of_tables = list(mutations.fields(draft))
    members: Fields = {}
    draft.add("Mutation", members, functions.mutation_fields(draft))
    draft.add("Mutation", members, of_tables)
    return GraphQLObjectType("Mutation", members, description="Where every change begins.") if members else None


# ---------------------------------------------------------------- Subscription


def subscription(draft: Draft) -> Kind | None:
    """Topics of everybody, where those are wanted."""
    if not draft.options.simple_subscriptions or not draft.claim("ListenPayload"):
        return None
    given = {
        "topic": GraphQLArgument(required(GraphQLString), description="What to listen to."),
        "initialEvent": GraphQLArgument(
            required(GraphQLBoolean), False, "Whether the start of listening is an event of its own."
        ),
    }
    listen = field(_event(draft), Subscribe("listen"), "The events of a topic.", given)
    return GraphQLObjectType("Subscription", {"listen": listen}, description="Where every subscription begins.")


def _event(draft: Draft) -> Kind:
    def fields() -> Fields:
        event = {"event": field(GraphQLString, EventValue(("event",)), "What happened.")}
        if not draft.has_nodes:
            return event
        return event | {
            "relatedNode": field(draft.named("Node"), EventNode.ROW, "What it happened to."),
            "relatedNodeId": field(GraphQLID, EventNode.ID, "The node id of that."),
        }

    return GraphQLObjectType("ListenPayload", fields, description="An event of a topic.")
