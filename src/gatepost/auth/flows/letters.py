"""Mails a flow sends: the code in words, with the link that carries its hash.

In: a user, a code, where to go afterwards. Out: a mail handed to the Mailer. Never: more mails than the settings
allow, or a link that begins with what a request's headers said.
"""

from collections.abc import Mapping

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


async def send_link(auth: Auth, call: Call, kind: str, user: User, code: Code, to: str = "") -> None:
    """Mail a code and its link; `to` is the user's own address unless it is the new one of a change."""
    address = to or user.email or ""
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


async def send_code(auth: Auth, user: User, code: Code) -> None:
    """Mail a code alone, to be typed in where it was asked for."""
    allow(auth, user.email or "")
    await auth.mailer.send("reauthentication", user.email or "", _common(auth, user) | {"Token": code.code})


def allow(auth: Auth, address: str) -> None:
    """400 for an address mail may not go to, 429 where there were too many mails."""
    check_authorized(address, auth.settings)
    if not auth.settings.mailer_autoconfirm:
        auth.limits.check_mail()


async def tell(auth: Auth, kind: str, user: User, to: str | None = None, **more: str) -> None:
    """Tell a user what happened to their account, where the settings want that; a mail that fails changes nothing."""
    await auth.mailer.notify(kind, to or user.email or "", _common(auth, user) | more)


def _common(auth: Auth, user: User) -> dict[str, object]:
    return {"SiteURL": auth.settings.site_url, "Email": user.email or "", "Data": user.raw_user_meta_data or {}}
