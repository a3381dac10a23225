"""The database stops, restarts, is killed: every request is answered, in its surface's format, and service returns."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psycopg
import pytest

from gatepost import embedded
from gatepost.embedded import Options, Server
from gatepost.migrate import EXTENSIONS
from tests.serving import Serve, Served
from tests.surfaces.http.conftest import example
from tests.surfaces.http.wire import AUTH, LEAKS, REST
from tests.surfaces.people import PASSWORD, Person, newcomer, nobody, staff

RECOVERY_SECONDS = 15.0
NAP = """
create function public.nap(seconds float) returns text language sql volatile
as $$ select pg_sleep(seconds)::text || 'rested' $$;
grant execute on function public.nap(float) to authenticated;
"""
END_OLDEST_NAP = """
select pg_terminate_backend(pid) from pg_stat_activity
where query like '%nap%' and pid != pg_backend_pid() and state = 'active' order by query_start limit 1
"""


class Database:
    """A PostgreSQL that can be stopped and started under a server's feet."""

    def __init__(self, home: Path, options: Options) -> None:
        self.home, self.options = home, options
        self.running: Server = embedded.start(home, options)

    def start(self) -> None:
        self.running = embedded.start(self.home, self.options)

    def stop(self) -> None:
        self.running.stop(others=True)

    def kill(self) -> None:
        """As the kernel does when memory runs out: no goodbye, and a recovery at the next start."""
        process = self.running.process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        self.running.stop(others=True)


@pytest.fixture(scope="module")
def database(scratch: Path, postgres_folder: Path | None) -> Iterator[Database]:
    options = Options(binaries=postgres_folder, cache=scratch / "cache", extensions=EXTENSIONS, timeout=60)
    database = Database(scratch / "gone", options)
    yield database
    database.stop()


@pytest.fixture(scope="module")
def server(served: Serve, database: Database) -> Served:
    served_by_it = served(example, "--database-url", database.running.dsn())
    served_by_it.sql(NAP)
    served_by_it.reload()
    return served_by_it


@pytest.fixture(scope="module")
def ada(server: Served) -> Person:
    return newcomer(server)


@pytest.fixture(autouse=True)
def _everything_works_before_and_after(server: Served, ada: Person) -> Iterator[None]:
    works(server, ada)
    yield
    works(server, ada)


def works(server: Served, ada: Person) -> None:
    """Wait until rows and sign-ins are served again, without anybody's help."""
    deadline = time.monotonic() + RECOVERY_SECONDS
    grant = {"email": ada.email, "password": PASSWORD}
    requests: list[Callable[[], httpx.Response]] = [
        lambda: httpx.get(f"{server.url}/health", timeout=20),
        lambda: ada.ask("GET", f"{REST}/todos"),
        lambda: nobody(server).ask("POST", f"{AUTH}/token?grant_type=password", grant),
        lambda: staff(server).ask("GET", f"{REST}/todos"),
    ]
    for request in requests:
        while (answer := request()).status_code != 200:
            assert answer.status_code == 503, answer.text
            assert time.monotonic() < deadline, f"still {answer.status_code} after {RECOVERY_SECONDS:g} s"
            time.sleep(0.1)


def is_unavailable(answer: httpx.Response, path: str) -> None:
    """503 that says when to come back, in the surface's words."""
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) >= 0
    assert answer.headers["content-type"].startswith("application/json")
    assert not [leak for leak in LEAKS if leak in answer.text], answer.text
    assert "password" not in answer.text
    told = answer.json()
    if path.startswith(REST):
        assert set(told) == {"code", "message", "details", "hint"}
        assert told["code"] in ("PGRST000", "PGRST001", "PGRST002", "57P01", "57P02", "57P03"), told
    elif path.startswith(AUTH):
        assert told["code"] == 503
        assert told["msg"]


def test_while_it_is_stopped_every_surface_says_so(server: Served, database: Database, ada: Person):
    database.stop()
    try:
        for _ in range(3):
            for method, path, body in (
                ("GET", f"{REST}/todos", None),
                ("POST", f"{REST}/todos", {"task": "too late"}),
                ("POST", f"{REST}/rpc/create_team", {"name": "x"}),
                ("GET", f"{AUTH}/user", None),
                ("POST", f"{AUTH}/token?grant_type=password", {"email": ada.email, "password": PASSWORD}),
                ("POST", f"{AUTH}/token?grant_type=refresh_token", {"refresh_token": ada.refresh_token}),
                ("POST", f"{AUTH}/otp", {"email": ada.email}),
                ("POST", f"{AUTH}/logout", None),
            ):
                begun = time.monotonic()
                is_unavailable(ada.ask(method, path, body), path)
                assert time.monotonic() - begun < 5
            is_unavailable(staff(server).ask("GET", f"{AUTH}/admin/users"), AUTH)
            assert httpx.get(f"{server.url}/health", timeout=20).status_code == 503
        assert ada.ask("GET", f"{AUTH}/settings").status_code == 200
        assert ada.ask("GET", f"{AUTH}/.well-known/jwks.json").status_code == 200
    finally:
        database.start()


