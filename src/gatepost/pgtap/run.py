"""Test files, run with psql as the owner of the project's tables, one session each.

In: files, libpq's variables, the folder that paths in them count from. Out: a FileReport for each.
Never: a password on a command line, or a person's own .psqlrc.
"""

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import tap
from .tap import Failure

ARGUMENTS = ("-X", "-q", "-A", "-t", "-P", "pager=off", "-v", "ON_ERROR_STOP=1", "-f")
SESSION = {
    "PGOPTIONS": '-c search_path="$user",public,extensions -c client_min_messages=warning',
    "PGCLIENTENCODING": "UTF8",
    "LC_MESSAGES": "C",
}
WORDS = ("ERROR:", "FATAL:", "error:", "No such file")
SHOWN_LINES = 6


@dataclass(frozen=True, slots=True)
class FileReport:
    """One file. `errors` are sentences about what ended it, or about its plan; `silent`: there is no test in it."""

    path: Path
    passed: int
    failures: tuple[Failure, ...] = ()
    errors: tuple[str, ...] = ()
    unreached: int = 0
    silent: bool = False

    @property
    def failed(self) -> int:
        """Assertions that did not hold or were not reached; at least one where the file did not come to its end."""
        return max(len(self.failures) + self.unreached, 1 if self.errors else 0)


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs files with `program`, psql, and `folder` as the working one; `connection` holds libpq's variables."""

    program: str
    folder: Path
    connection: Mapping[str, str]

    def run(self, file: Path) -> FileReport:
        name = file.relative_to(self.folder) if file.is_relative_to(self.folder) else file
        done = subprocess.run(  # noqa: S603 - psql, no shell
            [self.program, *ARGUMENTS, str(name)],
            env={**self.connection, **SESSION}, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True,
            encoding="utf-8", errors="replace", check=False,
        )  # fmt: skip
        return report(file, done.stdout, done.stderr, done.returncode)


def report(file: Path, output: str, complaints: str, code: int) -> FileReport:
    """What a file's run came to."""
    found = tap.read(output)
    errors = [_excerpt(complaints) or f"psql ended with code {code}"] if code else []
    errors += [f"it gave up: {found.bailed}"] if found.bailed else []
    # Where the file died, the plan is short because of it: one sentence is enough.
    errors += [found.missing] if found.missing and not errors else []
    unreached = max((found.planned or 0) - found.ran, 0)
    return FileReport(file, found.passed, found.failures, tuple(errors), unreached, found.is_silent and not code)


def _excerpt(complaints: str) -> str:
    """psql's own words from the first error on."""
    lines = complaints.splitlines()
    first = next((at for at, line in enumerate(lines) if any(word in line for word in WORDS)), 0)
    return "\n".join(lines[first : first + SHOWN_LINES])


def find_psql() -> str | None:
    """psql: of the PATH, else the newest that Debian has installed; None where there is none."""
    on_path = shutil.which("psql")
    if on_path:
        return on_path
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/psql"), key=lambda path: path.parts[-3], reverse=True)
    return str(installed[0]) if installed else None
