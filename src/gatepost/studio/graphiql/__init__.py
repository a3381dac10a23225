"""GraphiQL, for developers: a page that asks the GraphQL surface beside it, as whichever user they choose.

In: requests from a browser on this machine. Out: the page, its files, addresses of users, tokens that end within
minutes. Never: an answer to another machine or another site; never a token kept by the page.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

import msgspec

from ... import web
from ...exchange import Headers, Request, Response
from ...problem import Problem
from ..loopback import objection

PAGE = Path(__file__).parent / "page"
BELOW = "/graphiql/"
"""Where everything but the page itself lies."""
OWN = ("graphiql-page.css", "graphiql-page.js", "transport.js", "missing.css")
PACKAGES = tuple(name for name in web.FILES if name not in web.PAGES)
KINDS = {"css": b"text/css; charset=utf-8", "js": b"text/javascript; charset=utf-8"}
HTML, JSON = b"text/html; charset=utf-8", b"application/json; charset=utf-8"

# Editors measure text and place things by style attributes.
POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; "
    b"img-src 'self' data:; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
COMMON: Headers = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class Act(msgspec.Struct):
    """Whom to act as."""

    email: str


@dataclass(frozen=True, slots=True)
class GraphiQL:
    """`emails` finds users by a part of their address; `token_for` makes a user's token; `key` is the project's
    publishable one.
    """

    emails: Callable[[str], Awaitable[list[str]]]
    token_for: Callable[[str], Awaitable[str]]
    key: str

    async def __call__(self, request: Request) -> Response:
        try:
            response = await self._answer(request)
        except Problem as problem:
            response = _json({"message": problem.message}, problem.status)
        response.headers.extend(COMMON)
        return response

    async def _answer(self, request: Request) -> Response:
        reason = objection(request)
        if reason is not None:
            raise Problem("forbidden", 403, reason)
        name = request.path.removeprefix(BELOW)
        if request.path == BELOW + "act":
            return _json({"token": await self.token_for(_act(request).email)})
        if request.method not in ("GET", "HEAD"):
            raise Problem("method_not_allowed", 405, f"{request.method} is not for this page")
        if request.path == "/":
            return self._page(request.prefix)
        if request.path == BELOW + "people":
            return _json(await self.emails(_parameter(request, "part")))
        return Response(200, _file(name), [(b"content-type", KINDS[name.rpartition(".")[2]])])

    def _page(self, prefix: str) -> Response:
        name = "graphiql.html" if web.is_installed(PACKAGES) else "missing.html"
        text = (PAGE / name).read_text("utf-8")
        for place, value in (("{prefix}", prefix), ("{key}", self.key)):
            text = text.replace(place, escape(value, quote=True))
        return Response(200, text.encode(), [(b"content-type", HTML), (b"content-security-policy", POLICY)])


@cache
def _file(name: str) -> bytes:
    """A file of the page; 404 where it has none of that name."""
    if name in OWN:
        return (PAGE / name).read_bytes()
    if name not in PACKAGES or not web.is_installed(PACKAGES):
        raise Problem("not_found", 404, "There is no such page")
    return web.read(name)


def _act(request: Request) -> Act:
    """A form of another site cannot send JSON."""
    kind = (request.header(b"content-type") or "").partition(";")[0]
    if request.method != "POST" or kind != "application/json":
        raise Problem("bad_request", 400, "Send {email} as JSON")
    try:
        return msgspec.json.decode(request.body, type=Act)
    except (msgspec.MsgspecError, RecursionError):
        raise Problem("bad_request", 400, "Send {email} as JSON") from None


def _parameter(request: Request, name: str) -> str:
    return parse_qs(request.query.decode("latin-1")).get(name, [""])[0]


def _json(value: object, status: int = 200) -> Response:
    return Response(status, msgspec.json.encode(value), [(b"content-type", JSON)])
