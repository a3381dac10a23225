"""Signing in by `authenticate()`.

In: a name and a password. Out: a GatepostUser, whose session `login()` puts into cookies. Never: a password shown to
another backend, or a session kept because somebody only asked whether a password is right.
"""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from ...problem import Problem
from ..core import ServerClient, SyncServerClient
from .configuration import configured
from .users import GatepostUser

REFUSALS = range(400, 500)
TOO_MANY = 429


class GatepostBackend(BaseBackend):
    """Users of the auth server; for AUTHENTICATION_BACKENDS."""

    def authenticate(  # pyright: ignore[reportIncompatibleMethodOverride] - stubs: a model alone
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        email: str | None = None,
        **_: Any,
    ) -> GatepostUser | None:
        """The user of an address and its password. Problem where the auth server is away, or has been asked too often.

        Where Django's own users count, it knows nobody; elsewhere it has the last word.
        """
        name = email or username
        if name is None or password is None or _is_beside(request):
            return None
        client = SyncServerClient(configured().server, dict[str, str]().items, address=_address(request))
        try:
            client.sign_in_with_password(name, password)
        except Problem as problem:
            raise _refused(problem) from None
        return GatepostUser(client.identity(), client.get_session())

    async def aauthenticate(  # pyright: ignore[reportIncompatibleMethodOverride] - as above
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        email: str | None = None,
        **_: Any,
    ) -> GatepostUser | None:
        """As `authenticate`."""
        name = email or username
        if name is None or password is None or _is_beside(request):
            return None
        asking: ServerClient | None = getattr(request, "agatepost", None)
        server = asking.server if asking else configured().server
        client = ServerClient(server, dict[str, str]().items, address=_address(request))
        try:
            await client.sign_in_with_password(name, password)
        except Problem as problem:
            raise _refused(problem) from None
        return GatepostUser(await client.identity(), client.get_session())


def _address(request: HttpRequest | None) -> str:
    return "" if request is None else request.META.get("REMOTE_ADDR", "")


def _is_beside(request: HttpRequest | None) -> bool:
    return request is not None and configured().beside.is_open(request.path_info)


def _refused(problem: Problem) -> Exception:
    """What ends `authenticate()`: no is Django's own word for it."""
    if problem.status in REFUSALS and problem.status != TOO_MANY:
        return PermissionDenied(problem.message)
    return problem
