"""`gatepost dev`: everything a project needs, on this machine, by one command.

In: a project folder. Out: a served project, what it prints, and the tour's verdict where one was asked for.
Never: an address other than loopback for a project with demo keys.
"""

import os
import subprocess
import sys
import time
from itertools import groupby
from pathlib import Path

from gatepost import web
from gatepost.cli import hooks, process, setup, terminal
from gatepost.cli.claim import Claimed
from gatepost.cli.migrate import bring_up
from gatepost.cli.status import facts, variables
from gatepost.migrate.findings import findings
from gatepost.problem import Problem
from gatepost.project import Project, state
from gatepost.project.state import State


def run(claimed: Claimed, *, exit_after: bool, new_key: setup.NewKey) -> int:
    """Set up and hand over to the serving process; with a tour, stay its parent. The exit code."""
    started = time.monotonic()
    project = claimed.project
    place = setup.reach(project)
    try:
        file, prepared = _prepare(place, new_key)
    except BaseException:
        place.close()
        raise
    _announce(project, prepared, time.monotonic() - started)
    if claimed.tour is None:
        claimed.hand_over(file)
        return 0
    return _guided(process.Child(file, claimed.lock), place, claimed.tour, prepared, exit_after)


def _prepare(place: setup.Place, new_key: setup.NewKey) -> tuple[Path, State]:
    project = place.project
    if place.server is not None:
        what = "joined" if place.server.attached else "started"
        terminal.step(f"PostgreSQL {place.server.version} {what}; data in {place.server.home}")
    prepared = setup.install(place, state.read(project.hidden), new_key)
    # Before the migrations: should one fail, the next start has the same keys and passwords.
    file = state.write(project.hidden, prepared)
    bring_up(place, prepared)
    _look(place)
    return file, prepared


def _look(place: setup.Place) -> None:
    """Say what is dangerous and what is inert; a Problem where a project of ours must not be served like this."""
    project = place.project
    found = findings(place.admin, project.settings.rest.schemas)
    refused = [each for each in found if each.level == "refuse"]
    if refused and project.kind == "gatepost":
        raise Problem("not_safe", 500, refused[0].message, None, refused[0].advice)
    for _, group in groupby(found, lambda each: each.code):
        first, *others = group
        more = f" (and {len(others)} more like it; gatepost doctor lists them)" if others else ""
        terminal.note(first.message + more)
    for message, _ in hooks.amiss(place.admin, project.settings.auth):
        terminal.note(message)


def _announce(project: Project, prepared: State, seconds: float) -> None:
    for text in project.notes:
        terminal.note(text)
    if project.settings.project.pages and not web.is_installed(web.PAGES):
        terminal.note("What the project's pages may load from /assets is not installed; gatepost assets installs it")
    terminal.step(f"{project.name} is set up in {seconds:.2f} s")
    terminal.say()
    pages = f"{prepared.url}/" if project.settings.project.pages else ""
    kept = str(project.hidden / state.FILE)
    terminal.facts([("Its own pages", pages), *facts(prepared), ("Keys kept in", kept)])
    terminal.say()


def _guided(child: process.Child, place: setup.Place, script: Path, prepared: State, exit_after: bool) -> int:
    """Wait for the server, run the tour against it, then wait for the end."""
    try:
        child.wait_ready(prepared.url)
        environment = os.environ | variables(prepared)
        held = subprocess.run([sys.executable, "-P", script], env=environment, check=False)  # noqa: S603 - the project's
        if exit_after or child.stopping:
            child.stop()
            child.wait()
            return min(held.returncode, 1) if held.returncode >= 0 else 1
        terminal.say(f"\nserving at {prepared.url}; Ctrl-C stops it")
        return child.wait()
    finally:
        child.stop()
        child.wait()
        place.close()
