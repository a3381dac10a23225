"""Claims are told to another system when they change: signed, in order, at least once, whoever is away meanwhile."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from gatepost.cli import doctor
from gatepost.database.scope import Database
from gatepost.migrate.connection import Connection
from gatepost.migrate.ours.pushing import switch_push
from gatepost.outside.push import Push
from gatepost.problem import Problem
from gatepost.settings import PushSettings, Seconds
from tests.conftest import Connect
from tests.serving import Serve, Served

from .receiver import SECRET, Receiver, receiving


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture(scope="module")
def server(served: Serve, receiver: Receiver) -> Served:
    def lay_out(folder: Path) -> None:
        (folder / "gatepost.toml").write_text(
            f'[push]\nurl = "{receiver.url}"\nsecrets = "{SECRET}"\ntimeout = "1s"\npoll = "200ms"\n'
        )

    return served(lay_out)


class User:
    """Somebody with an account, whose claims the application writes."""

    def __init__(self, server: Served, receiver: Receiver) -> None:
        self.server, self.receiver = server, receiver
        self.email = f"{uuid4().hex[:12]}@example.com"
        body = {"email": self.email, "password": "correct horse battery staple", "email_confirm": True}
        self.id = str(self._admin("POST", "", body).json()["id"])

    def _admin(self, method: str, path: str, body: object = None) -> httpx.Response:
        headers = {"apikey": self.server.secret, "authorization": f"Bearer {self.server.secret}"}
        url = f"{self.server.url}/auth/v1/admin/users{path}"
        answer = httpx.request(method, url, headers=headers, json=body, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer

    def write(self, *claims: str) -> None:
        """Several claims, one transaction after the other."""
        with psycopg.connect(self.server.owner, autocommit=True) as connection:
            for each in claims:
                connection.execute(
                    "insert into auth_private.user_claims (user_id, claims) values (%s, %s)"
                    " on conflict (user_id) do update set claims = excluded.claims",
                    (self.id, each),
                )

    def delete(self, *, softly: bool = False) -> None:
        self._admin("DELETE", f"/{self.id}", {"should_soft_delete": softly})

    def last(self, claims: object, seconds: float = 10) -> dict[str, Any]:
        return self.receiver.last(self.id, claims, seconds)


@pytest.fixture
def user(server: Served, receiver: Receiver) -> User:
    return User(server, receiver)


def until(held: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not held():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def waiting(server: Served) -> int:
    return int(server.sql("select count(*) from auth_private.claims_outbox")[0][0])


def test_a_change_of_claims_is_told_signed_with_who_it_is_about(user: User) -> None:
    user.write('{"plan": "gold"}')
    message = user.last({"plan": "gold"})
    assert message["type"] == "claims.changed"
    assert (message["user_id"], message["email"]) == (user.id, user.email)
    assert message["identities"] == [{"provider": "email", "id": user.id}]
    assert isinstance(message["claims_version"], int)
    place = user.receiver.messages.index(message)
    assert user.receiver.headers[place]["webhook-id"] == f"msg_{user.id}_{message['claims_version']}"


def test_what_changes_nothing_is_not_told(user: User, server: Served) -> None:
    user.write('{"plan": "gold"}')
    user.last({"plan": "gold"})
    user.write('{"plan": "gold"}')
    assert waiting(server) == 0


def test_what_is_undone_is_not_told(user: User, server: Served) -> None:
    with psycopg.connect(server.owner) as connection:
        connection.execute("insert into auth_private.user_claims (user_id, claims) values (%s, '{}')", (user.id,))
        connection.rollback()
    user.write('{"plan": "silver"}')
    user.last({"plan": "silver"})
    assert len(user.receiver.of(user.id)) == 1


def test_a_users_messages_come_in_order_and_the_last_is_what_holds(user: User) -> None:
    user.write(*(f'{{"n": {n}}}' for n in range(30)))
    user.last({"n": 29})
    versions = [message["claims_version"] for message in user.receiver.of(user.id)]
    numbers = [message["claims"]["n"] for message in user.receiver.of(user.id)]
    assert versions == sorted(set(versions))
    assert numbers == sorted(numbers)


def test_a_receiver_that_refuses_is_told_again_under_the_same_id(user: User) -> None:
    user.receiver.statuses = [500, 503]
    before = user.receiver.arrived
    user.write('{"plan": "again"}')
    message = user.last({"plan": "again"})
    assert user.receiver.arrived - before >= 3
    assert len(user.receiver.of(user.id)) == 1
    assert message["claims_version"] > 0


def test_a_change_while_the_receiver_is_slow_waits_for_nobody_and_is_told_after(user: User) -> None:
    user.receiver.gate.clear()
    before = user.receiver.arrived
    user.write('{"n": 1}')
    until(lambda: user.receiver.arrived > before)
    user.write('{"n": 2}', '{"n": 3}')
    assert not user.receiver.of(user.id)
    user.receiver.gate.set()
    user.last({"n": 3})
    assert {"n": 2} not in [message["claims"] for message in user.receiver.of(user.id)]


@pytest.mark.parametrize("softly", [False, True])
def test_a_user_who_is_deleted_is_told_with_no_claims(user: User, softly: bool) -> None:
    user.write('{"plan": "gold"}')
    user.last({"plan": "gold"})
    user.delete(softly=softly)
    message = user.last(None)
    assert message["email"] == user.email
    assert message["identities"] == [{"provider": "email", "id": user.id}]


def test_nothing_is_left_where_everything_was_told(server: Served) -> None:
    until(lambda: waiting(server) == 0)
    assert SECRET.removeprefix("v1,whsec_") not in server.lines()


def test_api_roles_do_not_see_the_outbox(server: Served) -> None:
    headers = {"apikey": server.secret, "accept-profile": "auth_private"}
    assert httpx.get(f"{server.url}/rest/v1/claims_outbox", headers=headers).status_code == 406
    denied = "select has_table_privilege(r, 'auth_private.claims_outbox', 'select, insert, update, delete')"
    rows = server.sql(f"{denied} from unnest(array['anon', 'authenticated', 'authenticator']) r")
    assert rows == [(False,), (False,), (False,)]


@contextmanager
def working(dsn: str, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that pushes; killed at the end, if not before."""
    command = [sys.executable, "-m", "tests.surfaces.issuers.worker", dsn, url]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[3])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_receiver_that_is_down_and_a_server_that_is_killed_lose_nothing(
    connect: Connect, database_name: str, cluster: Any
) -> None:
    admin, auth = connect("postgres", database_name), cluster.dsn("supabase_auth_admin", dbname=database_name)
    switch_push(cluster.dsn(dbname=database_name), on=True)
    [(user,)] = admin.execute("insert into auth.users (id) values (gen_random_uuid()) returning id").fetchall()
    admin.execute("insert into auth_private.user_claims (user_id, claims) values (%s, '{\"n\": 1}')", (user,))

    def tried() -> bool:
        return bool(admin.execute("select 1 from auth_private.claims_outbox where attempts > 0").fetchall())

    with receiving() as absent:
        port = int(absent.url.rpartition(":")[2].partition("/")[0])
    with working(auth, absent.url) as first:
        until(tried)
        with receiving(port) as receiver:
            receiver.gate.clear()
            until(lambda: receiver.arrived > 0)
            first.send_signal(signal.SIGKILL)  # with a message on its way
            first.wait()
            receiver.gate.set()
            receiver.messages.clear()
            with working(auth, receiver.url):
                receiver.last(str(user), {"n": 1})
                until(lambda: not admin.execute("select 1 from auth_private.claims_outbox").fetchall())


