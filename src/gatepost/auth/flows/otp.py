"""Signing in with a code or link by mail, or a code to a phone; whoever is new signs up on the way.

In: `POST /otp`, `POST /magiclink`. Out: `{}`. Never: a session; that is what the mail is for.
"""

import msgspec

from ...exchange import Response
from .. import addresses, one_time, query, users
from ..errors import fault, invalid
from ..one_time import check_frequency, new_code
from ..responses import reply
from ..users import Metadata, User
from . import strength
from .call import Auth, Call
from .letters import check_channel, check_texts, send_text
from .recover import mail_recovery
from .signup import Applicant, check_open, confirms_itself, register
from .token import pkce


class Otp(msgspec.Struct):
    email: str = ""
    phone: str = ""
    create_user: bool = True
    data: Metadata = {}
    channel: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""


async def send_otp(auth: Auth, call: Call) -> Response:
    """`POST /otp`."""
    body = call.body(Otp)
    if body.email and body.phone:
        raise invalid("Only an email address or phone number should be provided")
    if body.email and body.channel:
        raise invalid("Channel should only be specified with Phone OTP")
    pkce.check_challenge(body.code_challenge, body.code_challenge_method)
    if body.email:
        return await _mail(auth, call, body)
    if body.phone:
        return await _text(auth, call, body)
    raise invalid("One of email or phone must be set")


async def send_magic_link(auth: Auth, call: Call) -> Response:
    """`POST /magiclink`: the same by its older name, for mail alone."""
    body = call.body(Otp)
    if not body.email:
        raise invalid("Password recovery requires an email", 422)
    pkce.check_challenge(body.code_challenge, body.code_challenge_method)
    return await _mail(auth, call, Otp(
        email=body.email,
        data=body.data,
        code_challenge=body.code_challenge,
        code_challenge_method=body.code_challenge_method,
    ))  # fmt: skip


async def _mail(auth: Auth, call: Call, body: Otp) -> Response:
    auth.check_metadata(body.data)
    if not auth.settings.external_email_enabled:
        raise fault("email_provider_disabled", "Email logins are disabled", 422)
    if not auth.settings.external_email_magic_link_enabled:
        raise fault("email_provider_disabled", "Login with magic link is disabled", 422)
    email = addresses.email_address(body.email)
    user = await _find(auth, call, email)
    if user is None and not body.create_user:
        raise fault("otp_disabled", "Signups not allowed for otp")
    if user is None or user.email_confirmed_at is None:
        user = await _sign_up(auth, call, email, body)
        if user is None or not confirms_itself(auth, "email"):
            return reply({})
    check_frequency(user.recovery_sent_at, auth.now(), auth.settings.smtp_max_frequency)
    await mail_recovery(auth, call, user, "magiclink", body.code_challenge, body.code_challenge_method)
    return reply({})


async def _find(auth: Auth, call: Call, email: str) -> User | None:
    return users.read((await auth.scope.run(query("user_by_email", email, call.audience)))[0])


async def _sign_up(auth: Auth, call: Call, email: str, body: Otp) -> User | None:
    """Somebody new, with a password nobody knows; the mail that confirms the address is the link to sign in with."""
    check_open(auth)
    applicant = Applicant(
        strength.random_password(auth.settings),
        body.data,
        email=email,
        challenge=body.code_challenge,
        challenge_method=body.code_challenge_method,
    )
    return await register(auth, call, applicant)


async def _text(auth: Auth, call: Call, body: Otp) -> Response:
    if not auth.settings.external_phone_enabled:
        raise fault("phone_provider_disabled", "Unsupported phone provider")
    phone = addresses.phone_number(body.phone)
    check_channel(auth, call, body.channel)
    user = users.read((await auth.scope.run(query("user_by_phone", phone, call.audience)))[0])
    if user is None and not body.create_user:
        raise fault("otp_disabled", "Signups not allowed for otp")
    check_texts(auth, call)
    if user is None or user.phone_confirmed_at is None:
        check_open(auth)
        applicant = Applicant(strength.random_password(auth.settings), body.data, phone=phone)
        user = await register(auth, call, applicant)
        if user is None or not confirms_itself(auth, "phone"):
            return reply({})
    check_frequency(user.confirmation_sent_at, auth.now(), auth.settings.sms_max_frequency, means="sms")
    await text_code(auth, call, user, "user_recovery_requested")
    return reply({})


async def text_code(auth: Auth, call: Call, user: User, action: str) -> None:
    """Send a code to the user's phone, which confirms it and signs in; `action` is what the audit calls it."""
    code = new_code(user.phone or "", auth.settings)
    async with auth.posting() as tx:
        await tx.run(
            *auth.audit(call).entry(user.id, action, {"provider": "phone"}),
            *one_time.keep_confirmation(user, code, user.phone or "", auth.now()),
        )
        await send_text(auth, call, tx, user, code)
