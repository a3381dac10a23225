"""One request of one visitor: who it is, the session it brought, what becomes of that session.

In: an AuthServer, the request's cookies and bearer. Out: Steps to an Identity, a User, a session begun, renewed, ended;
cookies handed to `set_all`. Never: kept beyond its request; a stored user believed; a session ended because the server
is away.
"""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ...identity import ANON, Identity, hashed
from ...identity.compact import InvalidToken
from ...problem import Problem
from ..cookies import PRIVATE, SetCookie, joined, read_item, remove_item, session_text, write_item
from .sessions import Factor, UnverifiedSession, User, factors_of, read_session, session_in, user_of
from .wishes import Answer, Away, Call, Once, Steps

if TYPE_CHECKING:
    from .server import AuthServer

MARGIN = 60.0
"""Seconds before its end at which an access token is renewed."""
KEPT = 10.0
"""Seconds for which a renewed session is found by the token it came of: GoTrue's reuse interval, within the process."""
ENDED = frozenset(
    (
        "refresh_token_not_found", "refresh_token_already_used", "session_not_found", "session_expired",
        "user_not_found", "user_banned", "validation_failed",
    )
)  # fmt: skip
"""What the auth server says of a session that is no more; whatever else it says, the session may be good."""
CHALLENGE = {"WWW-Authenticate": 'Bearer error="invalid_token"'}

GetAll = Callable[[], Iterable[tuple[str, str]]]
SetAll = Callable[[list[SetCookie], Mapping[str, str]], None]


class ResponseBegun(RuntimeError):
    """Raised by a `set_all` that is too late: the response's headers are sent. What renews sessions makes up for it."""


class Refused(Exception):
    """The auth server says that there is no such session."""


