"""A server that goes away: whoever waits is told, whatever the server still said before."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from gatepost.database.connection import Connection, command, connect
from gatepost.problem import Unavailable
from gatepost.query.sql import Statement

LIMIT = 5.0
LOOPS = [asyncio.run, uvloop.run]
CRASH = b"SWARNING\0VWARNING\0C57P02\0Mterminating connection because of crash of another server process\0\0"
GREETING = ((b"R", struct.pack("!I", 0)), (b"S", b"TimeZone\0UTC\0"), (b"Z", b"I"))
ONE = [command(Statement("select 1"))]

Run = Callable[[Coroutine[Any, Any, None]], None]


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


class Dying:
    """Greets as PostgreSQL does. Then, when told to, says a last word and ends with what it was sent unread: whoever
    is at the other end finds an answer and, behind it, a connection that was reset.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.die = threading.Event()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.settimeout(LIMIT)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with self._listener, self._listener.accept()[0] as client:
            client.settimeout(LIMIT)
            [length] = struct.unpack("!I", client.recv(4))
            client.recv(length - 4)
            client.sendall(b"".join(message(*each) for each in GREETING))
            self.die.wait(LIMIT)
            with contextlib.suppress(BrokenPipeError):
                client.sendall(message(b"N", CRASH))

    def ended(self) -> None:
        self.die.set()
        self._thread.join()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Dying]:
    server = Dying(tmp_path)
    yield server
    server.ended()


async def reach(server: Dying, more: str = "") -> Connection:
    return await connect(f"host={server.folder} user=somebody dbname=postgres {more}", LIMIT)


@pytest.mark.parametrize("run", LOOPS)
def test_a_last_word_does_not_hide_the_end_from_who_waits(server: Dying, run: Run):
    async def ask() -> None:
        connection = await reach(server)
        answer = connection.send(ONE)
        server.ended()
        with pytest.raises(Unavailable):
            await asyncio.wait_for(answer, LIMIT)
        assert connection.closed

    run(ask())


@pytest.mark.parametrize("run", LOOPS)
def test_nor_from_who_asks_next(server: Dying, run: Run):
    async def ask() -> None:
        connection = await reach(server)
        connection.pgconn.pipeline_sync()
        connection.pgconn.flush()
        server.ended()
        await asyncio.sleep(0.1)
        assert connection.closed
        with pytest.raises(Unavailable):
            await asyncio.wait_for(connection.send(ONE), LIMIT)

    run(ask())


@pytest.mark.parametrize(("said", "expected"), [("", "30"), ("keepalives_idle=7", "7")])
async def test_a_silent_end_is_looked_for_as_the_login_says_or_often(server: Dying, said: str, expected: str):
    connection = await reach(server, said)
    settings = {option.keyword: option.val for option in connection.pgconn.info}
    connection.close()
    assert settings[b"keepalives_idle"] == expected.encode()
    assert settings[b"tcp_user_timeout"] == b"60000"
