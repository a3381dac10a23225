"""Memory at rest: proportional set size of the server process and of every PostgreSQL process, after a little work and
ten seconds of rest; and that the server does not import the command line's libraries.
"""

import contextlib
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from common import family, memory, project_copy, serve, verdict

PORT = 54462
REST_SECONDS = 10
SERVER_BAR, TOTAL_BAR = 70.0, 120.0
UNWANTED = ("typer", "rich", "pydantic", "gatepost.cli")
COMPOSE = """
import sys
from pathlib import Path
from gatepost import app
app.project_server(*app._read(Path(sys.argv[1])))
print(*(name for name in sys.argv[2:] if name in sys.modules))
"""
EXAMPLE = Path(__file__).parent.parent / "examples" / "todo"


def work(url: str, key: str) -> None:
    """A little of everything, so that what is loaded late is loaded."""
    for path in ("/health", "/auth/v1/settings", "/rest/v1/todos?select=*&limit=1"):
        for _ in range(20):
            request = urllib.request.Request(url + path, headers={"apikey": key})
            with contextlib.suppress(urllib.error.HTTPError):  # a refusal is work too
                urllib.request.urlopen(request, timeout=5).close()


def imported(folder: Path) -> str:
    """Which unwanted libraries a process has that composes the same server."""
    command = [sys.executable, "-c", COMPOSE, str(folder / ".gatepost" / "state.json"), *UNWANTED]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def main() -> int:
    with project_copy(EXAMPLE) as folder:
        served = serve(folder, PORT)
        try:
            work(served.url, served.state["keys"]["anon"])
            time.sleep(REST_SECONDS)
            server = memory(served.pid)
            database = {pid: memory(pid) for pid in family(served.postmaster)}
            loaded = imported(folder)
        finally:
            served.stop()
    print(f"server {server:.1f} MB, PostgreSQL {sum(database.values()):.1f} MB in {len(database)} processes")
    held = [
        verdict("server process", server, SERVER_BAR, unit=" MB"),
        verdict("server process and PostgreSQL", server + sum(database.values()), TOTAL_BAR, unit=" MB"),
        verdict(f"libraries of the command line in the server [{loaded}]", len(loaded.split()), 0),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
