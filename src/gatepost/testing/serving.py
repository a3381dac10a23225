"""The project's application, served for real on a loopback port, in this process.

In: the State of a test's database, a port that is kept for it. Out: an AuthServer that answers, until it is stopped.
Never: a port that stays open after it, or a wait without end.
"""

import asyncio
import socket
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from uvicorn.server import ServerState

from gatepost import app
from gatepost.gateway import Gateway
from gatepost.project.state import State

from .inbox import Inbox

STOP_SECONDS = 3.0


@dataclass(slots=True)
class Running:
    """The server as the event loop has it."""

    server: asyncio.Server
    connections: ServerState
    gateway: Gateway

    async def stop(self) -> None:
        """Listen no more, and end what is under way within seconds."""
        self.server.close()
        for connection in list(self.connections.connections):
            connection.shutdown()
        try:
            await asyncio.wait_for(self._idle(), STOP_SECONDS)
        except TimeoutError:
            for task in self.connections.tasks:
                task.cancel()
        await self.gateway.stop()

    async def _idle(self) -> None:
        while self.connections.connections or self.connections.tasks:  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.002)


@dataclass(frozen=True, slots=True)
class AuthServer:
    """Where it answers, and what proves who asks: `publishable_key` and `secret_key`, or their predecessors, which are
    tokens."""

    url: str
    publishable_key: str
    secret_key: str = field(repr=False)
    anon_key: str = field(repr=False)
    service_role_key: str = field(repr=False)
    jwt_secret: str = field(repr=False)

    @property
    def inbox(self) -> Inbox:
        """Mails that it sent."""
        return Inbox(f"{self.url}/inbox")


def described(state: State) -> AuthServer:
    """What there is to say of a server."""
    keys = state.keys
    return AuthServer(state.url, keys.publishable, keys.secret, keys.anon, keys.service_role, keys.jwt_secret)


async def start(file: Path, port: int) -> Running:
    """Serve the project whose state is in that file; a Problem where it cannot start."""
    state, project, settings = app.read(file)
    gateway = app.project_server(state, project, settings)
    config, held = app.serving(settings, gateway), ServerState()
    config.load()
    await gateway.start()
    try:
        protocol = partial(config.http_protocol_class, config=config, server_state=held, app_state={})  # pyright: ignore
        server = await asyncio.get_running_loop().create_server(protocol, sock=_listening(port))
    except BaseException:
        await gateway.stop()
        raise
    return Running(server, held, gateway)


def _listening(port: int) -> socket.socket:
    listening = socket.socket()
    for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):
        listening.setsockopt(socket.SOL_SOCKET, option, 1)
    listening.bind(("127.0.0.1", port))
    return listening
