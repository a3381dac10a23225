"""What a step of the core wishes for, as data, so that it can be fulfilled waiting or blocking.

In: nothing. Out: a Call (one exchange with the auth server), a Once (something that many wish for and one does), and
Steps, a generator that yields wishes, is sent what came of them, and returns its result. Never: a socket, a lock, a
loop.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from ...problem import Problem

T = TypeVar("T")

GONE = frozenset(("bad_jwt", "session_not_found", "session_expired", "user_not_found", "user_banned"))
"""What the auth server says of a token that is good no more. Whatever else it says is not about the token: a wrong API
key, say, makes nobody of nobody.
"""
Steps = Generator["Call | Once", Any, T]


@dataclass(frozen=True, slots=True)
class Call:
    """A request: `path` below the auth server's address, or an address of its own. What comes of it is an Answer;
    Away is thrown where nothing does. `visitor` is the address of whoever it is made for.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    bearer: str = field(default="", repr=False)
    visitor: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    body: bytes = field(default=b"", repr=False)
    max_age: float = float("inf")
    """How long it says that it is good, in seconds (RFC 9111 §5.2.2.1)."""

    def json(self) -> dict[str, Any]:
        """Its body where that is a JSON object; else an empty one."""
        try:
            return msgspec.json.decode(self.body, type=dict[str, Any])
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return {}

    @property
    def code(self) -> str:
        """GoTrue's word for what was wrong, in its newer or its older form."""
        body = self.json()
        found = body.get("code") if isinstance(body.get("code"), str) else body.get("error_code")
        return found if isinstance(found, str) else ""

    @property
    def gone(self) -> bool:
        """Whether it says that a token is good no more."""
        return 400 <= self.status < 500 and self.code in GONE


@dataclass(frozen=True, slots=True)
class Once:
    """The result of `steps`, taken by one of all who wish for the same `key` at a time. Others get it, too, up to
    `keep` seconds afterwards, where it is no exception. Who does not wait for it (`waits`) gets None, whatever comes of
    it.
    """

    key: object
    steps: Callable[[], Steps[Any]]
    keep: float = 0.0
    waits: bool = True


class Away(Problem):
    """The auth server does not answer, or not with an answer to the question: worth another try."""

    def __init__(self, details: str | None = None) -> None:
        message, hint = "The auth server cannot be reached now", "Try again in a moment"
        super().__init__("auth_server_unavailable", 503, message, details, hint, {"Retry-After": "2"})
