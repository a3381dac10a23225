"""A user and a session become claims, and claims a pair of tokens.

In: a user, a session, the settings. Out: a Pair. Never: a claim that a user can write counted as the server's; what
the hook returns is checked before it is signed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from ..identity.tokens import Tokens
from ..query.sql import Statement
from ..settings import AuthSettings
from . import query, sessions, users
from .errors import fault
from .hooks import Door, Remote, ask
from .hooks.events import metadata
from .responses import Pair, utc
from .sessions import Origin, Session
from .users import ServerClaims, User

Claims = dict[str, Any]

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
SERVICE = "service_role"
"""The role that no policy holds back: nobody's but of whose row says so."""


@dataclass(frozen=True, slots=True)
class Issuer:
    """Makes tokens. `clock` gives epoch seconds; `remote` asks hooks over HTTP. `owned_keys` of
    user_metadata are the server's claims', None where those do not stand there.
    """

    settings: AuthSettings
    tokens: Tokens
    clock: Callable[[], float]
    remote: Remote | None = None
    owned_keys: tuple[str, ...] | None = None

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
        claims = build_claims(self.settings, user, session, self._now(), self.owned_keys)
        expires_at = int(claims["exp"])
        claims = await self.hooked(door, user, claims, method)
        return Pair(
            access_token=self.tokens.sign(claims),
            refresh_token=refresh_token,
            expires_in=expires_at - int(self.clock()),
            expires_at=expires_at,
            session_id=session.id,
            user=user,
        )

    async def hooked(self, door: Door, user: User, claims: Claims, method: str) -> Claims:
        """The claims as the application's hook wants them, where there is one; a function's within the transaction
        `door` is. A Problem where it refuses, fails, or leaves out what a token needs.
        """
        if not self.has_hook:
            return claims
        about = metadata("custom_access_token", self._now())
        event: Claims = {"metadata": about, "user_id": user.id, "claims": claims, "authentication_method": method}
        answer = check_claims(await ask(door, self.settings.hook_custom_access_token_uri, event, self.remote))
        if answer["sub"] != claims["sub"] or answer["role"] == SERVICE != claims["role"]:
            raise fault("unexpected_failure", "output claims are another user's, or the server's own")
        return answer

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


async def renew(door: Door, user: User, now: datetime) -> None:
    """Have what the server says of a user written anew where it has ended."""
    if user.server_claims is None or not user.server_claims.has_ended(now):
        return
    [result] = await door.run(query("renew_claims", user.id))
    written = result.first[0] if result.first else None
    user.server_claims = msgspec.json.decode(written, type=ServerClaims) if written else None


def build_claims(
    settings: AuthSettings, user: User, session: Session, now: datetime, owned_keys: tuple[str, ...] | None = None
) -> Claims:
    """The claims of a user's token (GoTrue's), `amr` newest first. What the server says of the user is part of
    `app_metadata`, and where it owns keys of `user_metadata`, of that too; the token does not outlive it.
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
        "user_metadata": _user_metadata(user, said.claims, owned_keys),
        "role": user.role or "",
        "aal": session.level,
        "amr": [{"method": each.method, "timestamp": int((utc(each.at) or each.at).timestamp())} for each in methods],
        "session_id": session.id,
        "is_anonymous": bool(user.is_anonymous),
    }


def _user_metadata(user: User, said: Claims, owned_keys: tuple[str, ...] | None) -> Claims:
    own = user.raw_user_meta_data or {}
    if owned_keys is None:
        return own
    return {name: value for name, value in own.items() if name not in owned_keys} | said


def check_claims(output: Mapping[str, Any] | None) -> Claims:
    """A hook's claims; a Problem where it answered something else."""
    claims = (output or {}).get("claims")
    if not isinstance(claims, dict):
        raise fault("unexpected_failure", "output claims field is missing")
    missing = [name for name, kind in REQUIRED.items() if not isinstance(claims.get(name), kind)]  # pyright: ignore[reportUnknownMemberType]
    if missing:
        names = ", ".join(missing)
        raise fault("unexpected_failure", f"output claims do not conform to the expected schema: {names}")
    return claims  # pyright: ignore[reportUnknownVariableType]
