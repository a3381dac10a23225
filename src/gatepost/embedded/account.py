"""Who the server runs as. PostgreSQL refuses to run as root, so root hands it to an unprivileged account.

In: a wish. Out: an Account with what `subprocess` needs to become it.
Never: su, sudo, or a change of our own process's identity.
"""

import os
import pwd
from dataclasses import dataclass
from typing import TypedDict

from ..problem import Problem

CANDIDATES = ("postgres", "nobody")


class Become(TypedDict, total=False):
    """Arguments of `subprocess` that make the child run as the account."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """An operating system user; `switch` says that the server must become it first."""

    uid: int
    gid: int
    name: str
    switch: bool

    @property
    def become(self) -> Become:
        return Become(user=self.uid, group=self.gid, extra_groups=[]) if self.switch else Become()


def own_name() -> str:
    """Our own user name, which the server maps to database roles; a Problem for a uid that has none."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise Problem(
            "embedded_no_account",
            500,
            f"The user id {os.geteuid()} has no entry in /etc/passwd, and PostgreSQL does not run as such a user",
            hint="Run as a user that exists in the container (add one to its image), or give a --database-url",
        ) from None


def server_account(wanted: str | None, data_owner: int | None = None) -> Account:
    """The account for the server: ourselves, or, when we are root, data's owner, the wanted one, postgres, nobody."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), own_name(), switch=False)
    if data_owner:
        return _by_uid(data_owner)
    for name in (wanted,) if wanted else CANDIDATES:
        account = _by_name(name)
        if account:
            return account
    raise Problem(
        "embedded_no_account",
        500,
        f"Running as root, and no user to run PostgreSQL as was found (tried: {wanted or ', '.join(CANDIDATES)})",
        hint="Create one (useradd --system postgres) or name another in database.account",
    )


def _by_name(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid, name, switch=True) if entry.pw_uid else None


def _by_uid(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise Problem(
            "embedded_no_account",
            500,
            f"The data folder belongs to user id {uid}, which does not exist here",
            hint="Create a user with that id, or give the folder to the user PostgreSQL shall run as (chown -R)",
        ) from None
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name, switch=True)