@asynccontextmanager
async def pushing(dsn: str, url: str, **settings: float) -> AsyncIterator[None]:
    """A worker in this process."""
    given = {"timeout": Seconds(1), "poll": Seconds(0.05), **{name: Seconds(value) for name, value in settings.items()}}
    database = Database({"auth": dsn})
    task = asyncio.create_task(Push(PushSettings(url=url, secrets=SECRET, **given), database).run())
    try:
        yield
    finally:
        async with asyncio.timeout(10):
            while not task.done():  # before Python 3.12 libraries may lose a cancellation
                task.cancel()
                await asyncio.wait([task], timeout=0.2)
        await database.close()


async def test_what_could_not_be_told_for_too_long_is_parked_until_the_next_change(
    connect: Connect, database_name: str, cluster: Any, receiver: Receiver
) -> None:
    admin, auth = connect("postgres", database_name), cluster.dsn("supabase_auth_admin", dbname=database_name)
    switch_push(cluster.dsn(dbname=database_name), on=True)
    admin.execute("delete from auth.users; delete from auth_private.claims_outbox")
    [(user,)] = admin.execute("insert into auth.users (id) values (gen_random_uuid()) returning id").fetchall()
    admin.execute("insert into auth_private.user_claims (user_id, claims) values (%s, '{}')", (user,))

    async def row(columns: str, held: Callable[[Any], bool]) -> Any:
        async with asyncio.timeout(10):
            while True:
                found = admin.execute(f"select {columns} from auth_private.claims_outbox").fetchall()  # pyright: ignore
                if found and held(found[0]):
                    return found[0]
                await asyncio.sleep(0.02)

    receiver.statuses, receiver.sent = [503], {"retry-after": "100"}
    async with pushing(auth, receiver.url):
        tried = await row("attempts, last_error, due_at - now() > interval '90 seconds'", lambda each: each[0] == 1)
        assert tried == (1, "it answered 503", True)
    receiver.statuses = [500]
    admin.execute("update auth_private.claims_outbox set due_at = now()")
    async with pushing(auth, receiver.url, max_age=0):
        await row("parked_at", lambda each: each[0] is not None)
        before = receiver.arrived
        await asyncio.sleep(0.3)
        assert receiver.arrived == before
        admin.execute("update auth_private.user_claims set claims = '{\"n\": 1}'")
        await asyncio.to_thread(receiver.last, str(user), {"n": 1})
    receiver.sent = {}


