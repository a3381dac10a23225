"""What is done to an answer that PostgreSQL gave, where its dialect demands it.

In: a root field's JSON, and marks by path. Out: JSON. Never: a value that is not marked.
"""

import json
import math
import re
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, cast

import msgspec
from joserfc import jwt
from joserfc.jwk import OctKey

from ..plan import After, Mark

Marks = Mapping[tuple[str, ...], Mark]
Change = Callable[[Any], Any]
AUDIENCE = "postgraphile"
DAY = 24 * 60 * 60
EXACT = 2**53
INDEX = re.compile("0|[1-9][0-9]{0,9}")
LONE = re.compile("[\ud800-\udfff]")
# PostgreSQL keeps numbers of any length; this many digits are more than a double has.
MOST_DIGITS = 400


def finished(body: bytes, marks: Marks, secret: str) -> bytes:
    """The JSON with every marked value changed; the paths begin with the root field's own key."""
    value: Any = msgspec.json.decode(body)
    for path, mark in marks.items():
        change: Change = _text_of if mark.after is After.JSON_TEXT else lambda claims: token(claims, secret)
        value = _changed(value, path[1:], mark.depth, change)
    return msgspec.json.encode(value)


def _changed(value: Any, path: tuple[str, ...], depth: int, change: Change) -> Any:
    """The value with `change` made at the end of the path; lists on the way are transparent."""
    if value is None:
        return None
    if path:
        if isinstance(value, list):
            return [_changed(each, path, depth, change) for each in cast(list[Any], value)]
        members = cast(dict[str, Any], value)
        if path[0] in members:
            members[path[0]] = _changed(members[path[0]], path[1:], depth, change)
        return members
    if depth:
        return [_changed(each, (), depth - 1, change) for each in value]
    return change(value)


# ------------------------------------------------------------------ JSON as JavaScript writes it


def _text_of(text: str) -> str | None:
    """The string that stands for JSON; of null there is none."""
    return None if text.strip() == "null" else json_text(text)


def json_text(text: str) -> str:
    """JSON as `JSON.stringify` writes what `JSON.parse` read; what nests too deeply for that stays as it is."""
    try:
        return _written(_read(text))
    except RecursionError:
        return text


def _read(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.MsgspecError:
        # Numbers without end and halves of characters, which only JavaScript takes for what they are.
        return json.loads(text, parse_int=lambda digits: int(digits) if len(digits) < MOST_DIGITS else float(digits))


def _written(value: Any) -> str:
    match value:
        case dict():
            members = _in_order(cast(dict[str, Any], value))
            return "{" + ",".join(f"{_string(key)}:{_written(each)}" for key, each in members) + "}"
        case list():
            return "[" + ",".join(map(_written, cast(list[Any], value))) + "]"
        case bool() | None:
            return {True: "true", False: "false", None: "null"}[value]
        case int() | float():
            return number(value)
        case _:
            return _string(value)


def _string(text: str) -> str:
    return LONE.sub(lambda half: f"\\u{ord(half[0]):04x}", json.dumps(text, ensure_ascii=False))


def _in_order(members: dict[str, Any]) -> list[tuple[str, Any]]:
    """An object's members: those whose names are array indexes come first, by size."""
    indexes = sorted((name for name in members if _is_index(name)), key=int)
    return [(name, members[name]) for name in [*indexes, *(name for name in members if not _is_index(name))]]


def _is_index(name: str) -> bool:
    return INDEX.fullmatch(name) is not None and int(name) < 2**32 - 1


def number(value: float) -> str:
    """A number as ECMAScript prints it: the shortest digits that read back as the same double."""
    if isinstance(value, int) and abs(value) <= EXACT:
        return str(value)
    try:
        double = float(value)
    except OverflowError:
        return "null"
    if not math.isfinite(double):
        return "null"
    if double == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(double)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0")
    point = len(digits) + int(exponent)
    return ("-" if sign else "") + _placed(text, point)


def _placed(digits: str, point: int) -> str:
    """Digits with the point after so many of them, or with an exponent where that is far away."""
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    power = f"e{point - 1:+d}"
    return digits + power if count == 1 else f"{digits[0]}.{digits[1:]}{power}"


# ------------------------------------------------------------------ tokens


def token(claims: dict[str, Any], secret: str) -> str:
    """Claims as a signed token, good for a day unless they say otherwise."""
    now = int(time.time())
    expires = claims.get("exp")
    payload = {name: each for name, each in claims.items() if name != "exp" or each}
    if expires:
        payload["exp"] = _whole(expires)
    payload["iat"] = now
    if not expires:
        payload["exp"] = now + DAY
    payload |= {name: AUDIENCE for name in ("aud", "iss") if not claims.get(name)}
    return jwt.encode({"alg": "HS256", "typ": "JWT"}, payload, OctKey.import_key(secret))


def _whole(value: Any) -> float:
    found = float(value)
    return int(found) if found.is_integer() else found
