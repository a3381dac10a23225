"""A user's own record: read, and changed as far as users may change it.

In: `GET /user`, `PUT /user`. Out: the user. Never: a change of app_metadata or role; a new password or address for a
session that has not shown the second factor its user has.
"""

from datetime import timedelta

import msgspec

from ....exchange import Response
from ....problem import DatabaseProblem
from ....query.sql import Statement
from ... import addresses, query, responses, users
from ...errors import fault, invalid, storing
from ...issue import Door
from ...users import Metadata, User
from .. import strength
from ..call import Auth, Call
from ..letters import check_channel, check_texts, tell
from ..token import pkce
from . import email_change, phone_change
from .reauthenticate import spend_nonce

FRESH = timedelta(hours=24)
TAKEN_EMAIL = "A user with this email address has already been registered"
TAKEN_PHONE = "A user with this phone number has already been registered"


class Update(msgspec.Struct):
    email: str = ""
    phone: str = ""
    password: str | None = None
    current_password: str = ""
    nonce: str = ""
    data: Metadata | None = None
    app_metadata: Metadata | None = None
    channel: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""


async def show(auth: Auth, call: Call) -> Response:
    """`GET /user`."""
    if call.caller is None or call.audience != call.caller.audience:
        raise invalid("Token audience doesn't match request audience")
    return responses.private(responses.user(call.user))


async def update(auth: Auth, call: Call) -> Response:
    """`PUT /user`."""
    body = call.body(Update)
    _check_format(auth, call, body)
    wanted = _without_same(call.user, body)
    _check_allowed(auth, call, wanted)
    await _check_taken(auth, call, wanted)
    password_hash = await _new_password(auth, call, wanted) if wanted.password is not None else None
    try:
        user = await _store(auth, call, wanted, password_hash)
    except DatabaseProblem as error:
        raise storing(error, "Error updating user") from error
    if wanted.password is not None:
        await tell(auth, "password_changed", user)
    if wanted.phone and call.user.phone and user.phone == wanted.phone:
        await tell(auth, "phone_changed", user, Phone=user.phone or "", OldPhone=call.user.phone)
    return responses.private(responses.user(user))


def _check_format(auth: Auth, call: Call, body: Update) -> None:
    if body.email:
        body.email = addresses.email_address(body.email)
    if body.phone:
        body.phone = addresses.phone_number(body.phone)
        check_channel(auth, call, body.channel)
    if body.password is not None:
        strength.check(body.password, auth.settings)
    pkce.check_challenge(body.code_challenge, body.code_challenge_method)


def _without_same(user: User, body: Update) -> Update:
    """The addresses the user has already are no change."""
    email = "" if body.email == (user.email or "") else body.email
    phone = "" if body.phone == (user.phone or "") else body.phone
    return msgspec.structs.replace(body, email=email, phone=phone)


def _check_allowed(auth: Auth, call: Call, body: Update) -> None:
    user, session = call.user, call.session
    guarded = bool(body.password or body.email or body.phone)
    auth.check_metadata(body.data or {})
    if body.app_metadata is not None:
        raise fault("not_admin", "Updating app_metadata requires admin privileges")
    if guarded and user.has_verified_factor and (session is None or session.aal != "aal2"):
        raise fault("insufficient_aal", "AAL2 session is required to update email or password when MFA is enabled.")
    if user.is_anonymous and body.password and not body.email and not body.phone:
        raise invalid("Updating password of an anonymous user without an email or phone is not allowed", 422)
    if user.is_sso_user and (guarded or body.nonce):
        raise fault("user_sso_managed", "Updating email, phone, password of a SSO account only possible via SSO")
    if body.phone and not auth.settings.sms_autoconfirm:
        check_texts(auth, call)


