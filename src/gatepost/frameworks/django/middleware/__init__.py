"""Middleware: who asks, for each request.

In: a request. Out: `request.identity`, `request.user`, `request.gatepost` and `request.agatepost` (clients); whoever
acts in the database; cookies on the response; Problems answered. Never: a view reached with a proof that is false; an
identity that outlives its request.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.core.exceptions import PermissionDenied
from django.db import ProgrammingError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import SimpleLazyObject

from ....identity import ANON, Identity
from ....problem import Problem
from ...cookies import parse
from ...core import AuthServer, csrf
from ...core.door import bearer_of, refusal
from ...core.jar import Jar
from ...core.wishes import Steps
from ..acting import act_as, act_no_more
from ..configuration import configured
from ..sessions import NoSession
from ..users import user_for
from . import origin
from .clients import clients
from .responses import finish

DENIED = "42501"


class GatepostMiddleware:
    """A bad bearer is answered with 401, a request with cookies that comes from another site with 403, and one whose
    session cannot be renewed because the auth server is away with 503: behind it nothing runs. On paths below one of
    `OPEN` a proof that fails is nobody instead. Below one of `DJANGO_USERS`, `request.user` is Django's own.
    """

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        configured()  # what is wrong with the settings is told at the start
        self._get_response = get_response
        self._waits = iscoroutinefunction(get_response)  # pyright: ignore[reportDeprecated]
        if self._waits:  # inspect's own knows asgiref's mark from Python 3.12 on
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._waits:
            return self._answer(request)
        server, jar = _prepare(request, waits=self._waits)
        try:
            identity = server.blocking.run(_admit(request, jar))
        except Problem as problem:
            return _leave(request, _refused(problem), jar)
        token = _enter(request, identity)
        try:
            return _leave(request, self._get_response(request), jar)
        finally:
            act_no_more(token)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        server, jar = _prepare(request, waits=self._waits)
        try:
            identity = await server.waiting.run(_admit(request, jar))
        except Problem as problem:
            return _leave(request, _refused(problem), jar)
        token = _enter(request, identity)
        try:
            return _leave(request, await self._get_response(request), jar)
        finally:
            act_no_more(token)

    def process_exception(self, _: HttpRequest, error: Exception) -> HttpResponse | None:
        """A Problem that a view raises is its answer. What policies or grants forbid is Django's 403."""
        if isinstance(error, Problem):
            return _refused(error)
        if isinstance(error, ProgrammingError) and getattr(error.__cause__, "sqlstate", "") == DENIED:
            raise PermissionDenied("The database does not allow it") from error
        return None


def _prepare(request: Any, *, waits: bool) -> tuple[AuthServer, Jar]:
    """What a request is asked by and for."""
    server = configured().server
    jar = Jar(parse(request.META.get("HTTP_COOKIE", "")))
    bearer = bearer_of(request.META.get("HTTP_AUTHORIZATION", ""))
    address = request.META.get("REMOTE_ADDR", "")
    request.gatepost, request.agatepost = clients(server, jar, bearer, address, waits=waits)
    request.gatepost_jar, request.identity = jar, ANON
    return server, jar


def _admit(request: Any, jar: Jar) -> Steps[Identity]:
    """Whose request it is."""
    settings, visit = configured(), request.gatepost.visit
    if settings.beside.is_open(request.path_info):
        visit.bearer = None
        visit.disregard()
        return ANON
    if not jar.held and visit.bearer is None:
        return ANON
    if csrf.concerns(visit, request.method):
        origin.check(request, settings.server, jar.held)
    identity = yield from settings.door.identity(visit, request.path_info, jar.held)
    if visit.bearer is not None and identity.subject:
        request.csrf_processing_done = True  # to CsrfViewMiddleware: no page makes a browser send a bearer
    return identity


def _enter(request: Any, identity: Identity) -> Any:
    request.identity = identity
    if not hasattr(request, "session"):
        request.session = NoSession()
    if not configured().beside.is_open(request.path_info):
        request.user = SimpleLazyObject(partial(user_for, identity))
        request.auser = partial(_user, request)
    return act_as(identity)


async def _user(request: Any) -> Any:
    return request.user


def _refused(problem: Problem) -> HttpResponse:
    status, headers, body = refusal(problem)
    return HttpResponse(body, status=status, headers=dict(headers))


def _leave(request: Any, response: Any, jar: Jar) -> HttpResponseBase:
    finish(response, jar, request.identity)
    return response
