"""`gatepost dev`: started, stopped, killed, started again; alone on its port and in its folder; as root and as a user.

Every process here is a real one, and so is every database.
"""

import http.client
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

import gatepost
from gatepost.cli.status import as_url
from tests.conftest import Needs

from .conftest import Command, alive, answers, copy_example, eventually, free_port

NAMES = {
    "API_URL", "REST_URL", "DB_URL", "AUTHENTICATOR_URL", "MAILPIT_URL", "INBUCKET_URL", "PUBLISHABLE_KEY",
    "SECRET_KEY", "JWT_SECRET", "ANON_KEY", "SERVICE_ROLE_KEY",
}  # fmt: skip


def embedded_pid(command: Command) -> int:
    """The process of the project's own PostgreSQL, 0 where there is none."""
    home = json.loads((command.folder / ".gatepost" / "state.json").read_text())["embedded"]
    try:
        return int((Path(home) / "data" / "postmaster.pid").read_text().split()[0])
    except OSError:
        return 0


def children(pid: int) -> list[int]:
    """Processes whose parent is `pid`, PostgreSQL's aside."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, rest = path.read_text().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue
        if int(rest.split()[1]) == pid and not name.startswith("postgres"):
            found.append(int(path.parent.name))
    return found


# Served


@pytest.fixture(scope="module")
def serving(todo: Command) -> Command:
    todo.served()
    return todo


def test_what_is_printed_is_where_it_answers(serving: Command):
    assert f"http://127.0.0.1:{serving.port}/inbox" in serving.output()
    assert "applied 20260101090000_todos.sql" in serving.output()
    assert re.search(r"Data lie in +/", serving.output())
    assert answers(serving.port, "/inbox")


def test_status_has_supabases_names(serving: Command):
    lines = serving.run("status", "-o", "env").stdout.splitlines()
    pairs = dict(re.fullmatch(r'([A-Z_]+)="(.*)"', line).groups() for line in lines)  # pyright: ignore
    assert set(pairs) == NAMES
    assert pairs["API_URL"] == f"http://127.0.0.1:{serving.port}"
    assert pairs["MAILPIT_URL"].endswith("/inbox")
    assert pairs["PUBLISHABLE_KEY"].startswith("sb_publishable_")
    assert json.loads(serving.run("status", "-o", "json").stdout) == pairs
    assert pairs["SECRET_KEY"] in serving.run("status").stdout
    with psycopg.connect(pairs["AUTHENTICATOR_URL"]) as connection:
        assert connection.execute("select current_user").fetchall() == [("authenticator",)]


@pytest.mark.parametrize(
    "conninfo",
    [
        "host=/tmp/socket port=5432 user=authenticator dbname=postgres",
        "user=a password='x y@/:%+' host=127.0.0.1 port=5 dbname='we ird' application_name='a b'",
        "postgresql://a:p%40w@localhost:1/d?sslmode=require",
    ],
)
def test_any_login_can_be_said_as_an_url(conninfo: str):
    assert conninfo_to_dict(as_url(conninfo)) == {name: str(each) for name, each in conninfo_to_dict(conninfo).items()}


def test_a_second_one_of_the_same_project_is_told_where_the_first_is(serving: Command):
    second = serving.run("dev", str(serving.folder), "--port", str(free_port()))
    assert second.returncode == 5
    assert "is served already" in second.stderr
    assert f"http://127.0.0.1:{serving.port}" in second.stderr


def test_a_port_that_is_taken_is_explained(another: Command):
    with socket.socket() as other:
        other.bind(("127.0.0.1", another.port))
        other.listen()
        done = another.run("dev", str(another.folder), "--port", str(another.port))
    assert done.returncode == 5
    assert f"Port {another.port} on 127.0.0.1 cannot be used" in done.stderr
    assert "--port" in done.stderr
    assert not (another.folder / ".gatepost" / "state.json").exists()


def test_a_migration_that_appears_is_applied(serving: Command):
    path = serving.folder / "migrations" / "29990101000000_notes.sql"
    path.touch()  # as an editor does, or `migrate new`: not yet the migration
    path.write_text("create table public.notes (id int primary key);\ngrant select on public.notes to anon;\n")
    eventually(lambda: serving.run("migrate", "status").returncode == 0, "the new migration is applied", 20)
    key = json.loads(serving.run("status", "-o", "json").stdout)["PUBLISHABLE_KEY"]
    eventually(lambda: reads(serving, key), "it is served", 10)


def reads(command: Command, key: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", command.port, timeout=2)
    connection.request("GET", "/rest/v1/notes", headers={"apikey": key})
    status = connection.getresponse().status
    connection.close()
    return status == 200


def test_users_are_made_listed_invited_and_deleted(serving: Command):
    made = serving.run("users", "create", "ada@example.com", "--password", "a long enough secret")
    assert made.returncode == 0, made.stderr
    assert re.fullmatch(r"[0-9a-f-]{36}\n", made.stdout)
    assert re.search(r"ada@example\.com .*confirmed", serving.run("users", "list").stdout)
    again = serving.run("users", "create", "ada@example.com", "--password", "a long enough secret")
    assert (again.returncode, "registered" in again.stderr) == (1, True)
    assert serving.run("users", "invite", "bob@example.com").returncode == 0
    assert {user["email"] for user in json.loads(serving.run("users", "list", "--json").stdout)} == {
        "ada@example.com",
        "bob@example.com",
    }
    assert serving.run("users", "delete", "ada@example.com").returncode == 0
    assert serving.run("users", "delete", "ada@example.com").returncode == 3
    assert "ada@" not in serving.run("users", "list").stdout


def test_a_revoked_key_is_refused_within_seconds(serving: Command):
    key = serving.run("keys", "create", "short").stdout.strip()
    eventually(lambda: reads(serving, key), "the new key opens the door", 10)
    serving.run("keys", "revoke", "short")
    eventually(lambda: not reads(serving, key), "the revoked key does not", 10)


def test_the_serving_process_is_an_interpreter_of_its_own(serving: Command):
    """It was the command line's process, and has nothing of it any more."""
    arguments = Path(f"/proc/{serving.started[-1].pid}/cmdline").read_bytes().split(b"\0")
    assert arguments[1:4] == [b"-P", b"-m", b"gatepost.app"]


