"""What every framework's file stands on: where the auth server is, who a request is, what becomes of its session.

In: cookies and a bearer. Out: Identity, User, UnverifiedSession; cookies to set. Never: a web framework.
"""

from .clients import ServerClient, SyncServerClient
from .server import AuthServer
from .sessions import UnverifiedSession, UnverifiedUserWarning, User
from .visit import ResponseBegun
from .wishes import Away

__all__ = [
    "AuthServer",
    "Away",
    "ResponseBegun",
    "ServerClient",
    "SyncServerClient",
    "UnverifiedSession",
    "UnverifiedUserWarning",
    "User",
]
