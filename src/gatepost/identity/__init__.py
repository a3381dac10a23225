"""WHO: a proof in, an Identity out.

In: keys, tokens, API keys as a client sent them. Out: a frozen Identity, whose claims were verified and validated.
Never: a socket, a driver, or an Identity made of something unverified.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a request is: a database role and the verified claims it acts with.

    `claims_json` is the claims as the database will read them (`request.jwt.claims`), encoded once.
    """

    role: str
    claims: Claims
    claims_json: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if not self.claims_json:
            object.__setattr__(self, "claims_json", msgspec.json.encode(self.claims))

    @property
    def subject(self) -> str:
        """The user's id (`sub`), or '' for an identity that is nobody's."""
        value = self.claims.get("sub")
        return value if isinstance(value, str) else ""


class Proof(msgspec.Struct, frozen=True):
    """What a request carries to say who it is, unread: the surface that answers identifies, in its own dialect."""

    api_key: str | None = None
    bearer: str | None = None


ANON = Identity("anon", {"role": "anon"})