def test_stopping_it_stops_its_database_and_keeps_the_data(serving: Command):
    process, database = serving.started[-1], embedded_pid(serving)
    assert alive(database)
    process.send_signal(signal.SIGTERM)
    process.wait(15)
    eventually(lambda: not alive(database), "the database has stopped")
    serving.served()
    assert "bob@example.com" in serving.run("users", "list").stdout


# Killed


def test_after_kill_9_of_the_server_the_next_one_works(another: Command):
    another.served().kill()
    database = embedded_pid(another)
    another.started[-1].wait(5)
    another.served()
    assert "joined" in another.output() or embedded_pid(another) != database


def test_after_kill_9_of_both_the_next_one_works(another: Command):
    process, database = another.served(), embedded_pid(another)
    os.kill(database, signal.SIGKILL)
    process.kill()
    process.wait(5)
    another.served()
    assert another.run("migrate", "status").returncode == 0


def test_a_start_that_failed_leaves_nothing_running(another: Command):
    (another.folder / "migrations" / "29990101000000_broken.sql").write_text("select nonsense;")
    done = another.run("dev", str(another.folder), "--port", str(another.port))
    assert done.returncode == 4
    assert "29990101000000_broken.sql:1:8" in done.stderr
    (another.folder / "migrations" / "29990101000000_broken.sql").unlink()
    another.served()


def test_lost_keys_are_replaced_and_the_lost_ones_end(another: Command):
    def stop() -> None:
        another.started[-1].send_signal(signal.SIGTERM)
        another.started[-1].wait(15)

    another.served()
    before = json.loads(another.run("status", "-o", "json").stdout)["PUBLISHABLE_KEY"]
    stop()
    (another.folder / ".gatepost" / "state.json").unlink()
    another.served()
    after = json.loads(another.run("status", "-o", "json").stdout)["PUBLISHABLE_KEY"]
    listed = another.run("keys", "list").stdout
    assert before != after
    assert len(re.findall(r"default publishable .*in force", listed)) == 1
    assert len(re.findall(r"default publishable .*revoked", listed)) == 1


# The tour


