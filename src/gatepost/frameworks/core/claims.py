"""What is asked of an identity before something may be done.

In: an Identity, a requirement. Out: nothing, or a Problem: 401 for nobody, 403 for who may not. Never: a word of
`user_metadata`, which users write themselves.
"""

from dataclasses import dataclass

import msgspec

from ...identity import Identity
from ...problem import Problem
from .sessions import permissions_of


@dataclass(frozen=True, slots=True)
class Requirement:
    """All that is named has to hold: a permission in `app_metadata.permissions`, the database role, the assurance level
    of the session (`aal2`: a second factor was shown).
    """

    permission: str | None = None
    role: str | None = None
    aal: str | None = None

    def check(self, identity: Identity) -> None:
        """Problem where `identity` does not do."""
        if not identity.subject:
            raise unauthorized()
        if self.permission is not None and self.permission not in permissions_of(identity.claims):
            raise _forbidden("insufficient_permission", f"The permission {self.permission} is missing", None)
        if self.role is not None and identity.role != self.role:
            raise _forbidden("insufficient_role", f"This is for the role {self.role}", None)
        if self.aal is not None and str(identity.claims.get("aal") or "aal1") < self.aal:
            raise _forbidden("insufficient_aal", f"This is for sessions of {self.aal}", "Show a second factor first")


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
    except (msgspec.MsgspecError, ValueError):
        return False


def invalid_session() -> Problem:
    """What a request is told that says it is signed in, and is not."""
    hint = "Sign in again, or say no more that you are"
    return Problem("invalid_session", 401, "INVALID SESSION", None, hint, {"WWW-Authenticate": "Bearer"})
