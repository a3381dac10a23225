"""A connection over which messages go both ways, as surfaces see it.

In: an ASGI WebSocket. Out: texts received and sent, in order, until either side closes. Never: a message after the end;
never an exception because the peer has gone.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from .exchange import Request, Response

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

LONGEST_REASON = 123
"""Bytes of a close frame that are left for words (RFC 6455)."""
PATIENCE = 2.0


class Socket:
    """One WebSocket. `protocols` are those the peer offers."""

    def __init__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        self.protocols: tuple[str, ...] = tuple(scope.get("subprotocols", ()))
        self.closed = False
        self._receive, self._send = receive, send

    async def accept(self, protocol: str | None = None) -> None:
        """Agree to talk, in one of the offered protocols."""
        await self._receive()
        await self._tell({"type": "websocket.accept", "subprotocol": protocol})

    async def refuse(self, response: Response) -> None:
        """An HTTP answer instead."""
        await self._receive()
        start = {"type": "websocket.http.response.start", "status": response.status, "headers": response.headers}
        await self._tell(start)
        await self._tell({"type": "websocket.http.response.body", "body": response.body})
        self.closed = True

    async def receive(self) -> str | bytes | None:
        """The next message; None when there will be no more."""
        if self.closed:
            return None
        message = await self._receive()
        if message["type"] != "websocket.receive":
            self.closed = True
            return None
        text: str | None = message.get("text")
        return message.get("bytes") if text is None else text

    async def send(self, text: str) -> None:
        """Returns when the peer has taken in enough of what was sent before."""
        await self._tell({"type": "websocket.send", "text": text})

    async def close(self, code: int, reason: str = "") -> None:
        """Say why it ends; a peer that takes nothing in is not waited for."""
        words = reason.encode()[:LONGEST_REASON].decode("utf-8", "ignore")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self._tell({"type": "websocket.close", "code": code, "reason": words})
        self.closed = True

    async def _tell(self, message: Mapping[str, Any]) -> None:
        if self.closed:
            return
        try:
            await self._send(message)
        except OSError:  # how ASGI servers say that the peer has gone
            self.closed = True


Talk = Callable[[Request, Socket], Awaitable[None]]
"""What a surface does with a socket, from before it is accepted to its end."""
