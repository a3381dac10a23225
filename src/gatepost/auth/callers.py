"""Who calls an endpoint that is not public.

In: the bearer of a request. Out: a Caller whose user and session are as they are now. Never: an identity from claims
that were not verified, or a user who was deleted, banned or signed out.
"""

from typing import Any, Protocol
from uuid import UUID

from ..identity.api_keys import ApiKeys, is_api_key
from ..identity.tokens import InvalidToken
from ..problem import Problem
from . import sessions, users
from .errors import fault
from .flows.call import Auth, Caller

NOBODY = "00000000-0000-0000-0000-000000000000"
MISSING = "This endpoint requires a valid Bearer token"


class Callers(Protocol):
    """Finds out who calls. 401, 403 or 400 in GoTrue's words where it is nobody."""

    async def user(self, bearer: str | None) -> Caller: ...

    async def admin(self, bearer: str | None) -> Caller: ...

    async def inviter(self, bearer: str | None) -> Caller: ...

    def is_secret(self, key: str | None) -> bool: ...


class TokenCallers:
    """By access token; by secret key where the server has keys."""

    def __init__(self, auth: Auth, api_keys: ApiKeys | None = None) -> None:
        self._auth = auth
        self._api_keys = api_keys

    async def user(self, bearer: str | None) -> Caller:
        """The user a token names, and the session: one round trip."""
        return await self._present(self._claims(bearer))

    async def _present(self, claims: dict[str, Any]) -> Caller:
        subject, session_id = _subject(claims), _session_id(claims)
        statements = [users.find(subject), *([sessions.find(session_id)] if session_id else [])]
        results = await self._auth.scope.run(*statements)
        user = users.read(results[0])
        if user is None:
            raise fault("user_not_found", "User from sub claim in JWT does not exist", 403)
        session = sessions.read(results[1]) if session_id else None
        if session_id and (session is None or session.user_id != user.id):
            raise fault("session_not_found", "Session from session_id claim in JWT does not exist")
        if user.is_banned(self._auth.now()):
            raise fault("user_banned", "User is banned")
        return Caller(claims, user, session)

    async def admin(self, bearer: str | None) -> Caller:
        """A role that may administer; a user's token with such a role needs the user, and the session fit to go on."""
        claims = self._claims(bearer)
        caller = Caller(claims)
        if caller.role not in self._auth.settings.jwt_admin_roles:
            raise fault("not_admin", "User not allowed")
        if _session_id(claims):
            self._check_session(await self._present(claims))
        return caller

    async def inviter(self, bearer: str | None) -> Caller:
        """Who may administer; where the settings name a function that says who else may invite, a user too."""
        settings = self._auth.settings
        if not settings.invite_function or self._claims(bearer).get("role") in settings.jwt_admin_roles:
            return await self.admin(bearer)
        return await self.user(bearer)

    def is_secret(self, key: str | None) -> bool:
        """Whether an API key is one with which its holder may do anything here."""
        try:
            return key is not None and self._claims(key).get("role") in self._auth.settings.jwt_admin_roles
        except Problem:
            return False

    def _check_session(self, present: Caller) -> None:
        user, session, now = present.user, present.session, self._auth.now()
        if user is None or session is None or sessions.has_ended(session, user, now, self._auth.settings):
            raise fault("session_expired", "Session is no longer valid", 403)

    def _claims(self, bearer: str | None) -> dict[str, Any]:
        if not bearer or bearer.split() != [bearer]:
            raise fault("no_authorization", MISSING)
        if is_api_key(bearer):
            return self._key_claims(bearer)
        try:
            return dict(self._auth.tokens.verify(bearer))
        except InvalidToken as error:
            words = error.reason.value
            raise fault("bad_jwt", f"invalid JWT: unable to parse or verify signature, {words}") from None

    def _key_claims(self, key: str) -> dict[str, Any]:
        try:
            role = self._api_keys.role(key) if self._api_keys else ""
        except Problem:
            role = ""
        if not role:
            raise fault("bad_jwt", "invalid JWT: unable to parse or verify signature, the API key is not known")
        return {"role": role}


def _subject(claims: dict[str, Any]) -> str:
    subject = claims.get("sub")
    if not subject:
        raise fault("bad_jwt", "invalid claim: missing sub claim")
    return _uuid(subject, "invalid claim: sub claim must be a UUID", 400)


def _session_id(claims: dict[str, Any]) -> str:
    """The session's id, '' where the token names none."""
    value = claims.get("session_id")
    return "" if not value or value == NOBODY else _uuid(value, "invalid claim: session_id claim must be a UUID", 403)


def _uuid(value: object, message: str, status: int) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise fault("bad_jwt", message, status) from None
