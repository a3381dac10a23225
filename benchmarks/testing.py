"""What a test pays for a database, a person and a server of its own.

    python -P benchmarks/testing.py [--postgres DIR]

-P, since a file beside this one is called as the library graphql is. Prints the quickest, the median and the longest of
several, in milliseconds, with examples/todo as the project.
"""

import argparse
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from gatepost import embedded
from gatepost.embedded import Options
from gatepost.migrate import EXTENSIONS
from gatepost.testing.asked import Asked
from gatepost.testing.run import Run, begun
from gatepost.testing.template import POSTGRESQL

PROJECT = Path(__file__).parents[1] / "examples" / "todo"
TIMES = 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", type=Path, help="another PostgreSQL: a folder with bin, lib and share")
    binaries: Path | None = parser.parse_args().postgres
    with tempfile.TemporaryDirectory(prefix="gatepost-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o711)
        url = ""
        if binaries is not None:
            options = Options(binaries=binaries, settings=POSTGRESQL, extensions=EXTENSIONS)
            server = embedded.start(folder / "other", options)
            stack.callback(server.stop, others=True)
            url = server.dsn()
        with begun(Asked(PROJECT, url, (), False, folder)) as run:
            report(measured(run))


def measured(run: Run) -> dict[str, list[float]]:
    """Seconds of each step; the first round warms up."""
    spent: dict[str, list[float]] = defaultdict(list)

    def take(what: str, step: Callable[[], Any]) -> Any:
        begun_at = time.perf_counter()
        found = step()
        spent[what].append(time.perf_counter() - begun_at)
        return found

    for _ in range(TIMES + 1):
        with ExitStack() as stack:
            database = take("a database", lambda stack=stack: stack.enter_context(run.database()))
            world = stack.enter_context(run.world(database, lambda: None))  # pyright: ignore
            ada = take("a new user", lambda world=world: world.user("ada@example.com"))
            take("a user's statement", lambda ada=ada: ada.rows("select * from todos"))
            take("a server", lambda stack=stack, database=database: stack.enter_context(run.served(database)))
    return {what: times[1:] for what, times in spent.items()}


def report(spent: dict[str, list[float]]) -> None:
    for what, times in spent.items():
        shown = (min(times), statistics.median(times), max(times))
        print(f"{what:20}" + "".join(f"{seconds * 1000:8.1f}" for seconds in shown))


if __name__ == "__main__":
    main()
