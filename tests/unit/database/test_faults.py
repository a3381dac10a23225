"""A server that is there and does not speak, or speaks what is no answer: whoever waits is told, and nothing spins."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gatepost.database.connection import Connection, command, connect
from gatepost.problem import Unavailable
from gatepost.query.sql import Statement

LIMIT = 5.0
ONE = [command(Statement("select 1"))]

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!I", len(body) + 4) + body


GREETING = b"".join(
    (message(b"R", struct.pack("!I", 0)), message(b"S", b"TimeZone\0UTC\0"), message(b"Z", b"I")),
)


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    [length] = struct.unpack("!I", await reader.readexactly(4))
    await reader.readexactly(length - 4)
    writer.write(GREETING)


async def stay_silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def greet_and_stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await greet(reader, writer)
    await reader.read()


async def talk_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await greet(reader, writer)
    await reader.read(1)
    writer.write(bytes(100))
    await reader.read()


@asynccontextmanager
async def server(folder: Path, talk: Talk) -> AsyncGenerator[str]:
    """A conninfo of a server that talks so."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await talk(reader, writer)
        writer.close()

    async with await asyncio.start_unix_server(answer, str(folder / ".s.PGSQL.5432")):
        yield f"host={folder} user=somebody dbname=postgres"


async def test_waiting_for_a_server_that_does_not_greet_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    loop, woken = asyncio.get_running_loop(), 0
    later = loop.call_later

    def count(delay: float, callback: Callable[..., object], *arguments: Any) -> asyncio.TimerHandle:
        nonlocal woken
        woken += 1
        return later(delay, callback, *arguments)

    async with server(tmp_path, stay_silent) as conninfo:
        monkeypatch.setattr(loop, "call_later", count)
        with pytest.raises(Unavailable):
            await connect(conninfo, 0.2)
    assert woken < 10


async def test_who_waits_for_an_answer_is_told_that_it_is_none(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    async with server(tmp_path, talk_nonsense) as conninfo:
        connection: Connection = await connect(conninfo, LIMIT)
        with pytest.raises(Unavailable):
            await asyncio.wait_for(connection.send(ONE), LIMIT)
        assert connection.closed
        assert "Traceback" not in caplog.text
