"""Start PostgreSQL, or join one that already runs on the same data; stop it cleanly.

In: a home folder and Options. Out: a Server. Never: two servers on one data folder, or one that is left half started.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..problem import Problem
from . import binaries as programs
from . import extensions, initialize, locks
from .account import Account, server_account
from .folders import Folders, cache_folder, denied
from .folders import prepare as prepare_folders
from .options import SETTINGS, SUPERUSER, Options
from .probe import answers, port_taken


@dataclass(slots=True)
class Server:
    """A running server. `home` is where its data lie; `created` says that the data are new; `attached` that it ran
    already. `process` is None when it was started by somebody else."""

    home: Path
    port: int
    tcp: bool
    version: str
    created: bool = False
    attached: bool = False
    timeout: float = 30.0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    users: int | None = field(default=None, repr=False)

    @property
    def folders(self) -> Folders:
        return Folders(self.home)

    def dsn(self, user: str = SUPERUSER, dbname: str = "postgres") -> str:
        """A connection string by the unix socket; no password is needed for our own account."""
        return f"host={_quoted(self.folders.run)} port={self.port} user={_quoted(user)} dbname={_quoted(dbname)}"

    def pid(self) -> int | None:
        """The server's process id, None when there is none."""
        if self.process:
            return self.process.pid if self.process.poll() is None else None
        return _recorded_pid(self.folders)

    def stop(self, *, others: bool = False) -> bool:
        """Stop the server, unless another application still uses it (`others` stops it all the same).

        Sends SIGINT, which ends sessions at once and writes everything, then SIGQUIT. True where it was stopped.
        """
        if self.users is not None and not locks.last_user(self.users) and not others:
            locks.release(self.users)
            self.users = None
            return False
        for number, patience in ((signal.SIGINT, self.timeout), (signal.SIGQUIT, 5.0)):
            pid = self.pid()
            if pid is None or self._ended(pid, number, patience):
                break
        locks.release(self.users)
        self.users = None
        return True

    def _ended(self, pid: int, number: signal.Signals, patience: float) -> bool:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self.pid() is None:
                return True
            time.sleep(0.005)
        return False


def start(home: Path, options: Options | None = None) -> Server:
    """Start (or join) the server whose data lie in `home`, making them first where there are none.

    Raises a Problem that says what to do when a folder, port, account or the server itself is in the way.
    """
    options = options or Options()
    folders = Folders(Path(os.path.abspath(home)))
    account = server_account(options.account, folders.data_owner())
    cache = cache_folder(options.cache)
    found = programs.find(options.binaries, account, cache)
    prepare_folders(folders, account, options.socket_port)
    deadline = time.monotonic() + options.timeout
    while True:
        users = locks.user_lock(folders.home)
        lock = locks.server_lock(folders.home) if users is not None else None
        if lock is not None:
            return _Launch(folders, account, found, options, cache).launch(lock, users)
        if users is not None and (server := _attach(folders, found.version, options)):
            server.users = users
            return server
        locks.release(users)
        if time.monotonic() > deadline:
            raise _busy(folders)
        time.sleep(0.02)


def _attach(folders: Folders, version: str, options: Options) -> Server | None:
    """The server that holds the lock, once it takes connections."""
    port = _recorded_port(folders)
    if port is None or not answers(folders.socket(port)):
        return None
    tcp = bool(_pid_file(folders)[5:6] != [""])
    return Server(folders.home, port, tcp, version, attached=True, timeout=options.timeout)


def _busy(folders: Folders) -> Problem:
    return Problem(
        "embedded_busy",
        500,
        f"Another process holds {folders.home}/lock, but no server answers there",
        hint=f"A server may be starting or stopping: try again, or see who it is with `fuser -v {folders.home}/lock`, "
        f"and what it says in {folders.log}",
    )


