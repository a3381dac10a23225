"""What waits for a slow peer is bounded, in messages and in their length."""

import asyncio
from types import SimpleNamespace
from typing import Any

from gatepost.exchange import Request
from gatepost.graphql.subscriptions.connection import Connection
from gatepost.graphql.subscriptions.messages import NORMAL, PROTOCOL, TRY_LATER
from gatepost.settings import GraphQLSettings


class Peer:
    """A socket whose peer says what it is told to, and takes in what it is sent once it is `ready`."""

    protocols = (PROTOCOL,)
    closed = False

    def __init__(self, *says: str) -> None:
        self.says, self.ready = list(says), asyncio.Event()
        self.heard: list[str] = []
        self.code: int | None = None

    async def accept(self, protocol: str | None = None) -> None: ...

    async def receive(self) -> str | None:
        await asyncio.sleep(0)
        return self.says.pop(0) if self.says else None

    async def send(self, text: str) -> None:
        await self.ready.wait()
        self.heard.append(text)

    async def close(self, code: int, reason: str = "") -> None:
        self.code, self.closed = code, True


async def talk(peer: Peer, **limits: int) -> None:
    shared: Any = SimpleNamespace(
        settings=GraphQLSettings(**limits), sessions=SimpleNamespace(forget=lambda session: None)
    )
    socket: Any = peer
    await Connection(shared, Request("GET", "/", b"", []), socket).run()


def ping(length: int) -> str:
    return '{"type":"ping","payload":{"x":"%s"}}' % ("x" * length)


async def test_a_peer_that_takes_everything_in_may_send_as_much_as_it_likes():
    peer = Peer(*[ping(900)] * 50)
    peer.ready.set()
    await talk(peer, max_message=1000)
    assert (peer.code, len(peer.heard)) == (NORMAL, 50)


async def test_one_that_leaves_too_much_waiting_is_left():
    peer = Peer(*[ping(400)] * 50)
    await talk(peer, max_message=1000)
    assert peer.code == TRY_LATER


async def test_or_too_many_messages():
    peer = Peer(*[ping(1)] * 50)
    await talk(peer, max_message=100_000, max_waiting=10)
    assert peer.code == TRY_LATER


async def test_one_long_answer_waits_however_long_it_is():
    peer = Peer(ping(5000))
    asyncio.get_running_loop().call_later(0.05, peer.ready.set)
    await talk(peer, max_message=1000)
    assert (peer.code, len(peer.heard)) == (NORMAL, 1)
