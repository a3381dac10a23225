"""Event triggers of a project, which Supabase lets `postgres` make and a plain server only a superuser.

In: a statement of a file, the owner's session. Out: SQL for a superuser to run in its place, or None.
Never: a project's function that runs as a superuser, or an event trigger at a session's start: who could not connect
could not mend it either.
"""

import re
from collections.abc import Iterator

from ...query.sql import identifier, literal
from ..connection import Connection
from ..ours.objects import Script
from ..texts.statements import SqlStatement
from .lacking import Piece

NAME = r"(?:\"[^\"]+\"|\w+)"
CREATE = re.compile(
    rf"""create\s+event\s+trigger\s+(?P<name>{NAME})\s+
    on\s+"?(?P<event>ddl_command_start|ddl_command_end|sql_drop|table_rewrite)"?\s+
    (?:when\s+tag\s+in\s*\((?P<tags>\s*'[a-z ]+'(?:\s*,\s*'[a-z ]+')*\s*)\)\s*)?
    execute\s+(?:function|procedure)\s+(?:(?P<schema>{NAME})\s*\.\s*)?(?P<function>{NAME})\s*\(\s*\)""",
    re.IGNORECASE | re.VERBOSE,
)
CHANGE = re.compile(
    rf"""(?:drop\s+event\s+trigger\s+(?P<if>if\s+exists\s+)?(?P<dropped>{NAME})(?:\s+(?:cascade|restrict))?
    |alter\s+event\s+trigger\s+(?P<altered>{NAME})\s+
    (?P<how>enable\s+(?:replica|always)|enable|disable|owner\s+to\s+{NAME}))""",
    re.IGNORECASE | re.VERBOSE,
)
OURS = "select exists (select from pg_event_trigger where evtname = $1 and evtfoid = to_regproc($2))"


def within(statement: SqlStatement) -> Iterator[SqlStatement]:
    """The statements of this kind in a file's statement: itself, or those that stand in a DO block."""
    if statement.words[1:3] == ("event", "trigger"):
        yield statement
    if statement.words[:1] != ("do",):
        return
    for found in (*CREATE.finditer(statement.text), *CHANGE.finditer(statement.text)):
        before = statement.text[: found.start()]
        if "--" not in before.rpartition("\n")[2]:
            # What EXECUTE is given is SQL, what stands by itself PL/pgSQL.
            filler = "select 1" if before.rstrip().endswith(("'", "$")) else "null"
            words = tuple(found[0].lower().split()[:3])
            yield Piece(found[0], statement.start + found.start(), words, filler)


def asked(session: Connection, statement: SqlStatement) -> str | None:
    """What a superuser runs for this statement; '' where nothing is left to do; None where it is none of these."""
    if statement.words[1:3] != ("event", "trigger"):
        return None
    if found := CREATE.fullmatch(statement.text):
        return _made(session, found)
    found = CHANGE.fullmatch(statement.text)
    return _changed(session, found) if found else None


def _plain(name: str) -> str:
    return name[1:-1] if name.startswith('"') else name.lower()


def _made(session: Connection, found: re.Match[str]) -> str:
    schema = _plain(found["schema"]) if found["schema"] else session.value("select current_schema()") or "public"
    given = {
        "event_name": _plain(found["name"]),
        "event": found["event"].lower(),
        "event_tags": ",".join(re.findall(r"'([^']+)'", found["tags"] or "")),
        "event_function": f"{identifier(schema)}.{identifier(_plain(found['function']))}()",
    }
    settings = (
        f"select set_config({literal('gatepost.' + name)}, {literal(value)}, false);" for name, value in given.items()
    )
    return "\n".join([*settings, Script("event_trigger.sql").text])


def _changed(session: Connection, found: re.Match[str]) -> str | None:
    """Of event triggers that were made here; another's is an error, which PostgreSQL words."""
    name = _plain(found["dropped"] or found["altered"])
    function = f"auth_private.{identifier('event ' + name)}"
    if session.value(OURS, name, function) != "t":
        return "" if found["if"] else None
    if found["dropped"]:
        return f"drop event trigger {identifier(name)}; drop function {function}()"
    how = found["how"].lower()
    return "" if how.startswith("owner") else f"alter event trigger {identifier(name)} {how}"
