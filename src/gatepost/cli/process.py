"""The serving process: this one turned into it, or a child that lives no longer than its parent.

In: the state file's path and the lock that marks the project as served. Out: a process that listens.
Never: the command line's libraries in it: it is a fresh interpreter.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.parse import urlsplit

from gatepost.problem import Problem
from gatepost.workers import die_with

START_SECONDS = 30.0
# -P: the current folder is not a place to import from.
PYTHON = [sys.executable, "-P", "-m", "gatepost.app"]


def check_address(host: str, port: int) -> None:
    """A Problem where something else listens there already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise _not_free(host, port, error) from None


def _not_free(host: str, port: int, error: OSError) -> Problem:
    hint = f"Choose another with --port, or end the other program (`ss -ltnp 'sport = :{port}'` names it)"
    return Problem("address_taken", 500, f"Port {port} on {host} cannot be used", error.strerror, hint)


def become(arguments: list[str], lock: int | None) -> NoReturn:
    """Turn this process into the serving one. The lock stays held."""
    if lock is not None:
        os.set_inheritable(lock, True)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [*PYTHON, *arguments])  # noqa: S606


def become_meanwhile(lock: int, rooms: Sequence[str] = ()) -> Callable[[Path], None]:
    """Turn this process into the serving one while a child of it sets up: each takes about as long as the other. It
    loads `rooms` too, beside those that every project needs.

    What returns is the child, with a function that hands the state file over. Where the child fails, the serving
    process ends with its exit code, having served nothing.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.set_inheritable(reading, True)
        os.close(writing)
        become(["--await", str(reading), str(child), *rooms], lock)
    os.close(reading)

    def hand_over(file: Path) -> None:
        os.write(writing, os.fsencode(file))
        os.close(writing)

    return hand_over


class Child:
    """A serving process beside this one. Signals that end this one end it too, and so does this one's death."""

    def __init__(self, state_file: Path, lock: int) -> None:
        self._stopping = False
        # A session of its own: Ctrl-C reaches this process alone, which then asks the child to end, once.
        self._process = subprocess.Popen(  # noqa: S603
            [*PYTHON, str(state_file)],
            pass_fds=(lock,),
            start_new_session=True,
            preexec_fn=die_with(os.getpid()),  # noqa: PLW1509 - there is one thread
        )
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._forward)

    def _forward(self, _number: int, _frame: FrameType | None) -> None:
        self.stop()

    def stop(self) -> None:
        """Ask it to finish what it is doing and end."""
        if not self._stopping and self._process.poll() is None:
            self._stopping = True
            self._process.send_signal(signal.SIGTERM)

    @property
    def stopping(self) -> bool:
        return self._stopping

    def wait(self) -> int:
        """Until it ends; 0 where it was asked to."""
        code = self._process.wait()
        return 0 if self._stopping else code

    def wait_ready(self, url: str) -> None:
        """Until it answers; a Problem where it ends before that."""
        deadline = time.monotonic() + START_SECONDS
        while not healthy(url):
            if self._process.poll() is not None:
                raise Problem("not_started", 500, "The server ended before it was ready", "Its last lines are above")
            if time.monotonic() > deadline:
                self.stop()
                raise Problem("not_started", 500, f"The server was not ready after {START_SECONDS:g} seconds")
            time.sleep(0.02)


def healthy(url: str) -> bool:
    """Whether /health answers 200."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=2)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
