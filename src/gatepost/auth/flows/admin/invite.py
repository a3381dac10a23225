"""An invitation: a user is made, and a mail lets its owner in."""

from uuid import uuid4

import msgspec

from ....exchange import Response
from ....problem import DatabaseProblem, Problem
from ....query.sql import Statement, qualified
from ....settings import function_name
from ... import addresses, one_time, parameter, query, responses, users
from ...errors import fault, storing
from ...one_time import new_code
from ...users import Metadata, NewUser, User
from ..call import Auth, Call
from ..letters import send_link
from ..recover import mail_recovery

TAKEN = "A user with this email address has already been registered"


class Invitation(msgspec.Struct):
    email: str = ""
    data: Metadata = {}


async def invite(auth: Auth, call: Call) -> Response:
    """`POST /invite`: 422 for an address whose owner has confirmed it already."""
    body = call.body(Invitation)
    email = addresses.email_address(body.email)
    if call.caller is not None and call.caller.user is not None:
        return await _mail(auth, call, call.caller.user, email)
    user = await _find(auth, call, email)
    if user is not None and user.email_confirmed_at is not None:
        raise fault("email_exists", TAKEN)
    try:
        invited = await _store(auth, call, email, body.data, user)
    except DatabaseProblem as error:
        raise storing(error, "Database error saving new user") from error
    return responses.reply(responses.user(invited))


async def _find(auth: Auth, call: Call, email: str) -> User | None:
    return users.read((await auth.scope.run(query("user_by_email", email, call.audience)))[0])


async def _mail(auth: Auth, call: Call, inviter: User, email: str) -> Response:
    """`POST /invite` by a user: `{}` for an address that the settings' function lets him have mailed, else 403.

    Who has an account gets a link to sign in, who has none an invitation; the answer is the same, and so it is where
    the function or the address has had its mail lately. `data` is not looked at: it would be another user's.
    """
    function = function_name(auth.settings.invite_function, "auth.invite_function") or ("", "")
    ask = Statement(f"select {qualified(*function)}($1::uuid, $2::text)", (parameter(inviter.id), parameter(email)))
    [allowed] = await auth.scope.run(ask)
    match allowed.first:
        case (b"t", *_):
            await _send(auth, call, email)
        case (b"f", *_):
            pass
        case _:
            raise fault("not_admin", "User not allowed")
    return responses.reply({})


async def _send(auth: Auth, call: Call, email: str) -> None:
    user = await _find(auth, call, email)
    if user is None or user.email_confirmed_at is None:
        await _store(auth, call, email, {}, user)
        return
    try:
        one_time.check_frequency(user.recovery_sent_at, auth.now(), auth.settings.smtp_max_frequency)
    except Problem:
        return
    await mail_recovery(auth, call, user, "magiclink", "", "")


async def _store(auth: Auth, call: Call, email: str, data: Metadata, user: User | None) -> User:
    user_id, now = user.id if user else str(uuid4()), auth.now()
    code = new_code(email, auth.settings)
    insert = [] if user else await insert_invited(auth, call, user_id, email, data)
    async with auth.posting() as tx:
        results = await tx.run(
            *insert,
            *auth.audit(call).admin_entry(call.admin, "user_invited", {"user_id": user_id, "user_email": email}),
            *one_time.keep_invitation(user_id, code, email, now),
            users.find(user_id),
        )
        invited = users.read(results[-1])
        if invited is None:
            raise fault("unexpected_failure", "Database error saving new user")
        await send_link(auth, call, tx, "invite", invited, code)
    return invited


async def insert_invited(auth: Auth, call: Call, user_id: str, email: str, data: Metadata) -> list[Statement]:
    """A user without a password, if the application will have them; `user_metadata` is exactly what was given."""
    new = NewUser(
        id=user_id,
        aud=call.audience,
        role=auth.settings.jwt_default_group_name,
        email=email,
        password_hash="",
        app_metadata=users.provider_metadata("email"),
        user_metadata=data,
    )
    await auth.hooks(call).before_user_created(auth.scope, new)
    identity = users.identity_data(user_id, email=email)
    return [users.insert(new, auth.now()), users.insert_identity(user_id, "email", identity, auth.now())]
