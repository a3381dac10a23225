"""What the server sends to PostgreSQL for one read: `statements.py STATE_FILE PATH` (headers as JSON on stdin).

The server is composed as it is when it serves, asked once over ASGI, and listened to at its connections. Prints the
segments of the lane's batch as JSON: [[[text, [parameter, …]], …], …].
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from gatepost import app
from gatepost.database.connection import Command, Connection

Segments = list[list[Command]]


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
    send = Connection.send

    def listen(self: Connection, *segments: list[Command]) -> asyncio.Future[Any]:
        seen.append(list(segments))
        return send(self, *segments)

    Connection.send = listen  # type: ignore[method-assign]
    gateway = app.project_server(*app._read(Path(state_file)))
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
    for _ in range(3):  # the first opens a lane
        seen.clear()
        status = await ask(gateway, path, headers)
        reads = [each for each in seen if any('"todos"' in command.text for command in each[0])]
        await asyncio.sleep(0.3)
    stopping.set()
    await life
    if status != 200 or len(reads) != 1:
        raise SystemExit(f"status {status}, {len(reads)} batches")
    print(json.dumps([[[c.text, [(p or b"").decode() for p in c.params]] for c in segment] for segment in reads[0]]))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2]))
