"""A change of phone number: asked for by its owner, confirmed by a code that is sent to the new one.

In: a user and the number they want; later the code. Out: Statements, a code handed to the application's hook.
Never: a number that nobody has confirmed, unless sign-ups by phone confirm themselves.
"""

from datetime import datetime

from ....query.sql import Statement
from ... import one_time, query, users
from ...issue import Door
from ...one_time import check_frequency, new_code
from ...users import User
from ..call import Auth, Call
from ..letters import check_texts, send_text


async def ask(auth: Auth, call: Call, door: Door, user: User, phone: str) -> None:
    """Keep the wish and send a code to the new number."""
    check_texts(auth, call)
    check_frequency(user.phone_change_sent_at, auth.now(), auth.settings.sms_max_frequency, means="sms")
    code = new_code(phone, auth.settings)
    await door.run(*one_time.keep_phone_change(user, phone, code, auth.now()))
    user.phone_change = phone
    await send_text(auth, call, door, user, code, phone)


def complete(user: User, now: datetime) -> list[Statement]:
    """The number is theirs: of the user and of the phone identity. Every code that was out is void."""
    phone = user.phone_change or ""
    data = users.identity_data(user.id, phone=phone) | {"phone_verified": True}
    return [
        users.put_identity(user.id, "phone", data, {"phone": phone, "phone_verified": True}, now),
        query("complete_phone_change", user.id, now),
        query("delete_one_time_tokens", user.id),
        *([query("set_not_anonymous", user.id)] if user.is_anonymous else []),
    ]
