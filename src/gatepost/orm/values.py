"""Values of fields: what may come in, how PostgreSQL is told, what comes out.

In: Python values and the types that the schema gives. Out: checked values, parameters in PostgreSQL's text form,
JSON. Never: a value that is silently cut, rounded or guessed.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Final, cast

import msgspec

from gatepost.orm.errors import InvalidInput, Path
from gatepost.query.sql import array_literal
from gatepost.zmodel.schema import Schema, TypeShape
from gatepost.zmodel.terms import Type


class Null(Enum):
    """The nulls of a JSON field: the database's, JSON's own, and either (in filters)."""

    DbNull = "DbNull"
    JsonNull = "JsonNull"
    AnyNull = "AnyNull"

    def __repr__(self) -> str:
        return self.value


DbNull: Final = Null.DbNull
JsonNull: Final = Null.JsonNull
AnyNull: Final = Null.AnyNull

JSON_DEPTH = 100
JSON_BITS = 1024
EPOCH = date(1970, 1, 1)
INT, BIG_INT = 2**31, 2**63
NUMERIC = (-16_383, 131_072)
"""Digits after and before the point that PostgreSQL's numeric has."""


# ------------------------------------------------------------------ what may come in


def check(schema: Schema, type: Type, value: object, path: Path) -> Any:
    """The value as the client keeps it, or InvalidInput. None is the caller's to judge; lists are checked by element.

    int for Int and BigInt, float, Decimal (also from numbers and numeric text), datetime in UTC (a naive one is UTC;
    also from a date, a time on 1970-01-01, or ISO text), bytes, str, and JSON of dict, list, str, int, float, bool and
    None.
    """
    if not type.array:
        return _check_one(schema, type, value, path)
    if not isinstance(value, list | tuple | set | frozenset):
        raise InvalidInput(f"expected a list of {type.name}, received {named(value)}", path)
    items = cast("Sequence[object]", value)
    return [_check_one(schema, type, item, (*path, index)) for index, item in enumerate(items)]


def _check_one(schema: Schema, type: Type, value: object, path: Path) -> Any:
    scalar = CHECKS.get(type.name) if type.kind == "scalar" else None
    if scalar is not None:
        return scalar(value, path)
    if type.kind == "enum":
        return _check_member(schema, type.name, value, path)
    if type.kind == "type":
        return _check_shape(schema, schema.types[type.name], value, path)
    raise InvalidInput(f"a value of type {type.name} cannot be given", path)


def check_string(value: object, path: Path) -> str:
    if not isinstance(value, str):
        raise expected("string", value, path)
    if "\0" in value:
        raise InvalidInput("a text cannot contain a NUL character", path)
    if not value.isascii():
        _check_unicode(value, path)
    return str(value) if isinstance(value, Enum) else value


def _check_unicode(value: str, path: Path) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidInput("the text is no valid Unicode (half of a surrogate pair)", path) from None


def check_boolean(value: object, path: Path) -> bool:
    if not isinstance(value, bool):
        raise expected("boolean", value, path)
    return value


def check_int(value: object, path: Path) -> int:
    return _check_integer(value, path, "int", INT)


def check_big_int(value: object, path: Path) -> int:
    return _check_integer(value, path, "bigint", BIG_INT)


