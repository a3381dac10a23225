"""A server that is there and does not speak, or speaks what is no answer: whoever waits is told, and nothing spins."""

import asyncio
import contextlib
import gc
import struct
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gatepost.database.connection import Connection, command, connect
from gatepost.database.lanes import Lanes
from gatepost.database.listening import topics as listening
from gatepost.database.scope import Database
from gatepost.identity import ANON
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


async def test_a_name_is_looked_up_while_others_are_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []

    async def look_up(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        await asyncio.sleep(LIMIT)
        return []

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
    with pytest.raises(Unavailable):
        await connect("host=database.invalid user=somebody", 0.1)
    assert asked == ["database.invalid"]


async def test_every_address_of_a_name_is_tried(monkeypatch: pytest.MonkeyPatch):
    async def look_up(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", ("127.0.0.2", 0)), (2, 1, 6, "", ("127.0.0.1", 0)), (2, 1, 6, "", ("127.0.0.1", 0))]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            await greet(reader, writer)
            await reader.read()
        writer.close()

    serving = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = serving.sockets[0].getsockname()[1]
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", look_up)
    connection = await connect(f"host=database.example port={port} user=somebody sslmode=disable", LIMIT)
    settings = {option.keyword: option.val for option in connection.pgconn.info}
    connection.close()
    serving.close()
    assert settings[b"host"] == b"database.example,database.example"
    assert settings[b"hostaddr"] == b"127.0.0.2,127.0.0.1"


async def test_a_lane_whose_server_is_silent_is_given_up(tmp_path: Path):
    async with server(tmp_path, greet_and_stay_silent) as conninfo:
        connection = await connect(conninfo, LIMIT)
        lanes = Lanes(conninfo, 1, LIMIT)
        lanes._open.append(connection)  # pyright: ignore[reportPrivateUsage]
        lanes.watch()
        lanes.watch()
        assert not connection.closed, "who owes nothing may be silent"
        answer = connection.send(ONE)
        lanes.watch()
        assert not connection.closed
        lanes.watch()
        with pytest.raises(Unavailable):
            await asyncio.wait_for(answer, LIMIT)


async def test_what_a_server_asks_for_itself_has_an_end(tmp_path: Path):
    async with server(tmp_path, greet_and_stay_silent) as conninfo:
        database = Database({"authenticator": conninfo})
        with pytest.raises(Unavailable):
            await asyncio.wait_for(database.system("catalog", limit=0.1).run(Statement("select 1")), LIMIT)
        await asyncio.wait_for(database.close(), LIMIT)


async def test_a_cancelled_transaction_does_not_wait_for_a_silent_server(tmp_path: Path):
    async with server(tmp_path, greet_and_stay_silent) as conninfo:
        database = Database({"authenticator": conninfo})

        async def begin() -> None:
            async with database.transaction(ANON) as transaction:
                await transaction.run(Statement("select 1"))

        task = asyncio.create_task(begin())
        await asyncio.sleep(0.1)
        task.cancel()
        _, waiting = await asyncio.wait({task}, timeout=LIMIT)
        assert not waiting
        begun = time.monotonic()
        await database.close()
        assert time.monotonic() - begun < LIMIT


async def test_who_listens_to_a_silent_server_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listening, "LISTEN_SECONDS", 0.1)
    unasked: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unasked.append(context["message"]))
    async with server(tmp_path, greet_and_stay_silent) as conninfo:
        topics = listening.Topics(conninfo, LIMIT)
        with pytest.raises(Unavailable):
            await asyncio.wait_for(topics.hear("news", lambda _: None), LIMIT)
        topics.stop()
    del topics
    gc.collect()
    asyncio.get_running_loop().set_exception_handler(None)
    assert not unasked
