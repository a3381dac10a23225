"""The fields of a query.

In: the fields selected of Query, or of an event. Out: an expression for each. Never: a row shown because its key is
known: rows are read as whoever asks.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from gatepost.query.tree import Compare, Constant, Expression, Json, Object, Output, Read, Select

from ..meaning import (
    AllRows,
    Argument,
    AttributeField,
    ByNodeId,
    ByUnique,
    EventNode,
    EventRow,
    EventValue,
    FunctionField,
    Part,
    Subscribe,
)
from ..registry.model import Resource
from ..values.identifiers import QUERY_NODE_ID, node_id
from ..values.leaves import known
from .conditions import key
from .context import Context, Direct
from .functions import function
from .output import NULL, typename
from .selection import Field
from .sets import RowSet, rows


def root(context: Context, fields: Iterable[Field]) -> Expression:
    """Query as an object."""
    return Object(tuple((field.key, root_field(context, field)) for field in fields))


def root_field(context: Context, field: Field) -> Expression:
    """One field of Query, or of an event."""
    match field.meaning:
        case AllRows(resource, many):
            return rows(context, field, RowSet(resource.id, resource.codec, resource), many)
        case ByUnique(resource):
            return by_key(context, field, resource, unique_key(context, field))
        case ByNodeId(resource):
            return by_key(context, field, resource, key(context, resource, field.given(Argument.NODE_ID)))
        case FunctionField() as means:
            return function(context, field, means)
        case Part.NODE_BY_ID:
            return node(context, field, field.given(Argument.NODE_ID))
        case Part.QUERY | Subscribe():
            return root(context, field.below())
        case Part.QUERY_NODE_ID:
            return Constant(QUERY_NODE_ID)
        case EventValue() | EventRow() | EventNode() as means:
            return event(context, field, means)
        case _:
            return typename(field) or NULL


def unique_key(context: Context, field: Field) -> dict[str, Expression]:
    """The key that the arguments give: columns, or a node id in the place of some."""
    parts: dict[str, Expression] = {}
    for name, value in field.arguments.items():
        match field.argument_meaning(name):
            case AttributeField(attribute):
                parts[attribute.name] = context.input(attribute.codec, value)
            case _:
                pass
    return parts


def by_key(context: Context, field: Field, resource: Resource, parts: Mapping[str, Expression] | None) -> Expression:
    """The row with that key."""
    if parts is None:
        return NULL
    alias = context.alias()
    where = tuple(Compare(Direct(alias, resource.codec).column(name), "equal", part) for name, part in parts.items())
    type_ = context.known.types.get(resource)
    value = context.row(context, Direct(alias, resource.codec), field.below(type_))
    return Select(Read(resource.id, alias, (Output(value),), where=where))


def node(context: Context, field: Field, given: Any) -> Expression:
    """Whatever has that node id; null where nothing has."""
    if known(given) == QUERY_NODE_ID:
        return root(context, field.below(context.known.schema.query_type))
    found = node_id(known(given), context.options.node_id_codec)
    resource = context.known.resource(found[0]) if found else None
    return NULL if resource is None else by_key(context, field, resource, key(context, resource, given))


# ------------------------------------------------------------------ events of subscriptions


def event(context: Context, field: Field, means: EventValue | EventRow | EventNode) -> Expression:
    """What a field shows of the event that an operation starts from; its rows are read like any."""
    match means:
        case EventValue(path):
            return context.literal(context.event, _json_at(path), "json")
        case EventNode.ID:
            return Json(context.literal(context.event_node, _text, "text")) if context.event_node else NULL
        case EventNode.ROW:
            return node(context, field, context.event_node)
        case EventRow(resource, pairs):
            attributes = resource.codec.attributes
            parts = {
                name: context.literal(context.event, _text_at(path), attributes[name].codec.sql) for name, path in pairs
            }
            return by_key(context, field, resource, parts)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _at(event: Any, path: tuple[str, ...]) -> Any:
    found = event
    for step in path:
        found = cast(dict[str, Any], found).get(step) if isinstance(found, dict) else None
    return found


def _json_at(path: tuple[str, ...]) -> Callable[[Any], str | None]:
    return lambda event: json.dumps(_at(event, path))


def _text_at(path: tuple[str, ...]) -> Callable[[Any], str | None]:
    def encode(event: Any) -> str | None:
        found = _at(event, path)
        return found if isinstance(found, str) or found is None else json.dumps(found)

    return encode
