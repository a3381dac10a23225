"""Load with a latency for each kind of request: `load.py URL CLIENTS SECONDS SLOW_URL` (headers as JSON on stdin).

One request in a hundred goes to SLOW_URL. Prints one line of JSON: how many, and percentiles in ms of each kind.
"""

import asyncio
import itertools
import json
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import uvloop

EVERY = 100


class Client(asyncio.Protocol):
    """One keep-alive connection: the next request when the answer is whole."""

    def __init__(self, requests: tuple[bytes, bytes], counter: "itertools.count[int]", until: float) -> None:
        self.requests, self.counter, self.until = requests, counter, until
        self.times: tuple[list[float], list[float]] = ([], [])
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.kind, self.since, self.left, self.head = 0, 0.0, -1, b""
        self.failures = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.ask()

    def ask(self) -> None:
        self.since = time.perf_counter()
        if self.since > self.until:
            self.transport.close()
            self.done.set_result(None)
            return
        self.kind = 1 if next(self.counter) % EVERY == EVERY - 1 else 0
        self.left, self.head = -1, b""
        self.transport.write(self.requests[self.kind])

    def data_received(self, data: bytes) -> None:
        if self.left < 0:
            self.head += data
            end = self.head.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.head[:end].lower()
            self.failures += not head.startswith((b"http/1.1 200", b"http/1.1 204"))
            place = head.find(b"content-length:")
            length = int(head[place + 15 :].split(b"\r\n", 1)[0]) if place > 0 else 0
            self.left = length - (len(self.head) - end - 4)
        else:
            self.left -= len(data)
        if self.left <= 0:
            self.times[self.kind].append(time.perf_counter() - self.since)
            self.ask()


def encode(url: str, headers: dict[str, str]) -> bytes:
    parts = urlsplit(url)
    lines = [f"GET {parts.path}?{parts.query} HTTP/1.1", f"host: {parts.netloc}"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


def percentiles(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {name: round(ordered[int(len(ordered) * share)] * 1000, 2) for name, share in (("p50", 0.5), ("p99", 0.99))}


async def main(url: str, clients: int, seconds: float, slow_url: str) -> None:
    headers: dict[str, str] = json.load(sys.stdin)
    requests = (encode(url, headers), encode(slow_url, headers))
    counter, until = itertools.count(), time.perf_counter() + seconds
    parts, loop = urlsplit(url), asyncio.get_running_loop()
    opened = [
        (await loop.create_connection(lambda: Client(requests, counter, until), parts.hostname, parts.port))[1]
        for _ in range(clients)
    ]
    await asyncio.gather(*(client.done for client in opened))
    fast, slow = ([each for client in opened for each in client.times[kind]] for kind in (0, 1))
    failures = sum(client.failures for client in opened)
    found = {"fast": percentiles(fast), "slow": percentiles(slow), "rate": len(fast) / seconds, "failures": failures}
    print(json.dumps(found))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4]))
