"""The embedded server's life: made, joined, stopped, killed, found again."""

import contextlib
import os
import pwd
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from gatepost import embedded
from gatepost.embedded import Options, Preparation, Server
from gatepost.embedded.account import server_account
from gatepost.embedded.binaries import find
from gatepost.embedded.folders import cache_folder
from gatepost.problem import Problem
from tests.conftest import Needs

Start = Callable[..., Server]


@pytest.fixture(scope="module")
def cache(scratch: Path) -> Path:
    return scratch / "server-cache"


@pytest.fixture(scope="module")
def binaries(cache: Path, postgres_folder: Path | None) -> Path:
    """The programs, where any user may run them."""
    return find(postgres_folder, server_account(None), cache_folder(cache)).folder


@pytest.fixture
def home(scratch: Path) -> Path:
    return scratch / uuid4().hex[:8]


@pytest.fixture
def start(home: Path, cache: Path, postgres_folder: Path | None) -> Iterator[Start]:
    started: list[Server] = []

    def begin(where: Path | None = None, **more: object) -> Server:
        given = {"binaries": postgres_folder, "cache": cache, "settings": {"fsync": "off"}, **more}
        options = Options(**given)  # type: ignore[arg-type]
        started.append(embedded.start(where or home, options))
        return started[-1]

    yield begin
    for server in started:
        server.stop(others=True)


def ask(server: Server, query: str) -> object:
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        row = connection.execute(query).fetchone()  # pyright: ignore
        return row[0] if row else None


def test_first_start_makes_the_data_and_says_where(start: Start, home: Path) -> None:
    server = start()
    assert (server.created, server.attached, server.folders.data) == (True, False, home / "data")
    assert ask(server, "select current_user") == "supabase_admin"


def test_the_server_is_not_root_and_its_data_are_closed(start: Start) -> None:
    server = start()
    for folder in (server.folders.data, server.folders.run):
        assert folder.stat().st_mode & 0o077 == 0
        assert folder.stat().st_uid != 0
    pid = server.pid()
    assert pid is not None
    assert os.stat(f"/proc/{pid}").st_uid == server.folders.data.stat().st_uid


def test_data_outlive_a_clean_stop(start: Start) -> None:
    server = start()
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create table kept as select 42 as answer")
    assert server.stop()
    assert server.pid() is None
    again = start()
    assert not again.created
    assert ask(again, "select answer from kept") == 42


def test_a_stop_does_not_wait_for_clients(start: Start) -> None:
    server = start()
    with contextlib.closing(psycopg.connect(server.dsn())) as idle:
        idle.execute("select 1")
        begun = time.monotonic()
        assert server.stop()
        assert time.monotonic() - begun < 5


def test_a_second_start_joins_and_the_last_one_out_stops(start: Start) -> None:
    first, second = start(), start()
    assert (second.attached, second.port, second.version) == (True, first.port, first.version)
    assert second.stop() is False
    assert ask(first, "select 1") == 1
    assert first.stop() is True


