"""Which folders a server has, whose they are, and what is wrong with them when something is.

In: a project or home folder. Out: Folders that exist with the right owner and mode.
Never: a change of owner or mode of a folder that we did not make.
"""

import hashlib
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..problem import Problem
from .account import Account

ROOT_DATA = Path("/var/lib/gatepost")
ROOT_CACHE = Path("/var/cache/gatepost")
LONGEST_SOCKET = 107


def project_home(project: Path) -> Path:
    """Where a project's server lives: below the project for a normal user, below /var/lib/gatepost for root.

    Root's own folders are often closed to the account that the server runs as, hence the other place.
    """
    folder = project.resolve()
    if os.geteuid() != 0:
        return folder / ".gatepost" / "postgres"
    name = re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-")[:24] or "project"
    return ROOT_DATA / f"{name}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:8]}"


def cache_folder(wanted: Path | None) -> Path:
    """Our cache, made where it is missing; nobody else may write there, since programs are run from it."""
    folder = wanted or _default_cache()
    try:
        folder.mkdir(mode=0o755 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        return _ours(folder)
    except OSError as error:
        raise denied(folder, error) from None


def _default_cache() -> Path:
    if os.geteuid() == 0:
        return ROOT_CACHE
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gatepost"


@dataclass(frozen=True, slots=True)
class Folders:
    """A server's home: `data` and `run` (the socket's) belong to the server's account, the rest to us."""

    home: Path

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def log(self) -> Path:
        return self.home / "log"

    def socket(self, port: int) -> Path:
        return self.run / f".s.PGSQL.{port}"

    @property
    def initialized(self) -> bool:
        return (self.data / "PG_VERSION").exists()

    def data_owner(self) -> int | None:
        """The uid that owns existing data; the server must run as that one."""
        try:
            return self.data.stat().st_uid
        except FileNotFoundError:
            return None
        except OSError as error:
            raise denied(self.data, error) from None


def prepare(folders: Folders, account: Account, port: int) -> None:
    """Make what is missing, and check what is there."""
    _fits(folders.socket(port))
    try:
        # 0711: another account's server passes through to its data, and sees nothing on the way
        folders.home.mkdir(mode=0o711 if account.switch else 0o700, parents=True, exist_ok=True)
        _ours(folders.home)
        for folder in (folders.data, folders.run):
            _private(folder, account)
    except OSError as error:
        raise denied(folders.home, error) from None


def _fits(socket: Path) -> None:
    if len(os.fsencode(socket)) > LONGEST_SOCKET:
        raise Problem(
            "embedded_path_too_long",
            500,
            f"The path of the database's socket is longer than the system's {LONGEST_SOCKET} bytes: {socket}",
            hint="Move the project to a folder with a shorter path",
        )


def _ours(folder: Path) -> Path:
    status = folder.stat()
    if status.st_uid != os.geteuid() or status.st_mode & 0o022:
        raise Problem(
            "embedded_permission",
            500,
            f"{folder} must belong to the user who runs this and must not be writable by others",
            hint=f"chown or remove it, and chmod go-w {folder}",
        )
    return folder


def _private(folder: Path, account: Account) -> None:
    if folder.exists() or not _made(folder, account):
        status = folder.stat()
        if status.st_uid != account.uid or stat.S_IMODE(status.st_mode) & 0o077:
            raise Problem(
                "embedded_permission",
                500,
                f"{folder} must belong to {account.name} and be closed to others (mode 0700)",
                hint=f"chown -R {account.name} {folder} && chmod 0700 {folder}",
            )


def _made(folder: Path, account: Account) -> bool:
    """Make it under another name first: nobody who starts at the same time sees it before it has its owner."""
    new = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    if account.switch:
        os.chown(new, account.uid, account.gid)
    try:
        new.rename(folder)
    except OSError:
        new.rmdir()  # somebody else's is there, and has something in it
        return False
    return True


def denied(folder: Path, error: OSError) -> Problem:
    """An operating system's refusal, said with the folder and a way out."""
    return Problem(
        "embedded_folder",
        500,
        f"The folder {error.filename or folder} cannot be used for the database: {error.strerror}",
        hint="Check its owner, its mode and the space left on its disk (df -h), or choose another folder",
    )
