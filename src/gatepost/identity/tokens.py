"""Tokens: signed here, verified and validated in one call.

In: a compact JWS (RFC 7515) or claims. Out: an Identity whose signature, times and audience were checked, or
InvalidToken with a reason each surface words in its own way. Never: claims of a token that did not pass; a header's
own key, URL or algorithm believed.
"""

import time
from base64 import urlsafe_b64decode
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec
from joserfc import jws
from joserfc.errors import JoseError

from ..problem import Problem
from . import ANON, Claims, Identity, hashed, is_role
from .keys import KeyRing, SigningKey

MAX_TOKEN = 64 * 1024
CACHE_SIZE = 10_000
CACHE_BYTES = 8 * 1024 * 1024  # of tokens; what is kept of one takes a few times as much
CACHED_TOKEN = 8 * 1024


class Reason(Enum):
    """Why a token is refused."""

    EMPTY = "the token is empty"
    PARTS = "the token does not have three parts"
    TOO_LONG = "the token is too long"
    MALFORMED = "the token cannot be read"
    UNSIGNED = "the token is not signed"
    ALGORITHM = "the algorithm is not one of the server's keys"
    CRITICAL = "the token demands an extension that is not supported"
    KEY = "no key of the server made this signature"
    EXPIRED = "the token has expired"
    NOT_YET = "the token is not valid yet"
    FUTURE = "the token was issued in the future"
    AUDIENCE = "the token is for another audience"
    CLAIM = "a claim has the wrong type"
    CLAIMS = "the claims are not an object"
    ROLE = "no role can be called so"


class InvalidToken(Problem):
    """A token that proves nothing; `about` names the part or claim where that says more."""

    def __init__(self, reason: Reason, about: str = "") -> None:
        super().__init__("invalid_token", 401, f"Invalid token: {reason.value}", about or None)
        self.reason = reason
        self.about = about


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


class Header(msgspec.Struct):
    """The part of a JOSE header that is looked at; members that bring a key along are ignored by not being read."""

    alg: str
    kid: str | None = None
    crit: Any = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class Verified:
    identity: Identity
    expires: float
    starts: float
    length: int


