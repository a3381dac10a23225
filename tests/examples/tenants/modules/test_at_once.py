"""Two at once: what one does not see yet, the other has done; and reads that ask for the caller once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from gatepost.embedded import Server

from .conftest import Site

SECONDS = 20.0
WAITING = "select exists (select from pg_stat_activity where pid = %s and wait_event_type = 'Lock')"
Two = tuple[Site, Site]


@pytest.fixture
def two(cluster: Server, example: str) -> Iterator[Two]:
    """Two transactions in the module's database, which stay."""
    with psycopg.connect(cluster.dsn(dbname=example)) as one, psycopg.connect(cluster.dsn(dbname=example)) as other:
        yield Site(one), Site(other)


@contextmanager
def meanwhile(two: Two, call: Callable[[Site], object]) -> Iterator[list[object]]:
    """What the second of them gets, which waits until the first has done what stands in the block."""
    first, second = two
    answers: list[object] = []
    done = threading.Event()

    def run() -> None:
        try:
            answers.append(call(second))
            second.session.commit()
        finally:
            done.set()

    thread = threading.Thread(target=run)
    thread.start()
    while not done.wait(0.01) and not first.owner(WAITING, second.session.info.backend_pid):
        pass
    assert not done.is_set()
    yield answers
    first.session.commit()
    thread.join(SECONDS)
    assert not thread.is_alive()


def test_the_last_two_tasks_are_done_at_once(two: Two) -> None:
    first, second = two
    root = first.ask("user-1a", "select (todo_api.create_todo('Project')).id")
    child = "select (todo_api.create_todo('A task', row(null, %s, null, null, null, null))).id"
    one, other = (first.ask("user-1a", child, root) for _ in range(2))
    first.session.commit()
    done = "select (todo_api.update_todo_status(%s, 'complete')).status::text"
    second.token("user-1b")
    first.ask("user-1a", done, one)
    with meanwhile(two, lambda site: site.ask("user-1b", done, other)) as answers:
        pass
    assert answers == ["complete"]
    assert second.owner("select status::text from todo.todo where id = %s", root) == "complete"


def test_two_children_at_once_have_places_of_their_own(two: Two) -> None:
    first, _ = two
    root = first.ask("user-1a", "select (todo_api.create_todo('Project')).id")
    first.session.commit()
    child = "select (todo_api.create_todo('A task', row(null, %s, null, null, null, null))).ordinal"
    place = first.ask("user-1a", child, root)
    with meanwhile(two, lambda site: site.ask("user-1b", child, root)) as answers:
        pass
    assert [place, *answers] == [1, 2]


def test_one_incident_reported_twice_at_once(two: Two) -> None:
    first, _ = two
    report = "select id from inc_api.create_incident(row('Flat tyre', null, 'at-once', null, false, null))"
    id = first.ask("user-1a", report)
    with meanwhile(two, lambda site: site.ask("user-1b", report)) as answers:
        pass
    assert answers == [id]


def test_nobody_writes_to_a_topic_that_is_being_closed(two: Two) -> None:
    first, second = two
    topic = first.ask("admin-1", "select (msg_api.upsert_topic(row(null, 'Short', null, null, null))).id")
    first.session.commit()
    say = "select msg_api.upsert_message(row(null, %s, 'hello', null))"
    first.ask("admin-1", "select msg_api.upsert_topic(row(%s, null, null, 'closed', null))", topic)
    with meanwhile(two, lambda site: site.refused("user-1a", say, topic)) as answers:
        pass
    assert answers == ["30051: THE TOPIC IS CLOSED"]
    assert second.owner("select count(*) from msg.message where topic_id = %s", topic) == 0


@pytest.mark.parametrize("table", ["todo.todo", "msg.topic", "msg.message", "msg.subscriber", "inc.incident",
    "loc.location", "todo.todo_resident", "msg.msg_resident"])  # fmt: skip
def test_a_read_looks_at_the_token_once(site: Site, table: str) -> None:
    plan = [row[0].strip() for row in site.rows("user-1a", f"explain (verbose, costs off) select * from {table}")]
    conditions = [line for line in plan if line.startswith(("Filter:", "Index Cond:", "Recheck Cond:"))]
    assert conditions
    assert not [line for line in conditions if "auth" in line or "current_setting" in line], plan
