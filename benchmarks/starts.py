"""Starts: from exec to the first 200 of /health; the median of five.

A first start finds no data folder and no cache (neither template nor copied binaries); a warm one finds both.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import forget, gatepost, project_copy, start, verdict, wait_ready

PORT = 54461
ROUNDS = 5
FIRST_BAR, WARM_BAR = 3.0, 1.0
EXAMPLE = Path(__file__).parent.parent / "examples" / "todo"
# Root's cache is a fixed folder: a mount of its own hides it from the process.
HIDE = 'mkdir -p /var/cache/gatepost && mount -t tmpfs -o mode=755 none /var/cache/gatepost && exec "$@"'


def once(folder: Path, *, cached: bool) -> float:
    """Seconds from exec to the first 200; the server is stopped again."""
    command = [*gatepost("dev", str(folder)), "--port", str(PORT)]
    with tempfile.TemporaryDirectory(prefix="gatepost-") as cache:
        environment = os.environ | ({} if cached else {"XDG_CACHE_HOME": cache})
        if not cached and os.geteuid() == 0:
            command = ["unshare", "--mount", "sh", "-c", HIDE, "sh", *command]
        began = time.perf_counter()
        process = start(command, stdout=subprocess.DEVNULL, env=environment)
        wait_ready(f"http://127.0.0.1:{PORT}/health", process)
        taken = time.perf_counter() - began
        process.terminate()
        process.wait(30)
    return taken


def main() -> int:
    with project_copy(EXAMPLE) as folder:
        first: list[float] = []
        for _ in range(ROUNDS):
            forget(folder)
            first.append(once(folder, cached=False))
        once(folder, cached=True)
        warm = [once(folder, cached=True) for _ in range(ROUNDS)]
    print("first", *(f"{seconds:.2f}" for seconds in first), "s")
    print("warm ", *(f"{seconds:.2f}" for seconds in warm), "s")
    held = [
        verdict("first start, median", statistics.median(first), FIRST_BAR, unit=" s"),
        verdict("warm start, median", statistics.median(warm), WARM_BAR, unit=" s"),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
