"""The doors: one round trip, one transaction, the right login; and what happens when the database is slow or away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from gatepost import embedded
from gatepost.database.connection import LONGEST
from gatepost.database.scope import Database
from gatepost.database.values import Context
from gatepost.embedded import Options, Server
from gatepost.identity import ANON, Identity
from gatepost.problem import DatabaseProblem, Problem, Unavailable
from gatepost.query.sql import Statement
from gatepost.settings import DatabaseSettings, Seconds

SQL = """
create table public.accounts (id int primary key, owner uuid, balance int not null);
create table public.pairs (id int primary key, other int references public.pairs deferrable initially deferred);
alter table public.accounts enable row level security;
alter table public.pairs enable row level security;
create policy own on public.accounts using ((select auth.uid()) = owner);
create policy everybody on public.pairs using (true);
grant all on public.accounts, public.pairs to authenticated;
grant select on public.accounts to service_role;
"""
ANN = Identity("authenticated", {"sub": "00000000-0000-0000-0000-000000000001", "role": "authenticated"})
SERVICE = Identity("service_role", {"role": "service_role"})


@pytest.fixture(scope="module")
def prepared(cluster: Server, database_name: str) -> str:
    with psycopg.connect(cluster.dsn(dbname=database_name), autocommit=True) as admin:
        admin.execute(SQL.encode())
    return database_name


def logins(server: Server, name: str) -> dict[str, str]:
    users = {"authenticator": "authenticator", "service": "service_authenticator", "auth": "supabase_auth_admin"}
    return {login: server.dsn(user, name) for login, user in users.items()}


@pytest.fixture
async def database(cluster: Server, prepared: str) -> AsyncIterator[Database]:
    opened = Database(logins(cluster, prepared), DatabaseSettings(pool_size=4, lanes=2, acquire_timeout=Seconds(2)))
    yield opened
    await opened.close()


def say(text: str, *params: str) -> Statement:
    return Statement(text, tuple(param.encode() for param in params))


async def value(database: Database, who: Identity, statement: Statement, context: Context | None = None) -> str | None:
    [result] = await database.run(who, [statement], context or Context())
    found = result.rows[0][0]
    return None if found is None else found.decode()


async def test_a_statement_runs_with_role_claims_and_request(database: Database) -> None:
    context = Context(
        "PATCH", "/todos", b'{"x-a":"b"}', b'{"c":"d"}', '"public"', read_only=True, timezone="Asia/Tokyo"
    )
    names = ("role", "request.jwt.claims", "request.method", "request.path", "request.headers", "request.cookies")
    shown = "select " + " || '|' || ".join(f"current_setting('{name}')" for name in names)
    assert await value(database, ANN, say(shown), context) == "|".join(
        ["authenticated", ANN.claims_json.decode(), "PATCH", "/todos", '{"x-a":"b"}', '{"c":"d"}']
    )
    assert await value(database, ANN, say("select current_setting('TimeZone')"), context) == "Asia/Tokyo"
    assert await value(database, ANN, say("select current_setting('transaction_read_only')"), context) == "on"


async def test_several_statements_are_one_transaction(database: Database) -> None:
    with pytest.raises(DatabaseProblem):
        await database.run(
            ANN, [say("insert into public.pairs values (1, null)"), say("insert into public.pairs values (1, null)")]
        )
    assert await value(database, ANN, say("select count(*)::text from public.pairs")) == "0"


async def test_a_constraint_that_fails_at_the_end_makes_an_error(database: Database) -> None:
    with pytest.raises(DatabaseProblem) as refused:
        await database.run(ANN, [say("insert into public.pairs values (2, 99)")])
    assert (refused.value.code, refused.value.status) == ("23503", 409)
    assert refused.value.constraint == "pairs_other_fkey"


async def test_a_forced_rollback_undoes_and_still_checks(database: Database) -> None:
    undone = Context(rollback=True)
    assert (
        await value(database, ANN, say("insert into public.pairs values (3, null) returning id::text"), undone) == "3"
    )
    assert await value(database, ANN, say("select count(*)::text from public.pairs where id = 3")) == "0"
    with pytest.raises(DatabaseProblem):
        await database.run(ANN, [say("insert into public.pairs values (4, 99)")], undone)


async def test_isolation_is_the_requests_own(database: Database) -> None:
    shown = say("select current_setting('transaction_isolation')")
    assert await value(database, ANN, shown, Context(isolation="serializable")) == "serializable"
    assert await value(database, ANN, shown) == "read committed"
    with pytest.raises(Problem) as refused:
        await database.run(ANN, [shown], Context(isolation="serializable; drop table x"))
    assert refused.value.status == 400


async def test_a_transaction_commits_or_leaves_nothing(database: Database) -> None:
    async with database.transaction(ANN) as transaction:
        await transaction.run(say("insert into public.pairs values (5, null)"))
        [seen] = await transaction.run(say("select count(*) from public.pairs where id = 5"))
        assert seen.rows == [(b"1",)]
    with pytest.raises(RuntimeError):
        async with database.transaction(ANN) as transaction:
            await transaction.run(say("insert into public.pairs values (6, null)"))
            raise RuntimeError
    assert (
        await value(database, ANN, say("select string_agg(id::text, ',') from public.pairs where id in (5, 6)")) == "5"
    )


async def test_a_commit_that_fails_is_told(database: Database) -> None:
    with pytest.raises(DatabaseProblem, match="foreign key"):
        async with database.transaction(ANN) as transaction:
            await transaction.run(say("insert into public.pairs values (7, 99)"))


async def test_the_pool_follows_the_identitys_role(database: Database) -> None:
    assert await value(database, SERVICE, say("select session_user")) == "service_authenticator"
    assert await value(database, ANN, say("select session_user")) == "authenticator"
    assert await value(database, ANON, say("select session_user")) == "authenticator"


@pytest.mark.parametrize("role", ["service_role", "postgres", "supabase_admin", "supabase_auth_admin"])
async def test_a_users_request_cannot_climb(database: Database, role: str) -> None:
    with pytest.raises(DatabaseProblem) as refused:
        await database.run(ANN, [say("reset role"), say(f"set role {role}")])
    assert refused.value.code == "42501"


async def test_a_role_that_is_not_there_is_refused(database: Database) -> None:
    with pytest.raises(DatabaseProblem) as refused:
        await database.run(Identity("nobody_at_all", {}), [say("select 1")])
    assert refused.value.code == "22023"


async def test_parameters_are_values_whatever_they_hold(database: Database) -> None:
    hostile = '\'; drop table public.accounts; --\\ $1 "x" é\n'
    assert await value(database, ANN, say("select $1::text", hostile)) == hostile


async def test_a_statement_that_cannot_be_sent_disturbs_nobody(database: Database) -> None:
    for inert in (True, False, True):
        with pytest.raises(UnicodeEncodeError):
            await database.run(ANN, [Statement("select 1, '\ud800'", inert=inert)])
        assert await value(database, ANN, Statement("select auth.uid()::text", inert=inert)) == ANN.subject


async def test_many_answers_find_their_questions(database: Database) -> None:
    async def ask(number: int) -> bool:
        inert = Statement("select $1::text || auth.uid()", (str(number).encode(),), inert=number % 2 == 0)
        who = Identity("authenticated", {"sub": f"00000000-0000-0000-0000-{number:012}", "role": "authenticated"})
        return await value(database, who, inert) == f"{number}{who.subject}"

    assert all(await asyncio.gather(*[ask(number) for number in range(500)]))


async def test_a_large_answer_and_a_large_parameter_pass(database: Database) -> None:
    large = "x" * 3_000_000
    assert await value(database, ANN, say("select $1::text", large)) == large


async def test_a_plan_whose_result_changed_is_made_again(cluster: Server, prepared: str, database: Database) -> None:
    with psycopg.connect(cluster.dsn(dbname=prepared), autocommit=True) as admin:
        admin.execute("create table public.shape (a int); grant select on public.shape to authenticated")
        admin.execute("alter table public.shape disable row level security")
        every = Statement("select * from public.shape", (), inert=True)
        for _ in range(4):
            await database.run(ANN, [every])
        admin.execute("alter table public.shape add column b text default 'new'")
        for _ in range(4):
            [result] = await database.run(ANN, [every])
            assert len(result.columns) == 2


async def test_more_shapes_than_are_kept_still_work(cluster: Server, prepared: str) -> None:
    database = Database(logins(cluster, prepared), DatabaseSettings(pool_size=1, lanes=1))
    for turn in range(2):
        for number in range(300):
            assert await value(database, ANN, Statement(f"select {number} + {turn} * 0", inert=True)) == str(number)
    await database.close()


async def test_waiting_for_a_connection_has_an_end(cluster: Server, prepared: str) -> None:
    database = Database(logins(cluster, prepared), DatabaseSettings(pool_size=1, acquire_timeout=Seconds(0.2)))
    busy = asyncio.create_task(database.run(ANN, [say("select pg_sleep(1)")]))
    await asyncio.sleep(0.05)
    with pytest.raises(Problem) as refused:
        await database.run(ANN, [say("select 1")])
    assert (refused.value.code, refused.value.status) == ("pool_timeout", 504)
    await busy
    assert await value(database, ANN, say("select 1")) == "1"
    await database.close()


async def test_who_gives_up_waiting_takes_no_connection_along(cluster: Server, prepared: str) -> None:
    database = Database(logins(cluster, prepared), DatabaseSettings(pool_size=1, acquire_timeout=Seconds(5)))
    busy = asyncio.create_task(database.run(ANN, [say("select pg_sleep(0.3)")]))
    await asyncio.sleep(0.05)
    waiting = [asyncio.create_task(database.run(ANN, [say("select 1")])) for _ in range(5)]
    await asyncio.sleep(0.05)
    for task in waiting:
        task.cancel()
    await busy
    assert await value(database, ANN, say("select 1")) == "1"
    await database.close()


async def test_a_timeout_is_the_requests_own(database: Database) -> None:
    with pytest.raises(DatabaseProblem) as refused:
        await database.run(ANN, [say("select pg_sleep(5)")], Context(timeout=50))
    assert refused.value.code == "57014"
    assert await value(database, ANN, say("select current_setting('statement_timeout')")) == "0"


async def test_a_slow_inert_read_is_answered_all_the_same(database: Database) -> None:
    await value(database, ANN, Statement("select 1", inert=True))
    await asyncio.sleep(0.1)
    assert await value(database, ANN, Statement("select pg_sleep(0.4)::text || 'late'", inert=True)) == "late"


async def test_settings_of_the_role_hold(database: Database) -> None:
    database.role_settings = {"authenticated": (("statement_timeout", "1234"), ("app.color", "blue"))}
    shown = "select current_setting('statement_timeout') || current_setting('app.color')"
    assert await value(database, ANN, say(shown)) == "1234msblue"


async def test_a_database_that_takes_no_writes_says_so_and_is_read(cluster: Server, prepared: str) -> None:
    given = DatabaseSettings(pool_size=2)
    opened = Database(logins(cluster, prepared), given, options="-c default_transaction_read_only=on")
    try:
        with pytest.raises(DatabaseProblem) as refused:
            await opened.run(ANN, [say("insert into public.pairs values (77, null)")])
        assert refused.value.code == "25006"
        assert await value(opened, ANN, say("select count(*) from public.pairs where id = 77")) == "0"
    finally:
        await opened.close()


async def test_a_login_that_is_not_there_says_what_to_do(database: Database) -> None:
    with pytest.raises(Problem, match="gatepost doctor"):
        database.system("orm")


async def test_a_database_that_is_away_is_503_and_comes_back(scratch: Path, postgres_folder: Path | None) -> None:
    """Stopped while requests run; started again: nothing hangs, and nobody has to restart us."""
    options = Options(binaries=postgres_folder, settings={"fsync": "off"}, cache=scratch / "cache")
    server = embedded.start(scratch / "away", options)
    database = Database({"authenticator": server.dsn()}, DatabaseSettings(lanes=1, acquire_timeout=Seconds(2)))
    who = Identity("supabase_admin", {})
    slow = asyncio.create_task(database.run(who, [say("select pg_sleep(30)")]))
    await value(database, who, Statement("select 1", inert=True))
    await asyncio.sleep(0.2)
    await asyncio.to_thread(server.stop, others=True)
    with pytest.raises(Unavailable) as lost:
        await slow
    assert lost.value.status == 503
    assert "Retry-After" in lost.value.headers
    for inert in (True, False):
        with pytest.raises(Unavailable):
            await database.run(who, [Statement("select 1", inert=inert)])
    server = await asyncio.to_thread(embedded.start, scratch / "away", options)
    for inert in (True, False):
        assert await value(database, who, Statement("select 1", inert=inert)) == "1"
    await database.close()
    await asyncio.to_thread(server.stop, others=True)


async def test_what_is_asked_again_is_prepared_unless_it_is_long(cluster: Server, prepared: str) -> None:
    """The server keeps a plan of each, on every connection."""
    asked = {length: f"select {length} as length /* {'x' * length} */" for length in (10, LONGEST)}
    kept = "select string_agg(substring(statement from 'select (\\d+) as length'), ' ') from pg_prepared_statements"
    database = Database(logins(cluster, prepared), DatabaseSettings(pool_size=1, lanes=0))
    for text in (*asked.values(), *asked.values(), *asked.values()):
        await database.run_alone(ANN, [Statement(text, inert=True)])
    [result] = await database.run_alone(ANN, [say(kept)])
    assert result.rows[0][0] == b"10"
    await database.close()
