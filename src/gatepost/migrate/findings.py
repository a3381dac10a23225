"""What is dangerous in a database, and what is inert: listed, as data.

In: an administrator's connection string, the exposed schemas. Out: Findings, the worst first.
Never: a change.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..database.queries import load
from .connection import Connection
from .ledger import array, is_table
from .ours import standins
from .ours.objects import FOLDER

Level = Literal["refuse", "danger", "warning", "inert"]
LEVELS: tuple[Level, ...] = ("refuse", "danger", "warning", "inert")

CHECKS = load(FOLDER / "findings.sql")
ROWS = load(FOLDER / "standin_rows.sql")
TABLES = {"storage": "storage.buckets", "cron": "cron.job", "net": "net.http_request_queue", "vault": "vault.secrets"}


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` names the check; `target` is the object in SQL's notation; `advice` is SQL or a sentence, or ''.

    Level refuse: a gatepost project must not be served like this; danger: rows are open; warning: they may be;
    inert: it loads, and nothing is behind it.
    """

    code: str
    level: Level
    target: str
    message: str
    advice: str = ""


# code: level, message, advice; {0} is the target, {1} the detail
TEXTS: dict[str, tuple[Level, str, str]] = {
    "climbing": ("refuse", "{0}: API traffic can become a role that is {1}", "Revoke that membership"),
    "service_bound": (
        "warning",
        "service_role cannot bypass row level security here, so service keys see what policies grant it",
        "Have a superuser run: alter role service_role bypassrls;",
    ),
    "no_event_trigger": (
        "warning",
        "New tables get row level security when a migration made them; only a superuser can see to all of them",
        "",
    ),
    "open_large_objects": (
        "warning",
        "API roles may make and read large objects, which no policy guards",
        "Have a superuser set this database up, or revoke execute on lo_* functions from public",
    ),
    "open_temporary": (
        "warning",
        "API roles may make temporary tables in {0}",
        "Have its owner run: revoke temporary on database {0} from public;",
    ),
    "unguarded_tables": (
        "danger",
        "{0} has no row level security: all its rows are open to {1}",
        "alter table {0} enable row level security;",
    ),
    "sleeping_policies": (
        "danger",
        "{0} has policies that do nothing: row level security is off",
        "alter table {0} enable row level security;",
    ),
    "owner_views": (
        "warning",
        "The view {0} shows rows of {1} by its owner's rights, whoever asks",
        "alter view {0} set (security_invoker = true);",
    ),
    "loose_definers": (
        "warning",
        "{0} runs with its owner's rights and its caller's search path",
        "alter function {0} set search_path = pg_catalog, pg_temp; and name schemas in its body",
    ),
    "always_true": ("warning", "The policy {0} lets everybody {1} every row", "Say whose rows they are"),
    "user_metadata": (
        "danger",
        "The policy {0} trusts user_metadata, which every user may write",
        "Use app_metadata, which only the server writes",
    ),
    "inert_extensions": ("inert", "The extension {0} is a stand-in: {1}", ""),
    "inert_triggers": ("inert", "The webhook {0} {1}", ""),
    "inert_calls": ("inert", "{0} calls {1}", ""),
    "inert_publication": ("inert", "{0} is published for realtime, and nobody is told of its changes", ""),
}


def findings(admin_dsn: str, schemas: Sequence[str] = ("public",)) -> list[Finding]:
    """Look at the database; `schemas` are the exposed ones. It must have been set up by `install`."""
    with Connection(admin_dsn) as connection:
        connection.script("set search_path = pg_catalog")  # so that every name comes with its schema
        found = [finding for code in CHECKS for finding in _check(connection, code, schemas)]
        found += _rows(connection)
    return sorted(found, key=lambda finding: LEVELS.index(finding.level))


def _check(connection: Connection, code: str, schemas: Sequence[str]) -> list[Finding]:
    query = CHECKS[code]
    level, message, advice = TEXTS[code]
    rows = connection.rows(query, *([array(schemas)] if "$1" in query else []))
    return [
        Finding(code, level, str(target), message.format(target, detail), advice.format(target, detail))
        for target, detail in rows
    ]


def _rows(connection: Connection) -> list[Finding]:
    ours = [schema for schema in standins.made(connection) if schema in ROWS]
    counted = [(schema, *connection.rows(ROWS[schema])[0]) for schema in ours if is_table(connection, TABLES[schema])]
    return [
        Finding("inert_rows", "inert", schema, f"{count} {text}") for schema, count, text in counted if count != "0"
    ]
