"""The database that every test's own is a copy of: our objects, the project's migrations, its seed, once a run.

In: what the run asks for. Out: a Template, made by the first worker and found by the others. Never: the project's own
state, its database, its SMTP server or those it pushes to, whatever its settings and the environment say.
"""

import fcntl
import os
import secrets
import shutil
import socket
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from msgspec.structs import replace
from psycopg import sql
from psycopg.conninfo import make_conninfo

from gatepost import embedded
from gatepost import project as projects
from gatepost.cli import setup
from gatepost.cli.migrate import bring_up
from gatepost.embedded import Options, locks
from gatepost.identity import keys
from gatepost.migrate import EXTENSIONS
from gatepost.project import Project, state
from gatepost.project.state import State
from gatepost.zmodel.load import load
from gatepost.zmodel.schema import Schema

from .asked import PREFIX, RUNNING, Asked

# A test's data need not outlive the machine.
POSTGRESQL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300"}
# Nothing that leaves this machine; and tests ask for more mails, and sooner, than people do.
WITHIN = {
    "server.host": "127.0.0.1",
    "server.external_url": "",
    "server.workers": 1,
    "database.port": 0,
    "database.authenticator_url": "",
    "database.service_url": "",
    "database.auth_url": "",
    "mail.smtp_host": "",
    "push.url": "",
    "limits.email_sent": "1000000",
    "auth.smtp_max_frequency": "0s",
}
SCHEMA = "schema.zmodel"
STALE_SECONDS = 60.0
# Where nothing is forced to disk, copying files costs less than writing what is in them to the log.
COPY = "create database {} template {} strategy file_copy"
DROP = sql.SQL("drop database {} with (force)")


@dataclass
class Template:
    """`admin` is the administrator's connection string, beside the template called `name`; `lock` is this worker's
    share in it. Each clone has a folder of its own below `folder`.
    """

    folder: Path
    place: setup.Place
    state: State
    name: str
    admin: str
    lock: int | None
    overrides: Mapping[str, object]
    _mark: str = field(default_factory=lambda: secrets.token_hex(4))
    _numbers: "count[int]" = field(default_factory=count)
    _ended: list[str] = field(default_factory=list[str])

    @contextmanager
    def clone(self) -> Generator[State]:
        """A database like the template, as the State of a project that it belongs to.

        It is dropped when the next one is made: by then its connections have gone, which PostgreSQL else waits for.
        """
        name = f"test_{self._mark}_{next(self._numbers)}"
        self._run(COPY if self.place.server is not None else "create database {} template {}", name, self.name)
        try:
            yield self._cloned(name)
        finally:
            self._ended.append(name)

    def _cloned(self, name: str) -> State:
        logins = {login: make_conninfo(dsn, dbname=name) for login, dsn in self.state.logins.items()}
        logins["admin"] = make_conninfo(self.admin, dbname=name)
        root = linked(self.folder / name, self.place.project.root)
        overrides: dict[str, Any] = {**self.overrides, **setup.overrides(self.place, logins)}
        url = f"http://127.0.0.1:{self.place.project.settings.server.port}"
        return replace(self.state, root=str(root), url=url, logins=logins, overrides=overrides, embedded="")

    @cached_property
    def schema(self) -> Schema | None:
        """The project's ZModel, where it has one."""
        path = self.place.project.root / SCHEMA
        return load(path) if path.is_file() else None

    def close(self) -> None:
        """Leave the server as it was; the last worker stops our own."""
        self._run()
        if self.place.server is None and self.lock is not None and locks.last_user(self.lock):
            self._run("drop database if exists {} with (force)", self.name)
        locks.release(self.lock)
        self.place.close()

    def _run(self, text: str = "", *names: str) -> None:
        with psycopg.connect(self.admin, autocommit=True) as connection:
            while self._ended:
                name = self._ended.pop()
                connection.execute(DROP.format(sql.Identifier(name)))
                shutil.rmtree(self.folder / name, ignore_errors=True)
            if text:
                connection.execute(sql.SQL(text).format(*map(sql.Identifier, names)))  # pyright: ignore


def made(asked: Asked, port: int) -> Template:
    """The run's template, made where no other worker has. Tokens name the server at `port` as their issuer."""
    name = f"template_{asked.folder.name.rpartition('-')[2]}".lower() if asked.database_url else "postgres"
    overrides: dict[str, object] = {
        **WITHIN,
        "database.url": make_conninfo(asked.database_url, dbname=name) if asked.database_url else "",
        "server.port": port,
        "auth.external_url": f"http://127.0.0.1:{port}/auth/v1",
        **_settings(asked.settings),
    }
    with (asked.folder / "making").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        sweep(asked.folder.parent)
        project = projects.read(linked(asked.folder / "project", asked.project), os.environ, overrides)
        place = _reached(asked, project, name)
        try:
            known = state.read(project.hidden) or _prepared(place)
        except BaseException:
            place.close()
            raise
    admin = asked.database_url or make_conninfo(place.admin, dbname="template1")
    return Template(asked.folder, place, known, name, admin, locks.user_lock(asked.folder), overrides)


def sweep(place: Path, age: float = STALE_SECONDS) -> None:
    """Remove what runs that were killed have left: a server ends within a minute once its folder is gone."""
    for running in place.glob(f"{PREFIX}*/{RUNNING}"):
        with suppress(OSError), running.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if time.time() - running.stat().st_mtime > age:
                shutil.rmtree(running.parent, ignore_errors=True)


def _settings(lines: tuple[str, ...]) -> dict[str, object]:
    pairs = (line.partition("=") for line in lines)
    return {key.strip(): value.strip() for key, _, value in pairs}


def _reached(asked: Asked, project: Project, name: str) -> setup.Place:
    """Our own server, joined where it runs; or somebody else's, with a new database."""
    if not asked.database_url:
        options = Options(settings=POSTGRESQL, extensions=EXTENSIONS, preparation=setup.preparation(project))
        server = embedded.start(asked.folder / "server", options)
        return setup.Place(project, server.dsn(), server)
    with psycopg.connect(asked.database_url, autocommit=True) as connection:
        if connection.execute("select from pg_database where datname = %s", [name]).fetchone() is None:
            connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(name)))
    return setup.reach(project)


def _prepared(place: setup.Place) -> State:
    prepared = setup.install(place, None, keys.generate)
    bring_up(place, prepared)
    state.write(place.project.hidden, prepared)
    return prepared


def linked(folder: Path, project: Path) -> Path:
    """A folder that holds what the project's does, but for what belongs to the project alone."""
    folder.mkdir(exist_ok=True)
    for path in project.iterdir():
        if path.name != ".gatepost" and not (folder / path.name).exists():
            (folder / path.name).symlink_to(path)
    return folder


def reserved() -> socket.socket:
    """A loopback port kept for this worker: others may not have it, and servers of its tests listen there by turns."""
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    kept.bind(("127.0.0.1", 0))
    return kept