@dataclass(slots=True)
class _Launch:
    """One start of one server, with everything decided; the caller holds the locks."""

    folders: Folders
    account: Account
    binaries: programs.Binaries
    options: Options
    cache: Path

    def launch(self, lock: int, users: int | None) -> Server:
        try:
            if self.options.port and port_taken(self.options.port):
                raise self._port_taken(self.options.port)
            self._version_fits()
            created = not self.folders.initialized
            if created:
                self._create()
            server = self._spawn(lock)
        except OSError as error:
            locks.release(users)
            raise denied(self.folders.home, error) from None
        except BaseException:
            locks.release(users)
            raise
        finally:
            locks.release(lock)
        server.users = users
        server.created = created
        return server

    def _create(self) -> None:
        """A copy of the template; the first time, the template is made."""
        initialize.empty(self.folders.data)
        key = f"{self.options.fingerprint(self.binaries.version)}-{self.account.uid}"
        template = self.cache / "templates" / key
        if not (template / "PG_VERSION").exists():
            self._make_template(template)
        initialize.copy(template, self.folders.data)

    def _make_template(self, template: Path) -> None:
        """In a home of its own, so that a start that dies on the way leaves nothing behind but a folder to remove."""
        folders = Folders(self.cache / f"new-{secrets.token_hex(4)}")
        build = _Launch(folders, self.account, self.binaries, replace(self.options, port=None), self.cache)
        try:
            prepare_folders(folders, self.account, build.options.socket_port)
            initialize.initialize(folders, self.binaries, self.account)
            if self.options.preparation:
                build._run_once()
            initialize.keep(folders.data, template)
        finally:
            shutil.rmtree(folders.home, ignore_errors=True)

    def _run_once(self) -> None:
        lock = locks.server_lock(self.folders.home)
        preparation = self.options.preparation
        if lock is None or preparation is None:
            return
        try:
            server = self._spawn(lock, {"fsync": "off"})
        finally:
            locks.release(lock)
        try:
            preparation.run(server.dsn())
        finally:
            server.stop()

    def _spawn(self, lock: int, extra: dict[str, str] | None = None) -> Server:
        """The process, waited for until it takes connections. It inherits the lock, so stale traces may go."""
        port = self.options.socket_port
        for path in (self.folders.data / "postmaster.pid", self.folders.socket(port), self._socket_lock(port)):
            path.unlink(missing_ok=True)
        arguments = [part for name, value in self._settings(extra or {}).items() for part in ("-c", f"{name}={value}")]
        log = os.open(self.folders.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
                [self.binaries.program("postgres"), "-D", self.folders.data, *arguments],
                env=initialize.environment(self.folders.home),
                cwd=self.folders.data,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                umask=0o077,
                start_new_session=True,
                pass_fds=(lock,),
                **self.account.become,
            )
        except PermissionError as error:
            raise programs.switching_failed(self.account, self.binaries.folder, error) from None
        finally:
            os.close(log)
        server = Server(
            self.folders.home, port, self.options.port is not None, self.binaries.version, process=process,
            timeout=self.options.timeout,
        )  # fmt: skip
        self._await(server, process)
        return server

    def _socket_lock(self, port: int) -> Path:
        socket = self.folders.socket(port)
        return socket.with_name(socket.name + ".lock")

    def _settings(self, extra: dict[str, str]) -> dict[str, str]:
        settings = {**SETTINGS, "port": str(self.options.socket_port), **self.options.settings, **extra}
        settings["unix_socket_directories"] = str(self.folders.run)
        settings["listen_addresses"] = "127.0.0.1" if self.options.port else ""
        if self.binaries.major >= 18:
            settings.setdefault("io_method", "sync")
            extra_folder = extensions.assembled(self.options.extensions, self.binaries, self.cache)
            if extra_folder:
                settings["extension_control_path"] = f"{extra_folder}:$system"
        return settings

    def _await(self, server: Server, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self.options.timeout
        while not answers(self.folders.socket(server.port)):
            if process.poll() is not None:
                raise self._did_not_start(f"PostgreSQL ended with code {process.returncode}")
            if time.monotonic() > deadline:
                server.stop()
                raise self._did_not_start(f"PostgreSQL was not ready after {self.options.timeout:g} s")
            time.sleep(0.005)

    def _did_not_start(self, what: str) -> Problem:
        lines = self.folders.log.read_text("utf-8", "replace").splitlines()[-5:]
        return Problem("embedded_start", 500, f"{what}; its log: {self.folders.log}", "\n".join(lines), _advice(lines))

    def _version_fits(self) -> None:
        """Data belong to one major version; the server's own message would not say what to do."""
        if not self.folders.initialized:
            return
        data = (self.folders.data / "PG_VERSION").read_text("utf-8").strip()
        if data != str(self.binaries.major):
            raise Problem(
                "embedded_version",
                500,
                f"The data in {self.folders.data} are PostgreSQL {data}'s; the programs are {self.binaries.version}",
                hint=f"Use PostgreSQL {data}'s programs, or dump the data with them and load the dump elsewhere",
            )

    def _port_taken(self, port: int) -> Problem:
        return Problem(
            "embedded_port_taken",
            500,
            f"Port {port} on 127.0.0.1 is in use by another program",
            hint=f"Stop that program (`ss -ltnp 'sport = :{port}'` names it), or choose another database port",
        )


def _advice(lines: list[str]) -> str:
    text = "\n".join(lines)
    if "No space left" in text:
        return "The disk is full: make room, then start again; nothing that was committed is lost"
    if "shared memory" in text or "semaphore" in text:
        return "The system gives too little shared memory (in a container: --shm-size=128m)"
    return "The log's last lines say why"


def _pid_file(folders: Folders) -> list[str]:
    """pid, data, start time, port, socket folder, address, … or nothing."""
    try:
        return (folders.data / "postmaster.pid").read_text("utf-8").splitlines()
    except OSError:
        return []


def _recorded_port(folders: Folders) -> int | None:
    lines = _pid_file(folders)
    return int(lines[3]) if len(lines) > 5 and lines[3].isdigit() else None


def _recorded_pid(folders: Folders) -> int | None:
    """The pid the server wrote down, as long as the lock says that it lives."""
    lock = locks.server_lock(folders.home)
    if lock is not None:
        locks.release(lock)
        return None
    lines = _pid_file(folders)
    return int(lines[0]) if lines and lines[0].isdigit() else None


def _quoted(value: object) -> str:
    """A value in a connection string."""
    return "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"
