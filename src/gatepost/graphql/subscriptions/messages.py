"""The words of `graphql-transport-ws` (the protocol of graphql-ws): what clients and servers say to each other.

In: a message's text. Out: a Message, or the Violation that ends the conversation. Never: a message that is let pass
because it nearly fits.
"""

from typing import Any, cast

import msgspec

PROTOCOL = "graphql-transport-ws"

NORMAL = 1000
TRY_LATER = 1013
BAD_REQUEST = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
NO_PROTOCOL = 4406
INIT_TIMEOUT = 4408
DUPLICATE = 4409
TOO_MANY_INITS = 4429

CLIENTS = frozenset(("connection_init", "subscribe", "complete", "ping", "pong"))


class Violation(Exception):
    """Why a conversation ends: a close code and its reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Message(msgspec.Struct, frozen=True):
    """What a client says. `payload` is None where there is none."""

    type: str
    id: str = ""
    payload: dict[str, Any] | None = None


class Words(msgspec.Struct):
    """The members of a message, of any type."""

    type: Any = None
    id: Any = None
    payload: Any = None


DECODER = msgspec.json.Decoder(Words)


def read(text: str | bytes) -> Message:
    """The message; Violation 4400 where it is none that a client may send."""
    try:
        words = DECODER.decode(text)
    except (ValueError, RecursionError, msgspec.MsgspecError):
        raise Violation(BAD_REQUEST, "Invalid message received") from None
    if not isinstance(words.type, str) or words.type not in CLIENTS:
        raise Violation(BAD_REQUEST, "Invalid message received")
    identified = words.type in ("subscribe", "complete")
    if identified and (not isinstance(words.id, str) or not words.id):
        raise _expected(words.type, "id", "a non-empty string")
    payload = words.payload
    if not (isinstance(payload, dict) or (payload is None and words.type != "subscribe")):
        raise _expected(words.type, "payload", "an object")
    return Message(words.type, words.id if identified else "", cast(dict[str, Any] | None, payload))


def _expected(type: str, name: str, what: str) -> Violation:
    return Violation(BAD_REQUEST, f"\"{type}\" message expects the '{name}' property to be {what}")


ACK = '{"type":"connection_ack"}'


def pong(payload: dict[str, Any] | None) -> str:
    """The answer to a ping, with what came along."""
    return _text({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})


def following(id: str, body: bytes) -> str:
    """A result of an operation; its bytes are passed on as they are."""
    return f'{{"id":{_text(id)},"type":"next","payload":{body.decode()}}}'


def failed(id: str, errors: tuple[dict[str, Any], ...]) -> str:
    """Why an operation is not executed; it is the operation's last word."""
    return _text({"id": id, "type": "error", "payload": errors})


def complete(id: str) -> str:
    return _text({"id": id, "type": "complete"})


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
