"""The database engine: every statement is signed in, as whoever acts then."""

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, ProgrammingError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from gatepost.embedded import Server
from gatepost.frameworks.django import as_identity, current_identity
from gatepost.frameworks.django.checks import check_databases
from gatepost.identity import ANON, Identity
from gatepost.problem import Problem
from gatepost.project.state import State
from tests.conftest import Needs
from tests.serving import Served

from .conftest import ADA, BOB, aliased, database
from .notes.models import Note

WHO = "select current_user, coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), 'nobody')"
HERS, HIS, NOBODYS = ("authenticated", ADA.subject), ("authenticated", BOB.subject), ("anon", "nobody")


def who(cursor: Any = None) -> tuple[str, str]:
    """As whom a statement runs."""
    if cursor is not None:
        cursor.execute(WHO)
        return cursor.fetchone()
    with connection.cursor() as own:
        return who(own)


@pytest.fixture(autouse=True)
def notes(served_notes: Served) -> None:
    """One of hers, two of his."""
    served_notes.sql('delete from "Note"')
    for owner, body in ((ADA, "hers"), (BOB, "his"), (BOB, "his other")):
        served_notes.sql('insert into "Note" (body, "ownerId") values (%s, %s)', (body, owner.subject))


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What cursors send."""
    found: list[str] = []
    send = psycopg.Cursor._execute_gen

    def noted(self: Any, query: Any, *args: Any, **options: Any) -> Any:
        found.append(query.decode() if isinstance(query, bytes) else str(query))
        return send(self, query, *args, **options)

    monkeypatch.setattr(psycopg.Cursor, "_execute_gen", noted)
    return found


def round_trips(alias: str, file: Path, work: Callable[[], object]) -> int:
    """How often a connection meanwhile turns from sending to waiting."""
    held = connections[alias].connection.pgconn
    with file.open("wb") as output:
        held.trace(output.fileno())
        work()
        held.untrace()
    ways = "".join(re.findall(r"^\S+ \S+\t([FB])", file.read_text(), re.MULTILINE))  # F: to the server, B: back
    return ways.count("FB")


@pytest.fixture(scope="module")
def dangerous(cluster: Server, needs: Needs) -> Iterator[dict[str, str]]:
    """Logins that no policy binds; PostgreSQL 15 lets in by its socket whom it has been told of when it was set up."""
    needs("the embedded PostgreSQL")
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        admin.execute("create role django_bypasses login bypassrls")
        admin.execute("create role django_climbs login noinherit")
        admin.execute("grant supabase_admin to django_climbs")
        logins = {"superuser": cluster.dsn()}
        yield logins | {name: cluster.dsn(f"django_{name}") for name in ("bypasses", "climbs")}
        admin.execute("drop role django_bypasses, django_climbs")


def bodies(using: str = "default") -> list[str]:
    return sorted(Note.objects.using(using).values_list("body", flat=True))


def test_a_statement_outside_of_a_transaction_is_signed_in():
    with as_identity(ADA):
        assert (who(), bodies()) == (HERS, ["hers"])
        Note.objects.create(body="new", owner_id=ADA.subject)
        assert bodies() == ["hers", "new"]
    with as_identity(BOB):
        assert (who(), bodies()) == (HIS, ["his", "his other"])


def test_nobody_is_anon():
    assert current_identity() is None
    assert (who(), bodies()) == (NOBODYS, [])
    with as_identity(ANON):
        assert who() == NOBODYS
    with pytest.raises(ProgrammingError, match="row-level security"):
        Note.objects.create(body="mine?", owner_id=ADA.subject)


def test_nothing_is_left_behind_on_the_connection():
    with as_identity(ADA):
        who()
        with transaction.atomic():
            who()
    raw = psycopg.Cursor(connection.connection)
    assert raw.execute("select current_user = session_user").fetchone() == (True,)
    assert raw.execute("select current_setting('request.jwt.claims', true)").fetchone() == ("",)


# ------------------------------------------------------------------------------------------------------- transactions


def test_a_transaction_is_signed_in_once(statements: list[str]):
    with as_identity(ADA), transaction.atomic():
        assert who() == HERS
        statements.clear()
        assert (who(), bodies()) == (HERS, ["hers"])
    assert not [each for each in statements if "set_config" in each]


def test_a_transaction_costs_no_more_round_trips_than_djangos(tmp_path: Path):
    """BEGIN goes along with the signing in; a statement by itself, with its own."""

    def counted(alias: str) -> tuple[int, int]:
        with connections[alias].cursor() as cursor:
            alone = round_trips(alias, tmp_path / alias, lambda: cursor.execute("select 1"))
            begun = transaction.atomic(using=alias)(lambda: cursor.execute("select 1"))
            return alone, round_trips(alias, tmp_path / alias, begun)

    assert counted("default") == counted("owner") == (1, 3)


def test_nested_and_rolled_back_transactions_stay_signed_in():
    with as_identity(ADA), transaction.atomic():
        Note.objects.create(body="kept", owner_id=ADA.subject)
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            Note.objects.create(body="undone", owner_id=ADA.subject)
            raise ZeroDivisionError
        assert (who(), bodies()) == (HERS, ["hers", "kept"])
        with transaction.atomic(), transaction.atomic():
            assert who() == HERS
    with pytest.raises(ZeroDivisionError), as_identity(ADA), transaction.atomic():
        Note.objects.all().delete()
        raise ZeroDivisionError
    with as_identity(ADA):
        assert (who(), bodies()) == (HERS, ["hers", "kept"])


def test_an_identity_that_changes_within_a_transaction_counts_at_once():
    """As in a TestCase of Django's, which is one transaction."""
    with transaction.atomic():
        with as_identity(ADA):
            assert bodies() == ["hers"]
        assert who() == NOBODYS
        with as_identity(BOB):
            assert bodies() == ["his", "his other"]