async def _check_taken(auth: Auth, call: Call, body: Update) -> None:
    asked = [query("duplicate_email", body.email, call.audience, call.user.id)] if body.email else []
    asked += [query("user_by_phone", body.phone, call.audience)] if body.phone else []
    if not asked:
        return
    results = await auth.scope.run(*asked)
    if body.email and results[0].rows:
        raise fault("email_exists", TAKEN_EMAIL)
    if body.phone and results[-1].rows:
        raise fault("phone_exists", TAKEN_PHONE)


async def _new_password(auth: Auth, call: Call, body: Update) -> str:
    """The hash of the new password, once the user has proven what the settings ask for."""
    password, user, session, settings = body.password or "", call.user, call.session, auth.settings
    if settings.update_password_require_reauthentication and (
        session is None or auth.now() > session.created_at + FRESH
    ):
        if not body.nonce:
            raise fault("reauthentication_needed", "Password update requires reauthentication")
        await spend_nonce(auth, call, body.nonce)
    if user.encrypted_password:
        if settings.update_password_require_current_password and not (session and session.is_recovery):
            await _check_current(auth, user, body.current_password)
        if (await auth.hasher.verify(password, user.encrypted_password)).matches:
            raise fault("same_password", "New password should be different from the old password.")
    return await auth.hasher.hash(password)


async def _check_current(auth: Auth, user: User, given: str) -> None:
    if not given:
        raise fault("current_password_required", "Current password required when setting new password.")
    if not (await auth.hasher.verify(given, user.encrypted_password or "")).matches:
        raise fault("current_password_invalid", "Current password required when setting new password.")


async def _store(auth: Auth, call: Call, body: Update, password_hash: str | None) -> User:
    user = call.user
    async with auth.posting() if body.email or body.phone else auth.scope.transaction() as tx:
        changes = _changes(auth, call, body, password_hash)
        if changes:
            await tx.run(*changes)
        if body.email:
            await _change_email(auth, call, tx, body)
        if body.phone and not auth.settings.sms_autoconfirm:
            await phone_change.ask(auth, call, tx, user, body.phone)
        entry = auth.audit(call).entry(user.id, "user_modified")
        changed = users.read((await tx.run(*entry, users.find(user.id)))[-1])
    if changed is None:
        raise fault("user_not_found", "User from sub claim in JWT does not exist", 403)
    return changed


def _changes(auth: Auth, call: Call, body: Update, password_hash: str | None) -> list[Statement]:
    """What takes effect at once."""
    user, now, statements = call.user, auth.now(), list[Statement]()
    if password_hash is not None:
        keep = call.session.id if call.session else None
        statements += users.change_password(user.id, password_hash, now, keep)
        statements += auth.audit(call).entry(user.id, "user_updated_password")
    if body.data is not None:
        statements.append(users.merge_user_metadata(user.id, body.data, now))
    if body.phone and auth.settings.sms_autoconfirm:
        statements += _change_phone(auth, user, body.phone)
    return statements


def _change_phone(auth: Auth, user: User, phone: str) -> list[Statement]:
    """A number that counts as confirmed: only where sign-ups by phone do."""
    now = auth.now()
    data = users.identity_data(user.id, phone=phone) | {"phone_verified": True}
    return [
        users.put_identity(user.id, "phone", data, {"phone": phone, "phone_verified": True}, now),
        query("set_phone", user.id, phone, now),
        *users.confirm_phone(user.id, now),
        *([query("set_not_anonymous", user.id)] if user.is_anonymous else []),
        query("refresh_providers", user.id),
    ]


async def _change_email(auth: Auth, call: Call, door: Door, body: Update) -> None:
    """Ask for confirmation; an anonymous user's first address counts at once where sign-ups confirm themselves."""
    user = call.user
    if not (user.is_anonymous and auth.settings.mailer_autoconfirm):
        await email_change.ask(auth, call, door, user, body.email, body.code_challenge, body.code_challenge_method)
        return
    user.email_change = body.email
    await door.run(
        query("put_email_change", user.id, body.email, "", "", auth.now()),
        *email_change.complete(user, auth.now()),
        query("refresh_providers", user.id),
    )
