"""The clients of a request, one for each colour of views.

In: an AuthServer, the request's cookies and bearer. Out: a SyncServerClient and a ServerClient that are one visit.
Never: connections that end with an event loop of one view.
"""

from typing import Any, cast

from asgiref.sync import sync_to_async

from ...core import AuthServer, ServerClient, SyncServerClient
from ...core.jar import Jar
from ...core.wishes import Steps, T


class _Hopping:
    """An AuthServer, as asynchronous views see it that are run by a blocking server: each in an event loop of its own,
    which connections could not outlive. So a thread asks.
    """

    def __init__(self, server: AuthServer) -> None:
        self._server, self.waiting = server, self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._server, name)

    async def run(self, steps: Steps[T]) -> T:
        return await sync_to_async(self._server.blocking.run, thread_sensitive=False)(steps)


def clients(
    server: AuthServer, jar: Jar, bearer: str | None, address: str, *, waits: bool
) -> tuple[SyncServerClient, ServerClient]:
    """`address` is the visitor's. `waits`: the request is served in an event loop."""
    blocking = SyncServerClient(server, jar.get_all, jar.set_all, bearer, address)
    seen = server if waits else cast("AuthServer", _Hopping(server))
    waiting = ServerClient(seen, jar.get_all, jar.set_all, bearer)
    waiting.visit = blocking.visit
    return blocking, waiting
