"""A code or link from a mail, redeemed: the address is theirs, and they are signed in.

In: `POST /verify` (a code, or a link's token), `GET /verify` (the link itself). Out: a session; for the link a redirect
that carries it. Never: a code that works twice, or one that can be guessed: guesses are counted before they are
compared.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import msgspec

from ...exchange import Response
from ...problem import DatabaseProblem, Problem
from ...query.sql import Statement
from .. import addresses, query, redirects, responses, users
from ..errors import UNEXPECTED, fault, invalid, storing
from ..issue import Door
from ..one_time import PKCE, digest, has_expired, matches
from ..responses import Pair
from ..sessions import Origin
from ..users import User
from .account import email_change, phone_change
from .call import Auth, Call
from .letters import tell
from .token import pkce

HALF = "Confirmation link accepted. Please proceed to confirm link sent to the other email"
OAUTH_ERRORS = {
    400: "invalid_request",
    401: "unauthorized_client",
    403: "access_denied",
    500: "server_error",
    503: "temporarily_unavailable",
}
CONFIRMATION, RECOVERY = ("confirmation_token",), ("recovery_token",)
CHANGE = ("email_change_token_current", "email_change_token_new")
KINDS = {
    "signup": CONFIRMATION,
    "invite": CONFIRMATION,
    "recovery": RECOVERY,
    "magiclink": RECOVERY,
    "email": CONFIRMATION + RECOVERY,
    "email_change": CHANGE,
    "sms": CONFIRMATION,
    "phone_change": ("phone_change_token",),
}
"""The stored codes each type of verification accepts: a recovery code confirms no sign-up."""

BY_PHONE = ("sms", "phone_change")

FLOWS = {"signup": "email/signup"}
"""The purpose under which a PKCE flow was begun, where it is not called as the type is."""


PHONE = {"provider": "phone"}

SENT = {
    "confirmation_token": "confirmation_sent_at",
    "recovery_token": "recovery_sent_at",
    "email_change_token_current": "email_change_sent_at",
    "email_change_token_new": "email_change_sent_at",
    "phone_change_token": "phone_change_sent_at",
}
"""When each code was sent: its life is counted from there."""

T = TypeVar("T")
Ending = Callable[[Door, User, str, list[Statement]], Awaitable[T]]
"""What redeeming ends in: given the user, what the code was for, and the statements that are still to run."""

SignedIn = tuple[str, Pair]
"""What the code was for, and the session."""


class Verify(msgspec.Struct):
    type: str = ""
    token: str = ""
    token_hash: str = ""
    email: str = ""
    phone: str = ""
    redirect_to: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody holds in hand: a link's token or the hash of a code, and the type of verification it is claimed to
    be for.
    """

    kind: str
    hash: str
    by_link: bool

    @property
    def refusal(self) -> Problem:
        words = "Email link is invalid or has expired" if self.by_link else "Token has expired or is invalid"
        return fault("otp_expired", words)


async def verify(auth: Auth, call: Call) -> Response:
    """`POST /verify`."""
    body = call.body(Verify)
    claim, address = read_claim(body)
    if body.token:
        user = await _find_by_address(auth, call, claim, address)
        await _count_guess(auth, user, claim)
    else:
        user = await _find_by_hash(auth, claim)
    signed_in = await redeem(auth, call, user.id, claim, _session(auth, call.origin))
    if signed_in is None:
        return responses.reply({"msg": HALF, "code": "200"})
    return responses.tokens(signed_in[1])


async def follow_link(auth: Auth, call: Call) -> Response:
    """`GET /verify`: whatever happens, the browser goes on to the application."""
    token, kind = call.parameter("token"), call.parameter("type")
    if not kind:
        raise invalid("Verify requires a verification type")
    if not token:
        raise invalid("Verify requires a token or a token hash")
    claim, target = Claim(kind, token, by_link=True), call.redirect_to()
    is_pkce = token.startswith(PKCE)
    try:
        url = await _follow(auth, call, claim, target, is_pkce=is_pkce)
    except Problem as error:
        url = error_url(target, error, is_pkce=is_pkce)
    return responses.redirect(url)


