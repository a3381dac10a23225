"""A link as a mail would carry it, handed to the administrator who sends it by other means.

In: `POST /admin/generate_link`. Out: the user, with link, code and hash beside it.
Never: a mail, or a limit on how often.
"""

from dataclasses import replace
from uuid import uuid4

import msgspec

from ....exchange import Response
from ....problem import DatabaseProblem
from ....query.sql import Statement
from ... import addresses, one_time, query, responses, users
from ...errors import fault, invalid, storing
from ...one_time import Code, action_link, digest, new_code
from ...users import Metadata, NewUser, User
from .. import strength
from ..call import Auth, Call
from .invite import TAKEN, insert_invited

CHANGES = ("email_change_current", "email_change_new")
KINDS = ("signup", "invite", "magiclink", "recovery", *CHANGES)


class Order(msgspec.Struct):
    type: str = ""
    email: str = ""
    new_email: str = ""
    password: str = ""
    data: Metadata | None = None
    redirect_to: str = ""


async def generate_link(auth: Auth, call: Call) -> Response:
    body = call.body(Order)
    body.email = addresses.email_address(body.email)
    if body.type not in KINDS:
        raise invalid(f"Invalid email action link type requested: {body.type}")
    user = users.read((await auth.scope.run(query("user_by_email", body.email, call.audience)))[0])
    if user is None:
        _adapt(auth, body)
    elif body.type in ("signup", "invite") and user.email_confirmed_at is not None:
        raise fault("email_exists", TAKEN)
    try:
        return await _generate(auth, call, body, user)
    except DatabaseProblem as error:
        raise storing(error, "Database error saving new user") from error


def _adapt(auth: Auth, body: Order) -> None:
    """Nobody has this address yet: a magic link is a sign-up, a recovery is impossible."""
    if body.type == "magiclink":
        body.type, body.password = "signup", strength.random_password(auth.settings)
    elif body.type not in ("signup", "invite"):
        raise fault("user_not_found", "User with this email not found")


async def _generate(auth: Auth, call: Call, body: Order, user: User | None) -> Response:
    target = call.redirect_to(body.redirect_to)
    address = await _new_address(auth, call, body, user)
    code = new_code(body.email, auth.settings)
    linked = replace(code, hash=digest(address, code.code)) if body.type == "email_change_new" else code
    user_id = user.id if user else str(uuid4())
    insert = await _insert(auth, call, body, user_id) if user is None else []
    keep = _keep(auth, call, body, user or user_id, linked, address)
    results = await auth.scope.run(*insert, *keep, users.find(user_id))
    made = users.read(results[-1])
    if made is None:
        raise fault("unexpected_failure", "Database error saving new user")
    kind = "email_change" if body.type in CHANGES else body.type
    return responses.private(
        responses.user(made)
        | {
            "action_link": action_link(auth.settings, kind, linked.link, target),
            "email_otp": code.code,
            "hashed_token": linked.link,
            "verification_type": body.type,
            "redirect_to": target,
        }
    )


async def _new_address(auth: Auth, call: Call, body: Order, user: User | None) -> str:
    """The address of a change, free to be taken; '' for other links."""
    if body.type not in CHANGES or user is None:
        return ""
    if body.type == "email_change_current" and not auth.settings.mailer_secure_email_change_enabled:
        raise invalid("Enable secure email change to generate link for current email")
    address = addresses.email_address(body.new_email)
    if (await auth.scope.run(query("duplicate_email", address, user.aud or "", user.id)))[0].rows:
        raise fault("email_exists", TAKEN)
    return address


async def _insert(auth: Auth, call: Call, body: Order, user_id: str) -> list[Statement]:
    if body.type == "invite":
        return await insert_invited(auth, call, user_id, body.email, body.data or {})
    if not body.password:
        raise invalid("Signup requires a valid password")
    strength.check(body.password, auth.settings)
    new = NewUser(
        id=user_id,
        aud=call.audience,
        role=auth.settings.jwt_default_group_name,
        email=body.email,
        password_hash=await auth.hasher.hash(body.password),
        app_metadata=users.provider_metadata("email"),
        user_metadata=body.data or {},
    )
    await auth.hooks(call).before_user_created(auth.scope, new)
    identity = users.identity_data(user_id, email=body.email)
    return [users.insert(new, auth.now()), users.insert_identity(user_id, "email", identity, auth.now())]


def _keep(auth: Auth, call: Call, body: Order, user: User | str, code: Code, address: str) -> list[Statement]:
    now, audit = auth.now(), auth.audit(call)
    user_id = user if isinstance(user, str) else user.id
    if body.type == "invite":
        entry = audit.admin_entry(call.admin, "user_invited", {"user_id": user_id, "user_email": body.email})
        return [*entry, *one_time.keep_invitation(user_id, code, body.email, now)]
    if body.type == "signup" or isinstance(user, str):
        data = [users.merge_user_metadata(user_id, body.data, now)] if body.data and not isinstance(user, str) else []
        return [*data, *one_time.keep_confirmation(user_id, code, body.email, now)]
    if body.type in CHANGES:
        return _keep_change(auth, body, user, code, address)
    return [*audit.entry(user_id, "user_recovery_requested"), *one_time.keep_recovery(user, code, now)]


def _keep_change(auth: Auth, body: Order, user: User, code: Code, address: str) -> list[Statement]:
    """One half of a change; the other half's code stays where it is for the same new address."""
    same = user.email_change == address
    kept_new, kept_current = (user.email_change_token_new, user.email_change_token_current) if same else ("", "")
    new = code if body.type == "email_change_new" else Code("", kept_new or "", "")
    current = code if body.type == "email_change_current" else Code("", kept_current or "", "")
    return one_time.keep_email_change(
        user, address, new if new.hash else None, current if current.hash else None, auth.now()
    )
