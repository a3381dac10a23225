"""What a cookie holds, and what the auth server says of a user: two types that cannot be taken for one another.

In: the text of an item, the JSON of `GET /user`, verified claims. Out: an UnverifiedSession, a User. Never: a way from
the first to an Identity but through its token, verified.
"""

import warnings
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgspec

from ...identity import Claims, Credential
from ..cookies import decoded

KEPT, LONGEST_KEPT = 512, 8 * 1024
"""How many cookies' sessions are kept, up to which length: visitors ask again and again, and reading takes a while."""


class UnverifiedUserWarning(UserWarning):
    """Somebody reads a user that anybody may have written."""


class Times(msgspec.Struct):
    """The claim of a token that says when to renew it."""

    exp: float = 0.0


class Stored(msgspec.Struct):
    """The members of a session that are needed."""

    access_token: str
    refresh_token: str = ""
    expires_at: float = 0.0


READING = msgspec.json.Decoder(Stored)


@dataclass(frozen=True, slots=True, repr=False)
class UnverifiedSession:
    """A session as a client sent it. Nobody has looked whether it is true: it has no claims and no role, and nothing
    takes it for an identity. Ask `get_user()` or `identity()`.
    """

    access_token: str
    refresh_token: str
    text: str
    """All of it, as JSON."""
    told: float

    def __repr__(self) -> str:
        return f"<UnverifiedSession until {self.expires_at:.0f}>"

    @property
    def expires_at(self) -> float:
        """When the access token ends, in epoch seconds, as the session and the token say themselves."""
        return min((each for each in (self.told, _ends(self.access_token)) if each), default=0.0)

    @property
    def stored(self) -> Mapping[str, Any]:
        """All of its members."""
        return msgspec.json.decode(self.text, type=dict[str, Any])

    @property
    def user(self) -> object:
        """The user that stands in it, who may be made up: with a warning, and as an `object`."""
        message = "The user of a session from cookies is not verified: anybody can write one. Use get_user()"
        warnings.warn(message, UnverifiedUserWarning, stacklevel=2)
        return self.stored.get("user")


def read_session(text: str | bytes) -> UnverifiedSession | None:
    """A session from its JSON; None where it is none."""
    try:
        known = READING.decode(text)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    whole = text if isinstance(text, str) else text.decode()
    return UnverifiedSession(Credential(known.access_token), known.refresh_token, whole, known.expires_at)


def session_in(value: str) -> UnverifiedSession | None:
    """The session in the value of a cookie, or of its chunks put together."""
    return _kept(value) if len(value) <= LONGEST_KEPT else _read(value)


def _read(value: str) -> UnverifiedSession | None:
    text = decoded(value)
    return read_session(text) if text else None


_kept = lru_cache(KEPT)(_read)


def _ends(token: str) -> float:
    """The `exp` of a token that nobody has verified: when it is worth trying to renew it. 0 where it says nothing."""
    payload = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        return msgspec.json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=Times).exp
    except (ValueError, msgspec.MsgspecError, RecursionError):
        return 0.0


@dataclass(frozen=True, slots=True)
class User:
    """A user for whom a verified token spoke, and the auth server too unless it was told not to be asked.

    `app_metadata` is the server's word; `user_metadata` is the user's own, and grants nothing.
    """

    id: str
    email: str = ""
    phone: str = ""
    role: str = ""
    is_anonymous: bool = False
    app_metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    user_metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    said: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """All that the server, or the token, said."""

    @property
    def is_authenticated(self) -> bool:
        """Whether it is anybody; frameworks have a user without an id for nobody."""
        return bool(self.id)

    def __bool__(self) -> bool:
        return bool(self.id)


@dataclass(frozen=True, slots=True)
class Factor:
    """A second factor of a user; `kind` is `totp` for an authenticator."""

    id: str
    kind: str
    name: str
    verified: bool


def factors_of(said: Mapping[str, Any]) -> list[Factor]:
    """From the JSON of `GET /user`."""
    held: Any = said.get("factors")
    listed: list[Mapping[str, Any]] = [_object(each) for each in held] if isinstance(held, list) else []  # pyright: ignore[reportUnknownVariableType]
    return [
        Factor(str(each.get("id")), str(each.get("factor_type")), str(each.get("friendly_name") or ""), verified)
        for each in listed
        for verified in [each.get("status") == "verified"]
    ]


def user_of(said: Mapping[str, Any], id: str) -> User:
    """From the JSON of `GET /user`, or from claims."""
    email, phone, role = (str(said.get(name) or "") for name in ("email", "phone", "role"))
    own, users = (_object(said.get(name)) for name in ("app_metadata", "user_metadata"))
    return User(id, email, phone, role, said.get("is_anonymous") is True, own, users, said)


def permissions_of(claims: Claims) -> frozenset[str]:
    """What the server wrote into `app_metadata.permissions`."""
    held: Any = _object(claims.get("app_metadata")).get("permissions")
    return frozenset(each for each in held if isinstance(each, str)) if isinstance(held, list) else frozenset()  # pyright: ignore[reportUnknownVariableType]


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}  # pyright: ignore[reportUnknownVariableType]
