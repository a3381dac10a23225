"""A system that claims are pushed to, on this machine: it keeps what arrives, and can be away, slow or wrong.

In: what it is told to do. Out: messages whose signature was checked. Never: longer than its block.
"""

import hmac
import json
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

KEY = b64encode(b"a-key-of-more-than-24-bytes-for-hmac").decode()
SECRET = f"v1,whsec_{KEY}"


@dataclass
class Receiver:
    """`statuses` are what it answers next, then 204, or 200 with `reply`; `gate`, where it is not set, makes it answer
    nothing until it is; `arrived` counts the requests.
    """

    url: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    headers: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    statuses: list[int] = field(default_factory=list[int])
    reply: bytes = b""
    sent: dict[str, str] = field(default_factory=dict[str, str])
    gate: Event = field(default_factory=Event)
    arrived: int = 0

    def take(self, headers: dict[str, str], body: bytes) -> int:
        self.arrived += 1
        self.gate.wait(20)
        if not is_signed(headers, body):
            return 401
        status = self.statuses.pop(0) if self.statuses else (200 if self.reply else 204)
        if status < 300:
            self.messages.append(json.loads(body))
            self.headers.append(headers)
        return status

    def wait(self, number: int, seconds: float = 10) -> list[dict[str, Any]]:
        """The messages, once there are so many."""
        deadline = time.monotonic() + seconds
        while len(self.messages) < number:
            assert time.monotonic() < deadline, f"{len(self.messages)} of {number} messages arrived"
            time.sleep(0.01)
        return self.messages

    def of(self, user_id: str) -> list[dict[str, Any]]:
        return [message for message in list(self.messages) if message.get("user_id") == user_id]

    def last(self, user_id: str, claims: object, seconds: float = 10) -> dict[str, Any]:
        """The last message about a user, once it says `claims`."""
        deadline = time.monotonic() + seconds
        while not (self.of(user_id) and self.of(user_id)[-1]["claims"] == claims):
            assert time.monotonic() < deadline, self.of(user_id)
            time.sleep(0.01)
        return self.of(user_id)[-1]


def is_signed(headers: dict[str, str], body: bytes) -> bool:
    """Whether the message is from whom we know, and of now (Standard Webhooks)."""
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = b64encode(hmac.digest(b64decode(KEY), text, "sha256")).decode()
    recent = abs(time.time() - int(headers["webhook-timestamp"])) < 60
    return recent and f"v1,{wanted}" in headers["webhook-signature"].split(" ")


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """A receiver that listens on a free port, or on one that was free."""
    receiver = Receiver()
    receiver.gate.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            named = {name.lower(): value for name, value in self.headers.items()}
            status = receiver.take(named, body)
            reply = receiver.reply if status == 200 else b""
            self.send_response(status)
            for name, value in {"content-length": str(len(reply)), **receiver.sent}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        allow_reuse_address = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Whoever asked has gone."""

    with Server(("127.0.0.1", port), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/claims"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.gate.set()
            server.shutdown()
            thread.join()
