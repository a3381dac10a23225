"""`gatepost test`: a project's own tests.

In: a project, files. Out: what held, file by file, and a last line `N passed, M failed`.
Never: a change of the database that the test files did not commit themselves.
"""

import os
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from gatepost import pgtap
from gatepost import project as projects
from gatepost.cli import claim, setup, terminal
from gatepost.cli.migrate import bring_up
from gatepost.pgtap import FileReport, PlainRunner, Runner
from gatepost.pgtap.run import SESSION
from gatepost.problem import Problem
from gatepost.project import state

VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
             "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}  # fmt: skip


def database(paths: list[Path], *, database_url: str, folder: Path | None, new_key: setup.NewKey) -> int:
    """Run the project's pgTAP tests in its database; 1 where something did not hold."""
    root, named = _told(paths)
    project = claim.read(root, database_url)
    tests = project.folder / "tests"
    files = pgtap.find(tests, named, project.root)
    if not files:
        terminal.note(f"{tests} holds no tests: files that end in .sql or .pg")
    with setup.reached(project) as place:
        known = state.read(project.hidden)
        prepared = setup.install(place, known, new_key, development=known is None or known.development)
        if known is None:
            state.write(project.hidden, prepared)
        bring_up(place, prepared)
        runner = _runner(prepared.logins["owner"], tests if tests.is_dir() else project.root)
        with pgtap.available(place.admin, folder, terminal.note):
            reports = [_shown(report, tests) for report in map(runner.run, files)]
    passed, failed = (sum(getattr(report, name) for report in reports) for name in ("passed", "failed"))
    terminal.say(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def _runner(dsn: str, folder: Path) -> Runner | PlainRunner:
    """psql's; without psql one of our own, which says what of a file it cannot do."""
    program = pgtap.find_psql()
    if program is not None:
        return Runner(program, folder, _variables(dsn))
    terminal.note("psql was not found: of its commands \\set, \\i, \\ir and \\echo are known without it. "
                  "Debian, Ubuntu: apt install postgresql-client; macOS: brew install libpq")  # fmt: skip
    return PlainRunner(make_conninfo(dsn, options=SESSION["PGOPTIONS"]), folder)


def _variables(dsn: str) -> dict[str, str]:
    """A connection string as psql's environment, where no other user of this machine reads the password."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    given = conninfo_to_dict(dsn)
    return inherited | {variable: str(given[name]) for name, variable in VARIABLES.items() if name in given}


def _told(paths: list[Path]) -> tuple[Path, list[Path]]:
    """The project's folder and the tests that were named; the folder may be left away."""
    if not paths:
        return Path("."), []
    try:
        projects.find(paths[0])
    except Problem:
        return Path("."), paths
    return paths[0], paths[1:]


def _shown(report: FileReport, tests: Path) -> FileReport:
    name = str(report.path.relative_to(tests) if report.path.is_relative_to(tests) else report.path)
    if report.silent:
        terminal.note(f"{name}: no assertion in it")
    elif not report.failed:
        terminal.say(f"  {terminal.painted('✓', 'green')} {name}: {report.passed} passed")
    else:
        terminal.say(f"  {terminal.painted('✗', 'red')} {name}: {report.passed} passed, {report.failed} failed")
    for failure in report.failures:
        terminal.say(f"      not ok {failure.number} - {failure.description}".rstrip(" -"))
        for line in failure.diagnostics:
            terminal.say(f"        {line}")
    for error in report.errors:
        for line in error.splitlines():
            terminal.say(f"      {line}")
    return report
