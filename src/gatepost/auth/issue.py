"""A user and a session become claims, and claims a pair of tokens.

In: a user, a session, the settings. Out: a Pair. Never: a claim that a user can write counted as the server's; what
the hook returns is checked before it is signed.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec

from ..database.values import Result
from ..identity.tokens import Tokens
from ..problem import DatabaseProblem, Problem
from ..query.sql import Statement, qualified
from ..settings import AuthSettings
from . import parameter, query, sessions, users
from .errors import fault
from .responses import Pair, utc
from .sessions import Origin, Session
from .users import ServerClaims, User

Claims = dict[str, Any]

HOOK_TIMEOUT_MS = "2000"
HOOK = re.compile(r"pg-functions://[^/]+/([^/]+)/([^/]+)/?")
REQUIRED: Mapping[str, type | tuple[type, ...]] = {
    "aud": (str, list),
    "exp": int,
    "iat": int,
    "sub": str,
    "email": str,
    "phone": str,
    "role": str,
    "aal": str,
    "session_id": str,
    "is_anonymous": bool,
}
"""What a hook's claims must hold, as GoTrue demands it."""


class Door(Protocol):
    """Where statements run: a transaction, or a scope whose one call is one."""

    async def run(self, *statements: Statement) -> list[Result]: ...


@dataclass(frozen=True, slots=True)
class Issuer:
    """Makes tokens. `clock` gives epoch seconds."""

    settings: AuthSettings
    tokens: Tokens
    clock: Callable[[], float]

    @property
    def has_hook(self) -> bool:
        """Whether claims come from a function of the application: then a flow needs a transaction around it."""
        return self.settings.hook_custom_access_token_enabled

    async def start_session(
        self, door: Door, user_id: str, method: str, origin: Origin, *statements: Statement
    ) -> Pair:
        """Run `statements`, start a session for the user, and issue its tokens: one round trip without a hook."""
        session, token = sessions.new(user_id, method, self._now()), sessions.new_token()
        results = await door.run(*statements, *sessions.start(session, token, origin), users.find(user_id))
        user = users.read(results[-1])
        if user is None:
            raise fault("user_not_found", "User not found")
        return await self.pair(door, user, session, token, method)

    async def pair(self, door: Door, user: User, session: Session, refresh_token: str, method: str) -> Pair:
        """Tokens for a session that is stored already."""
        await renew(door, user, self._now())
        claims = build_claims(self.settings, user, session, self._now())
        expires_at = int(claims["exp"])
        if self.has_hook:
            claims = await call_hook(door, self.settings.hook_custom_access_token_uri, user.id, claims, method)
        return Pair(
            access_token=self.tokens.sign(claims),
            refresh_token=refresh_token,
            expires_in=expires_at - int(self.clock()),
            expires_at=expires_at,
            session_id=session.id,
            user=user,
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


async def renew(door: Door, user: User, now: datetime) -> None:
    """Have what the server says of a user written anew where it has ended."""
    if user.server_claims is None or not user.server_claims.has_ended(now):
        return
    [result] = await door.run(query("renew_claims", user.id))
    written = result.first[0] if result.first else None
    user.server_claims = msgspec.json.decode(written, type=ServerClaims) if written else None


def build_claims(settings: AuthSettings, user: User, session: Session, now: datetime) -> Claims:
    """The claims of a user's token (GoTrue's), `amr` newest first. What the server says of the user is part of
    `app_metadata`, and the token does not outlive it.
    """
    said = user.server_claims or ServerClaims(claims={})
    limits = (sessions.low_assurance_end(session, user, settings), said.valid_until)
    ends = min([now + timedelta(seconds=settings.jwt_exp), *(limit for limit in limits if limit)])
    issuer: Claims = {"iss": settings.jwt_issuer} if settings.jwt_issuer else {}
    methods = sorted(session.amr, key=lambda each: utc(each.at) or each.at, reverse=True)
    return issuer | {
        "sub": user.id,
        "aud": user.aud or "",
        "exp": int(ends.timestamp()),
        "iat": int(now.timestamp()),
        "email": user.email or "",
        "phone": user.phone or "",
        "app_metadata": {**(user.raw_app_meta_data or {}), **said.claims},
        "user_metadata": user.raw_user_meta_data or {},
        "role": user.role or "",
        "aal": session.level,
        "amr": [{"method": each.method, "timestamp": int((utc(each.at) or each.at).timestamp())} for each in methods],
        "session_id": session.id,
        "is_anonymous": bool(user.is_anonymous),
    }


def hook_statement(uri: str, event: Claims) -> Statement:
    """The call of a claims hook; its function takes and returns jsonb."""
    found = HOOK.fullmatch(uri)
    if found is None:
        raise Problem("invalid_setting", 500, "The claims hook must be pg-functions://postgres/SCHEMA/FUNCTION")
    return Statement(f"select {qualified(found[1], found[2])}($1::jsonb)", (parameter(event),))


async def call_hook(door: Door, uri: str, user_id: str, claims: Claims, method: str) -> Claims:
    """The claims as the application's function wants them, within the transaction `door` is.

    A Problem where it refuses (its own status and words), takes longer than two seconds, or leaves out what a token
    needs.
    """
    event: Claims = {"user_id": user_id, "claims": claims, "authentication_method": method}
    call = hook_statement(uri, event)
    try:
        results = await door.run(query("hook_timeout", HOOK_TIMEOUT_MS), call, query("hook_timeout", "0"))
    except DatabaseProblem as error:
        if error.code == "57014":
            raise fault("hook_timeout", "Failed to reach hook within maximum time of 2.000000 seconds") from error
        raise fault("unexpected_failure", f"Error running hook URI: {uri}") from error
    row = results[1].first
    return read_hook(row[0] if row else None)


def read_hook(answer: bytes | None) -> Claims:
    """A hook's claims, checked; Problem where it answered an error or something else."""
    returned = msgspec.json.decode(answer) if answer else None
    if not isinstance(returned, dict):
        raise fault("unexpected_failure", "The claims hook did not return an object")
    output: Claims = returned  # pyright: ignore[reportUnknownVariableType]
    error = output.get("error")
    if isinstance(error, dict) and error.get("message"):  # pyright: ignore[reportUnknownMemberType]
        raise _refused(error)  # pyright: ignore[reportUnknownArgumentType]
    claims = output.get("claims")
    if not isinstance(claims, dict):
        raise fault("unexpected_failure", "output claims field is missing")
    missing = [name for name, kind in REQUIRED.items() if not isinstance(claims.get(name), kind)]  # pyright: ignore[reportUnknownMemberType]
    if missing:
        names = ", ".join(missing)
        raise fault("unexpected_failure", f"output claims do not conform to the expected schema: {names}")
    return claims  # pyright: ignore[reportUnknownVariableType]


def _refused(error: Mapping[str, object]) -> Problem:
    asked = error.get("http_code")
    status = asked if isinstance(asked, int) and 400 <= asked <= 599 else 500
    return Problem("unexpected_failure" if status == 500 else "unknown", status, str(error["message"]))
