"""SQLAlchemy's asynchronous sessions, with psycopg and asyncpg: the same block, also where tasks are cancelled."""

import asyncio
import gc
import inspect
import random
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, select, text
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    AsyncSessionTransaction,
    async_scoped_session,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import Session

from gatepost.embedded import Server
from gatepost.frameworks.sqlalchemy import as_identity, guard, sign_in
from gatepost.identity import Identity
from gatepost.problem import Problem
from tests.surfaces.frameworks.guarded import WHO, Note, Wire, seen, somebody, url_of

ADA, BOB = somebody(), somebody()
NOBODY = ("anon", "")
DRIVERS = ["psycopg", "asyncpg"]
PEOPLE = [somebody() for _ in range(6)]
ONE = text("select 1")
SLOWLY = text("select current_user::text, coalesce(auth.uid()::text, ''), pg_sleep(:seconds)::text")


@pytest.fixture(params=DRIVERS)
async def engine(request: pytest.FixtureRequest, cluster: Server, guarded_database: str) -> AsyncIterator[AsyncEngine]:
    engine = guard(create_async_engine(url_of(cluster, guarded_database, request.param), pool_size=1, max_overflow=0))
    yield engine
    await engine.dispose()


async def who(target: AsyncSession | AsyncConnection | async_scoped_session[AsyncSession]) -> tuple[str, str]:
    role, subject = (await target.execute(WHO)).one()
    return role, subject


async def test_each_transaction_of_a_session(engine: AsyncEngine):
    ada = somebody()
    async with AsyncSession(engine) as session:
        assert await who(session) == NOBODY
        with as_identity(session, ada):
            session.add(Note(body="one"))
            await session.commit()
            assert [str(each.owner) for each in await session.scalars(select(Note))] == [ada.subject]
            with as_identity(session, BOB):
                assert await who(session) == seen(BOB)
            await session.rollback()
            assert await who(session) == seen(ada)
        assert await who(session) == NOBODY
    async with async_sessionmaker(engine).begin() as session:
        with as_identity(session, BOB):
            assert await who(session) == seen(BOB)


async def test_connections_and_scoped_sessions(engine: AsyncEngine):
    async with engine.begin() as connection:
        with as_identity(connection, ADA):
            assert await who(connection) == seen(ADA)
            async with connection.begin_nested() as savepoint:
                with as_identity(connection, BOB):
                    assert await who(connection) == seen(BOB)
                    await savepoint.rollback()
            assert await who(connection) == seen(ADA)
    scoped = async_scoped_session(async_sessionmaker(engine), scopefunc=asyncio.current_task)
    with as_identity(scoped, BOB):
        assert await who(scoped) == seen(BOB)
    await scoped.remove()
    with pytest.raises(TypeError, match="has to be started"), as_identity(engine.connect(), ADA):
        pass


async def test_results_that_are_streamed(engine: AsyncEngine):
    numbers = text("select n, auth.uid()::text from generate_series(1, 50) n")
    async with AsyncSession(engine) as session:
        with as_identity(session, ADA):
            streamed = await session.stream(numbers, execution_options={"yield_per": 5})
            assert {subject async for _, subject in streamed} == {ADA.subject}
    async with engine.connect() as connection:
        await connection.execution_options(stream_results=True)
        with as_identity(connection, BOB):
            assert {subject async for _, subject in await connection.stream(numbers)} == {BOB.subject}


async def test_what_goes_past_sqlalchemy(engine: AsyncEngine):
    async with engine.connect() as connection:
        with as_identity(connection, ADA):
            await connection.run_sync(sign_in)
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None
            if engine.driver == "asyncpg":
                assert await driver.fetchval("select auth.uid()::text") == ADA.subject
            else:
                assert await (await driver.execute("select auth.uid()::text")).fetchone() == (ADA.subject,)


async def test_what_cannot_be_signed_in_is_refused(engine: AsyncEngine):
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        with pytest.raises(Problem) as refused:
            await who(connection)
        assert refused.value.code == "autocommit"
    async with AsyncSession(engine) as session:
        with as_identity(session, somebody("service_role")), pytest.raises(Problem) as refused:
            await who(session)
        assert refused.value.code == "role_not_allowed"
        await session.rollback()
        assert await who(session) == NOBODY


