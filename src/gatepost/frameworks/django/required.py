"""Views for some.

In: a view, what is required. Out: the view, which answers 401 to nobody and 403 to who may not. Never: a look at what
users say of themselves.
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest

from ...identity import Identity
from ..core import ServerClient, SyncServerClient
from ..core.door import Requirement

P = ParamSpec("P")
R = TypeVar("R")


class GatepostRequest(HttpRequest):
    """What the middleware makes of a request, for those who write types: `gatepost` blocks, `agatepost` waits."""

    identity: Identity
    gatepost: SyncServerClient
    agatepost: ServerClient


def require(
    permission: str | None = None, *, role: str | None = None, aal: str | None = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """The view where all that is named holds of `request.identity`.

    `permission` stands in `app_metadata.permissions`, which the server writes; `aal="aal2"` asks for a second factor.
    """
    wanted = Requirement(permission, role, aal)

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        if iscoroutinefunction(view):  # pyright: ignore[reportDeprecated]
            waiting = cast("Callable[P, Awaitable[Any]]", view)

            @wraps(waiting)
            async def awaited(*args: P.args, **named: P.kwargs) -> Any:
                wanted.check(_identity(args))
                return await waiting(*args, **named)

            return cast("Callable[P, R]", awaited)

        @wraps(view)
        def checked(*args: P.args, **named: P.kwargs) -> R:
            wanted.check(_identity(args))
            return view(*args, **named)

        return checked

    return decorate


def _identity(args: tuple[Any, ...]) -> Identity:
    """Of the request, which is a view's first argument, or a method's second."""
    [request, *_] = (each for each in args if isinstance(each, HttpRequest))
    return cast("GatepostRequest", request).identity
