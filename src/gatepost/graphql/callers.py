"""Who calls, and what a transaction is told of it.

In: a Proof, the configured claim of the role. Out: an Identity; the settings that functions and policies read the
claims from. Never: a role that no verified claim names, but the anonymous one.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import msgspec

from gatepost.identity import Claims, Identity, Proof
from gatepost.identity.keys import KeyRing, from_secret
from gatepost.identity.tokens import Rules, Tokens
from gatepost.problem import Problem

Identify = Callable[[Proof], Identity]
Pairs = tuple[tuple[str, str], ...]

KEPT = 1024


def by_token(secret: str, role_claim: str, anonymous: str) -> Identify:
    """Where the surface runs alone: a token signed with the secret (HS256), or nobody."""
    tokens = Tokens(KeyRing([from_secret(secret)] if secret else []), _rules(role_claim, anonymous))
    nobody = Identity(anonymous, {"role": anonymous})

    def identify(proof: Proof) -> Identity:
        if not proof.bearer:
            return nobody
        if not secret:
            hint = "Set jwtSecret, or GATEPOST_JWT_SECRET"
            raise Problem("no_secret", 401, "The server has no secret to verify tokens with", None, hint)
        return tokens.identify(proof.bearer)

    return identify


def behind_door(identify: Identify, role_claim: str, anonymous: str) -> Identify:
    """Where a door has identified: a user's role is what `role_claim` names; keys keep theirs."""
    if role_claim == "role":
        return identify

    def identify_by_claim(proof: Proof) -> Identity:
        identity = identify(proof)
        return _with_role(identity.claims_json, role_claim, anonymous) if identity.subject else identity

    return identify_by_claim


@lru_cache(KEPT)
def settings_of(claims_json: bytes) -> Pairs:
    """The singular settings: all claims in one, and those that have one each. The plural is every transaction's."""
    claims: dict[str, Any] = msgspec.json.decode(claims_json)
    named = ((name, claims.get(name)) for name in ("role", "aud", "email"))
    return (
        ("request.jwt.claim", claims_json.decode()),
        *((f"request.jwt.claim.{name}", _text(value)) for name, value in named if value is not None),
    )


@lru_cache(KEPT)
def _with_role(claims_json: bytes, role_claim: str, anonymous: str) -> Identity:
    claims: dict[str, Any] = msgspec.json.decode(claims_json)
    named = claims.get(role_claim)
    role = named if isinstance(named, str) and named else anonymous
    return Identity(role, {**claims, "role": role})


def _rules(role_claim: str, anonymous: str) -> Rules:
    def role(claims: Claims) -> str | None:
        named = claims.get(role_claim)
        return named if isinstance(named, str) else None

    return Rules(default_role=anonymous, role=role)


def _text(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
