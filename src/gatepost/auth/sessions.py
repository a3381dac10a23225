"""Sessions and their refresh tokens.

In: a user, a method, where the request came from. Out: Session values; Statements. Never: two tokens of one session
that can both be refreshed; rotation happens in the database, in one call.
"""

import secrets
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec

from ..database.values import Result
from ..query.sql import Statement
from ..settings import AuthSettings
from . import query
from .errors import fault
from .users import User

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
SECOND_FACTORS = ("totp", "mfa/phone", "mfa/webauthn")
RECOVERIES = ("otp", "magiclink", "recovery")


class Method(msgspec.Struct, kw_only=True):
    """How a session was proven, and when."""

    method: str
    at: datetime


class Session(msgspec.Struct, kw_only=True):
    """A row of `auth.sessions` with its methods, newest first."""

    id: str
    user_id: str
    created_at: datetime
    aal: str | None = "aal1"
    factor_id: str | None = None
    not_after: datetime | None = None
    refreshed_at: datetime | None = None
    amr: list[Method] = []

    @property
    def is_recovery(self) -> bool:
        return any(each.method in RECOVERIES for each in self.amr)

    @property
    def level(self) -> str:
        """The assurance level its methods amount to."""
        return "aal2" if any(each.method in SECOND_FACTORS for each in self.amr) else "aal1"


class Origin(msgspec.Struct, frozen=True):
    """Where a session is used from: the client's address and User-Agent."""

    address: str | None
    agent: str | None


DECODER = msgspec.json.Decoder(Session)


def read(result: Result) -> Session | None:
    """The session a `session_by_…` query found, or None."""
    return DECODER.decode(result.first[0] or b"") if result.first else None


def find(session_id: str) -> Statement:
    return query("session_by_id", session_id)


def new_token() -> str:
    """A refresh token: 60 random bits as GoTrue writes them, twelve characters."""
    return "".join(secrets.choice(ALPHABET) for _ in range(12))


def new(user_id: str, method: str, now: datetime) -> Session:
    """A session that is about to start."""
    return Session(id=str(uuid4()), user_id=user_id, created_at=now, amr=[Method(method=method, at=now)])


def start(session: Session, token: str, origin: Origin) -> list[Statement]:
    """Store a session with its first refresh token and method."""
    now = session.created_at
    return [
        query("insert_session", session.id, session.user_id, now, origin.agent, origin.address),
        query("insert_refresh_token", token, session.user_id, session.id, now),
        query("put_amr", session.id, session.amr[0].method, now),
        query("touch_sign_in", session.user_id, now),
    ]


def step_up(session: Session, token: str, method: str, factor_id: str, now: datetime) -> list[Statement]:
    """Raise a session by a second factor: what it held before can't be refreshed, `token` is its new refresh token."""
    return [
        query("put_amr", session.id, method, now),
        query("raise_session", session.id, "aal2", factor_id, now),
        query("replace_refresh_tokens", session.id, now),
        query("insert_refresh_token", token, session.user_id, session.id, now),
    ]


def rotate(given: str, fresh: str, now: datetime, origin: Origin, settings: AuthSettings) -> Statement:
    """Exchange a refresh token; `read_rotation` reads the answer."""
    options = {
        "reuse_seconds": settings.refresh_token_reuse_interval,
        "rotation": settings.refresh_token_rotation,
        "timebox": settings.sessions_timebox,
        "inactivity": settings.sessions_inactivity_timeout,
        "low_aal": settings.sessions_allow_low_aal,
        "single": settings.sessions_single_per_user,
        "audit": not settings.audit_log_disable_postgres,
    }
    return query("rotate_refresh_token", given, fresh, now, origin.address, origin.agent, options)


REFUSALS = {
    "not_found": ("refresh_token_not_found", "Refresh Token Not Found"),
    "banned": ("user_banned", "User Banned"),
    "no_session": ("session_not_found", "No Valid Session Found"),
    "expired": ("session_expired", "Session Expired"),
    "inactive": ("session_expired", "Session Expired (Inactivity)"),
    "low_aal": ("session_expired", "Session Expired (Low AAL: User Needs MFA Verification)"),
    "newer": ("session_expired", "Session Expired (Revoked by Newer Login)"),
    "used": ("refresh_token_already_used", "Already Used"),
}


def read_rotation(result: Result) -> tuple[str, bool] | None:
    """The refresh token to hand out and whether it is new; None while another request holds the session.

    400 where the token cannot be refreshed.
    """
    outcome, issued = (value.decode() if value else "" for value in result.rows[0])
    if outcome in REFUSALS:
        code, reason = REFUSALS[outcome]
        raise fault(code, f"Invalid Refresh Token: {reason}", 400)
    return None if outcome == "busy" else (issued, outcome == "rotated")


def has_ended(session: Session, user: User, now: datetime, settings: AuthSettings) -> bool:
    """Whether a session cannot be refreshed any more: past its end or the settings' time box, left alone for too long,
    or for too long without the second factor that its user has.
    """
    ends = [session.not_after, low_assurance_end(session, user, settings)]
    if settings.sessions_timebox:
        ends.append(session.created_at + timedelta(seconds=settings.sessions_timebox))
    if settings.sessions_inactivity_timeout:
        used = session.refreshed_at.replace(tzinfo=UTC) if session.refreshed_at else session.created_at
        ends.append(used + timedelta(seconds=settings.sessions_inactivity_timeout))
    return any(end is not None and now > end for end in ends)


def low_assurance_end(session: Session, user: User, settings: AuthSettings) -> datetime | None:
    """When a session ends whose user has a second factor but has not used it; None where nothing limits it."""
    if not settings.sessions_allow_low_aal or session.level == "aal2" or not user.has_verified_factor:
        return None
    return session.created_at.astimezone(UTC) + timedelta(seconds=settings.sessions_allow_low_aal)