def test_a_savepoint_that_is_gone_back_to_does_not_bring_another_back():
    with transaction.atomic():
        with as_identity(ADA):
            assert who() == HERS
        with as_identity(BOB):
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                assert who() == HIS
                raise ZeroDivisionError
            assert who() == HIS
            point = transaction.savepoint()
            with as_identity(ADA), connection.cursor() as cursor:
                assert who(cursor) == HERS
                cursor.execute(f'/* as by hand */ select 1; rollback to savepoint "{point}"')
                assert who(cursor) == HERS


def test_after_an_error_within_a_savepoint_the_transaction_goes_on():
    with as_identity(ADA), transaction.atomic():
        with pytest.raises(ProgrammingError), transaction.atomic():
            Note.objects.create(body="not hers", owner_id=BOB.subject)
        assert (who(), bodies()) == (HERS, ["hers"])


@pytest.mark.parametrize("text", ["reset role", "set role anon", "discard temp", "commit", "select 1; reset role"])
def test_what_a_program_says_of_the_role_ends_with_its_statement(text: str):
    with as_identity(ADA), connection.cursor() as cursor:
        cursor.execute(text)
        assert who(cursor) == HERS
        with transaction.atomic():
            who(cursor)
            cursor.execute(text)
            assert who(cursor) == HERS


def test_transactions_begun_by_hand_are_signed_in():
    with as_identity(ADA), connection.cursor() as cursor:
        with transaction.atomic():
            who(cursor)
        for _ in range(2):
            with connection.connection.transaction():
                assert who(cursor) == HERS
        with transaction.atomic(), connection.connection.transaction():
            assert who(cursor) == HERS
        cursor.execute("begin")
        with as_identity(BOB):
            assert who(cursor) == HIS
        assert who(cursor) == HERS
        cursor.execute("rollback")


def test_autocommit_can_be_off():
    with as_identity(ADA):
        transaction.set_autocommit(False)
        assert who() == HERS
        transaction.rollback()
        with as_identity(BOB):
            assert who() == HIS
        transaction.rollback()
        assert who() == HERS
        transaction.rollback()
        transaction.set_autocommit(True)
        assert who() == HERS


# ------------------------------------------------------------------------------------------------- all ways to execute


def test_cursors_of_the_server_are_read_as_who_opened_them():
    with as_identity(BOB):
        for within in (False, True):
            with transaction.atomic() if within else as_identity(BOB):
                found = Note.objects.order_by("body").iterator(chunk_size=1)
                first = next(found).body
                with as_identity(ADA):
                    assert bodies() == ["hers"]
                    second = next(found).body
                    assert who() == HERS
                assert (first, second, list(found)) == ("his", "his other", [])
                assert who() == HIS


def test_what_a_cursor_of_the_server_makes_while_it_is_read_is_its_openers():
    with transaction.atomic():
        with as_identity(BOB):
            cursor = connection.chunked_cursor()
            cursor.execute(f"{WHO} from generate_series(1, 5)")
        with as_identity(ADA):
            assert who() == HERS
            assert [cursor.fetchone(), *cursor.fetchmany(1)] == [HIS] * 2
            assert who() == HERS
            cursor.scroll(1)
            cursor.cursor.itersize = 1
            assert next(cursor.cursor) == HIS
            assert who() == HERS
            assert cursor.fetchall() == [HIS]
            assert who() == HERS
        cursor.close()


