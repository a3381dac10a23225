"""What a client asks: a GraphQL request out of an HTTP body or a message on a socket (GraphQL over HTTP).

In: bytes and headers, or a value that was JSON. Out: a GraphQLRequest, and the media type to answer in. Never: the
document read: whether it is GraphQL is the executor's to say; never an error that is not the client's.
"""

from functools import lru_cache
from typing import Any, Protocol, cast

import msgspec

from gatepost.exchange import Request
from gatepost.problem import Problem

RESPONSE_JSON = "application/graphql-response+json"
JSON = "application/json"
TEXT = "application/graphql"
MESSAGE = "graphql.max_message"
NO_JSON = "Parsing failed, please check that the data you're sending to the server is correct"
NOT_ACCEPTABLE = (
    "Could not find a supported media type; consider adding 'application/json' or "
    "'application/graphql-response+json' to your Accept header."
)


class GraphQLRequest(msgspec.Struct, frozen=True):
    """One operation to execute: the document's text, and which of its operations with what variables.

    `root` is what the operation starts from: a subscription's event, as it came off its topic; nothing else has one.
    """

    document: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None
    root: Any = None


class Documents(Protocol):
    """Operations that the server knows by name."""

    def find(self, document: str | None, id: str | None) -> str | None:
        """The text to execute for what was sent, None where that is nothing; a Problem where it may not be executed."""
        ...


class Body(msgspec.Struct):
    """The members of a request; of any type, since a wrong one has an answer of its own."""

    query: Any = None
    id: Any = None
    documentId: Any = None
    operationName: Any = None
    variables: Any = None
    extensions: Any = None


def invalid(message: str, status: int = 400) -> Problem:
    """What a client is told of a request that cannot be executed."""
    return Problem("bad_request", status, message)


def accepted(header: str | None) -> str:
    """The media type to answer in; Problem 406 where the client takes none of ours.

    Clients that take only `application/json` are answered as before GraphQL over HTTP: with status 200 for errors too.
    """
    found = _accepted(header or "*/*")
    if found is None:
        raise invalid(NOT_ACCEPTABLE, 406)
    return found


def accepts_page(header: str | None) -> bool:
    """Whether somebody looks at the answer: a browser, that would rather have HTML than anything of ours."""
    ranges = _ranges(header or "")
    return any(name == "text/html" and quality > 0 for name, quality in ranges) and not any(
        name in (JSON, RESPONSE_JSON) for name, _ in ranges
    )


@lru_cache(256)
def _accepted(header: str) -> str | None:
    ranges = dict(_ranges(header))
    weights = {name: _weight(ranges, name) for name in (RESPONSE_JSON, JSON)}
    best = max(weights, key=lambda name: weights[name])
    return best if weights[best] > 0 else None


def _weight(ranges: dict[str, float], name: str) -> float:
    """The quality of the most specific range that a type lies in."""
    return next((ranges[each] for each in (name, "application/*", "*/*") if each in ranges), 0.0)


def _ranges(header: str) -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for part in header.lower().split(","):
        name, *parameters = (each.strip() for each in part.split(";"))
        given = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        found.append((name, float(given) if given.replace(".", "", 1).isdecimal() else 0.0))
    return found


def read(request: Request, documents: Documents | None = None, longest: int = 0) -> GraphQLRequest:
    """The request in a POST's body; a Problem says what is wrong with it."""
    if longest and len(request.body) > longest:
        raise invalid(f"The request has {len(request.body)} bytes; at most {longest} are allowed ({MESSAGE})", 413)
    given = request.header(b"content-type")
    if not given:
        raise invalid("Could not determine the Content-Type of the request")
    kind = given.partition(";")[0].strip()
    if kind.lower() == JSON:
        return from_value(decode(request.body), documents)
    if kind.lower() == TEXT:
        return from_value({"query": _text(request.body)}, documents)
    raise invalid(f"Media type '{kind[:100]}' is not allowed", 415)


def decode(body: bytes | str) -> object:
    """JSON; a Problem where it is none, or where it is nested too deeply to be a request."""
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        raise invalid(NO_JSON) from None


def from_value(value: object, documents: Documents | None = None) -> GraphQLRequest:
    """The request that a JSON value is; `documents` finds those that are sent by id."""
    if not isinstance(value, dict):
        raise invalid("Invalid body; expected object")
    body = msgspec.convert(value, Body)
    extensions = _object(body.extensions, "extensions")
    if body.operationName is not None and not isinstance(body.operationName, str):
        raise invalid("operationName, if given, must be a string")
    document = _document(body, extensions, documents)
    return GraphQLRequest(document, _object(body.variables, "variables"), body.operationName, extensions)


def _document(body: Body, extensions: dict[str, Any] | None, documents: Documents | None) -> str:
    text = body.query
    if documents is not None and (text is None or isinstance(text, str)):
        text = documents.find(text, _id(body, extensions))
    if not isinstance(text, str):
        raise invalid("query must be a string")
    return text


def _id(body: Body, extensions: dict[str, Any] | None) -> str | None:
    """By what name an operation is asked for: `id`, `documentId`, or Apollo's hash of the text."""
    persisted = (extensions or {}).get("persistedQuery")
    hashed = cast(Any, persisted).get("sha256Hash") if isinstance(persisted, dict) else None
    names = (body.id, body.documentId, hashed)
    return next((name for name in names if isinstance(name, str)), None)


def _object(value: object, name: str) -> dict[str, Any] | None:
    if value is None or isinstance(value, dict):
        return value  # pyright: ignore[reportUnknownVariableType]
    raise invalid(f"Invalid {name}; expected JSON-encoded object")


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        raise invalid(NO_JSON) from None
