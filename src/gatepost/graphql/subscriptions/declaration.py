"""Subscriptions that an application declares: fields of the Subscription type, their channels, what their events hold.

In: the key `subscriptions` of a configuration. Out: Declarations, complete and checked against themselves; whether the
types and tables exist is for the schema to say. Never: a subscription that does not say who may have it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from graphql import GraphQLError, parse_type

from gatepost.catalog import Name
from gatepost.problem import Problem

Table = Mapping[str, Any]
Pair = TypeVar("Pair")

NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]*")
PLACE = re.compile(r"\{(\w+)\}")
SIGN = re.compile(r"\W")
MEMBERS = ("field", "arguments", "channel", "type", "payload", "authorize", "description")
HINT = 'Write "authorize": "schema.function", {"row": "schema.table", "by": {"column": "argument"}}, or "none"'

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A member of the payload that stands in the event itself."""

    name: str
    type: str
    path: Path


@dataclass(frozen=True, slots=True)
class Row:
    """A member of the payload that is a row, read when the event comes: (column, where its value stands)."""

    name: str
    table: Name
    by: tuple[tuple[str, Path], ...]


@dataclass(frozen=True, slots=True)
class ReadableRow:
    """Who can read this row may subscribe: (column, argument that holds its value)."""

    table: Name
    by: tuple[tuple[str, str], ...]


Authorization = Name | ReadableRow | None
"""A function that is asked, a row that must be readable, or nothing (`"none"`)."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One field of the Subscription type. `arguments` are (name, type); `type` is the name of its payload's type."""

    field: str
    arguments: tuple[tuple[str, str], ...]
    channel: str
    type: str
    members: tuple[Value | Row, ...]
    authorization: Authorization
    description: str | None = None


def declarations(value: object) -> tuple[Declaration, ...]:
    """What a configuration declares: a list, or true or false where there is nothing of its own."""
    if isinstance(value, bool) or value is None:
        return ()
    if not isinstance(value, list):
        raise _refused("subscriptions", "is expected to be true, false or a list of declarations")
    found = tuple(_declaration(each) for each in cast(list[Any], value))
    names = [each.field for each in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise _refused(twice, "is declared twice")
    return found


def _declaration(value: object) -> Declaration:
    given = _table(value, "a declaration")
    field = _name(given.get("field"), "field")
    unknown = next((key for key in given if key not in MEMBERS), None)
    if unknown is not None:
        raise _refused(field, f"has no member {unknown!r}", f"There are {', '.join(MEMBERS)}")
    arguments = tuple((_name(name, field), _type(kind, field)) for name, kind in _members(given, "arguments", field))
    payload = tuple(_member(name, each, field) for name, each in _members(given, "payload", field))
    if not payload:
        raise _refused(field, "declares no payload")
    return Declaration(
        field,
        arguments,
        _channel(given.get("channel"), [name for name, _ in arguments], field),
        _name(given.get("type") or f"{field[0].upper()}{field[1:]}SubscriptionPayload", field),
        payload,
        _authorization(given, [name for name, _ in arguments], field),
        given.get("description") and str(given["description"]),
    )


def _channel(value: object, arguments: list[str], field: str) -> str:
    if not isinstance(value, str) or not value:
        raise _refused(field, "names no channel", 'Write "channel": "topic:{topicId}:message"')
    for place in PLACE.findall(value):
        if place not in arguments:
            raise _refused(field, f"has no argument {place}, which its channel names")
    if "{" in PLACE.sub("", value) or "}" in PLACE.sub("", value):
        raise _refused(field, f"has a channel that cannot be read: {value}")
    # What stands between arguments is what none of them may hold: signs, since letters are in any name.
    if not all(SIGN.search(each) for each in PLACE.split(value)[2:-1:2]):
        raise _refused(field, f"has a channel whose arguments run into each other: {value}", "Write {a}:{b}")
    return value


def _member(name: str, value: object, field: str) -> Value | Row:
    name = _name(name, field)
    if isinstance(value, str):
        return Value(name, _type(value, field), (name,))
    given = _table(value, f"{field}.{name}")
    if "row" in given:
        by = tuple((column, _path(path, field)) for column, path in _members(given, "by", field))
        return Row(name, _relation(given["row"], field), _some(by, field))
    return Value(name, _type(given.get("type"), field), _path(given.get("from", name), field))


def _authorization(given: Table, arguments: list[str], field: str) -> Authorization:
    value = given.get("authorize")
    if value == "none":
        return None
    if isinstance(value, str):
        return _relation(value, field)
    if value is None:
        raise _refused(field, "does not say who may subscribe", HINT)
    table = _table(value, f"{field}.authorize")
    by = tuple((column, str(argument)) for column, argument in _members(table, "by", field))
    missing = next((argument for _, argument in by if argument not in arguments), None)
    if missing is not None:
        raise _refused(field, f"has no argument {missing}, which its authorization names")
    return ReadableRow(_relation(table.get("row"), field), _some(by, field))


def _path(value: object, field: str) -> Path:
    """`id`, `$.id`, `new.id`."""
    parts = tuple(str(value).removeprefix("$").removeprefix(".").split("."))
    if not all(parts):
        raise _refused(field, f"has a path that cannot be read: {value!r}")
    return parts


def _relation(value: object, field: str) -> Name:
    schema, dot, name = str(value).partition(".")
    if not dot or not schema or not name:
        raise _refused(field, f"names {value!r}, which is not written as schema.name")
    return Name(schema, name)


def _type(value: object, field: str) -> str:
    try:
        parse_type(value if isinstance(value, str) else "")
    except GraphQLError:
        raise _refused(field, f"names {value!r}, which is no GraphQL type") from None
    return str(value)


def _name(value: object, field: str) -> str:
    if not isinstance(value, str) or NAME.fullmatch(value) is None or value.startswith("__"):
        raise _refused(field, f"is called {value!r}, which is no GraphQL name")
    return value


def _members(given: Table, key: str, field: str) -> list[tuple[str, Any]]:
    return list(_table(given.get(key, {}), f"{field}.{key}").items())


def _some(by: tuple[Pair, ...], field: str) -> tuple[Pair, ...]:
    if not by:
        raise _refused(field, "names a row without saying by what it is found", 'Write "by": {"id": "id"}')
    return by


def _table(value: object, what: str) -> Table:
    if not isinstance(value, Mapping):
        raise _refused(what, "is expected to be a table")
    return cast(Table, value)


def _refused(what: str, why: str, hint: str | None = None) -> Problem:
    return Problem("invalid_setting", 500, f"GraphQL subscriptions: {what} {why}", None, hint)
