"""An invitation: a user is made, and a mail lets its owner in."""

from uuid import uuid4

import msgspec

from ....exchange import Response
from ....problem import DatabaseProblem
from ....query.sql import Statement
from ... import addresses, one_time, query, responses, users
from ...errors import fault, storing
from ...one_time import new_code
from ...users import Metadata, NewUser, User
from ..call import Auth, Call
from ..letters import send_link

TAKEN = "A user with this email address has already been registered"


class Invitation(msgspec.Struct):
    email: str = ""
    data: Metadata = {}


async def invite(auth: Auth, call: Call) -> Response:
    """`POST /invite`: 422 for an address whose owner has confirmed it already."""
    body = call.body(Invitation)
    email = addresses.email_address(body.email)
    user = users.read((await auth.scope.run(query("user_by_email", email, call.audience)))[0])
    if user is not None and user.email_confirmed_at is not None:
        raise fault("email_exists", TAKEN)
    try:
        invited = await _store(auth, call, email, body.data, user)
    except DatabaseProblem as error:
        raise storing(error, "Database error saving new user") from error
    return responses.reply(responses.user(invited))


async def _store(auth: Auth, call: Call, email: str, data: Metadata, user: User | None) -> User:
    user_id, now = user.id if user else str(uuid4()), auth.now()
    code = new_code(email, auth.settings)
    async with auth.posting() as tx:
        results = await tx.run(
            *([] if user else insert_invited(auth, call, user_id, email, data)),
            *auth.audit(call).admin_entry(call.admin, "user_invited", {"user_id": user_id, "user_email": email}),
            *one_time.keep_invitation(user_id, code, email, now),
            users.find(user_id),
        )
        invited = users.read(results[-1])
        if invited is None:
            raise fault("unexpected_failure", "Database error saving new user")
        await send_link(auth, call, "invite", invited, code)
    return invited


def insert_invited(auth: Auth, call: Call, user_id: str, email: str, data: Metadata) -> list[Statement]:
    """A user without a password; `user_metadata` is exactly what was given."""
    new = NewUser(
        id=user_id,
        aud=call.audience,
        role=auth.settings.jwt_default_group_name,
        email=email,
        password_hash="",
        app_metadata=users.provider_metadata("email"),
        user_metadata=data,
    )
    identity = users.identity_data(user_id, email=email)
    return [users.insert(new, auth.now()), users.insert_identity(user_id, "email", identity, auth.now())]
