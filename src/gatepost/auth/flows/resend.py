"""The same mail once more, with a new code.

In: `POST /resend`. Out: `{}`, whoever asks. Never: whether the address is somebody's.
"""

import msgspec

from ...exchange import Response
from .. import addresses, one_time, query, users
from ..errors import fault, invalid
from ..one_time import check_frequency, new_code
from ..responses import reply
from ..users import User
from .account import email_change, phone_change
from .call import Auth, Call
from .letters import check_texts, send_link
from .otp import text_code
from .token import pkce

BY_MAIL, BY_PHONE = ("signup", "email_change"), ("sms", "phone_change")


class Resend(msgspec.Struct):
    type: str = ""
    email: str = ""
    phone: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""


async def resend(auth: Auth, call: Call) -> Response:
    body = call.body(Resend)
    user = await _find(auth, call, body)
    if user is None or not _is_pending(user, body.type):
        if body.email:
            await auth.paces["resend"].pretend(body.email, auth.now(), auth.settings.smtp_max_frequency)
        return reply({})
    if body.type in BY_PHONE:
        await _text(auth, call, user, body.type)
        return reply({})
    async with auth.paces["resend"].real():
        await _send(auth, call, user, body)
    return reply({})


async def _find(auth: Auth, call: Call, body: Resend) -> User | None:
    _check(body)
    if body.email:
        if not auth.settings.external_email_enabled:
            raise fault("email_provider_disabled", "Email logins are disabled")
        statement = query("user_by_email", addresses.email_address(body.email), call.audience)
    else:
        if not auth.settings.external_phone_enabled:
            raise fault("phone_provider_disabled", "Phone logins are disabled")
        statement = query("user_by_phone", addresses.phone_number(body.phone), call.audience)
    return users.read((await auth.scope.run(statement))[0])


def _check(body: Resend) -> None:
    if body.type in BY_MAIL:
        pkce.check_challenge(body.code_challenge, body.code_challenge_method)
    elif body.type not in BY_PHONE:
        raise invalid("Missing one of these types: signup, email_change, sms, phone_change")
    if body.type == "signup" and not body.email:
        raise invalid("Type provided requires an email address")
    if body.type == "sms" and not body.phone:
        raise invalid("Type provided requires a phone number")
    if body.email and body.phone:
        raise invalid("Only an email address or phone number should be provided.")
    if not body.email and not body.phone:
        raise invalid("Missing email address or phone number")


def _is_pending(user: User, kind: str) -> bool:
    match kind:
        case "signup":
            return user.email_confirmed_at is None
        case "email_change":
            return bool(user.email_change)
        case "sms":
            return user.phone_confirmed_at is None
        case _:
            return bool(user.phone_change)


async def _send(auth: Auth, call: Call, user: User, body: Resend) -> None:
    challenge, method, now = body.code_challenge, body.code_challenge_method, auth.now()
    async with auth.posting() as tx:
        if body.type == "email_change":
            await email_change.ask(auth, call, tx, user, user.email_change or "", challenge, method)
            return
        check_frequency(user.confirmation_sent_at, now, auth.settings.smtp_max_frequency)
        code = new_code(user.email or "", auth.settings, pkce=bool(challenge))
        await tx.run(
            *auth.audit(call).entry(user.id, "user_confirmation_requested"),
            *pkce.begin(user.id, "email/signup", challenge, method, now),
            *one_time.keep_confirmation(user, code, user.email or "", now),
        )
        await send_link(auth, call, tx, "signup", user, code)


async def _text(auth: Auth, call: Call, user: User, kind: str) -> None:
    if kind == "phone_change":
        async with auth.posting() as tx:
            await phone_change.ask(auth, call, tx, user, user.phone_change or "")
        return
    check_texts(auth, call)
    check_frequency(user.confirmation_sent_at, auth.now(), auth.settings.sms_max_frequency, means="sms")
    await text_code(auth, call, user, "user_confirmation_requested")
