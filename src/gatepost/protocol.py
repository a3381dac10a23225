"""HTTP/1.1 on a socket, as uvicorn reads it, with limits for a request's head and a word for what is no request.

In: bytes. Out: ASGI calls; where bytes are no request, or its head is too long, an error in JSON and the end of the
connection. Never: a head that grows without end in memory.
"""

import http
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

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


class Protocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._refusal: tuple[int, str, str | None] = NO_REQUEST
        self._head = 0
        self._in_head = False

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head:
            self._head += len(data)
            if self._head > LONGEST_HEAD:
                self._refuse(TOO_LONG_HEAD)

    def on_message_begin(self) -> None:
        self._head, self._in_head = 0, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        if len(self.url) > LONGEST_ADDRESS:
            self._refusal = TOO_LONG_ADDRESS
        super().on_headers_complete()

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
