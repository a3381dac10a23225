"""A factor comes and goes.

In: `POST /factors`, `DELETE /factors/{factor_id}`. Out: a secret for an authenticator app; the id of what is gone.
Never: a second factor put on, or taken off, by somebody who has only the password.
"""

from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

from ....exchange import Response
from ....problem import DatabaseProblem, Problem
from ... import query, responses, users
from ...errors import fault, invalid
from ...sessions import Session
from ...users import User
from ..call import Auth, Call
from ..letters import tell
from . import totp
from .own import own_factor, purpose, signed_in, traits

LEAST_EXPIRY = 300.0
LONGEST_ISSUER = 100
NAME_CONSTRAINT = "mfa_factors_user_friendly_name_unique"


class Enrolment(msgspec.Struct):
    factor_type: str = ""
    friendly_name: str = ""
    issuer: str = ""


async def enrol(auth: Auth, call: Call) -> Response:
    """`POST /factors`: a secret for an authenticator app, and its QR code."""
    (user, session), body = signed_in(call), call.body(Enrolment)
    _check_type(auth, body.factor_type)
    issuer = body.issuer or urlsplit(auth.settings.site_url).netloc
    secret = totp.new_secret()
    address = totp.address(secret, issuer, user.email or user.phone or user.id)
    picture = _picture(address, issuer)
    factor_id = await _store(auth, call, session, body.friendly_name, secret)
    return responses.private(
        {
            "id": factor_id,
            "type": "totp",
            "friendly_name": body.friendly_name,
            "totp": {"qr_code": picture, "secret": secret, "uri": address},
        }
    )


async def unenrol(auth: Auth, call: Call) -> Response:
    """`DELETE /factors/{factor_id}`: a verified one only from a session that used a second factor."""
    user, session = signed_in(call)
    factor = own_factor(call)
    if factor.status == "verified" and session.level != "aal2":
        raise fault("insufficient_aal", "AAL2 required to unenroll verified factor", 422)
    about = traits(factor) | {"session_id": session.id}
    await auth.scope.run(
        *auth.audit(call).entry(user.id, "factor_unenrolled", about),
        query("lower_sessions", factor.id, auth.now()),
        query("delete_factor", factor.id),
        query("forget_purpose", user.id, purpose(factor)),
    )
    await tell(auth, "mfa_factor_unenrolled", user, FactorType=factor.factor_type)
    return responses.reply({"id": factor.id})


def _check_type(auth: Auth, kind: str) -> None:
    if kind in ("phone", "webauthn"):
        name = "Phone" if kind == "phone" else "WebAuthn"
        raise Problem(f"mfa_{kind}_enroll_not_enabled", 422, f"MFA enroll is disabled for {name}")
    if kind != "totp":
        raise invalid("factor_type needs to be totp, phone, or webauthn")
    if not auth.factors.totp_enroll_enabled:
        raise fault("mfa_totp_enroll_not_enabled", "MFA enroll is disabled for TOTP")


def _picture(address: str, issuer: str) -> str:
    try:
        if len(issuer) <= LONGEST_ISSUER:
            return totp.picture(address)
    except ValueError:
        pass
    raise invalid("The issuer is too long for a QR code")


async def _store(auth: Auth, call: Call, session: Session, name: str, secret: str) -> str:
    """Store an unverified factor; the user's row is locked, so that two at once cannot pass the limits together."""
    user_id, factor_id, now = call.user.id, str(uuid4()), auth.now()
    expired = now - timedelta(seconds=max(auth.factors.factor_expiry, LEAST_EXPIRY))
    try:
        async with auth.scope.transaction() as tx:
            results = await tx.run(query("lock_user", user_id), query("purge_factors", expired), users.find(user_id))
            _check_room(auth, users.read(results[-1]), session, name)
            await tx.run(
                query("insert_factor", factor_id, user_id, name, secret, now),
                *auth.audit(call).entry(user_id, "factor_in_progress", {"factor_id": factor_id}),
            )
    except DatabaseProblem as error:
        raise _name_taken(name) if error.constraint == NAME_CONSTRAINT else error from error
    return factor_id


def _check_room(auth: Auth, user: User | None, session: Session, name: str) -> None:
    """Whether the user may have one more factor, of that name."""
    factors = (user.factors if user else None) or []
    verified = [each for each in factors if each.status == "verified"]
    if any((each.friendly_name or "") == name for each in factors):
        raise _name_taken(name)
    if len(factors) >= auth.factors.max_enrolled or len(verified) >= auth.factors.max_verified:
        raise fault("too_many_enrolled_mfa_factors", "Maximum number of verified factors reached, unenroll to continue")
    if verified and session.level != "aal2":
        raise fault("insufficient_aal", "AAL2 required to enroll a new factor", 403)


def _name_taken(name: str) -> Problem:
    return fault("mfa_factor_name_conflict", f'A factor with the friendly name "{name}" for this user already exists')
