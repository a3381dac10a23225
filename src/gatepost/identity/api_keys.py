"""API keys: opaque strings that stand for a role.

In: the facts the database holds of each key (never the key itself). Out: the role a key gives, or a Problem.
Never: a key in a message, a comparison that tells time, or a key that was revoked.
"""

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..problem import Problem
from . import hashed

PUBLISHABLE, SECRET = "sb_publishable_", "sb_secret_"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What is kept of a key: the SHA-256 of its text in hex, the role it gives, when it ends (epoch seconds)."""

    id: str
    hash: str
    role: str
    expires: float | None = None


def is_api_key(text: str) -> bool:
    """Whether a credential has the form of an opaque key (a JWT has not)."""
    return text.startswith((PUBLISHABLE, SECRET))


def digest(key: str) -> str:
    """What the database keeps of a key. Keys are 256 random bits, so a plain hash is enough."""
    return hashed(key).hex()


def create(kind: str) -> str:
    """A new key: `publishable` or `secret`. It is shown once."""
    return {"publishable": PUBLISHABLE, "secret": SECRET}[kind] + secrets.token_urlsafe(32)


class ApiKeys:
    """The keys in force; `replace` is called when the database says that they changed."""

    def __init__(self, keys: Iterable[ApiKey] = (), clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._used: dict[str, float] = {}
        self._keys = _by_hash(keys)

    def replace(self, keys: Iterable[ApiKey]) -> None:
        """All keys in force from now on."""
        self._keys = _by_hash(keys)

    def role(self, key: str) -> str:
        """The role that `key` gives; Problem 401 `invalid_api_key` where it is unknown, revoked or expired."""
        found = self._keys.get(hashed(key))
        now = self._clock()
        if found is None or (found.expires is not None and now >= found.expires):
            raise Problem("invalid_api_key", 401, "Invalid API key", None, "The key is unknown, revoked or expired")
        self._used[found.id] = now
        return found.role

    def take_uses(self) -> dict[str, float]:
        """When each key was last used since the last call, to be written down."""
        used, self._used = self._used, {}
        return used


def _by_hash(keys: Iterable[ApiKey]) -> dict[bytes, ApiKey]:
    return {bytes.fromhex(key.hash): key for key in keys}
