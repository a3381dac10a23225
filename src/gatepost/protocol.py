"""HTTP/1.1 on a socket, as uvicorn reads it, with limits for a request's head and a word for what is no request.

In: bytes. Out: ASGI calls; where bytes are no request, or its head is too long, an error in JSON and the end of the
connection. Never: a head that grows without end in memory.
"""

import asyncio
import http
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import unquote

import httptools
import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from .exchange import ANSWER, HEAD, Head, Headers

COPIED = 64 * 1024
"""A body up to that size travels in one piece with its head."""
AWAITED = 64 * 1024
"""A request whose body is no longer is asked once all of it is there; of a longer one so much is taken in ahead."""
PATIENCE = 30.0
"""Seconds between two looks at a peer: whoever keeps us waiting has been told so, or is left, by the second."""
LEAST = 1024
"""Bytes of a body that come between two looks at least."""
SHORT = "protocol.short"
# The parser's own limit.
LONGEST_ADDRESS = 65_535
LONGEST_HEAD = 128 * 1024
TOO_LONG_ADDRESS = (
    414,
    f"The address of the request is longer than {LONGEST_ADDRESS} bytes",
    "Send long lists in a body, to a function (POST /rpc/…)",
)
TOO_LONG_HEAD = (431, f"The head of the request is longer than {LONGEST_HEAD} bytes", None)
NO_REQUEST = (400, "This is not a valid HTTP request", None)
TOO_SLOW = (408, "The request did not come in time", "Send it without pauses")
NO_SOCKET = (400, "This is not a valid beginning of a WebSocket", "Its headers have 8192 bytes each at most")


class Cycle(RequestResponseCycle):
    """One request and its answer, which may be sent whole, in one write.

    Everything of uvicorn's is here, made without what most requests never need.
    """

    def __init__(self, protocol: "Protocol", scope: dict[str, Any], keep_alive: bool) -> None:
        self.scope = cast(Any, scope)
        self.transport, self.flow = protocol.transport, protocol.flow
        self.logger, self.access_logger, self.access_log = protocol.logger, protocol.access_logger, False
        self.default_headers = protocol.server_state.default_headers
        self.on_response = protocol.on_response_complete
        self.disconnected = False
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = protocol.expect_100_continue
        self.body = bytearray()
        self.more_body = True
        self.response_started = self.response_complete = False
        self.chunked_encoding: bool | None = None
        self.expected_content_length = 0
        self._event: asyncio.Event | None = None

    @property
    def message_event(self) -> asyncio.Event:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Set while there is something to receive; made when somebody waits for a body."""
        if self._event is None:
            self._event = asyncio.Event()
            self.tell()
        return self._event

    def tell(self) -> None:
        """Something may be there to receive."""
        if self._event is not None and (self.body or not self.more_body or self.disconnected or self.response_complete):
            self._event.set()

    async def answer(self, status: int, reason: str | None, headers: Headers, body: bytes) -> None:
        """Send everything; `headers` hold the length where there is one. ValueError where a header holds a line break:
        nothing was sent then.
        """
        self.scope.pop(ANSWER, None)  # it holds us, and we hold it
        head = self._head(status, reason, headers)
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        self._write(head, body)

    def reply(self, status: int, reason: str | None, headers: Headers, body: bytes) -> None:
        """As `answer`, without a task, where the peer was taking in what it was sent."""
        head = self._head(status, reason, headers)
        self._write(head, body)
        self.on_response = _nothing

    def _write(self, head: bytes, body: bytes) -> None:
        if self.disconnected:
            return
        self.response_started = self.response_complete = True
        if len(body) <= COPIED:
            self.transport.write(head + body)
        else:
            self.transport.writelines((head, body))
        self.tell()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()

    def _head(self, status: int, reason: str | None, headers: Headers) -> bytes:
        parts = [_status_line(status, reason)]
        parts += map(b": ".join, self.default_headers)
        parts += map(b": ".join, headers)
        if not self.keep_alive:
            parts.append(b"connection: close")
        lines = len(parts) + 1
        parts += (b"", b"")
        head = b"\r\n".join(parts)
        if head.count(b"\n") != lines or head.count(b"\r") != lines or b"\0" in head:
            raise ValueError("a header holds a line break")
        return head


def _split(url: bytes) -> tuple[bytes, bytes]:
    """Path and query. Nearly every request names a path alone; the rest is the parser's."""
    if url.startswith(b"/") and b"#" not in url and len(url) <= LONGEST_ADDRESS:
        path, _, query = url.partition(b"?")
        return path, query
    address = cast(Any, httptools.parse_url(url))
    return address.path, address.query or b""


