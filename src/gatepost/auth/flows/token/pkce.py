"""PKCE (RFC 7636): a link in a mail leads to a code, the code and its verifier to a session."""

import base64
import hashlib
import hmac
import re
from datetime import datetime
from typing import Any

import msgspec

from ....exchange import Response
from ....query.sql import Statement
from ... import query
from ...errors import fault, invalid
from ...issue import Door
from ...one_time import has_expired
from ...responses import Shape, tokens
from ..call import Auth, Call

ALPHABET = re.compile(r"[a-zA-Z._~0-9-]+")
SHORTEST, LONGEST = 43, 128
LEAST_LIFE = 300.0


class Exchange(msgspec.Struct):
    auth_code: str = ""
    code_verifier: str = ""


class Flow(msgspec.Struct):
    """A row of `auth.flow_state`."""

    id: str
    authentication_method: str
    created_at: datetime
    user_id: str | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None
    provider_type: str | None = None
    auth_code_issued_at: datetime | None = None
    provider_access_token: str | None = None
    provider_refresh_token: str | None = None


def check_challenge(challenge: str, method: str) -> None:
    """400 unless both are absent or both are well-formed."""
    if bool(challenge) != bool(method):
        raise invalid("PKCE flow requires code_challenge_method and code_challenge")
    if not challenge:
        return
    if not SHORTEST <= len(challenge) <= LONGEST:
        raise invalid(f"code challenge has to be between {SHORTEST} and {LONGEST} characters")
    if not ALPHABET.fullmatch(challenge):
        raise invalid(
            "code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes"
        )
    if method.lower() not in ("s256", "plain"):
        raise invalid(f'unsupported code_challenge method "{method}"')


def begin(
    user_id: str, purpose: str, challenge: str, method: str, now: datetime, provider: str = ""
) -> list[Statement]:
    """Remember the challenge until the mail's link is followed; nothing without one."""
    if not challenge:
        return []
    return [query("insert_flow", user_id, method.lower(), challenge, provider or purpose, purpose, now)]


async def issue_code(door: Door, user_id: str, purpose: str, now: datetime) -> str:
    """The code of the newest flow of that purpose, to be appended to the redirect."""
    row = (await door.run(query("issue_code", user_id, purpose, now)))[0].first
    if row is None:
        raise fault("flow_state_not_found", "No associated flow state found. No valid flow state found for user.", 400)
    if not row[1] or not row[0]:
        raise fault("flow_state_not_found", "No associated flow state found. It is not a PKCE flow.", 400)
    return row[0].decode()


async def exchange(auth: Auth, call: Call) -> Response:
    """`POST /token?grant_type=pkce`: a code works once."""
    body = call.body(Exchange)
    if not body.auth_code or not body.code_verifier:
        raise invalid("invalid request: both auth code and code verifier should be non-empty")
    flow = await _find(auth, body.auth_code)
    check_verifier(flow, body.code_verifier)
    async with auth.scope.transaction() as tx:
        spent = (await tx.run(query("spend_code", flow.id)))[0]
        if not spent.first:
            raise _unknown()
        entry = auth.audit(call).entry(flow.user_id or "", "login", {"provider_type": flow.provider_type})
        pair = await auth.issuer.start_session(tx, flow.user_id or "", flow.authentication_method, call.origin, *entry)
        if pair.user.is_banned(auth.now()):
            raise fault("user_banned", "User is banned", 400)
    return tokens(pair, _provider_tokens(flow))


async def _find(auth: Auth, code: str) -> Flow:
    row = (await auth.scope.run(query("flow_by_code", code)))[0].first
    flow = msgspec.json.decode(row[0] or b"", type=Flow) if row else None
    if flow is None or flow.user_id is None:
        raise _unknown()
    # A link may be opened long after it was asked for: the code's life begins when the code does.
    if has_expired(
        flow.auth_code_issued_at or flow.created_at, auth.now(), max(LEAST_LIFE, auth.settings.flow_state_expiry)
    ):
        raise fault("flow_state_expired", "invalid flow state, flow state has expired")
    return flow


def check_verifier(flow: Flow, verifier: str) -> None:
    """400 `bad_code_verifier` unless the verifier is the one the challenge was made of."""
    given = verifier.encode("utf-8", "surrogatepass")
    if flow.code_challenge_method == "s256":
        given = base64.urlsafe_b64encode(hashlib.sha256(given).digest()).rstrip(b"=")
    if not hmac.compare_digest(given, (flow.code_challenge or "").encode()) or not flow.code_challenge:
        raise fault("bad_code_verifier", "code challenge does not match previously saved code verifier")


def _unknown() -> Exception:
    return fault("flow_state_not_found", "invalid flow state, no valid flow state found")


def _provider_tokens(flow: Flow) -> Shape:
    found: dict[str, Any] = {
        "provider_token": flow.provider_access_token,
        "provider_refresh_token": flow.provider_refresh_token,
    }
    return {name: value for name, value in found.items() if value}
