"""Claims pushed to another system whenever they change: the outbox in the database, told of over HTTPS.

In: rows that the transactions which change claims have written. Out: a signed message for each, at least once, a user's
in their order, the latest for several; what could not be told for too long is parked, where `gatepost doctor` sees it.
Never: a lock of the database held while the other system is asked; a claim, an address or a secret in a log.
"""

import asyncio
import contextlib
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from .. import observe
from ..database.listening.topics import Topics
from ..database.queries import load
from ..database.scope import Database
from ..problem import Problem
from ..query.sql import Statement
from ..settings import PushSettings
from .exchange import Failed, ask, check_address, opened
from .webhooks import read_secrets, signed

QUERIES = load(Path(__file__).with_name("push.sql"))
CHANNEL = "gatepost_push"
AT_ONCE = 8
LONGEST = 64 * 1024
# A lease outlives every exchange by far: no two tell of one user at once.
LEASES = 3
FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0
# Between rounds while nobody there answers.
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 30.0


@dataclass(frozen=True, slots=True)
class Message:
    """What is told of one user; `attempts` tried it before."""

    user_id: str
    version: str
    attempts: int
    body: bytes = field(repr=False)


class Push:
    """The worker; several may run at once, in several processes too."""

    def __init__(self, settings: PushSettings, database: Database) -> None:
        self._url = check_address(settings.url, "push.url")
        self._keys = read_secrets(settings.secrets, "push.secrets")
        if not self._keys:
            hint = "Set push.secrets, by which the other system knows that it is told by you"
            raise Problem("invalid_setting", 500, "push.url needs push.secrets", None, hint)
        self._settings = settings
        self._scope = database.system("auth")
        self._topics = Topics(database.conninfo("auth"))
        self._heard = asyncio.Event()
        self._client = opened()

    async def run(self) -> None:
        """Until cancelled."""
        pause = FIRST_PAUSE
        try:
            while True:
                self._heard.clear()
                tried, told = await self._round()
                if tried and not told:
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE)
                    continue
                pause = FIRST_PAUSE
                if not tried:
                    await self._rest()
        finally:
            self._topics.stop()
            await self._client.aclose()

    async def _rest(self) -> None:
        """Until word of a change comes, or for as long as it takes to look without one."""
        with contextlib.suppress(TimeoutError, Problem):
            async with asyncio.timeout(self._settings.poll):
                if not self._topics.hears(CHANNEL):
                    await self._topics.hear(CHANNEL, lambda _: self._heard.set())
                    return  # what was said before is looked for first
                await self._heard.wait()

    async def _round(self) -> tuple[int, int]:
        """How many messages were tried, and how many arrived. None where the database is away."""
        lease = str(uuid4())
        try:
            found = await self._take(lease)
            arrived = await asyncio.gather(*(self._deliver(message, lease) for message in found))
        except Problem as problem:
            observe.emit("push.waiting", code=problem.code)
            return 0, 0
        return len(found), sum(arrived)

    async def _take(self, lease: str) -> list[Message]:
        seconds = str(self._settings.timeout * LEASES)
        taking = Statement(QUERIES["lease"], (lease.encode(), seconds.encode(), b"%d" % AT_ONCE))
        _, leased = await self._scope.run(taking, Statement(QUERIES["leased"], (lease.encode(),)))
        rows = [[value or b"" for value in row] for row in leased.rows]
        return [Message(row[0].decode(), row[1].decode(), int(row[2]), row[3]) for row in rows]

    async def _deliver(self, message: Message, lease: str) -> bool:
        reason, wait = await self._tell(message)
        if not reason:
            params = (message.user_id.encode(), message.version.encode(), lease.encode())
            await self._scope.run(Statement(QUERIES["delivered"], params))
            observe.emit("push.delivered", user=message.user_id)
            return True
        most = str(self._settings.max_age)
        params = (message.user_id.encode(), lease.encode(), str(wait).encode(), most.encode(), reason.encode())
        [result] = await self._scope.run(Statement(QUERIES["failed"], params))
        parked = bool(result.rows) and result.rows[0][0] == b"t"
        observe.emit("push.parked" if parked else "push.failed", user=message.user_id, reason=reason)
        return False

    async def _tell(self, message: Message) -> tuple[str, float]:
        """Why it did not arrive ('': it did), and when to try again."""
        wait = min(FIRST_WAIT * 2.0**message.attempts, LONGEST_WAIT) * random.uniform(0.5, 1.0)  # noqa: S311
        headers = signed(message.body, self._keys, f"msg_{message.user_id}_{message.version}")
        seconds = self._settings.timeout
        try:
            answer = await ask(
                "POST", self._url, LONGEST, body=message.body, headers=headers, seconds=seconds, within=self._client
            )
        except Failed as failed:
            return str(failed), wait
        if 200 <= answer.status < 300:
            return "", 0
        return f"it answered {answer.status}", max(wait, _asked_to_wait(answer.headers))


def _asked_to_wait(headers: Mapping[str, str]) -> float:
    """Retry-After in seconds (RFC 9110 §10.2.3), within our own limits."""
    text = headers.get("retry-after", "").strip()
    return min(float(text), LONGEST_WAIT) if text.isdigit() else 0.0
