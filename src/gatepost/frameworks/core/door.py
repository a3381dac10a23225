"""What a request meets on its way in, whatever the framework: who it is, or why it stays outside.

In: a Visit, the request's path and cookies; an Identity and what is required of it. Out: an Identity, or a Problem (401
for nobody, 403 for who may not) and the answer that it makes. Never: a request let through with a proof that is false;
a word of `user_metadata`, which users write themselves.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import msgspec

from ...identity import ANON, Identity
from ...problem import Problem
from .sessions import permissions_of
from .visit import Visit
from .wishes import Steps

LEVELS = ("aal1", "aal2", "aal3")
"""Assurance levels of sessions; what says anything else, or nothing, is the first."""


def bearer_of(authorization: str) -> str | None:
    """The token of an Authorization header; None where it is of another kind."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


@dataclass(frozen=True, slots=True)
class Door:
    """On paths below one of `open` a proof that fails is nobody (sign-in pages, files).

    `app_state` names the cookie in which an application says whether somebody is signed in (`{"loggedIn": true}`): a
    request that says so and has no valid session is told INVALID SESSION, one that does not is nobody's.
    """

    open: Iterable[str] = ()
    app_state: str = ""

    def __post_init__(self) -> None:
        """A text is one path: were it its letters, the first of them would open everything."""
        object.__setattr__(self, "open", (self.open,) if isinstance(self.open, str) else tuple(self.open))

    def identity(self, visit: Visit, path: str, cookies: Mapping[str, str]) -> Steps[Identity]:
        """Whose request it is; Problem where it stays outside."""
        said = not self.app_state or says_logged_in(cookies.get(self.app_state))
        if not said and visit.bearer is None:
            visit.disregard()
        try:
            identity = yield from visit.identity()
            if self.app_state and said and not identity.subject:
                raise invalid_session()
            return identity
        except Problem:
            if not self.is_open(path):
                raise
            visit.disregard()
            return ANON

    def is_open(self, path: str) -> bool:
        """Whether everybody may come in on that path."""
        return any(path == each or path.startswith(each.rstrip("/") + "/") for each in self.open)


class Bindable(Protocol):
    """A client of a database that can be bound to whoever asks: gatepost.orm's."""

    def set_auth(self, user: Identity) -> Any:
        """The client, bound."""
        ...


class Refusal(NamedTuple):
    """A Problem as an answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def refusal(problem: Problem) -> Refusal:
    """What to answer where a Problem ends a request."""
    body = body_of(problem)
    headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **problem.headers}
    return Refusal(problem.status, list(headers.items()), body)


@dataclass(frozen=True, slots=True)
class Requirement:
    """All that is named has to hold: a permission in `app_metadata.permissions`, the database role, the assurance level
    of the session (`aal2`: a second factor was shown).
    """

    permission: str | None = None
    role: str | None = None
    aal: str | None = None

    def __post_init__(self) -> None:
        """A level that is none would be below every session's, or above."""
        if self.aal is not None and self.aal not in LEVELS:
            raise ValueError(f"aal is one of {', '.join(LEVELS)}, not {self.aal!r}")

    def check(self, identity: Identity) -> None:
        """Problem where `identity` does not do."""
        if not identity.subject:
            raise unauthorized()
        if self.permission is not None and self.permission not in permissions_of(identity.claims):
            raise _forbidden("insufficient_permission", f"The permission {self.permission} is missing", None)
        if self.role is not None and identity.role != self.role:
            raise _forbidden("insufficient_role", f"This is for the role {self.role}", None)
        if self.aal is not None and _level(identity.claims.get("aal")) < _level(self.aal):
            raise _forbidden("insufficient_aal", f"This is for sessions of {self.aal}", "Show a second factor first")


def _level(aal: object) -> int:
    return LEVELS.index(aal) if aal in LEVELS else 0


def unauthorized() -> Problem:
    """What nobody is told where somebody is needed."""
    return Problem("not_authenticated", 401, "Sign in first", None, None, {"WWW-Authenticate": "Bearer"})


def _forbidden(code: str, message: str, hint: str | None) -> Problem:
    return Problem(code, 403, message, None, hint)


def body_of(problem: Problem) -> bytes:
    """A Problem as JSON, in the words of Gatepost's own front door."""
    body = {"code": problem.code, "message": problem.message, "details": problem.details, "hint": problem.hint}
    return msgspec.json.encode(body)


class AppState(msgspec.Struct):
    """The cookie in which an application says of itself that somebody is signed in."""

    logged_in: bool = msgspec.field(name="loggedIn", default=False)


def says_logged_in(cookie: str | None) -> bool:
    """What the application's state says; what can't be read says no."""
    try:
        return cookie is not None and msgspec.json.decode(cookie, type=AppState).logged_in
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


def invalid_session() -> Problem:
    """What a request is told that says it is signed in, and is not."""
    hint = "Sign in again, or say no more that you are"
    return Problem("invalid_session", 401, "INVALID SESSION", None, hint, {"WWW-Authenticate": "Bearer"})
