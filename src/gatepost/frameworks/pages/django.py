"""The sign-in pages within Django.

In: Django's requests. Out: patterns of addresses, to be included. Never: what a page does.
"""

from functools import partial
from typing import Any, Unpack

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from . import LONGEST_FORM, Options, PageRequest, Pages


def sign_in_pages(**options: Unpack[Options]) -> list[URLPattern]:
    """`path("account/", include(sign_in_pages(…)))`, with `/account` among the `OPEN` paths of GATEPOST. Names of the
    addresses are those of the pages: `sign-in`, `sign-out`.
    """
    pages = Pages(**options)
    return [path(each[1:], _view(pages, each), name=each[1:]) for each in pages.paths]


def _view(pages: Pages, page: str) -> Any:
    """It checks by itself that forms come from this site, and nobody has to be signed in for it."""
    view: Any = partial(_answer, pages, page)
    return login_not_required(csrf_exempt(view))


def _answer(pages: Pages, page: str, request: HttpRequest) -> HttpResponse:
    known: Any = request
    asked = PageRequest(
        request.method or "GET",
        page,
        request.path.removesuffix(page),
        f"{request.scheme}://{request.get_host()}",
        request.META.get("QUERY_STRING", ""),
        {name.lower(): value for name, value in request.headers.items()},
        _body(request),
        known.gatepost.visit,
        known.gatepost_jar,
    )
    answer = known.gatepost.server.blocking.run(pages.answer(asked))
    return HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))


def _body(request: HttpRequest) -> bytes:
    """The form. One that was looked at before is kept by the request; one that is too long is not read to its end."""
    if not (request.content_type or "").startswith("application/x-www-form-urlencoded"):
        return b""
    length = request.headers.get("Content-Length", "")
    is_short = length.isdigit() and int(length) <= LONGEST_FORM
    return request.body if is_short else request.read(LONGEST_FORM + 1)
