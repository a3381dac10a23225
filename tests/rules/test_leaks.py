"""No request sees what another left behind on its connection.

Each channel is a deed of one person and a look of the next one on the same connection, at both doors: an exclusive
connection and a lane. Channels no surface reaches are driven at the scope's door, by statements that claim to be inert.
Each channel also names its measure: with that measure taken away, the same look must find the leak.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from gatepost.database import connection as connections
from gatepost.database import lanes, pool, prelude, wash
from gatepost.database.scope import Database
from gatepost.database.values import Context
from gatepost.embedded import Server
from gatepost.identity import ANON, Identity
from gatepost.problem import DatabaseProblem, Problem
from gatepost.query.sql import Statement
from gatepost.settings import DatabaseSettings, Seconds

Sabotage = Callable[[pytest.MonkeyPatch], None]
SQL = (Path(__file__).parent / "leaks.sql").read_text()
DOORS = ["pool", "lane"]


def person(number: int) -> Identity:
    return Identity("authenticated", {"sub": f"00000000-0000-0000-0000-{number:012}", "role": "authenticated"})


ANN, BOB = person(1), person(2)


def without(*commands: str) -> Sabotage:
    """Take commands out of the wash (and DISCARD ALL, which covers them all)."""

    def sabotage(patch: pytest.MonkeyPatch) -> None:
        kept = [each for each in wash.WASH if not any(name in each.text for name in commands)]
        assert len(kept) == len(wash.WASH) - len(commands)
        patch.setattr(lanes, "WASH", kept)
        patch.setattr(lanes, "BETWEEN", [each for each in wash.BETWEEN_READS if each in kept])
        patch.setattr(pool, "WASH", kept)
        patch.setattr(pool, "DISCARD", kept)
        patch.setattr(connections.Connection, "forget", lambda self: None)
        if "pg_advisory_unlock_all" in commands:
            # On a lane the prelude does it.
            patch.setattr(prelude, "UNLOCK", "null")
            prelude._text.cache_clear()

    return sabotage


def unpinned(*names: str) -> Sabotage:
    """Leave settings out of the prelude, and RESET ALL out of the wash, which covers them too."""

    def sabotage(patch: pytest.MonkeyPatch) -> None:
        without("reset all")(patch)
        patch.setattr(prelude, "EMPTY", tuple(each for each in prelude.EMPTY if each not in names))
        prelude._text.cache_clear()

    return sabotage


@dataclass(frozen=True)
class Channel:
    """`deed` is what Ann's request does, `look` what Bob's asks, `clean` the only answer he may get."""

    name: str
    deed: str
    look: str
    clean: str | None
    measure: Sabotage


def run(command: str) -> str:
    return "select public.run('" + command.replace("'", "''") + "')"


CHANNELS = [
    Channel(
        "a setting of the application",
        "select public.remember('app.tenant', 'of-ann')",
        "select coalesce(current_setting('app.tenant', true), '')",
        "",
        without("reset all"),
    ),
    Channel(
        "all claims under the singular name, which auth.jwt() reads first",
        "select public.remember('request.jwt.claim', '{\"sub\": \"of-ann\"}')",
        "select auth.jwt() ->> 'sub'",
        BOB.subject,
        unpinned("request.jwt.claim"),
    ),
    Channel(
        "the role claim under its singular name, which auth.role() reads first",
        "select public.remember('request.jwt.claim.role', 'service_role')",
        "select auth.role()",
        "authenticated",
        unpinned("request.jwt.claim.role"),
    ),
    Channel(
        "headers for the answer",
        "select public.remember('response.headers', '[{\"Set-Cookie\": \"session=of-ann\"}]')",
        "select coalesce(current_setting('response.headers', true), '')",
        "",
        unpinned("response.headers"),
    ),
    Channel(
        "the status of the answer",
        "select public.remember('response.status', '418')",
        "select coalesce(current_setting('response.status', true), '')",
        "",
        unpinned("response.status"),
    ),
    Channel(
        "a shorter memory for work",
        "select public.remember('work_mem', '64kB')",
        "select (current_setting('work_mem') = '64kB')::text",
        "false",
        without("reset all"),
    ),
    Channel(
        "the encoding of texts",
        "select public.remember('client_encoding', 'LATIN1')",
        "select current_setting('client_encoding')",
        "UTF8",
        without("reset all"),
    ),
    Channel(
        "row security turned to errors",
        "select public.remember('row_security', 'off')",
        "select count(*)::text from public.notes",
        "3",
        without("reset all"),
    ),
    Channel(
        "a temporary table",
        run("create temp table report (title text)"),
        "select coalesce(to_regclass('pg_temp.report')::text, '')",
        "",
        without("discard temp"),
    ),
    Channel(
        "the last value of a sequence",
        run("select nextval('public.notes_id_seq')::text"),
        "select public.run('select lastval()::text')",
        "ERROR 55000",
        without("discard sequences"),
    ),
    Channel(
        "a subscription",
        run("listen gossip"),
        "select coalesce(string_agg(c, ','), '') from pg_listening_channels() c",
        "",
        without("unlisten"),
    ),
    Channel(
        "a cursor that outlives its transaction",
        run("declare held cursor with hold for select title from public.notes order by id"),
        "select count(*)::text from pg_cursors where is_holdable",
        "0",
        without("close all"),
    ),
    Channel(
        "an advisory lock",
        "select public.lock_it()",
        "select count(*)::text from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()",
        "0",
        without("pg_advisory_unlock_all"),
    ),
]


@pytest.fixture(scope="module")
def prepared(cluster: Server, database_name: str) -> str:
    with psycopg.connect(cluster.dsn(dbname=database_name), autocommit=True) as admin:
        admin.execute(SQL.encode())
        # Where a project allows what ours deny first: its functions may make temporary tables.
        admin.execute(f"grant temporary on database {database_name} to authenticated".encode())
    return database_name


@asynccontextmanager
async def opened(cluster: Server, dbname: str, door: str, **more: object) -> AsyncIterator[Database]:
    """The doors with one connection behind them, so that every request follows every other on it."""
    options = {"pool_size": 1, "lanes": 1 if door == "lane" else 0, "acquire_timeout": Seconds(5), **more}
    database = Database({"authenticator": cluster.dsn("authenticator", dbname)}, DatabaseSettings(**options))  # pyright: ignore
    if door == "lane":
        await warm(database)
    yield database
    await database.close()


async def warm(database: Database) -> None:
    """The first read opens the lane and is itself answered by the pool."""
    await ask(database, ANN, "select 1", "lane")
    for _ in range(100):
        if any(each._open for each in database._lanes.values()):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("no lane was opened")


async def ask(database: Database, who: Identity, text: str, door: str) -> str | None:
    """One value, or `ERROR` with its SQLSTATE."""
    try:
        [result] = await database.run(who, [Statement(text, (), inert=door == "lane")], Context(read_only=False))
    except DatabaseProblem as problem:
        return f"ERROR {problem.code}"
    value = result.rows[0][0]
    return None if value is None else value.decode()


async def look_after(database: Database, channel: Channel, door: str) -> str | None:
    before = await ask(database, BOB, channel.look, door)
    assert before == channel.clean, "the channel must be clean before the deed"
    deed = await ask(database, ANN, channel.deed, door)
    assert deed is None or not deed.startswith("ERROR"), f"the deed itself must succeed: {deed}"
    return await ask(database, BOB, channel.look, door)


def applies(channel: Channel, door: str) -> bool:
    """A lane is read-only (tested below): these deeds fail there."""
    return door == "pool" or not any(word in channel.deed for word in ("nextval", "listen", "create temp"))


CASES = [
    pytest.param(channel, door, id=f"{channel.name}-{door}")
    for channel in CHANNELS
    for door in DOORS
    if applies(channel, door)
]


@pytest.mark.parametrize(("channel", "door"), CASES)
async def test_nothing_is_left_for_the_next(cluster: Server, prepared: str, channel: Channel, door: str) -> None:
    async with opened(cluster, prepared, door) as database:
        assert await look_after(database, channel, door) == channel.clean


@pytest.mark.parametrize(("channel", "door"), CASES)
async def test_without_its_measure_it_leaks(
    cluster: Server, prepared: str, channel: Channel, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel.measure(monkeypatch)
    try:
        async with opened(cluster, prepared, door) as database:
            assert await look_after(database, channel, door) != channel.clean
    finally:
        prelude._text.cache_clear()


PINS = {
    "request.jwt.claims": "{}",
    "request.jwt.claim.sub": ANN.subject,
    "request.method": "DELETE",
    "request.path": "/of-ann",
    "request.headers": '{"cookie": "of-ann"}',
    "request.cookies": '{"session": "of-ann"}',
    "search_path": "pg_temp, public",
    "statement_timeout": "12345",
    "timezone": "Asia/Tokyo",
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", PINS)
async def test_the_prelude_pins_what_helpers_read(
    cluster: Server, prepared: str, name: str, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even without a wash, a setting that the session remembers does not reach the next request."""
    without("reset all")(monkeypatch)
    async with opened(cluster, prepared, door) as database:
        await ask(database, ANN, f"select public.remember('{name}', '{PINS[name]}')", door)
        assert await ask(database, BOB, f"select current_setting('{name}')", door) != PINS[name]


