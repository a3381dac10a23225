"""What the benchmarks share: a served project, processes held to cores, CPU accounts.

In: a folder with a project. Out: its server, measured from outside. Never: a figure without the processes it is of.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TODOS = HERE / "todos"
DATABASE_CORE, SERVER_CORE = 0, 1
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Served:
    """A project that is being served: its server process and its PostgreSQL."""

    process: subprocess.Popen[bytes]
    url: str
    state: dict[str, Any]

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def postmaster(self) -> int:
        return int((Path(self.state["embedded"]) / "data" / "postmaster.pid").read_text().split()[0])

    @property
    def socket_folder(self) -> Path:
        return Path(self.state["embedded"]) / "run"

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


@contextmanager
def project_copy(source: Path = TODOS) -> Iterator[Path]:
    """A copy of the project whose data are thrown away afterwards."""
    with tempfile.TemporaryDirectory(prefix="gatepost-") as scratch:
        folder = Path(scratch) / source.name
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".gatepost"))
        try:
            yield folder
        finally:
            forget(folder)


def forget(folder: Path) -> None:
    """Make the project's next start its first: no data, no state."""
    home = data_home(folder)
    if home is not None:
        shutil.rmtree(home, ignore_errors=True)
    shutil.rmtree(folder / ".gatepost", ignore_errors=True)


def data_home(folder: Path) -> Path | None:
    """Where the project's database lies."""
    file = folder / ".gatepost" / "state.json"
    return Path(json.loads(file.read_text())["embedded"]) if file.exists() else None


def serve(folder: Path, port: int, core: int | None = None) -> Served:
    """`gatepost dev`, once it answers."""
    process = start([*gatepost("dev", str(folder)), "--port", str(port)], core, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    wait_ready(url + "/health", process)
    return Served(process, url, json.loads((folder / ".gatepost" / "state.json").read_text()))


def gatepost(*arguments: str) -> list[str]:
    """The command line of this Python's Gatepost."""
    return [str(Path(sys.executable).with_name("gatepost")), *arguments]


def start(command: list[str], core: int | None = None, **more: Any) -> subprocess.Popen[bytes]:
    """Start a program, on one core where one is named."""
    held = [] if core is None else ["taskset", "--cpu-list", str(core)]
    return subprocess.Popen([*held, *command], **more)


def wait_ready(url: str, process: subprocess.Popen[bytes], seconds: float = 60) -> float:
    """Ask until the answer is 200; how long that took."""
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        if process.poll() is not None:
            raise SystemExit(f"the server ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return time.perf_counter() - began
        except (urllib.error.URLError, OSError):
            time.sleep(0.005)
    raise SystemExit(f"{url} did not answer within {seconds} s")


def hold(pids: Iterable[int], core: int) -> None:
    """Keep processes, and what they start later, on one core."""
    for pid in pids:
        os.sched_setaffinity(pid, {core})


def family(pid: int) -> list[int]:
    """A process and its children."""
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def cpu(pids: Iterable[int]) -> float:
    """Seconds of CPU that processes have used, children that ended included."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(map(int, fields[11:15]))
    return total / TICK


def memory(pid: int) -> float:
    """Proportional set size of a process, in MB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"no PSS of {pid}")


def verdict(what: str, figure: float, bar: float, *, least: bool = False, unit: str = "") -> bool:
    """Print a figure beside its bar; whether it holds."""
    holds = figure >= bar if least else figure <= bar
    sign = ">=" if least else "<="
    print(f"{'PASS' if holds else 'FAIL'}  {what}: {figure:.2f}{unit} (bar {sign} {bar:g}{unit})", flush=True)
    return holds
