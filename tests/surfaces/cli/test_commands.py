"""Commands that need no server: what they do, what they print, how they end."""

import re
import socket
from pathlib import Path

import pytest

from gatepost import __version__
from gatepost.embedded import project_home

from .conftest import Command, eventually


@pytest.fixture(scope="module", autouse=True)
def set_up(todo: Command) -> None:
    """The project's database, made without serving."""
    done = todo.run("migrate", "apply", str(todo.folder))
    assert done.returncode == 0, done.stderr
    assert "applied 20260101090000_todos.sql" in done.stderr
    assert "seeded seed.sql" in done.stderr


def test_it_says_which_version_it_is(todo: Command):
    assert todo.run("--version").stdout == f"gatepost {__version__}\n"


def test_applying_again_does_nothing(todo: Command):
    done = todo.run("migrate", "apply")
    assert done.returncode == 0
    assert "nothing to do" in done.stderr


def test_every_command_takes_the_current_folder(todo: Command):
    done = todo.run("migrate", "status")
    assert done.returncode == 0
    assert done.stdout.count(" applied") == 5


def test_a_new_migration_is_pending_until_it_is_applied(todo: Command):
    path = Path(todo.run("migrate", "new", "--empty", "add_colour").stdout.strip())
    assert re.fullmatch(r"\d{14}_add_colour\.sql", path.name)
    path.write_text("alter table public.todos add column colour text;\n")
    pending = todo.run("migrate", "status")
    assert (pending.returncode, "pending" in pending.stdout) == (1, True)
    assert f"applied {path.name}" in todo.run("migrate", "apply").stderr
    assert todo.run("migrate", "status").returncode == 0


def test_a_broken_migration_names_file_line_and_column_and_changes_nothing(todo: Command):
    path = todo.folder / "migrations" / "29990101000000_broken.sql"
    path.write_text("create table public.half ();\nselect * from public.nowhere;\n")
    try:
        for _ in range(2):
            done = todo.run("migrate", "apply")
            assert done.returncode == 4
            assert f"{path}:2:15" in done.stderr
            assert "42P01" in done.stderr
            assert "statement: select * from public.nowhere" in done.stderr
            assert "to do: Nothing before it makes that" in done.stderr
            assert "what was applied before it stays" in done.stderr
            assert "Traceback" not in done.stderr
    finally:
        path.unlink()


def test_keys_are_made_once_listed_without_their_secret_and_revoked(todo: Command):
    made = todo.run("keys", "create", "nightly", str(todo.folder), "--kind", "secret")
    key = made.stdout.strip()
    assert made.returncode == 0
    assert key.startswith("sb_secret_")
    listed = todo.run("keys", "list").stdout
    assert re.search(r"nightly +secret +service_role +\S+… .*in force", listed)
    assert key not in listed
    assert todo.run("keys", "revoke", "nightly").returncode == 0
    assert re.search(r"nightly .*revoked", todo.run("keys", "list").stdout)


def test_a_name_is_taken_while_its_key_is_in_force(todo: Command):
    assert todo.run("keys", "create", "mobile").returncode == 0
    second = todo.run("keys", "create", "mobile")
    assert second.returncode == 3
    assert "There is a key named mobile already" in second.stderr
    assert "to do:" in second.stderr
    assert todo.run("keys", "revoke", "nobody").returncode == 3


def test_rotation_leaves_the_key_before_as_one_that_verifies(todo: Command):
    assert todo.run("keys", "rotate").returncode == 0
    listed = todo.run("keys", "list").stdout
    assert len(re.findall(r"ES256 +active", listed)) == 1
    assert len(re.findall(r"ES256 +previous", listed)) >= 1


def test_doctor_finds_nothing_wrong_with_the_example(todo: Command):
    done = todo.run("doctor")
    assert done.returncode == 0, done.stdout
    assert "PostgreSQL 18" in done.stdout
    assert "all applied" in done.stdout


def test_doctor_finds_open_tables_and_says_how_to_close_them(todo: Command):
    path = todo.folder / "migrations" / "29990101000001_open.sql"
    path.write_text(
        "create table public.open (id int);\n"
        "alter table public.open disable row level security;\ngrant select on public.open to anon;\n"
        "create view public.peek as select * from public.todos;\ngrant select on public.peek to anon;\n"
        "create function public.loose() returns int language sql security definer as 'select 1';\n"
    )
    assert todo.run("migrate", "apply").returncode == 0
    done = todo.run("doctor")
    assert done.returncode == 1
    assert "public.open has no row level security: all its rows are open to anon" in done.stdout
    assert "alter table public.open enable row level security;" in done.stdout
    assert "The view public.peek shows rows of public.todos by its owner's rights" in done.stdout
    assert "loose() runs with its owner's rights and its caller's search path" in done.stdout


def test_doctor_says_who_holds_the_port(todo: Command):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        todo.environment["GATEPOST_PORT"] = str(other.getsockname()[1])
        done = todo.run("doctor")
        del todo.environment["GATEPOST_PORT"]
    assert done.returncode == 1
    assert "cannot be used" in done.stdout
    assert "--port" in done.stdout


def test_a_project_that_is_not_served_has_no_status(todo: Command):
    done = todo.run("status")
    assert (done.returncode, done.stdout) == (1, "")
    assert "is not served" in done.stderr
    assert "gatepost dev" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("dev", "/nowhere"), 3, "there is no such folder"),
        (("dev", "/"), 3, "this is not a project"),
        (("dev", ".", "--exit"), 3, "--exit goes with --tour"),
        (("dev", ".", "--database-url", "nonsense"), 3, "The database URL cannot be read"),
        (("dev", ".", "--database-url", "postgresql://127.0.0.1:1/x"), 4, "The database cannot be reached"),
        (("serve", "auth"), 3, "set DATABASE_URL, API_EXTERNAL_URL, GOTRUE_SITE_URL, GOTRUE_JWT_SECRET"),
        (("users", "list"), 1, "is not served"),
        (("keys", "create", "x", "--expires", "soon"), 3, "is not a duration"),
        (("nonsense",), 2, "No such command"),
        (("dev", "--port", "many"), 2, "Invalid value for '--port'"),
    ],
)
def test_errors_are_explained_and_told_apart_by_their_code(
    todo: Command, arguments: tuple[str, ...], code: int, said: str
):
    done = todo.run(*arguments)
    assert said in " ".join(done.stderr.split()), done.stderr
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_version(todo: Command):
    done = todo.run("version")
    assert re.match(r"gatepost \d+\.\d+\.\d+\n", done.stdout)


def test_nothing_is_left_running(todo: Command):
    """A command that needs the database starts it, and stops it when nobody else uses it."""
    pid_file = project_home(todo.folder) / "data" / "postmaster.pid"
    eventually(lambda: not pid_file.exists(), "the database has stopped", 5)
