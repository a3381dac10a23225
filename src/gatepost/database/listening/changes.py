"""Word of changes: what the database says on its channels, with a poll behind it.

In: a login's conninfo, channels, and what to call. Out: one call for each burst of changes, with its payloads.
Never: a row taken from a payload; payloads are hints. Never an end while the server lives: a lost listener comes back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from ... import observe
from ...problem import Problem
from ...query.sql import Statement
from ..connection import reach
from ..queries import load
from ..scope import Scope
from . import BACKOFF_LIMIT
from .topics import Listener

QUERIES = load(Path(__file__).with_name("changes.sql"))
BURST_SECONDS = 0.1
POLL_SECONDS = 10.0
RETRY_SECONDS = 1.0
CONNECT_SECONDS = 10.0

OnChange = Callable[[frozenset[str]], Awaitable[None]]


class Changes:
    """Listens on `channels`; calls `on_change` with the payloads of a burst, and with none after every reconnection
    and wherever the poll finds another fingerprint of the catalog.
    """

    def __init__(self, conninfo: str, channels: tuple[str, ...], on_change: OnChange, scope: Scope) -> None:
        self._conninfo, self._channels, self._on_change, self._scope = conninfo, channels, on_change, scope
        self._payloads: set[str] = set()
        self._heard = asyncio.Event()
        self._fingerprint: bytes | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(work()) for work in (self._listen, self._poll, self._tell)]

    async def stop(self) -> None:
        """Cancelled until they end: before Python 3.12 who waits with a limit may lose a cancellation."""
        tasks = set(self._tasks)
        while tasks:
            for task in tasks:
                task.cancel()
            _, tasks = await asyncio.wait(tasks, timeout=RETRY_SECONDS)

    async def _listen(self) -> None:
        """Hear notifications for ever, waiting longer after each failure."""
        wait = RETRY_SECONDS
        while True:
            lost = asyncio.Event()
            try:
                connection = Listener(await reach(self._conninfo, CONNECT_SECONDS), self._hear, lost.set)
                try:
                    for channel in self._channels:
                        await connection.listen(channel)
                    observe.emit("changes.listening", channels=",".join(self._channels))
                    self._say("")
                    wait = RETRY_SECONDS
                    await lost.wait()
                finally:
                    connection.close()
            except Problem as error:
                observe.emit("changes.polling", reason=type(error).__name__)
            await asyncio.sleep(wait)
            wait = min(wait * 2, BACKOFF_LIMIT)

    def _hear(self, _channel: str, payload: str) -> None:
        self._say(payload)

    async def _poll(self) -> None:
        while True:
            try:
                [result] = await self._scope.run(Statement(QUERIES["fingerprint"]))
            except Problem:
                await asyncio.sleep(RETRY_SECONDS)
                continue
            found = result.rows[0][0]
            if self._fingerprint not in (None, found):
                self._say("")
            self._fingerprint = found
            await asyncio.sleep(POLL_SECONDS)

    def _say(self, payload: str) -> None:
        self._payloads.add(payload)
        self._heard.set()

    async def _tell(self) -> None:
        """The first word at once, the rest of a burst together."""
        while True:
            await self._heard.wait()
            self._heard.clear()
            payloads, self._payloads = frozenset(self._payloads), set()
            try:
                await self._on_change(payloads)
            except Exception:
                observe.LOGGER.exception("a change of the database was not taken")
            await asyncio.sleep(BURST_SECONDS)
