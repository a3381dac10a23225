"""`gatepost migrate`: a project's migrations applied, looked at, begun.

In: a project. Out: what was done, file by file.
Never: a file applied twice, or a seed run over data that are there already.
"""

import os
from pathlib import Path

from gatepost import migrate
from gatepost import project as projects
from gatepost.cli import setup, terminal
from gatepost.migrate import Progress
from gatepost.problem import Problem
from gatepost.project import Project, state
from gatepost.project.state import State


def bring_up(project: Project, prepared: State) -> None:
    """Apply what is pending and seed what is new, telling each file."""
    migrate.apply_project(prepared.logins["owner"], project.folder, _tell, seed_paths=project.seeds)


def _tell(progress: Progress) -> None:
    took = f" ({progress.seconds:.2f} s)" if progress.seconds >= 0.1 else ""
    if progress.kind in ("applied", "seeded"):
        terminal.step(f"{progress.kind} {progress.file}{took}")
    else:
        terminal.note(f"{progress.file}: {progress.message}")


def apply(folder: Path, *, database_url: str) -> None:
    """Apply what is pending."""
    project = setup.read(folder, database_url)
    with setup.reached(project) as place:
        known = _known(project)
        owner = known.logins["owner"] if place.server is not None else place.admin
        report = migrate.apply_project(owner, project.folder, _tell, seed_paths=project.seeds)
    if not report.applied and not report.seeded:
        terminal.step("nothing to do: everything is applied")


def status(folder: Path, *, database_url: str) -> int:
    """Every migration with its state; 1 where one is pending, changed or missing."""
    project = setup.read(folder, database_url)
    with setup.reached(project) as place:
        owner = _known(project).logins["owner"] if place.server is not None else place.admin
        states = migrate.status(owner, project.folder)
    terminal.table(("VERSION", "NAME", "STATE"), [(each.version, each.name, each.state) for each in states])
    return int(any(each.state != "applied" for each in states))


def new(name: str, folder: Path) -> None:
    """An empty file; its path on stdout."""
    project = projects.read(folder, os.environ)
    terminal.say(str(migrate.create(project.folder, name)))


def _known(project: Project) -> State:
    known = state.read(project.hidden)
    if known is None:
        hint = f"Run gatepost dev {project.root} first: it makes the database"
        raise Problem("not_set_up", 500, f"{project.root} was never set up", None, hint)
    return known
