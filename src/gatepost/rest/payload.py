"""Bodies: bytes in, a Payload with the names of its members out.

In: the body, its type, and what it is for. Out: bytes that go into the statement as one parameter.
Never: a JSON body written again: numbers and texts reach PostgreSQL as the client wrote them.
"""

import csv
import io
from collections.abc import Iterable, KeysView, Mapping

import msgspec

from gatepost.problem import Problem

from .ast import MediaKind, MediaType, Payload, PayloadKind
from .params import split_query, undecodable

RAW_KINDS = frozenset({MediaKind.TEXT, MediaKind.XML, MediaKind.OCTETS})
EMPTY_ARRAY = Payload(PayloadKind.JSON, b"[]", ())

Anything = msgspec.Raw
OBJECT = msgspec.json.Decoder(dict[str, Anything])
OBJECTS = msgspec.json.Decoder(list[dict[str, Anything]])
# Reads past everything and makes nothing of it: ten million empty arrays would take seconds and a gigabyte.
ANY = msgspec.json.Decoder(msgspec.Raw)


def invalid(message: str) -> Problem:
    return Problem("PGRST102", 400, message)


def payload_of(body: bytes, media: MediaType, columns_given: bool, call: bool) -> Payload:
    """The payload of a write or, with `call`, of a function call. PGRST102 where it cannot be one."""
    if media.kind is MediaKind.JSON:
        return uninspected(body) if columns_given else json_payload(body, call)
    if media.kind is MediaKind.CSV:
        return csv_payload(body)
    if media.kind is MediaKind.URLENCODED:
        return form_payload(body, call)
    if call and media.kind in RAW_KINDS:
        return raw_payload(body, media)
    raise invalid(f"Content-Type not acceptable: {media.name}")


def raw_payload(body: bytes, media: MediaType) -> Payload:
    """One argument as it came. Only bytea can hold a NUL."""
    if media.kind is not MediaKind.OCTETS and b"\0" in body:
        raise undecodable(b"\0")
    return Payload(PayloadKind.RAW, body)


# ------------------------------------------------------------------ JSON


def uninspected(body: bytes) -> Payload:
    """With `columns=` PostgreSQL is the first to read the body; a NUL would end it there unseen."""
    if b"\0" in body:
        raise invalid("Empty or invalid json")
    return Payload(PayloadKind.JSON, body)


def json_payload(body: bytes, call: bool) -> Payload:
    """An object, or objects with equal keys. Any other JSON counts as no objects at all."""
    if call and not body:
        return Payload(PayloadKind.JSON, b"{}", ())
    try:
        return keyed(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise invalid("Empty or invalid json") from None
    except RecursionError:
        raise invalid("The json is nested too deeply") from None


def keyed(body: bytes) -> Payload:
    """Names its keys and proves that it is JSON; the values are not kept."""
    first = body.lstrip()[:1]
    if first == b"{":
        return Payload(PayloadKind.JSON, body, tuple(sorted(OBJECT.decode(body))))
    if first != b"[":
        check(body)
        return EMPTY_ARRAY
    try:
        objects = OBJECTS.decode(body)
    except msgspec.ValidationError:
        check(body)
        raise invalid("All object keys must match") from None
    return uniform(body, objects)


def check(body: bytes) -> None:
    """MsgspecError or UnicodeDecodeError where that is no JSON."""
    ANY.decode(body)
    body.decode()


def uniform(raw: bytes, objects: Iterable[Mapping[str, object]]) -> Payload:
    """The payload when every object has the keys of the first."""
    keys: KeysView[str] | None = None
    for one in objects:
        if keys is None:
            keys = one.keys()
        elif one.keys() != keys:
            raise invalid("All object keys must match")
    return EMPTY_ARRAY if keys is None else Payload(PayloadKind.JSON, raw, tuple(sorted(keys)))


# ------------------------------------------------------------------ forms and tables


def form_payload(body: bytes, call: bool) -> Payload:
    """One row of texts; for a call its pairs, since a name may come several times."""
    pairs = tuple((key, value or "") for key, value in split_query(body))
    row = dict(pairs)
    keys = tuple(sorted(row))
    if call:
        return Payload(PayloadKind.FORM, body, keys, pairs)
    return Payload(PayloadKind.JSON, msgspec.json.encode(row), keys)


def csv_payload(body: bytes) -> Payload:
    """Rows of texts under the names of the first line; NULL is null."""
    try:
        lines = list(csv.reader(io.StringIO(body.decode(), newline=""), strict=True))
    except UnicodeDecodeError as error:
        raise undecodable(body[error.start : error.end]) from None
    except csv.Error as error:
        raise invalid(f"parse error ({error})") from None
    if not lines:
        raise invalid('parse error (not enough input) at ""')
    names = lines[0]
    rows = [record(names, line) for line in lines[1:] if line]
    if any(len(row) != len(names) for row in rows):
        raise invalid("All lines must have same number of fields")
    if not rows:
        return EMPTY_ARRAY
    return Payload(PayloadKind.JSON, msgspec.json.encode(rows), tuple(sorted(rows[0])))


def record(names: list[str], line: list[str]) -> dict[str, str | None]:
    return {name: None if value == "NULL" else value for name, value in zip(names, line, strict=False)}
