"""A password for a session.

In: `POST /token?grant_type=password`. Out: a session. Never: a hint whether it was the address or the password.
"""

import msgspec

from ....exchange import Response
from ... import addresses, query, users
from ...errors import fault, invalid
from ...responses import tokens
from ...users import User
from .. import strength
from ..call import Auth, Call


class Password(msgspec.Struct):
    email: str = ""
    phone: str = ""
    password: str = ""


async def sign_in(auth: Auth, call: Call) -> Response:
    """Two round trips: the user, then the session; the hash is checked between them, with no connection held."""
    body = call.body(Password)
    user = await _find(auth, call, body)
    if user is None or not user.encrypted_password:
        await auth.hasher.waste(body.password)
        raise _refused()
    if user.is_banned(auth.now()):
        await auth.hasher.waste(body.password)
        raise fault("user_banned", "User is banned", 400)
    checked = await auth.hasher.verify(body.password, user.encrypted_password)
    verdict = await auth.hooks(call).password_attempted(auth.scope, user.id, valid=checked.matches)
    await auth.obey(verdict, user.id, "invalid_credentials")
    if not checked.matches:
        raise _refused()
    check_confirmed(user, by_email=bool(body.email))
    return await _start(auth, call, user, body, outdated=checked.outdated)


async def _find(auth: Auth, call: Call, body: Password) -> User | None:
    if body.email and body.phone:
        raise invalid("Only an email address or phone number should be provided on login.")
    if body.email:
        if not auth.settings.external_email_enabled:
            raise fault("email_provider_disabled", "Email logins are disabled", 422)
        statement = query("user_by_email", body.email, call.audience)
    elif body.phone:
        if not auth.settings.external_phone_enabled:
            raise fault("phone_provider_disabled", "Phone logins are disabled", 422)
        statement = query("user_by_phone", addresses.plain_phone(body.phone), call.audience)
    else:
        raise invalid("missing email or phone")
    return users.read((await auth.scope.run(statement))[0])


def check_confirmed(user: User, *, by_email: bool) -> None:
    """400 where the address signed in with was never confirmed."""
    if by_email and user.email_confirmed_at is None:
        raise fault("email_not_confirmed", "Email not confirmed")
    if not by_email and user.phone_confirmed_at is None:
        raise fault("phone_not_confirmed", "Phone not confirmed")


async def _start(auth: Auth, call: Call, user: User, body: Password, *, outdated: bool) -> Response:
    statements = auth.audit(call).entry(user.id, "login", {"provider": "email" if body.email else "phone"})
    if outdated:
        fresh = await auth.hasher.hash(body.password)
        statements.append(query("rehash_password", user.id, fresh, user.encrypted_password))
    async with auth.unit() as door:
        pair = await auth.issuer.start_session(door, user.id, "password", call.origin, *statements)
    weakness = strength.find_weakness(body.password, auth.settings)
    if weakness is None or not isinstance(weakness.details, dict):
        return tokens(pair)
    return tokens(pair, {"weak_password": {"message": weakness.message, **weakness.details}})


def _refused() -> Exception:
    return fault("invalid_credentials", "Invalid login credentials")
