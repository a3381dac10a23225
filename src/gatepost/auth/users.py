"""Users and their identities: what the database holds of them, and the statements that change it.

In: rows. Out: User values; Statements. Never: a password in clear, or a token in an answer (see `responses`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from ..database.values import Result
from ..query.sql import Statement
from . import Value, query

Metadata = dict[str, Any]


class UserIdentity(msgspec.Struct, kw_only=True):
    """One way to prove to be a user: `provider` and the provider's own id of them."""

    id: str
    provider_id: str
    user_id: str
    provider: str
    identity_data: Metadata | None = None
    last_sign_in_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    email: str | None = None

    @property
    def is_email_verified(self) -> bool:
        return bool(self.identity_data) and self.identity_data.get("email_verified") is True


class Factor(msgspec.Struct, kw_only=True):
    """A second factor, without its secret."""

    id: str
    status: str
    factor_type: str
    friendly_name: str | None = None
    phone: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    last_challenged_at: datetime | None = None


class ServerClaims(msgspec.Struct, kw_only=True):
    """What the server says of a user beside his row, and until when; null: until it says otherwise."""

    claims: Metadata
    valid_until: datetime | None = None

    def has_ended(self, now: datetime) -> bool:
        return self.valid_until is not None and self.valid_until <= now


class User(msgspec.Struct, kw_only=True):
    """A row of `auth.users` with its identities and factors; names are the columns'. Any text may be NULL in a seed."""

    id: str
    aud: str | None = None
    role: str | None = None
    email: str | None = None
    phone: str | None = None
    encrypted_password: str | None = None
    email_confirmed_at: datetime | None = None
    phone_confirmed_at: datetime | None = None
    confirmed_at: datetime | None = None
    invited_at: datetime | None = None
    confirmation_token: str | None = None
    confirmation_sent_at: datetime | None = None
    recovery_token: str | None = None
    recovery_sent_at: datetime | None = None
    email_change: str | None = None
    email_change_token_new: str | None = None
    email_change_token_current: str | None = None
    email_change_sent_at: datetime | None = None
    email_change_confirm_status: int | None = 0
    phone_change: str | None = None
    phone_change_token: str | None = None
    phone_change_sent_at: datetime | None = None
    reauthentication_token: str | None = None
    reauthentication_sent_at: datetime | None = None
    last_sign_in_at: datetime | None = None
    raw_app_meta_data: Metadata | None = None
    raw_user_meta_data: Metadata | None = None
    is_sso_user: bool | None = False
    is_anonymous: bool | None = False
    created_at: datetime | None = None
    updated_at: datetime | None = None
    banned_until: datetime | None = None
    deleted_at: datetime | None = None
    identities: list[UserIdentity] | None = None
    factors: list[Factor] | None = None
    server_claims: ServerClaims | None = None

    @property
    def has_verified_factor(self) -> bool:
        return any(factor.status == "verified" for factor in self.factors or ())

    def is_banned(self, now: datetime) -> bool:
        return self.banned_until is not None and now < self.banned_until


class NewUser(msgspec.Struct, kw_only=True):
    """A user about to be stored; `password_hash` is already hashed."""

    id: str
    aud: str
    role: str
    email: str = ""
    phone: str = ""
    password_hash: str | None = None
    app_metadata: Metadata = {}
    user_metadata: Metadata = {}
    is_anonymous: bool = False


DECODER = msgspec.json.Decoder(User)


def read(result: Result) -> User | None:
    """The user a `user_by_…` query found, or None."""
    return DECODER.decode(result.first[0] or b"") if result.first else None


def read_all(result: Result) -> list[User]:
    """The users of a list, without identities and factors."""
    return [DECODER.decode(row[0] or b"") for row in result.rows]


def find(user_id: str) -> Statement:
    """Read a user by id, as it is now."""
    return query("user_by_id", user_id)


def insert(user: NewUser, now: datetime) -> Statement:
    """Store a user; `user_metadata` is there when the application's triggers run."""
    return query(
        "insert_user", user.id, user.aud, user.role, user.email, user.phone, user.password_hash,
        user.app_metadata, user.user_metadata, user.is_anonymous, now,
    )  # fmt: skip


