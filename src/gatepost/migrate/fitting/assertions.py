"""pgTAP for migrations that ask for it: as at Supabase it is there, and not its project's own.

In: an administrator's connection string, the owner's session, a file that is about to run. Out: the file without what
was done in its place, and a sentence about that. Never: a migration that fails because a machine has nothing to test
with, or pgTAP owned by the project: what it revokes from PUBLIC by default would hide assertions from roles under test.
"""

import re
from pathlib import Path

from ...query.sql import identifier
from ..connection import Connection
from ..texts.files import SqlFile
from ..texts.statements import SqlStatement
from .lacking import CREATE, superuser, without

CONTROL = "pgtap.control"
FOLDERS = (
    ("/usr/share/postgresql", "*/extension"),
    ("/usr/pgsql-18/share", "extension"),
    ("/usr/share/pgsql", "extension"),
    ("/usr/local/share", "postgresql*/extension"),
    ("/opt/homebrew/share", "postgresql*/extension"),
)
DROP = re.compile(r"drop\s+extension\s+(?:if\s+exists\s+)?\"?pgtap\"?(?:\s+(?:cascade|restrict))?", re.IGNORECASE)
AVAILABLE = "select exists (select from pg_available_extensions where name = 'pgtap')"
INSTALLED = "select exists (select from pg_extension where extname = 'pgtap')"
SCHEMA = "select nspname from pg_namespace where nspname = $1"


def located(folder: Path | None = None) -> Path | None:
    """The folder named `extension` with pgTAP's control file; of several the newest."""
    if folder is not None:
        given = (folder.resolve(), folder.resolve() / "extension")
        return next((each for each in given if each.name == "extension" and (each / CONTROL).is_file()), None)
    found = (path for root, pattern in FOLDERS for path in sorted(Path(root).glob(pattern), reverse=True))
    return next((path for path in found if (path / CONTROL).is_file()), None)


def show_the_way(connection: Connection, place: Path) -> None:
    """Have a server from 18 on look there; pgTAP is SQL alone, so any version's will do."""
    path = connection.value("show extension_control_path") or "$system"
    connection.rows("select set_config('extension_control_path', $1, false)", f"{path}:{place.parent}")


def arranged(admin: str | None, session: Connection, file: SqlFile) -> tuple[SqlFile, str]:
    """The file without its pgTAP, which is there now; where none was found, that is said."""
    asked = [statement for statement in file.statements if _concerns(statement)]
    if not asked:
        return file, ""
    with superuser(admin) as connection:
        if connection is None:
            return file, ""
        there = all(_done(connection, session, statement) for statement in asked)
    said = "asks for pgTAP, which a superuser made" if there else "asks for pgTAP, which was not found and is left away"
    return without(file, asked), said


def _concerns(statement: SqlStatement) -> bool:
    if statement.words[:2] == ("create", "extension"):
        found = CREATE.fullmatch(statement.text)
        return found is not None and found["name"].strip('"') == "pgtap"
    return statement.words[:2] == ("drop", "extension") and DROP.fullmatch(statement.text) is not None


def _done(connection: Connection, session: Connection, statement: SqlStatement) -> bool:
    """Make or drop it; False where it is nowhere to be found."""
    if statement.words[0] == "drop":
        connection.script("drop extension if exists pgtap cascade")
        return True
    if connection.value(INSTALLED) == "t":
        return True
    if connection.value(AVAILABLE) == "f":
        place = located() if int(connection.value("show server_version_num") or 0) >= 180000 else None
        if place is None:
            return False
        show_the_way(connection, place)
    found = CREATE.fullmatch(statement.text)
    wanted = (found["schema"] if found else None) or session.value("select current_schema()") or ""
    schema = connection.value(SCHEMA, wanted.strip('"')) or "extensions"
    connection.script(f"create extension pgtap schema {identifier(schema)}")
    return True