async def _follow(auth: Auth, call: Call, claim: Claim, target: str, *, is_pkce: bool) -> str:
    user = await _find_by_hash(auth, claim)
    if is_pkce:
        code = await redeem(auth, call, user.id, claim, _code(auth))
        return redirects.with_query(target, {"code": code}) if code else _half_url(target, is_pkce=True)
    signed_in = await redeem(auth, call, user.id, claim, _session(auth, call.origin))
    if signed_in is None:
        return _half_url(target, is_pkce=False)
    purpose, pair = signed_in
    return redirects.with_fragment(target, responses.token_fields(pair, purpose))


def error_url(target: str, error: Problem, *, is_pkce: bool) -> str:
    """Where a link that does not work leads: the application, with what was wrong in the fragment (and in the query,
    where a server reads it)."""
    if isinstance(error, DatabaseProblem):
        error = fault("unexpected_failure", UNEXPECTED)
    fields = {"error_code": error.code, "error_description": error.message}
    if error.status in OAUTH_ERRORS:
        fields["error"] = OAUTH_ERRORS[error.status]
    return redirects.with_fragment(redirects.with_query(target, fields) if is_pkce else target, {**fields, "sb": ""})


def _half_url(target: str, *, is_pkce: bool) -> str:
    base = redirects.with_query(target, {"message": HALF}) if is_pkce else target
    return redirects.with_fragment(base, {"message": HALF, "sb": ""})


def read_claim(body: Verify) -> tuple[Claim, str]:
    """What is claimed and for which address ('' for a link's hash), checked in GoTrue's order."""
    if not body.type:
        raise invalid("Verify requires a verification type")
    if bool(body.token) == bool(body.token_hash):
        raise invalid("Verify requires either a token or a token hash")
    if body.token_hash:
        if body.email or body.phone or body.redirect_to:
            raise invalid("Only the token_hash and type should be provided")
        return Claim(body.type, body.token_hash, by_link=True), ""
    if bool(body.email) == bool(body.phone):
        raise invalid("Only an email address or phone number should be provided on verify")
    address = addresses.phone_number(body.phone) if body.phone else _email(body.email)
    return Claim(body.type, digest(address, body.token), by_link=False), address


def _email(text: str) -> str:
    try:
        return addresses.email_address(text)
    except Problem:
        raise invalid("Invalid email format", 422) from None


async def _find_by_hash(auth: Auth, claim: Claim) -> User:
    if claim.kind not in KINDS or claim.kind in BY_PHONE:
        raise invalid("Invalid email verification type")
    result = await auth.scope.run(query("user_by_token_hash", [claim.hash], KINDS[claim.kind]))
    return _check(auth, users.read(result[0]), claim)


async def _find_by_address(auth: Auth, call: Call, claim: Claim, address: str) -> User:
    if ("@" in address) is (claim.kind in BY_PHONE):
        raise claim.refusal
    if claim.kind == "phone_change":
        statement = query("user_by_pending_phone", address, call.audience, claim.hash)
    elif claim.kind == "sms":
        statement = query("user_by_phone", address, call.audience)
    elif claim.kind == "email_change":
        statement = query("user_by_pending_change", address, [claim.hash, PKCE + claim.hash])
    else:
        statement = query("user_by_email", address, call.audience)
    return _check(auth, users.read((await auth.scope.run(statement))[0]), claim)


def _check(auth: Auth, user: User | None, claim: Claim) -> User:
    if user is None:
        raise claim.refusal
    if user.is_banned(auth.now()):
        raise fault("user_banned", "User is banned")
    return user


async def _count_guess(auth: Auth, user: User, claim: Claim) -> None:
    """Refuses once a code was guessed at too often; its link goes on working."""
    stored = "".join(getattr(user, kind) or "" for kind in KINDS.get(claim.kind, ()))
    purpose = claim.kind if claim.kind in ("email_change", "phone_change") else "sign_in"
    count = query("count_attempt", user.id, purpose, digest("", stored), auth.now(), auth.settings.otp_max_attempts)
    allowed = (await auth.scope.run(count))[0].rows[0][0]
    if allowed != b"t":
        raise claim.refusal


