"""A client of `graphql-transport-ws`, for tests: it says exactly what it is told to."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.serving import Served
from tests.surfaces.people import Person

PROTOCOL = "graphql-transport-ws"
SECONDS = 10.0


class Talk:
    """One socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        """The next message."""
        return json.loads(await self.socket.recv())

    async def begin(self, person: Person | None = None, **payload: Any) -> None:
        """Say who one is, and be let in."""
        await self.say(type="connection_init", payload=(credentials(person) if person else {}) | payload)
        assert await self.hear() == {"type": "connection_ack"}

    async def subscribe(self, query: str, variables: dict[str, Any] | None = None, id: str = "1") -> None:
        await self.say(type="subscribe", id=id, payload={"query": query, "variables": variables})

    async def next(self, id: str = "1") -> dict[str, Any]:
        """The payload of the next result of an operation."""
        message = await self.hear()
        assert (message["type"], message["id"]) == ("next", id), message
        return message["payload"]

    async def closed(self) -> tuple[int, str]:
        """How the server ended it; what it said before is passed over."""
        try:
            while True:
                await self.socket.recv()
        except ConnectionClosed as error:
            assert error.rcvd is not None, "the connection broke"
            return error.rcvd.code, error.rcvd.reason


def credentials(person: Person) -> dict[str, str]:
    """What a first message says of somebody."""
    key = {"apikey": person.key or person.server.publishable}
    return key | ({"Authorization": f"Bearer {person.token}"} if person.token else {})


@asynccontextmanager
async def talk(
    server: Served, headers: dict[str, str] | None = None, protocol: str | None = PROTOCOL
) -> AsyncIterator[Talk]:
    url = server.url.replace("http://", "ws://") + "/graphql"
    protocols: Any = [protocol] if protocol else None
    async with connect(url, subprotocols=protocols, additional_headers=headers, open_timeout=SECONDS) as socket:
        yield Talk(socket)
