"""New or changed migration files, for development.

In: the folder that holds `migrations/`. Out: a word whenever something is new there. Never: a file read, or word of one
that is empty: somebody is about to write it.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path


async def watch(folder: Path, interval: float = 0.5) -> AsyncIterator[tuple[str, ...]]:
    """Yields the names of SQL files that appeared or changed, once they hold still for one interval (seconds)."""
    known = _look(folder)
    settling = known
    while True:
        await asyncio.sleep(interval)
        now = _look(folder)
        changed = tuple(sorted(name for name, mark in now.items() if known.get(name) != mark))
        if changed and now == settling:
            known = now
            yield changed
        settling = now
        known = {name: mark for name, mark in known.items() if name in now}


def _look(folder: Path) -> dict[str, tuple[int, int]]:
    try:
        entries = list(os.scandir(folder / "migrations"))
    except OSError:
        return {}
    marks: dict[str, tuple[int, int]] = {}
    for entry in entries:
        if entry.name.endswith(".sql"):
            try:
                status = entry.stat()
            except FileNotFoundError:
                continue
            if status.st_size:
                marks[entry.name] = (status.st_mtime_ns, status.st_size)
    return marks