async def redeem(auth: Auth, call: Call, user_id: str, claim: Claim, finish: Ending[T]) -> T | None:
    """Spend the code and do what it was for, in one transaction; the user's row is locked, so it works once.

    None after the first half of a change of address that needs both mails.
    """
    try:
        async with auth.scope.transaction() as tx:
            _, found, links = await tx.run(
                query("lock_user", user_id), users.find(user_id), query("kinds_of_link", user_id, claim.hash)
            )
            user = _check(auth, users.read(found), claim)
            linked = {(row[0] or b"").decode() for row in links.rows}
            life = auth.settings.sms_otp_exp if claim.kind in BY_PHONE else auth.settings.mailer_otp_exp
            stored = find_stored(user, claim, linked, auth.now(), life)
            if stored is None:
                raise claim.refusal
            purpose = find_purpose(claim, stored)
            if purpose == "email_change" and email_change.needs_both(user, auth.settings):
                await tx.run(*email_change.accept_half(user, stored, auth.now()))
                return None
            done = await finish(tx, user, purpose, _effects(auth, call, user, purpose))
    except DatabaseProblem as error:
        raise storing(error, "Database error updating user") from error
    if purpose == "phone_change" and user.phone:
        await tell(auth, "phone_changed", user, Phone=user.phone_change or "", OldPhone=user.phone)
    if purpose == "email_change" and user.email:
        await tell(auth, "email_changed", user, user.email, Email=user.email_change or "", OldEmail=user.email)
    return done


def find_stored(user: User, claim: Claim, linked: Collection[str], now: datetime, life: float) -> str | None:
    """Under which name the code that is claimed is stored, or None; `linked` are those whose link it is."""
    for stored in KINDS.get(claim.kind, ()):
        kept: str | None = getattr(user, stored)
        sent_at: datetime | None = getattr(user, SENT[stored])
        if claim.by_link:
            fits = stored in linked and bool(kept) and not has_expired(sent_at, now, life)
        else:
            fits = matches(claim.hash, kept, sent_at, now, life)
        if fits:
            return stored
    return None


def find_purpose(claim: Claim, stored: str) -> str:
    """What a code is good for: `email` stands for a sign-up's code or a magic link's."""
    if claim.kind != "email":
        return claim.kind
    return "signup" if stored == "confirmation_token" else "magiclink"


def _effects(auth: Auth, call: Call, user: User, purpose: str) -> list[Statement]:
    now, audit = auth.now(), auth.audit(call)
    end = [query("refresh_providers", user.id), query("forget_attempts", user.id)]
    if purpose == "email_change":
        return [*audit.entry(user.id, "user_modified"), *email_change.complete(user, now), *end]
    if purpose == "phone_change":
        return [*audit.entry(user.id, "user_modified"), *phone_change.complete(user, now), *end]
    if purpose == "sms":
        entry = audit.entry(user.id, "user_signedup" if user.phone_confirmed_at is None else "login", PHONE)
        return [*entry, *users.confirm_phone(user.id, now), *end]
    confirm = [*users.confirm_email(user.id, now), query("verify_identities", user.id, now)]
    signed_up = audit.entry(user.id, "user_signedup", {"provider": "email"})
    if purpose in ("signup", "invite"):
        return [*signed_up, *confirm, *end]
    spend = [query("spend_recovery", user.id, now), query("delete_one_time_tokens", user.id)]
    if user.email_confirmed_at is None:
        return [*spend, *signed_up, *confirm, *end]
    return [*spend, *audit.entry(user.id, "login"), *end]


def _session(auth: Auth, origin: Origin) -> Ending[SignedIn]:
    async def finish(door: Door, user: User, purpose: str, statements: list[Statement]) -> SignedIn:
        return purpose, await auth.issuer.start_session(door, user.id, "otp", origin, *statements)

    return finish


def _code(auth: Auth) -> Ending[str]:
    async def finish(door: Door, user: User, purpose: str, statements: list[Statement]) -> str:
        await door.run(*statements)
        return await pkce.issue_code(door, user.id, FLOWS.get(purpose, purpose), auth.now())

    return finish
