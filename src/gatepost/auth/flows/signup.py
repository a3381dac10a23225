"""Signing up: with an address and a password, or without any of them.

In: `POST /signup`. Out: the new user, or a session where nothing needs to be confirmed. Never: whether an address is
somebody's already, unless sign-ups are confirmed by themselves.
"""

from dataclasses import dataclass
from uuid import uuid4

import msgspec

from ...exchange import Response
from ...problem import DatabaseProblem
from ...query.sql import Statement
from .. import addresses, one_time, query, responses, users
from ..errors import fault, invalid, storing, taken
from ..issue import Door
from ..one_time import Code, check_frequency, new_code
from ..users import Metadata, NewUser, User
from . import strength
from .call import Auth, Call
from .letters import check_channel, check_texts, send_link, send_text
from .token import pkce

UNSAVED = "Database error saving new user"


class SignUp(msgspec.Struct):
    email: str = ""
    phone: str = ""
    password: str = ""
    data: Metadata = {}
    channel: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who signs up: exactly one address, checked, and a password that may be nobody's."""

    password: str
    data: Metadata
    email: str = ""
    phone: str = ""
    challenge: str = ""
    challenge_method: str = ""

    @property
    def provider(self) -> str:
        return "email" if self.email else "phone"


async def sign_up(auth: Auth, call: Call) -> Response:
    body = call.body(SignUp)
    auth.check_metadata(body.data)
    if not body.email and not body.phone:
        return await sign_up_anonymously(auth, call, body.data)
    auth.limits.check("signup", call.request)
    check_open(auth)
    applicant = read_applicant(auth, call, body)
    user = await register(auth, call, applicant)
    if user is None:
        return _pretend(auth, call, applicant)
    if is_confirmed(user, applicant.provider):
        return await _sign_in(auth, call, user, applicant.provider)
    if user.invited_at is not None:
        user.raw_user_meta_data, user.identities = {}, []
    return responses.reply(responses.user(user))


async def sign_up_anonymously(auth: Auth, call: Call, data: Metadata) -> Response:
    """A user without an address, signed in at once."""
    if not auth.settings.external_anonymous_users_enabled:
        raise fault("anonymous_provider_disabled", "Anonymous sign-ins are disabled")
    auth.limits.check("anonymous", call.request)
    check_open(auth)
    user = NewUser(
        id=str(uuid4()),
        aud=call.audience,
        role=auth.settings.jwt_default_group_name,
        password_hash="",
        user_metadata=data,
        is_anonymous=True,
    )
    await auth.hooks(call).before_user_created(auth.scope, user)
    try:
        async with auth.unit() as door:
            insert = users.insert(user, auth.now())
            pair = await auth.issuer.start_session(door, user.id, "anonymous", call.origin, insert)
    except DatabaseProblem as error:
        raise storing(error, "Database error creating anonymous user") from error
    return responses.tokens(pair)


def check_open(auth: Auth) -> None:
    """422 where nobody may sign up."""
    if auth.settings.disable_signup:
        raise fault("signup_disabled", "Signups not allowed for this instance")


def read_applicant(auth: Auth, call: Call, body: SignUp) -> Applicant:
    """The body, checked in GoTrue's order."""
    if not body.password:
        raise invalid("Signup requires a valid password")
    strength.check(body.password, auth.settings)
    if body.email and body.phone:
        raise invalid("Only an email address or phone number should be provided on signup.")
    if body.phone:
        check_channel(auth, call, body.channel)
    if body.phone and body.code_challenge:
        raise invalid("PKCE not supported for phone signups")
    pkce.check_challenge(body.code_challenge, body.code_challenge_method)
    email, phone = _address(auth, body)
    return Applicant(body.password, body.data, email, phone, body.code_challenge, body.code_challenge_method)


def _address(auth: Auth, body: SignUp) -> tuple[str, str]:
    if body.email:
        if not auth.settings.external_email_enabled:
            raise fault("email_provider_disabled", "Email signups are disabled")
        return addresses.email_address(body.email), ""
    if not auth.settings.external_phone_enabled:
        raise fault("phone_provider_disabled", "Phone signups are disabled")
    return "", addresses.phone_number(body.phone)


async def register(auth: Auth, call: Call, applicant: Applicant) -> User | None:
    """The new user, stored and mailed to; an unconfirmed one that was there is mailed to again, unchanged.

    None where the address belongs to somebody. The password is hashed in every case: time does not tell.
    """
    password_hash = await auth.hasher.hash(applicant.password)
    try:
        return await _admit(auth, call, applicant, password_hash)
    except DatabaseProblem as error:
        if taken(error) is None:
            raise storing(error, UNSAVED) from error
    # Somebody took the address in the same moment: now it is known to be taken.
    try:
        return await _admit(auth, call, applicant, password_hash)
    except DatabaseProblem as error:
        if taken(error) is not None:
            return None  # by a user of another audience
        raise storing(error, UNSAVED) from error


async def _admit(auth: Auth, call: Call, applicant: Applicant, password_hash: str) -> User | None:
    existing = await find_existing(auth, call, applicant)
    if existing is not None and not await _may_continue(auth, existing, applicant):
        await auth.scope.run(*auth.audit(call).entry(existing.id, "user_repeated_signup", _traits(applicant)))
        return None
    return await _store(auth, call, applicant, password_hash, existing)


