"""Mails a flow sends: the code in words, with the link that carries its hash. And codes to phones.

In: a user, a code, where to go afterwards. Out: a mail handed to the Mailer, or to the application's hook. Never: more
mails than the settings allow, or a link that begins with what a request's headers said.
"""

from collections.abc import Mapping
from contextlib import suppress

from ...problem import Problem
from ..errors import fault, invalid
from ..hooks import Door
from ..hooks.events import Hooks
from ..one_time import Code, action_link, check_authorized
from ..users import User
from .call import Auth, Call

TEMPLATES: Mapping[str, str] = {
    "signup": "confirmation",
    "invite": "invite",
    "recovery": "recovery",
    "magiclink": "magic_link",
    "email_change": "email_change",
    "reauthentication": "reauthentication",
}
"""The kind of mail for each kind of link."""

NOTES: Mapping[str, str] = {
    "OldEmail": "old_email", "OldPhone": "old_phone", "Provider": "provider", "FactorType": "factor_type",
}  # fmt: skip
"""What a hook is told of a notification, by the variables of its template."""

BAD_CHANNEL = (
    "Invalid channel, supported values are 'sms' or 'whatsapp'. "
    "'whatsapp' is only supported if Twilio or Twilio Verify is used as the provider."
)


async def send_link(auth: Auth, call: Call, door: Door, kind: str, user: User, code: Code) -> None:
    """Mail a code and its link to the user's own address."""
    if auth.hooks(call).is_on("send_email"):
        await _by_hook(auth, call, door, kind, user, {"token": code.code, "token_hash": code.link})
        return
    await _send_link(auth, call, kind, user, code, user.email or "")


async def send_change(auth: Auth, call: Call, door: Door, user: User, new: Code, current: Code | None) -> None:
    """Mail the code of a new address to it, and that of the current one to that, where it must agree."""
    if auth.hooks(call).is_on("send_email"):
        # As GoTrue has it: `token` is the current address's, `token_hash` the new one's; and the other way round.
        data = {"token": (current or new).code, "token_hash": new.link}
        data |= {"token_new": new.code, "token_hash_new": current.link} if current else {}
        await _by_hook(auth, call, door, "email_change", user, data)
        return
    await _send_link(auth, call, "email_change", user, new, user.email_change or "")
    if current is not None:
        await _send_link(auth, call, "email_change", user, current, user.email or "")


async def send_code(auth: Auth, call: Call, door: Door, user: User, code: Code) -> None:
    """Mail a code alone, to be typed in where it was asked for."""
    if auth.hooks(call).is_on("send_email"):
        await _by_hook(auth, call, door, "reauthentication", user, {"token": code.code})
        return
    allow(auth, user.email or "")
    await auth.mailer.send("reauthentication", user.email or "", _common(auth, user) | {"Token": code.code})


async def _send_link(auth: Auth, call: Call, kind: str, user: User, code: Code, address: str) -> None:
    allow(auth, address)
    target = call.redirect_to()
    variables = _common(auth, user) | {
        "ConfirmationURL": action_link(auth.settings, kind, code.link, target),
        "Token": code.code,
        "TokenHash": code.link,
        "RedirectTo": target,
    }
    if kind == "email_change":
        variables |= {"NewEmail": user.email_change or "", "SendingTo": address}
    await auth.mailer.send(TEMPLATES[kind], address, variables)


async def _by_hook(auth: Auth, call: Call, door: Door, kind: str, user: User, data: Mapping[str, str]) -> None:
    """Have the application's function send it, within the flow's transaction."""
    allow(auth, (user.email_change if kind == "email_change" else user.email) or "")
    about = {"email_action_type": kind, "redirect_to": call.redirect_to(), "site_url": auth.settings.external_url}
    await auth.hooks(call).send_email(door, user, {**about, **data})


async def send_text(auth: Auth, call: Call, door: Door, user: User, code: Code, to: str = "") -> None:
    """Have the application's function send a code to the user's phone, or to another; 422 where there is none."""
    check_texts(auth, call)
    if not auth.settings.sms_autoconfirm:
        auth.limits.check_text()
    await auth.hooks(call).send_sms(door, user, to or user.phone or "", code.code)


def check_texts(auth: Auth, call: Call) -> None:
    """422 where nothing can be sent to a phone."""
    if not auth.hooks(call).is_on("send_sms"):
        raise fault("sms_send_failed", "Error sending sms OTP: no SMS provider is configured")


def check_channel(auth: Auth, call: Call, channel: str) -> None:
    """400 for a way to a phone that there is not; by which one the application's function sends is its own matter."""
    if channel not in ("", "sms") and not auth.hooks(call).is_on("send_sms"):
        raise invalid(BAD_CHANNEL)


def allow(auth: Auth, address: str) -> None:
    """400 for an address mail may not go to, 429 where there were too many mails."""
    check_authorized(address, auth.settings)
    if not auth.settings.mailer_autoconfirm:
        auth.limits.check_mail()


async def tell(auth: Auth, kind: str, user: User, to: str | None = None, **more: str) -> None:
    """Tell a user what happened to their account, where the settings want that; a mail that fails changes nothing."""
    hooks = Hooks(auth.settings, auth.now(), remote=auth.issuer.remote)
    if not hooks.is_on("send_email"):
        await auth.mailer.notify(kind, to or user.email or "", _common(auth, user) | more)
    elif kind in auth.mailer.notifications:
        data = {NOTES[name]: value for name, value in more.items() if name in NOTES}
        with suppress(Problem):
            await hooks.send_email(auth.scope, user, {"email_action_type": f"{kind}_notification", **data})


def _common(auth: Auth, user: User) -> dict[str, object]:
    return {"SiteURL": auth.settings.site_url, "Email": user.email or "", "Data": user.raw_user_meta_data or {}}
