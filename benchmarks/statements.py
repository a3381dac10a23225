"""What the server sends to PostgreSQL for one read: `statements.py STATE_FILE PATH` (headers as JSON on stdin).

The server is composed as it is when it serves, asked over ASGI for several reads at once, and listened to at its
connections. Prints the segments of a read that follows another on its lane, as nearly all do under load, as JSON:
[[[text, [parameter, …]], …], …].
"""

import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gatepost import app
from gatepost.database.connection import Batch, Command, Connection

Segments = Sequence[list[Command]]
AT_ONCE = 16


async def ask(gateway: Any, path: str, headers: dict[str, str]) -> int:
    """One request; the status of its answer."""
    answers: list[dict[str, Any]] = []
    plain, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": "GET",
        "path": plain,
        "raw_path": plain.encode(),
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        answers.append(message)

    await gateway(scope, receive, send)
    return answers[0]["status"]


async def main(state_file: str, path: str) -> None:
    headers: dict[str, str] = json.load(sys.stdin)
    seen: list[Segments] = []
    post = Connection.post

    def listen(self: Connection, segments: Segments, done: Callable[[Batch], None]) -> None:
        if self.pending:
            seen.append(segments)
        post(self, segments, done)

    Connection.post = listen  # type: ignore[method-assign]
    gateway = app.project_server(*app.read(Path(state_file)))
    started, stopping = asyncio.Event(), asyncio.Event()

    async def receive() -> dict[str, Any]:
        if not started.is_set():
            return {"type": "lifespan.startup"}
        await stopping.wait()
        return {"type": "lifespan.shutdown"}

    async def told(message: dict[str, Any]) -> None:
        if message["type"] == "lifespan.startup.failed":
            raise SystemExit(message["message"])
        started.set()

    life = asyncio.create_task(gateway({"type": "lifespan"}, receive, told))  # type: ignore[arg-type]
    await started.wait()
    for _ in range(5):  # the first open the lanes
        seen.clear()
        statuses = await asyncio.gather(*(ask(gateway, path, headers) for _ in range(AT_ONCE)))
        reads = [each for each in seen if any('"todos"' in command.text for command in each[0])]
        await asyncio.sleep(0.3)
    stopping.set()
    await life
    if set(statuses) != {200} or len({tuple(command.text for command in segment) for [segment] in reads}) != 1:
        raise SystemExit(f"statuses {statuses}, {len(reads)} batches")
    print(json.dumps([[[c.text, [(p or b"").decode() for p in c.params]] for c in segment] for segment in reads[0]]))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
