"""What other parts of this process ask: which sessions live; and, for a developer's pages, who there is and a token.

In: ids of sessions, part of an address. Out: those that live; addresses; a token that ends within minutes. Never: an
endpoint; never a session that could be refreshed.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ...query.sql import Statement
from .. import query, sessions, users
from ..errors import fault
from ..issue import build_claims, renew
from .call import Auth

LIFE = 600
MOST = 20


async def live_sessions(auth: Auth, ids: Sequence[str]) -> frozenset[str]:
    """Of these sessions, those that have not ended; what is no id of a session is none."""
    [result] = await auth.scope.run(_live(auth, [id for id in ids if _is_id(id)], auth.now()))
    return frozenset(row[0].decode() for row in result.rows if row[0])


async def emails(auth: Auth, part: str) -> list[str]:
    """Addresses that hold `part`, of those who were here last first."""
    [result] = await auth.scope.run(query("search_emails", part, MOST))
    return [row[0].decode() for row in result.rows if row[0]]


async def token_for(auth: Auth, email: str) -> str:
    """An access token of that user, with the claims a sign-in would give and without a session."""
    [result] = await auth.scope.run(query("user_by_email", email, auth.settings.jwt_aud))
    user = users.read(result)
    if user is None:
        raise fault("user_not_found", "There is no such user", 404)
    now = auth.now()
    await renew(auth.scope, user, now)
    claims = build_claims(auth.settings, user, sessions.new(user.id, "password", now), now, auth.issuer.owned_keys)
    if auth.issuer.has_hook:
        async with auth.scope.transaction() as door:
            claims = await auth.issuer.hooked(door, user, claims, "password")
    claims = {name: value for name, value in claims.items() if name != "session_id"}
    return auth.tokens.sign({**claims, "exp": min(int(claims["exp"]), int(now.timestamp()) + LIFE)})


def _live(auth: Auth, ids: Sequence[str], now: datetime) -> Statement:
    return query("live_sessions", ids, now, float(auth.settings.sessions_timebox))


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
