"""`auth()` and the claims: one mapping for the query guard, row level security and `set_auth`.

In: a schema and what `set_auth` was given, or a member of `auth()`. Out: claims as a token would hold them; the path
under which they hold a member.
Never: a member read from what its user can write himself.
"""

import base64
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, cast

from gatepost.problem import Problem
from gatepost.zmodel.schema import Field, Schema

ROLE, SUBJECT = ("role",), ("sub",)
OWN = {"id": SUBJECT, "email": ("email",)}
OTHERS = "app_metadata"
SIGNED_IN = "authenticated"


def auth_fields(schema: Schema) -> Mapping[str, Field]:
    """The members of `auth()`."""
    if schema.auth is None:
        return {}
    name, kind = schema.auth
    return schema.models[name].fields if kind == "model" else schema.types[name].fields


def claim_path(field: Field | None, name: str) -> tuple[str, ...]:
    """Where the claims hold a member of `auth()`: as `@meta("claim", "a.b")` says, else by the common mapping."""
    for note in field.notes if field is not None else ():
        if note.name == "claim" and isinstance(note.value, str) and note.value:
            return tuple(note.value.split("."))
    return OWN.get(name, (OTHERS, name))


def claims(schema: Schema, user: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The claims of `set_auth(user)`: JSON values; None where nobody is signed in."""
    if user is None:
        return None
    if not isinstance(user, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise Problem("invalid_auth", 400, "Invalid auth object: it must be a mapping of names to values, or None")
    fields = auth_fields(schema)
    found: dict[str, Any] = {"role": SIGNED_IN}
    for name, value in user.items():
        path = claim_path(fields.get(name), name)
        _put(found, path, str(value) if path == SUBJECT and value is not None else plain(value))
    return found


def _put(into: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    """Put a value under a path; never over the role, which is not the user's to say."""
    if path == ROLE:
        return
    for step in path[:-1]:
        held = into.setdefault(step, {})
        if not isinstance(held, dict):
            held = into[step] = {}
        into = cast(dict[str, Any], held)
    into[path[-1]] = value


def plain(value: Any) -> Any:
    """A value as JSON has it: moments as ISO text, bytes as base64, anything else unknown as text."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case datetime() | date() | time():
            return value.isoformat()
        case bytes() | bytearray():
            return base64.b64encode(value).decode()
        case Mapping():
            return {str(key): plain(each) for key, each in cast(Mapping[Any, Any], value).items()}
        case list() | tuple() | set() | frozenset():
            return [plain(each) for each in cast(list[Any], value)]
        case _:
            return str(value)