def test_the_tour_holds_twice_in_a_row(another: Command):
    for _ in range(2):
        done = another.run("dev", str(another.folder), "--port", str(another.port), "--tour", "--exit")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "every step held" in done.stdout
        assert done.stdout.count("✓") > 40
        assert "✗" not in done.stdout
        assert not answers(another.port)


def test_a_tour_with_a_step_that_does_not_hold_ends_with_1(another: Command):
    tour = another.folder / "tour.py"
    tour.write_text(
        tour.read_text().replace("len(answer.json) == 1)\n    player", "len(answer.json) == 7)\n    player")
    )
    done = another.run("dev", str(another.folder), "--port", str(another.port), "--tour", "--exit")
    assert done.returncode == 1
    assert "1 steps did not hold" in done.stdout


def test_after_the_tour_it_serves_until_it_is_stopped(another: Command):
    process = another.dev("--tour")
    eventually(lambda: "Ctrl-C stops it" in another.output(), "the tour is over")
    assert answers(another.port)
    process.send_signal(signal.SIGINT)
    assert process.wait(15) == 0
    assert not answers(another.port)


def test_a_killed_parent_takes_the_server_with_it(another: Command):
    process = another.dev("--tour")
    eventually(lambda: "Ctrl-C stops it" in another.output(), "the tour is over")
    [server] = children(process.pid)
    process.kill()
    process.wait(5)
    eventually(lambda: not alive(server), "the server has ended", 15)
    another.served()


# Who may


def test_a_supabase_project_with_demo_keys_stays_on_this_machine(another: Command):
    (another.folder / "supabase").mkdir()
    (another.folder / "supabase" / "config.toml").write_text('project_id = "demo"')
    another.environment["GATEPOST_SERVER_HOST"] = "0.0.0.0"
    done = another.run("dev", str(another.folder))
    assert done.returncode == 3
    assert "Demo keys are for this machine only" in done.stderr


# Root's own Python often lies in a folder that is closed to others.
INTERPRETERS = (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}")
LIBRARIES = (str(Path(gatepost.__file__).parents[1]), sysconfig.get_path("purelib"))


def runs_as(user: pwd.struct_passwd, interpreter: str) -> bool:
    """Whether that user can run that Python with what is installed here."""
    try:
        done = subprocess.run(
            [interpreter, "-c", "import gatepost.cli.dev"], user=user.pw_uid, group=user.pw_gid, extra_groups=[],
            env={"PYTHONPATH": ":".join(LIBRARIES)}, cwd="/", capture_output=True, check=False,
        )  # fmt: skip
    except OSError:
        return False
    return done.returncode == 0


@pytest.fixture
def as_user(needs: Needs) -> Iterator[Command]:
    """A project of a normal user's, in a folder of his."""
    if os.geteuid() != 0:
        needs("root")
    user = pwd.getpwnam("nobody")
    interpreter = next((path for path in INTERPRETERS if runs_as(user, path)), None)
    if interpreter is None:
        needs("a Python of this version that other users may run")
    folder = Path(tempfile.mkdtemp(prefix="gu-"))
    command = Command(copy_example(folder / "todo"), free_port(), user="nobody", interpreter=str(interpreter))
    command.environment |= {"HOME": str(folder), "PYTHONPATH": ":".join(LIBRARIES)}
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid)
    yield command
    command.end()
    shutil.rmtree(folder, ignore_errors=True)


def test_a_normal_user_needs_no_more_than_the_folder(as_user: Command):
    for _ in range(2):
        done = as_user.run("dev", str(as_user.folder), "--port", str(as_user.port), "--tour", "--exit")
        assert done.returncode == 0, done.stdout + done.stderr
    state = as_user.folder / ".gatepost" / "state.json"
    assert (state.stat().st_uid, state.stat().st_mode & 0o777) == (pwd.getpwnam("nobody").pw_uid, 0o600)


def test_a_folder_that_cannot_be_written_is_explained(as_user: Command):
    os.chown(as_user.folder, 0, 0)
    done = as_user.run("dev", str(as_user.folder), "--port", str(as_user.port))
    assert done.returncode == 3
    assert "cannot be written" in done.stderr
    assert "to do:" in done.stderr
