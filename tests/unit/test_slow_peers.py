"""Peers that are slow on purpose, or gone without a word: nobody is waited for without end."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec
import pytest
from uvicorn.server import ServerState
from websockets.asyncio.client import connect

from gatepost import protocol
from gatepost.app import serving
from gatepost.exchange import Request, Response
from gatepost.gateway import Gateway, Mount, refuse
from gatepost.settings import Settings
from gatepost.sockets import Socket

LIMIT = 5.0
LOOK = 0.1
HEAD = b"POST / HTTP/1.1\r\nhost: x\r\n"


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "PATIENCE", LOOK)


async def answer(request: Request) -> Response:
    if request.path == "/long":
        await asyncio.sleep(5 * LOOK)
    return Response(200, bytes(20_000_000) if request.path == "/big" else b"%d" % len(request.body))


async def repeat(_: Request, socket: Socket) -> None:
    await socket.accept()
    while (text := await socket.receive()) is not None:
        await socket.send(str(text))


@asynccontextmanager
async def server() -> AsyncGenerator[tuple[int, ServerState]]:
    gateway = Gateway([Mount("", answer, refuse, lambda _: False, talk=repeat)])
    config, state = serving(Settings(), gateway), ServerState()
    config.load()

    def connection() -> protocol.Protocol:
        return protocol.Protocol(config=config, server_state=state, app_state={})

    async with await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0) as serving_here:
        yield serving_here.sockets[0].getsockname()[1], state


async def everything(reader: asyncio.StreamReader) -> bytes:
    return await asyncio.wait_for(reader.read(), LIMIT)


@pytest.mark.parametrize(
    "begun",
    [b"", HEAD, HEAD + b"content-length: 9\r\n\r\n{", HEAD + b"content-length: 99999\r\n\r\n{"],
    ids=["nothing", "a head", "a short body", "a long body"],
)
async def test_what_does_not_come_is_not_waited_for(begun: bytes):
    async with server() as (port, state):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(begun)
        head, _, body = (await everything(reader)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408 ")
        assert msgspec.json.decode(body)["message"] == "The request did not come in time"
        assert not state.connections
        assert not state.tasks
        writer.close()


async def test_a_peer_that_takes_nothing_in_is_left():
    async with server() as (port, state):
        with socket.socket() as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(peer, ("127.0.0.1", port))
            await loop.sock_sendall(peer, b"GET /big HTTP/1.1\r\nhost: x\r\n\r\n")
            assert await loop.sock_recv(peer, 12) == b"HTTP/1.1 200"
            async with asyncio.timeout(LIMIT):
                while state.connections:  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(LOOK / 2)


async def test_whoever_is_heard_of_now_and_then_is_served():
    async with server() as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD + b"content-length: 12000\r\n\r\n")
        for _ in range(6):
            await asyncio.sleep(LOOK / 2)
            writer.write(bytes(2000))
        writer.write(b"GET /long HTTP/1.1\r\nhost: x\r\n\r\n")
        await asyncio.sleep(8 * LOOK)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        answers = await everything(reader)
        assert (answers.count(b"HTTP/1.1 200"), answers.count(b"\r\n\r\n12000")) == (3, 1)
        writer.close()


async def test_a_websocket_may_be_silent():
    async with server() as (port, state), connect(f"ws://127.0.0.1:{port}/") as talking:
        await asyncio.sleep(5 * LOOK)
        await talking.send("still here")
        assert await asyncio.wait_for(talking.recv(), LIMIT) == "still here"
        assert len(state.connections) == 1
