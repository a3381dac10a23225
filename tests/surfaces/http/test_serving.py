"""A server's life: requests in flight at its end, keys that come and go, new migrations, a database that dies."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from gatepost import embedded
from tests.serving import Serve, Served, free_port, launch

MIGRATION = """
create table public.notes (id bigserial primary key, title text not null);
grant select on public.notes to anon;
create policy everybody on public.notes for select using (true);
insert into public.notes (title) values ('first');
create function public.slow() returns text language sql volatile as $$ select pg_sleep(1.5)::text || 'done' $$;
grant execute on function public.slow() to anon;
"""


def notes(folder: Path) -> None:
    (folder / "gatepost.toml").write_text("[project]\nname = 'notes'\n")
    (folder / "migrations").mkdir()
    (folder / "migrations" / "20260101000000_notes.sql").write_text(MIGRATION)


@pytest.fixture(scope="module")
def server(served: Serve) -> Served:
    return served(notes)


def get(server: Served, path: str, key: str | None = None) -> httpx.Response:
    return httpx.get(f"{server.url}{path}", headers={"apikey": key or server.publishable}, timeout=20)


def command(server: Served, *arguments: str) -> str:
    line = [sys.executable, "-m", "gatepost.cli.main", *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=True, timeout=30, cwd=server.folder).stdout


def wait_for(held: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not held():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_rows_are_served(server: Served) -> None:
    assert get(server, "/rest/v1/notes?select=title").json() == [{"title": "first"}]


def test_a_key_alone_may_administer_but_is_nobodys_session(server: Served) -> None:
    assert get(server, "/auth/v1/admin/users", server.secret).status_code == 200
    answer = get(server, "/auth/v1/user", server.secret)
    assert (answer.status_code, answer.json()["msg"]) == (401, "This endpoint requires a valid Bearer token")


def test_a_migration_that_appears_is_applied_and_served(server: Served) -> None:
    added = "create table public.later (id int primary key); grant select on public.later to anon;"
    (server.folder / "migrations" / "20260102000000_later.sql").write_text(added)
    wait_for(lambda: get(server, "/rest/v1/later").status_code == 200)


def test_ddl_is_noticed_without_being_told(server: Served) -> None:
    server.sql("create table public.unannounced (id int primary key)")
    server.sql("grant select on public.unannounced to anon")
    wait_for(lambda: get(server, "/rest/v1/unannounced").status_code == 200, 15)


def test_a_revoked_key_ends_within_seconds(server: Served) -> None:
    key = command(server, "keys", "create", "partner", "--kind", "publishable").split()[-1]
    assert key.startswith("sb_publishable_")
    wait_for(lambda: get(server, "/rest/v1/notes", key).status_code == 200)
    command(server, "keys", "revoke", "partner")
    wait_for(lambda: get(server, "/rest/v1/notes", key).status_code == 401)


def test_tokens_of_the_key_before_a_rotation_still_count(server: Served) -> None:
    with httpx.Client(base_url=f"{server.url}/auth/v1", headers={"apikey": server.secret}) as auth:
        rotate_between(server, auth)


def rotate_between(server: Served, auth: httpx.Client) -> None:
    user = {"email": "rotation@example.com", "password": "long-enough-words", "email_confirm": True}
    auth.post("/admin/users", json=user).raise_for_status()

    def sign_in() -> str:
        return auth.post("/token?grant_type=password", json=user).json()["access_token"]

    def known() -> set[str]:
        return {key["kid"] for key in httpx.get(f"{server.url}/auth/v1/.well-known/jwks.json").json()["keys"]}

    def works(token: str) -> bool:
        return auth.get("/user", headers={"authorization": f"Bearer {token}"}).status_code == 200

    before, keys = sign_in(), known()
    command(server, "keys", "rotate")
    wait_for(lambda: len(known()) == len(keys) + 1)
    after = sign_in()
    assert before.split(".")[0] != after.split(".")[0]
    assert works(before)
    assert works(after)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_requests_in_flight_are_answered_before_the_end(scratch: Path, number: signal.Signals) -> None:
    folder = scratch / f"flight-{number}"
    folder.mkdir()
    notes(folder)
    server = launch(folder)
    answers: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: answers.append(get(server, "/rest/v1/rpc/slow")))
    asking.start()
    time.sleep(0.5)
    server.process.send_signal(number)
    asking.join(15)
    server.process.wait(15)
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, "done")]


def test_the_embedded_database_is_started_again_when_it_dies(scratch: Path) -> None:
    folder = scratch / "mortal"
    folder.mkdir()
    notes(folder)
    server = launch(folder)
    home = embedded.project_home(folder)
    postmaster = int((home / "data" / "postmaster.pid").read_text().split()[0])
    os.kill(postmaster, signal.SIGKILL)
    seen = [get(server, "/rest/v1/notes").status_code for _ in range(3)]
    assert set(seen) <= {200, 503}
    wait_for(lambda: get(server, "/rest/v1/notes?select=title").status_code == 200, 20)
    assert get(server, "/rest/v1/notes?select=title").json() == [{"title": "first"}]
    server.stop()
    assert not (home / "data" / "postmaster.pid").exists(), "who started it again stops it"


def test_several_workers_share_one_address(scratch: Path) -> None:
    folder = scratch / "crowd"
    folder.mkdir()
    notes(folder)
    launch(folder).stop()
    port = free_port()
    line = [sys.executable, "-m", "gatepost.cli.main", "serve", str(folder)]
    environ = {**os.environ, "GATEPOST_SERVER_WORKERS": "2", "GATEPOST_DATABASE_PORT": "0"}
    process = subprocess.Popen([*line, "--port", str(port)], env=environ, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"

    def healthy() -> bool:
        try:
            return httpx.get(f"{url}/health").status_code == 200
        except httpx.HTTPError:
            return False

    try:
        wait_for(healthy, 20)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        workers = [pid for pid in children if b"gatepost.app" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        assert len(workers) == 2
        os.kill(int(workers[0]), signal.SIGKILL)
        assert healthy()
        assert httpx.get(f"{url}/inbox").status_code == 404
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_an_owner_names_functions_that_may_use_lanes(scratch: Path) -> None:
    folder = scratch / "trusting"
    folder.mkdir()
    notes(folder)
    settings = folder / "gatepost.toml"
    settings.write_text("[project]\nname = 'notes'\n[database]\ninert_functions = ['no_schema']\n")
    with pytest.raises(AssertionError, match=r"not written as schema\.name"):
        launch(folder)
    settings.write_text("[project]\nname = 'notes'\n[database]\ninert_functions = ['public.allowed']\n")
    policy = "create function public.allowed() returns boolean language sql stable as 'select true';\n"
    policy += "grant execute on function public.allowed() to anon;\n"
    policy += "create table public.guarded (id int primary key); grant select on public.guarded to anon;\n"
    policy += "create policy p on public.guarded for select using ((select public.allowed()));\n"
    (folder / "migrations" / "20260102000000_guarded.sql").write_text(policy)
    server = launch(folder)
    try:
        lanes = "select count(*) from pg_stat_activity where query like '%guarded%' and query not like '%activity%'"
        for _ in range(5):
            assert get(server, "/rest/v1/guarded").json() == []
        assert server.sql(lanes)[0][0] >= 1
    finally:
        server.stop()
