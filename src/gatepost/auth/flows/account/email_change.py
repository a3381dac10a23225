"""A change of address: asked for at one address, confirmed from it and from the new one.

In: a user and the address they want; later the code that one of the two mails carried. Out: Statements, mails.
Never: an address that nobody has confirmed, unless sign-ups confirm themselves.
"""

from datetime import datetime

from ....query.sql import Statement
from ....settings import AuthSettings
from ... import one_time, query, users
from ...issue import Door
from ...one_time import Code, check_frequency, new_code
from ...users import User
from ..call import Auth, Call
from ..letters import send_change
from ..token import pkce


async def ask(auth: Auth, call: Call, door: Door, user: User, address: str, challenge: str, method: str) -> None:
    """Keep the wish and mail a code to the new address and, with secure change, another to the current one."""
    check_frequency(user.email_change_sent_at, auth.now(), auth.settings.smtp_max_frequency)
    new = new_code(address, auth.settings, pkce=bool(challenge))
    current = _current_code(auth, user, pkce=bool(challenge))
    await door.run(
        *pkce.begin(user.id, "email_change", challenge, method, auth.now()),
        *one_time.keep_email_change(user, address, new, current, auth.now()),
    )
    user.email_change = address
    await send_change(auth, call, door, user, new, current)


def _current_code(auth: Auth, user: User, *, pkce: bool) -> Code | None:
    if not auth.settings.mailer_secure_email_change_enabled or not user.email:
        return None
    return new_code(user.email, auth.settings, pkce=pkce)


def needs_both(user: User, settings: AuthSettings) -> bool:
    """Whether this confirmation is the first of two."""
    return (
        settings.mailer_secure_email_change_enabled
        and not settings.mailer_autoconfirm
        and not user.email_change_confirm_status
        and bool(user.email)
    )


def accept_half(user: User, stored: str, now: datetime) -> list[Statement]:
    """One of the two has confirmed: the code that is `stored` under that name is spent, the other one's stays."""
    kinds = ("email_change_token_current", "email_change_token_new")
    left = ["" if kind == stored else str(getattr(user, kind) or "") for kind in kinds]
    return [query("half_email_change", user.id, *left, now), query("delete_one_time_token", user.id, stored)]


def complete(user: User, now: datetime) -> list[Statement]:
    """The new address is theirs: of the user and of the e-mail identity. Every code that was out is void."""
    address = user.email_change or ""
    data = users.identity_data(user.id, email=address) | {"email_verified": True}
    return [
        users.put_identity(user.id, "email", data, {"email": address, "email_verified": True}, now),
        query("complete_email_change", user.id, now),
        query("delete_one_time_tokens", user.id),
        *([query("set_not_anonymous", user.id)] if user.is_anonymous else []),
    ]
