"""Who may start and who may stop: two advisory locks in the home folder.

`lock` is inherited by postgres, so holding it proves that no process of that server lives, whatever pid files say.
`users` is held shared by every application that uses the server: the last one to leave stops it.
"""

import contextlib
import fcntl
import os
from pathlib import Path


def server_lock(home: Path) -> int | None:
    """The exclusive lock as a file descriptor, or None while a server (or another start) holds it."""
    return _locked(home / "lock", fcntl.LOCK_EX)


def user_lock(home: Path) -> int | None:
    """A share in the server, to be kept open while it is used."""
    return _locked(home / "users", fcntl.LOCK_SH)


def last_user(descriptor: int) -> bool:
    """True where nobody else uses the server; from then on nobody else can come in."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def release(descriptor: int | None) -> None:
    if descriptor is not None:
        with contextlib.suppress(OSError):
            os.close(descriptor)


def _locked(path: Path, kind: int) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
