"""Who calls, and what a transaction is told of it.

In: a Proof, the configured claim of the role. Out: an Identity; the settings that functions and policies read the
claims from. Never: a role that no verified claim names, but the anonymous one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec

from gatepost.database.scope import Database, Reading
from gatepost.database.values import Context
from gatepost.exchange import Request, is_loopback, is_own_name
from gatepost.identity import ANON, Claims, Identity, Proof
from gatepost.identity.identify import Identifier
from gatepost.identity.keys import KeyRing, from_secret
from gatepost.identity.tokens import Rules, Tokens
from gatepost.problem import Problem
from gatepost.query.sql import Statement

Admit = Callable[[Proof, Request], Identity]
"""Who a proof is, at the door of a request; a Problem where it is nobody who may enter."""
Pairs = tuple[tuple[str, str], ...]

KEPT = 1024


@dataclass(slots=True)
class Acting:
    """Who asks, and in what context: the same for requests of a connection that are alike. `given` is the context
    without the settings that the caller's claims are read from.
    """

    identity: Identity
    context: Context
    given: Context
    _last: Reading | None = None

    def reading(self, database: Database, statement: Statement) -> Reading | None:
        """One inert statement, to be sent along with others'; None where it is not for company."""
        last = self._last
        self._last = last.again(statement) if last else database.reading(self.identity, statement, self.context)
        return self._last


def by_token(secret: str, role_claim: str, anonymous: str, *, guarded: bool = False) -> Admit:
    """Where the surface runs alone: a token signed with the secret (HS256), or nobody. `guarded` says that nobody is
    somebody, the login: then a site that rebinds its name to this machine is kept out.
    """
    tokens = Tokens(KeyRing([from_secret(secret)] if secret else []), _rules(role_claim, anonymous))
    nobody = Identity(anonymous, {"role": anonymous})

    def admit(proof: Proof, request: Request) -> Identity:
        if not proof.bearer:
            if guarded and is_loopback(request.client) and not is_own_name(request.header(b"host") or ""):
                raise _foreign_name()
            return nobody
        if not secret:
            hint = "Set jwtSecret, or GATEPOST_JWT_SECRET"
            raise Problem("no_secret", 401, "The server has no secret to verify tokens with", None, hint)
        return tokens.identify(proof.bearer)

    return admit


def by_key(door: Identifier, role_claim: str, *, required: bool = True) -> Admit:
    """Where a door has keys: a key, and a user's token beside it. A user's role is what `role_claim` names; that of
    another issuer's user is what the settings say of it. Where no key is `required`, who brings nothing is nobody.
    """

    def admit(proof: Proof, request: Request) -> Identity:
        if not required and not proof.api_key and not proof.bearer:
            return ANON
        door.check_key(proof, browser=request.header(b"origin") is not None)
        identity = door.identify(proof)
        if role_claim == "role" or not identity.subject or identity.issuer:
            return identity
        return _with_role(identity.claims_json, role_claim, ANON.role)

    return admit


def _foreign_name() -> Problem:
    hint = "Ask for localhost or 127.0.0.1, or set anonRole to a role that such requests may have"
    message = "Without anonRole this server is for its own machine, by its own name"
    return Problem("foreign_name", 403, message, None, hint)


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
