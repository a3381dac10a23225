"""SQLAlchemy: every transaction of a guarded engine is somebody's, for as long as that is said and no longer."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, create_engine, func, select, text
from sqlalchemy.exc import DBAPIError, InternalError, OperationalError
from sqlalchemy.orm import Session, scoped_session, sessionmaker
from sqlalchemy.pool import NullPool
from werkzeug.local import LocalProxy

from gatepost.embedded import Server
from gatepost.frameworks.sqlalchemy import as_identity, guard, sign_in
from gatepost.identity import ANON
from gatepost.problem import Problem
from tests.conftest import Connect
from tests.surfaces.frameworks.guarded import WHO, Note, seen, somebody, url_of

ADA, BOB = somebody(), somebody()
NOBODY = ("anon", "")
COUNT = select(func.count()).select_from(Note)


class Exec(Session):
    """As SQLModel's session is made."""

    def exec(self, statement: Any) -> Any:
        return self.scalars(statement)


@pytest.fixture
def engine(cluster: Server, guarded_database: str) -> Iterator[Engine]:
    """One connection, so that whoever comes next has the one before's."""
    engine = guard(create_engine(url_of(cluster, guarded_database), pool_size=1, max_overflow=0))
    yield engine
    engine.dispose()


def who(target: Session | Connection | scoped_session[Session]) -> tuple[str, str]:
    role, subject = target.execute(WHO).one()
    return role, subject


# ------------------------------------------------------------------------------------------------ whose


@contextmanager
def connection(engine: Engine) -> Generator[Connection]:
    with engine.connect() as opened, opened.begin():
        yield opened


@contextmanager
def scoped(engine: Engine) -> Generator[scoped_session[Session]]:
    opened = scoped_session(sessionmaker(engine))
    yield opened
    opened.remove()


@contextmanager
def over_a_connection(engine: Engine) -> Generator[Session]:
    with engine.connect() as opened, Session(opened) as session:
        yield session


WAYS: dict[str, Callable[[Engine], Any]] = {
    "Session": Session,
    "sessionmaker": lambda engine: sessionmaker(engine)(),
    "sessionmaker.begin": lambda engine: sessionmaker(engine).begin(),
    "scoped_session": scoped,
    "a subclass": Exec,
    "engine.connect": lambda engine: engine.connect(),
    "Connection.begin": connection,
    "engine.begin": lambda engine: engine.begin(),
    "a session over a connection": over_a_connection,
}


@pytest.mark.parametrize("way", WAYS)
def test_rows_are_ones_own(engine: Engine, way: str):
    ada, bob = somebody(), somebody()
    for person, body in ((ada, "by Ada"), (bob, "by Bob")):
        with WAYS[way](engine) as target, as_identity(target, person):
            target.execute(text("insert into notes (body) values (:body)"), {"body": body})
            assert target.execute(text("select body from notes")).scalars().all() == [body]
            assert who(target) == seen(person)
            target.commit()
    with WAYS[way](engine) as target:
        assert who(target) == NOBODY
        assert target.execute(text("select body from notes")).all() == []


def test_the_orm_reads_and_writes_as_somebody(engine: Engine):
    ada = somebody()
    with Session(engine) as session, as_identity(session, ada):
        session.add_all([Note(body="one"), Note(body="two")])
        session.commit()
        assert [str(each.owner) for each in session.scalars(select(Note))] == [ada.subject] * 2
    with Session(engine) as session, as_identity(session, BOB):
        assert session.scalars(select(Note)).all() == []
        session.add(Note(body="in the name of another", owner=ada.subject))
        with pytest.raises(DBAPIError, match="row-level security"):
            session.commit()


def test_each_transaction_within_the_block(engine: Engine):
    with Session(engine) as session, as_identity(session, ADA):
        for end in (session.commit, session.rollback, session.close, session.commit):
            assert who(session) == seen(ADA)
            end()
    with engine.connect() as connection, as_identity(connection, ADA):
        for end in (connection.commit, connection.rollback, connection.commit):
            assert who(connection) == seen(ADA)
            end()