def test_parallel_first_starts_give_one_server(start: Start) -> None:
    servers: list[Server] = []
    threads = [threading.Thread(target=lambda: servers.append(start())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(server.attached for server in servers) == [False, True, True, True]
    assert len({server.pid() for server in servers}) == 1


def test_it_starts_again_after_its_processes_were_killed(start: Start) -> None:
    server = start()
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create table kept as select 42 as answer")
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert server.process is not None
    server.process.wait()
    server.stop()
    again = start()
    assert not again.attached
    assert ask(again, "select answer from kept") == 42


def test_a_pid_file_of_a_living_stranger_does_not_stop_it(start: Start) -> None:
    server = start()
    pid_file = server.folders.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    server.stop()
    # as after a crash, when the number has gone to another process since
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    server.folders.socket(server.port).touch()
    assert ask(start(), "select 1") == 1


def test_a_server_that_outlived_its_application_is_joined(start: Start, home: Path, cache: Path) -> None:
    script = f"""
        import os, signal
        from pathlib import Path
        from gatepost.embedded import Options, start
        start(Path({str(home)!r}), Options(cache=Path({str(cache)!r})))
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    server = embedded.start(home, Options(cache=cache))
    assert server.attached
    assert ask(server, "select 1") == 1
    assert server.stop()
    assert server.pid() is None


def test_a_template_is_prepared_once(scratch: Path, start: Start) -> None:
    calls: list[str] = []

    def prepare(dsn: str) -> None:
        calls.append(dsn)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("create table prepared as select 1 as one")

    key = uuid4().hex
    for name in ("one", "two"):
        server = start(scratch / f"{key[:6]}-{name}", preparation=Preparation(key, prepare))
        assert ask(server, "select one from prepared") == 1
        server.stop()
    assert len(calls) == 1


def test_tcp_is_for_those_who_know_a_password(start: Start, free_port: int) -> None:
    server = start(port=free_port)
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create role visitor login password 'open sesame'")
    address = f"host=127.0.0.1 port={free_port} user=visitor dbname=postgres"
    with psycopg.connect(f"{address} password='open sesame'") as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"{address} password=wrong")


def test_without_a_port_there_is_no_tcp(start: Start) -> None:
    assert ask(start(), "show listen_addresses") == ""


def problem(start: Start, *arguments: object, **options: object) -> Problem:
    with pytest.raises(Problem) as caught:
        start(*arguments, **options)
    assert caught.value.hint
    return caught.value


def test_a_taken_port_is_named(start: Start, taken_port: int) -> None:
    found = problem(start, port=taken_port)
    assert found.code == "embedded_port_taken"
    assert str(taken_port) in found.message


def test_a_path_too_long_for_a_socket_is_said_before_anything_is_made(start: Start, scratch: Path) -> None:
    deep = scratch / ("a" * 90)
    assert problem(start, deep).code == "embedded_path_too_long"
    assert not deep.exists()


def test_a_home_that_others_may_write_is_refused(start: Start, home: Path) -> None:
    home.mkdir()
    home.chmod(0o777)
    found = problem(start)
    assert found.code == "embedded_permission"
    assert str(home) in found.message


def test_data_that_others_may_read_are_refused(start: Start, home: Path) -> None:
    start().stop()
    (home / "data").chmod(0o755)
    assert problem(start).code == "embedded_permission"


def test_data_of_another_major_version_are_refused(start: Start, home: Path) -> None:
    start().stop()
    (home / "data" / "PG_VERSION").write_text("9\n")
    found = problem(start)
    assert found.code == "embedded_version"
    assert "PostgreSQL 9" in found.message


def test_a_setting_the_server_does_not_take_is_shown_from_its_log(start: Start) -> None:
    found = problem(start, settings={"shared_buffers": "many"})
    assert found.code == "embedded_start"
    assert "shared_buffers" in str(found.details)


def test_a_folder_without_programs_is_refused(home: Path, cache: Path, scratch: Path) -> None:
    with pytest.raises(Problem, match="no bin/postgres"):
        embedded.start(home, Options(cache=cache, binaries=scratch))


def test_a_start_that_failed_leaves_nothing_in_the_way(start: Start) -> None:
    problem(start, settings={"shared_buffers": "many"})
    assert ask(start(), "select 1") == 1


BEGIN = """
import ctypes, os, sys
from pathlib import Path
from gatepost.embedded import Options, project_home, start
from gatepost.problem import Problem

def report(folder, **options):
    try:
        server = start(folder, Options(**options))
    except Problem as problem:
        print(problem.code, problem.message)
    else:
        print(folder, server.folders.data.owner(), server.stop())
"""


def script(text: str) -> str:
    """What a Python program of its own prints."""
    program = BEGIN + textwrap.dedent(text)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    return done.stdout or done.stderr


def as_user(uid: int, folder: Path, text: str) -> str:
    """The same, as a user without any rights of root's, whose folder it is."""
    folder.mkdir()
    os.chown(folder, uid, uid)
    return script(f"os.setgroups([]); os.setgid({uid}); os.setuid({uid})\n" + textwrap.dedent(text))


def test_a_normal_user_needs_nothing_but_his_own_folders(scratch: Path, needs: Needs, binaries: Path) -> None:
    needs("root")
    project = scratch / uuid4().hex[:8]
    said = as_user(
        pwd.getpwnam("nobody").pw_uid,
        project,
        f"""
        project = Path({str(project)!r})
        report(project_home(project), cache=project / "cache", binaries=Path({str(binaries)!r}))
        """,
    )
    assert said == f"{project}/.gatepost/postgres nobody True\n"


def test_a_user_without_a_name_is_told_so(scratch: Path, needs: Needs, binaries: Path) -> None:
    needs("root")
    folder = scratch / uuid4().hex[:8]
    said = as_user(4242, folder, f"""report(Path({str(folder)!r}) / "db", cache=Path({str(folder)!r}) / "cache")""")
    assert said.startswith("embedded_no_account The user id 4242")


def test_root_without_the_right_to_change_user_is_told_so(scratch: Path, needs: Needs) -> None:
    needs("root")
    folder = str(scratch / uuid4().hex[:8])
    said = script(
        f"""
        if len(sys.argv) == 1 and "CAPLESS" not in os.environ:
            for capability in (6, 7):  # SETGID, SETUID: gone for good, as in a container that drops them
                ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)
            program = Path("/proc/self/cmdline").read_bytes().split(b"\\0")[2]
            os.execve(sys.executable, [sys.executable, "-c", program], {{**os.environ, "CAPLESS": "1"}})
        report(Path({folder!r}), cache=Path({folder!r} + "-cache"))
        """
    )
    assert said.startswith("embedded_no_setuid")


def test_root_keeps_data_out_of_its_own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    one, other = embedded.project_home(tmp_path / "My App!"), embedded.project_home(tmp_path / "other")
    assert one.parent == other.parent == Path("/var/lib/gatepost")
    assert one.name.startswith("my-app-")
    assert one != other
