"""Users as an administrator sees and changes them.

In: `/admin/users`. Out: users. Never: a mail; what an administrator says of an address is taken as given.
"""

import re
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import msgspec

from ....exchange import Response
from ....problem import DatabaseProblem
from ....query.sql import Statement
from ....settings import seconds
from ... import addresses, query, responses
from ... import users as records
from ...errors import fault, invalid, storing
from ...hashing import ARGON2, BCRYPT, FIREBASE
from ...users import Metadata, NewUser, User
from .. import strength
from ..call import Auth, Call

PER_PAGE = 50
DIRECTIONS = {"": -1, "created_at": -1, "created_at desc": -1, "created_at asc": 1}
DURATION = re.compile(r"-?(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+|0")
ID_NEEDED = "user_id must be an UUID"


class Change(msgspec.Struct):
    id: str = ""
    aud: str = ""
    role: str = ""
    email: str = ""
    phone: str = ""
    password: str | None = None
    password_hash: str = ""
    email_confirm: bool = False
    phone_confirm: bool = False
    user_metadata: Metadata | None = None
    app_metadata: Metadata | None = None
    ban_duration: str = ""


class Deletion(msgspec.Struct):
    should_soft_delete: bool = False


async def list_all(auth: Auth, call: Call) -> Response:
    """`GET /admin/users`: newest first, a page at a time."""
    page, per_page = number(call, "page", 1), number(call, "per_page", PER_PAGE)
    sort, wanted = call.parameter("sort"), call.parameter("filter")
    if sort.lower() not in DIRECTIONS:
        raise invalid(f"Bad Sort Parameters: {sort}")
    offset = max(0, page - 1) * per_page
    found, total = await auth.scope.run(
        query("list_users", call.audience, wanted, DIRECTIONS[sort.lower()], per_page, offset),
        query("count_users", call.audience, wanted),
    )
    count = int((total.rows[0][0] or b"0").decode())
    shown = [responses.user(user, listed=True) for user in records.read_all(found)]
    headers = responses.page_headers(call.request.path, call.parameters(), page, per_page, count)
    return responses.reply({"users": shown, "aud": call.audience}, 200, headers)


def number(call: Call, name: str, default: int) -> int:
    """A parameter that counts: 400 where it is something else."""
    text = call.parameter(name)
    if text and not (text.isascii() and text.isdigit() and len(text) < 19):
        raise invalid(f"Bad Pagination Parameters: {name} must be a number that is not negative")
    return int(text) if text else default


async def load(auth: Auth, call: Call) -> User:
    """The user the path names; 404 where there is none."""
    try:
        user_id = str(UUID(call.ids[0]))
    except ValueError:
        raise invalid(ID_NEEDED, 404) from None
    user = records.read((await auth.scope.run(records.find(user_id)))[0])
    if user is None:
        raise fault("user_not_found", "User not found")
    return user


async def show(auth: Auth, call: Call) -> Response:
    """`GET /admin/users/{user_id}`."""
    return responses.reply(responses.user(await load(auth, call)))


async def create(auth: Auth, call: Call) -> Response:
    """`POST /admin/users`: stored as given, confirmed only where the body says so."""
    body = _checked(call.body(Change))
    if not body.email and not body.phone:
        raise invalid("Cannot create a user without either an email or phone")
    await _check_taken(auth, call, body)
    new = await _new_user(auth, call, body)
    try:
        results = await auth.scope.run(*_creation(auth, call, body, new), records.find(new.id))
    except DatabaseProblem as error:
        raise storing(error, "Database error creating new user") from error
    user = records.read(results[-1])
    if user is None:
        raise fault("unexpected_failure", "Database error creating new user")
    return responses.reply(responses.user(user))


def _checked(body: Change) -> Change:
    if body.email:
        body.email = addresses.email_address(body.email)
    if body.phone:
        body.phone = addresses.phone_number(body.phone)
    return body


async def _check_taken(auth: Auth, call: Call, body: Change) -> None:
    audience = body.aud or call.audience
    by_email, by_phone = await auth.scope.run(
        query("duplicate_email", body.email, audience, None), query("user_by_phone", body.phone, audience)
    )
    if body.email and by_email.rows:
        raise fault("email_exists", "A user with this email address has already been registered")
    if body.phone and by_phone.rows:
        raise fault("phone_exists", "Phone number already registered by another user")


async def _new_user(auth: Auth, call: Call, body: Change) -> NewUser:
    providers = [name for name, value in (("email", body.email), ("phone", body.phone)) if value]
    return NewUser(
        id=_new_id(body.id),
        aud=body.aud or call.audience,
        role=(body.role or auth.settings.jwt_default_group_name).strip(),
        email=body.email,
        phone=body.phone,
        password_hash=await _password_hash(auth, body),
        app_metadata=records.provider_metadata(*providers),
        user_metadata=body.user_metadata or {},
    )


def _new_id(asked: str) -> str:
    if not asked:
        return str(uuid4())
    try:
        chosen = UUID(asked)
    except ValueError:
        raise invalid("ID must conform to the uuid v4 format") from None
    if chosen.int == 0:
        raise invalid("ID cannot be a nil uuid")
    return str(chosen)


async def _password_hash(auth: Auth, body: Change) -> str:
    """The given hash, the given password's, or that of a password nobody knows."""
    if body.password_hash:
        if body.password is not None:
            raise invalid("Only a password or a password hash should be provided")
        if not any(known.fullmatch(body.password_hash) for known in (BCRYPT, ARGON2, FIREBASE)):
            raise invalid("The password hash must be a bcrypt, argon2 or fbscrypt hash")
        return body.password_hash
    return await auth.hasher.hash(body.password or strength.random_password(auth.settings))


