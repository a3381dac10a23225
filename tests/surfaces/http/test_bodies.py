"""Bodies as they come: with the head, in pieces, one request behind the other, held back until they are asked for."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import pytest

from tests.serving import Served

QUERIES = ("{ __typename }", "{ todos(first: 1) { nodes { id } } }", "{ nope }")


def request(server: Served, query: str, *more: str, filler: int = 0) -> bytes:
    body = json.dumps({"query": query + " " * filler}).encode()
    lines = [
        "POST /graphql HTTP/1.1",
        "Host: localhost",
        f"apikey: {server.publishable}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *more,
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Line:
    """One connection: bytes out, answers in, one after the other."""

    def __init__(self, connection: socket.socket, incoming: BinaryIO) -> None:
        self.send, self._incoming = connection.sendall, incoming

    def head(self) -> list[bytes]:
        return list(iter(self._incoming.readline, b"\r\n"))

    def answer(self) -> str:
        """The body of the next answer."""
        lengths = [line.partition(b":")[2] for line in self.head() if line.startswith(b"content-length:")]
        return self._incoming.read(int(lengths[0])).decode()


@contextmanager
def connected(server: Served) -> Iterator[Line]:
    with (
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection,
        connection.makefile("rb") as incoming,
    ):
        yield Line(connection, incoming)


@pytest.fixture(scope="module")
def answers(todo: Served) -> list[str]:
    """What the queries answer, asked one by one."""
    found: list[str] = []
    for query in QUERIES:
        with connected(todo) as line:
            line.send(request(todo, query))
            found.append(line.answer())
    assert found[0] == '{"data":{"__typename":"Query"}}'
    return found


def test_a_body_that_comes_in_pieces(todo: Served, answers: list[str]) -> None:
    with connected(todo) as line:
        for query, expected in zip(QUERIES, answers, strict=True):
            data = request(todo, query)
            for piece in (data[:20], data[20:-9], data[-9:-1], data[-1:]):
                line.send(piece)
                time.sleep(0.02)
            assert line.answer() == expected


def test_requests_behind_each_other_are_answered_in_their_order(todo: Served, answers: list[str]) -> None:
    with connected(todo) as line:
        line.send(b"".join(request(todo, query) for query in QUERIES * 4))
        assert [line.answer() for _ in QUERIES * 4] == answers * 4


def test_a_request_behind_another_may_come_in_pieces(todo: Served, answers: list[str]) -> None:
    with connected(todo) as line:
        data = b"".join(request(todo, query) for query in QUERIES)
        for start in range(0, len(data), 150):
            line.send(data[start : start + 150])
            time.sleep(0.01)
        assert [line.answer() for _ in QUERIES] == answers


def test_a_body_is_asked_for_where_its_sender_waits(todo: Served, answers: list[str]) -> None:
    with connected(todo) as line:
        head, _, body = request(todo, QUERIES[0], "Expect: 100-continue").partition(b"\r\n\r\n")
        line.send(head + b"\r\n\r\n")
        assert line.head() == [b"HTTP/1.1 100 Continue\r\n"]
        line.send(body)
        assert line.answer() == answers[0]


@pytest.mark.parametrize(("filler", "told"), [(50_000, "Query"), (70_000, "Query"), (500_000, "at most 100000")])
def test_a_long_body(todo: Served, filler: int, told: str) -> None:
    with connected(todo) as line:
        line.send(request(todo, QUERIES[0], filler=filler))
        assert told in line.answer()


def test_a_sender_that_goes_away_before_the_end_harms_nobody(todo: Served, answers: list[str]) -> None:
    for _ in range(3):
        with connected(todo) as line:
            line.send(request(todo, QUERIES[0])[:-3])
    with connected(todo) as line:
        line.send(request(todo, QUERIES[0]))
        assert line.answer() == answers[0]


HTTP_2 = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQBAAAAAAIAAAAA")
"""What a client of HTTP/2 may send with its first request; a server that speaks HTTP/1.1 alone answers in that."""


def test_a_wish_for_another_protocol_is_passed_over(todo: Served, answers: list[str]) -> None:
    with connected(todo) as line:
        line.send(b"".join(request(todo, query, *HTTP_2) for query in QUERIES) + request(todo, QUERIES[0]))
        assert [line.answer() for _ in range(4)] == [*answers, answers[0]]
        for part in request(todo, QUERIES[1], *HTTP_2).partition(b"\r\n\r\n"):
            line.send(part)
            time.sleep(0.02)
        assert line.answer() == answers[1]


def test_many_wishes_for_another_protocol_in_one_piece(todo: Served) -> None:
    with connected(todo) as line:
        line.send(b"GET /health HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" % "\r\n".join(HTTP_2[:2]).encode() * 1200)
        assert {line.answer() for _ in range(1200)} == {'{"status":"ok"}'}
