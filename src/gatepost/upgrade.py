"""WebSockets on a connection that began as HTTP/1.1, as uvicorn reads them.

In: the bytes of an upgrade and what follows. Out: ASGI calls. Never: a peer that is waited for without end because it
takes nothing in; this module is loaded only where a surface speaks over sockets.
"""

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

GRACE = 5.0
"""Seconds that a peer has to take in the last that was sent."""


class Upgraded(WebSocketsSansIOProtocol):
    """One connection of messages."""

    async def run_asgi(self) -> None:
        await super().run_asgi()
        asyncio.get_running_loop().call_later(GRACE, self.transport.abort)
