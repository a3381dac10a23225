"""PostgreSQL's types as JSON types, and what a document shows.

In: type names, defaults as SQL text. Out: members of a JSON schema. Never: a guess at what an expression yields.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from ...catalog import Function, Table

Json = dict[str, Any]

TYPES = {
    "boolean": "boolean",
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "number",
    "real": "number",
    "double precision": "number",
}
UNTYPED = frozenset({"json", "jsonb"})
FORMATS = {"smallint": "int32", "integer": "int32", "bigint": "int64"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a document is about: relations and functions of one schema, and the schema's comment."""

    tables: tuple[Table, ...]
    functions: tuple[Function, ...]
    comment: str | None = None


def without_nothing(members: Json) -> Json:
    """`members` without those that are None, empty lists or empty objects."""
    return {name: value for name, value in members.items() if value is not None and value not in ([], {})}


def json_type(name: str) -> str | None:
    """The JSON type of a value; None where it may be anything."""
    if name in UNTYPED:
        return None
    return TYPES.get(name) or ("array" if name.endswith("[]") else "string")


def format_of(name: str) -> str:
    return FORMATS.get(name, name)


def typed(name: str) -> Json:
    """Type, format and items of a value."""
    found: Json = {"type": json_type(name), "format": format_of(name)}
    if found["type"] == "array":
        element = json_type(name[:-2])
        found["items"] = {} if element is None else {"type": element}
        return {key: value for key, value in found.items() if value is not None}
    return without_nothing(found)


def default_of(type_name: str, default: str | None) -> object:
    """A column's default where it is a plain value; None where it has to be computed."""
    if default is None:
        return None
    text = default
    if json_type(type_name) == "string":
        text = '"' + default.removesuffix("::" + type_name).strip("'") + '"'
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None


def summary_of(comment: str | None) -> tuple[str | None, str | None]:
    """A comment's first line, and what follows it ('' for a comment of one line)."""
    if comment is None:
        return None, None
    first, _, rest = comment.partition("\n")
    return first, rest.lstrip("\n")
