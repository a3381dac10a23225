"""Whether a request that cookies prove comes from this site, beside Django's own check.

In: a request. Out: nothing, or a Problem (403). Never: a request let through because a view is exempt from Django's
check: that says nothing of Gatepost's cookies.

What browsers say of themselves decides (Sec-Fetch-Site, Origin). One that says nothing shows a token: Django's, as `{%
csrf_token %}` and X-CSRFToken have it, or the core's, as the sign-in pages have it.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware

from ....problem import Problem
from ...core import AuthServer, csrf


def check(request: HttpRequest, server: AuthServer, held: Mapping[str, str]) -> None:
    """Problem 403 where it comes from elsewhere."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    sent = _form_token(request) if csrf.in_form(headers) else None
    try:
        csrf.check(server, headers, held, sent)
    except Problem:
        said = "origin" in headers or "sec-fetch-site" in headers
        if said or not _has_djangos_token(request):
            raise


def _form_token(request: HttpRequest) -> str | None:
    length = request.headers.get("Content-Length", "")
    if not length.isdigit() or int(length) > csrf.LONGEST_FORM:
        return None
    return request.POST.get(csrf.FIELD)


def _has_djangos_token(request: HttpRequest) -> bool:
    """Whether Django's own check is content, asked for a view that is not exempt from it."""
    djangos: Any = CsrfViewMiddleware(_view)
    djangos.process_request(request)
    return djangos.process_view(request, _view, (), {}) is None


def _view(_: HttpRequest) -> HttpResponse:
    return HttpResponse()
