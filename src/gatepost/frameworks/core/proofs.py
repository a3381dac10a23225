"""Whose tokens are believed: those of one auth server, or of one OpenID Connect issuer.

In: a token. Out: Steps to the Identity it proves, or InvalidToken; Away where the keys cannot be had. Never: an
identity of a token without an end; a role that was not allowed; more than one request for keys at once, or in a few
seconds.
"""

import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Protocol

import msgspec

from ...identity import ANON, Identity, hashed
from ...identity.compact import InvalidToken, Reason, claimed_issuer, read_claims, read_header, times_of
from ...identity.issuers import Issuer, KeysWanted, Trust
from ...identity.keys import KeyRing, SigningKey, from_secret
from ...identity.tokens import Rules, Tokens
from ...outside.exchange import check_address
from ...outside.issuers import Discovery, KeySet, names, usable
from ...problem import Problem
from .wishes import Away, Call, Once, Steps

MAX_AGE, GRACE, PAUSE, RETRY = 600.0, 3600.0, 10.0, 2.0
"""Seconds: how long keys are good at most, how long they stay while the server is away, how soon it is asked again for
more keys, or for any.
"""
VOUCHED = 10.0
"""Seconds for which the server's word for a token is kept, where it signs with a secret that we do not have."""
UNKNOWN = (Reason.KEY, Reason.ALGORITHM)
Clock = Callable[[], float]


class Proofs(Protocol):
    """Those that can tell whose a token is."""

    def identify(self, token: str) -> Steps[Identity]:
        """Who a token's bearer is; InvalidToken otherwise."""
        ...


class KeySource:
    """Keys of somebody else, fetched when they are first needed and again when they are old."""

    def __init__(self, use: Callable[[list[SigningKey]], None], clock: Clock) -> None:
        self._use, self._clock = use, clock
        self.until, self.ask_again, self.ends = 0.0, 0.0, 0.0

    def fetch(self, find: Callable[[], Steps[str]], *, waits: bool = False) -> Steps[None]:
        """Have keys that are good for now; `find` tells their address. Away where there are none. Nobody waits for keys
        that are only to be renewed, unless told to, or nobody has asked for them for long: one may have been withdrawn.
        """
        now = self._clock()
        if self.ends <= now < self.ask_again:
            raise Away("its keys could not be had a moment ago")
        yield Once(self, lambda: self._renew(find), waits=waits or now >= min(self.ends, self.until + MAX_AGE))

    def _renew(self, find: Callable[[], Steps[str]]) -> Steps[None]:
        try:
            answer = yield Call("GET", (yield from find()))
            keys = usable(msgspec.json.decode(answer.body, type=KeySet).keys) if answer.status == 200 else None
            if keys is None:
                raise Away(f"it answered {answer.status}")
        except (Away, msgspec.MsgspecError, Problem, RecursionError) as error:
            self._keep(error)
        else:
            now = self._clock()
            good = max(min(answer.max_age, MAX_AGE), PAUSE)
            self.until, self.ask_again, self.ends = now + good, now + PAUSE, now + good + GRACE
            self._use(keys)

    def _keep(self, error: Exception) -> None:
        """Those that were there go on for a while."""
        now = self._clock()
        self.ask_again = now + RETRY
        if now >= self.ends:
            self._use([])
            raise error if isinstance(error, Away) else Away("its keys cannot be read")
        self.until = min(now + PAUSE, self.ends)


