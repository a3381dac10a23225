"""`gatepost migrate`: a project's migrations applied, looked at, begun.

In: a project. Out: what was done, file by file.
Never: a file applied twice, or a seed run over data that are there already.
"""

from dataclasses import asdict
from pathlib import Path

from gatepost import migrate
from gatepost.cli import claim, setup, terminal
from gatepost.migrate import Progress, Report
from gatepost.problem import Problem
from gatepost.project import state
from gatepost.project.state import State

# From then on Supabase grants nothing by itself to projects that are new.
SINCE = "202606"
NEWER = (
    "API roles have every right on what migrations make in public, as at Supabase until June 2026; this project is"
    " newer. If it grants what it means to, set [api] auto_expose_new_tables = false in supabase/config.toml"
)

# What a statement names is not there: a relation, a column, a type, a function, a schema.
UNDEFINED = frozenset(("42P01", "42703", "42704", "42883", "3F000"))
UNMADE = (
    "Nothing before it makes that. What was made by hand elsewhere, say in a dashboard, needs a migration that makes it"
)
AGAIN = "Mend the file and start again: what was applied before it stays"


def bring_up(place: setup.Place, prepared: State) -> Report:
    """Apply what is pending and seed what is new, telling each file; and put into the database what settings hold."""
    project, owner = place.project, prepared.logins["owner"]
    rows = project.contents
    if rows.expose_new is False and migrate.hide_new(owner):
        terminal.step("API roles get no rights on new objects in public, as config.toml has it")
    if rows.expose_new is None and project.kind == "supabase" and migrate.begun(project.folder) >= SINCE:
        terminal.note(NEWER)
    _told(migrate.put_secrets(owner, rows.secrets), "secrets of config.toml in vault")
    try:
        report = migrate.apply_project(owner, project.folder, _tell, seed_paths=project.seeds, admin=place.admin)
    except Problem as problem:
        problem.hint = _advised(problem)
        raise
    _told(migrate.put_buckets(owner, [asdict(bucket) for bucket in rows.buckets]), "buckets of config.toml in storage")
    return report


def _advised(problem: Problem) -> str | None:
    """What to do about a file that failed, besides what the database or its stand-ins advise."""
    if not (isinstance(problem.details, dict) and "file" in problem.details):
        return problem.hint
    unmade = UNMADE if problem.code in UNDEFINED else None
    return "\n".join(text for text in (problem.hint, unmade, AGAIN) if text)


def _told(count: int, what: str) -> None:
    if count:
        terminal.step(f"{count} {what}")


def _tell(progress: Progress) -> None:
    took = f" ({progress.seconds:.2f} s)" if progress.seconds >= 0.1 else ""
    if progress.kind in ("applied", "seeded"):
        terminal.step(f"{progress.kind} {progress.file}{took}")
    else:
        terminal.note(f"{progress.file}: {progress.message}")


def apply(folder: Path, *, database_url: str, new_key: setup.NewKey) -> None:
    """Apply what is pending; a database that was never set up is set up first."""
    project = claim.read(folder, database_url)
    with setup.reached(project) as place:
        known = state.read(project.hidden)
        prepared = setup.install(place, known, new_key, development=known is None or known.development)
        if known is None:
            state.write(project.hidden, prepared)
        report = bring_up(place, prepared)
    if not report.applied and not report.seeded:
        terminal.step("nothing to do: everything is applied")


def status(folder: Path, *, database_url: str) -> int:
    """Every migration with its state; 1 where one is pending, changed or missing."""
    project = claim.read(folder, database_url)
    with setup.reached(project) as place:
        states = migrate.status(place.admin, project.folder)
    terminal.table(("VERSION", "NAME", "STATE"), [(each.version, each.name, each.state) for each in states])
    return int(any(each.state != "applied" for each in states))
