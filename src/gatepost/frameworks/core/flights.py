"""Those who wish for the same thing at the same time, across threads and event loops.

In: a key. Out: who does it, and a future for all. Never: a result under another key, or past its time.
"""

import time
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from .wishes import Away, Once

MOST_KEPT = 10_000


@dataclass(slots=True)
class Flight:
    """Something under way, or (until `ends`) done."""

    future: "Future[Any]" = field(default_factory=Future[Any])
    ends: float = float("inf")

    def __post_init__(self) -> None:
        self.future.set_running_or_notify_cancel()  # nobody who stops waiting cancels it for the others


class Flights:
    """All of one application. `clock` gives seconds that only rise."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._flights: dict[object, Flight] = {}

    def join(self, key: object) -> tuple[Flight, bool]:
        """The flight for a key, and whether it is the caller's to do."""
        now = self._clock()
        with self._lock:
            found = self._flights.get(key)
            if found is not None and now < found.ends:
                return found, False
            self._drop_old(now)
            self._flights[key] = flight = Flight()
            return flight, True

    def land(self, key: object, flight: Flight, keep: float, result: Any) -> None:
        """It is done; who joins within `keep` seconds has the result too."""
        self._settle(key, flight, keep)
        flight.future.set_result(result)

    def fail(self, key: object, flight: Flight, error: BaseException) -> None:
        """It is not to be had; the next who wishes for it tries again."""
        self._settle(key, flight, 0.0)
        flight.future.set_exception(error)

    @contextmanager
    def led(self, once: Once, flight: Flight) -> Generator[None]:
        """Whatever keeps it from landing is told to all who wait; what interrupts its leader goes on."""
        try:
            yield
        except Exception as error:
            self.fail(once.key, flight, error)
        except BaseException:
            self.fail(once.key, flight, Away("it was interrupted"))
            raise

    def abandon(self, key: object, flight: Flight) -> None:
        """Nobody waits for it any more: its event loop may have ended."""
        with self._lock:
            if self._flights.get(key) is flight:
                del self._flights[key]

    def forget(self, unwanted: Callable[[Any], bool]) -> None:
        """Keep no result of which `unwanted` is true."""
        with self._lock:
            for key, flight in list(self._flights.items()):
                if flight.future.done() and unwanted(flight.future.result()):
                    del self._flights[key]

    def _settle(self, key: object, flight: Flight, keep: float) -> None:
        with self._lock:
            flight.ends = self._clock() + keep
            if keep <= 0 and self._flights.get(key) is flight:
                del self._flights[key]

    def _drop_old(self, now: float) -> None:
        """Those that are done are kept in about the order in which they end."""
        for key, flight in list(self._flights.items()):
            if now < flight.ends and len(self._flights) < MOST_KEPT:
                break
            if flight.ends != float("inf"):
                del self._flights[key]
