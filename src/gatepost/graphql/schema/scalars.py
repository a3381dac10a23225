"""The types of PostgreSQL that GraphQL has no word for: scalars, and objects in the place of intervals and shapes.

In: options. Out: the GraphQL type for each name here, and what name stands for a type of PostgreSQL. Values that come
in become plain values of Python; what they are to PostgreSQL is the planner's to say. Never: a value that goes out,
which PostgreSQL writes.
"""

import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from graphql import (
    FloatValueNode,
    GraphQLBoolean,
    GraphQLError,
    GraphQLFloat,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLString,
    IntValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    Undefined,
    ValueNode,
    VariableNode,
)

from gatepost.graphql.meaning import MemberField
from gatepost.graphql.registry.model import Codec

from .draft import Draft, Fields, Kind, Members, field, member, required, several

BUILT_IN = {
    "Int": GraphQLInt,
    "Float": GraphQLFloat,
    "String": GraphQLString,
    "Boolean": GraphQLBoolean,
    "ID": GraphQLID,
}
POSTGRESQL = {
    "bool": "Boolean",
    "int2": "Int",
    "int4": "Int",
    "int8": "BigInt",
    "float4": "Float",
    "float8": "Float",
    "money": "Float",
    "numeric": "BigFloat",
    "text": "String",
    "varchar": "String",
    "bpchar": "String",
    "char": "String",
    "name": "String",
    "citext": "String",
    "xml": "XML",
    "json": "JSON",
    "jsonb": "JSON",
    "jsonpath": "JSONPath",
    "timestamp": "Datetime",
    "timestamptz": "Datetime",
    "date": "Date",
    "time": "Time",
    "timetz": "Time",
    "interval": "Interval",
    "uuid": "UUID",
    "bytea": "Base64EncodedBinary",
    "bit": "BitString",
    "varbit": "BitString",
    "hstore": "KeyValueHash",
    "ltree": "LTree",
    "tsvector": "TSVector",
    "tsquery": "TSQuery",
    "inet": "InternetAddress",
    "cidr": "CidrAddress",
    "macaddr": "MacAddress",
    "macaddr8": "MacAddress8",
    "oid": "Oid",
    "regproc": "RegProc",
    "regprocedure": "RegProcedure",
    "regoper": "RegOper",
    "regoperator": "RegOperator",
    "regclass": "RegClass",
    "regtype": "RegType",
    "regrole": "RegRole",
    "regnamespace": "RegNamespace",
    "regconfig": "RegConfig",
    "regdictionary": "RegDictionary",
    "point": "Point",
    "line": "Line",
    "lseg": "LineSegment",
    "box": "Box",
    "path": "Path",
    "polygon": "Polygon",
    "circle": "Circle",
}
NETWORK = {"CidrAddress", "MacAddress", "MacAddress8"}
"""Mere strings, unless asked for."""

