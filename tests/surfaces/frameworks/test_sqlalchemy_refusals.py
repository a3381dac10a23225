"""SQLAlchemy: what cannot be signed in, or would not be held by row level security, is refused before it is sent."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session

from gatepost.embedded import Server
from gatepost.frameworks.core import UnverifiedSession
from gatepost.frameworks.sqlalchemy import as_identity, guard, sign_in
from gatepost.identity import Identity
from gatepost.problem import Problem
from tests.conftest import Connect
from tests.surfaces.frameworks.guarded import WHO, seen, somebody, url_of

ADA = somebody()


@pytest.fixture
def made(cluster: Server, guarded_database: str) -> Iterator[Callable[..., Engine]]:
    """`made(user, **options)`: an engine, not guarded, disposed of at the end."""
    engines: list[Engine] = []

    def make(user: str = "authenticator", **options: Any) -> Engine:
        engines.append(create_engine(url_of(cluster, guarded_database, user=user), **options))
        return engines[-1]

    yield make
    for each in engines:
        each.dispose()


@pytest.fixture
def engine(made: Callable[..., Engine]) -> Engine:
    return guard(made())


def refusal(target: Session | Connection) -> str:
    """The code of the Problem that a statement meets; with what to do about it."""
    with pytest.raises(Problem) as refused:
        target.execute(WHO)
    assert refused.value.hint
    return refused.value.code


# ------------------------------------------------------------------------------------------------ no transaction


def test_autocommit_of_the_engine(made: Callable[..., Engine]):
    engine = guard(made(isolation_level="AUTOCOMMIT"))
    with Session(engine) as session, as_identity(session, ADA):
        assert refusal(session) == "autocommit"
    committed = engine.connect().execution_options(isolation_level="READ COMMITTED")
    with committed as connection, as_identity(connection, ADA):
        assert connection.execute(WHO).one() == seen(ADA)


def test_autocommit_of_a_copy_a_session_a_connection(engine: Engine):
    option = {"isolation_level": "AUTOCOMMIT"}
    with Session(engine.execution_options(**option)) as session, as_identity(session, ADA):
        assert refusal(session) == "autocommit"
    with Session(engine) as session, as_identity(session, ADA):
        session.connection(execution_options=option)
        assert refusal(session) == "autocommit"
    with engine.connect() as connection, as_identity(connection, ADA):
        connection.execution_options(isolation_level="AUTOCOMMIT")
        assert refusal(connection) == "autocommit"
    with engine.connect() as connection, as_identity(connection, ADA):
        assert connection.execute(WHO).one() == seen(ADA), "it is not the connection's for ever"


def test_autocommit_of_the_driver(engine: Engine):
    with engine.connect() as connection, as_identity(connection, ADA):
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        driver.autocommit = True
        assert refusal(connection) == "autocommit"
        driver.autocommit = False


def test_two_phases(engine: Engine):
    with engine.connect() as connection, as_identity(connection, ADA):
        with pytest.raises(Problem, match="two phases"):
            connection.begin_twophase()
        assert connection.execute(WHO).one() == seen(ADA)
    with Session(engine, twophase=True) as session, as_identity(session, ADA):
        assert refusal(session) == "two_phase"


# ------------------------------------------------------------------------------------------------ logins and roles


@pytest.fixture(scope="module")
def logins(connect: Connect, guarded_database: str) -> Iterator[str]:
    """Roles of this test's own, by the name they begin with."""
    name, admin = guarded_database.removeprefix("test_"), connect("supabase_admin", guarded_database)
    roles = {"boss": "superuser login", "free": "bypassrls login", "heir": "login noinherit"}
    for role, attributes in roles.items():
        admin.execute(f"create role {role}_{name} {attributes} in role anon, authenticated")  # pyright: ignore
    admin.execute(f"grant boss_{name} to heir_{name}")  # pyright: ignore
    yield name
    for role in reversed(roles):
        admin.execute(f"drop role {role}_{name}")  # pyright: ignore


