"""A forgotten password: a link by mail that signs its owner in.

In: `POST /recover`. Out: `{}`, whoever asks. Never: whether the address is somebody's, by word or by time.
"""

import msgspec

from ...exchange import Response
from .. import addresses, one_time, query, users
from ..errors import fault, invalid
from ..one_time import check_frequency, new_code
from ..responses import reply
from ..users import User
from .call import Auth, Call
from .letters import send_link
from .token import pkce


class Recover(msgspec.Struct):
    email: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""


async def recover(auth: Auth, call: Call) -> Response:
    body = call.body(Recover)
    if not auth.settings.external_email_enabled:
        raise fault("email_provider_disabled", "Email logins are disabled")
    if not body.email:
        raise invalid("Password recovery requires an email")
    email = addresses.email_address(body.email)
    pkce.check_challenge(body.code_challenge, body.code_challenge_method)
    user = users.read((await auth.scope.run(query("user_by_email", email, call.audience)))[0])
    if user is None:
        await auth.paces["recover"].pretend(email, auth.now(), auth.settings.smtp_max_frequency)
        return reply({})
    check_frequency(user.recovery_sent_at, auth.now(), auth.settings.smtp_max_frequency)
    async with auth.paces["recover"].real():
        await mail_recovery(auth, call, user, "recovery", body.code_challenge, body.code_challenge_method)
    return reply({})


async def mail_recovery(auth: Auth, call: Call, user: User, kind: str, challenge: str, method: str) -> None:
    """Mail a link that signs in: `kind` is `recovery` or `magiclink`. Both use the one recovery code of a user."""
    code, now = new_code(user.email or "", auth.settings, pkce=bool(challenge)), auth.now()
    async with auth.posting() as tx:
        await tx.run(
            *pkce.begin(user.id, kind, challenge, method, now),
            *auth.audit(call).entry(user.id, "user_recovery_requested"),
            *one_time.keep_recovery(user, code, now),
        )
        await send_link(auth, call, tx, kind, user, code)