class OwnTokens:
    """Tokens of a Gatepost or Supabase. With a `secret` nothing is asked of it; without one its public keys are
    fetched, and where it signs with a secret of its own it vouches for each token.
    """

    def __init__(self, secret: str, audience: str | None, roles: Iterable[str], clock: Clock = time.time) -> None:
        self._clock, self._roles, self._fetches = clock, frozenset(roles), not secret
        self.tokens = Tokens(KeyRing([from_secret(secret)] if secret else ()), Rules(audience=audience), clock)
        self._source, self._lock = KeySource(self._use, clock), Lock()

    def identify(self, token: str) -> Steps[Identity]:
        if self._fetches and self._clock() >= self._source.until:
            yield from self._source.fetch(_own_keys)
        try:
            return self._checked(self._identified(token))
        except InvalidToken as error:
            if not self._fetches or error.reason not in UNKNOWN:
                raise
        return (yield from self._of_unknown_key(token))

    def _of_unknown_key(self, token: str) -> Steps[Identity]:
        """Perhaps the key is new; or it is a secret that only the server has."""
        if read_header(token).alg.startswith("HS"):
            yield Once((self, hashed(token)), lambda: _vouched(token), VOUCHED)
            return self._checked(self._read(token))
        if self._clock() >= self._source.ask_again:
            yield from self._source.fetch(_own_keys, waits=True)
        return self._checked(self._identified(token))

    def _identified(self, token: str) -> Identity:
        with self._lock:
            return self.tokens.identify(token)

    def _read(self, token: str) -> Identity:
        """What a token says for which the server has vouched."""
        payload = token.split(".")[1]
        claims = read_claims(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        times_of(claims, self._clock(), 0, strict_issued_at=False)
        return Identity(str(claims.get("role") or ANON.role), claims)

    def _use(self, keys: list[SigningKey]) -> None:
        if names(keys) != names(self.tokens.keys.keys):
            self.tokens.keys = KeyRing(keys)

    def _checked(self, identity: Identity) -> Identity:
        if identity.role == ANON.role:
            return ANON
        if identity.role not in self._roles:
            raise InvalidToken(Reason.UNMAPPED, "role")
        if not identity.subject or identity.claims.get("exp") is None:
            raise InvalidToken(Reason.MISSING, "exp" if identity.subject else "sub")
        return identity


class IssuersTokens:
    """Tokens of an OpenID Connect issuer, as `trust` has them."""

    def __init__(self, trust: Trust, jwks_url: str = "", clock: Clock = time.time) -> None:
        self._issuer, self._clock = Issuer(trust), clock
        self._jwks_url = jwks_url
        self.tokens = Tokens(KeyRing(()), None, clock)
        self.tokens.issuers = {trust.name: self._issuer}
        self._source, self._lock = KeySource(self._use, clock), Lock()

    def identify(self, token: str) -> Steps[Identity]:
        try:
            return self._identified(token)
        except KeysWanted:
            yield from self._fetched()
        return self._identified(token)

    def _identified(self, token: str) -> Identity:
        if claimed_issuer(token) != self._issuer.trust.name:
            raise InvalidToken(Reason.ISSUER)
        with self._lock:
            return self.tokens.identify(token)

    def _fetched(self) -> Steps[None]:
        """Keys that are only old go on until newer ones are there; a key that is not among them is waited for."""
        now, issuer = self._clock(), self._issuer
        old = now >= issuer.until
        if old and now < self._source.ends:
            issuer.until = min(now + PAUSE, self._source.ends)
        yield from self._source.fetch(self._keys_address, waits=not old)
        issuer.ask_again = self._source.ask_again

    def _keys_address(self) -> Steps[str]:
        if self._jwks_url:
            return self._jwks_url
        name = self._issuer.trust.name
        answer = yield Call("GET", name.rstrip("/") + "/.well-known/openid-configuration")
        if answer.status != 200:
            raise Away(f"it answered {answer.status}")
        found = msgspec.json.decode(answer.body, type=Discovery)
        if found.issuer != name:
            raise Away("its configuration is of another issuer")
        return check_address(found.jwks_uri, "jwks_uri", loopback=name.startswith("http:"))

    def _use(self, keys: list[SigningKey]) -> None:
        self._issuer.until = self._source.until
        if names(keys) != names(self._issuer.keys.keys):
            self._issuer.keys = KeyRing(keys)
            self.tokens.forget()


def _own_keys() -> Steps[str]:
    return "/.well-known/jwks.json"
    yield  # a generator, as the other is


def _vouched(token: str) -> Steps[None]:
    answer = yield Call("GET", "/user", bearer=token)
    if answer.gone:
        raise InvalidToken(Reason.KEY)
    if answer.status != 200:
        raise Away(f"it answered {answer.status}")
