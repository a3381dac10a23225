"""pgTAP in a database for as long as tests run.

In: an administrator's connection string, a folder that may hold pgTAP. Out: a database that has it, and then has not.
Never: an extension dropped that was there before, or pgTAP owned by the project: what it revokes from PUBLIC by
default would then hide the assertions from the roles that are tested.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from ..migrate.connection import Connection, ScriptProblem
from ..migrate.fitting.assertions import CONTROL, located, show_the_way
from ..problem import Problem

# What test files make for themselves, and leave.
OURS = ("pgtap", "basejump-supabase_test_helpers", "supabase-dbdev", "pg_tle", "http")
LOCK = "7310214402653"
PRESENT = "select extname from pg_extension where extname = any ($1::text[]) order by oid desc"
EXISTS = "select exists (select from pg_available_extensions where name = 'pgtap')"


@contextmanager
def available(admin: str, folder: Path | None, note: Callable[[str], None]) -> Generator[None]:
    """The database with pgTAP in schema `extensions`, found in `folder` or where distributions put it.

    One at a time in a database: another run waits. What stays behind is told through `note`.
    """
    with Connection(admin) as connection:
        connection.script("set client_min_messages = warning")
        connection.rows("select pg_advisory_lock($1::bigint)", LOCK)
        before = _present(connection)
        if "pgtap" not in before:
            _create(connection, folder)
        yield
        for name in _present(connection):
            if name not in before:
                _drop(connection, name, note)


def _present(connection: Connection) -> list[str]:
    """Extensions for tests, the newest first."""
    names = "{" + ",".join(OURS) + "}"
    return [str(name) for (name,) in connection.rows(PRESENT, names)]


def _create(connection: Connection, folder: Path | None) -> None:
    version = int(connection.value("show server_version_num") or 0) // 10000
    if folder is not None or connection.value(EXISTS) == "f":
        _find(connection, version, folder)
    try:
        connection.script("create extension pgtap schema extensions")
    except ScriptProblem as problem:
        raise _missing(version, problem.message) from None
    finally:
        if version >= 18:
            connection.script("reset extension_control_path")


def _find(connection: Connection, version: int, folder: Path | None) -> None:
    found = located(folder)
    if version < 18 or found is None:
        raise _missing(version, f"{folder} holds no {CONTROL}" if folder and found is None else None)
    show_the_way(connection, found)


def _missing(version: int, details: str | None) -> Problem:
    package = f"postgresql-{version}-pgtap" if version < 18 else "postgresql-15-pgtap"
    if version < 18:
        hint = f"Install it on the database's machine (Debian, Ubuntu: apt install {package})"
    else:
        hint = (
            f"Debian, Ubuntu: apt install {package} (any version's will do). Elsewhere: get it at pgtap.org, and name "
            "the folder `extension` that holds pgtap.control with --pgtap"
        )
    return Problem("no_pgtap", 500, "The database has no pgTAP, and none was found for it", details, hint)


def _drop(connection: Connection, name: str, note: Callable[[str], None]) -> None:
    try:
        connection.script(f'drop extension if exists "{name}"')
    except ScriptProblem as problem:
        note(f"extension {name} stays in the database: {problem.message} ({problem.details})")