async def test_every_pinned_setting_is_tried() -> None:
    assert set(PINS) | {"transaction_read_only"} == set(prelude.PINNED)


async def test_a_temporary_table_shadows_no_name(
    cluster: Server, prepared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pg_temp is searched last: a forged `notes` is not what the next request reads, even unwashed."""
    without("discard temp")(monkeypatch)
    async with opened(cluster, prepared, "pool") as database:
        await ask(database, ANN, run("create temp table notes as select 'forged'::text as title"), "pool")
        await ask(database, ANN, run("grant select on pg_temp.notes to public"), "pool")
        assert await ask(database, BOB, "select count(*)::text from notes", "pool") == "3"


async def test_a_subscription_on_a_lane_ends_with_the_next_request(cluster: Server, prepared: str) -> None:
    listening = "select count(*)::text from pg_listening_channels()"
    async with opened(cluster, prepared, "lane") as database:
        await ask(database, ANN, run("listen gossip"), "lane")
        await ask(database, BOB, "select 1", "lane")
        assert await ask(database, BOB, listening, "lane") == "0"


@pytest.mark.parametrize("deed", ["select nextval(''public.notes_id_seq'')::text", "create temp table t (a int)"])
async def test_a_lane_is_read_only(cluster: Server, prepared: str, deed: str) -> None:
    async with opened(cluster, prepared, "lane") as database:
        assert await ask(database, ANN, f"select public.run('{deed}')", "lane") == "ERROR 25006"


@pytest.mark.parametrize("door", DOORS)
async def test_statements_that_vanish_are_prepared_again(cluster: Server, prepared: str, door: str) -> None:
    """DEALLOCATE ALL by somebody's function costs the next request nothing but time."""
    async with opened(cluster, prepared, door) as database:
        for _ in range(3):
            assert await ask(database, BOB, "select count(*)::text from public.notes", door) == "3"
        await ask(database, ANN, run("deallocate all"), door)
        for _ in range(3):
            assert await ask(database, BOB, "select count(*)::text from public.notes", door) == "3"


async def test_names_of_statements_cannot_be_guessed(cluster: Server, prepared: str) -> None:
    async with opened(cluster, prepared, "lane") as first, opened(cluster, prepared, "lane") as second:
        stems = {lane._stem for each in (first, second) for all_ in each._lanes.values() for lane in all_._open}
        assert len(stems) == 2
        assert all(len(stem) >= 13 for stem in stems)


@pytest.mark.parametrize(
    "text", ["begin", "commit", "do $$ begin commit; end $$", "listen x", "deallocate all", "set role anon"]
)
async def test_a_lane_takes_reads_only(cluster: Server, prepared: str, text: str) -> None:
    async with opened(cluster, prepared, "lane") as database:
        with pytest.raises(ValueError, match="reads only"):
            await database.run(ANN, [Statement(text, (), inert=True)])
        assert await ask(database, BOB, "select count(*)::text from public.notes", "lane") == "3"


async def share_a_transaction(database: Database) -> bool:
    """Whether Bob's request is part of the transaction that Ann's left open: now() is one moment in it."""
    ann = await database.run(ANN, [Statement("begin"), Statement("select now()::text")])
    return await ask(database, BOB, "select now()::text", "pool") == (ann[1].rows[0][0] or b"").decode()


async def test_a_transaction_left_open_is_ended(cluster: Server, prepared: str) -> None:
    async with opened(cluster, prepared, "pool") as database:
        assert not await share_a_transaction(database)


async def test_a_transaction_left_open_would_go_on(
    cluster: Server, prepared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The measure of the test above: the rollback that the wash begins with."""
    monkeypatch.setattr(pool, "ROLLBACK", [])
    monkeypatch.setattr(pool, "DISCARD", wash.WASH)
    async with opened(cluster, prepared, "pool") as database:
        assert await share_a_transaction(database)


async def test_commit_in_the_middle_leaves_no_rights(cluster: Server, prepared: str) -> None:
    """COMMIT inside DO ends role and claims together: what follows runs as the bare login, which may do nothing."""
    async with opened(cluster, prepared, "pool") as database:
        with pytest.raises(DatabaseProblem) as refused:
            await database.run(ANN, [Statement("do $$ begin commit; end $$"), Statement("select * from public.notes")])
        assert refused.value.code in ("42501", "2D000")
        assert await ask(database, BOB, "select auth.uid()::text", "pool") == BOB.subject


async def test_a_wait_for_a_lock_stalls_nobody_else(cluster: Server, prepared: str) -> None:
    """A read that waits is taken off the lane by its timeout, and goes on alone."""
    async with opened(cluster, prepared, "lane", pool_size=3) as database:
        async with await psycopg.AsyncConnection.connect(cluster.dsn(dbname=prepared)) as holder:
            await holder.execute("lock table public.notes in access exclusive mode")
            stalled = asyncio.create_task(ask(database, ANN, "select count(*)::text from public.notes", "lane"))
            await asyncio.sleep(0.05)
            started = asyncio.get_running_loop().time()
            assert await ask(database, BOB, "select auth.uid()::text", "lane") == BOB.subject
            assert asyncio.get_running_loop().time() - started < 1.5
            assert not stalled.done()
            await holder.rollback()
        assert await stalled == "3"


async def test_notices_stay_with_the_server(
    cluster: Server, prepared: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """What a function says with RAISE NOTICE may be anybody's data: it is neither printed nor logged."""
    with caplog.at_level(logging.DEBUG):
        async with opened(cluster, prepared, "pool") as database:
            assert await ask(database, ANN, "select public.whisper()", "pool") == "said"
    assert "a secret" not in caplog.text + "".join(capfd.readouterr())


async def test_an_error_undoes_role_and_claims(cluster: Server, prepared: str) -> None:
    async with opened(cluster, prepared, "pool") as database:
        assert await ask(database, ANN, "select 1/0", "pool") == "ERROR 22012"
        assert (
            await ask(database, ANON, "select current_user::text || coalesce(auth.uid()::text, '')", "pool") == "anon"
        )


async def test_a_request_given_up_is_cancelled_and_its_connection_clean(cluster: Server, prepared: str) -> None:
    async with opened(cluster, prepared, "pool") as database:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ask(database, ANN, "select pg_sleep(30)", "pool"), 0.2)
        started = asyncio.get_running_loop().time()
        assert await ask(database, BOB, "select auth.uid()::text", "pool") == BOB.subject
        assert asyncio.get_running_loop().time() - started < 5


async def test_a_killed_backend_fails_its_own_request_only(cluster: Server, prepared: str) -> None:
    async with opened(cluster, prepared, "pool", pool_size=2) as database:
        sleeping = asyncio.create_task(database.run(ANN, [Statement("select pg_sleep(30), 'victim'")]))
        await asyncio.sleep(0.2)
        async with await psycopg.AsyncConnection.connect(cluster.dsn(dbname=prepared), autocommit=True) as admin:
            await admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where query like '%victim%' and pid <> pg_backend_pid()"
            )
        with pytest.raises(Problem) as lost:
            await sleeping
        assert lost.value.status == 503
        assert await ask(database, BOB, "select auth.uid()::text", "pool") == BOB.subject