def triggers(admin: Any) -> list[str]:
    rows = admin.execute("select tgname from pg_trigger where tgname like 'push%' order by 1").fetchall()
    return [row[0] for row in rows]


def test_it_is_turned_on_with_what_is_there_and_off_without_a_trace(
    connect: Connect, database_name: str, cluster: Any
) -> None:
    dsn, admin = cluster.dsn(dbname=database_name), connect("postgres", database_name)
    switch_push(dsn, on=False)
    admin.execute("delete from auth.users")
    [(user,)] = admin.execute("insert into auth.users (id) values (gen_random_uuid()) returning id").fetchall()
    admin.execute("insert into auth_private.user_claims (user_id, claims) values (%s, '{}')", (user,))
    assert (triggers(admin), outbox_of(dsn)) == ([], [])
    for _ in range(2):
        switch_push(dsn, on=True)
        assert admin.execute("select user_id from auth_private.claims_outbox").fetchall() == [(user,)]
    assert triggers(admin) == ["push_changed", "push_deleted", "push_softly_deleted", "push_written"]
    admin.execute("update auth_private.claims_outbox set since = now() - interval '2 minutes'")
    assert outbox_of(dsn) == ["Claims of 1 users wait to be pushed"]
    admin.execute("update auth_private.claims_outbox set parked_at = now(), last_error = 'it answered 500'")
    assert outbox_of(dsn) == ["Claims of 1 users could not be pushed: it answered 500"]
    admin.execute("update auth_private.user_claims set claims = '{\"n\": 1}'")
    assert outbox_of(dsn) == []  # a new change is a new try
    switch_push(dsn, on=False)
    assert (triggers(admin), outbox_of(dsn)) == ([], [])
    admin.execute("update auth_private.user_claims set claims = '{}'")


def outbox_of(dsn: str) -> list[str]:
    """What doctor says of it."""
    with Connection(dsn) as connection:
        return [finding.what.partition(", since")[0] for finding in doctor.outbox(connection)]


@pytest.mark.parametrize(
    ("url", "secrets", "words"),
    [
        ("http://example.com/claims", SECRET, "address cannot be used"),
        ("https://example.com/claims", "", "needs push.secrets"),
        ("https://example.com/claims", "v1,whsec_c2hvcnQ=", "secret cannot be used"),
        ("https://example.com/claims", "hush", "secret cannot be used"),
    ],
)
def test_settings_that_would_tell_everybody_are_refused(url: str, secrets: str, words: str) -> None:
    with pytest.raises(Problem, match=words) as refused:
        Push(PushSettings(url=url, secrets=secrets), Database({"auth": ""}))
    assert "hush" not in str(refused.value)
