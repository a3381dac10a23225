"""What Supabase lets a project's `postgres` do and a plain server only a superuser: done in its place.

In: an administrator's connection string, the owner's session, a file that is about to run. Out: what was done, and the
file without it. Never: a statement run as it stands in a file; each is read, and made anew.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ...query.sql import identifier, literal
from ..connection import Connection, ScriptProblem
from ..texts.files import SqlFile
from ..texts.statements import SqlStatement
from . import events
from .lacking import CREATE, superuser, without

# What the embedded server lets an owner create: harmless to whoever owns a database, yet marked for superusers.
HARMLESS = frozenset((
    "autoinc", "bloom", "earthdistance", "insert_username", "moddatetime", "pg_buffercache", "pg_prewarm",
    "pg_stat_statements", "pgrowlocks", "pgstattuple", "vector",
))  # fmt: skip
MOVE = re.compile(
    r"alter\s+extension\s+(?P<name>\"[^\"]+\"|\w+)\s+set\s+schema\s+(?P<schema>\"[^\"]+\"|\w+)", re.IGNORECASE
)
CONFIGURE = re.compile(
    r"""alter\s+role\s+"?(?P<role>anon|authenticated|authenticator|service_role)"?\s+set\s+
    "?(?P<name>pgrst\.\w+|statement_timeout|lock_timeout|idle_in_transaction_session_timeout)"?\s*
    (?:=|\bto\b)\s*(?:'(?P<quoted>(?:[^']|'')*)'|(?P<plain>\w+))""",
    re.IGNORECASE | re.VERBOSE,
)
BEYOND_OWNER = """
select a.installed_version is not null
from pg_available_extensions a
join pg_available_extension_versions v on v.name = a.name and v.version = a.default_version
where a.name = $1 and v.superuser and not v.trusted
"""
OWNED = "select pg_has_role(extowner, 'usage') from pg_extension where extname = $1"
UNCONFIGURED = "select not (rolsuper or rolcreaterole) from pg_roles where rolname = current_user"


@dataclass(frozen=True, slots=True)
class Act:
    """One statement of a file: what to run in its place ('' where it was run before), and its name for people."""

    statement: SqlStatement
    text: str
    name: str


def done(admin: str | None, session: Connection, file: SqlFile) -> tuple[SqlFile, list[str]]:
    """The file without what only an administrator may do, and the names of that."""
    if not any(map(_may_be, file.statements)):
        return file, []
    acts: list[Act] = []
    with superuser(admin) as connection:
        if connection is None:
            return file, []
        for statement in file.statements:
            for act in _acts(session, statement):
                _run(connection, act)
                acts.append(act)
    return without(file, [act.statement for act in acts]), [act.name for act in acts]


def _may_be(statement: SqlStatement) -> bool:
    return statement.words[:2] in STARTS or any(events.within(statement))


def _run(connection: Connection, act: Act) -> None:
    try:
        connection.script(act.text)
    except ScriptProblem as problem:
        problem.position = act.statement.start + 1  # where it stands in the file
        raise


def _acts(session: Connection, statement: SqlStatement) -> Iterator[Act]:
    found = STARTS.get(statement.words[:2])
    if found and (act := found(session, statement)):
        yield act
    for each in events.within(statement):
        text = events.asked(session, each)
        if text is not None:
            yield Act(each, text, " ".join(each.words[:3]))


def _extension(session: Connection, statement: SqlStatement) -> Act | None:
    found = CREATE.fullmatch(statement.text)
    name = found["name"].strip('"') if found else ""
    installed = session.value(BEYOND_OWNER, name) if name in HARMLESS else None
    if found is None or installed is None:
        return None
    schema = (found["schema"] or "extensions").strip('"')
    text = f"create extension {identifier(name)} schema {identifier(schema)} cascade" if installed == "f" else ""
    return Act(statement, text, f"extension {name}")


def _move(session: Connection, statement: SqlStatement) -> Act | None:
    """Of a trusted extension its creator owns the name alone; what is in it is a superuser's."""
    found = MOVE.fullmatch(statement.text)
    name = found["name"].strip('"') if found else ""
    if found is None or session.value(OWNED, name) != "t":
        return None
    text = f"alter extension {identifier(name)} set schema {identifier(found['schema'].strip(chr(34)))}"
    return Act(statement, text, f"schema of {name}")


def _setting(session: Connection, statement: SqlStatement) -> Act | None:
    found = CONFIGURE.fullmatch(statement.text)
    if found is None or session.value(UNCONFIGURED) != "t":
        return None
    value = found["plain"] if found["quoted"] is None else found["quoted"].replace("''", "'")
    role, name = found["role"].lower(), found["name"].lower()
    return Act(statement, f"alter role {identifier(role)} set {name} = {literal(value)}", f"{name} of {role}")


Reading = Callable[[Connection, SqlStatement], Act | None]
STARTS: dict[tuple[str, ...], Reading] = {
    ("create", "extension"): _extension,
    ("alter", "extension"): _move,
    ("alter", "role"): _setting,
}