TEXTS = {
    "BigInt": "A whole number of up to eight bytes, as a string: JavaScript's numbers could not hold all of them.",
    "BigFloat": "A decimal number of any precision, as a string.",
    "Datetime": "A date and time as in ISO 8601, with an offset if it is a moment in time.",
    "Date": "A day: YYYY-MM-DD.",
    "Time": "A time of day, perhaps with an offset.",
    "UUID": "A universally unique identifier (RFC 9562).",
    "XML": "An XML document.",
    "JSONPath": "An SQL/JSON path expression.",
    "BitString": "Bits, as a string of 0 and 1.",
    "Base64EncodedBinary": "Bytes in Base64.",
    "InternetAddress": "An IPv4 or IPv6 address, perhaps with its subnet.",
    "CidrAddress": "An IPv4 or IPv6 network.",
    "MacAddress": "A MAC address of six bytes.",
    "MacAddress8": "A MAC address of eight bytes.",
    "LTree": "A path of labels in a tree (`ltree`).",
    "TSVector": "A document as full-text search sees it (`tsvector`).",
    "TSQuery": "A full-text search (`tsquery`).",
    "RegProc": "The name of a function.",
    "RegProcedure": "The name of a function, with the types of its arguments.",
    "RegOper": "The name of an operator.",
    "RegOperator": "The name of an operator, with the types of its arguments.",
    "RegClass": "The name of a relation.",
    "RegType": "The name of a type.",
    "RegRole": "The name of a role.",
    "RegNamespace": "The name of a schema.",
    "RegConfig": "The name of a text search configuration.",
    "RegDictionary": "The name of a text search dictionary.",
    "Cursor": "A place in a connection, to go on from.",
}
STRUCTURES = {
    "Interval": (
        "A span of time.",
        {"seconds": "Float", "minutes": "Int", "hours": "Int", "days": "Int", "months": "Int", "years": "Int"},
    ),
    "Point": ("A point in a plane.", {"x": "Float!", "y": "Float!"}),
    "Line": ("An endless line through two points.", {"a": "Point!", "b": "Point!"}),
    "LineSegment": ("A line between two points.", {"a": "Point!", "b": "Point!"}),
    "Box": ("A rectangle between two opposite corners.", {"a": "Point!", "b": "Point!"}),
    "Path": (
        "A line through several points; a closed one if it is not open.",
        {"points": "[Point!]!", "isOpen": "Boolean!"},
    ),
    "Polygon": ("A closed figure of several points.", {"points": "[Point!]!"}),
    "Circle": ("A circle around a point.", {"center": "Point!", "radius": "Float!"}),
}
OPTIONAL = {("Path", "isOpen")}
"""What an input may leave out, though every value has it."""

UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
INT32 = range(-(2**31), 2**31)


def declare(draft: Draft) -> None:
    """Let all of them be there when they are needed."""
    for name, scalar in BUILT_IN.items():
        draft.declare(name, partial(_itself, scalar))
    for name in TEXTS:
        draft.declare(name, partial(_text, name))
    draft.declare("JSON", _json_text if draft.options.preset == "v4" and not draft.options.dynamic_json else _json)
    draft.declare("KeyValueHash", _hash)
    draft.declare("Oid", _oid)
    for name, (description, _) in STRUCTURES.items():
        draft.declare(name, partial(structure, draft, name, name, description))
        own_input = draft.names.input_type(name)
        draft.declare(own_input, partial(structure_input, draft, name, own_input, description))


def name_for(draft: Draft, codec: Codec) -> str | None:
    """What stands for a scalar type of PostgreSQL, None for those that nothing stands for."""
    name = POSTGRESQL.get(codec.id.name)
    return "String" if name in NETWORK and not draft.options.network_scalars else name


def _itself(scalar: GraphQLNamedType) -> GraphQLNamedType:
    return scalar


def renamed(scalar: Kind, name: str, description: str | None) -> GraphQLNamedType:
    """The same scalar under another name: what a domain is."""
    given = scalar.to_kwargs()
    return GraphQLScalarType(name, given["serialize"], given["parse_value"], given["parse_literal"], description)


# ---------------------------------------------------------------- scalars that are strings


def _text(name: str) -> GraphQLNamedType:
    check: Callable[[str], str] = {"UUID": _uuid, "Base64EncodedBinary": _base64}.get(name, str)

    def parse_value(value: Any) -> str:
        return check(_as_text(name, value))

    def parse_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> str:
        if isinstance(node, StringValueNode):
            return check(node.value)
        kind = type(node).__name__.removesuffix("Node")
        raise GraphQLError(f"{name} can only parse string values (kind='{kind}')")

    return GraphQLScalarType(name, parse_value=parse_value, parse_literal=parse_literal, description=TEXTS[name])