@pytest.mark.parametrize("driver", DRIVERS)
async def test_identities_hold_where_tasks_are_cancelled(cluster: Server, guarded_database: str, driver: str):
    """Few connections, more people; tasks are cancelled while a statement is under way, the one that signs in too."""
    engine = guard(create_async_engine(url_of(cluster, guarded_database, driver), pool_size=3, max_overflow=0))
    chance, ended, answers = random.Random(6), Counter[str](), list[tuple[Identity | None, tuple[str, str]]]()

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def interrupt(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        task = asyncio.current_task()
        if task is not None and task.get_name() == "fragile" and chance.random() < 0.2:
            asyncio.get_running_loop().call_later(chance.choice((0, 0, 0.0005, 0.001)), task.cancel)
            ended["signing in" if "set_config" in statement else "later"] += 1

    async def once(person: Identity | None) -> None:
        async with AsyncSession(engine) as session:
            with as_identity(session, person) if person else nullcontext():
                for _ in range(3):
                    role, subject, _ = (await session.execute(SLOWLY, {"seconds": chance.random() / 500})).one()
                    answers.append((person, (role, subject)))
                    await session.commit()

    async def visitor(person: Identity) -> None:
        for each in (person, None) * 6:
            await asyncio.wait({asyncio.create_task(once(each), name="fragile")})

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # a driver's connection that was cancelled while it opened
        await asyncio.gather(*map(visitor, PEOPLE))
        gc.collect()
    await asyncio.gather(*(once(None) for _ in range(9)))
    assert min(ended["signing in"], ended["later"], len(answers) - 27) > 10
    assert [answer for person, answer in answers if answer != (seen(person) if person else NOBODY)] == []
    await engine.dispose()


# ------------------------------------------------------------------------------------------------ what it costs


async def visit(engine: Engine | AsyncEngine, person: Identity | None) -> None:
    """One transaction, several statements, a savepoint that is rolled back (where SQLAlchemy can: not streaming)."""
    session = AsyncSession(engine) if isinstance(engine, AsyncEngine) else Session(engine)
    with as_identity(session, person) if person else nullcontext():
        await _waited(session.scalar(ONE))
        if "stream_results" not in engine.get_execution_options():
            await savepoint(session)
        await _waited(session.scalar(ONE))
        await _waited(session.commit())
    await _waited(session.close())


async def savepoint(session: Session | AsyncSession) -> None:
    nested = session.begin_nested()
    if isinstance(nested, AsyncSessionTransaction):
        await nested
    await _waited(session.scalar(ONE))
    await _waited(nested.rollback())


async def _waited(result: Any) -> None:
    if inspect.isawaitable(result):
        await result


@pytest.fixture(scope="module")
def wire(cluster: Server, guarded_database: str, scratch: Path) -> Iterator[Wire]:
    url = url_of(cluster, guarded_database)
    folder = scratch / "wire"
    folder.mkdir()
    wire = Wire(folder, f"{url.query['host']}/.s.PGSQL.{url.query['port']}")
    yield wire
    wire.close()


@pytest.mark.parametrize("driver", ["psycopg, blocking", "psycopg, streaming", "psycopg", "asyncpg"])
async def test_a_transaction_costs_one_round_trip_more(wire: Wire, cluster: Server, guarded_database: str, driver: str):
    name, _, blocking = driver.partition(",")
    url = url_of(cluster, guarded_database, name).set(query={"host": str(wire.folder), "port": "5432"})
    plain, guarded = ((create_engine if blocking else create_async_engine)(url) for _ in range(2))
    if "streaming" in driver:
        plain, guarded = (each.execution_options(stream_results=True) for each in (plain, guarded))
    guard(guarded)  # pyright: ignore
    trips = {"plain": 0, "a person": 0, "nobody": 0}
    for _ in range(4):  # a connection that is new is looked at, and drivers prepare what they have sent before
        for name, engine, person in (("plain", plain, None), ("a person", guarded, ADA), ("nobody", guarded, None)):
            before = wire.trips
            await visit(engine, person)
            trips[name] = wire.trips - before
    assert trips["plain"] >= 5
    assert (trips["a person"], trips["nobody"]) == (trips["plain"] + 1,) * 2
    for engine in (plain, guarded):
        await _waited(engine.dispose())