class Tokens:
    """Verification with a cache of what was verified; its key is the token's hash, so no token stays in memory."""

    def __init__(self, keys: KeyRing, rules: Rules | None = None, clock: Callable[[], float] = time.time) -> None:
        self.rules = rules or Rules()
        self._keys = keys
        self._clock = clock
        self._cache: OrderedDict[bytes, Verified] = OrderedDict()
        self._held = 0

    @property
    def keys(self) -> KeyRing:
        return self._keys

    @keys.setter
    def keys(self, keys: KeyRing) -> None:
        """Keys were rotated or revoked: nothing that older keys verified is believed."""
        self._keys = keys
        self._cache.clear()
        self._held = 0

    def sign(self, claims: Claims) -> str:
        """A compact token over `claims`, with the signing key's algorithm and kid in its header."""
        key = self._keys.signing
        header = {"alg": key.algorithm, "typ": "JWT"} | ({"kid": key.kid} if key.kid else {})
        return jws.serialize_compact(header, msgspec.json.encode(claims), key.key, algorithms=[key.algorithm])

    def verify(self, token: str) -> Claims:
        """The claims of a valid token; InvalidToken otherwise."""
        return self.identify(token).claims

    def identify(self, token: str) -> Identity:
        """The identity of a valid token; InvalidToken otherwise. Times are checked at every call, cached or not."""
        digest = hashed(token)
        known = self._cache.get(digest)
        if known is None:
            known = self._verify(token)
            self._remember(digest, known)
        now, leeway = self._clock(), self.rules.leeway
        if now >= known.expires + leeway:
            raise InvalidToken(Reason.EXPIRED)
        if now < known.starts - leeway:
            raise InvalidToken(Reason.NOT_YET)
        return known.identity

    def _remember(self, digest: bytes, verified: Verified) -> None:
        if verified.length > CACHED_TOKEN:
            return
        self._cache[digest] = verified
        self._held += verified.length
        while len(self._cache) > CACHE_SIZE or self._held > CACHE_BYTES:
            _, dropped = self._cache.popitem(last=False)
            self._held -= dropped.length

    def _verify(self, token: str) -> Verified:
        header = _read_header(token)
        claims = _read_claims(self._check_signature(token, header))
        expires, starts, issued = (_time(claims, name) for name in ("exp", "nbf", "iat"))
        now, leeway = self._clock(), self.rules.leeway
        if expires is not None and now >= expires + leeway:
            raise InvalidToken(Reason.EXPIRED)
        if starts is not None and now < starts - leeway:
            raise InvalidToken(Reason.NOT_YET)
        if self.rules.strict_issued_at and issued is not None and now < issued - leeway:
            raise InvalidToken(Reason.FUTURE)
        self._check_audience(claims)
        return Verified(self._identity(claims), expires or float("inf"), starts or float("-inf"), len(token))

    def _check_signature(self, token: str, header: Header) -> bytes:
        if header.alg.lower() == "none":
            raise InvalidToken(Reason.UNSIGNED)
        if header.crit is not msgspec.UNSET:
            raise InvalidToken(Reason.CRITICAL)
        if not self._keys.knows(header.alg):
            raise InvalidToken(Reason.ALGORITHM, header.alg)
        for key in self._keys.candidates(header.kid, header.alg):
            payload = _payload(token, key, header.alg)
            if payload is not None:
                return payload
        raise InvalidToken(Reason.KEY)

    def _check_audience(self, claims: Claims) -> None:
        """`aud` is a string or a list of them wherever it stands; absent, null and [] pass (PostgREST's rule)."""
        value = claims.get("aud")
        audiences = [value] if isinstance(value, str) else value
        if audiences is None:
            return
        if not isinstance(audiences, list) or not all(isinstance(each, str) for each in audiences):  # pyright: ignore[reportUnknownVariableType]
            raise InvalidToken(Reason.CLAIM, "aud")
        if self.rules.audience is not None and audiences and self.rules.audience not in audiences:
            raise InvalidToken(Reason.AUDIENCE)

    def _identity(self, claims: dict[str, Any]) -> Identity:
        find = self.rules.role
        named = claims.get("role") if find is None else find(claims)
        role = named if isinstance(named, str) and named else self.rules.default_role
        if not is_role(role):
            raise InvalidToken(Reason.ROLE, role)
        return Identity(role, {**claims, "role": role})


def _read_header(token: str) -> Header:
    if not token:
        raise InvalidToken(Reason.EMPTY)
    if len(token) > MAX_TOKEN:
        raise InvalidToken(Reason.TOO_LONG)
    parts = token.split(".")
    if len(parts) != 3:
        raise InvalidToken(Reason.PARTS, str(len(parts)))
    try:
        return msgspec.json.decode(urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)), type=Header)
    except (ValueError, msgspec.MsgspecError):
        raise InvalidToken(Reason.MALFORMED, "header") from None


def _payload(token: str, key: SigningKey, algorithm: str) -> bytes | None:
    """The payload where `key` made the signature."""
    try:
        return jws.deserialize_compact(token, key.key, algorithms=[algorithm]).payload
    except (JoseError, ValueError, TypeError):
        return None


def _read_claims(payload: bytes) -> dict[str, Any]:
    try:
        claims = msgspec.json.decode(payload)
    except (ValueError, msgspec.MsgspecError):
        raise InvalidToken(Reason.MALFORMED, "claims") from None
    if not isinstance(claims, dict):
        raise InvalidToken(Reason.CLAIMS)
    return claims  # pyright: ignore[reportUnknownVariableType]


def _time(claims: Claims, name: str) -> float | None:
    """A numeric date (RFC 7519 §2); null counts as absent."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidToken(Reason.CLAIM, name)
    return float(value)
