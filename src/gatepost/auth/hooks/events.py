"""What hooks are told, and what follows from their answers.

In: what has happened or is about to. Out: nothing where it may go on; a Verdict; a Problem where a hook refuses.
Never: a password, a hash or a token of a session in an event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from ...settings import AuthSettings, hook_uri
from .. import responses
from ..responses import utc
from ..users import Factor, NewUser, User
from . import TITLES, Door, Remote, ask

Event = dict[str, object]

NEVER = "0001-01-01T00:00:00Z"
"""When a user who is not stored yet was made, as GoTrue writes it."""
REJECT = "reject"
PASSWORD_REJECTED = "Further password verification attempts will be rejected."  # noqa: S105
FACTOR_REJECTED = "Further MFA verification attempts will be rejected."


@dataclass(frozen=True, slots=True)
class Verdict:
    """A hook says no: in what words, and whether the user is signed out everywhere."""

    message: str
    ends_sessions: bool


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks that one call may meet. `now` and `address` are when it came, and from where; `remote` asks those that
    are elsewhere.
    """

    settings: AuthSettings
    now: datetime
    address: str | None = None
    remote: Remote | None = None

    def is_on(self, name: str) -> bool:
        return bool(hook_uri(self.settings, name))

    async def before_user_created(self, door: Door, new: NewUser) -> None:
        """Ask before a user is stored; a Problem where the hook will not have them."""
        if self.is_on("before_user_created"):
            await self._tell(door, "before_user_created", {"user": _applicant(new)})

    async def password_attempted(self, door: Door, user_id: str, *, valid: bool) -> Verdict | None:
        """Tell of a password that was right or wrong."""
        name = "password_verification_attempt"
        if not self.is_on(name):
            return None
        answer = await self._tell(door, name, {"user_id": user_id, "valid": valid})
        return _verdict(answer, PASSWORD_REJECTED, bool(answer.get("should_logout_user")))

    async def factor_attempted(self, door: Door, user_id: str, factor: Factor, *, valid: bool) -> Verdict | None:
        """Tell of a second factor's code that was right or wrong."""
        name = "mfa_verification_attempt"
        if not self.is_on(name):
            return None
        event: Event = {
            "user_id": user_id, "factor_id": factor.id, "factor_type": factor.factor_type, "valid": valid,
        }  # fmt: skip
        return _verdict(await self._tell(door, name, event), FACTOR_REJECTED, True)

    async def send_email(self, door: Door, user: User, data: Mapping[str, str]) -> None:
        """Have the hook send a mail; what it does is undone where the flow fails."""
        blank = dict.fromkeys(EMAIL_DATA, "")
        await self._tell(door, "send_email", {"user": responses.user(user), "email_data": {**blank, **data}})

    async def send_sms(self, door: Door, user: User, phone: str, code: str) -> None:
        """Have the hook send a code to a phone."""
        await self._tell(door, "send_sms", {"user": responses.user(user), "sms": {"otp": code, "phone": phone}})

    async def _tell(self, door: Door, name: str, event: Event) -> dict[str, object]:
        told = {"metadata": self._metadata(name), **event}
        return await ask(door, hook_uri(self.settings, name), told, self.remote) or {}

    def _metadata(self, name: str) -> Event:
        return metadata(name, self.now) | ({"ip_address": self.address} if self.address else {})


EMAIL_DATA = (
    "token", "token_hash", "redirect_to", "email_action_type", "site_url", "token_new", "token_hash_new",
    "old_email", "old_phone", "provider", "factor_type",
)  # fmt: skip


def metadata(name: str, now: datetime) -> Event:
    """What every event says of itself."""
    return {"uuid": str(uuid4()), "time": utc(now), "name": TITLES[name]}


def _applicant(new: NewUser) -> Event:
    """A user who is not stored yet, as hooks see one."""
    return {
        "id": new.id,
        "aud": new.aud,
        "role": "",
        "email": new.email,
        "phone": new.phone,
        "app_metadata": new.app_metadata,
        "user_metadata": new.user_metadata,
        "identities": [],
        "created_at": NEVER,
        "updated_at": NEVER,
        "is_anonymous": new.is_anonymous,
    }


def _verdict(answer: Mapping[str, object], otherwise: str, ends_sessions: bool) -> Verdict | None:
    if answer.get("decision") != REJECT:
        return None
    return Verdict(str(answer.get("message") or otherwise), ends_sessions)
