"""Node ids and cursors, as texts.

In: what a client sends. Out: what it stands for, or None. Never: trust: what was decoded is only ever compared with
rows that the caller may see.

Both are base64 of compact JSON: a node id `["people",1]`, a cursor `["<digest of the order>",<value>…]`.
"""

import base64
import hashlib
import json
from collections.abc import Hashable, Sequence
from typing import Any, cast

import msgspec

NATURAL = "natural"
"""The digest of no order: what follows is the row's number."""
QUERY_NODE_ID = "query"
PIPE = "pipeString"


def _bytes(text: str) -> bytes:
    """What base64 stands for, of either alphabet, padded or not, as Node.js reads it."""
    plain = text.rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_" if "-" in plain or "_" in plain else None)


def _decoded(text: str) -> list[Any] | None:
    """The JSON array behind base64, or None."""
    try:
        found = msgspec.json.decode(_bytes(text))
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return None
    return cast(list[Any], found) if isinstance(found, list) and found else None


def is_scalar(value: Any) -> bool:
    """Whether it is no list and no object."""
    return not isinstance(value, list | dict)


def node_id(text: Any, codec: str = "base64JSON") -> tuple[str, tuple[Any, ...]] | None:
    """What a node id names: an identifier of a type, and the values of its key."""
    if not isinstance(text, str):
        return None
    found: Sequence[Any] | None = text.split("|") if codec == PIPE else _decoded(text)
    if found is None or not isinstance(found[0], str) or not all(map(is_scalar, found)):
        return None
    return found[0], tuple(found[1:])


def cursor(text: Any) -> tuple[str, tuple[Any, ...]] | None:
    """The digest of a cursor's order, and the values that its row had in it."""
    found = _decoded(text) if isinstance(text, str) else None
    if found is None or not isinstance(found[0], str) or not all(map(is_scalar, found)):
        return None
    return found[0], tuple(found[1:])


def node_id_shape(text: Any) -> Hashable:
    """What of a node id decides what a statement looks like, whichever way it is written."""
    if text == QUERY_NODE_ID or not isinstance(text, str):
        return text == QUERY_NODE_ID
    found = node_id(text), node_id(text, PIPE) if "|" in text else None
    return tuple(each and (each[0], tuple(value is None for value in each[1])) for each in found)


def cursor_shape(text: Any) -> Hashable:
    """What of a cursor decides what a statement looks like."""
    found = cursor(text)
    if found is None:
        return None
    digest, values = found
    return digest, tuple(is_row_number(value) if digest == NATURAL else value is None for value in values)


def is_row_number(value: Any) -> bool:
    """Whether it can be the number of a row: PostgreSQL counts in eight bytes, and an offset may be added."""
    return type(value) is int and 0 <= value < 2**62


def digest(orders: Sequence[str]) -> str:
    """The digest of an order, of its terms as SQL."""
    if not orders:
        return NATURAL
    return hashlib.sha256(json.dumps(list(orders), separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()[:10]


def as_text(value: Any) -> str:
    """A value of a node id or cursor, as PostgreSQL reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def node_id_of_event(event: Any, codec: str) -> str | None:
    """The node id of the row that an event names as `__node__`, or None."""
    named: Any = cast(dict[str, Any], event).get("__node__") if isinstance(event, dict) else None
    if not isinstance(named, list) or not named:
        return None
    parts = cast(list[Any], named)
    if codec == PIPE:
        return "|".join(map(as_text, parts))
    return base64.b64encode(json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode()).decode()