def _check_integer(value: object, path: Path, name: str, limit: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise expected(name, value, path)
    if not -limit <= value < limit:
        raise InvalidInput(f"expected {name} between {-limit} and {limit - 1}", path)
    return value


def check_float(value: object, path: Path) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise expected("number", value, path)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InvalidInput("expected a finite number", path)
    return number


def check_decimal(value: object, path: Path) -> Decimal:
    if not isinstance(value, int | float | Decimal | str) or isinstance(value, bool):
        raise expected("decimal", value, path)
    try:
        number = Decimal(repr(value) if isinstance(value, float) else value)
    except (InvalidOperation, ValueError):
        raise expected("decimal", value, path) from None
    if not number.is_finite():
        raise InvalidInput("expected a finite number", path)
    # Written out, a number with a large exponent would fill the memory.
    exponent = number.as_tuple().exponent
    if isinstance(exponent, str) or exponent < NUMERIC[0] or max(exponent, number.adjusted()) >= NUMERIC[1]:
        raise InvalidInput("the decimal is out of PostgreSQL's range", path)
    return number


def check_date_time(value: object, path: Path) -> datetime:
    moment = _moment(value)
    if moment is None:
        raise InvalidInput(f"expected a datetime or its ISO text, received {named(value)}", path)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidInput("the datetime is out of range", path) from None


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if isinstance(value, time):
        return datetime.combine(EPOCH, value)
    if not isinstance(value, str):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return _time_of_day(value)


def _time_of_day(value: str) -> datetime | None:
    try:
        return datetime.combine(EPOCH, time.fromisoformat(value)) if ":" in value else None
    except ValueError:
        return None


def check_bytes(value: object, path: Path) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise expected("bytes", value, path)
    return bytes(cast("bytes", value))


def check_json(value: object, path: Path) -> Any:
    """JSON, whole: a JsonNull stands for null at the top only, and stays."""
    if value is JsonNull:
        return value
    _check_json_part(value, path, JSON_DEPTH)
    return value


def _check_json_part(value: object, path: Path, depth: int) -> None:
    if depth == 0:
        raise InvalidInput(f"JSON is nested deeper than {JSON_DEPTH} levels", path)
    match value:
        case None | bool():
            return
        case str():
            _check_unicode(value, path)
        case int():
            if value.bit_length() > JSON_BITS:
                raise InvalidInput("the number is too large", path)
        case float():
            if not math.isfinite(value):
                raise InvalidInput("JSON has no infinite numbers and no NaN", path)
        case Mapping():
            _check_json_object(cast("Mapping[object, object]", value), path, depth)
        case list() | tuple():
            for index, item in enumerate(cast("Sequence[object]", value)):
                _check_json_part(item, (*path, index), depth - 1)
        case _:
            raise expected("JSON", value, path)


def _check_json_object(value: Mapping[object, object], path: Path, depth: int) -> None:
    for key, item in value.items():
        if not isinstance(key, str):
            raise InvalidInput(f"keys of JSON objects are strings, received {named(key)}", path)
        _check_unicode(key, path)
        _check_json_part(item, (*path, key), depth - 1)


def _check_member(schema: Schema, enum: str, value: object, path: Path) -> str:
    members = schema.enums[enum].members
    text = value.value if isinstance(value, Enum) and isinstance(value, str) else value
    if not isinstance(text, str) or not any(member.name == text for member in members):
        options = ", ".join(f'"{member.name}"' for member in members)
        raise InvalidInput(f"expected one of {options}, received {named(value)}", path)
    return text


def _check_shape(schema: Schema, shape: TypeShape, value: object, path: Path) -> dict[str, Any]:
    """A typed JSON object: declared members by type, others as JSON."""
    if not isinstance(value, Mapping):
        raise expected(f"an object of type {shape.name}", value, path)
    given = cast("Mapping[object, object]", value)
    checked: dict[str, Any] = {}
    for key, item in given.items():
        at = (*path, str(key))
        field = shape.fields.get(key) if isinstance(key, str) else None
        if field is None:
            _check_json_object({key: item}, path, JSON_DEPTH)
            checked[str(key)] = item
        elif item is None:
            if not field.type.optional:
                raise expected(field.type.name, item, at)
            checked[field.name] = None
        else:
            checked[field.name] = check(schema, field.type, item, at)
    for name, field in shape.fields.items():
        if name not in checked and not field.type.optional:
            raise InvalidInput("is required", (*path, name))
    return checked


CHECKS: Mapping[str, Callable[[object, Path], Any]] = {
    "String": check_string,
    "Boolean": check_boolean,
    "Int": check_int,
    "BigInt": check_big_int,
    "Float": check_float,
    "Decimal": check_decimal,
    "DateTime": check_date_time,
    "Bytes": check_bytes,
    "Json": check_json,
}


def expected(what: str, value: object, path: Path) -> InvalidInput:
    return InvalidInput(f"expected {what}, received {named(value)}", path)


def named(value: object) -> str:
    """What a value is, in a message: its kind, never its contents."""
    if value is None:
        return "null"
    return _KINDS.get(type(value), type(value).__name__)


_KINDS: Mapping[type, str] = {
    str: "string",
    bool: "boolean",
    int: "int",
    float: "number",
    dict: "object",
    list: "list",
    tuple: "list",
}


# ------------------------------------------------------------------ how PostgreSQL is told


def parameter(value: object, type: Type) -> bytes | None:
    """A checked value in PostgreSQL's text form; None and DbNull are NULL, lists are array literals."""
    if value is None or value is DbNull:
        return None
    if type.array and type.kind != "type":
        return array_literal(_text(item, type) for item in cast("Sequence[object]", value))
    return _text(value, type).encode()


def _text(value: object, type: Type) -> str:
    if type.kind == "type" or type.name == "Json":
        return json(value).decode()
    return text(value)


def text(value: object) -> str:
    """A scalar in PostgreSQL's text form, by what it is."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"\\x{value.hex()}"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return repr(value)


def json(value: object) -> bytes:
    """JSON text of a value; JsonNull is null, a Decimal or datetime is text."""
    if value is JsonNull:
        return b"null"
    try:
        return msgspec.json.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidInput(f"cannot be written as JSON: {error}") from None


def member(value: object, type: Type) -> Any:
    """A checked value as a member of a JSON payload from which PostgreSQL reads rows: every scalar but booleans and
    JSON itself is text, so that nothing is lost on the way.
    """
    if value is None or value is DbNull:
        return None
    if type.kind == "type" or type.name == "Json":
        return value
    if type.array:
        return [member(item, msgspec.structs.replace(type, array=False)) for item in cast("Sequence[object]", value)]
    return value if isinstance(value, bool) else text(value)
