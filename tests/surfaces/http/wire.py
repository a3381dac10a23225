"""Requests byte by byte, as no well-behaved client sends them, and what an error of a surface must look like."""

import contextlib
import http.client
import json
import socket
from dataclasses import dataclass, field
from typing import Any

from tests.serving import Served

SECONDS = 10.0
REST, AUTH = "/rest/v1", "/auth/v1"
LEAKS = ("Traceback", 'File "', "psycopg", "site-packages", "gatepost/", "asyncio")


@dataclass(slots=True)
class Answer:
    """Status, headers by lower-case name, body."""

    status: int
    headers: dict[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _Socket:
    """What http.client reads an answer from."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def makefile(self, mode: str) -> Any:
        return self._connection.makefile(mode)


def send(server: Served, data: bytes, method: str = "GET", seconds: float = SECONDS) -> Answer | None:
    """Send bytes and read one answer; None where the connection was closed without one. Never waits for long."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as connection:
        try:
            connection.sendall(data)
            with contextlib.closing(http.client.HTTPResponse(_Socket(connection), method=method)) as response:  # pyright: ignore
                response.begin()
                headers = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, headers, response.read())
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            return None


def ask(server: Served, method: str, target: str, body: bytes | None = None, *headers: tuple[str, str]) -> Answer:
    """One request whose target and header values go out as they are (latin-1); there must be an answer."""
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", "Connection: close"]
    names = {name.lower() for name, _ in headers}
    lines += [f"{name}: {value}" for name, value in headers]
    lines += [] if "apikey" in names else [f"apikey: {server.publishable}"]
    lines += [] if body is None or "content-length" in names else [f"Content-Length: {len(body)}"]
    lines += [] if body is None or "content-type" in names else ["Content-Type: application/json"]
    data = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (body or b"")
    answer = send(server, data, method)
    assert answer is not None, f"no answer to {method} {target[:200]}"
    return answer


def is_clear(answer: Answer, target: str, method: str = "GET") -> None:
    """An answer that is a success, or a client's mistake told in its surface's own format."""
    assert answer.status < 500, (target[:300], answer.status, answer.body[:500])
    if answer.status < 400 or method == "HEAD":
        return
    text = answer.body.decode()
    assert not [leak for leak in LEAKS if leak in text], text[:500]
    assert answer.headers["content-type"].startswith("application/json"), (target[:300], answer.headers)
    told = answer.json
    if _below(REST, target):
        assert set(told) == {"code", "message", "details", "hint"}, text[:500]
        assert isinstance(told["code"], str)
        assert told["message"]
    elif _below(AUTH, target):
        assert told["code"] == answer.status
        assert told["msg"]
    else:
        assert told["message"]


def _below(prefix: str, target: str) -> bool:
    """Whether a path is a surface's; `/rest/v1x` is not."""
    return target[: len(prefix) + 1] in (prefix, prefix + "/", prefix + "?")


def refused(answer: Answer, target: str, status: int, code: str | None = None) -> None:
    """A clear error of that status and, where given, code."""
    is_clear(answer, target)
    told = answer.json
    assert answer.status == status, told
    if code is not None:
        assert told["error_code" if _below(AUTH, target) else "code"] == code, told
