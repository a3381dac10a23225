"""What Django's responses take along.

In: a response, a Jar. Out: its Set-Cookie headers, as the jar words them, what keeps caches away, a stream that is read
as whoever asked for it. Never: one of two cookies lost because they have the same name in two domains.
"""

from collections.abc import AsyncIterator, Iterator
from http.cookies import Morsel
from typing import Any, cast

from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from ....identity import Identity
from ...core.jar import Jar
from ..acting import as_identity


class _Worded(Morsel[str]):
    """A cookie whose header stands already."""

    def __init__(self, header: str) -> None:
        super().__init__()
        name, _, value = header.partition(";")[0].partition("=")
        self.set(name, value, value)
        self.header = header

    def OutputString(self, attrs: Any = None) -> str:
        return self.header


def finish(response: Any, jar: Jar, identity: Identity) -> None:
    """The response takes along what was set until now; what it streams is read as `identity`, who asked for it."""
    jar.begun = True
    _add_cookies(response, jar)
    patch_vary_headers(response, ("Cookie", "Authorization"))
    if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
        stream = _streamed_later if response.is_async else _streamed
        response.streaming_content = stream(cast("Any", response.streaming_content), identity)


def _add_cookies(response: HttpResponseBase, jar: Jar) -> None:
    for number, (name, value) in enumerate(jar.headers()):
        if name == "Set-Cookie":
            morsel = _Worded(value)
            earlier = morsel.key in response.cookies
            response.cookies[f"{morsel.key} {number}" if earlier else morsel.key] = morsel
        else:
            response.headers[name] = value


def _streamed(parts: Iterator[bytes], identity: Identity) -> Iterator[bytes]:
    while True:
        with as_identity(identity):
            part = next(parts, None)
        if part is None:
            return
        yield part


async def _streamed_later(parts: AsyncIterator[bytes], identity: Identity) -> AsyncIterator[bytes]:
    while True:
        with as_identity(identity):
            part = await anext(parts, None)
        if part is None:
            return
        yield part
