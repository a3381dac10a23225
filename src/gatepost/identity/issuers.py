"""Issuers beside the server itself: whose tokens are believed, and what they may say.

In: a token, the keys that its issuer had when it was last asked. Out: the Identity that it makes here, or InvalidToken;
KeysWanted where the issuer has to be asked first, which is for whoever has a socket. Never: a role that is not written
down for this issuer; an issuer's word in the place of the server's own (its sessions, what it says of users).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from ..problem import Problem
from . import Claims, Identity
from .compact import (
    Header,
    InvalidToken,
    Reason,
    Verified,
    audiences_of,
    read_claims,
    read_header,
    signed_payload,
    times_of,
)
from .keys import KeyRing

# Clocks of two companies differ more than those of two processes.
LEEWAY = 30
# Those whose keys can be public. What a key names of them is decided by its type.
ALGORITHMS = frozenset(
    ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
)
# An access token (RFC 9068), or the plain kind that ID tokens are of too; not, say, a token that ends a session.
TYPES = (None, "jwt", "at+jwt", "application/at+jwt")
LONGEST_SUBJECT = 255
ANY = "*"

DERIVED, AS_IT_IS = "derived", "token"


@dataclass(frozen=True, slots=True)
class Trust:
    """What is believed of one issuer.

    `name` is its `iss`, to the letter; one of `audiences` must be a token's, or `*` allows any. A token's role is
    `role`, or what `roles` makes of its claim `role_claim` (a name, or a path with points; of a list the value that
    `roles` has first; `""` stands for a claim that is not there). `subject`: a user id made of issuer and `sub`
    (`derived`), `sub` as it is (`token`), or what the claim of that name says, which then speaks for any user here. The
    claim that `app_metadata` names stands where the server's own word is in its own tokens.
    """

    name: str
    audiences: tuple[str, ...]
    role: str = "authenticated"
    role_claim: str = ""
    roles: Mapping[str, str] = field(default_factory=dict[str, str])
    subject: str = DERIVED
    app_metadata: str = ""


class KeysWanted(Problem):
    """The keys of a token's issuer are to be fetched. Where that was tried in vain, it is what a client is told."""

    def __init__(self, issuer: "Issuer") -> None:
        message, hint = "The keys of the token's issuer cannot be had now", "Try again in a few seconds"
        super().__init__("issuer_unavailable", 503, message, None, hint, {"Retry-After": "10"})
        self.issuer = issuer


@dataclass(slots=True)
class Issuer:
    """An issuer with its keys. They are good without asking `until` then; before `ask_again` a key that is not among
    them is not asked for (both in epoch seconds), so that forged tokens make nobody ask.
    """

    trust: Trust
    keys: KeyRing = field(default_factory=lambda: KeyRing(()))
    until: float = 0.0
    ask_again: float = 0.0

    def verify(self, token: str, now: float) -> Verified:
        """Who a token of this issuer's is here."""
        header = read_header(token)
        _check_header(header)
        if now >= self.until:
            raise KeysWanted(self)
        claims = read_claims(self._payload(token, header, now))
        expires, starts = self._check(claims, now)
        identity = identified(claims, self.trust)
        return Verified(identity, min(expires + LEEWAY, self.until), (starts or 0) - LEEWAY, len(token))

    def _payload(self, token: str, header: Header, now: float) -> bytes:
        try:
            return signed_payload(token, header, self.keys)
        except InvalidToken:
            known = header.kid is not None and any(key.kid == header.kid for key in self.keys.keys)
            if known or now < self.ask_again:
                raise
            raise KeysWanted(self) from None

    def _check(self, claims: Claims, now: float) -> tuple[float, float | None]:
        """When the token ends and begins; InvalidToken where it is not one of this issuer's for us, now."""
        if claims.get("iss") != self.trust.name:
            raise InvalidToken(Reason.ISSUER)
        expires, starts = times_of(claims, now, LEEWAY, strict_issued_at=True)
        if expires is None:
            raise InvalidToken(Reason.MISSING, "exp")
        wanted = self.trust.audiences
        if ANY not in wanted and not set(wanted) & set(audiences_of(claims)):
            raise InvalidToken(Reason.AUDIENCE)
        return expires, starts


def _check_header(header: Header) -> None:
    if header.alg.lower() == "none":
        raise InvalidToken(Reason.UNSIGNED)
    if header.alg not in ALGORITHMS:
        raise InvalidToken(Reason.ALGORITHM, header.alg)
    kind = header.typ.lower() if isinstance(header.typ, str) else header.typ
    if kind not in TYPES:
        raise InvalidToken(Reason.TYPE)


def identified(claims: dict[str, Any], trust: Trust) -> Identity:
    """The identity of verified claims. `role`, `sub`, `session_id` and `app_metadata` are the server's to say."""
    subject = claims.get("sub")
    # To PostgreSQL a NUL ends a text: what comes before it may be somebody else's.
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or "\0" in subject:
        raise InvalidToken(Reason.MISSING, "sub")
    role = _role(claims, trust)
    own: dict[str, Any] = {"role": role, "sub": subject}
    if trust.subject != AS_IT_IS:
        own |= {"sub": _user_id(claims, trust, subject), "external_sub": subject}
    said = _found(claims, trust.app_metadata) if trust.app_metadata else None
    if isinstance(said, dict):
        own["app_metadata"] = said
    kept = {name: value for name, value in claims.items() if name not in ("session_id", "app_metadata")}
    return Identity(role, {**kept, **own}, issuer=trust.name)


def derived_id(issuer: str, subject: str) -> str:
    """A user id that nobody else's subject makes: a name-based UUID (RFC 9562 §5.5) of issuer and subject."""
    return str(uuid5(uuid5(NAMESPACE_URL, issuer), subject))


def _user_id(claims: Claims, trust: Trust, subject: str) -> str:
    if trust.subject == DERIVED:
        return derived_id(trust.name, subject)
    try:
        return str(UUID(str(_found(claims, trust.subject))))
    except ValueError:
        raise InvalidToken(Reason.MISSING, trust.subject) from None


def _role(claims: Claims, trust: Trust) -> str:
    if not trust.role_claim:
        return trust.role
    value = _found(claims, trust.role_claim)
    said: list[Any] = value if isinstance(value, list) else [value]  # pyright: ignore[reportUnknownVariableType]
    named = {each for each in said if isinstance(each, str) and each} or {""}
    for each, role in trust.roles.items():
        if each in named:
            return role
    raise InvalidToken(Reason.UNMAPPED, trust.role_claim)


def _found(claims: Claims, name: str) -> Any:
    """A claim by its name, which may hold points, or by a path of such names with points between them."""
    if name in claims:
        return claims[name]
    for place in (place for place, letter in enumerate(name) if letter == "."):
        within = claims.get(name[:place])
        found = _found(within, name[place + 1 :]) if isinstance(within, dict) else None  # pyright: ignore[reportUnknownArgumentType]
        if found is not None:
            return found
    return None
