"""Signing out: this session, the others, or all; what they held can't be refreshed any more."""

from ....exchange import Response
from ... import query
from ...errors import invalid
from ...responses import nothing
from ..call import Auth, Call

SCOPES = ("", "global", "local", "others")


async def log_out(auth: Auth, call: Call) -> Response:
    """`POST /logout?scope=`: 204. A token without a session signs out everywhere."""
    scope = call.parameter("scope")
    if scope not in SCOPES:
        raise invalid(f'Unsupported logout scope "{scope}"')
    user, session = call.user, call.session
    if session is None or scope in ("", "global"):
        end = query("delete_sessions", user.id)
    elif scope == "local":
        end = query("delete_session", session.id)
    else:
        end = query("delete_other_sessions", user.id, session.id)
    await auth.scope.run(*auth.audit(call).entry(user.id, "logout"), end)
    return nothing()