async def find_existing(auth: Auth, call: Call, applicant: Applicant) -> User | None:
    if applicant.email:
        statement = query("duplicate_email", applicant.email, call.audience, None)
    else:
        statement = query("user_by_phone", applicant.phone, call.audience)
    return users.read((await auth.scope.run(statement))[0])


async def _may_continue(auth: Auth, existing: User, applicant: Applicant) -> bool:
    """Whether this sign-up goes on with the user who is there: only while nobody has proven to be that user.

    Where sign-ups confirm themselves it would hand out the account, so the password must be the one that was set.
    """
    if is_confirmed(existing, applicant.provider) or existing.deleted_at is not None:
        return False
    if not confirms_itself(auth, applicant.provider):
        return True
    return (await auth.hasher.verify(applicant.password, existing.encrypted_password or "")).matches


def is_confirmed(user: User, provider: str) -> bool:
    return (user.email_confirmed_at if provider == "email" else user.phone_confirmed_at) is not None


def confirms_itself(auth: Auth, provider: str) -> bool:
    return auth.settings.mailer_autoconfirm if provider == "email" else auth.settings.sms_autoconfirm


async def _store(auth: Auth, call: Call, applicant: Applicant, password_hash: str, existing: User | None) -> User:
    user_id = existing.id if existing else str(uuid4())
    code = _confirmation_code(auth, call, applicant, existing)
    new = _new_user(auth, call, applicant, user_id, password_hash)
    if existing is None:
        await auth.hooks(call).before_user_created(auth.scope, new)
    async with auth.posting() as tx:
        await _insert(auth, tx, applicant, new, exists=existing is not None)
        results = await tx.run(*_confirm(auth, call, applicant, user_id, code), users.find(user_id))
        user = users.read(results[-1])
        if user is None:
            raise fault("unexpected_failure", UNSAVED)
        if code is not None and applicant.email:
            await send_link(auth, call, tx, "signup", user, code)
        elif code is not None:
            await send_text(auth, call, tx, user, code)
    return user


def _confirmation_code(auth: Auth, call: Call, applicant: Applicant, existing: User | None) -> Code | None:
    """The code to send; None where the address counts as confirmed."""
    if confirms_itself(auth, applicant.provider):
        return None
    sent_at = existing.confirmation_sent_at if existing else None
    if not applicant.email:
        check_texts(auth, call)
        check_frequency(sent_at, auth.now(), auth.settings.sms_max_frequency, means="sms")
        return new_code(applicant.phone, auth.settings)
    check_frequency(sent_at, auth.now(), auth.settings.smtp_max_frequency)
    return new_code(applicant.email, auth.settings, pkce=bool(applicant.challenge))


def _new_user(auth: Auth, call: Call, applicant: Applicant, user_id: str, password_hash: str) -> NewUser:
    return NewUser(
        id=user_id,
        aud=call.audience,
        role=auth.settings.jwt_default_group_name,
        email=applicant.email,
        phone=applicant.phone,
        password_hash=password_hash,
        app_metadata=users.provider_metadata(applicant.provider),
        user_metadata=applicant.data,
    )


async def _insert(auth: Auth, door: Door, applicant: Applicant, new: NewUser, *, exists: bool) -> None:
    """Store the user and the identity; what the application's triggers made of the row stands."""
    now = auth.now()
    data = users.identity_data(new.id, email=applicant.email, phone=applicant.phone, more=applicant.data)
    if exists:
        await door.run(users.put_identity(new.id, applicant.provider, data, {}, now))
        return
    await door.run(
        users.insert(new, now),
        users.insert_identity(new.id, applicant.provider, data, now),
        users.merge_user_metadata(new.id, data, now),
    )


def _confirm(auth: Auth, call: Call, applicant: Applicant, user_id: str, code: Code | None) -> list[Statement]:
    """Confirm the address, or keep the code that will."""
    now, audit = auth.now(), auth.audit(call)
    if code is None:
        confirm = users.confirm_email if applicant.email else users.confirm_phone
        return [*audit.entry(user_id, "user_signedup", _traits(applicant)), *confirm(user_id, now)]
    return [
        *audit.entry(user_id, "user_confirmation_requested", _traits(applicant)),
        *pkce.begin(user_id, "email/signup", applicant.challenge, applicant.challenge_method, now, "email"),
        *one_time.keep_confirmation(user_id, code, applicant.email or applicant.phone, now),
    ]


def _traits(applicant: Applicant) -> dict[str, object]:
    return {"provider": applicant.provider}


async def _sign_in(auth: Auth, call: Call, user: User, provider: str) -> Response:
    entry = auth.audit(call).entry(user.id, "login", {"provider": provider})
    async with auth.unit() as door:
        pair = await auth.issuer.start_session(door, user.id, "password", call.origin, *entry)
    return responses.tokens(pair)


def _pretend(auth: Auth, call: Call, applicant: Applicant) -> Response:
    """What a stranger sees of an address that is taken: a user like any other, who is nobody."""
    if auth.settings.mailer_autoconfirm or auth.settings.sms_autoconfirm:
        raise fault("user_already_exists", "User already registered")
    now = auth.now()
    nobody = User(
        id=str(uuid4()),
        aud=call.audience,
        email=applicant.email,
        phone=applicant.phone,
        raw_app_meta_data=users.provider_metadata(applicant.provider),
        raw_user_meta_data=applicant.data,
        confirmation_sent_at=now,
        created_at=now,
        updated_at=now,
    )
    return responses.reply(responses.user(nobody))
