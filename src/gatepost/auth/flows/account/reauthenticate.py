"""Proving once more to be oneself: a code by mail or to a phone, given back with a new password."""

from ....exchange import Response
from ... import one_time, query
from ...errors import fault, invalid
from ...one_time import check_frequency, digest, matches, new_code
from ...responses import reply
from ..call import Auth, Call
from ..letters import check_texts, send_code, send_text

INVALID = "Nonce has expired or is invalid"


async def reauthenticate(auth: Auth, call: Call) -> Response:
    """`GET /reauthenticate`: a code to the user's own address, or phone where there is none."""
    user = call.user
    if not user.email and not user.phone:
        raise invalid("Reauthentication requires the user to have an email or a phone number")
    if user.email and user.email_confirmed_at is None:
        raise fault("email_not_confirmed", "Please verify your email first.", 422)
    if not user.email:
        if user.phone_confirmed_at is None:
            raise fault("phone_not_confirmed", "Please verify your phone first.", 422)
        check_texts(auth, call)
        check_frequency(user.reauthentication_sent_at, auth.now(), auth.settings.sms_max_frequency, means="sms")
    else:
        check_frequency(user.reauthentication_sent_at, auth.now(), auth.settings.smtp_max_frequency)
    code = new_code(user.email or user.phone or "", auth.settings)
    async with auth.posting() as tx:
        await tx.run(
            *auth.audit(call).entry(user.id, "user_reauthenticate_requested"),
            *one_time.keep_reauthentication(user, code, auth.now()),
        )
        await (send_code if user.email else send_text)(auth, call, tx, user, code)
    return reply({})


async def spend_nonce(auth: Auth, call: Call, nonce: str) -> None:
    """422 unless `nonce` is the code that was mailed; it works once, and may be guessed at only so often."""
    user, now = call.user, auth.now()
    stored = user.reauthentication_token or ""
    count = query("count_attempt", user.id, "reauthentication", digest("", stored), now, auth.settings.otp_max_attempts)
    allowed = (await auth.scope.run(count))[0].rows[0][0] == b"t"
    given = digest(user.email or user.phone or "", nonce)
    life = auth.settings.mailer_otp_exp if user.email else auth.settings.sms_otp_exp
    if not allowed or not matches(given, stored, user.reauthentication_sent_at, now, life):
        raise fault("reauthentication_not_valid", INVALID)
    spent = await auth.scope.run(query("spend_reauthentication", user.id, stored, now))
    if not spent[0].rows:
        raise fault("reauthentication_not_valid", INVALID)