@pytest.mark.parametrize(
    ("login", "why"), [("boss", "is a superuser"), ("heir", "may become boss_"), ("free", "has BYPASSRLS")]
)
def test_logins_that_row_level_security_does_not_hold(made: Callable[..., Engine], logins: str, login: str, why: str):
    engine = guard(made("supabase_admin"))

    @event.listens_for(engine, "connect")
    def become(connection: psycopg.Connection, _: object) -> None:
        connection.execute(f"set session authorization {login}_{logins}")  # pyright: ignore
        connection.commit()

    for _ in range(2):  # also on a connection that is known
        with Session(engine) as session, as_identity(session, ADA):
            for _ in range(2):  # and in a transaction that goes on
                with pytest.raises(Problem, match=why) as refused:
                    session.execute(WHO)
                assert refused.value.code == "login_not_safe"


def test_a_login_is_looked_at_once_for_each_connection(engine: Engine):
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    for _ in range(3):
        with Session(engine) as session, as_identity(session, ADA):
            session.execute(WHO)
    assert sum("rolsuper" in statement for statement in sent) == 1


@pytest.mark.parametrize("role", ["service_role", "nobody of that name", "postgres", "supabase_admin"])
def test_roles_that_the_login_may_not_take(engine: Engine, role: str):
    with Session(engine) as session:
        with as_identity(session, Identity(role, {"sub": "1", "secret": "hush"})):
            with pytest.raises(Problem, match=role) as refused:
                session.execute(WHO)
            assert (refused.value.code, refused.value.status) == ("role_not_allowed", 403)
            assert "hush" not in str(refused.value)
        session.rollback()
        assert session.execute(WHO).one() == ("anon", "")


# ------------------------------------------------------------------------------------------------ no guard


def test_an_engine_that_nobody_guards(made: Callable[..., Engine]):
    with made().connect() as connection:
        with pytest.raises(Problem, match="not guarded"), as_identity(connection, ADA):
            pass
        with pytest.raises(Problem, match="not guarded"):
            sign_in(connection)
    with Session(made()) as session:
        with as_identity(session, ADA):
            assert refusal(session) == "not_guarded"
        session.rollback()
        assert session.scalar(text("select current_user")) == "authenticator"
        with pytest.raises(Problem, match="not guarded"), as_identity(session, ADA):
            pass


def test_a_session_that_also_uses_such_an_engine(made: Callable[..., Engine], engine: Engine):
    with Session(engine) as session, as_identity(session, ADA):
        assert session.execute(WHO).one() == seen(ADA)
        with pytest.raises(Problem, match="not guarded"):
            session.execute(WHO, bind_arguments={"bind": made()})


def test_a_connection_from_before_the_guard(made: Callable[..., Engine]):
    engine = made()
    with engine.connect() as connection:
        guard(engine)
        assert refusal(connection) == "not_guarded"
        connection.rollback()
    with engine.connect() as connection:
        assert connection.execute(WHO).one() == ("anon", "")


def test_other_databases():
    with pytest.raises(Problem, match="sqlite"):
        guard(create_engine("sqlite://"))


# ------------------------------------------------------------------------------------------------ what is no identity


@pytest.mark.parametrize(
    "given",
    [{"role": "authenticated", "sub": "1"}, None, "authenticated", UnverifiedSession("a.b.c", "r", "{}", 0)],
    ids=lambda given: type(given).__name__,
)
def test_only_an_identity_is_one(engine: Engine, given: Any):
    with Session(engine) as session:
        name = type(given).__name__
        with pytest.raises(TypeError, match=f"an Identity, not {name}: what was verified"), as_identity(session, given):
            pass
        assert session.execute(WHO).one() == ("anon", "")


def test_an_engine_is_everybodys(engine: Engine):
    with pytest.raises(TypeError, match="an engine is everybody's"), as_identity(engine, ADA):  # pyright: ignore
        pass


def test_comments_before_a_statement_cost_nothing(engine: Engine):
    comments = "/* traced */ " * 40
    with Session(engine) as session, as_identity(session, ADA):
        begun = time.process_time()
        assert session.execute(text(f"{comments} -- by\n {WHO}")).one() == seen(ADA)
        session.execute(text(f"{comments} commit"))
        assert time.process_time() - begun < 1.0
