"""All sockets of a process.

In: sockets. Out: conversations over them. Never: more of them than the settings allow; never one that outlives its
token, its key or its session by more than the settings say.
"""

import asyncio

from gatepost.exchange import Request
from gatepost.problem import Problem
from gatepost.sockets import Socket

from .connection import Connection
from .shared import Shared


class Hub:
    """Whoever talks now."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.connections: set[Connection] = set()

    async def talk(self, request: Request, socket: Socket) -> None:
        """One socket, from its beginning to its end."""
        most = self.shared.settings.max_connections
        if most and len(self.connections) >= most:
            message = f"The server has {len(self.connections)} sockets; at most {most} are allowed"
            problem = Problem("too_many_sockets", 503, f"{message} (graphql.max_connections)")
            await socket.refuse(self.shared.surface.refuse(request, problem))
            return
        connection = Connection(self.shared, request, socket)
        self.connections.add(connection)
        try:
            await connection.run()
        finally:
            self.connections.discard(connection)

    async def keep(self) -> None:
        """Look, again and again, whether everybody may still be here."""
        while True:
            await asyncio.sleep(self.shared.settings.session_check)
            for connection in tuple(self.connections):
                await connection.check()

    def stop(self) -> None:
        """Nobody listens any more."""
        self.shared.topics.stop()
