"""The RPC style as an ASGI application, alone or mounted in another.

In: a schema and what finds the client of a request's sender. Out: an application; its description at /openapi.json.
Never: a body larger than the limit, or an opinion about who the sender is.
"""

import inspect
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec

from gatepost.exchange import Request
from gatepost.orm.client import Client
from gatepost.orm.errors import OrmError
from gatepost.orm.http.openapi import document
from gatepost.orm.http.rpc import Asked, RpcHandler, failure
from gatepost.orm.opening import schema_of
from gatepost.problem import Problem
from gatepost.zmodel.load import Given
from gatepost.zmodel.schema import Schema

LOGGER = logging.getLogger("gatepost.orm.http")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
GetClient = Callable[[Request], Client | Awaitable[Client]]

DESCRIPTION = "/openapi.json"
MAX_BODY = 1_048_576
JSON_TYPES = ("application/json", "application/vnd.api+json")


class RpcApplication:
    """`/<model>/<operation>`, `/$transaction/sequential`, `/$procs/<name>`, `/openapi.json`.

    `get_client(request)` gives the client bound to whoever sent the request; a Problem or OrmError it raises is the
    answer. A body is JSON of at most `max_body` bytes, sent as such: a page of another site can't make a browser do so.
    """

    def __init__(self, schema: Given | Schema, get_client: GetClient, *, max_body: int = MAX_BODY) -> None:
        self.schema = schema_of(schema)
        self._handler, self._get_client, self._max_body = RpcHandler(self.schema), get_client, max_body
        self._document: bytes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            status, body = await self._answer(scope, receive)
            await _send(send, status, body if isinstance(body, bytes) else msgspec.json.encode(body))

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, object]:
        request = _request(scope)
        if request.path.rstrip("/") == DESCRIPTION and request.method == "GET":
            return 200, self._description()
        body = await self._body(receive)
        if body is None:
            return 413, {"error": {"message": f"the request body is larger than {self._max_body} bytes"}}
        if body and (request.header(b"content-type") or "").split(";")[0].strip().lower() not in JSON_TYPES:
            return 400, {"error": {"message": "the request body must be application/json"}}
        request.body = body
        try:
            client = self._get_client(request)
            bound = await client if inspect.isawaitable(client) else client
        except OrmError as error:
            return failure(error)
        except Problem as problem:
            return problem.status, {"error": {"message": problem.message}}
        except Exception:
            LOGGER.exception("get_client failed")
            return 500, {"error": {"message": "internal error"}}
        query = dict(parse_qsl(request.query.decode("latin-1"), keep_blank_values=True))
        return await self._handler.handle(bound, Asked(request.method, request.path, query, body))

    def _description(self) -> bytes:
        if self._document is None:
            self._document = msgspec.json.encode(document(self.schema))
        return self._document

    async def _body(self, receive: Receive) -> bytes | None:
        """The body, or None where it is too large."""
        parts, size, more = list[bytes](), 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._max_body:
                return None
            more = message.get("more_body", False)
        return b"".join(parts)


def rpc(schema: Given | Schema, get_client: GetClient, *, max_body: int = MAX_BODY) -> RpcApplication:
    """The ASGI application of a schema."""
    return RpcApplication(schema, get_client, max_body=max_body)


def _request(scope: Scope) -> Request:
    """The request below what the application is mounted at."""
    mounted: str = scope.get("root_path", "")
    path: str = scope["path"]
    below = path[len(mounted) :] if mounted and path.startswith(mounted) else path
    peer = scope.get("client")
    return Request(
        scope["method"].upper(),
        below,
        scope.get("query_string", b""),
        [(name.lower(), value) for name, value in scope["headers"]],
        client=peer[0] if peer else "",
        raw_path=scope.get("raw_path") or unquote(below).encode(),
        prefix=mounted,
    )


async def _send(send: Send, status: int, body: bytes) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
