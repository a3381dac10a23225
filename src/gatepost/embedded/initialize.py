"""A new data folder: initdb once, kept as a template that later projects copy.

In: folders, binaries, an account. Out: a data folder with our host-based access rules.
Never: a password, or a rule that lets another operating system user in.
"""

import contextlib
import os
import secrets
import shutil
import subprocess
from pathlib import Path

from ..problem import Problem
from .account import Account, own_name
from .binaries import Binaries, switching_failed
from .folders import Folders, denied
from .options import SUPERUSER

ACCESS = """\
# The application's own account may be any role, by the socket; everybody else needs a password, by loopback TCP.
local all all peer map=gatepost
host all all 127.0.0.1/32 scram-sha-256
host all all ::1/128 scram-sha-256
"""


LOGINS = (SUPERUSER, "postgres", "authenticator", "service_authenticator", "supabase_auth_admin")


def environment(home: Path) -> dict[str, str]:
    """What the server's programs get: nothing of ours."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": str(home)}


def initialize(folders: Folders, binaries: Binaries, account: Account) -> None:
    """initdb into the (empty) data folder, then our access rules.

    Nothing is forced to disk here: a crash of the machine within the first seconds may cost the new, empty database.
    """
    own = own_name()  # asked first: a user without a name cannot get in later
    command = [
        *(str(binaries.program("initdb")), "-D", str(folders.data), "-U", SUPERUSER, "-E", "UTF8"),
        *("--auth-local=peer", "--auth-host=scram-sha-256", "--no-sync", "--no-instructions"),
        "--wal-segsize=4",  # a new database is copied whole: 12 MB less of nothing
        *_locale(binaries.major),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - our own programs, no shell
            command,
            env=environment(folders.home),
            cwd=folders.data,
            capture_output=True,
            text=True,
            check=False,
            umask=0o077,
            **account.become,
        )
    except PermissionError as error:
        raise switching_failed(account, binaries.folder, error) from None
    if done.returncode:
        empty(folders.data)
        message = "The database could not be created"
        raise Problem("embedded_initdb", 500, message, done.stderr.strip(), _advice(folders.data))
    (folders.data / "pg_hba.conf").write_text(ACCESS, "utf-8")
    _let_in(folders.data, binaries.major, own)


def _let_in(data: Path, major: int, account: str) -> None:
    """The operating system's account that may come in by the socket; only from 16 on as any role there will ever be."""
    roles = ("all",) if major >= 16 else LOGINS
    lines = [f'gatepost "{account}" {role}\n' for role in roles]
    (data / "pg_ident.conf").write_text("".join(lines), "utf-8")


def _locale(major: int) -> list[str]:
    """UTF-8 that sorts by code point, the same on every machine; built into the server from 17 on."""
    if major >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    return ["--locale=C.UTF-8"]


def _advice(data: Path) -> str:
    free = shutil.disk_usage(data).free // (1024 * 1024)
    if free < 200:
        return f"{free} MB are free on the disk of {data}; a new database needs about 80 MB"
    return f"The details say what initdb had against {data}"


def empty(folder: Path) -> None:
    """Take out what a failed attempt left, so that the next one starts clean."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def copy(template: Path, data: Path) -> None:
    """The template's files with their owners; shared with it where the file system can (reflink)."""
    done = subprocess.run(  # noqa: S603 - a fixed command
        ["/bin/cp", "-a", "--reflink=auto", f"{template}/.", str(data)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        empty(data)
        raise denied(data, OSError(0, done.stderr.strip().splitlines()[-1] if done.stderr else "cp failed"))
    _let_in(data, int((data / "PG_VERSION").read_text("utf-8")), own_name())


def keep(data: Path, template: Path) -> None:
    """Make a stopped server's data folder the template; another process may have been faster."""
    temporary = template.with_name(f".new-{secrets.token_hex(6)}")
    try:
        template.parent.mkdir(mode=0o700, exist_ok=True)
        os.rename(data, temporary)
        for name in ("postmaster.pid", "postmaster.opts"):
            (temporary / name).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            temporary.rename(template)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
