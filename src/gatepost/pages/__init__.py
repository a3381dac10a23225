"""A project's own pages: files of one folder, as they are, below the address of the server.

In: GET and HEAD of paths that nobody else answers. Out: a file with what browsers need to keep and to mistrust it;
`/config.json`, which tells a page where it is and its publishable key; `/assets/…`, what `gatepost assets` installed.
Never: a file outside of the folder, or one whose name begins with a point; never a secret.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from .. import web
from ..exchange import Headers, Request, Response
from ..problem import Problem
from .files import File, Files

__all__ = ["Pages", "refuse"]

ASSETS = "/assets/"
HOST = re.compile(r"[\w.-]+(:\d+)?|\[[\da-fA-F:.]+\](:\d+)?", re.ASCII)
CONFIGURATION = "/config.json"
JSON, PLAIN = b"application/json; charset=utf-8", b"text/plain; charset=utf-8"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "manifest-src 'self'; connect-src 'self'{others}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


@dataclass(frozen=True, slots=True)
class Pages:
    """`folder` holds the files; `key` is the project's publishable one; `url` where clients reach the server, empty
    where that is where the page itself comes from.
    """

    folder: Path
    key: str
    url: str = ""

    async def __call__(self, request: Request) -> Response:
        try:
            response = self._answer(request)
        except Problem as problem:
            response = refuse(request, problem)
        response.headers += self._common(request)
        return response

    def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            raise Problem("method_not_allowed", 405, f"{request.method} is not for this page")
        return self._configuration(request) if request.path == CONFIGURATION else self._file(request)

    def _configuration(self, request: Request) -> Response:
        body = {"url": self.url or request.base_url, "publishableKey": self.key}
        headers: Headers = [(b"content-type", JSON), (b"cache-control", b"no-store")]
        return Response(200, msgspec.json.encode(body), headers)

    def _file(self, request: Request) -> Response:
        file = self._find(request.path)
        if file is None:
            raise Problem("not_found", 404, "There is no such page")
        headers: Headers = [
            (b"content-type", file.kind),
            (b"cache-control", b"no-cache"),
            (b"etag", file.tag),
            (b"last-modified", file.modified),
        ]
        if file.is_known(request.header(b"if-none-match"), request.header(b"if-modified-since")):
            return Response(304, b"", headers)
        return Response(200, file.body, headers)

    def _find(self, path: str) -> File | None:
        if path.startswith(ASSETS):
            name = path.removeprefix(ASSETS)
            return Files(web.INSTALLED).find("/" + name) if name in web.PAGES else None
        return Files(self.folder).find(path + "index.html" if path.endswith("/") else path)

    def _common(self, request: Request) -> Headers:
        """No script but the page's own files, and nobody to talk to but this server."""
        others = _sockets(request.header(b"host") or "") + _elsewhere(self.url)
        return [
            (b"content-security-policy", POLICY.format(others=others).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
        ]


def refuse(_: Request, problem: Problem) -> Response:
    """What went wrong, for who reads it in a browser."""
    headers: Headers = [(b"content-type", PLAIN), (b"cache-control", b"no-store")]
    if problem.status == 405:
        headers.append((b"allow", b"GET, HEAD"))
    return Response(problem.status, problem.message.encode(), headers)


def _sockets(host: str) -> str:
    """The sockets of a host by name: not every browser counts them among what is of the page's own origin."""
    return f" ws://{host} wss://{host}" if HOST.fullmatch(host) else ""


def _elsewhere(url: str) -> str:
    """The origin of a URL, and its sockets."""
    parts = urlsplit(url)
    return f" {parts.scheme}://{parts.netloc}{_sockets(parts.netloc)}" if parts.netloc else ""
