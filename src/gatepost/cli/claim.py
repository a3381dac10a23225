"""The beginning of `dev` and `serve`: which project, and that nobody else serves it.

In: a folder and options. Out: the project, its lock, and the serving process on its way, all before the rooms that set
a project up are loaded. Never: an import that takes long.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gatepost import project as projects
from gatepost.cli import process
from gatepost.problem import Problem
from gatepost.project import Project, state

GRAPHQL = ("graphql.mounted", "studio.graphiql")
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A project that is ours to serve. `tour` is its script, where one was asked for; `hand_over` gives the state file
    to the serving process, which is loading meanwhile (with a tour, there is none yet).
    """

    project: Project
    lock: int
    tour: Path | None
    hand_over: Callable[[Path], None]


def begin(folder: Path, *, port: int | None, tour: bool, exit_after: bool, database_url: str) -> Claimed:
    """Claim the project for `dev`. Without a tour this process forks: what returns is the child, which sets up."""
    project = read(folder, database_url, port)
    script = _tour(project, tour, exit_after)
    lock = claim(project)
    rooms = GRAPHQL if project.settings.graphql.enabled else ()
    return Claimed(project, lock, script, _nobody if script else process.become_meanwhile(lock, rooms))


def _nobody(_: Path) -> None:
    """Nobody waits for the state file."""


def read(folder: Path, database_url: str = "", port: int | None = None) -> Project:
    """The project with what the command line adds to its settings."""
    overrides: dict[str, object] = {"server.port": port} if port is not None else {}
    overrides |= {"database.url": database_url} if database_url else {}
    return projects.read(folder, os.environ, overrides)


def claim(project: Project) -> int:
    """The lock that marks the project as served; a Problem where it is served already, or its address is taken."""
    server = project.settings.server
    if project.kind == "supabase" and server.host not in LOOPBACK:
        hint = "Leave server.host at 127.0.0.1, or give the project keys of its own with gatepost serve"
        raise Problem("demo_keys", 500, f"Demo keys are for this machine only, not for {server.host}", None, hint)
    lock = state.lock(project.hidden)
    if lock is None:
        known = state.read(project.hidden)
        where = f"It answers at {known.url}" if known else None
        hint = "Use that one (gatepost status), or stop it first"
        raise Problem("already_served", 500, f"{project.root} is served already by another process", where, hint)
    process.check_address(server.host, server.port)
    return lock


def _tour(project: Project, tour: bool, exit_after: bool) -> Path | None:
    if exit_after and not tour:
        raise Problem("usage", 500, "--exit goes with --tour", None, "Without a tour, `dev` serves until it is stopped")
    if not tour:
        return None
    script = project.root / "tour.py"
    if not script.is_file():
        raise Problem("no_tour", 500, f"{project.root} has no tour.py", None, "Leave --tour away")
    return script