def _status_line(status: int, reason: str | None) -> bytes:
    if reason is None:
        return STATUS_LINE[status][:-2]
    return f"HTTP/1.1 {status} {reason}".encode("latin-1", "replace")


def _is_short(head: Head) -> bool:
    """Whether a request is soon all there: it has a short body or none, and its sender does not wait to be told to send
    it.
    """
    short: bool | None = head.kept.get(SHORT)
    if short is None:
        named = dict(head.headers)
        length = named.get(b"content-length", b"0")
        whole = b"transfer-encoding" not in named and b"expect" not in named
        short = head.kept[SHORT] = whole and length.isdigit() and int(length) <= AWAITED
    return short


def _nothing() -> None:
    """What is called where nobody listens any more."""


def _never(_: str) -> bool:
    """Of an application that knows no sockets."""
    return False


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._refusal: tuple[int, str, str | None] = NO_REQUEST
        self._head = 0
        self._in_head = False
        self._in_body = False
        self._idle_since = 0.0
        self._last = Head([])
        application = cast(Any, self.app)  # pyright: ignore[reportUnknownMemberType]
        self._begin: Callable[[Any, bytes, Any], bool] | None = getattr(application, "begin", None)
        self._awaited = False
        self._upgrades: Callable[[str], bool] = getattr(application, "upgrades", _never)
        self._upgrading = False
        self._received = 0
        self._seen: tuple[object, int, int] = (None, 0, 0)
        self._looking: asyncio.TimerHandle | None = None
        self._declined = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().connection_made(transport)
        self._looking = self.loop.call_later(PATIENCE, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        self._look_no_more()
        super().connection_lost(exc)

    def _look(self) -> None:
        """A peer that kept us waiting ever since the last look is left: it sent next to nothing, or took in nothing."""
        self._looking = self.loop.call_later(PATIENCE, self._look)
        before, unsent = self._seen, self.transport.get_write_buffer_size()
        self._seen = wanted, received, _ = self._wanted(), self._received, unsent
        if unsent and unsent == before[2]:
            self.transport.abort()
        elif wanted is not None and wanted is before[0] and received - before[1] < LEAST:
            self._refuse(TOO_SLOW)

    def _wanted(self) -> object:
        """The head or the body that is still to come; a connection that is idle between two requests has a timer."""
        cycle = cast(Cycle | None, self.cycle)
        if cycle is None:
            return self
        if cycle.response_complete:
            return self.headers if self._idle_since == 0.0 else None
        return cycle if cycle.more_body and not self.flow.read_paused else None

    def _look_no_more(self) -> None:
        if self._looking is not None:
            self._looking.cancel()

    def data_received(self, data: bytes) -> None:
        again = self._feed(data)
        while again:
            again = self._feed(again)

    def _feed(self, data: bytes) -> bytes:
        """Read; what has to be read again is returned: a request whose upgrade was declined, and what follows it."""
        try:
            cast(Any, self.parser).feed_data(data)
        except httptools.HttpParserError:
            self._refuse(self._refusal)
        except httptools.HttpParserUpgrade as upgrade:
            rest = data[upgrade.args[0] :]
            if self._upgrading:
                self._hand_over(rest)
                return b""
            if self._declined:
                return self._request_line_and_headers(without=b"upgrade") + rest
            self._unsupported_upgrade_warning()
        if self._in_head:
            self._head += len(data)
            if self._head > LONGEST_HEAD:
                self._refuse(TOO_LONG_HEAD)
        return b""

    def on_message_begin(self) -> None:
        self._head, self._in_head, self._in_body, self._declined = 0, True, False, False
        self._idle_since = 0.0
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header; what comes after a body is no header, whoever sent it there."""
        if not self._in_body:
            name = name.lower()
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
            self.headers.append((name, value))

    def on_chunk_header(self) -> None:
        """The last chunk may be followed by further lines: they are as long as a head at most."""
        self._head, self._in_head = 0, True

    def on_body(self, body: bytes) -> None:
        self._in_head = False
        cycle = cast(Cycle, self.cycle)
        if self._upgrading or cycle.response_complete:
            return
        cycle.body += body
        self._received += len(body)
        if len(cycle.body) > AWAITED:
            self.flow.pause_reading()
        cycle.tell()

    def on_headers_complete(self) -> None:
        self._in_head, self._in_body = False, True
        if len(self.url) > LONGEST_ADDRESS:
            self._refusal = TOO_LONG_ADDRESS
        parser, before = cast(Any, self.parser), cast(Cycle | None, self.cycle)
        if parser.should_upgrade():
            self._upgrading = self.ws_protocol_class is not None and self._wants_socket(before)
            self._declined = not self._upgrading and parser.get_method() != b"CONNECT"
            if self._upgrading or self._declined:
                return
        application = cast(Any, self.app)  # pyright: ignore[reportUnknownMemberType]
        version = parser.get_http_version()
        scope = self._scope(version, parser.get_method().decode("ascii"))
        self.cycle = cycle = Cycle(self, scope, version != "1.0" and parser.should_keep_alive())
        if before is not None and not before.response_complete:  # it waits for the answer to the one before
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, application))
        elif _is_short(self._last):
            self._awaited = True
        else:
            self._start_asgi_task(cycle, application)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """A request's turn has come: it is answered without a task, or asked as ASGI.

        What of it is still to come is waited for in a task; and so is a peer that takes nothing in.
        """
        answering = cast(Cycle, cycle)
        scope = cast(dict[str, Any], cycle.scope)
        at_once = self._begin is not None and not cycle.more_body and not self.flow.write_paused
        if not (at_once and self._begin and self._begin(scope, bytes(cycle.body), answering.reply)):
            scope[ANSWER] = answering.answer
            super()._start_asgi_task(cycle, app)

    def _wants_socket(self, before: Cycle | None) -> bool:
        """Whether this is the beginning of a WebSocket, where there are any; nothing may be under way then."""
        path = unquote(_split(self.url)[0].decode("ascii"))
        idle = before is None or before.response_complete
        return idle and self._get_upgrade() == b"websocket" and self._upgrades(path)

    def _should_upgrade(self) -> bool:
        return self._upgrading

    def _hand_over(self, rest: bytes) -> None:
        """The connection is no longer ours; what was read of it travels along."""
        self._in_head = False
        self._look_no_more()
        self._unset_keepalive_if_required()
        head = self._request_line_and_headers()
        handler = cast(Any, self.ws_protocol_class)
        protocol = handler(config=self.config, server_state=self.server_state, app_state=self.app_state)
        self.connections.discard(self)
        protocol.connection_made(self.transport)
        self.transport.set_protocol(protocol)
        protocol.data_received(head + rest)
        if not protocol.handshake_initiated:  # its reader gave up on the head, which has narrower limits than ours
            self._refuse(NO_SOCKET)

    def _request_line_and_headers(self, without: bytes | None = None) -> bytes:
        """The head of the request as it was read; without its wish to upgrade it is a request like any other.

        The parser takes what follows such a wish for another protocol, be it the body of a POST.
        """
        parser = cast(Any, self.parser)
        lines = [b"%s %s HTTP/%s" % (parser.get_method(), self.url, parser.get_http_version().encode())]
        lines += (b": ".join(header) for header in self.headers if header[0] != without)
        return b"\r\n".join((*lines, b"", b""))

    def on_message_complete(self) -> None:
        if self._upgrading or self._declined:
            return
        cycle = cast(Cycle, self.cycle)
        if not cycle.response_complete:
            cycle.more_body = False
            cycle.tell()
        if self._awaited:
            self._awaited = False
            self._start_asgi_task(cycle, cast(Any, self.app))  # pyright: ignore[reportUnknownMemberType]

    def _scope(self, version: str, method: str) -> dict[str, Any]:
        raw, query = _split(self.url)
        path = raw.decode("ascii")
        if self._last.headers != self.headers:
            self._last = Head(self.headers)
        return {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": version,
            "method": method,
            "scheme": self.scheme,
            "path": unquote(path) if "%" in path else path,
            "raw_path": raw,
            "query_string": query,
            "root_path": "",
            "headers": self._last.headers,
            HEAD: self._last,
            "client": self.client,
            "server": self.server,
        }

    def on_response_complete(self) -> None:
        """The next request of the pipeline, or the wait for one; a timer is not made anew for each request."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )

    def timeout_keep_alive_handler(self) -> None:
        """Close what was idle for long enough; else look again when that could be."""
        self.timeout_keep_alive_task = None
        if self._idle_since == 0.0 or self.transport.is_closing():
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left <= 0:
            self.transport.close()
        else:
            self.timeout_keep_alive_task = self.loop.call_later(left, self.timeout_keep_alive_handler)

    def send_400_response(self, msg: str) -> None:
        """What uvicorn does where its parser stops reading."""
        self._refuse(self._refusal)

    def _refuse(self, refusal: tuple[int, str, str | None]) -> None:
        """The door's own dialect, since nobody knows yet which surface was meant."""
        status, message, hint = refusal
        self._in_head = False
        body = msgspec.json.encode({"code": "bad_request", "message": message, "details": None, "hint": hint})
        head = (
            f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\ncontent-type: application/json; charset=utf-8\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
