"""What a server has to do with others, put together: asked for by name where a setting names one.

In: settings, the door, the database. Out: works that run beside the server, calls that end the rest. Never: anything
where the settings name nobody.
"""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from ..database.scope import Database
from ..identity.identify import Identifier
from ..settings import Settings
from .issuers import Issuers
from .push import Push


class Server(Protocol):
    """A serving process, as far as it matters here."""

    settings: Settings
    database: Database
    background: list[Callable[[], Coroutine[Any, Any, None]]]
    closers: list[Callable[[], object]]


def compose(server: Server, identifier: Identifier) -> None:
    """Believe other issuers' tokens, push claims: what of it the settings ask for."""
    settings = server.settings
    if settings.identity.issuers:
        issuers = Issuers(settings.identity, identifier.tokens, settings.auth.jwt_issuer)
        identifier.fetch = issuers.fetch
        server.closers.append(issuers.stop)
    if settings.push.url:
        server.background.append(Push(settings.push, server.database).run)