def _creation(auth: Auth, call: Call, body: Change, new: NewUser) -> list[Statement]:
    now = auth.now()
    statements = [records.insert(new, now)]
    if new.email:
        data = records.identity_data(new.id, email=new.email)
        statements.append(records.insert_identity(new.id, "email", data, now))
    if new.phone:
        data = records.identity_data(new.id, phone=new.phone)
        statements.append(records.insert_identity(new.id, "phone", data, now))
    traits = _traits(new.id, new.email, new.phone) | {"provider": new.app_metadata["provider"]}
    statements += auth.audit(call).admin_entry(call.admin, "user_signedup", traits)
    changes = msgspec.structs.replace(body, role="", user_metadata=None)
    return [*statements, *_confirmations(auth, new.id, body), *_details(auth, new.id, changes)]


async def update(auth: Auth, call: Call) -> Response:
    """`PUT /admin/users/{user_id}`: takes effect at once; a new password ends all sessions."""
    user = await load(auth, call)
    body = _checked(call.body(Change))
    if body.password is not None:
        strength.check(body.password, auth.settings)
    password = await auth.hasher.hash(body.password) if body.password else ""
    try:
        results = await auth.scope.run(*_changes(auth, call, user, body, password), records.find(user.id))
    except DatabaseProblem as error:
        raise storing(error, "Error updating user") from error
    return responses.reply(responses.user(records.read(results[-1]) or user))


def _changes(auth: Auth, call: Call, user: User, body: Change, password_hash: str) -> list[Statement]:
    now = auth.now()
    statements = _confirmations(auth, user.id, body)
    if password_hash:
        statements += records.change_password(user.id, password_hash, now, None)
    if body.email:
        statements += _set_address(user, "email", body.email, confirmed=body.email_confirm, now=now)
    if body.phone:
        statements += _set_address(user, "phone", body.phone, confirmed=body.phone_confirm, now=now)
    statements += _details(auth, user.id, body)
    traits = _traits(user.id, user.email or "", user.phone or "")
    return [*statements, *auth.audit(call).admin_entry(call.admin, "user_modified", traits)]


def _set_address(user: User, kind: str, address: str, *, confirmed: bool, now: datetime) -> list[Statement]:
    """Another address, with its identity; codes sent to the one before it are void."""
    changes: Metadata = {kind: address, f"{kind}_verified": confirmed}
    data = records.identity_data(user.id) | changes
    statements = [
        records.put_identity(user.id, kind, data, changes, now),
        query(f"set_{kind}", user.id, address, now),
    ]
    if address != (getattr(user, kind) or ""):
        statements += [query("clear_pending", user.id, now), query("delete_one_time_tokens", user.id)]
    if user.is_anonymous and confirmed:
        statements.append(query("set_not_anonymous", user.id))
    return statements


def _confirmations(auth: Auth, user_id: str, body: Change) -> list[Statement]:
    statements = records.confirm_email(user_id, auth.now()) if body.email_confirm else []
    return statements + (records.confirm_phone(user_id, auth.now()) if body.phone_confirm else [])


def _details(auth: Auth, user_id: str, body: Change) -> list[Statement]:
    now, statements = auth.now(), list[Statement]()
    if body.role:
        statements.append(query("set_role", user_id, body.role.strip(), now))
    if body.app_metadata is not None:
        statements.append(records.merge_app_metadata(user_id, body.app_metadata, now))
    if body.user_metadata is not None:
        statements.append(records.merge_user_metadata(user_id, body.user_metadata, now))
    if body.ban_duration:
        statements.append(query("set_banned_until", user_id, banned_until(body.ban_duration, now), now))
    return statements


def banned_until(duration: str, now: datetime) -> datetime | None:
    """The end of a ban of that duration (Go's notation); None for `none` and zero."""
    if duration == "none":
        return None
    if not DURATION.fullmatch(duration):
        raise invalid(f"invalid format for ban duration: {duration!r} is not a duration like 24h or 1h30m")
    length = seconds(duration.removeprefix("-")) * (-1 if duration.startswith("-") else 1)
    try:
        return now + timedelta(seconds=length) if length else None
    except OverflowError:
        raise invalid("invalid format for ban duration: it is too long") from None


def _traits(user_id: str, email: str, phone: str) -> dict[str, object]:
    return {"user_id": user_id, "user_email": email, "user_phone": phone}


async def delete(auth: Auth, call: Call) -> Response:
    """`DELETE /admin/users/{user_id}`; softly: the row stays, unrecognisable and unable to sign in."""
    user = await load(auth, call)
    body = call.optional_body(Deletion)
    traits = _traits(user.id, user.email or "", user.phone or "")
    entry = auth.audit(call).admin_entry(call.admin, "user_deleted", traits)
    try:
        await auth.scope.run(*entry, *(_soften(auth, user) if body.should_soft_delete else _remove(user)))
    except DatabaseProblem as error:
        raise storing(error, "Database error deleting user") from error
    return responses.reply({})


def _remove(user: User) -> list[Statement]:
    return [query("delete_user", user.id)]


def _soften(auth: Auth, user: User) -> list[Statement]:
    if user.deleted_at is not None:
        return []
    now = auth.now()
    return [
        query("soft_delete_user", user.id, now),
        query("soft_delete_identities", user.id, now),
        query("delete_one_time_tokens", user.id),
        query("delete_factors", user.id),
        query("delete_sessions", user.id),
    ]
