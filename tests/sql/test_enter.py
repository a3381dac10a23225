"""The door in SQL: whom it lets in, with which claims, and who may call it."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from gatepost import migrate
from gatepost.database.entrance import Way
from gatepost.database.prelude import claims_that_count
from gatepost.embedded import Server
from tests.conftest import Connect

ANN, SESSION = "00000000-0000-0000-0000-00000000000a", "00000000-0000-0000-0000-00000000005a"
REST = f'"sub":"{ANN}","role":"authenticated","session_id":"{SESSION}"'
ENTER = "select auth_private.enter(%s, %s, %s, %s, %s)"
# What a request says: rows that are kept ready first.
PRELUDE = f"select set_config('request.jwt.claim.sub', $1, true), {claims_that_count(Way('enter'), 3)}"
HOOK = """
create function public.hook(event jsonb) returns jsonb language sql stable
as $$ select jsonb_build_object('claims', event -> 'claims' || jsonb_build_object(
    'plan', event #>> '{claims,app_metadata,plan}', 'method', event ->> 'authentication_method')) $$;
create function public.refusing(event jsonb) returns jsonb language sql stable
as $$ select '{"error": {"http_code": 403, "message": "Not today"}}'::jsonb $$;
create function public.promoting(event jsonb) returns jsonb language sql stable
as $$ select jsonb_build_object('claims', event -> 'claims' || '{"role": "service_role"}') $$;
grant execute on function public.hook, public.refusing, public.promoting to supabase_auth_admin;
create function public.each(claims jsonb) returns jsonb language sql stable
as $$ select claims || jsonb_build_object(
    'user_metadata', jsonb_build_object('by', current_user), 'role', 'service_role', 'sub', 'somebody') $$;
"""

Run = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def admin(cluster: Server, connect: Connect, database_name: str) -> Run:
    """The administrator's SQL, over a database with one user and one session, new for each test."""
    connection = connect("supabase_admin", database_name)

    def run(text: str, *values: object) -> list[tuple[Any, ...]]:
        cursor = connection.execute(text.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    migrate.configure(cluster.dsn(dbname=database_name), migrate.ClaimRules())
    run("delete from auth.users")
    run(
        "insert into auth.users (id, aud, role, email, raw_app_meta_data, raw_user_meta_data)"
        " values (%s, 'authenticated', 'authenticated', 'ann@example.com', '{\"plan\": \"free\"}', %s)",
        ANN,
        '{"name": "Ann"}',
    )
    run("insert into auth.sessions (id, user_id, created_at, aal) values (%s, %s, now(), 'aal1')", SESSION, ANN)
    return run


@pytest.fixture(params=["function", "prelude"])
def enter(
    connect: Connect, database_name: str, admin: Run, request: pytest.FixtureRequest
) -> Callable[..., dict[str, Any]]:
    """What the door makes of Ann's claims, or of others."""
    login = connect("authenticator", database_name)

    def call(session: str = SESSION, role: str = "authenticated", aal: str = "aal1", sub: str = ANN) -> dict[str, Any]:
        if request.param == "function":
            row = login.execute(ENTER, (REST, sub, role, session, aal)).fetchone()
        else:
            row = psycopg.RawCursor(login).execute(PRELUDE.encode(), (sub, REST, role, session, aal)).fetchone()
        assert row is not None
        return json.loads(str(row[-1]))

    return call


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(psycopg.Error) as caught:
        call()
    assert (caught.value.sqlstate, caught.value.diag.constraint_name) == ("PT401", "gatepost.enter")
    return str(caught.value.diag.message_primary)


def test_claims_are_as_the_database_has_them_now(admin: Run, enter: Callable[..., dict[str, Any]]) -> None:
    assert enter() == {
        "sub": ANN,
        "role": "authenticated",
        "session_id": SESSION,
        "aal": "aal1",
        "is_anonymous": False,
        "email": "ann@example.com",
        "phone": "",
        "app_metadata": {"plan": "free"},
        "user_metadata": {"name": "Ann"},
    }
    admin("update auth.users set raw_app_meta_data = '{\"plan\": \"paid\"}', email = 'new@example.com'")
    admin('insert into auth_private.user_claims (user_id, claims) values (%s, \'{"tenant_id": "t"}\')', ANN)
    assert enter()["app_metadata"] == {"plan": "paid", "tenant_id": "t"}
    assert enter()["email"] == "new@example.com"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("delete from auth.sessions", "The session has ended"),
        ("update auth.sessions set not_after = now() - interval '1 second'", "The session has ended"),
        ("update auth.users set banned_until = now() + interval '1 hour'", "The user is banned"),
        ("update auth.users set deleted_at = now()", "The user does not exist any more"),
        ("delete from auth.users", "The user does not exist any more"),
        ("update auth.users set role = 'anon'", "The role of this user has changed"),
        ("update auth.users set role = ''", "The role of this user has changed"),
    ],
)
def test_whom_the_door_refuses(admin: Run, enter: Callable[..., dict[str, Any]], change: str, why: str) -> None:
    enter()
    admin(change)
    assert refused(enter) == why


@pytest.mark.parametrize(
    "change",
    [
        "update auth.sessions set not_after = now() + interval '1 minute'",
        "update auth.users set banned_until = now() - interval '1 second'",
    ],
)
def test_what_has_not_come_yet_or_is_over_refuses_nobody(
    admin: Run, enter: Callable[..., dict[str, Any]], change: str
) -> None:
    admin(change)
    assert enter()["sub"] == ANN


def test_a_session_is_one_users_own(admin: Run, enter: Callable[..., dict[str, Any]]) -> None:
    bob = "00000000-0000-0000-0000-00000000000b"
    admin("insert into auth.users (id, role) values (%s, 'authenticated')", bob)
    assert refused(lambda: enter(sub=bob)) == "The session has ended"


def test_claims_end_at_the_moment_they_are_said_to(admin: Run, enter: Callable[..., dict[str, Any]]) -> None:
    admin('insert into auth_private.user_claims (user_id, claims) values (%s, \'{"tenant_id": "t"}\')', ANN)
    for until, there in (("now() + interval '1 minute'", True), ("now()", False), ("now() - interval '1 day'", False)):
        admin(f"update auth_private.user_claims set valid_until = {until}")
        assert ("tenant_id" in enter()["app_metadata"]) is there, until


def test_a_token_never_gains_assurance_and_may_lose_it(admin: Run, enter: Callable[..., dict[str, Any]]) -> None:
    assert enter(aal="aal2")["aal"] == "aal1"
    admin("update auth.sessions set aal = 'aal2'")
    assert (enter(aal="aal2")["aal"], enter(aal="aal1")["aal"]) == ("aal2", "aal1")


def test_sessions_end_with_the_settings_time_box(
    cluster: Server, database_name: str, admin: Run, enter: Callable[..., dict[str, Any]]
) -> None:
    admin("update auth.sessions set created_at = now() - interval '90 seconds'")
    migrate.configure(cluster.dsn(dbname=database_name), migrate.ClaimRules(session_timebox=100))
    assert enter()["sub"] == ANN
    migrate.configure(cluster.dsn(dbname=database_name), migrate.ClaimRules(session_timebox=80))
    with psycopg.connect(cluster.dsn("authenticator", database_name)) as fresh:
        assert (
            refused(lambda: fresh.execute(ENTER, (REST, ANN, "authenticated", SESSION, "aal1")))
            == "The session has ended"
        )


def test_who_comes_in_as_he_is_passes_without_a_question(admin: Run, connect: Connect, database_name: str) -> None:
    session = connect("supabase_admin", database_name)
    with session.transaction(force_rollback=True):
        session.execute(
            "create or replace function auth_private.enter"
            "(rest text, subject text, role text, session text, level text)"
            " returns text language sql as $$ select 'asked' $$"
        )
        prelude = psycopg.RawCursor(session)
        for aal, asked in (("aal1", False), ("aal2", True)):
            row = prelude.execute(PRELUDE.encode(), (ANN, REST, "authenticated", SESSION, aal)).fetchone()
            assert row is not None
            assert (row[-1] == "asked") is asked


LEAK = """
create function public.leak(anything anyelement) returns boolean language plpgsql volatile cost 0.0001
as $$ begin raise notice 'leaked %', anything; return true; end $$
"""


def test_of_others_the_door_shows_nothing(cluster: Server, database_name: str, admin: Run) -> None:
    bob = "00000000-0000-0000-0000-00000000000b"
    admin("insert into auth.users (id, role) values (%s, 'authenticated')", bob)
    admin("insert into auth.sessions (id, user_id, created_at) values (gen_random_uuid(), %s, now())", bob)
    admin("drop function if exists public.leak")
    admin(LEAK)
    notices: list[str] = []
    with psycopg.connect(cluster.dsn("authenticator", database_name)) as login:
        login.add_notice_handler(lambda notice: notices.append(str(notice.message_primary)))
        asked = "select session_id::text from auth_private.entrance where public.leak(written)"
        assert login.execute(asked.encode()).fetchall() == []
        login.execute("select set_config('request.jwt.claim.sub', %s, true)", (ANN,))
        assert login.execute(asked.encode()).fetchall() == [(SESSION,)]
    assert len(notices) == 1


CALLS = ("auth_private.enter('', '', '', '', '')", "auth_private.admit('', '')", "auth_private.turn_away('')",
         "gatepost.enter('')", "1 from auth_private.entrance")  # fmt: skip


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
@pytest.mark.parametrize("call", CALLS)
def test_no_role_that_a_login_takes_may_call_the_door(
    cluster: Server, database_name: str, admin: Run, role: str, call: str
) -> None:
    """Rights are the current role's, though the session is the login's."""
    login = "service_authenticator" if role == "service_role" else "authenticator"
    with psycopg.connect(cluster.dsn(login, database_name), autocommit=True) as session:
        session.execute(ENTER, (REST, ANN, "authenticated", SESSION, "aal1"))
        session.execute(f"set role {role}".encode())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(f"select {call}".encode())


def test_what_runs_with_its_owners_rights_has_its_search_path_pinned(admin: Run) -> None:
    loose = admin(
        "select oid::regprocedure::text from pg_proc where prosecdef and proconfig is null"
        " and pronamespace in ('auth_private'::regnamespace, 'gatepost'::regnamespace)"
    )
    assert loose == []


@pytest.mark.parametrize(
    ("subject", "change", "held"),
    [
        (ANN, "select", True),
        ("nobody-we-know", "select", True),
        ("00000000-0000-0000-0000-0000000000ff", "select", True),
        (ANN, "update auth.users set banned_until = now() + interval '1 hour'", False),
        (ANN, "update auth.users set deleted_at = now()", False),
    ],
)
def test_a_programs_own_token_stands_unless_its_user_may_not_come_in(
    connect: Connect, database_name: str, admin: Run, subject: str, change: str, held: bool
) -> None:
    admin(change)
    login = connect("authenticator", database_name)

    def call() -> object:
        return login.execute("select auth_private.admit('{\"a\": 1}', %s)", (subject,)).fetchone()

    assert call() == ('{"a": 1}',) if held else refused(call)


def configured(cluster: Server, name: str, rules: migrate.ClaimRules, role: str = "authenticated") -> dict[str, Any]:
    """What the door gives under other settings, on a new connection: plans contain them."""
    migrate.configure(cluster.dsn(dbname=name), rules)
    with psycopg.connect(cluster.dsn("authenticator", name)) as fresh:
        row = fresh.execute(ENTER, (REST + ',"amr":[{"method":"password"}]', ANN, role, SESSION, "aal1")).fetchone()
        assert row is not None
        return json.loads(str(row[0]))


def test_the_claims_hook_has_its_say(cluster: Server, database_name: str, admin: Run) -> None:
    admin("drop function if exists public.hook, public.refusing, public.promoting, public.each")
    admin(HOOK)
    claims = configured(cluster, database_name, migrate.ClaimRules(hook=("public", "hook")))
    assert (claims["plan"], claims["method"], claims["role"]) == ("free", "password", "authenticated")
    refusing, promoting = (migrate.ClaimRules(hook=("public", name)) for name in ("refusing", "promoting"))
    assert refused(lambda: configured(cluster, database_name, refusing)) == "Not today"
    assert refused(lambda: configured(cluster, database_name, promoting)) == "The role of this user has changed"
    assert configured(cluster, database_name, promoting, role="service_role")["role"] == "service_role"


def test_each_requests_claims_pass_the_projects_function_as_its_owner(
    cluster: Server, database_name: str, admin: Run
) -> None:
    admin("drop function if exists public.hook, public.refusing, public.promoting, public.each")
    admin(HOOK)
    migrate.configure(cluster.dsn(dbname=database_name), migrate.ClaimRules(per_request=("public", "each")))
    with psycopg.connect(cluster.dsn("authenticator", database_name), autocommit=True) as login:
        call = 'select auth_private.per_request(\'{"sub": "ann", "role": "authenticated"}\')::jsonb'
        assert login.execute(call).fetchone() == (
            {"sub": "ann", "role": "authenticated", "user_metadata": {"by": "postgres"}},
        )
        login.execute("set role authenticated")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            login.execute(call)
        migrate.configure(cluster.dsn(dbname=database_name), migrate.ClaimRules())
        login.execute("reset role")
        with pytest.raises(psycopg.errors.UndefinedFunction):
            login.execute(call)


def test_the_servers_keys_of_user_metadata_are_not_the_users(cluster: Server, database_name: str, admin: Run) -> None:
    admin('update auth.users set raw_user_meta_data = \'{"name": "Ann", "tenant_id": "mine", "permissions": ["all"]}\'')
    owned = migrate.ClaimRules(owned_keys=("tenant_id", "permissions"))
    assert configured(cluster, database_name, owned)["user_metadata"] == {"name": "Ann"}
    admin('insert into auth_private.user_claims (user_id, claims) values (%s, \'{"tenant_id": "t"}\')', ANN)
    claims = configured(cluster, database_name, owned)
    assert claims["user_metadata"] == {"name": "Ann", "tenant_id": "t"}
    assert claims["app_metadata"]["tenant_id"] == "t"


# ------------------------------------------------------------------ by hand


def token(**claims: object) -> str:
    """A token whose signature is worth nothing: SQL cannot verify it."""
    body = {"sub": ANN, "role": "authenticated", "session_id": SESSION, "aal": "aal1", "exp": 4102444800, **claims}
    parts = ({"alg": "ES256"}, {name: value for name, value in body.items() if value is not None})
    return ".".join([*(urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode() for each in parts), "x"])


@pytest.mark.parametrize("login", ["postgres", "authenticator", "supabase_admin"])
def test_by_hand_a_token_makes_the_session_its_users(
    cluster: Server, database_name: str, admin: Run, login: str
) -> None:
    with psycopg.connect(cluster.dsn(login, database_name), autocommit=True) as session:
        session.execute("select gatepost.enter(%s)", (token(app_metadata={"plan": "forged"}),))
        row = session.execute("select current_user, auth.uid()::text, auth.jwt() -> 'app_metadata'").fetchone()
        assert row == ("authenticated", ANN, {"plan": "free"})
        session.execute("reset role")
        session.execute("reset all")
        left = session.execute("select current_user, nullif(current_setting('request.jwt.claims', true), '')")
        assert left.fetchone() == (login, None)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (token(session_id=None), "22023"),
        (token(sub=None), "22023"),
        ("nonsense", "22023"),
        (token(exp=1), "PT401"),
        (token(session_id="00000000-0000-0000-0000-0000000000ff"), "PT401"),
        (token(sub="00000000-0000-0000-0000-0000000000ff"), "PT401"),
        (token(role="service_role"), "PT401"),
    ],
)
def test_by_hand_nothing_is_believed_but_a_session_that_lives(
    cluster: Server, database_name: str, admin: Run, given: str, code: str
) -> None:
    with psycopg.connect(cluster.dsn("postgres", database_name), autocommit=True) as session:
        with pytest.raises(psycopg.Error) as caught:
            session.execute("select gatepost.enter(%s)", (given,))
        assert caught.value.sqlstate == code
        assert session.execute("select current_user").fetchone() == ("postgres",)


def test_by_hand_nobody_takes_a_role_he_is_no_member_of(connect: Connect, database_name: str, admin: Run) -> None:
    admin("update auth.users set role = 'service_role'")
    login = connect("authenticator", database_name)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        login.execute("select gatepost.enter(%s)", (token(role="service_role"),))
