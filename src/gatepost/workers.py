"""Several serving processes behind one socket.

In: a bound socket and what one process does with it. Out: N processes, replaced when one dies, ended together.
Never: an event loop or a connection made before the fork.
"""

import contextlib
import ctypes
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType

PR_SET_PDEATHSIG = 1
ENDING = (signal.SIGINT, signal.SIGTERM)
RESTART_SECONDS = 1.0
"""Pause before a process that died is replaced, so that one that cannot start does not spin."""


class Workers:
    """The parent of `count` processes that run `work(socket)`. It only waits, replaces and passes signals on."""

    def __init__(self, count: int, work: Callable[[socket.socket], None], listening: socket.socket) -> None:
        self._count, self._work, self._socket = count, work, listening
        self._pids: set[int] = set()
        self._stopping = False

    def run(self) -> None:
        """Until SIGINT or SIGTERM, and until every process has finished its requests."""
        for number in ENDING:
            signal.signal(number, self._stop)
        for _ in range(self._count):
            self._fork()
        while self._pids:
            pid, _ = os.wait()
            self._pids.discard(pid)
            if not self._stopping:
                time.sleep(RESTART_SECONDS)
                self._fork()

    def _fork(self) -> None:
        prepare = die_with(os.getpid())
        # A signal between the fork and the note of it would not reach the child.
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        pid = 0 if self._stopping else os.fork()
        if pid:
            self._pids.add(pid)
        if pid or self._stopping:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
            return
        code = 1
        try:
            for number in ENDING:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
            if prepare is not None:
                prepare()
            self._work(self._socket)
            code = 0
        finally:
            os._exit(code)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        for pid in self._pids:
            with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
                os.kill(pid, signal.SIGTERM)


def die_with(parent: int) -> Callable[[], None] | None:
    """To run in a child: end when the parent does, however it ends (Linux; elsewhere signals are forwarded only)."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)

    def prepare() -> None:
        library.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return prepare
