"""A process that pushes claims and does nothing else, for tests that kill it.

python -m tests.surfaces.issuers.worker DSN URL
"""

import asyncio
import sys

from gatepost.database.scope import Database
from gatepost.outside.push import Push
from gatepost.settings import PushSettings, Seconds

from .receiver import SECRET


async def work(dsn: str, url: str) -> None:
    settings = PushSettings(url=url, secrets=SECRET, timeout=Seconds(0.4), poll=Seconds(0.1))
    await Push(settings, Database({"auth": dsn})).run()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
