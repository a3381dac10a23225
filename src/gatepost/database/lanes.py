"""Shared connections: many inert reads at once on few of them, pipelined.

In: the command of an inert read with its prelude. Out: its results. Never: a statement that could run a function
outside the allow-list, write, lock, or wait for long; those go to the pool.
"""

import asyncio
from collections.abc import Callable

from ..problem import Unavailable
from .connection import Batch, Command, Connection, connect
from .wash import BETWEEN_READS as BETWEEN
from .wash import READ_WASH as WASH

TIMEOUT_MS = 250
DEPTH_LIMIT = 32
READS = ("SELECT ", "WITH ", "select ", "with ")
SPREAD = 2  # a further lane is opened once every open one has that many requests under way


class Lanes:
    """The lanes of one login and one role, so that plans stay warm."""

    def __init__(self, conninfo: str, size: int, timeout: float, *, named: bool = True) -> None:
        self.conninfo, self.size, self.timeout, self.named = conninfo, size, timeout, named
        self._open: list[Connection] = []
        self._opening: asyncio.Task[None] | None = None

    def free(self) -> Connection | None:
        """The lane with the least under way, or None where all are full or none is open yet (one is then opened)."""
        best = None
        for lane in self._open:
            if best is None or len(lane.pending) < len(best.pending):
                best = lane
        if best is None or (len(self._open) < self.size and len(best.pending) >= SPREAD):
            self._grow()
        if best is None or len(best.pending) >= DEPTH_LIMIT:
            return None
        if best.closed:
            self._open.remove(best)
            return self.free()
        return best

    def run(self, lane: Connection, prelude: Command, command: Command, done: Callable[[Batch], None]) -> None:
        """One inert read in a segment of its own: wash, prelude, statement. A lane that fell idle is washed of all that
        a read could leave; while reads follow one another, of what one could see of another.

        ValueError where it is not a SELECT: BEGIN or COMMIT would reach into the requests that follow.
        """
        if not command.text.startswith(READS):
            raise ValueError("a lane carries reads only")
        lane.post(([*(BETWEEN if lane.pending else WASH), prelude, command],), done)

    def _grow(self) -> None:
        if self._opening is None or self._opening.done():
            self._opening = asyncio.get_running_loop().create_task(self._add())

    async def _add(self) -> None:
        try:
            self._open.append(await connect(self.conninfo, self.timeout, named=self.named))
        except Unavailable:
            return  # requests go to the pool meanwhile, which reports it

    def watch(self) -> None:
        """Give up lanes that are silent: a read is a matter of milliseconds, and its caller asks again, alone."""
        for lane in self._open:
            lane.watch()

    def close(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
        for lane in self._open:
            lane.close()
        self._open.clear()
