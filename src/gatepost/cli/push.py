"""`gatepost push`, `pull`, `migrate new`, `policy diff`: a project's schema and its database.

In: a project. Out: a database like its schema; a migration; a schema like its database; differences.
Never: data destroyed unasked, or a schema that is not valid near a database.
"""

import os
import sys
from pathlib import Path

from gatepost import evolve, migrate, zmodel
from gatepost import project as projects
from gatepost.cli import claim, setup, terminal
from gatepost.evolve import Ask, Shadows
from gatepost.problem import Problem
from gatepost.project import Project, state
from gatepost.project.state import State
from gatepost.zmodel.schema import Schema

PLACES = ("schema.zmodel", "zenstack/schema.zmodel")
MOST = 12


def push(
    folder: Path,
    *,
    schema: Path | None,
    accept_data_loss: bool,
    force_reset: bool,
    policies: bool,
    database_url: str,
    new_key: setup.NewKey,
) -> None:
    """Bring the project's database in line with its schema; one that was never set up is set up first."""
    project = claim.read(folder, database_url)
    wanted = _schema(project, schema)
    if force_reset and not accept_data_loss:
        _agree(f"This drops every table of {project.name}, with all rows. Go on?")
    with setup.reached(project) as place:
        owner = _prepared(place, new_key).logins["owner"]
        report = evolve.push_now(
            wanted,
            owner,
            policies=policies,
            accept_data_loss=accept_data_loss,
            force_reset=force_reset,
            ask=_ask(),
            tell=terminal.step,
        )
    for note in report.notes:
        terminal.note(note)
    if not report.changes:
        terminal.step("nothing to do: the database is what the schema says")


def new_migration(
    name: str, folder: Path, *, schema: Path | None, empty: bool, policies: bool, database_url: str
) -> None:
    """What the project's migrations lack of its schema, as a file; its path on stdout."""
    project = projects.read(folder, os.environ)
    if empty or (schema is None and _place(project) is None):
        terminal.say(str(migrate.create(project.folder, name)))
        return
    project = claim.read(folder, database_url)
    wanted = _schema(project, schema)
    with setup.reached(project) as place:
        written = evolve.new_migration(wanted, project.folder, name, _shadows(place), policies=policies, ask=_ask())
    if written is None:
        terminal.step("nothing to do: the migrations make what the schema says")
        return
    changes = written.report.changes
    for change in changes[:MOST]:
        terminal.step(change)
    if len(changes) > MOST:
        terminal.step(f"and {len(changes) - MOST} more")
    for note in written.report.notes:
        terminal.note(note)
    terminal.say(str(written.path))


def pull(folder: Path, output: Path | None, *, force: bool, namespaces: list[str], database_url: str) -> None:
    """The database as a schema file."""
    project = claim.read(folder, database_url)
    target = output or project.root / PLACES[0]
    printed = str(target) == "-"
    if not printed and target.exists() and not force:
        hint = "Name another file with --output, print with -o -, or overwrite it with --force"
        raise Problem("file_exists", 500, f"{target} is there already", None, hint)
    with setup.reached(project) as place:
        pulled = evolve.pull(_owner(place), namespaces or ["public"])
    for note in pulled.notes:
        terminal.note(note)
    if printed:
        terminal.say(pulled.text.rstrip("\n"))
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(pulled.text, "utf-8")
    terminal.step(f"{pulled.models} models, {pulled.enums} enums")
    terminal.say(str(target))


def policy_diff(folder: Path, *, schema: Path | None, policies: bool, database_url: str) -> int:
    """Every difference; 1 where there is one."""
    project = claim.read(folder, database_url)
    wanted = _schema(project, schema)
    with setup.reached(project) as place:
        found = evolve.drift(wanted, _owner(place), _shadows(place), policies=policies)
    for each in found:
        terminal.say(str(each))
    if found:
        terminal.note(f"{len(found)} difference{'s' * (len(found) > 1)}")
        return 1
    terminal.step("the database is what the schema says")
    return 0


def _prepared(place: setup.Place, new_key: setup.NewKey) -> State:
    known = state.read(place.project.hidden)
    prepared = setup.install(place, known, new_key, development=known is None or known.development)
    if known is None:
        state.write(place.project.hidden, prepared)
    return prepared


def _owner(place: setup.Place) -> str:
    """Who owns the tables; on a server of somebody else's, the administrator stands in for looking."""
    return place.admin if place.server is None else place.login("postgres")


def _shadows(place: setup.Place) -> Shadows:
    project = place.project
    return Shadows(place.admin, _owner(place), project.kind, project.settings.rest.schemas)


def _place(project: Project) -> Path | None:
    return next((path for each in PLACES if (path := project.root / each).is_file()), None)


def _schema(project: Project, given: Path | None) -> Schema:
    """The schema, checked: one that is not valid goes no further."""
    path = given or _place(project)
    if path is None:
        hint = f"Write {project.root / PLACES[0]}, name one with --schema, or make one of the database: gatepost pull"
        raise Problem("schema_missing", 500, f"{project.root} has no schema.zmodel", None, hint)
    return zmodel.load(path)


def _ask() -> Ask | None:
    """A question to whoever sits there; nobody does where input is no terminal."""
    return _asked if sys.stdin.isatty() else None


def _asked(question: str) -> bool:
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _agree(question: str) -> None:
    ask = _ask()
    if ask is None or not ask(question):
        raise Problem("data_loss", 400, "Nothing was done: nobody agreed", None, "Agree with --accept-data-loss")
