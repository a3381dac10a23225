"""The sign-in pages within Starlette and FastAPI.

In: Starlette's requests. Out: a Router to be mounted. Never: what a page does.
"""

from functools import partial
from typing import Unpack

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router

from ..starlette import client_of
from . import LONGEST_FORM, Options, PageRequest, Pages


def sign_in_pages(**options: Unpack[Options]) -> Router:
    """An application to be mounted below a path of its own, which AuthMiddleware has among its `open` ones."""
    pages = Pages(**options)
    return Router(
        [
            Route(path, partial(_answer, pages, path), methods=list(methods), name=path[1:])
            for path, methods in pages.paths.items()
        ]
    )


async def _answer(pages: Pages, path: str, request: Request) -> Response:
    client = client_of(request)
    asked = PageRequest(
        request.method,
        path,
        str(request.scope.get("root_path", "")).rstrip("/"),
        f"{request.url.scheme}://{request.url.netloc}",
        request.url.query,
        request.headers,
        await _body(request),
        client.visit,
        request.scope["gatepost.jar"],
    )
    answer = await client.server.waiting.run(pages.answer(asked))
    return Response(answer.body, answer.status, answer.headers)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_FORM:
            break
    return bytes(body)
