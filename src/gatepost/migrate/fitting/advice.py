"""What to do about a migration that asks for an extension which this database lacks, or has by name alone.

In: the session a file ran in, the file, PostgreSQL's error. Out: a sentence, or None where the error speaks for itself.
Never: a guess about a mistake of the file's own.
"""

import re

from ..connection import Connection, ScriptProblem
from ..texts.files import SqlFile

# What is not found where an extension is there by name alone: a type, a function, a schema.
UNDEFINED = frozenset(("42704", "42883", "3F000"))
# What no extension brings.
OWN = ("policy ", "role ", "trigger ", "constraint ", "rule ", "publication ")
UNAVAILABLE, FORBIDDEN = "0A000", "42501"
EXTENSION = re.compile(r'extension "([^"]+)"')
# Stand-ins that have all that migrations use of the original are not to blame.
STANDINS = """
select
    string_agg(name, ', ' order by name) filter (
        where installed_version is not null or $1 ~* ('create\\s+extension[^;]*\\m' || name || '\\M')
    ),
    count(*) > 0
from pg_catalog.pg_available_extensions
where comment like 'stand-in: %'
    and name not in ('pg_cron', 'pg_graphql', 'pg_net', 'pgsodium', 'supabase_vault')
"""


def advice(session: Connection, file: SqlFile, problem: ScriptProblem) -> str | None:
    """What to do where the database lacks an extension, may not have it, or has no more than its name."""
    if not session.usable or session.in_transaction:
        return None
    if problem.code == UNAVAILABLE and "ICU" in problem.message:
        return _unavailable(session)
    if problem.code == FORBIDDEN and "create event trigger" in problem.message:
        return "Say it as a statement of its own, outside of functions: then a superuser makes it in your place"
    found = EXTENSION.search(problem.message)
    if found and problem.code in (UNAVAILABLE, FORBIDDEN):
        return _unavailable(session) if problem.code == UNAVAILABLE else _forbidden(found[1])
    if problem.code not in UNDEFINED or problem.message.startswith(OWN):
        return None
    names = session.rows(STANDINS, file.text)[0][0]
    return names and f"If it belongs to {names}: that is a stand-in here. Name a full PostgreSQL with --database-url"


def _unavailable(session: Connection) -> str | None:
    embedded = session.rows(STANDINS, "")[0][1] == "t"
    return "The embedded PostgreSQL lacks it; name one that has it with --database-url" if embedded else None


def _forbidden(name: str) -> str:
    return (
        f'Have a superuser of this database run: create extension if not exists "{name}" schema extensions;'
        ' a migration that says "if not exists" then goes on'
    )
