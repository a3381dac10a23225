"""Hooks that are asked over HTTP, as GoTrue asks them.

In: where a hook is, an event as JSON. Out: its answer as JSON, None where it has none; a Problem in GoTrue's codes
where it cannot be had. Never: an event that is not signed; more than five seconds for all tries together.
"""

import asyncio
from collections.abc import Mapping

from ..problem import Problem
from ..settings import AuthSettings, remote_hooks
from .exchange import Answer, Failed, TooLong, ask, check_address
from .webhooks import read_secrets, signed

SECONDS = 5.0
TRIES = 3
PAUSE = 2.0
LONGEST_ANSWER = 200 * 1024
BUSY = (429, 503)
UNAVAILABLE = "Service currently unavailable due to hook"
MISSING = "Invalid Content-Type: Missing Content-Type header"
REFUSED: Mapping[int, str] = {400: "Invalid payload sent to hook", 401: "Hook requires authorization token"}


class Remote:
    """The hooks that a server's settings have elsewhere. A Problem where one cannot be spoken to, or has no secret."""

    def __init__(self, settings: AuthSettings) -> None:
        self._keys: dict[str, tuple[bytes, ...]] = {}
        for name, (uri, secrets) in remote_hooks(settings).items():
            keys = read_secrets(secrets, f"auth.hook_{name}_secrets")
            if not keys:
                hint = f"Set auth.hook_{name}_secrets, by which the other side knows that it is asked by you"
                raise Problem("invalid_setting", 500, f"auth.hook_{name}_uri needs secrets", None, hint)
            known = self._keys.get(check_address(uri, f"auth.hook_{name}_uri"), ())
            self._keys[uri] = tuple(dict.fromkeys((*known, *keys)))

    async def __call__(self, uri: str, event: bytes) -> bytes | None:
        """The hook's answer."""
        try:
            async with asyncio.timeout(SECONDS):
                return _read(await self._ask(uri, event))
        except TimeoutError:
            raise _late() from None
        except TooLong:
            message = f"Payload size exceeded size limit of {LONGEST_ANSWER} bytes"
            raise Problem("hook_payload_over_size_limit", 422, message) from None

    async def _ask(self, uri: str, event: bytes) -> Answer:
        """Its last word: it is asked again where it could not be reached, or is busy and says for how long."""
        problem = Problem("unexpected_failure", 500, UNAVAILABLE)
        for attempt in range(TRIES):
            try:
                headers = signed(event, self._keys[uri])
                answer = await ask("POST", uri, LONGEST_ANSWER, body=event, headers=headers, seconds=SECONDS)
            except TooLong:
                raise
            except Failed as failed:
                if failed.late:
                    raise _late() from None
                problem = Problem("hook_timeout_after_retry", 422, "Failed to reach hook after maximum retries")
                await asyncio.sleep(PAUSE if attempt < TRIES - 1 else 0)
                continue
            if answer.status not in BUSY:
                return answer
            problem = Problem("unexpected_failure", 500, UNAVAILABLE)
            if not answer.headers.get("retry-after"):
                break
        raise problem


def _late() -> Problem:
    return Problem("hook_timeout", 422, f"Failed to reach hook within maximum time of {SECONDS:f} seconds")


def _read(answer: Answer) -> bytes | None:
    if answer.status == 204:
        return None
    if answer.status not in (200, 202):
        otherwise = f"Unexpected status code returned from hook: {answer.status}"
        raise Problem("unexpected_failure", 500, REFUSED.get(answer.status, otherwise))
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        what = f"Invalid JSON response. Received content-type: {kind[:100]}" if kind else MISSING
        raise Problem("hook_payload_invalid_content_type", 400, what)
    return answer.body
