"""The real command in processes of its own, on a copy of the example, on ports that are free."""

import http.client
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gatepost.embedded import project_home, start

EXAMPLE = Path(__file__).parents[3] / "examples" / "todo"
COMMAND = ("-m", "gatepost.cli.main")
QUIET = {name: value for name, value in os.environ.items() if not name.startswith(("GATEPOST_", "GOTRUE_", "PGRST_"))}
PATIENCE = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, path: str = "/health") -> bool:
    """Whether something answers 200 there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def eventually(holds: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait until `holds()`; fail with `what` where it never does."""
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, f"not within {patience:g} s: {what}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether a process runs (one that has ended and was not yet waited for does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@dataclass
class Command:
    """A project and what is run for it. `user` is the operating system's; None is ourselves."""

    folder: Path
    port: int
    user: str | None = None
    interpreter: str = sys.executable
    environment: dict[str, str] = field(default_factory=lambda: dict(QUIET))
    started: list[subprocess.Popen[str]] = field(default_factory=list[subprocess.Popen[str]])

    def become(self) -> dict[str, Any]:
        """What makes a process the user's, groups included."""
        if self.user is None:
            return {}
        return {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}

    def run(self, *arguments: str, patience: float = 60.0) -> subprocess.CompletedProcess[str]:
        """One command to its end."""
        return subprocess.run(
            [self.interpreter, *COMMAND, *arguments], env=self.environment, cwd=self.folder, **self.become(),
            capture_output=True, text=True, timeout=patience, check=False,
        )  # fmt: skip

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command that is left running; its output goes to a file beside the project."""
        with self.folder.with_suffix(".log").open("a") as output:
            process = subprocess.Popen(
                [self.interpreter, *COMMAND, *arguments],
                env=self.environment, cwd=self.folder, **self.become(), stdout=output, stderr=output, text=True,
            )  # fmt: skip
        self.started.append(process)
        return process

    def dev(self, *arguments: str) -> subprocess.Popen[str]:
        """`gatepost dev`, left running."""
        return self.start("dev", str(self.folder), "--port", str(self.port), *arguments)

    def served(self, *arguments: str) -> subprocess.Popen[str]:
        """`gatepost dev`, once it answers."""
        process = self.dev(*arguments)
        eventually(lambda: process.poll() is not None or answers(self.port), "the server answers")
        assert process.poll() is None, self.output()
        return process

    def output(self) -> str:
        return self.folder.with_suffix(".log").read_text()

    def end(self) -> None:
        """Stop everything that was started here, the database included, and remove its data."""
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.started:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
        home = project_home(self.folder)
        if home.exists() and self.user is None:
            start(home).stop(others=True)
            shutil.rmtree(home, ignore_errors=True)


def copy_example(folder: Path) -> Path:
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".gatepost", "node_modules", "__pycache__"))
    with (folder / "gatepost.toml").open("a") as file:
        file.write("\n[database]\nport = 0\n")
    return folder


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder with a short path: the database's socket lies below it."""
    folder = Path(tempfile.mkdtemp(prefix="gp-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def todo(place: Path) -> Iterator[Command]:
    """A copy of the example for the tests of one file."""
    command = Command(copy_example(place / "todo"), free_port())
    yield command
    command.end()


@pytest.fixture
def another(place: Path) -> Iterator[Command]:
    """A copy of the example for one test."""
    command = Command(copy_example(Path(tempfile.mkdtemp(prefix="t", dir=place)) / "todo"), free_port())
    yield command
    command.end()
