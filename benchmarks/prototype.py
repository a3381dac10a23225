"""The yardstick: the same read as a handler that does nothing else, for uvicorn.

A bearer token, verified once and remembered; three settings and a fixed statement, pipelined on four shared libpq
connections; the JSON as PostgreSQL wrote it. No keys, no routing, no parsing, no wash, no limits, no error handling.
Environment: DSN, SECRET.
"""

import asyncio
import hmac
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from psycopg import pq

PRELUDE = (
    b"select set_config('role', $1, true), set_config('request.jwt.claims', $2, true),"
    b" set_config('request.method', $3, true)"
)
READ = (
    b"with s as (select id, title, done, created_at from public.todos order by id limit 20)"
    b" select coalesce(json_agg(s), '[]')::text from s"
)
HEADERS = [(b"content-type", b"application/json; charset=utf-8"), (b"content-range", b"0-19/*")]
SECRET = os.environ["SECRET"].encode()
DSN = os.environ["DSN"].encode()
LANES = 4
TUPLES, SYNCED = int(pq.ExecStatus.TUPLES_OK), int(pq.ExecStatus.PIPELINE_SYNC)

verified: dict[bytes, list[bytes]] = {}


def verify(token: bytes) -> list[bytes]:
    """The prelude's parameters."""
    known = verified.get(token)
    if known is not None:
        return known
    signed, _, signature = token.rpartition(b".")
    made = urlsafe_b64encode(hmac.digest(SECRET, signed, "sha256")).rstrip(b"=")
    if not hmac.compare_digest(made, signature):
        raise ValueError("bad signature")
    payload = signed.partition(b".")[2]
    claims = urlsafe_b64decode(payload + b"=" * (-len(payload) % 4))
    known = verified[token] = [json.loads(claims)["role"].encode(), claims, b"GET"]
    return known


class Lane:
    """One connection that many requests share."""

    def __init__(self) -> None:
        self.connection = pq.PGconn.connect(DSN)
        assert self.connection.status == pq.ConnStatus.OK, self.connection.error_message
        self.waiting: deque[asyncio.Future[bytes]] = deque()
        self.value = b""
        self.connection.prepare(b"prelude", PRELUDE)
        self.connection.prepare(b"read", READ)
        self.connection.nonblocking = 1
        self.connection.enter_pipeline_mode()
        asyncio.get_running_loop().add_reader(self.connection.socket, self.receive)

    def send(self, params: list[bytes]) -> asyncio.Future[bytes]:
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        self.connection.send_query_prepared(b"prelude", params)
        self.connection.send_query_prepared(b"read", [])
        self.connection.pipeline_sync()
        return future

    def receive(self) -> None:
        self.connection.consume_input()
        while self.waiting and not self.connection.is_busy():
            result = self.connection.get_result()
            if result is None:
                continue
            if result.status == TUPLES:
                self.value = result.get_value(0, 0) or b""
            elif result.status == SYNCED:
                self.waiting.popleft().set_result(self.value)
            else:
                raise RuntimeError(result.error_message)


lanes: list[Lane] = []


async def application(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    if scope["type"] != "http":
        raise RuntimeError("no lifespan")
    token = b""
    for name, value in scope["headers"]:
        if name == b"authorization":
            token = value[7:]
            break
    if not lanes:
        lanes.extend(Lane() for _ in range(LANES))
    body = await min(lanes, key=lambda lane: len(lane.waiting)).send(verify(token))
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, length]})
    await send({"type": "http.response.body", "body": body})
