"""pgTAP in a database for as long as tests run.

In: an administrator's connection string, a folder that may hold pgTAP. Out: a database that has it, and then has not.
Never: an extension dropped that was there before, or pgTAP owned by the project: what it revokes from PUBLIC by
default would then hide the assertions from the roles that are tested.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from ..migrate.connection import Connection, ScriptProblem
from ..problem import Problem

# What test files make for themselves, and leave.
OURS = ("pgtap", "basejump-supabase_test_helpers", "supabase-dbdev", "pg_tle", "http")
CONTROL = "pgtap.control"
FOLDERS = (
    ("/usr/share/postgresql", "*/extension"),
    ("/usr/pgsql-18/share", "extension"),
    ("/usr/share/pgsql", "extension"),
    ("/usr/local/share", "postgresql*/extension"),
    ("/opt/homebrew/share", "postgresql*/extension"),
)
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
        _show_the_way(connection, version, folder)
    try:
        connection.script("create extension pgtap schema extensions")
    except ScriptProblem as problem:
        raise _missing(version, problem.message) from None
    finally:
        if version >= 18:
            connection.script("reset extension_control_path")


def _show_the_way(connection: Connection, version: int, folder: Path | None) -> None:
    """Have a server from 18 on look where pgTAP lies; it is SQL alone, so any version's will do."""
    found = _located(folder)
    if version < 18 or found is None:
        raise _missing(version, f"{folder} holds no {CONTROL}" if folder and found is None else None)
    path = connection.value("show extension_control_path") or "$system"
    connection.rows("select set_config('extension_control_path', $1, false)", f"{path}:{found.parent}")


def _located(folder: Path | None) -> Path | None:
    """The folder named `extension` with pgTAP's control file; of several the newest."""
    if folder is not None:
        given = (folder.resolve(), folder.resolve() / "extension")
        return next((each for each in given if each.name == "extension" and (each / CONTROL).is_file()), None)
    found = (path for root, pattern in FOLDERS for path in sorted(Path(root).glob(pattern), reverse=True))
    return next((path for path in found if (path / CONTROL).is_file()), None)


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
