"""Who the roles are, and what an API role cannot do."""

from pathlib import Path

import psycopg
import pytest

from gatepost import migrate
from gatepost.embedded import Server
from gatepost.migrate.findings import findings
from tests.conftest import Connect, FreshDatabase

API_ROLES = ("anon", "authenticated", "service_role")


def test_each_login_reaches_its_own_roles_only(connect: Connect, database_name: str) -> None:
    reach = {
        login: {
            role
            for (role,) in connect(login, database_name).execute(
                "select rolname from pg_roles where pg_has_role(rolname, 'member') and rolname <> current_user"
            )
        }
        for login in ("authenticator", "service_authenticator", "supabase_auth_admin")
    }
    assert reach == {
        "authenticator": {"anon", "authenticated"},
        "service_authenticator": {"service_role"},
        "supabase_auth_admin": set(),
    }


def test_only_the_service_role_passes_row_level_security(connect: Connect, database_name: str) -> None:
    rows = connect("supabase_admin", database_name).execute(
        "select rolname from pg_roles where rolbypassrls and not rolsuper"
    )
    assert [row[0] for row in rows] == ["service_role"]


@pytest.mark.parametrize("role", API_ROLES)
@pytest.mark.parametrize(
    "statement",
    [
        "create temporary table shadow (x int)",
        "select lo_create(0)",
        "select lo_from_bytea(0, 'x')",
        "create table public.mine (x int)",
        "create schema mine",
        "select * from auth.users",
        "select * from auth.refresh_tokens",
        "select * from auth_private.signing_keys",
        "set role postgres",
        "set role supabase_auth_admin",
        "alter role anon superuser",
    ],
)
def test_api_roles_cannot(connect: Connect, database_name: str, role: str, statement: str) -> None:
    login = "service_authenticator" if role == "service_role" else "authenticator"
    with connect(login, database_name) as session:
        session.execute(f"set role {role}")  # pyright: ignore
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute(statement)  # pyright: ignore


def test_the_login_without_a_role_has_no_rights(connect: Connect, database_name: str) -> None:
    connect("postgres", database_name).execute("create table public.things (x int); grant select on things to anon")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connect("authenticator", database_name).execute("select * from public.things")


# ------------------------------------------------------------------ the application's owner stays what it is

SPY = """
create function public.spy() returns {kind} language plpgsql as $$
begin
    insert into public.seen (who) select rolname from pg_roles where rolname = current_user and rolsuper;
    {answer}
end $$;
create table public.seen (who text);
grant all on public.seen to public;
"""


# Tables that an administrator looks into, and that the owner may replace.
VIEWS = {
    "supabase_migrations.schema_migrations": "''::text as version, ''::text as name, '{}'::text[] as statements",
    "storage.buckets": "1",
}


def spied(owner: psycopg.Connection[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """The superusers that ran the owner's code."""
    return owner.execute("select who from public.seen").fetchall()


@pytest.mark.parametrize(
    "trick",
    [
        "drop table auth_private.exposed_schemas;"
        "create view auth_private.exposed_schemas as select public.spy() as name",
        "alter table auth_private.exposed_schemas rename to gone",
        "create policy mine on auth_private.exposed_schemas using (public.spy() is not null)",
        "create trigger mine before insert or delete on auth_private.exposed_schemas execute function public.spy()",
        "create trigger mine before insert on auth_private.installation execute function public.spy()",
        "create trigger mine before insert on auth_private.migrations execute function public.spy()",
        "drop schema auth_private cascade",
        "create or replace function auth_private.enable_row_level_security() returns event_trigger language plpgsql"
        " as $$ begin perform public.spy(); end $$",
    ],
)
def test_what_the_administrator_reads_is_not_the_owners_to_change(
    connect: Connect, fresh_database: FreshDatabase, trick: str
) -> None:
    owner = connect("postgres", fresh_database())
    owner.execute(SPY.format(kind="trigger" if "trigger mine" in trick else "text", answer="return null;"))  # pyright: ignore
    owner.execute("set role supabase_auth_admin")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute(trick)  # pyright: ignore
    owner.execute("reset role")
    owner.execute("create table public.made (x int)")
    assert spied(owner) == []


@pytest.mark.parametrize("profile", ["gatepost", "supabase"])
def test_the_administrator_never_calls_the_owners_functions(
    cluster: Server, connect: Connect, fresh_database: FreshDatabase, profile: migrate.Profile, tmp_path: Path
) -> None:
    name = fresh_database(profile)
    owner = connect("postgres", name)
    owner.execute(SPY.format(kind="boolean", answer="return true;"))  # pyright: ignore
    for function in ("to_regclass(text) returns regclass", "to_regnamespace(text) returns regnamespace"):
        body = "select public.spy(); select null::"
        owner.execute(f"create function public.{function} language sql as '{body}{function.split()[-1]}'")  # pyright: ignore
    owner.execute(f"alter database {name} set search_path = public, pg_catalog")  # pyright: ignore
    owner.execute("create schema supabase_migrations")
    for view, columns in VIEWS.items():
        if view.startswith("storage.") and profile == "gatepost":
            continue
        owner.execute(f"drop table if exists {view} cascade; create view {view} as select {columns} where public.spy()")  # pyright: ignore
    connect("supabase_admin", name).execute("delete from auth_private.installation where name = 'fingerprint'")
    migrate.install(cluster.dsn(dbname=name), profile)
    assert migrate.install(cluster.dsn(dbname=name), profile).changed is False
    findings(cluster.dsn(dbname=name))
    migrate.status(cluster.dsn(dbname=name), tmp_path)
    assert spied(owner) == []


@pytest.mark.parametrize("table", ["net.http_request_queue", "vault.secrets", "cron.job"])
def test_a_superusers_stand_in_runs_no_trigger_of_the_owners(
    connect: Connect, fresh_database: FreshDatabase, table: str
) -> None:
    owner = connect("postgres", fresh_database("supabase"))
    owner.execute(SPY.format(kind="trigger", answer="return new;"))  # pyright: ignore
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute(f"create trigger mine before insert on {table} for each row execute function public.spy()")  # pyright: ignore
    owner.execute("select net.http_get('https://example.com'), vault.create_secret('s')")
    assert spied(owner) == []


def test_a_type_of_the_callers_takes_no_place_in_a_function_that_runs_as_another(
    connect: Connect, fresh_database: FreshDatabase
) -> None:
    """Temporary types are found before PostgreSQL's own, unless the path says that they come last."""
    owner = connect("postgres", fresh_database())
    seen: list[str | None] = []
    owner.add_notice_handler(lambda notice: seen.append(notice.message_primary))
    owner.execute(
        "create function public.spy(given text) returns boolean language plpgsql as $$ begin"
        " raise notice 'as %', current_user; return true; end $$;"
        "grant execute on function public.spy(text) to public;"
        "create domain pg_temp.uuid as pg_catalog.text check (public.spy(value))"
    )
    nobody = "00000000-0000-4000-8000-000000000000"
    assert owner.execute("select auth_private.admit('{}', %s)", (nobody,)).fetchall() == [("{}",)]
    with pytest.raises(psycopg.DatabaseError, match="does not exist any more"):
        owner.execute("select auth_private.enter('', %s, 'authenticated', '', 'aal1')", (nobody,))
    assert seen == []
    unpinned = owner.execute(
        "select proname from pg_proc where prosecdef and pronamespace::regnamespace::text ~ '^(auth_private|gatepost)$'"
        " and not coalesce(proconfig @> array['search_path=pg_catalog, pg_temp'], false)"
    )
    assert unpinned.fetchall() == []
