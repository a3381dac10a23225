"""GoTrue's error codes, and the two shapes an error goes out in.

In: a code and a message, or what went wrong below. Out: a Problem with its status; a Response in the shape the client
asked for by X-Supabase-Api-Version. Never: 500 for a client's mistake, or a word about what the database runs.
"""

import re
from collections.abc import Mapping

import msgspec

from ..exchange import Headers, Request, Response
from ..problem import DatabaseProblem, Problem

VERSION = b"2024-01-01"
VERSION_HEADER = b"x-supabase-api-version"
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
UNEXPECTED = "Unexpected failure, please check server logs for more information"

STATUS: Mapping[str, int] = {
    "anonymous_provider_disabled": 422,
    "bad_code_verifier": 400,
    "bad_json": 400,
    "bad_jwt": 403,
    "conflict": 409,
    "current_password_invalid": 400,
    "current_password_required": 400,
    "email_address_not_authorized": 400,
    "email_conflict_identity_not_deletable": 422,
    "email_exists": 422,
    "email_not_confirmed": 400,
    "email_provider_disabled": 400,
    "feature_disabled": 404,
    "flow_state_expired": 422,
    "flow_state_not_found": 404,
    "hook_timeout": 422,
    "identity_not_found": 422,
    "insufficient_aal": 401,
    "invalid_credentials": 400,
    "manual_linking_disabled": 404,
    "mfa_challenge_expired": 422,
    "mfa_factor_name_conflict": 422,
    "mfa_factor_not_found": 404,
    "mfa_ip_address_mismatch": 422,
    "mfa_totp_enroll_not_enabled": 422,
    "mfa_totp_verify_not_enabled": 422,
    "mfa_verification_rejected": 403,
    "mfa_verification_failed": 422,
    "mfa_verified_factor_exists": 422,
    "no_authorization": 401,
    "not_admin": 403,
    "otp_disabled": 422,
    "otp_expired": 403,
    "over_email_send_rate_limit": 429,
    "over_request_rate_limit": 429,
    "over_sms_send_rate_limit": 429,
    "phone_exists": 422,
    "phone_not_confirmed": 400,
    "phone_provider_disabled": 400,
    "provider_disabled": 400,
    "reauthentication_needed": 400,
    "reauthentication_not_valid": 422,
    "refresh_token_already_used": 400,
    "refresh_token_not_found": 400,
    "request_entity_too_large": 413,
    "request_timeout": 504,
    "same_password": 422,
    "session_expired": 400,
    "session_not_found": 403,
    "signup_disabled": 422,
    "single_identity_not_deletable": 422,
    "sms_send_failed": 422,
    "too_many_enrolled_mfa_factors": 422,
    "unexpected_audience": 403,
    "unexpected_failure": 500,
    "user_already_exists": 422,
    "user_banned": 403,
    "user_not_found": 404,
    "user_sso_managed": 422,
    "validation_failed": 400,
    "weak_password": 422,
}
"""The usual status of each code; a flow that answers another one says so."""

# SQLSTATEs that an application's own trigger raises: the older error shape shows them to the client.
RAISED = ("P0001", "23000", "23001", "23502", "23503", "23505", "23514", "23P01")
TAKEN_EMAIL = ("users_email_partial_key", "users_email_key")
TAKEN_PHONE = "users_phone_key"


def fault(code: str, message: str, status: int | None = None, details: dict[str, object] | None = None) -> Problem:
    """A Problem with GoTrue's code; the status is the code's own unless given."""
    return Problem(code, status or STATUS[code], message, details)


def invalid(message: str, status: int = 400) -> Problem:
    """`validation_failed`."""
    return Problem("validation_failed", status, message)


def taken(error: DatabaseProblem) -> Problem | None:
    """The problem of an address that somebody else took meanwhile, or None where it is something else."""
    if error.code != "23505":
        return None
    if error.constraint in TAKEN_EMAIL:
        return fault("email_exists", "A user with this email address has already been registered")
    if error.constraint == "users_pkey":
        return fault("user_already_exists", "A user with this id already exists")
    if error.constraint == TAKEN_PHONE:
        return fault("phone_exists", "A user with this phone number has already been registered")
    return None


def storing(error: DatabaseProblem, message: str) -> Problem:
    """What to answer when the database refuses to store: a taken address, bad text, or `message` with 500.

    The last is what an application's trigger causes; the older error shape also shows the trigger's own words.
    """
    known = taken(error) or _bad_text(error)
    return known or fault("unexpected_failure", message)


def _bad_text(error: DatabaseProblem) -> Problem | None:
    return invalid(f"A value cannot be stored: {error.message}") if error.code.startswith("22") else None


def answer(error: Problem, request: Request) -> Response:
    """The error as a Response, in the shape the request's API version asks for."""
    if isinstance(error, DatabaseProblem):
        error = _unexpected(error)
    modern = is_modern(request)
    headers: Headers = [(b"content-type", b"application/json")]
    headers += [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in error.headers.items()]
    if modern:
        headers.append((VERSION_HEADER, VERSION))
    headers.append((b"x-sb-error-code", error.code.encode()))
    status, body = _modern(error) if modern else _legacy(error, request)
    return Response(status, msgspec.json.encode(body), headers)


def is_modern(request: Request) -> bool:
    """Whether the client named an API version of 2024-01-01 or later."""
    asked = request.header(VERSION_HEADER)
    return bool(asked and DATE.fullmatch(asked) and asked >= VERSION.decode())


def _unexpected(error: DatabaseProblem) -> Problem:
    problem = _bad_text(error) or fault("unexpected_failure", UNEXPECTED)
    problem.__cause__ = error
    return problem


def _modern(error: Problem) -> tuple[int, dict[str, object]]:
    return error.status, {"code": error.code, "message": error.message, **_extra(error)}


def _legacy(error: Problem, request: Request) -> tuple[int, dict[str, object]]:
    cause = error.__cause__
    if error.status == 500 and isinstance(cause, DatabaseProblem) and (status := _raised(cause.code)):
        raised = {"code": cause.code, "message": cause.message, "hint": cause.hint, "detail": cause.details}
        return status, {name: value for name, value in raised.items() if value}
    body: dict[str, object] = {"code": error.status, "error_code": error.code, "msg": error.message, **_extra(error)}
    if error.status >= 500 and request.id:
        body["error_id"] = request.id
    return error.status, body


def _raised(sqlstate: str) -> int:
    """The status an application's own SQLSTATE stands for (`PT402` is 402), 0 where it is not the application's."""
    if sqlstate in RAISED:
        return 500
    number = sqlstate[2:] if sqlstate.startswith("PT") else ""
    return int(number) if number.isdigit() and 100 <= int(number) <= 599 else 0


def _extra(error: Problem) -> dict[str, object]:
    if error.code == "weak_password" and isinstance(error.details, dict):
        return {"weak_password": error.details}
    return {}