def test_who_is_bound_to_nobody_is_anon_or_refused(engine: Engine, cluster: Server, guarded_database: str):
    with engine.connect() as connection:
        assert who(connection) == NOBODY
        claims = connection.execute(text("select current_setting('request.jwt.claims')")).scalar_one()
        assert claims.encode() == ANON.claims_json
    strict = guard(create_engine(url_of(cluster, guarded_database)), without="refuse")
    with Session(strict) as session:
        with pytest.raises(Problem) as refused:
            session.execute(WHO)
        assert refused.value.code == "no_identity"
        with as_identity(session, ANON):
            assert who(session) == NOBODY
        with pytest.raises(Problem):
            session.execute(WHO)
    strict.dispose()


# ------------------------------------------------------------------------------------------------ for how long


def test_within_a_transaction_blocks_begin_nest_and_end(engine: Engine):
    with Session(engine) as session:
        assert who(session) == NOBODY
        with as_identity(session, ADA):
            assert who(session) == seen(ADA)
            with as_identity(session, BOB):
                assert who(session) == seen(BOB)
            assert who(session) == seen(ADA)
        assert who(session) == NOBODY
        assert session.in_transaction()


def test_blocks_that_end_in_another_order_leave_nothing(engine: Engine):
    with Session(engine) as session:
        first, second = as_identity(session, ADA), as_identity(session, BOB)
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert who(session) == seen(BOB)
        second.__exit__(None, None, None)
        assert who(session) == NOBODY


def test_an_error_in_the_block_ends_it(engine: Engine):
    with Session(engine) as session:
        with pytest.raises(DBAPIError), as_identity(session, ADA):
            session.execute(text("select 1 / 0"))
        session.rollback()
        assert who(session) == NOBODY
        with as_identity(session, ADA):
            assert who(session) == seen(ADA)


def test_a_transaction_that_failed_says_so_and_not_the_claims(engine: Engine):
    with Session(engine) as session:
        with pytest.raises(DBAPIError):
            session.execute(text("select 1 / 0"))
        with as_identity(session, ADA), pytest.raises(InternalError, match="transaction is aborted") as failed:
            session.execute(WHO)
        assert ADA.subject not in str(failed.value)


def test_another_session_of_the_engine_knows_nothing_of_it(cluster: Server, guarded_database: str):
    engine = guard(create_engine(url_of(cluster, guarded_database)))
    with Session(engine) as ada, Session(engine) as nobody, as_identity(ada, ADA), engine.connect() as connection:
        assert (who(ada), who(nobody), who(connection)) == (seen(ADA), NOBODY, NOBODY)
    engine.dispose()


def test_a_proxy_is_whoever_it_stood_for_when_it_was_bound(engine: Engine):
    """Frameworks have such: another request's thread would read another's."""
    current = ContextVar("current", default=ADA)
    with Session(engine) as session, as_identity(session, LocalProxy(current)):  # pyright: ignore
        current.set(BOB)
        assert who(session) == seen(ADA)


def test_scoped_sessions_of_other_threads_know_nothing_of_it(cluster: Server, guarded_database: str):
    engine, scope = guard(create_engine(url_of(cluster, guarded_database))), "first"
    sessions = scoped_session(sessionmaker(engine), scopefunc=lambda: scope)
    with as_identity(sessions, ADA):
        assert who(sessions) == seen(ADA)
        scope = "second"
        assert who(sessions) == NOBODY
        sessions.remove()
        scope = "first"
    assert who(sessions) == NOBODY
    sessions.remove()
    engine.dispose()


