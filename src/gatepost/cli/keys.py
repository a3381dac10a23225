"""`gatepost keys`: API keys made, listed, revoked; the key that signs tokens, replaced.

In: a project and a key's name. Out: a new key, once, on stdout.
Never: a key kept: the database holds its hash.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from gatepost.cli import claim, setup, terminal
from gatepost.cli.setup import QUERIES
from gatepost.identity import api_keys
from gatepost.migrate.connection import Connection
from gatepost.problem import Problem
from gatepost.project import state
from gatepost.settings import seconds

ROLES = {"publishable": "anon", "secret": "service_role"}


def list_all(folder: Path, *, database_url: str) -> None:
    """API keys, then signing keys."""
    with _connected(folder, database_url) as connection:
        head = ("NAME", "KIND", "ROLE", "KEY", "CREATED", "LAST USED", "STATE")
        terminal.table(head, [[cell or "" for cell in row] for row in connection.rows(QUERIES["list_keys"])])
        terminal.say()
        signing = [[cell or "" for cell in row] for row in connection.rows(QUERIES["list_signing_keys"])]
        terminal.table(("SIGNING KEY", "ALGORITHM", "STATUS", "CREATED"), signing)


def create(name: str, kind: str, folder: Path, *, expires: str, database_url: str) -> None:
    """A new key, printed once."""
    key = api_keys.create(kind)
    with _connected(folder, database_url) as connection:
        values = (name, kind, ROLES[kind], api_keys.digest(key), setup.prefix(key), _life(expires))
        try:
            connection.rows(QUERIES["create_key"], *values)
        except Problem as error:
            if error.code != "23505":
                raise
            hint = "Choose another name, or revoke that key first"
            raise Problem("key_exists", 500, f"There is a key named {name} already", None, hint) from None
        connection.rows(QUERIES["tell"])
    terminal.note("this is the only time the key is shown")
    terminal.say(key)


def revoke(name: str, folder: Path, *, database_url: str) -> None:
    """End a key; a Problem where there is none of that name in force."""
    with _connected(folder, database_url) as connection:
        if not connection.rows(QUERIES["revoke_key"], name):
            hint = "gatepost keys list shows the names"
            raise Problem("no_key", 500, f"There is no key named {name} in force", None, hint)
        connection.rows(QUERIES["tell"])
    terminal.step(f"{name} is revoked")


def rotate(folder: Path, *, database_url: str, new_key: setup.NewKey) -> None:
    """A new key signs; the one before goes on verifying."""
    with _connected(folder, database_url) as connection:
        with connection.transaction():
            connection.rows(QUERIES["retire_signing_key"])
            kid = setup.add_signing_key(connection, new_key())
        connection.rows(QUERIES["tell"])
    terminal.step(f"new tokens are signed with {kid}; earlier ones stay valid until they expire")


@contextmanager
def _connected(folder: Path, database_url: str) -> Generator[Connection]:
    """The project's database as the login that owns the keys."""
    project = claim.read(folder, database_url)
    known = state.read(project.hidden)
    if known is None:
        raise Problem("not_set_up", 500, f"{project.root} was never set up", None, f"Run gatepost dev {folder} first")
    with setup.reached(project), Connection(known.logins["auth"]) as connection:
        yield connection


def _life(text: str) -> str | None:
    if not text:
        return None
    try:
        return f"{seconds(text)} seconds"
    except ValueError:
        hint = "Write a duration: 720h, 30m, or seconds"
        raise Problem("invalid_setting", 500, f"--expires: {text} is not a duration", None, hint) from None
