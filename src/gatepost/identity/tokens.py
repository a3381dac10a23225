"""Tokens: signed here, verified and validated in one call.

In: a compact JWS (RFC 7515) or claims. Out: an Identity whose signature, times and audience were checked, or
InvalidToken with a reason each surface words in its own way. Never: claims of a token that did not pass; a header's
own key, URL or algorithm believed.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from joserfc import jws

from . import ANON, Claims, Identity, hashed, is_role
from .compact import (
    MAX_TOKEN,
    InvalidToken,
    Reason,
    Verified,
    audiences_of,
    claimed_issuer,
    read_claims,
    read_header,
    signed_payload,
    times_of,
)
from .issuers import Issuer
from .keys import KeyRing

__all__ = ["MAX_TOKEN", "InvalidToken", "Reason", "Rules", "Tokens"]

CACHE_SIZE = 10_000
CACHE_BYTES = 8 * 1024 * 1024  # of tokens; what is kept of one takes a few times as much
CACHED_TOKEN = 8 * 1024


@dataclass(frozen=True, slots=True)
class Rules:
    """What a dialect asks of a token beside its signature.

    `leeway` in seconds; `audience` is checked where set; `strict_issued_at` refuses a future `iat`; `role` finds the
    database role in the claims, None where the token names none (then `default_role`).
    """

    leeway: float = 0
    audience: str | None = None
    strict_issued_at: bool = False
    default_role: str = ANON.role
    role: Callable[[Claims], str | None] | None = None


class Tokens:
    """Verification with a cache of what was verified, `most` tokens; its key is the token's hash, so no token stays in
    memory.
    """

    def __init__(
        self,
        keys: KeyRing,
        rules: Rules | None = None,
        clock: Callable[[], float] = time.time,
        most: int = CACHE_SIZE,
    ) -> None:
        self.rules = rules or Rules()
        self._most = most
        self.issuers: Mapping[str, Issuer] = {}
        """Whose tokens are believed beside the server's own, by their `iss`."""
        self._keys = keys
        self._clock = clock
        self._cache: OrderedDict[bytes, Verified] = OrderedDict()
        self._held = 0

    @property
    def keys(self) -> KeyRing:
        return self._keys

    @keys.setter
    def keys(self, keys: KeyRing) -> None:
        """Keys were rotated or revoked."""
        self._keys = keys
        self.forget()

    def forget(self) -> None:
        """Nothing that older keys verified is believed."""
        self._cache.clear()
        self._held = 0

    def issuer_of(self, token: str) -> Issuer | None:
        """Whose a token says it is, where that is one of `issuers`: nothing of it has been verified."""
        return self.issuers.get(claimed_issuer(token)) if self.issuers else None

    def sign(self, claims: Claims) -> str:
        """A compact token over `claims`, with the signing key's algorithm and kid in its header."""
        key = self._keys.signing
        header = {"alg": key.algorithm, "typ": "JWT"} | ({"kid": key.kid} if key.kid else {})
        return jws.serialize_compact(header, msgspec.json.encode(claims), key.key, algorithms=[key.algorithm])

    def verify(self, token: str) -> Claims:
        """The claims of a valid token of the server's own; InvalidToken otherwise."""
        if self.issuer_of(token) is not None:
            raise InvalidToken(Reason.ISSUER)
        return self.identify(token).claims

    def identify(self, token: str) -> Identity:
        """The identity of a valid token; InvalidToken otherwise, KeysWanted where an issuer's keys have to be fetched
        first. Times are checked at every call, cached or not.
        """
        digest = hashed(token)
        known = self._cache.get(digest)
        if known is None:
            known = self._verify(token)
            self._remember(digest, known)
        now, leeway = self._clock(), self.rules.leeway
        if now >= known.expires + leeway:
            if not known.identity.issuer:
                raise InvalidToken(Reason.EXPIRED)
            # Perhaps only its issuer's keys are to be looked at again.
            self._drop(digest)
            return self._again(token, digest)
        if now < known.starts - leeway:
            raise InvalidToken(Reason.NOT_YET)
        return known.identity

    def _again(self, token: str, digest: bytes) -> Identity:
        known = self._verify(token)
        self._remember(digest, known)
        return known.identity

    def _drop(self, digest: bytes) -> None:
        dropped = self._cache.pop(digest, None)
        self._held -= dropped.length if dropped else 0

    def _remember(self, digest: bytes, verified: Verified) -> None:
        if verified.length > CACHED_TOKEN:
            return
        self._cache[digest] = verified
        self._held += verified.length
        while len(self._cache) > self._most or self._held > CACHE_BYTES:
            _, dropped = self._cache.popitem(last=False)
            self._held -= dropped.length

    def _verify(self, token: str) -> Verified:
        issuer = self.issuer_of(token)
        if issuer is not None:
            return issuer.verify(token, self._clock())
        claims = read_claims(signed_payload(token, read_header(token), self._keys))
        expires, starts = times_of(
            claims, self._clock(), self.rules.leeway, strict_issued_at=self.rules.strict_issued_at
        )
        self._check_audience(claims)
        return Verified(self._identity(claims), expires or float("inf"), starts or float("-inf"), len(token))

    def _check_audience(self, claims: Claims) -> None:
        """A token that names no audience passes (PostgREST's rule)."""
        audiences = audiences_of(claims)
        if self.rules.audience is not None and audiences and self.rules.audience not in audiences:
            raise InvalidToken(Reason.AUDIENCE)

    def _identity(self, claims: dict[str, Any]) -> Identity:
        find = self.rules.role
        named = claims.get("role") if find is None else find(claims)
        role = named if isinstance(named, str) and named else self.rules.default_role
        if not is_role(role):
            raise InvalidToken(Reason.ROLE, role)
        return Identity(role, {**claims, "role": role})
