"""A refresh token for a new pair: one call of the database, repeated while another request holds the session."""

import asyncio
import random
import re
import time

import msgspec

from ....exchange import Response
from ... import query, sessions, users
from ...errors import fault, invalid
from ...issue import Door
from ...responses import Pair, tokens
from ...sessions import new_token, read_rotation, rotate
from ..call import Auth, Call

LEGACY = re.compile(r"[a-z0-9]{12}")
PATIENCE = 5.0


class Refresh(msgspec.Struct):
    refresh_token: str = ""


async def refresh(auth: Auth, call: Call) -> Response:
    """`POST /token?grant_type=refresh_token`; 409 where the session stays busy for five seconds."""
    given = call.body(Refresh).refresh_token
    if not LEGACY.fullmatch(given):
        raise invalid("Refresh token is not valid")
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = await _attempt(auth, call, given)
        if isinstance(answer, Response):
            return answer
        await asyncio.sleep(random.uniform(0.01, 0.03))  # noqa: S311  no secret: it spreads the retries
    raise fault("conflict", "Too many concurrent token refresh requests on the same session or refresh token")


async def _attempt(auth: Auth, call: Call, given: str) -> Response | None:
    """The answer, or None where the session is busy. A refusal is raised after the commit: what it revoked stays so."""
    async with auth.unit() as door:
        rotation, *found = await door.run(
            rotate(given, new_token(), auth.now(), call.origin, auth.settings),
            query("user_by_refresh_token", given),
            query("session_by_refresh_token", given),
        )
        outcome = (rotation.rows[0][0] or b"").decode()
        if outcome in sessions.REFUSALS or outcome == "busy":
            pair = None
        else:
            pair = await _issue(auth, door, users.read(found[0]), sessions.read(found[1]), rotation.rows[0][1] or b"")
    issued = read_rotation(rotation)
    if issued is None or pair is None:
        return None
    response = tokens(pair)
    if issued[1]:
        response.headers.append((b"sb-auth-refresh-token-reuse", b"false"))
    return response


async def _issue(
    auth: Auth, door: Door, user: users.User | None, session: sessions.Session | None, token: bytes
) -> Pair | None:
    if user is None or session is None:
        return None
    return await auth.issuer.pair(door, user, session, token.decode(), "token_refresh")
