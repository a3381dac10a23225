"""What a token's claims become before they count.

In: an Identity, how long claims are believed. Out: the way its claims take into a transaction: as they are, or through
a look-up of session and user, and through the project's own function. Never: a decision that outlives a request; tokens
grow old while they are cached.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import msgspec

from ..identity import Identity
from ..problem import Problem
from ..query.sql import Parameter, Statement
from ..settings import Settings, believed, function_name, hook_name, hook_uri, is_remote
from .queries import load
from .values import Result

QUERIES = load(Path(__file__).with_name("entrance.sql"))
NOBODY = "00000000-0000-0000-0000-000000000000"
# Claims that the look-up reads anew; the rest stands while a session lives.
READ_ANEW = frozenset(("aal", "is_anonymous", "email", "phone", "app_metadata", "user_metadata"))
VOLATILE = "v"


class Way(NamedTuple):
    """How claims come in: the function that looks them up (`enter`, `admit`; '' is none), then the project's own."""

    look_up: str = ""
    per_request: bool = False


AS_THEY_ARE = Way()


@dataclass(frozen=True, slots=True)
class Entrance:
    """`after` is how many seconds of a token's life are believed, None for all of it. `issuer` is this server's own.
    `shared`: what runs here changes nothing, so reads may share a connection.
    """

    after: float | None = None
    per_request: bool = False
    issuer: str = ""
    shared: bool = True
    clock: Callable[[], float] = time.time

    def way(self, identity: Identity) -> Way:
        """The way of an identity's claims, now."""
        return Way(self._look_up(identity), self.per_request)

    def _look_up(self, identity: Identity) -> str:
        if self.after is None or not identity.subject or self._is_young(identity):
            return ""
        if identity.issuer:
            return "admit"
        ours = self.issuer and identity.claims.get("iss") == self.issuer
        return "enter" if session_of(identity) or ours else "admit"

    def _is_young(self, identity: Identity) -> bool:
        """What tells no age is old, and so is what comes from the future."""
        issued = identity.claims.get("iat")
        return bool(self.after) and isinstance(issued, int | float) and 0 <= self.clock() - issued <= self.after


def session_of(identity: Identity) -> str:
    """The session a token is of, '' where it is of none."""
    session = identity.claims.get("session_id")
    return session if isinstance(session, str) and session != NOBODY else ""


def unchanging(identity: Identity) -> bytes:
    """What of the claims the look-up does not read, as JSON without its braces."""
    return msgspec.json.encode({name: value for name, value in identity.claims.items() if name not in READ_ANEW})[1:-1]


def arguments(identity: Identity) -> tuple[Parameter, Parameter]:
    """What the look-up is told beside them: session and assurance level."""
    level = identity.claims.get("aal")
    return session_of(identity).encode(), level.encode() if isinstance(level, str) else None


class Scope(Protocol):
    """A login of our own."""

    async def run(self, *statements: Statement) -> list[Result]: ...


def questions(settings: Settings) -> list[Statement]:
    """What must be known of a database before the door can stand there; empty where there is none."""
    if settings.claims.freshness == "cached" and not settings.claims.per_request:
        return []
    names = (_hook(settings) or ("", ""), function_name(settings.claims.per_request, "claims.per_request") or ("", ""))
    asked = [Statement(QUERIES["functions"], (schema.encode(), name.encode())) for schema, name in names]
    return [Statement(QUERIES["door"]), *asked]


async def find(scope: Scope, settings: Settings) -> Entrance | None:
    """The door as the settings want it, None for none; a Problem says why it cannot stand. `scope` is the login that
    serves.
    """
    asked = questions(settings)
    return entrance(settings, await scope.run(*asked)) if asked else None


def entrance(settings: Settings, answers: Sequence[Result]) -> Entrance:
    """The door, from the answers to its questions."""
    door, hook, function = answers
    after, per_request = believed(settings.claims.freshness), bool(settings.claims.per_request)
    if after is not None:
        _check_look_up(settings, door.rows[0][0] == b"t", _volatility(hook))
    if per_request:
        _check_function(settings, door.rows[0][1] == b"t", _volatility(function))
    return Entrance(after, per_request, settings.auth.jwt_issuer, not per_request or _volatility(function) != VOLATILE)


def _hook(settings: Settings) -> tuple[str, str] | None:
    uri, freshness = hook_uri(settings.auth, "custom_access_token"), settings.claims.freshness
    if not is_remote(uri):
        return hook_name(uri) if uri else None
    if freshness != "cached":
        message = f"claims.freshness = {freshness!r} calls the claims hook in reads, and it is asked over HTTP"
        raise _cannot(message, 'Set claims.freshness = "cached", or have a STABLE function in the database')
    return None


def _volatility(found: Result) -> str | None:
    return (found.rows[0][0] or b"").decode() if found.rows else None


def _check_look_up(settings: Settings, callable: bool, volatility: str | None) -> None:
    freshness = settings.claims.freshness
    hint = 'Set claims.freshness = "cached", or '
    if settings.graphql.role_claim != "role":
        raise _cannot(
            f"claims.freshness = {freshness!r} looks a user's role up, and graphql.role_claim has a claim name it",
            hint + "leave graphql.role_claim at role",
        )
    if not callable:
        raise _cannot(
            f"claims.freshness = {freshness!r} needs a database that Gatepost has set up, and its login authenticator",
            hint + "let gatepost dev or gatepost serve set it up",
        )
    hook = _hook(settings)
    if hook is not None and volatility in (None, VOLATILE):
        what = "is no function from jsonb to jsonb" if volatility is None else "is VOLATILE"
        raise _cannot(
            f"claims.freshness = {freshness!r} calls the claims hook in reads, and {'.'.join(hook)} {what}",
            hint + "declare it STABLE",
        )


def _check_function(settings: Settings, callable: bool, volatility: str | None) -> None:
    name = settings.claims.per_request
    if volatility is None:
        raise _cannot(
            f"claims.per_request: there is no function {name}(jsonb) that returns jsonb", "Make it in a migration"
        )
    if not callable:
        hint = "Let gatepost dev or gatepost serve set the database up"
        raise _cannot(f"claims.per_request: the login may not call {name} as its owner", hint)


def _cannot(message: str, hint: str) -> Problem:
    return Problem("invalid_setting", 500, message, None, hint)