def test_many_copy_and_stream_are_signed_in():
    with as_identity(BOB), connection.cursor() as cursor:
        cursor.executemany('insert into "Note" (body, "ownerId") values (%s, %s)', [("third", BOB.subject)] * 2)
        assert len(bodies()) == 4
        with cursor.copy('copy (select body from "Note" order by 1 limit 1) to stdout') as copy:
            assert [row[0] for row in copy.rows()] == ["his"]
        assert [row[0] for row in cursor.stream('select body from "Note" order by 1 limit 1')] == ["his"]
        assert list(connection.connection.execute(WHO)) == [HIS]
        cursor.callproc("now")
        with transaction.atomic():
            cursor.executemany('delete from "Note" where body = %s', [("third",)])
            assert len(list(cursor.stream(WHO))) == 1
    with as_identity(ADA), connection.cursor() as cursor, pytest.raises(ProgrammingError, match="row-level security"):
        cursor.executemany('insert into "Note" (body, "ownerId") values (%s, %s)', [("not hers", BOB.subject)])


@pytest.mark.parametrize("kind", ["client binding", "server binding"])
def test_statements_of_every_kind_are_signed_in(logins: State, kind: str):
    more: dict[str, Any] = {} if kind == "client binding" else {"OPTIONS": {"server_side_binding": True}}
    own = 'select body from "Note" where body like '
    with aliased("other", database(logins.logins["authenticator"], **more)) as other:
        for within in (False, True):
            for query, params in (
                (own + "'h%'", None),
                (own + "%s || '%%'", ["h"]),
                (own + "%(begin)s", {"begin": "h%"}),
                (own.encode() + b"%s", ["h%"]),
                (psycopg.sql.SQL(own) + psycopg.sql.Literal("h%"), None),
                ("-- a word before\n" + own + "'h%';", None),
            ):
                atomic = transaction.atomic(using="other") if within else nullcontext()
                with as_identity(ADA), atomic, other.cursor() as cursor:
                    cursor.execute(query, params)
                    assert (cursor.fetchall(), cursor.rowcount, cursor.description[0].name) == ([("hers",)], 1, "body")
                    assert cursor.nextset() is None


def test_what_django_shows_of_statements_is_the_programs_own():
    with as_identity(ADA), CaptureQueriesContext(connection) as shown:
        Note.objects.filter(body="hers").exists()
    [query] = shown
    assert query["sql"] == """SELECT 1 AS "a" FROM "Note" WHERE "Note"."body" = 'hers' LIMIT 1"""


def test_several_statements_have_their_own_results():
    with as_identity(ADA), connection.cursor() as cursor:
        for _ in range(2):
            cursor.execute(f"select 1; {WHO}")
            assert cursor.fetchall() == [(1,)]
            assert cursor.nextset()
            assert (cursor.fetchall(), cursor.nextset()) == ([HERS], None)


def test_pipelines_of_ones_own_are_signed_in():
    with as_identity(ADA), connection.cursor() as cursor, connection.cursor() as other:
        with connection.connection.pipeline():
            cursor.execute(WHO)
            with as_identity(BOB):
                other.execute(WHO)
        assert (cursor.fetchone(), other.fetchone()) == (HERS, HIS)


def test_rows_are_locked_as_their_reader():
    with as_identity(BOB), transaction.atomic():
        [note] = Note.objects.select_for_update(skip_locked=True).filter(body="his")
        assert str(note.owner_id) == BOB.subject
        assert not Note.objects.select_for_update().filter(body="hers").exists()


def test_writes_touch_the_writers_rows_alone():
    with as_identity(ADA):
        assert Note.objects.update(body="changed") == 1
        assert Note.objects.filter(owner_id=BOB.subject).delete()[0] == 0
        assert len(Note.objects.bulk_create([Note(body=each, owner_id=ADA.subject) for each in "xy"])) == 2
        note, made = Note.objects.get_or_create(body="changed", defaults={"owner_id": ADA.subject})
        assert (str(note.owner_id), made) == (ADA.subject, False)
        assert Note.objects.raw('select * from "Note" where body = %s', ["his"])[:] == []


# -------------------------------------------------------------------------------------------------- threads and loops


