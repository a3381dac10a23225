"""What a subscription's root field listens to.

In: an operation, its variables. Out: a Topic: the declared field, its arguments, its channel. Never: a channel that an
argument reaches which its template does not lead to.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import msgspec
from graphql import GraphQLError
from graphql.execution.collect_fields import collect_fields
from graphql.execution.values import get_argument_values

from gatepost.catalog import Name
from gatepost.graphql.documents.reading import Invalid
from gatepost.graphql.meaning import MEANING, Subscribe
from gatepost.graphql.prepared import Operation

from .authorization import text
from .declaration import PLACE, SIGN, Authorization, Declaration, Value

LISTEN = "listen"
PREFIX = "postgraphile:"
"""What PostGraphile writes before the topics of its own `listen`."""
INITIAL = {"event": "initial"}


Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Topic:
    """`values` are what its events tell themselves; `initial` is an event that comes at once, None where none does."""

    channel: str
    arguments: Mapping[str, Any]
    authorization: Authorization
    values: tuple[Value, ...] = (Value("event", "String", ("event",)),)
    initial: Event | None = None

    def shaped(self, event: Event) -> Event:
        """The event with its values as their types have them."""
        for value in self.values:
            *way, last = value.path
            at: Any = event
            for step in way:
                at = cast(Event, at).get(step) if isinstance(at, dict) else None
            if isinstance(at, dict) and last in at:
                at[last] = shaped(value.type.rstrip("!"), at[last])
        return event


def topic(
    operation: Operation, values: dict[str, Any], declared: Sequence[Declaration], authorization: Name | None
) -> Topic:
    """The topic of a subscription; Invalid where its arguments are no topic."""
    collected = collect_fields(
        operation.known.schema, operation.fragments, values, operation.root, operation.node.selection_set
    )
    node = next((nodes[0] for nodes in collected.values()), None)
    field = operation.root.fields.get(node.name.value) if node is not None else None
    means = None if field is None else field.extensions.get(MEANING)
    if node is None or field is None or not isinstance(means, Subscribe):
        raise Invalid([GraphQLError("The subscription selects nothing")])
    try:
        arguments = get_argument_values(field, node, values)
    except GraphQLError as error:
        raise Invalid([error]) from None
    if means.name == LISTEN:
        initial = INITIAL if arguments.get("initialEvent") else None
        return Topic(f"{PREFIX}{arguments['topic']}", arguments, authorization, initial=initial)
    declaration = next(each for each in declared if each.field == means.name)
    kinds = dict(declaration.arguments)
    canonical = {name: _canonical(kinds[name].rstrip("!"), arguments.get(name)) for name in kinds}
    told = tuple(each for each in declaration.members if isinstance(each, Value))
    return Topic(channel(declaration, canonical), canonical, declaration.authorization, told)


def channel(declaration: Declaration, arguments: Mapping[str, Any]) -> str:
    """The declared channel with arguments in their places."""
    separators = set(SIGN.findall(PLACE.sub("", declaration.channel)))

    def value(place: re.Match[str]) -> str:
        given = arguments.get(place[1])
        if given is None or isinstance(given, dict | list):
            raise Invalid([GraphQLError(f"The argument '{place[1]}' names no topic")])
        found = text(given) or ""
        if separators & set(found):
            raise Invalid([GraphQLError(f"The argument '{place[1]}' may not hold {' '.join(sorted(separators))}")])
        return found

    return PLACE.sub(value, declaration.channel)


def shaped(type_: str, value: Any) -> Any:
    """A value of JSON as a scalar's values are: texts for all but numbers, truths and JSON itself; null for another."""
    match type_:
        case "Int":
            return value if isinstance(value, int) and not isinstance(value, bool) else None
        case "Float":
            return value if isinstance(value, int | float) and not isinstance(value, bool) else None
        case "Boolean":
            return value if isinstance(value, bool) else None
        case "JSON":
            return value
        case _ if type_.startswith("[") or value is None or isinstance(value, str):
            return value
        case _:
            return msgspec.json.encode(value).decode()


def _canonical(type_: str, value: Any) -> Any:
    """A UUID as PostgreSQL writes it, which is how channels are called."""
    if type_ != "UUID" or not isinstance(value, str):
        return value
    try:
        return str(UUID(value))
    except ValueError:
        return value
