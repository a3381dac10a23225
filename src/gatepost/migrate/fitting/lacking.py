"""What a project's files name and this server does not have, where a stand-in of ours can take its place.

In: the owner's session, files that are about to run. Out: the stand-ins, and the files without what made no sense here.
Never: a stand-in for something that the server has, or that the project makes itself.
"""

import re
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ...query.sql import identifier
from ..connection import Connection
from ..ours.objects import EXTENSIONS, Script
from ..texts.files import SqlFile
from ..texts.statements import SqlStatement

WORKER = re.compile(r"\bgraphile_worker\s*\.", re.IGNORECASE)
MAKES_WORKER = re.compile(r"create\s+schema\s+(if\s+not\s+exists\s+)?\"?graphile_worker\b", re.IGNORECASE)
CREATE = re.compile(
    r"create\s+extension\s+(?:if\s+not\s+exists\s+)?(?P<name>\"[^\"]+\"|\w+)(?:\s+with)?"
    r"(?:\s+schema\s+(?P<schema>\"[^\"]+\"|\w+))?.*",
    re.IGNORECASE | re.DOTALL,
)
CHANGE = re.compile(r"(alter|comment\s+on)\s+extension\s+(?P<name>\"[^\"]+\"|\w+)", re.IGNORECASE)
ANY = "select to_regclass('supabase_migrations.stand_in_extensions') is not null"
SCHEMA = re.compile(r"^schema = '(\w+)'$", re.MULTILINE)
VERSION = re.compile(r"^default_version = '([^']+)'$", re.MULTILINE)
MARKS = """
create table if not exists supabase_migrations.stand_in_extensions (name text primary key, schema text not null)
"""
KNOWN = "select exists (select from pg_available_extensions where name = $1)"
MADE = "select exists (select from supabase_migrations.stand_in_extensions where name = $1)"
MARK = "insert into supabase_migrations.stand_in_extensions (name, schema) values ($1, $2)"
BEYOND_OWNER = "# Types need a superuser"  # in a control file
SUPERUSER = "select rolsuper from pg_roles where rolname = current_user"
OTHER = re.compile(r"@extschema:([\w-]+)@")
PLACE = "select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = $1"
HERE = "select coalesce(current_schema(), 'public')"


@dataclass(frozen=True, slots=True)
class Piece(SqlStatement):
    """A part of a statement, within a block where something must stay in its place."""

    filler: str = ""


@dataclass(frozen=True)
class Rewritten(SqlFile):
    """A file as it runs here: what was taken out is blank, so that all places in it stay what they were."""

    blank: tuple[SqlStatement, ...]

    @cached_property
    def text(self) -> str:
        text = SqlFile(self.path).text
        for statement in self.blank:
            end = statement.start + len(statement.text)
            filler = statement.filler if isinstance(statement, Piece) else ""
            empty = re.sub(r"\S", " ", text[statement.start + len(filler) : end])
            text = text[: statement.start] + filler + empty + text[end:]
        return text


def without(file: SqlFile, statements: Sequence[SqlStatement]) -> SqlFile:
    """The file with these blank, besides what is by now."""
    blank = file.blank if isinstance(file, Rewritten) else ()
    return Rewritten(file.path, (*blank, *statements)) if statements else file


@contextmanager
def superuser(admin: str | None) -> Generator[Connection | None]:
    """The administrator's session, in which nothing of the project's has a name of PostgreSQL's; None where there is
    none, or he is no superuser.
    """
    if admin is None:
        yield None
        return
    with Connection(admin) as connection:
        connection.script("set search_path = pg_catalog")
        yield connection if connection.value(SUPERUSER) == "t" else None


def queue(admin: str, owner: str, files: Iterable[SqlFile]) -> bool:
    """Graphile Worker's `add_job`, where files call it, none makes its schema, and it has not been here; True if made.

    It installs itself when it first runs; jobs can then be queued before that.
    """
    texts = [file.text for file in files]
    if not any(WORKER.search(text) for text in texts) or any(MAKES_WORKER.search(text) for text in texts):
        return False
    with Connection(admin) as connection:
        connection.script("set search_path = pg_catalog")
        if connection.value("select to_regnamespace('graphile_worker') is null") == "f":
            return False
        with connection.transaction():
            connection.rows("select set_config('gatepost.owner', $1, true)", owner)
            connection.script(Script("standins/graphile_worker.sql").text)
    return True


def extensions(session: Connection, file: SqlFile, admin: str | None = None) -> tuple[SqlFile, list[str]]:
    """The file without the extensions that this server cannot have, and their names: stand-ins are in their place.

    The embedded server finds ours by itself; one of somebody else's does not. `admin` makes what the owner may not.
    """
    blank: list[SqlStatement] = []
    names: list[str] = []
    for statement in file.statements:
        if _concerns_a_stand_in(session, statement, names):
            blank.append(statement)
            continue
        found = CREATE.fullmatch(statement.text) if statement.words[:2] == ("create", "extension") else None
        name = found["name"].strip('"') if found else ""
        control = EXTENSIONS / "extension" / f"{name}.control"
        if found is None or not control.is_file() or session.value(KNOWN, name) == "t":
            continue
        _stand_in(session, name, control, (found["schema"] or "").strip('"'), admin)
        blank.append(statement)
        names.append(name)
    return without(file, blank), names


def _concerns_a_stand_in(session: Connection, statement: SqlStatement, made: list[str]) -> bool:
    """An update of, or a comment on, an extension in whose place there are plain objects."""
    if "extension" not in statement.words[:3] or not (found := CHANGE.match(statement.text)):
        return False
    name = found["name"].strip('"')
    return name in made or (session.value(ANY) == "t" and session.value(MADE, name) == "t")


def _stand_in(session: Connection, name: str, control: Path, wanted: str, admin: str | None) -> None:
    """What the extension's script makes, as plain objects."""
    session.script(MARKS)
    if session.value(MADE, name) == "t":
        return
    text = control.read_text("utf-8")
    own, version = SCHEMA.search(text), VERSION.search(text)
    schema = own[1] if own else wanted or session.value(HERE) or "public"
    schema = "extensions" if schema == "pg_catalog" else schema  # where only extensions may be
    script = (control.parent / f"{name}--{version[1] if version else ''}.sql").read_text("utf-8")
    session.script(f"create schema if not exists {identifier(schema)}")
    if not text.startswith(BEYOND_OWNER):
        _make(session, script, schema)
    else:
        with superuser(admin) as connection:
            if connection is not None:
                _make(connection, script, schema)
    session.rows(MARK, name, schema)


def _make(session: Connection, script: str, schema: str) -> None:
    with session.transaction():
        session.script(f"set local search_path = {identifier(schema)}, pg_temp")
        session.script(_filled(session, script, schema))


def _filled(session: Connection, script: str, schema: str) -> str:
    """The script with the names that CREATE EXTENSION would fill in."""
    script = script.replace("@extschema@", identifier(schema))
    script = script.replace("@extowner@", identifier(session.value("select current_user") or ""))
    return OTHER.sub(lambda found: identifier(session.value(PLACE, found[1]) or "extensions"), script)
