"""What the set-up leaves for the serving process, and for `status`: logins, keys, where it listens.

In: a project's hidden folder. Out: a State, read from and written to `state.json`, which its owner alone may read
(0600); a lock that tells whether somebody serves the project.
Never: a secret in a file that others may read, or half a file: it is replaced in one step.
"""

import fcntl
import os
import secrets
from pathlib import Path
from typing import Any

import msgspec

from gatepost.problem import Problem

FILE, LOCK = "state.json", "lock"


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """Proofs of this project.

    `anon` and `service_role` are legacy keys: JWTs signed with `jwt_secret` (HS256), which verifies always and signs
    new tokens where the database holds no signing key. `publishable` and `secret` are their successors.
    """

    jwt_secret: str
    anon: str
    service_role: str
    publishable: str
    secret: str


class State(msgspec.Struct, frozen=True, kw_only=True):
    """One prepared project.

    `root` is the project's folder; `overrides` are settings by key that its files do not hold (port, logins); `logins`
    maps `authenticator`, `service`, `auth`, `admin` and `owner` to connection strings; `database_url` is for people;
    `embedded` is the embedded server's home, empty where a server of somebody else's is used; `graphql` says whether
    that surface is served.
    """

    root: str
    kind: str
    url: str
    keys: Keys
    passwords: dict[str, str] = {}
    logins: dict[str, str] = {}
    overrides: dict[str, Any] = {}
    database_url: str = ""
    embedded: str = ""
    development: bool = True
    graphql: bool = False


def read(folder: Path) -> State | None:
    """The state in a hidden folder, None where there is none yet; a Problem where the file is not ours to trust."""
    path = folder / FILE
    try:
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
        return msgspec.json.decode(path.read_bytes(), type=State)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        hint = f"Remove {path}; it is made again at the next start, with new keys"
        raise Problem("invalid_state", 500, f"{path} cannot be read", str(error), hint) from None


def write(folder: Path, state: State) -> Path:
    """Replace the state in one step; the path of the file."""
    prepare(folder)
    path, draft = folder / FILE, folder / f".{FILE}.{secrets.token_hex(4)}"
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(state), indent=2))
    draft.replace(path)
    return path


def prepare(folder: Path) -> None:
    """Make the hidden folder, unreadable to others and unseen by git."""
    try:
        folder.mkdir(mode=0o711, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
    except OSError as error:
        hint = "Gatepost keeps keys and data there: make the project's folder writable, or use a copy of it"
        raise Problem("not_writable", 500, f"{folder} cannot be written", error.strerror, hint) from None


def lock(folder: Path) -> int | None:
    """Take the project for serving: a descriptor that keeps it taken for as long as a process holds it open.

    None where another process has it. The kernel lets go when the last holder ends, however it ends.
    """
    prepare(folder)
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def served(folder: Path) -> bool:
    """Whether a process serves the project now."""
    if not (folder / LOCK).exists():
        return False
    descriptor = lock(folder)
    if descriptor is None:
        return True
    os.close(descriptor)
    return False