def test_what_a_statement_left_on_the_connection_is_not_believed(engine: Engine):
    """A setting of the session outlives its transaction, and helpers read the singular ones first."""
    left = ("request.jwt.claim", "request.jwt.claims", "request.jwt.claim.sub", "request.jwt.claim.email")
    with engine.begin() as connection, as_identity(connection, BOB):
        for name in (*left, "request.jwt.claim.role"):
            connection.execute(text("select set_config(:name, :value, false)"), {"name": name, "value": "evil"})
        connection.execute(text("set role anon"))
    helpers = text("select auth.uid()::text, auth.role(), auth.email(), auth.jwt() ->> 'sub', current_user")
    with engine.connect() as connection, as_identity(connection, ADA):
        role = ADA.role
        assert connection.execute(helpers).one() == (ADA.subject, role, ADA.claims["email"], ADA.subject, role)


@pytest.mark.parametrize("options", [{"poolclass": NullPool}, {"pool_reset_on_return": None}, {"pool_pre_ping": True}])
def test_however_connections_are_kept(cluster: Server, guarded_database: str, options: dict[str, Any]):
    engine = guard(create_engine(url_of(cluster, guarded_database), **options))
    for person in (ADA, BOB):
        with Session(engine) as session, as_identity(session, person):
            assert who(session) == seen(person)
    with engine.connect() as connection:
        assert who(connection) == NOBODY
    engine.dispose()


def test_a_connection_that_broke_is_somebodys_again(engine: Engine, connect: Connect, guarded_database: str):
    with Session(engine) as session, as_identity(session, ADA):
        process = session.execute(text("select pg_backend_pid()")).scalar_one()
        session.commit()
        connect("supabase_admin", guarded_database).execute("select pg_terminate_backend(%s)", (process,))
        with pytest.raises(OperationalError) as broken:
            session.execute(WHO)
        assert broken.value.connection_invalidated
        session.rollback()
        assert who(session) == seen(ADA)
        session.connection().invalidate()
        session.rollback()
        assert who(session) == seen(ADA)


# ------------------------------------------------------------------------------------------------ savepoints


def test_a_savepoint_gives_back_the_identity_that_was_before_it(engine: Engine):
    with Session(engine) as session, as_identity(session, ADA):
        assert who(session) == seen(ADA)
        savepoint = session.begin_nested()
        with as_identity(session, BOB):
            assert who(session) == seen(BOB)
            savepoint.rollback()
            assert who(session) == seen(BOB)
        assert who(session) == seen(ADA)


def test_a_savepoint_may_come_first(engine: Engine):
    with Session(engine) as session, as_identity(session, ADA):
        with pytest.raises(DBAPIError), session.begin_nested():
            assert who(session) == seen(ADA)
            session.execute(text("select 1 / 0"))
        assert who(session) == seen(ADA)


@pytest.mark.parametrize(
    "back", ["rollback to before", "ROLLBACK WORK TO SAVEPOINT before", "/* a */ rollback to before"]
)
def test_savepoints_by_hand(engine: Engine, back: str):
    with engine.connect() as connection, as_identity(connection, ADA):
        connection.execute(text("savepoint before"))
        with as_identity(connection, BOB):
            assert who(connection) == seen(BOB)
            connection.exec_driver_sql(back)
            assert who(connection) == seen(BOB)
        assert who(connection) == seen(ADA)


@pytest.mark.parametrize("end", ["commit", "-- so\n rollback", "end", "abort", "commit and chain"])
def test_a_transaction_ended_by_hand_is_followed_by_another(engine: Engine, end: str):
    with engine.connect() as connection, as_identity(connection, ADA):
        assert who(connection) == seen(ADA)
        connection.exec_driver_sql(end)
        assert who(connection) == seen(ADA)


# -------------------------------------------------------------------------------- several on one connection


def test_sessions_of_one_identity_share_a_connection(engine: Engine):
    with engine.connect() as connection, Session(connection) as first, Session(connection) as second:
        with as_identity(first, ADA), as_identity(second, ADA):
            assert (who(first), who(second), who(connection)) == (seen(ADA),) * 3
        with as_identity(connection, BOB):
            assert (who(first), who(second), who(connection)) == (seen(BOB),) * 3