def test_what_a_client_got_wrong_is_still_told_while_it_is_stopped(server: Served, database: Database, ada: Person):
    database.stop()
    try:
        assert ada.ask("GET", f"{REST}/todos?id=nonsense.1").status_code == 400
        assert Person(server, token="a.b.c").ask("GET", f"{REST}/todos").status_code == 401
        assert Person(server, key="sb_secret_wrong").ask("GET", f"{REST}/todos").status_code == 401
        assert ada.ask("POST", f"{AUTH}/signup", []).status_code == 400
    finally:
        database.start()


def test_requests_in_flight_are_answered_when_it_stops(server: Served, database: Database, ada: Person):
    with ThreadPoolExecutor(8) as pool:
        begun = time.monotonic()
        asked = [pool.submit(ada.ask, "POST", f"{REST}/rpc/nap", {"seconds": 30}) for _ in range(8)]
        time.sleep(0.5)
        database.stop()
        try:
            for future in asked:
                is_unavailable(future.result(timeout=10), REST)
            assert time.monotonic() - begun < 10
        finally:
            database.start()


def test_one_lost_connection_is_one_lost_request(server: Served, database: Database, ada: Person):
    with ThreadPoolExecutor(2) as pool:
        lost = pool.submit(ada.ask, "POST", f"{REST}/rpc/nap", {"seconds": 20})
        time.sleep(0.4)
        kept = pool.submit(ada.ask, "POST", f"{REST}/rpc/nap", {"seconds": 1})
        with psycopg.connect(database.running.dsn(), autocommit=True) as admin:
            assert admin.execute(END_OLDEST_NAP).fetchone() == (True,)
        is_unavailable(lost.result(timeout=10), REST)
        assert kept.result(timeout=10).status_code == 200


def test_all_connections_lost_at_once_are_made_again(server: Served, database: Database, ada: Person):
    for _ in range(3):
        with psycopg.connect(database.running.dsn(), autocommit=True) as admin:
            admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename like '%auth%'")
        for path in (f"{REST}/todos", f"{AUTH}/user"):
            answer = ada.ask("GET", path)
            if answer.status_code != 200:
                is_unavailable(answer, path)
        works(server, ada)


def test_what_was_confirmed_is_kept_through_a_crash(server: Served, database: Database, ada: Person):
    """Rows are written while the database is killed: each that was answered 201 is there, none is there twice."""
    confirmed: list[str] = []
    stop = threading.Event()

    def write(name: str) -> None:
        for number in range(100_000):
            if stop.is_set():
                return
            task = f"{name}-{number}"
            status = ada.ask("POST", f"{REST}/todos", {"task": task}).status_code
            assert status in (201, 503), status
            confirmed.extend([task] if status == 201 else [])

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, name) for name in ("one", "two", "three", "four")]
        time.sleep(1)
        database.kill()
        database.start()
        works(server, ada)
        time.sleep(0.5)
        stop.set()
        for writer in writers:
            writer.result(timeout=20)
    found = [row["task"] for row in ada.rows("todos?select=task&task=like.*-*&limit=100000")]
    assert len(found) == len(set(found))
    assert set(confirmed) <= set(found)
    assert len(confirmed) > 20


def test_a_session_is_refreshed_across_a_restart(server: Served, database: Database):
    person = newcomer(server)
    database.stop()
    answer = person.ask("POST", f"{AUTH}/token?grant_type=refresh_token", {"refresh_token": person.refresh_token})
    database.start()
    is_unavailable(answer, AUTH)
    works(server, person)
    person.refresh()
    assert person.rows("todos") == []


def test_a_changed_schema_is_noticed_after_a_restart(server: Served, database: Database, ada: Person):
    database.stop()
    database.start()
    works(server, ada)
    server.sql("create function public.later() returns int language sql as 'select 7'")
    server.sql("grant execute on function public.later() to authenticated")
    server.reload()
    assert ada.ask("POST", f"{REST}/rpc/later", {}).json() == 7


def test_nothing_went_wrong_inside(server: Served):
    assert "Traceback" not in server.lines()
    assert server.process.poll() is None
