"""`gatepost doctor`: what is wrong with a project, its configuration or its database, and what to do.

In: a project folder. Out: findings, the worst first; exit code 1 where one of them is an error.
Never: a change; what it advises is printed, not done.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gatepost import migrate
from gatepost.cli import claim, hooks, process, setup, terminal
from gatepost.database.entrance import entrance, questions
from gatepost.database.queries import load
from gatepost.database.values import Result
from gatepost.migrate.connection import Connection
from gatepost.migrate.findings import findings
from gatepost.migrate.ours.objects import FIRST
from gatepost.problem import Problem
from gatepost.project import Project, state
from gatepost.query.sql import Statement
from gatepost.settings import Settings

QUERIES = load(Path(__file__).with_name("doctor.sql"))
# The oldest minor releases without a published hole that matters here (November 2025).
MINORS = {15: 15, 16: 11, 17: 7, 18: 1}
CLOCK_SECONDS = 2.0
TRY_AGAIN = "update auth_private.claims_outbox set parked_at = null, since = now(), due_at = now()"


@dataclass(frozen=True, slots=True)
class Finding:
    """`level` is error (it will not work, or rows are open), warning, or good."""

    level: Literal["error", "warning", "good"]
    what: str
    to_do: str = ""


def run(folder: Path, *, database_url: str) -> int:
    """Print what was found; 1 where something is wrong."""
    project = claim.read(folder, database_url)
    found = [*_configuration(project), *_address(project), *_database(project)]
    for finding in sorted(found, key=lambda each: ("error", "warning", "good").index(each.level)):
        _print(finding)
    return int(any(finding.level == "error" for finding in found))


def _print(finding: Finding) -> None:
    mark, colour = {"error": ("✗", "red"), "warning": ("!", "yellow"), "good": ("✓", "green")}[finding.level]
    terminal.say(f"{terminal.painted(mark, colour)} {finding.what}")
    for line in finding.to_do.splitlines():
        terminal.say(f"    {line}")


def _configuration(project: Project) -> Iterator[Finding]:
    yield Finding("good", f"{project.root}: {project.kind} project {project.name}")
    for text in project.notes:
        yield Finding("warning", text)
    if project.settings.server.host not in ("127.0.0.1", "::1", "localhost"):
        external = project.settings.server.external_url
        if not external.startswith("https://"):
            yield Finding("warning", "The server listens beyond this machine without TLS", "Put a proxy with TLS in "
                          "front of it and set server.external_url to its https:// address")  # fmt: skip
    path = project.hidden / state.FILE
    if path.exists() and path.stat().st_mode & 0o077:
        yield Finding("error", f"Others may read {path}, which holds keys", f"chmod 600 {path}")


def _address(project: Project) -> Iterator[Finding]:
    if state.served(project.hidden):
        yield Finding("good", "The project is served")
        return
    try:
        process.check_address(project.settings.server.host, project.settings.server.port)
    except Problem as error:
        yield Finding("error", f"{error.message}: {error.details}", error.hint or "")


def _database(project: Project) -> Iterator[Finding]:
    try:
        with setup.reached(project) as place, Connection(place.admin) as connection:
            connection.script("set search_path = pg_catalog")  # no function of the owner's, in PostgreSQL's place
            yield from _server(connection)
            yield from _objects(connection, place.admin, project)
            yield from _door(connection, project.settings)
            yield from outbox(connection)
            yield from _migrations(place.admin, project)
    except Problem as error:
        yield Finding("error", error.message, "\n".join(str(part) for part in (error.details, error.hint) if part))


def _server(connection: Connection) -> Iterator[Finding]:
    [(number, version, user, superuser, createrole, clock)] = connection.rows(QUERIES["facts"])
    major, minor = divmod(int(number or 0), 10000)
    if major not in MINORS:
        yield Finding("error", f"PostgreSQL {version} is not one of 15 to 18", "Use one that is")
    elif minor < MINORS[major]:
        advice = f"Update to {major}.{MINORS[major]} or later; data stay as they are"
        yield Finding("warning", f"PostgreSQL {version} has known holes that later releases closed", advice)
    else:
        yield Finding("good", f"PostgreSQL {version}")
    if "t" not in (superuser, createrole):
        yield Finding("error", f"{user} has no CREATEROLE: logins and roles cannot be made", _by_hand(str(user)))
    apart = abs(float(clock or 0) - time.time())
    if apart > CLOCK_SECONDS:
        advice = "Synchronise both: tokens are valid from one second to another"
        yield Finding("warning", f"The database's clock is {apart:.0f} s apart from this machine's", advice)


def _by_hand(user: str) -> str:
    """What an administrator runs once, in place of us."""
    script = "\n".join(each.text for each in FIRST)
    return f"Have a superuser run this once in this database:\n\nset gatepost.owner = '{user}';\n{script}"


def _objects(connection: Connection, admin: str, project: Project) -> Iterator[Finding]:
    """Roles, tables, views, functions and policies: what is open, what does nothing."""
    missing = connection.value(QUERIES["missing_logins"])
    if missing:
        yield Finding("error", f"Roles are missing: {missing}", f"gatepost dev {project.root} makes them")
        return
    for found in findings(admin, project.settings.rest.schemas):
        yield Finding("error" if found.level in ("refuse", "danger") else "warning", found.message, found.advice)
    for message, to_do in hooks.amiss(admin, project.settings.auth):
        yield Finding("error", message, to_do)


def outbox(connection: Connection) -> Iterator[Finding]:
    """Claims that another system was not told of."""
    if connection.value(QUERIES["has_outbox"]) != "t":
        return
    [(waiting, since, parked, reason)] = connection.rows(QUERIES["outbox"])
    if parked != "0":
        what = f"Claims of {parked} users could not be pushed: {reason}"
        yield Finding("error", what, f"See that push.url answers, then run as the owner:\n{TRY_AGAIN}")
    if waiting != "0":
        yield Finding("warning", f"Claims of {waiting} users wait to be pushed, since {since}: {reason}")


def _door(connection: Connection, settings: Settings) -> Iterator[Finding]:
    """Whether claims can be looked up as the settings want it: what the server says when it starts."""
    try:
        asked = questions(settings)
        if asked:
            entrance(settings, [_asked(connection, each) for each in asked])
    except Problem as error:
        yield Finding("error", error.message, error.hint or "")


def _asked(connection: Connection, statement: Statement) -> Result:
    values = (value.decode() if isinstance(value, bytes) else value for value in statement.params)
    rows = connection.rows(statement.text, *values)
    return Result((), [tuple(None if value is None else value.encode() for value in row) for row in rows])


def _migrations(admin: str, project: Project) -> Iterator[Finding]:
    states = migrate.status(admin, project.folder)
    for each in states:
        if each.state != "applied":
            name = f"{each.version}_{each.name}.sql"
            advice = {
                "pending": f"gatepost migrate apply {os.path.relpath(project.root)}",
                "changed": "Put the file back as it was, and write what is new into a new migration",
                "missing": "Put the file back: others cannot build this database without it",
            }[each.state]
            yield Finding("warning", f"Migration {name} is {each.state}", advice)
    if states and all(each.state == "applied" for each in states):
        yield Finding("good", f"{len(states)} migrations, all applied")
