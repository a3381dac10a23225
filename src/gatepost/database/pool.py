"""Exclusive connections: one request at a time each, washed before the next.

In: a login's conninfo and how many connections it may have. Out: a connection nobody else uses.
Never: a connection handed on with the state of the one before, or a wait without an end.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg import pq

from .. import observe
from ..problem import Problem, Stopping
from .connection import Connection, connect
from .wash import DISCARD, ROLLBACK, WASH

IDLE_SECONDS = 60.0
CLOSING_SECONDS = 1.0


class Pool:
    """Connections of one login, opened when needed, closed when idle for a minute."""

    def __init__(self, conninfo: str, size: int, timeout: float, *, named: bool = True, options: str = "") -> None:
        self.conninfo, self.size, self.timeout, self.named, self.options = conninfo, size, timeout, named, options
        self._idle: deque[tuple[Connection, float]] = deque()
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = 0
        self._closing = False

    @asynccontextmanager
    async def connection(self, *, thorough: bool = False, washed: bool = True) -> AsyncGenerator[Connection]:
        """Borrow a connection. `thorough` says that functions outside the allow-list may run on it; not `washed`, that
        whoever comes next is the same login's own program, and nothing but a compiler's statements ran.

        504 `pool_timeout` where all are in use for too long; Unavailable where none can be opened.
        """
        taken = await self._take()
        try:
            yield taken
        finally:
            if washed or taken.soiled or taken.pending or taken.pgconn.transaction_status != pq.TransactionStatus.IDLE:
                # The answer never waits for the wash.
                self._spawn(self._give_back(taken, thorough or taken.soiled))
            else:
                self._return(taken)

    async def _take(self) -> Connection:
        if self._closing:
            raise Stopping()
        while self._idle:
            connection, _ = self._idle.pop()
            if not connection.closed:
                return connection
            self._open -= 1
        if self._open < self.size:
            return await self._new()
        return await self._wait()

    async def _new(self) -> Connection:
        self._open += 1
        try:
            return await connect(self.conninfo, self.timeout, named=self.named, options=self.options)
        except BaseException:
            self._open -= 1
            self._wake(None)
            raise

    async def _wait(self) -> Connection:
        waiter: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            # Not wait_for(): before Python 3.12 a cancellation that comes with the result is lost in it.
            async with asyncio.timeout(self.timeout):
                connection = await waiter
        except (TimeoutError, asyncio.CancelledError) as error:
            if waiter.done() and not waiter.cancelled() and (unused := waiter.result()) is not None:
                self._hand_on(unused)
            if isinstance(error, asyncio.CancelledError):
                raise
            raise Problem(
                "pool_timeout", 504, "Timed out waiting for a database connection", None, "Try again in a moment"
            ) from None
        return connection if connection is not None else await self._take()

    async def _give_back(self, connection: Connection, thorough: bool) -> None:
        """Whoever borrowed it may have gone away in the middle. What is not ready for the next in time is closed."""
        try:
            async with asyncio.timeout(self.timeout):
                if not connection.closed and connection.pending:
                    await connection.cancel()
                if not connection.closed and not self._closing:
                    await self._wash(connection, thorough)
        except (Problem, TimeoutError, psycopg.Error, OSError) as error:
            observe.emit("database.wash_failed", reason=type(error).__name__)
            connection.close()
        except asyncio.CancelledError:
            connection.close()
            raise
        finally:
            self._return(connection)

    def _return(self, connection: Connection) -> None:
        if connection.closed or self._closing:
            connection.close()
            self._open -= 1
            self._wake(None)
        else:
            self._hand_on(connection)

    async def _wash(self, connection: Connection, thorough: bool) -> None:
        segments = [DISCARD if thorough else WASH]
        if connection.pgconn.transaction_status != pq.TransactionStatus.IDLE:
            segments.insert(0, ROLLBACK)
        if thorough:
            connection.forget()
            connection.soiled = False
        await connection.send(*segments)

    def _hand_on(self, connection: Connection) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        self._idle.append((connection, time.monotonic()))

    def _wake(self, connection: Connection | None) -> None:
        """A place became free: let the first who waits try again."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def retire(self) -> None:
        """Close connections that broke or were idle for long; called from time to time."""
        now, kept = time.monotonic(), deque[tuple[Connection, float]]()
        for connection, since in self._idle:
            if connection.closed or now - since > IDLE_SECONDS:
                connection.close()
                self._open -= 1
            else:
                kept.append((connection, since))
        self._idle = kept

    async def close(self) -> None:
        """End all connections: who is being cancelled or washed has a moment left."""
        self._closing = True
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(Stopping())
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSING_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection, _ in self._idle:
            connection.close()
        self._idle.clear()