class Visit:
    """The logic of a request, as Steps; the clients run them. `set_all` is None where no cookie can be set, and then
    nothing is renewed, for the new session would be lost. `address` is the visitor's.
    """

    __slots__ = (
        "_asked", "_get_all", "_identity", "_read", "_session", "_set_all", "_user", "address", "bearer", "server",
    )  # fmt: skip

    def __init__(
        self, server: "AuthServer", get_all: GetAll, set_all: SetAll | None, bearer: str | None, address: str = ""
    ) -> None:
        self.server, self.bearer, self.address = server, bearer, address
        self._get_all, self._set_all = get_all, set_all
        self._session: UnverifiedSession | None = None
        self._read = False
        self._identity: Identity | None = None
        self._user: User | None = None
        self._asked = False

    # ------------------------------------------------------------------ who it is

    def session(self) -> UnverifiedSession | None:
        """What the cookies say."""
        if not self._read:
            self._read = True
            value = joined(dict(self._get_all()), self.server.storage_key)
            self._session = session_in(value) if value else None
        return self._session

    def disregard(self) -> None:
        """The cookies say nothing, for this request."""
        self._session, self._read = None, True
        self._forget_who()

    def by_cookie(self) -> bool:
        """Whether cookies are what proves: there is a session, and no bearer."""
        return self.bearer is None and self.session() is not None

    def identity(self) -> Steps[Identity]:
        """ANON without a proof and for a bad cookie; 401 for a bad bearer."""
        if self._identity is None:
            self._identity = yield from (self._of_cookies() if self.bearer is None else self._of_bearer(self.bearer))
        return self._identity

    def _of_bearer(self, bearer: str) -> Steps[Identity]:
        if bearer == self.server.key and bearer:
            return ANON
        try:
            return (yield from self.server.proofs.identify(bearer))
        except InvalidToken as error:
            raise Problem("invalid_token", 401, error.message, error.details, None, CHALLENGE) from None

    def _of_cookies(self) -> Steps[Identity]:
        session = self.session()
        if session is None:
            return ANON
        identity = yield from self._of_token(session)
        left = (session.expires_at if identity is ANON else identity.claims["exp"]) - self.server.clock()
        if left >= MARGIN or not session.refresh_token or self._set_all is None:
            return identity
        yield from self._refresh(session, left)
        renewed = self.session()
        return identity if renewed is session else ANON if renewed is None else (yield from self._of_token(renewed))

    def _of_token(self, session: UnverifiedSession) -> Steps[Identity]:
        try:
            return (yield from self.server.proofs.identify(session.access_token))
        except InvalidToken:
            return ANON

    def user(self) -> Steps[User | None]:
        """The user of a verified token, whose session the auth server says to be alive unless it is not asked."""
        if not self._asked:
            identity = yield from self.identity()
            self._user = (yield from self._user_of(identity)) if identity.subject else None
            self._asked = True
        return self._user

    def _user_of(self, identity: Identity) -> Steps[User | None]:
        if not self.server.asks:
            return user_of(identity.claims, identity.subject)
        answer = yield self._call("GET", "/user", bearer=self._token())
        if answer.status == 200:
            return user_of(answer.json(), identity.subject)
        if not answer.gone:
            raise Away(f"it answered {answer.status}")
        self._identity = None if self.bearer else ANON
        if self.bearer:
            raise Problem("invalid_token", 401, "The token's session has ended", answer.code, None, CHALLENGE)
        return None

    def _token(self) -> str:
        """The access token that was verified."""
        session = self.session()
        return self.bearer or (session.access_token if session else "")

    # ------------------------------------------------------------------ renewing

    def refresh(self) -> Steps[UnverifiedSession | None]:
        """Renew the session of the cookies now; None where there is none, or no more."""
        session = self.session()
        if session is not None and session.refresh_token:
            yield from self._refresh(session, 0.0)
        return self.session()

    def _refresh(self, session: UnverifiedSession, left: float) -> Steps[None]:
        token = session.refresh_token
        try:
            fresh = yield Once(("refresh", hashed(token)), lambda: _exchanged(token, self.address), KEPT)
        except Refused:
            self.clear()
        except Away:
            if left <= 0:
                raise
        else:
            self.keep(fresh)

    def keep(self, session: UnverifiedSession) -> None:
        """The session in the visitor's cookies from now on."""
        server = self.server
        self._set(write_item(self._get_all(), server.storage_key, session.text, server.options))
        self._session, self._read = session, True
        self._forget_who()

    def clear(self) -> None:
        """Nothing of a session in the visitor's cookies."""
        self._set(remove_item(self._get_all(), self.server.storage_key, self.server.options))
        self._session, self._read = None, True
        self._forget_who()

    def _forget_who(self) -> None:
        self._identity, self._user, self._asked = None, None, False

    def _set(self, cookies: list[SetCookie]) -> None:
        if cookies and self._set_all is not None:
            try:
                self._set_all(cookies, PRIVATE)
            except ResponseBegun:
                return

    # ------------------------------------------------------------------ signing in and out

    def sign_in_with_password(self, email: str, password: str) -> Steps[User]:
        """A new session. Problem as the auth server words it."""
        body = {"email": email, "password": password}
        return (yield from self._begin(self._call("POST", "/token?grant_type=password", body)))

    def sign_up(
        self, email: str, password: str, redirect_to: str, data: Mapping[str, Any] | None = None
    ) -> Steps[User | None]:
        """A new user with a session; None where a link, mailed to the address, is to be followed first. It leads to
        `redirect_to` with a code for this browser. `data` is the user's own metadata.
        """
        body = {"email": email, "password": password, "data": data or {}}
        answer = yield from self._mailed("/signup", redirect_to, body)
        return None if read_session(answer.body) is None else (yield from self._begun(answer))

    def send_link(self, email: str, redirect_to: str, *, create_user: bool = False) -> Steps[None]:
        """Mail a link that leads to `redirect_to` with a code, which only this browser can exchange (PKCE)."""
        yield from self._mailed("/otp", redirect_to, {"email": email, "create_user": create_user})

    def recover(self, email: str, redirect_to: str) -> Steps[None]:
        """The same for who has forgotten the password; the session that comes of it may set a new one."""
        yield from self._mailed("/recover", redirect_to, {"email": email})

    def _mailed(self, path: str, redirect_to: str, body: Mapping[str, Any]) -> Steps[Answer]:
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        proof = {"code_challenge": urlsafe_b64encode(digest).decode().rstrip("="), "code_challenge_method": "s256"}
        answer = yield self._call("POST", f"{path}?redirect_to={quote(redirect_to, safe='')}", {**body, **proof})
        _checked(answer)
        if read_session(answer.body) is None:
            self._set(write_item(self._get_all(), self._verifier_key, f'"{verifier}"', self.server.options))
        return answer

    def exchange_code(self, code: str) -> Steps[User]:
        """A new session for the code of a link, in the browser that asked for it."""
        verifier = (read_item(self._get_all(), self._verifier_key) or "").strip('"').partition("/")[0]
        if not verifier:
            hint = "Open the link in the browser in which it was asked for"
            raise Problem("flow_state_not_found", 400, "This browser did not ask for the link", None, hint)
        body = {"auth_code": code, "code_verifier": verifier}
        user = yield from self._begin(self._call("POST", "/token?grant_type=pkce", body))
        self._set(remove_item(self._get_all(), self._verifier_key, self.server.options))
        return user

    def show_code(self, code: str, factor: str) -> Steps[User]:
        """The session raised to aal2 by an authenticator's code."""
        yield from self.identity()
        token, place = self._token(), f"/factors/{quote(factor, safe='')}"
        challenge = _checked((yield self._call("POST", f"{place}/challenge", {}, token)))
        body = {"challenge_id": challenge["id"], "code": code}
        return (yield from self._begin(self._call("POST", f"{place}/verify", body, token)))

    def sign_out(self, scope: str = "local") -> Steps[None]:
        """End the session (`global`: all of the user's), here and, where it can be reached, on the auth server."""
        session = self.session()
        self.clear()
        if session is None:
            return
        self.server.flights.forget(lambda result: _is_of(result, session))
        answer: Answer = yield self._call("POST", f"/logout?scope={scope}", bearer=session.access_token)
        if answer.status == 429 or answer.status >= 500:
            raise Away(f"it answered {answer.status}")

    @property
    def _verifier_key(self) -> str:
        return f"{self.server.storage_key}-code-verifier"

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None, bearer: str = "") -> Call:
        return Call(method, path, body, bearer, self.address)

    def _begin(self, call: Call) -> Steps[User]:
        return (yield from self._begun((yield call)))

    def _begun(self, answer: Answer) -> Steps[User]:
        said = _checked(answer)
        session = read_session(answer.body)
        if session is None:
            raise Away("it answered without a session")
        try:
            identity = yield from self.server.proofs.identify(session.access_token)
        except InvalidToken as error:
            raise Away(f"it answered with a token that is not good here: {error.reason.value}") from None
        self.keep(session)
        user: Any = said.get("user")
        return user_of(user if isinstance(user, dict) else identity.claims, identity.subject)  # pyright: ignore

    # ------------------------------------------------------------------ the user's own account

    def update_user(self, changes: Mapping[str, Any]) -> Steps[User]:
        """The user, changed: `password`, `email`, `data` (own metadata) and what else the auth server takes."""
        said = yield from self._own("PUT", "/user", changes)
        session = self.session()
        if self.bearer is None and session is not None:
            changed = read_session(session_text({**session.stored, "user": said}))
            self.keep(changed or session)
        return user_of(said, str(said.get("id", "")))

    def reauthenticate(self) -> Steps[None]:
        """Mail a code that a new password needs where the auth server asks for it: `nonce` of `update_user`."""
        yield from self._own("GET", "/reauthenticate")

    def factors(self) -> Steps[list[Factor]]:
        """The user's second factors, as the auth server has them now."""
        return factors_of((yield from self._own("GET", "/user")))

    def enroll(self, name: str = "", issuer: str = "") -> Steps[Mapping[str, Any]]:
        """A new authenticator: its `id`, and in `totp` its `secret` and `uri`. `show_code` proves that it is there."""
        about = {"friendly_name": name, "issuer": issuer}
        body = {"factor_type": "totp", **{key: value for key, value in about.items() if value}}
        return (yield from self._own("POST", "/factors", body))

    def unenroll(self, factor: str) -> Steps[None]:
        """The second factor is one no more."""
        yield from self._own("DELETE", f"/factors/{quote(factor, safe='')}")

    def _own(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Steps[dict[str, Any]]:
        yield from self.identity()
        return _checked((yield self._call(method, path, body, self._token())))


def _is_of(result: Any, session: UnverifiedSession) -> bool:
    return isinstance(result, UnverifiedSession) and result.refresh_token == session.refresh_token


def _exchanged(token: str, address: str) -> Steps[UnverifiedSession]:
    body = {"refresh_token": token}
    answer: Answer = yield Call("POST", "/token?grant_type=refresh_token", body, visitor=address)
    session = read_session(answer.body) if answer.status == 200 else None
    if session is not None:
        return session
    if 400 <= answer.status < 500 and answer.code in ENDED:
        raise Refused(answer.code)
    raise Away(f"it answered {answer.status}")


def _checked(answer: Answer) -> dict[str, Any]:
    """What the auth server said yes with; its no as a Problem."""
    said = answer.json()
    if answer.status < 300:
        return said
    if answer.status >= 500 or not answer.code:
        raise Away(f"it answered {answer.status}")
    message = said.get("message") or said.get("msg")
    raise Problem(answer.code, answer.status, message if isinstance(message, str) else "The auth server refused")