def _as_text(name: str, value: Any) -> str:
    """A variable's value as JavaScript would write it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(int(value)) if math.isfinite(value) and value == int(value) else str(value)
    raise GraphQLError(f"{name} can only parse string values")


def _uuid(text: str) -> str:
    if not UUID.fullmatch(text):
        raise GraphQLError("Invalid UUID, expected 32 hexadecimal characters, optionally with hyphens")
    return text


def _base64(text: str) -> str:
    if not BASE64.fullmatch(text) or len(text.rstrip("=")) % 4 == 1:
        raise GraphQLError("Invalid Base64")
    return text


# ---------------------------------------------------------------- other scalars


def _json_text() -> GraphQLNamedType:
    """JSON as the text of a string."""

    def parse_value(value: Any) -> Any:
        return _parse(_as_text("JSON", value))

    def parse_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
        return _parse(node.value) if isinstance(node, StringValueNode) else Undefined

    return GraphQLScalarType("JSON", None, parse_value, parse_literal, "JSON, as the text of a string.")


def _parse(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise ValueError("This is not valid JSON.") from None


def _json() -> GraphQLNamedType:
    """JSON as it is; variables may stand anywhere in it."""
    return GraphQLScalarType("JSON", None, None, None, "Any JSON value.")


def _oid() -> GraphQLNamedType:
    def parse_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> int:
        if isinstance(node, StringValueNode | IntValueNode):
            return _integer(node.value)
        kind = type(node).__name__.removesuffix("Node")
        raise GraphQLError(f"Oid can only parse string/integer values (kind='{kind}')")

    return GraphQLScalarType(
        "Oid", parse_value=_integer, parse_literal=parse_literal, description="What PostgreSQL calls an object by."
    )


def _integer(value: Any) -> int:
    try:
        found = math.floor(value) if isinstance(value, int | float) else int(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("Invalid integer") from None
    if found not in INT32:
        raise ValueError("Invalid integer")
    return found


def _hash() -> GraphQLNamedType:
    return GraphQLScalarType(
        "KeyValueHash",
        parse_value=_checked_hash,
        parse_literal=_hash_literal,
        description="Keys with values that are strings or null, as a JSON object.",
    )


def _checked_hash(value: Any) -> dict[str, str | None]:
    if isinstance(value, dict) and all(each is None or isinstance(each, str) for each in value.values()):  # pyright: ignore[reportUnknownVariableType]
        return value  # pyright: ignore[reportUnknownVariableType]
    raise GraphQLError(
        "This is not a valid KeyValueHash object, it must be a key/value hash where keys and values are both strings "
        "(or null)."
    )


def _hash_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    if not isinstance(node, ObjectValueNode):
        return Undefined
    found = {each.name.value: _hash_value(each.value, variables or {}) for each in node.fields}
    return Undefined if Undefined in found.values() else found


def _hash_value(node: ValueNode, variables: dict[str, Any]) -> Any:
    if isinstance(node, StringValueNode | IntValueNode | FloatValueNode):
        return node.value
    if isinstance(node, NullValueNode):
        return None
    given = variables.get(node.name.value, Undefined) if isinstance(node, VariableNode) else Undefined
    return given if given is None or isinstance(given, str) else Undefined


# ---------------------------------------------------------------- objects


def structure(draft: Draft, kind: str, name: str, description: str | None) -> GraphQLNamedType:
    """One of the STRUCTURES, under its own name or a domain's."""

    def fields() -> Fields:
        parts = STRUCTURES[kind][1].items()
        return {part: field(_spelled(draft, spelling, False), MemberField(part)) for part, spelling in parts}

    return GraphQLObjectType(name, fields, description=description)


def structure_input(draft: Draft, kind: str, name: str, description: str | None) -> GraphQLNamedType:
    """The same as an input."""

    def members() -> Members:
        parts = STRUCTURES[kind][1].items()
        return {part: member(_taken(draft, kind, part, spelling), MemberField(part)) for part, spelling in parts}

    return GraphQLInputObjectType(name, members, description=description)


def _taken(draft: Draft, kind: str, part: str, spelling: str) -> Kind:
    return _spelled(draft, spelling.removesuffix("!") if (kind, part) in OPTIONAL else spelling, True)


def _spelled(draft: Draft, spelling: str, is_input: bool) -> Kind:
    """A type out of its spelling in GraphQL."""
    if spelling.endswith("!"):
        return required(_spelled(draft, spelling[:-1], is_input))
    if spelling.startswith("["):
        return several(_spelled(draft, spelling[1:-1], is_input))
    structured = spelling in STRUCTURES and is_input
    return draft.named(draft.names.input_type(spelling) if structured else spelling)
