"""A compact JWS (RFC 7515), read: its header, its payload where one of some keys signed it, its times.

In: a token, a key ring. Out: what was signed, or InvalidToken with a reason each surface words in its own way. Never: a
header's own key, URL or algorithm believed.
"""

import warnings
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from enum import Enum
from typing import Any

import msgspec
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning

from ..problem import Problem
from . import Claims, Identity
from .keys import KeyRing, SigningKey

MAX_TOKEN = 64 * 1024

# What reading somebody's base64 and JSON may raise; the last where it is nested too deeply.
UNREADABLE = (ValueError, msgspec.MsgspecError, RecursionError)


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
    ISSUER = "the token is another issuer's"
    TYPE = "the token is of another kind"
    MISSING = "a claim is missing, or cannot be used"
    UNMAPPED = "no role here belongs to what the token says"


class InvalidToken(Problem):
    """A token that proves nothing; `about` names the part or claim where that says more."""

    def __init__(self, reason: Reason, about: str = "") -> None:
        super().__init__("invalid_token", 401, f"Invalid token: {reason.value}", about or None)
        self.reason = reason
        self.about = about


class Claimed(msgspec.Struct):
    """Whose a token says it is."""

    iss: Any = None


class Header(msgspec.Struct):
    """The part of a JOSE header that is looked at; members that bring a key along are ignored by not being read."""

    alg: str
    kid: str | None = None
    typ: Any = None
    crit: Any = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class Verified:
    """An identity, and from when to when it is one."""

    identity: Identity
    expires: float
    starts: float
    length: int


def read_header(token: str) -> Header:
    if not token:
        raise InvalidToken(Reason.EMPTY)
    if len(token) > MAX_TOKEN:
        raise InvalidToken(Reason.TOO_LONG)
    parts = token.split(".")
    if len(parts) != 3:
        raise InvalidToken(Reason.PARTS, str(len(parts)))
    try:
        return msgspec.json.decode(urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)), type=Header)
    except UNREADABLE:
        raise InvalidToken(Reason.MALFORMED, "header") from None


def claimed_issuer(token: str) -> str:
    """The `iss` of a token that nobody has verified, to find out whose keys are to do it; '' where it can't be read."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > MAX_TOKEN:
        return ""
    try:
        found = msgspec.json.decode(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)), type=Claimed).iss
    except UNREADABLE:
        return ""
    return found if isinstance(found, str) else ""


def signed_payload(token: str, header: Header, keys: KeyRing) -> bytes:
    """What one of `keys` signed."""
    if header.alg.lower() == "none":
        raise InvalidToken(Reason.UNSIGNED)
    if header.crit is not msgspec.UNSET:
        raise InvalidToken(Reason.CRITICAL)
    if not keys.knows(header.alg):
        raise InvalidToken(Reason.ALGORITHM, header.alg)
    for key in keys.candidates(header.kid, header.alg):
        payload = _payload(token, key, header.alg)
        if payload is not None:
            return payload
    raise InvalidToken(Reason.KEY)


def _payload(token: str, key: SigningKey, algorithm: str) -> bytes | None:
    """The payload where `key` made the signature."""
    try:
        with warnings.catch_warnings(action="ignore", category=SecurityWarning):
            # That the name EdDSA says less than Ed25519 (RFC 9864); whoever signs chooses it.
            return jws.deserialize_compact(token, key.key, algorithms=[algorithm]).payload
    except (JoseError, ValueError, TypeError, RecursionError):
        return None


def read_claims(payload: bytes) -> dict[str, Any]:
    try:
        claims = msgspec.json.decode(payload)
    except UNREADABLE:
        raise InvalidToken(Reason.MALFORMED, "claims") from None
    if not isinstance(claims, dict):
        raise InvalidToken(Reason.CLAIMS)
    return claims  # pyright: ignore[reportUnknownVariableType]


def audiences_of(claims: Claims) -> list[str]:
    """`aud` is a string or a list of them wherever it stands; absent, null and [] are none."""
    value = claims.get("aud")
    audiences: Any = [value] if isinstance(value, str) else value
    if audiences is None:
        return []
    if not isinstance(audiences, list) or not all(isinstance(each, str) for each in audiences):  # pyright: ignore[reportUnknownVariableType]
        raise InvalidToken(Reason.CLAIM, "aud")
    return audiences  # pyright: ignore[reportUnknownVariableType]


def times_of(claims: Claims, now: float, leeway: float, *, strict_issued_at: bool) -> tuple[float | None, float | None]:
    """`exp` and `nbf`; InvalidToken where now is not between them, or (strictly) before `iat`."""
    expires, starts, issued = (time_of(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is not None and now >= expires + leeway:
        raise InvalidToken(Reason.EXPIRED)
    if starts is not None and now < starts - leeway:
        raise InvalidToken(Reason.NOT_YET)
    if strict_issued_at and issued is not None and now < issued - leeway:
        raise InvalidToken(Reason.FUTURE)
    return expires, starts


def time_of(claims: Claims, name: str) -> float | None:
    """A numeric date (RFC 7519 §2); null counts as absent."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidToken(Reason.CLAIM, name)
    try:
        return float(value)
    except OverflowError:
        raise InvalidToken(Reason.CLAIM, name) from None
