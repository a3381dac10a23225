"""The real command, run for tests: `gatepost dev` over a scratch copy of a project, on a free port.

In: a project's folder and variables for the server. Out: a Served, which knows its URL, keys, inbox and database.
Never: a server left behind: each is ended by its process id, and its data are removed.
"""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from gatepost import embedded
from gatepost.project import state
from gatepost.testing.inbox import Inbox, Mail

START_SECONDS = 60.0
STOP_SECONDS = 20.0
# The server looks for changes every 10 seconds where nobody tells it of them.
NOTICE_SECONDS = 15.0

# Tests ask for more mails, and sooner, than people do.
PATIENCE = {"GATEPOST_LIMITS_EMAIL_SENT": "1000000", "GATEPOST_AUTH_SMTP_MAX_FREQUENCY": "0s"}

Serve = Callable[..., "Served"]

__all__ = ["Inbox", "Mail", "Serve", "Served", "free_port", "launch"]


@dataclass(slots=True)
class Served:
    """A server that runs. `owner` is a connection string of the role that owns the project's tables."""

    folder: Path
    url: str
    publishable: str
    secret: str
    anon: str
    service_role: str
    jwt_secret: str
    owner: str
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def inbox(self) -> Inbox:
        return Inbox(f"{self.url}/inbox")

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def sql(self, text: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Run SQL as the owner of the project's tables; the last statement's rows."""
        with psycopg.connect(self.owner, autocommit=True) as connection:
            cursor = connection.execute(text, parameters or None)  # pyright: ignore
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []

    def reload(self) -> None:
        """Wait until the server has read the schema again: it then knows a function that is new, and gone after."""
        marker = f"marker_{uuid4().hex[:12]}"
        self.sql(f"create function public.{marker}() returns int language sql as 'select 1'")
        try:
            self.sql(f"grant execute on function public.{marker}() to service_role; notify pgrst, 'reload schema'")
            self._wait(lambda: self._calls(marker) == 200, "the schema was not read again")
        finally:
            self.sql(f"drop function public.{marker}()")

    def _calls(self, function: str) -> int:
        headers = {"apikey": self.secret}
        return httpx.post(f"{self.url}/rest/v1/rpc/{function}", headers=headers, json={}, verify=False).status_code

    def _wait(self, held: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + NOTICE_SECONDS
        while not held():
            assert time.monotonic() < deadline, otherwise
            time.sleep(0.02)

    def lines(self) -> str:
        """What the server has printed so far."""
        return self.log.read_text("utf-8", "replace")

    def stop(self) -> int:
        """Ask it to end, as Ctrl-C does; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not end within {STOP_SECONDS:g} seconds\n{self.lines()}") from None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def launch(folder: Path, arguments: tuple[str, ...] = (), environ: dict[str, str] | None = None) -> Served:
    """`gatepost dev FOLDER`, waited for until it answers; what it printed where it does not."""
    port = free_port()
    log = folder.with_name(folder.name + ".log")
    variables = {**os.environ, "GATEPOST_DATABASE_PORT": "0", **PATIENCE, **(environ or {})}
    command = [sys.executable, "-m", "gatepost.cli.main", "dev", str(folder), "--port", str(port), *arguments]
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=variables, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    url = f"http://127.0.0.1:{port}"
    try:
        _await(url, process, log)
        return _described(folder, url, log, process)
    except BaseException:
        process.terminate()  # it ends its database too, which SIGKILL would leave behind
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
        process.kill()
        process.wait()
        raise


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/health", timeout=5, verify=False).status_code == 200:
                return
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            why = f"ended with {process.returncode}" if ended else f"was not ready after {START_SECONDS:g} seconds"
            raise AssertionError(f"the server {why}\n{log.read_text('utf-8', 'replace')}")
        time.sleep(0.05)


def _described(folder: Path, url: str, log: Path, process: subprocess.Popen[bytes]) -> Served:
    """What `gatepost status` says of it."""
    command = [sys.executable, "-m", "gatepost.cli.main", "status", str(folder), "-o", "json"]
    told = json.loads(subprocess.run(command, capture_output=True, check=True, timeout=30).stdout)
    assert told["API_URL"] == url
    assert told["MAILPIT_URL"] == f"{url}/inbox"
    known = state.read(folder / ".gatepost")
    assert known is not None
    keys = {name: told[name] for name in ("PUBLISHABLE_KEY", "SECRET_KEY", "ANON_KEY", "SERVICE_ROLE_KEY")}
    return Served(folder, url, *keys.values(), told["JWT_SECRET"], known.logins["owner"], log, process)


@pytest.fixture(scope="session")
def served(scratch: Path, request: pytest.FixtureRequest) -> Iterator[Serve]:
    """`served(prepare, …)`: a server for a project that `prepare(folder)` lays out in a folder of its own.

    Further arguments go to the command; `environ` adds variables. With `--postgres`, the project's database is one of
    the session's server instead of an embedded one. Everything ends with the session.
    """
    running: list[Served] = []
    folders: list[Path] = []

    def start(prepare: Callable[[Path], None], *arguments: str, environ: dict[str, str] | None = None) -> Served:
        folder = scratch / f"project-{uuid4().hex[:8]}"
        folder.mkdir(mode=0o755)
        folders.append(folder)
        prepare(folder)
        if request.config.getoption("--postgres") and "--database-url" not in arguments:
            arguments += ("--database-url", _new_database(request.getfixturevalue("cluster")))
        running.append(launch(folder, arguments, environ))
        return running[-1]

    yield start
    with ThreadPoolExecutor(max_workers=len(running) or 1) as pool:
        codes = dict(zip([server.url for server in running], pool.map(Served.stop, running), strict=True))
    for folder in folders:
        _remove_data(folder)
    assert set(codes.values()) <= {0}, codes
    assert [server.lines() for server in running if "Traceback" in server.lines()] == []


def _new_database(cluster: embedded.Server) -> str:
    name = f"served_{uuid4().hex[:12]}"
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        admin.execute(f"create database {name} template template0")  # pyright: ignore
    return cluster.dsn(dbname=name)


def _remove_data(folder: Path) -> None:
    """The embedded server's data; the server has ended with the process that served the project."""
    shutil.rmtree(embedded.project_home(folder), ignore_errors=True)
