"""Where no superuser set the database up: what its event trigger and BYPASSRLS would have done, after each file.

In: the session a file ran in. Out: row level security on its new tables, policies for service_role; which of the tables
that got it nobody sees.
Never: anything in a project whose profile is not gatepost's.
"""

import re

from ..connection import Connection
from ..ours.objects import FOLDER

NEEDED = """
select exists (select from auth_private.installation where (name, value) = ('profile', 'gatepost'))
    and (
        not exists (select from pg_event_trigger where evtname = 'gatepost_row_level_security')
        or not (select rolbypassrls from pg_roles where rolname = 'service_role')
    )
"""
TABLES = """
select coalesce(array_agg(c.oid)::text, '{}')
from pg_class c join auth_private.exposed_schemas e on e.name = c.relnamespace::regnamespace::text
where c.relkind in ('r', 'p')
"""
SECURED = re.compile(r"row level security is enabled on (.+): nobody but its owner")
CLOSED = """
select exists (
    select from pg_class c
    where c.oid = to_regclass($1) and not exists (select from pg_policy p where p.polrelid = c.oid)
)
"""


def needed(connection: Connection) -> bool:
    """Whether this database needs us."""
    if connection.value("select to_regclass('auth_private.installation') is null") == "t":
        return False
    return connection.value(NEEDED) == "t"


def tables(session: Connection) -> str:
    """The tables of exposed schemas as they are before a file, for `secure`."""
    return session.value(TABLES) or "{}"


def secure(session: Connection, known: str) -> None:
    """Guard the tables that are not among the `known`."""
    session.rows("select set_config('gatepost.known_tables', $1, false)", known)
    session.script((FOLDER / "secure.sql").read_text("utf-8"))


def is_about(message: str) -> bool:
    """Whether a notice is about a table that got row level security."""
    return SECURED.match(message) is not None


def holds(session: Connection, message: str) -> bool:
    """Whether such a notice is still so after the file: policies stand behind their table."""
    found = SECURED.match(message)
    return found is not None and session.value(CLOSED, found[1]) == "t"
