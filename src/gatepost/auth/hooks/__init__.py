"""Hooks: functions of an application in the database, or its servers, that the auth surface asks, with GoTrue's events
and answers.

In: an event as JSON. Out: the answer, an object. Never: a statement of the hook's that is not undone where it fails or
refuses within a transaction; a function that keeps a request waiting for more than two seconds, a server for five.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec

from ...database.values import Result
from ...problem import DatabaseProblem, Problem
from ...query.sql import Statement, qualified
from ...settings import HOOK, AuthSettings, hook_uri, is_remote
from .. import parameter, query
from ..errors import fault

TIMEOUT_MS = "2000"
TITLES: Mapping[str, str] = {
    "custom_access_token": "customize-access-token",
    "before_user_created": "before-user-created",
    "mfa_verification_attempt": "mfa-verification",
    "password_verification_attempt": "password-verification",
    "send_email": "send-email",
    "send_sms": "send-sms",
}
"""The hooks by the names of their settings, and what an event calls them."""


Remote = Callable[[str, bytes], Awaitable[bytes | None]]
"""Asks a hook over HTTP: where it is, the event; its answer."""


class Door(Protocol):
    """Where statements run: a transaction, or a scope whose one call is one."""

    async def run(self, *statements: Statement) -> list[Result]: ...


def check(settings: AuthSettings) -> None:
    """A Problem that names a hook which is on and cannot be called."""
    for name in TITLES:
        where = hook_uri(settings, name)
        if getattr(settings, f"hook_{name}_enabled") and not is_remote(where) and HOOK.fullmatch(where) is None:
            message = f"auth.hook_{name}_uri must be pg-functions://postgres/SCHEMA/FUNCTION, or an https:// address"
            raise Problem(
                "invalid_setting", 500, message, where or "it is empty", f"Or set auth.hook_{name}_enabled to false"
            )


def statement(uri: str, event: Mapping[str, object]) -> Statement:
    """The call of a hook; its function takes and returns jsonb."""
    found = HOOK.fullmatch(uri)
    if found is None:
        raise Problem("invalid_setting", 500, "A hook must be pg-functions://postgres/SCHEMA/FUNCTION")
    return Statement(f"select {qualified(found[1], found[2])}($1::jsonb)", (parameter(event),))


async def ask(door: Door, uri: str, event: Mapping[str, object], remote: Remote | None = None) -> dict[str, Any] | None:
    """The hook's answer, None where it is NULL or empty; a function's within the transaction `door` is.

    A Problem where the hook refuses (its own status and words), fails, or takes too long.
    """
    if remote is not None and is_remote(uri):
        return read(await remote(uri, msgspec.json.encode(event)))
    call = statement(uri, event)
    try:
        results = await door.run(query("hook_timeout", TIMEOUT_MS), call, query("hook_timeout", "0"))
    except DatabaseProblem as error:
        raise _failed(uri, error) from error
    row = results[1].first
    return read(row[0] if row else None)


def read(answer: bytes | None) -> dict[str, Any] | None:
    """A hook's answer; a Problem where it is an error of the hook's own, or no object."""
    try:
        returned = msgspec.json.decode(answer) if answer else None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise fault("unexpected_failure", "Error unmarshaling JSON output.") from None
    if returned is None:
        return None
    if not isinstance(returned, dict):
        raise fault("unexpected_failure", "Error unmarshaling JSON output.")
    output: dict[str, Any] = returned  # pyright: ignore[reportUnknownVariableType]
    error = output.get("error")
    if isinstance(error, dict) and error.get("message"):  # pyright: ignore[reportUnknownMemberType]
        raise _refused(error)  # pyright: ignore[reportUnknownArgumentType]
    return output


def _failed(uri: str, error: DatabaseProblem) -> Problem:
    if error.code == "57014":
        return fault("hook_timeout", "Failed to reach hook within maximum time of 2.000000 seconds")
    words = f"Error running hook URI: {uri}"
    if error.message.startswith(_unreachable(uri)):
        words += f" ({error.message}; it is called as supabase_auth_admin, and its schema is named in the URI)"
    return fault("unexpected_failure", words)


def _unreachable(uri: str) -> tuple[str, ...]:
    """How PostgreSQL says that there is no such function, or that it may not be called; of others' it says nothing."""
    found = HOOK.fullmatch(uri)
    schema, name = found.groups() if found else ("", "")
    return (
        f"function {schema}.{name}(", f'schema "{schema}"',
        f"permission denied for function {name}", f"permission denied for schema {schema}",
    )  # fmt: skip


def _refused(error: Mapping[str, object]) -> Problem:
    asked = error.get("http_code")
    status = asked if isinstance(asked, int) and 400 <= asked <= 599 else 500
    return Problem("unexpected_failure" if status == 500 else "unknown", status, str(error["message"]))
