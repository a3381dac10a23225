"""JSON that says what its values are: `{json, meta}` as the superjson library writes and reads it.

In: Python values with the schema's types, or JSON with annotations. Out: the other of the two.
Never: a class, function or anything but data made of an annotation.
"""

import base64
import binascii
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from gatepost.orm.values import AnyNull, DbNull, JsonNull, Null
from gatepost.zmodel.schema import Field, Schema

Json = Any
VERSION = 1
FIGURES = ("_sum", "_min", "_max")


class Malformed(ValueError):
    """Annotations that do not fit their JSON."""


# ------------------------------------------------------------------ out


class Writer:
    """Rewrites one result and notes where what is."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self.notes: dict[str, Json] = {}

    def rows(self, value: Any, model: str | None, at: str = "") -> Json:
        """A result: rows of a model, figures over them, or (no model) whatever a procedure gave."""
        if isinstance(value, Mapping):
            members = cast("Mapping[str, Any]", value)
            return {str(key): self._member(key, each, model, _under(at, str(key))) for key, each in members.items()}
        if isinstance(value, list | tuple):
            items = cast("list[Any]", value)
            return [self.rows(each, model, _under(at, str(index))) for index, each in enumerate(items)]
        return self._scalar(value, at)

    def _member(self, key: str, value: Any, model: str | None, at: str) -> Json:
        if model is None or key == "_count":
            return self.rows(value, None, at)
        if key in FIGURES:
            return self.rows(value, model, at)
        field = self._schema.models[model].fields.get(key)
        if field is not None and field.relation is not None:
            return self.rows(value, field.relation.model, at)
        return self._field(value, field, at)

    def _field(self, value: Any, field: Field | None, at: str) -> Json:
        if field is None or field.type.name != "BigInt":
            return self.rows(value, None, at)
        if isinstance(value, list):
            items = cast("list[Any]", value)
            return [self._big_int(each, _under(at, str(index))) for index, each in enumerate(items)]
        return self._big_int(value, at)

    def _big_int(self, value: Any, at: str) -> Json:
        return self._noted(str(value), "bigint", at) if isinstance(value, int) else self._scalar(value, at)

    def _scalar(self, value: Any, at: str) -> Json:
        match value:
            case None | bool() | str():
                return value
            case int():
                return value if abs(value) < 2**53 else self._noted(str(value), "bigint", at)
            case float():
                return value if math.isfinite(value) else self._noted(_infinite(value), "number", at)
            case datetime():
                return self._noted(iso(value), "Date", at)
            case Decimal():
                return self._noted(f"{value:f}", ["custom", "Decimal"], at)
            case bytes():
                return self._noted(base64.b64encode(value).decode(), ["custom", "Bytes"], at)
            case Null():
                return self._noted(value.value, ["custom", value.value], at)
            case _:
                return str(value)

    def _noted(self, value: str, kind: Json, at: str) -> str:
        self.notes[at] = [kind]
        return value


def serialize(schema: Schema, value: Any, model: str | None = None) -> tuple[Json, Json]:
    """The JSON of a result, and what says what is not JSON in it (None: everything is)."""
    writer = Writer(schema)
    json = writer.rows(value, model)
    if not writer.notes:
        return json, None
    return json, {"values": writer.notes.get("", writer.notes), "v": VERSION}


UNDEFINED = {"values": ["undefined"], "v": VERSION}


def iso(moment: datetime) -> str:
    """A moment as JavaScript writes it; with microseconds only where there are any."""
    exact = moment.astimezone(UTC) if moment.tzinfo else moment
    text = exact.replace(tzinfo=None).isoformat(timespec="microseconds" if exact.microsecond % 1000 else "milliseconds")
    return f"{text}Z"


def _infinite(value: float) -> str:
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _under(at: str, key: str) -> str:
    step = key.replace("\\", "\\\\").replace(".", "\\.")
    return f"{at}.{step}" if at else step


# ------------------------------------------------------------------ in


def deserialize(json: Json, meta: object) -> Any:
    """JSON with annotations as Python values. Malformed where they do not fit."""
    if not isinstance(meta, Mapping):
        raise Malformed("the serialization is no object")
    known = cast("Mapping[str, Json]", meta)
    notes, legacy = known.get("values"), not known.get("v")
    if notes is None:
        return json
    try:
        return _applied(json, notes, legacy)
    except (RecursionError, TypeError, ValueError, LookupError, InvalidOperation, binascii.Error) as error:
        raise Malformed(str(error) if isinstance(error, Malformed) else "a value does not fit its kind") from None


class Absent:
    """An `undefined`: the member goes."""


ABSENT = Absent()


def _applied(json: Json, notes: Json, legacy: bool) -> Json:
    """Notes are `[kind]`, `[kind, notes below]`, or notes by path."""
    if isinstance(notes, list):
        found = cast("list[Json]", notes)
        below = _applied(json, found[1], legacy) if len(found) > 1 else json
        return _value(found[0], below)
    if not isinstance(notes, Mapping):
        raise Malformed("the annotations are no object")
    for path, note in cast("Mapping[str, Json]", notes).items():
        json = _put(json, _steps(path, legacy), note, legacy)
    return json


def _put(json: Json, steps: list[str], note: Json, legacy: bool) -> Json:
    """The JSON with the value under a path made what its note says."""
    if not steps:
        return _applied(json, note, legacy)
    if isinstance(json, list):
        items = cast("list[Json]", json)
        made = _put(items[int(steps[0])], steps[1:], note, legacy)
        items[int(steps[0])] = None if made is ABSENT else made
        return items
    if not isinstance(json, dict):
        raise Malformed(f"nothing is at {'.'.join(steps)}")
    members = cast("dict[str, Json]", json)
    made = _put(members[steps[0]], steps[1:], note, legacy)
    if made is ABSENT:
        del members[steps[0]]
    else:
        members[steps[0]] = made
    return members


def _steps(path: str, legacy: bool) -> list[str]:
    """`a.b\\.c` → a, b.c; since version 1 a backslash is escaped too."""
    steps, current, escaped = list[str](), "", False
    for index, letter in enumerate(path):
        follows = path[index + 1 : index + 2]
        if escaped:
            current, escaped = current + letter, False
        elif letter == "\\" and (follows == "." or (follows == "\\" and not legacy)):
            escaped = True
        elif letter == ".":
            steps.append(current)
            current = ""
        else:
            current += letter
    return [*steps, current]


def _value(kind: Json, value: Json) -> Any:
    name = ":".join(map(str, cast("list[object]", kind))) if isinstance(kind, list) else kind
    maker = KINDS.get(name) if isinstance(name, str) else None
    if maker is None:
        raise Malformed(f"values of kind {str(name)[:40]} are not read")
    return maker(value)


def _moment(value: Json) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


KINDS: Mapping[str, Callable[[Json], Any]] = {
    "undefined": lambda value: ABSENT,
    "Date": _moment,
    "bigint": int,
    "number": float,
    "set": list,
    "map": dict,
    "custom:Decimal": Decimal,
    "custom:Bytes": lambda value: base64.b64decode(value, validate=True),
    "custom:DbNull": lambda value: DbNull,
    "custom:JsonNull": lambda value: JsonNull,
    "custom:AnyNull": lambda value: AnyNull,
    "typed-array:Uint8Array": bytes,
}