def provider_metadata(*providers: str) -> Metadata:
    """What `app_metadata` says of a new user who came by these providers."""
    return {"provider": providers[0], "providers": list(providers)}


def identity_data(user_id: str, *, email: str = "", phone: str = "", more: Mapping[str, Any] | None = None) -> Metadata:
    """What an e-mail or phone identity holds: the standard claims, then what sign-up gave beside them."""
    claims: Metadata = {"sub": user_id, "email_verified": False, "phone_verified": False}
    claims |= {"email": email} if email else {}
    claims |= {"phone": phone} if phone else {}
    return {**(more or {}), **claims}


def insert_identity(user_id: str, provider: str, data: Metadata, now: datetime) -> Statement:
    """Store the identity of a user who is known to this provider by the user's own id (e-mail, phone)."""
    return query("insert_identity", user_id, user_id, provider, data, now)


def put_identity(user_id: str, provider: str, data: Metadata, changes: Metadata, now: datetime) -> Statement:
    """Change the e-mail or phone identity by `changes`, or store it with `data` where there is none."""
    return query("put_identity", user_id, provider, data, now, changes)


def merge_user_metadata(user_id: str, changes: Metadata, now: datetime) -> Statement:
    """Merge at the first level; a null takes its key away."""
    return query("merge_user_metadata", user_id, changes, now)


def merge_app_metadata(user_id: str, changes: Metadata, now: datetime) -> Statement:
    """Merge at the first level; a null takes its key away."""
    return query("merge_app_metadata", user_id, changes, now)


def confirm_email(user_id: str, now: datetime) -> list[Statement]:
    """The address is theirs: every code that was out is void."""
    return [query("confirm_email", user_id, now), query("delete_one_time_tokens", user_id)]


def confirm_phone(user_id: str, now: datetime) -> list[Statement]:
    return [query("confirm_phone", user_id, now), query("delete_one_time_tokens", user_id)]


def change_password(user_id: str, password_hash: str, now: datetime, keep_session: str | None) -> list[Statement]:
    """A new password voids what was pending and ends all sessions but `keep_session`."""
    end = query("delete_other_sessions", user_id, keep_session) if keep_session else query("delete_sessions", user_id)
    return [query("set_password", user_id, password_hash, now), query("delete_one_time_tokens", user_id), end]


def email_rank(identity: UserIdentity) -> tuple[int, datetime | None, str]:
    """Which identity's address a user keeps when another one goes: verified ones first, then the eldest."""
    rank = 2 if not identity.email else 0 if identity.is_email_verified else 1
    return rank, identity.created_at, identity.id


LOG_TYPES: Mapping[str, str] = {
    "login": "account",
    "logout": "account",
    "user_signedup": "team",
    "user_invited": "team",
    "user_deleted": "team",
    "token_refreshed": "token",
    "token_revoked": "token",
    "factor_in_progress": "factor",
    "factor_unenrolled": "factor",
    "factor_deleted": "factor",
    "challenge_created": "factor",
    "verification_attempted": "factor",
}


class Audit(msgspec.Struct, frozen=True):
    """What an audit entry says of the request: when, and from which address. `enabled` off makes no entries."""

    now: datetime
    address: str | None
    enabled: bool = True

    def entry(self, user_id: str, action: str, traits: Mapping[str, object] | None = None) -> list[Statement]:
        """An entry whose actor is this user."""
        return self._statement("audit", user_id, action, traits)

    def admin_entry(self, role: str, action: str, traits: Mapping[str, object] | None = None) -> list[Statement]:
        """An entry whose actor is an administrator's role."""
        return self._statement("audit_admin", role, action, traits)

    def _statement(self, name: str, actor: str, action: str, traits: Mapping[str, object] | None) -> list[Statement]:
        if not self.enabled:
            return []
        values: Sequence[Value] = (actor, action, LOG_TYPES.get(action, "user"), traits, self.now, self.address)
        return [query(name, *values)]
