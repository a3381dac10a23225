"""What a new table, function or schema means for API roles: nothing in a Gatepost project, everything in Supabase's."""

import psycopg
import pytest

from gatepost.rest.configuration import known
from tests.conftest import Connect

MAKE = {
    "create table": "create table public.made_by_create (x int)",
    "create table as": "create table public.made_by_as as select 1 as x",
    "select into": "select 1 as x into public.made_by_into",
    "partitioned": "create table public.made_in_parts (x int) partition by range (x)",
    "moved in": "create schema away; create table away.made_elsewhere (x int);"
    "alter table away.made_elsewhere set schema public",
    "quoted": 'create table public."Made; with care" (x int)',
}


@pytest.mark.parametrize("how", MAKE)
def test_a_new_table_has_row_level_security_and_says_so(connect: Connect, database_name: str, how: str) -> None:
    owner = connect("postgres", database_name)
    said: list[str] = []
    owner.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
    before = {row[0] for row in owner.execute("select oid from pg_class where relrowsecurity").fetchall()}
    owner.execute(MAKE[how])  # pyright: ignore
    rows = owner.execute("select oid, oid::regclass::text from pg_class where relrowsecurity").fetchall()
    [made] = [name for oid, name in rows if oid not in before]
    assert any(
        f"row level security is enabled on public.{made}".replace("public.public", "public") in line for line in said
    )


def test_turning_it_off_by_name_is_respected(connect: Connect, database_name: str) -> None:
    owner = connect("postgres", database_name)
    owner.execute("create table public.open_data (x int); alter table public.open_data disable row level security")
    owner.execute("alter table public.open_data add y int")
    assert owner.execute("select relrowsecurity from pg_class where relname = 'open_data'").fetchone() == (False,)


def test_schemas_that_are_not_exposed_are_left_alone(connect: Connect, database_name: str) -> None:
    owner = connect("postgres", database_name)
    owner.execute("create schema inner_room; create table inner_room.things (x int)")
    assert owner.execute("select relrowsecurity from pg_class where relname = 'things'").fetchone() == (False,)


@pytest.mark.parametrize(
    "statement", ["select * from public.fresh", "insert into public.fresh values (1)", "select public.f()"]
)
def test_api_roles_start_with_nothing(connect: Connect, database_name: str, statement: str) -> None:
    connect("postgres", database_name).execute(
        "create table if not exists public.fresh (x int);"
        "create or replace function public.f() returns int language sql as 'select 1'"
    )
    session = connect("authenticator", database_name)
    session.execute("set role anon")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        session.execute(statement)  # pyright: ignore


@pytest.mark.parametrize("role", ["anon", "authenticated"])
def test_in_a_supabase_project_they_have_everything_on_what_postgres_makes(
    connect: Connect, supabase_database: str, role: str
) -> None:
    connect("postgres", supabase_database).execute(
        "create table if not exists public.fresh (id bigserial, x int);"
        "create or replace function public.f() returns int language sql as 'select 1'"
    )
    session = connect("authenticator", supabase_database)
    session.execute(f"set role {role}")  # pyright: ignore
    session.execute("insert into public.fresh (x) values (1)")
    assert session.execute("select public.f()").fetchone() == (1,)


def test_in_a_supabase_project_row_level_security_is_the_tables_own_affair(
    connect: Connect, supabase_database: str
) -> None:
    owner = connect("postgres", supabase_database)
    owner.execute("create table public.left_open (x int)")
    assert owner.execute("select relrowsecurity from pg_class where relname = 'left_open'").fetchone() == (False,)


@pytest.mark.parametrize("database", ["database_name", "supabase_database"])
def test_postgres_owns_the_database_without_being_superuser(
    connect: Connect, database: str, request: pytest.FixtureRequest
) -> None:
    name = request.getfixturevalue(database)
    row = connect("postgres", name).execute(
        """
        select datdba::regrole::text, rolsuper, rolbypassrls, rolcreatedb,
            rolcreaterole = (current_setting('server_version_num')::int >= 160000), current_setting('search_path')
        from pg_database, pg_roles where datname = current_database() and rolname = current_user
        """
    )
    assert row.fetchone() == ("postgres", False, False, True, True, '"$user", public, extensions')


@pytest.mark.parametrize("setting", [*known(), "app.settings.jwt_secret", "session_replication_role"])
def test_in_a_supabase_project_migrations_may_set_what_dumps_set_and_configure_the_gateways_login(
    connect: Connect, supabase_database: str, setting: str
) -> None:
    owner = connect("postgres", supabase_database)
    row = owner.execute("select has_parameter_privilege(%s, 'set')", (setting,)).fetchone()
    assert row == (True,)
