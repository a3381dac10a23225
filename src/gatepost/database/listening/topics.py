"""What the database says on its channels, to whoever wants to hear it: one connection for all of a process.

In: a login's conninfo, channels. Out: a call for each notification, with its payload. Never: a connection where nobody
listens; never a channel whose name PostgreSQL would cut, so that it is another's.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from psycopg import pq

from ... import observe
from ...problem import Problem, Unavailable
from ...query.sql import identifier
from ..connection import Command, Connection, reach
from ..values import Result
from . import BACKOFF_LIMIT

LONGEST = 63
"""Bytes of a name: a longer one cannot be notified of."""

LISTEN_SECONDS = 10.0

Hear = Callable[[str], None]


class Topics:
    """Channels are listened to from their first hearer to their last. A lost connection comes back by itself; what was
    said meanwhile is lost, as notifications are.
    """

    def __init__(self, conninfo: str, timeout: float = 10.0) -> None:
        self._conninfo, self._timeout = conninfo, timeout
        self._hearers: dict[str, list[Hear]] = {}
        self._connection: Listener | None = None
        self._connecting = asyncio.Lock()
        self._returning: asyncio.Task[None] | None = None

    async def hear(self, channel: str, hear: Hear) -> None:
        """Call `hear` for what is said from now on. Unavailable where the database cannot be reached."""
        check(channel)
        self._hearers.setdefault(channel, []).append(hear)
        try:
            await (await self._connected()).listen(channel)
        except BaseException:
            self._drop(channel, hear)
            raise

    def hears(self, channel: str) -> bool:
        """Whether anybody listens to it."""
        return channel in self._hearers

    def leave(self, channel: str, hear: Hear) -> None:
        """Call `hear` no more."""
        if self._drop(channel, hear) and self._connection is not None:
            self._connection.unlisten(channel)

    def stop(self) -> None:
        """Hear nothing more."""
        self._hearers.clear()
        if self._returning is not None:
            self._returning.cancel()
        if self._connection is not None:
            self._connection.close()

    def _drop(self, channel: str, hear: Hear) -> bool:
        """Whether nobody is left."""
        hearers = self._hearers.get(channel, [])
        if hear in hearers:
            hearers.remove(hear)
        return not hearers and self._hearers.pop(channel, None) is not None

    async def _connected(self) -> "Listener":
        async with self._connecting:
            if self._connection is None or self._connection.closed:
                pgconn = await reach(self._conninfo, self._timeout)
                self._connection = Listener(pgconn, self._say, self._lost)
                observe.emit("topics.listening")
            return self._connection

    def _say(self, channel: str, payload: str) -> None:
        for hear in tuple(self._hearers.get(channel, ())):
            hear(payload)

    def _lost(self) -> None:
        if self._hearers and (self._returning is None or self._returning.done()):
            self._returning = asyncio.get_running_loop().create_task(self._return())

    async def _return(self) -> None:
        """Listen to everything again, waiting longer after each failure."""
        wait = 0.5
        while self._hearers:
            await asyncio.sleep(wait)
            with contextlib.suppress(Problem):
                connection = await self._connected()
                for channel in tuple(self._hearers):
                    await connection.listen(channel)
                return
            wait = min(wait * 2, BACKOFF_LIMIT)


class Listener(Connection):
    """A connection that hears. `heard` are the channels that it listens to, each with the answer to its LISTEN."""

    def __init__(self, pgconn: pq.abc.PGconn, say: Callable[[str, str], None], lost: Callable[[], None]) -> None:
        super().__init__(pgconn, named=False)
        self.heard: dict[str, asyncio.Future[list[Result]]] = {}
        self._say, self._lost = say, lost

    async def listen(self, channel: str) -> None:
        """Returns when it is listened to. Unavailable, and the end of the connection, where the server is silent."""
        if channel not in self.heard:
            self.heard[channel] = self.send([Command(f"listen {identifier(channel)}", silent=True)])
            self.heard[channel].add_done_callback(_look)  # whoever waited may have gone
        try:
            async with asyncio.timeout(LISTEN_SECONDS):
                await asyncio.shield(self.heard[channel])
        except TimeoutError:
            self._lose("silent")
            raise Unavailable("The database does not answer") from None

    def unlisten(self, channel: str) -> None:
        self.heard.pop(channel, None)
        self.post([[Command(f"unlisten {identifier(channel)}", silent=True)]], _done)

    def _on_readable(self) -> None:
        super()._on_readable()
        while not self.closed and (notice := self.pgconn.notifies()) is not None:
            self._say(notice.relname.decode("utf-8", "replace"), notice.extra.decode("utf-8", "replace"))

    def _lose(self, reason: str | None) -> None:
        was_open = not self.closed
        super()._lose(reason)
        if was_open and reason is not None:
            self._lost()


def check(channel: str) -> None:
    """A Problem where a channel cannot be notified of."""
    if not channel or len(channel.encode()) > LONGEST or "\0" in channel:
        raise Problem("invalid_topic", 400, f"A topic's channel has 1 to {LONGEST} bytes", channel[:100])


def _look(answer: asyncio.Future[list[Result]]) -> None:
    """An error that nobody asks for is none."""
    if not answer.cancelled():
        answer.exception()


def _done(_: Any) -> None:
    """Nobody waits."""
