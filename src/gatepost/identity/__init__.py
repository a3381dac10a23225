"""WHO: a proof in, an Identity out.

In: keys, tokens, API keys as a client sent them. Out: a frozen Identity, whose claims were verified and validated.
Never: a socket, a driver, or an Identity made of something unverified.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..problem import Problem

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a request is: a database role and the verified claims it acts with. Problem 401 where no role is called so.

    `claims_json` is the claims as the database will read them (`request.jwt.claims`), encoded once. `issuer` is whose
    token it was, where another than this server made it.
    """

    role: str
    claims: Claims
    claims_json: bytes = field(default=b"", repr=False)
    issuer: str = ""

    def __post_init__(self) -> None:
        if not is_role(self.role):
            raise Problem("invalid_role", 401, "No role can be called so")
        if not self.claims_json:
            object.__setattr__(self, "claims_json", msgspec.json.encode(self.claims))

    @property
    def subject(self) -> str:
        """The user's id (`sub`), or '' for an identity that is nobody's."""
        value = self.claims.get("sub")
        return value if isinstance(value, str) else ""


def is_role(name: str) -> bool:
    """Whether a role can be called so. To PostgreSQL `none` is the login's own; a NUL would cut the name short."""
    return name != "none" and "\0" not in name


class Credential(str):
    """A secret as a client sent it. It is hashed once, however often it is shown on a connection."""

    __slots__ = ("_hash",)
    _hash: bytes

    @property
    def hash(self) -> bytes:
        """SHA-256 of the text."""
        try:
            return self._hash
        except AttributeError:
            self._hash = hashlib.sha256(self.encode("utf-8", "surrogateescape")).digest()
            return self._hash


def hashed(text: str) -> bytes:
    """SHA-256 of a secret: what is kept of it."""
    return text.hash if isinstance(text, Credential) else Credential(text).hash


class Proof(msgspec.Struct, frozen=True):
    """What a request carries to say who it is, unread: the surface that answers identifies, in its own dialect."""

    api_key: str | None = None
    bearer: str | None = None


ANON = Identity("anon", {"role": "anon"})
