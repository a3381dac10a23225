"""One-time codes and the links that carry them.

In: a user, a purpose. Out: a Code to mail and the Statements that keep its hash; whether a given code is the one.
Never: a code in the database: only sha224(address + code) is kept; or a link that follows from address and code, since
guesses of links are not counted.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..problem import Problem
from ..query.sql import Statement
from ..settings import AuthSettings
from . import mail, query
from .errors import fault
from .users import User

PKCE = "pkce_"
SHORTEST, LONGEST = 6, 10
LINK_BYTES = 28


@dataclass(frozen=True, slots=True)
class Code:
    """`code` goes to the person, `hash` is kept of it; `link` is what a link carries: 224 random bits of its own.

    Hash and link begin with `pkce_` for that flow.
    """

    code: str
    hash: str
    link: str


def new_code(address: str, settings: AuthSettings, *, pkce: bool = False) -> Code:
    """A fresh code of random digits for this address, or this phone."""
    asked = settings.sms_otp_length if address.isdigit() else settings.mailer_otp_length
    length = min(max(asked, SHORTEST), LONGEST)
    code = "".join(secrets.choice("0123456789") for _ in range(length))
    mark = PKCE if pkce else ""
    return Code(code, mark + digest(address, code), mark + secrets.token_hex(LINK_BYTES))


def digest(address: str, code: str) -> str:
    """What is kept of a code: hex of sha224 over the address (lower case) and the code (GoTrue's)."""
    return hashlib.sha224((address + code).encode("utf-8", "surrogatepass")).hexdigest()


def matches(given: str, stored: str | None, sent_at: datetime | None, now: datetime, life: float) -> bool:
    """Whether the hash `given` is the stored one, with or without the PKCE mark, and not too old."""
    if not stored or has_expired(sent_at, now, life):
        return False
    plain, expected = given.removeprefix(PKCE).encode("utf-8", "replace"), stored.removeprefix(PKCE).encode()
    return hmac.compare_digest(plain, expected)


def has_expired(sent_at: datetime | None, now: datetime, life: float) -> bool:
    return sent_at is None or now > sent_at + timedelta(seconds=life)


def check_frequency(sent_at: datetime | None, now: datetime, least: float, *, means: str = "email") -> None:
    """429 where the last mail (or `sms`) of this kind was sent less than `least` seconds ago."""
    if sent_at is None or now >= sent_at + timedelta(seconds=least):
        return
    left = int((sent_at + timedelta(seconds=least) - now).total_seconds())
    raise Problem(
        f"over_{means}_send_rate_limit",
        429,
        f"For security purposes, you can only request this after {left} seconds.",
        headers={"Retry-After": str(left + 1)},
    )


def keep(user_id: str, kind: str, code: Code, address: str, now: datetime) -> Statement:
    """The row a link is found by; `kind` is a `one_time_token_type`. A user has one code of a kind."""
    return query("put_one_time_token", user_id, kind, code.link, address, now)


def keep_confirmation(user: User | str, code: Code, address: str, now: datetime) -> list[Statement]:
    user_id = user if isinstance(user, str) else user.id
    return [query("put_confirmation", user_id, code.hash, now), keep(user_id, "confirmation_token", code, address, now)]


def keep_invitation(user_id: str, code: Code, address: str, now: datetime) -> list[Statement]:
    return [query("put_invitation", user_id, code.hash, now), keep(user_id, "confirmation_token", code, address, now)]


def keep_recovery(user: User, code: Code, now: datetime) -> list[Statement]:
    return [
        query("put_recovery", user.id, code.hash, now),
        keep(user.id, "recovery_token", code, user.email or "", now),
    ]


def keep_reauthentication(user: User, code: Code, now: datetime) -> list[Statement]:
    return [
        query("put_reauthentication", user.id, code.hash, now),
        keep(user.id, "reauthentication_token", code, user.email or user.phone or "", now),
    ]


def keep_phone_change(user: User, phone: str, code: Code, now: datetime) -> list[Statement]:
    """The wish for another number, with the code that confirms it."""
    return [
        query("put_phone_change", user.id, phone, code.hash, now),
        keep(user.id, "phone_change_token", code, phone, now),
    ]


def keep_email_change(
    user: User, address: str, new: Code | None, current: Code | None, now: datetime
) -> list[Statement]:
    """The wish for another address, with the codes that confirm it: from the new one, and from the current one.

    The link of a code that has none in hand stays the one that was sent.
    """
    hashes = [code.hash if code else "" for code in (new, current)]
    statements = [query("put_email_change", user.id, address, *hashes, now)]
    for kind, code, relates_to in (
        ("email_change_token_new", new, address),
        ("email_change_token_current", current, user.email or ""),
    ):
        forget = query("delete_one_time_token", user.id, kind)
        if code is None or code.link:
            statements.append(keep(user.id, kind, code, relates_to, now) if code else forget)
    return statements


PATHS: Mapping[str, str] = {
    "signup": "mailer_urlpaths_confirmation",
    "invite": "mailer_urlpaths_invite",
    "recovery": "mailer_urlpaths_recovery",
    "magiclink": "mailer_urlpaths_recovery",
    "email_change": "mailer_urlpaths_email_change",
}


def action_link(settings: AuthSettings, kind: str, token: str, redirect_to: str) -> str:
    """The link for a code. It begins with the configured URL: no header of a request changes it."""
    return mail.link(settings.external_url, str(getattr(settings, PATHS[kind])), token, kind, redirect_to)


def check_authorized(address: str, settings: AuthSettings) -> None:
    """400 where mail may only go to named addresses and this is none of them; a `+label` does not count."""
    allowed = settings.external_email_authorized_addresses
    name, _, domain = address.rpartition("@")
    plain = f"{name.partition('+')[0]}@{domain}".lower()
    if allowed and plain not in (each.lower() for each in allowed):
        raise fault("email_address_not_authorized", f'Email address "{address}" cannot be used as it is not authorized')