def test_sessions_of_two_identities_do_not(engine: Engine):
    with engine.connect() as connection, Session(connection) as first, Session(connection) as second:
        with as_identity(first, ADA):
            assert who(first) == seen(ADA)
            with pytest.raises(Problem) as refused:
                who(second)
            assert refused.value.code == "two_identities"
            with as_identity(second, BOB), pytest.raises(Problem):
                who(first)
            second.close()
            assert who(first) == seen(ADA)
        with as_identity(connection, BOB), as_identity(first, ADA), pytest.raises(Problem):
            who(first)


def test_a_session_within_an_outer_transaction(engine: Engine):
    """As tests join theirs: what the session commits is a savepoint of the connection."""
    with engine.connect() as connection, connection.begin() as outer:
        with Session(connection, join_transaction_mode="create_savepoint") as session, as_identity(session, ADA):
            session.add(Note(body="for a while"))
            session.commit()
            assert session.scalar(COUNT) == 1
        assert who(connection) == NOBODY
        outer.rollback()
    with Session(engine) as session, as_identity(session, ADA):
        assert session.scalar(COUNT) == 0


def test_the_connection_of_a_session_is_its_sessions(engine: Engine):
    with Session(engine) as session, as_identity(session, ADA):
        assert who(session.connection()) == seen(ADA)


# ------------------------------------------------------------------------------------------------ ways of execution


@pytest.mark.parametrize("when", ["before", "after"])
def test_copies_of_the_engine_are_guarded(cluster: Server, guarded_database: str, when: str):
    engine = create_engine(url_of(cluster, guarded_database))
    guard(engine) if when == "before" else None
    copy = engine.execution_options(isolation_level="SERIALIZABLE")
    guard(engine) if when == "after" else None
    with Session(copy) as session, as_identity(session, ADA):
        assert who(session) == seen(ADA)
        assert session.execute(text("show transaction_isolation")).scalar() == "serializable"
    engine.dispose()


def test_a_guard_may_be_renewed(engine: Engine):
    with guard(engine, without="refuse").connect() as connection:
        with pytest.raises(Problem, match="without an identity"):
            who(connection)
        with as_identity(connection, ADA):
            assert who(connection) == seen(ADA)


def test_results_that_are_streamed(engine: Engine):
    numbers = text("select n, auth.uid()::text from generate_series(1, 50) n")
    with engine.connect() as connection, as_identity(connection, ADA):
        connection.execution_options(stream_results=True, max_row_buffer=5)
        assert {subject for _, subject in connection.execute(numbers)} == {ADA.subject}
    with Session(engine) as session:
        with as_identity(session, ADA):
            streamed = session.execute(numbers, execution_options={"yield_per": 5})
            assert {next(streamed)[1] for _ in range(7)} == {ADA.subject}
        assert {subject for _, subject in streamed} == {ADA.subject}, "nothing was sent since"


def test_what_goes_past_sqlalchemy(engine: Engine):
    ada = somebody()
    with Session(engine) as session, as_identity(session, ada):
        sign_in(session.connection())
        driver = session.connection().connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        driver.execute("insert into notes (body) values ('by hand')")
        with driver.cursor().copy("copy (select owner::text, body from notes) to stdout") as copied:
            assert list(copied.rows()) == [(ada.subject, "by hand")]


def test_outside_of_its_transaction_it_is_the_login_which_has_no_rights(engine: Engine):
    """What a program that goes past SQLAlchemy gets: an error."""
    with engine.connect() as connection, as_identity(connection, ADA):
        assert who(connection) == seen(ADA)
        connection.commit()
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        left = driver.execute("select current_user, current_setting('request.jwt.claims', true)").fetchone()
        assert left == ("authenticator", "")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            driver.execute("select * from notes")
