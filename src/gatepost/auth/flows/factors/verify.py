"""A code of an authenticator app raises a session.

In: `POST /factors/{factor_id}/challenge` and `/verify`. Out: a challenge; the session's tokens at aal2.
Never: a code that works twice, or guesses without end.
"""

from datetime import timedelta
from uuid import UUID, uuid4

import msgspec

from ....exchange import Response
from ....problem import Problem
from ... import query, responses, sessions, users
from ...errors import fault, invalid
from ...issue import Door
from ...sessions import Session
from ...users import Factor, User
from ..call import Auth, Call
from ..letters import tell
from . import totp
from .own import own_factor, purpose, signed_in, traits

LEAST_LIFE = 300.0
WRONG = "Invalid TOTP code entered"


class Answer(msgspec.Struct):
    challenge_id: str = ""
    code: str = ""


async def challenge(auth: Auth, call: Call) -> Response:
    """`POST /factors/{factor_id}/challenge`: what a code must be given for, within its life."""
    factor, now, challenge_id = own_factor(call), auth.now(), str(uuid4())
    _check_verification(auth)
    await auth.scope.run(
        query("purge_challenges", factor.id, now - timedelta(days=1)),
        query("insert_challenge", challenge_id, factor.id, now, call.origin.address),
        query("touch_challenged", factor.id, now),
        *auth.audit(call).entry(call.user.id, "challenge_created", traits(factor)),
    )
    expires_at = int(now.timestamp() + _challenge_life(auth))
    return responses.reply({"id": challenge_id, "type": factor.factor_type, "expires_at": expires_at})


async def verify(auth: Auth, call: Call) -> Response:
    """`POST /factors/{factor_id}/verify`: the right code raises this session to aal2 and ends those below it."""
    user, session = signed_in(call)
    factor, body = own_factor(call), call.body(Answer)
    if not body.code:
        raise invalid("Code needs to be non-empty")
    _check_verification(auth)
    challenge_id = _uuid(body.challenge_id)
    secret = await _check_challenge(auth, call, factor, challenge_id)
    await _count_attempt(auth, user, factor, challenge_id)
    step = totp.step_of(body.code, secret, auth.clock())
    verdict = await auth.hooks(call).factor_attempted(auth.scope, user.id, factor, valid=step is not None)
    await auth.obey(verdict, user.id, "mfa_verification_rejected")
    if step is None:
        raise fault("mfa_verification_failed", WRONG)
    async with auth.scope.transaction() as tx:
        await _spend(auth, tx, factor, challenge_id, step)
        pair = await _raise_session(auth, call, tx, session, factor)
    if factor.status == "unverified":
        await tell(auth, "mfa_factor_enrolled", user, FactorType=factor.factor_type)
    return responses.tokens(pair)


def _check_verification(auth: Auth) -> None:
    if not auth.factors.totp_verify_enabled:
        raise fault("mfa_totp_verify_not_enabled", "MFA verification is disabled for TOTP")


async def _check_challenge(auth: Auth, call: Call, factor: Factor, challenge_id: str) -> str:
    """The factor's secret, if the challenge is its own, open, young enough and from the same address."""
    expired = auth.now() - timedelta(seconds=_challenge_life(auth))
    secret, found = await auth.scope.run(
        query("factor_secret", factor.id, call.user.id),
        query("challenge", challenge_id, factor.id, expired, call.origin.address),
    )
    if found.first is None or secret.first is None or not secret.first[0]:
        raise fault("mfa_factor_not_found", "MFA factor with the provided challenge ID not found", 422)
    is_expired, fits = (value == b"t" for value in found.first)
    if not fits:
        raise fault("mfa_ip_address_mismatch", "Challenge and verify IP addresses mismatch.")
    if is_expired:
        await auth.scope.run(query("delete_challenge", challenge_id))
        words = f"MFA challenge {challenge_id} has expired, verify against another challenge or create a new challenge."
        raise fault("mfa_challenge_expired", words)
    return secret.first[0].decode()


async def _count_attempt(auth: Auth, user: User, factor: Factor, challenge_id: str) -> None:
    """Count a guess before it is looked at: so many for a challenge, five times as many for a factor in an hour."""
    most = auth.factors.max_attempts
    counted = await auth.scope.run(query("count_attempt", user.id, purpose(factor), challenge_id, auth.now(), most))
    if not counted[0].first or counted[0].first[0] != b"t":
        raise Problem(
            "over_request_rate_limit", 429, "Too many wrong codes, try again later", headers={"Retry-After": "300"}
        )


async def _spend(auth: Auth, door: Door, factor: Factor, challenge_id: str, step: int) -> None:
    """Use the code and the challenge up; of two calls at once one finds them used."""
    code, opened = await door.run(
        query("spend_step", factor.id, step), query("spend_challenge", challenge_id, auth.now())
    )
    if code.first is None:
        raise fault("mfa_verification_failed", WRONG)
    if opened.first is None:
        raise fault("mfa_ip_address_mismatch", "Challenge and verify IP addresses mismatch.")


async def _raise_session(auth: Auth, call: Call, door: Door, session: Session, factor: Factor) -> responses.Pair:
    """The session goes on as aal2 with a new refresh token; the user's sessions below that end."""
    user_id, token, now = call.user.id, sessions.new_token(), auth.now()
    statements = [
        *auth.audit(call).entry(user_id, "verification_attempted", traits(factor)),
        query("forget_purpose", user_id, purpose(factor)),
        query("verify_factor", factor.id, now),
        query("delete_unverified_factors", user_id),
        *sessions.step_up(session, token, "totp", factor.id, now),
        query("delete_lower_sessions", user_id, session.id),
        sessions.find(session.id),
        users.find(user_id),
    ]
    results = await door.run(*statements)
    raised, user = sessions.read(results[-2]), users.read(results[-1])
    if raised is None or user is None:
        raise fault("session_not_found", "Session from session_id claim in JWT does not exist")
    return await auth.issuer.pair(door, user, raised, token, "totp")


def _challenge_life(auth: Auth) -> float:
    return max(auth.factors.challenge_expiry, LEAST_LIFE)


def _uuid(text: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise invalid("challenge_id must be an UUID") from None
