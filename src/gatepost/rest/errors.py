"""What went wrong, in PostgREST's words.

In: a Problem of any room. Out: its JSON body, status and headers. Never: a status of our own invention where
PostgREST has one for the SQLSTATE.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from ..exchange import Headers, Response
from ..identity.tokens import InvalidToken, Reason
from ..problem import DatabaseProblem, Problem, Unavailable
from ..query.answer import MARK

JSON = b"application/json; charset=utf-8"
GUARD = re.compile(rf'"{MARK} (PGRST\d+) (\d+)"')
RAISED = "PGRST"
CUSTOM_STATUS = re.compile(r"PT([2-5]\d\d)")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
ANSWERS = range(200, 600)
"""What a status may be: HTTP has no other final ones, and servers can send no other."""

# SQLSTATE, or how it begins → status; the longest match counts.
STATUS: Mapping[str, int] = {
    "08": 503,
    "09": 500,
    "0L": 403,
    "0P": 403,
    "23503": 409,
    "23505": 409,
    "25006": 405,
    "21000": 500,
    "22023": 400,
    "25": 500,
    "28": 403,
    "2D": 500,
    "38": 500,
    "39": 500,
    "3B": 500,
    "40": 500,
    "53400": 500,
    "53": 503,
    "54": 400,  # too much in one request, which is the client's to change; 500 in PostgREST
    "55": 500,
    "57P01": 503,
    "57": 500,
    "58": 500,
    "F0": 500,
    "HV": 500,
    "P0001": 400,
    "P0": 500,
    "XX": 500,
    "42883": 404,
    "42P01": 404,
    "42P17": 500,
    "PT": 500,
}

SINGULAR = "Cannot coerce the result to a single JSON object"
GUARDS = {
    "PGRST115": (400, "Payload values do not match URL in primary key column(s)", None),
    "PGRST116": (406, SINGULAR, "The result contains {} rows"),
    "PGRST124": (400, "Query result exceeds max-affected preference constraint", "The query affects {} rows"),
}

TOKENS: Mapping[Reason, tuple[str, str, str | None]] = {
    Reason.EMPTY: ("PGRST301", "Empty JWT is sent in Authorization header", None),
    Reason.PARTS: ("PGRST301", "Expected 3 parts in JWT; got {}", None),
    Reason.TOO_LONG: ("PGRST301", "JWT cryptographic operation failed", None),
    Reason.MALFORMED: ("PGRST301", "JWT cryptographic operation failed", None),
    Reason.UNSIGNED: (
        "PGRST301",
        "Wrong or unsupported encoding algorithm",
        "JWT is unsecured but expected 'alg' was not 'none'",
    ),
    Reason.ALGORITHM: ("PGRST301", "No suitable key or wrong key type", "None of the keys was able to decode the JWT"),
    Reason.CRITICAL: ("PGRST301", "Unsupported token type", None),
    Reason.KEY: ("PGRST301", "No suitable key or wrong key type", "None of the keys was able to decode the JWT"),
    Reason.EXPIRED: ("PGRST303", "JWT expired", None),
    Reason.NOT_YET: ("PGRST303", "JWT not yet valid", None),
    Reason.FUTURE: ("PGRST303", "JWT issued at future", None),
    Reason.AUDIENCE: ("PGRST303", "JWT not in audience", None),
    Reason.CLAIM: ("PGRST303", "The JWT '{}' claim must be a number", None),
    Reason.CLAIMS: ("PGRST303", "Parsing claims failed", None),
    Reason.ROLE: ("PGRST303", "No role can be called as the JWT names it", None),
    Reason.ISSUER: ("PGRST303", "JWT of another issuer", None),
    Reason.TYPE: ("PGRST301", "Unsupported token type", None),
    Reason.MISSING: ("PGRST303", "The JWT has no '{}' claim that can be used", None),
    Reason.UNMAPPED: ("PGRST303", "The JWT's '{}' claim stands for no role here", None),
}


def respond(problem: Problem, *, verbose: bool = True, authenticated: bool = False) -> Response:
    """The answer that tells a problem. `authenticated`: the role is not the anonymous one, so 42501 is a 403."""
    reason = None
    match problem:
        case InvalidToken():
            problem = token_problem(problem)
        case DatabaseProblem():
            reason = reason_phrase(problem)
            problem = database_problem(problem, authenticated)
        case Unavailable():
            problem = unavailable(problem)
        case Problem(code="pool_timeout"):
            problem = Problem("PGRST003", 504, "Timed out acquiring connection from connection pool.")
        case _:
            pass
    return Response(problem.status, body(problem, verbose), headers(problem), reason)


def reason_phrase(problem: DatabaseProblem) -> str | None:
    """What a function wants beside its status: the message of PTxyz, or `status_text`."""
    text = None
    if CUSTOM_STATUS.fullmatch(problem.code):
        text = problem.message
    elif problem.code == RAISED and problem.details is not None:
        detail = _decoded(str(problem.details), RaisedDetail)
        text = detail.status_text if detail else None
    return CONTROL.sub("", text) if text else None


def body(problem: Problem, verbose: bool = True) -> bytes:
    """The JSON of a problem; `minimal` verbosity leaves out what may tell of the schema."""
    if not verbose:
        return msgspec.json.encode({"code": problem.code, "message": problem.message})
    return msgspec.json.encode(
        {"code": problem.code, "details": problem.details, "hint": problem.hint, "message": problem.message}
    )


def headers(problem: Problem) -> Headers:
    found: Headers = [(b"content-type", JSON), (b"proxy-status", header_value(f"PostgREST; error={problem.code}"))]
    given = {name.lower(): value for name, value in problem.headers.items()}
    if problem.status == 401:
        given.setdefault("www-authenticate", "Bearer")
    return found + [(header_value(name), header_value(value)) for name, value in given.items()]


def header_value(text: str) -> bytes:
    """A text that may come from the database or the request, without what would end the header."""
    return CONTROL.sub("", text).encode()


def not_ready() -> Problem:
    """No catalog could be read yet."""
    message = "Could not query the database for the schema cache. Retrying."
    return Problem("PGRST002", 503, message, headers={"Retry-After": "1"})


def unavailable(problem: Unavailable) -> Problem:
    message = "Database client error. Retrying the connection."
    return Problem("PGRST001", 503, message, problem.details, headers=problem.headers)


# ------------------------------------------------------------------ tokens


def token_problem(problem: InvalidToken) -> Problem:
    """PGRST301 for a token that cannot be verified, PGRST303 for claims that do not hold."""
    code, message, details = TOKENS[problem.reason]
    if problem.reason is Reason.CLAIM and problem.about == "aud":
        message = "The JWT 'aud' claim must be a string or an array of strings"
    message = message.format(problem.about)
    challenge = f'Bearer error="invalid_token", error_description={msgspec.json.encode(message).decode()}'
    return Problem(code, 401, message, details, headers={"WWW-Authenticate": challenge})


def anonymous_refused() -> Problem:
    return Problem("PGRST302", 401, "Anonymous access is disabled", headers={"WWW-Authenticate": "Bearer"})


def no_secret() -> Problem:
    return Problem("PGRST300", 500, "Server lacks JWT secret")


# ------------------------------------------------------------------ the database's own


def database_problem(problem: DatabaseProblem, authenticated: bool) -> Problem:
    """An SQLSTATE with its status; what a guard of ours or `RAISE SQLSTATE 'PGRST'` meant."""
    guard = GUARD.search(problem.message) if problem.code == "22P02" else None
    if guard is not None:
        return guard_problem(guard[1], guard[2])
    if problem.code == RAISED:
        return raised(problem)
    return Problem(problem.code, status(problem, authenticated), problem.message, problem.details, problem.hint)


def guard_problem(code: str, rows: str) -> Problem:
    code_status, message, details = GUARDS.get(code, (500, code, None))
    return Problem(code, code_status, message, details and details.format(rows))


def status(problem: DatabaseProblem, authenticated: bool) -> int:
    """The status for an SQLSTATE."""
    code, message = problem.code, problem.message
    custom = CUSTOM_STATUS.fullmatch(code)
    if custom:
        return int(custom[1])
    if code == "42501":
        return 403 if authenticated else 401
    if code == "22023" and message.startswith("role") and message.endswith("does not exist"):
        return 401
    if code == "21000" and message.endswith("requires a WHERE clause"):
        return 400
    if code == "42883" and message.startswith("function xmlagg("):
        return 406
    return STATUS.get(code) or STATUS.get(code[:2]) or 400


# ------------------------------------------------------------------ RAISE SQLSTATE 'PGRST'


class RaisedMessage(msgspec.Struct):
    code: str
    message: str
    details: str | None = None
    hint: str | None = None


class RaisedDetail(msgspec.Struct):
    status: int
    headers: dict[str, str]
    status_text: str | None = None


def raised(problem: DatabaseProblem) -> Problem:
    """An error that a function wrote itself: MESSAGE the body, DETAIL status and headers, both as JSON."""
    message = _decoded(problem.message, RaisedMessage)
    if message is None:
        return unreadable(
            f"Invalid JSON value for MESSAGE: '{problem.message}'",
            "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: "
            "'details', 'hint'.",
        )
    hint = "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."
    if problem.details is None:
        return unreadable("DETAIL is missing in the RAISE statement", hint)
    detail = _decoded(str(problem.details), RaisedDetail)
    if detail is None:
        return unreadable(f"Invalid JSON value for DETAIL: '{problem.details}'", hint)
    status = detail.status if detail.status in ANSWERS else 500
    return Problem(message.code, status, message.message, message.details, message.hint, detail.headers)


def unreadable(details: str, hint: str) -> Problem:
    return Problem("PGRST121", 500, "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error", details, hint)


def _decoded(text: str, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.MsgspecError:
        return None
