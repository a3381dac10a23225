"""`gatepost test db`: a project's pgTAP tests, run as Supabase's command line runs them, and nothing left of it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from gatepost.embedded import project_home, start
from tests.conftest import Needs

from .conftest import Command, free_port

PROJECT = Path(__file__).parents[1] / "hosting" / "project"
FAILING = """
begin;
select plan(3);
select ok(true, 'holds');
select is(1 + 1, 3, 'adds up');
select ok(false, 'is planned') from nowhere;
rollback;
"""


@pytest.fixture(scope="module")
def project(place: Path, needs: Needs) -> Iterator[Command]:
    """A Supabase project with tests, and a database that somebody keeps running."""
    needs("pgTAP")
    needs("psql")
    needs("the embedded PostgreSQL")
    folder = place / "plots"
    shutil.copytree(PROJECT, folder)
    with (folder / "gatepost.toml").open("a") as file:
        file.write("\n[database]\nport = 0\n")
    command = Command(folder, free_port())
    yield command
    command.end()


@pytest.fixture(scope="module")
def first(project: Command) -> str:
    """What the first run printed: of a project that was never started."""
    done = project.run("test", "db", str(project.folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def extensions(project: Command) -> set[str]:
    server = start(project_home(project.folder))
    try:
        with psycopg.connect(server.dsn()) as admin:
            return {str(name) for (name,) in admin.execute("select extname from pg_extension")}
    finally:
        server.stop()


def test_every_file_runs_in_its_order_and_the_last_line_counts(first: str) -> None:
    lines = [line.strip() for line in first.splitlines()]
    assert lines == [
        "✓ 000-install.spec.sql: 3 passed",
        "✓ 100-plots/010-plots.test.sql: 6 passed",
        "✓ 100-plots/020-helpers.pg: 9 passed",
        "✓ 999-uninstall.spec.sql: 1 passed",
        "19 passed, 0 failed",
    ]


def test_nothing_of_it_stays_in_the_database(project: Command, first: str) -> None:
    assert first
    left = extensions(project)
    assert not left & {"pgtap", "pg_tle", "supabase-dbdev", "basejump-supabase_test_helpers"}
    assert "http" in left, "a migration made it"


def test_what_fails_is_printed_and_counted(project: Command, first: str) -> None:
    assert first
    file = project.folder / "supabase" / "tests" / "failing.sql"
    file.write_text(FAILING)
    try:
        done = project.run("test", "db", str(project.folder), "failing.sql", "999-uninstall.spec.sql")
    finally:
        file.unlink()
    assert done.returncode == 1
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert lines[0] == "✗ failing.sql: 1 passed, 2 failed"
    assert lines[1] == "not ok 2 - adds up"
    assert lines[2:5] == ['Failed test 2: "adds up"', "have: 2", "want: 3"]
    assert 'psql:failing.sql:6: ERROR:  relation "nowhere" does not exist' in lines
    assert lines[-2:] == ["✓ 999-uninstall.spec.sql: 1 passed", "2 passed, 2 failed"]


def test_the_folder_may_be_left_away_and_a_file_be_named(project: Command, first: str) -> None:
    assert first
    done = project.run("test", "db", "supabase/tests/999-uninstall.spec.sql")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 passed, 0 failed")


def test_a_file_that_is_not_there_is_said(project: Command) -> None:
    done = project.run("test", "db", ".", "missing.sql")
    assert done.returncode == 3
    assert "missing.sql: there is no such file or folder" in done.stderr


def test_without_pgtap_it_says_how_to_get_it(project: Command, place: Path, first: str) -> None:
    assert first
    done = project.run("test", "db", ".", "--pgtap", str(place))
    assert done.returncode == 3
    assert "The database has no pgTAP" in done.stderr
    assert "holds no pgtap.control" in done.stderr
    assert "apt install postgresql-15-pgtap" in done.stderr
