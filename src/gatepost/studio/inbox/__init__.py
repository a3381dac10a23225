"""The development inbox: mails that a server without SMTP would have sent, as a page and as Mailpit's API.

In: mails from the mailer, requests from a browser or a test on this machine. Out: the page, the API, the mails.
Never: a mail's own script at work, or anything fetched from elsewhere for the page itself.
"""

import re
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

from ...exchange import Request, Response
from ...problem import Problem
from ..loopback import objection
from .mailpit import TEXT, answer, parameters, reply, require
from .store import Inbox

__all__ = ["Inbox", "surface"]

PAGE = Path(__file__).parent / "page"
FILES = {"inbox.css": b"text/css; charset=utf-8", "inbox.js": b"text/javascript; charset=utf-8"}
HTML = b"text/html; charset=utf-8"
HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)

PAGE_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    b"frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MAIL_POLICY = (
    b"default-src 'none'; style-src 'unsafe-inline'; img-src data: https: http:; font-src data:; form-action 'none'; "
    b"base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox"
)
"""A mail is a foreign document: no script, an origin of its own, and its links open outside of the frame."""

COMMON = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


def surface(inbox: Inbox) -> Callable[[Request], Awaitable[Response]]:
    """The inbox as a surface, below a prefix such as `/inbox`."""

    async def respond(request: Request) -> Response:
        try:
            response = _route(inbox, request)
        except Problem as problem:
            response = refuse(request, problem)
        response.headers.extend(COMMON)
        return response

    return respond


def refuse(_: Request, problem: Problem) -> Response:
    """The inbox's dialect for what went wrong: plain text, as Mailpit's."""
    return reply(problem.message.encode(), TEXT, problem.status)


def _route(inbox: Inbox, request: Request) -> Response:
    reason = objection(request)
    if reason is not None:
        raise Problem("forbidden", 403, reason)
    path = request.path.strip("/")
    if path.startswith("api/v1/"):
        return answer(inbox, request)
    if request.method not in ("GET", "HEAD"):
        raise Problem("method_not_allowed", 405, f"{request.method} is not for this page")
    if path.startswith("view/"):
        return _view(inbox, request, path.removeprefix("view/"))
    return _page(request, path)


def _page(request: Request, path: str) -> Response:
    if path in FILES:
        return reply(_file(path), FILES[path])
    if path:
        raise Problem("not_found", 404, "There is no such page")
    response = reply(_file("inbox.html").replace(b"{prefix}", request.prefix.encode()), HTML)
    response.headers.append((b"content-security-policy", PAGE_POLICY))
    return response


def _view(inbox: Inbox, request: Request, name: str) -> Response:
    """`ID.html` and `ID.txt` (or `latest`): a mail's body alone; `ID` without a kind is the HTML, if there is one."""
    id, _, kind = name.partition(".")
    mail = require(inbox, id, parameters(request).get("query", ""))
    if kind not in ("", "html", "txt"):
        raise Problem("not_found", 404, "A mail can be seen as .html or as .txt")
    as_html = kind == "html" or (not kind and bool(mail.html))
    html = _framed(mail.html) if parameters(request).get("embed") else mail.html
    response = reply((html if as_html else mail.text).encode(), HTML if as_html else TEXT)
    response.headers.append((b"content-security-policy", MAIL_POLICY))
    return response


def _framed(html: str) -> str:
    """The mail with links that open outside of the frame it is shown in."""
    head = HEAD.search(html)
    place = head.end() if head else 0
    return f'{html[:place]}<base target="_blank">{html[place:]}'


@cache
def _file(name: str) -> bytes:
    return (PAGE / name).read_bytes()
