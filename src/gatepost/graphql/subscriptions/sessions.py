"""Whether sessions still live, for those who stay connected.

In: ids of sessions, and what asks the database about all of them at once. Out: which have ended. Never: a question for
each of many who ask at the same moment; never an end because the database could not be asked.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from gatepost.problem import Problem

FRESH = 1.0
"""Seconds that an answer is good for."""
PATIENCE = 10.0
"""Seconds to wait for one: everybody waits for the same."""

FindLive = Callable[[Sequence[str]], Awaitable[frozenset[str]]]


class Sessions:
    """Sessions of those who are connected. `find_live` gives those that live; None where there are no sessions."""

    def __init__(self, find_live: FindLive | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._find_live, self._clock = find_live, clock
        self._watched: Counter[str] = Counter()
        self._asked: frozenset[str] = frozenset()
        self._live: frozenset[str] = frozenset()
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    def watch(self, id: str) -> None:
        self._watched[id] += 1

    def forget(self, id: str) -> None:
        self._watched[id] -= 1
        if self._watched[id] <= 0:
            del self._watched[id]

    async def holds(self, id: str) -> bool:
        """Whether a session lives; '' is none that could end."""
        if not id or self._find_live is None:
            return True
        async with self._reading:
            if id not in self._asked or self._clock() - self._read_at > FRESH:
                await self._read({*self._watched, id}, self._find_live)
        return id in self._live

    async def _read(self, ids: set[str], find_live: FindLive) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                live = await find_live(tuple(ids))
        except (Problem, TimeoutError):
            live = frozenset(ids)
        self._asked, self._live, self._read_at = frozenset(ids), live, self._clock()
