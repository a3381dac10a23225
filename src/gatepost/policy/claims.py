"""`auth()` and the claims: one mapping for the query guard, row level security and `set_auth`.

In: a schema and what `set_auth` was given, or a member of `auth()`. Out: claims as a token would hold them; the path
under which they hold a member.
Never: a member read from what its user can write himself.
"""

import base64
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, cast

import msgspec

from gatepost.problem import Problem
from gatepost.zmodel.schema import Field, Schema

ROLE, SUBJECT = ("role",), ("sub",)
OWN = {"id": SUBJECT, "email": ("email",)}
OTHERS = "app_metadata"
SIGNED_IN = "authenticated"
JSON = ("json", "jsonb")

_NUMBER = r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?([0-9]{1,2}|1[0-9]{2}|2[0-5][0-9]))?"
_DAY = (
    r"(?!0000)([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    r"|02-(0[1-9]|1[0-9]|2[0-8]))|([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)"
)
_ZONE = r"( ?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?))?"
_TIME = rf"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{{1,6}})?)?{_ZONE}"
FORMS: Mapping[str, str] = {
    "uuid": "([0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}",
    "bigint": "[+-]?0*([0-9]{1,18}|[1-8][0-9]{18}|9[01][0-9]{17}|92[01][0-9]{16})",
    "numeric": _NUMBER,
    "double precision": _NUMBER,
    "boolean": "true|false|t|f|yes|no|on|off|1|0",
    "timestamptz": rf"{_DAY}([T ]{_TIME})?",
    "date": rf"{_DAY}([T ]{_TIME})?",
    "time": _TIME,
}
"""What a text looks like that is of a type, as a regular expression that Python and PostgreSQL read alike. A claim that
does not look so is none: what somebody's token says of him can then neither fail a query nor match anything.
"""


def form(type: str) -> str | None:
    """The same for the whole of a text; None for types that any text is of."""
    return f"^({FORMS[type]})$" if type in FORMS else None


def claimed(held: Mapping[str, Any] | None, path: tuple[str, ...], type: str) -> bytes | None:
    """What claims hold under a path, in the text form of a type (SQL text); None where there is none of it."""
    value: Any = held
    for step in path:
        value = cast(Mapping[str, Any], value).get(step) if isinstance(value, Mapping) else None
    if value is None:
        return None
    text = value if isinstance(value, str) and type not in JSON else msgspec.json.encode(value).decode()
    return text.encode() if type not in FORMS or re.fullmatch(FORMS[type], text) else None


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