def test_threads_at_the_same_time_never_meet():
    barrier = threading.Barrier(2)

    def ask(identity: Identity) -> set[tuple[str, ...]]:
        try:
            with as_identity(identity):
                barrier.wait(10)
                found = {tuple(bodies()) for _ in range(10)}
                with transaction.atomic():
                    found |= {tuple(bodies()) for _ in range(10)}
                return found
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        hers, his = threads.map(ask, (ADA, BOB))
    assert (hers, his) == ({("hers",)}, {("his", "his other")})


def test_a_thread_of_ones_own_acts_as_nobody():
    def ask() -> tuple[str, str]:
        try:
            return who()
        finally:
            connections.close_all()

    with as_identity(ADA), ThreadPoolExecutor(1) as thread:
        assert thread.submit(ask).result() == NOBODYS


async def test_asynchronous_code_acts_as_its_task():
    closing = sync_to_async(connections.close_all)
    with as_identity(ADA):
        assert [note.body async for note in Note.objects.all()] == ["hers"]
        assert await sync_to_async(who)() == HERS
        with as_identity(BOB):
            assert await Note.objects.acount() == 2
        await Note.objects.acreate(body="new", owner_id=ADA.subject)
    assert await Note.objects.acount() == 0
    await closing()


# ------------------------------------------------------------------------------------------------ ways to be connected


@pytest.mark.parametrize(
    "more",
    [
        {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True},
        {"OPTIONS": {"pool": {"min_size": 1, "max_size": 2}}, "CONN_HEALTH_CHECKS": True},
        {"OPTIONS": {"server_side_binding": True}},
        {"OPTIONS": {"prepare_threshold": 0}},
        {"TIME_ZONE": None, "OPTIONS": {"isolation_level": psycopg.IsolationLevel.SERIALIZABLE}},
    ],
    ids=["persistent", "pool", "server binding", "prepared", "serializable"],
)
def test_however_connections_are_kept(logins: State, more: dict[str, Any]):
    with aliased("other", database(logins.logins["authenticator"], **more)) as other:
        for identity, seen in ((ADA, ["hers"]), (BOB, ["his", "his other"]), (ADA, ["hers"])):
            with as_identity(identity):
                assert bodies("other") == seen
                with transaction.atomic(using="other"):
                    assert bodies("other") == seen
                    assert [note.body for note in Note.objects.using("other").order_by("body").iterator()] == seen
            other.errors_occurred = True  # has it checked
            other.close_if_unusable_or_obsolete()
        assert other.is_usable() or other.connection is None
        other.close()
        other.close_pool()


@pytest.mark.parametrize("login", ["superuser", "bypasses", "climbs"])
def test_a_login_that_no_policy_binds_is_refused(login: str, dangerous: dict[str, str]):
    for more in ({}, {"OPTIONS": {"pool": {"min_size": 1, "max_size": 1}}}):
        with aliased("other", database(dangerous[login], **more)) as other:
            for _ in range(2):
                with pytest.raises(ImproperlyConfigured, match="no policy binds it"), other.cursor() as cursor:
                    cursor.execute("select 1")
                assert other.connection is None
            [error] = check_databases(databases=["other"])
            assert (error.id, "no policy binds it" in error.msg) == ("gatepost.E006", True)
            other.close_pool()


@pytest.mark.parametrize("option", [{"assume_role": "authenticated"}, {"cursor_factory": psycopg.ClientCursor}])
def test_options_that_would_go_round_it_are_refused(logins: State, option: dict[str, Any]):
    with (
        aliased("other", database(logins.logins["authenticator"], OPTIONS=option)) as other,
        pytest.raises(ImproperlyConfigured, match="has no place in OPTIONS"),
    ):
        other.ensure_connection()


def test_without_an_identity_it_can_be_refused(configured: Any):
    configured(WITHOUT_IDENTITY="refuse")
    with pytest.raises(Problem, match="nobody has said as whom"):
        who()
    with pytest.raises(Problem), transaction.atomic():
        Note.objects.count()
    assert "Note" in connection.introspection.table_names()  # as `runserver` asks
    assert connection.is_usable()
    with as_identity(ANON):
        assert who() == NOBODYS


@pytest.mark.parametrize("other", [None, ADA.subject, ADA.claims, "authenticated"])
def test_only_an_identity_acts(other: Any):
    with pytest.raises(TypeError, match="nobody has verified it"), as_identity(other):
        pass
    assert current_identity() is None


def test_a_role_that_the_login_may_not_take_is_refused():
    with as_identity(Identity("service_role", {"role": "service_role"})):
        with pytest.raises(DatabaseError, match="permission denied to set role"):
            who()
        with pytest.raises(DatabaseError), transaction.atomic():
            who()
    with as_identity(ADA):
        assert who() == HERS
