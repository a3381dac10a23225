"""One HTTP exchange, as surfaces see it: a Request in, a Response out.

In: what the front door read from the socket, whole and within its limits. Out: status, headers and body bytes.
Never: a socket, a framework, or an opinion about who the caller is; the proof is carried unread.
"""

import ipaddress
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import msgspec

from .identity import Proof

Headers = list[tuple[bytes, bytes]]

HEAD = "gatepost.head"
"""Our own server's key in an ASGI scope: the Head of a request."""

ANSWER = "gatepost.answer"
"""Our own server's key in an ASGI scope: `await scope[ANSWER](status, reason, headers, body)` answers whole."""


class Head:
    """Headers, and what was worked out from them and nothing else: requests of one connection that send the same
    headers share it.
    """

    __slots__ = ("headers", "kept")

    def __init__(self, headers: Headers) -> None:
        self.headers = headers
        self.kept: dict[str, Any] = {}


@dataclass(slots=True)
class Request:
    """A request within one surface: `path` starts below the surface's prefix and is percent-decoded.

    `raw_path` is the same part undecoded, `query` the raw query string, `headers` lower-case names in the order sent,
    `kept` what was worked out from them, `client` the peer's address. `prefix` is what was cut off (`/rest/v1`),
    `base_url` scheme and authority as the client wrote them. `visitor` is the address of whoever an application asks
    for, where a surface believes it.
    """

    method: str
    path: str
    query: bytes = b""
    headers: Headers = field(default_factory=list[tuple[bytes, bytes]])
    body: bytes = b""
    proof: Proof = field(default_factory=Proof)
    client: str = ""
    raw_path: bytes = b""
    prefix: str = ""
    base_url: str = ""
    id: str = ""
    kept: dict[str, Any] = field(default_factory=dict[str, Any])
    visitor: str = ""

    def header(self, name: bytes) -> str | None:
        """The first header of that lower-case name, decoded as Latin-1, or None."""
        for key, value in self.headers:
            if key == name:
                return value.decode("latin-1")
        return None


class Response(msgspec.Struct):
    """An answer. `headers` hold no Content-Length: the door adds it (for 204 and 304 it does not)."""

    status: int
    body: bytes = b""
    headers: Headers = msgspec.field(default_factory=list[tuple[bytes, bytes]])
    reason: str | None = None


Surface = Callable[[Request], Awaitable[Response]]

Finish = Callable[[Response | Coroutine[Any, Any, Response]], None]
"""Takes an answer that comes without a task: the answer itself, or what still has to be waited for."""


def is_loopback(address: str) -> bool:
    """Whether `address` is this machine's (127.0.0.0/8, ::1, and the former written as IPv6)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return (mapped or parsed).is_loopback


def is_own_name(host: str) -> bool:
    """Whether a Host header names this machine: `localhost`, a name below it (RFC 6761), or a loopback address."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    plain = "@" not in host and "/" not in host
    return plain and (name == "localhost" or name.endswith(".localhost") or is_loopback(name))
