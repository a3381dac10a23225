"""Schema auth as applications use it: helpers, foreign keys, triggers, seeds."""

import json
from uuid import uuid4

import psycopg
import pytest

from tests.conftest import Connect

USER = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def session(connect: Connect, database_name: str) -> psycopg.Connection[tuple[object, ...]]:
    return connect("authenticator", database_name)


def told(session: psycopg.Connection[tuple[object, ...]], settings: dict[str, str], query: str) -> object:
    """The answer to a query inside a request that has these settings."""
    with session.transaction():
        for name, value in settings.items():
            session.execute("select set_config(%s, %s, true)", (name, value))
        session.execute("set local role authenticated")
        row = session.execute(query).fetchone()  # pyright: ignore
        return row[0] if row else None


CLAIMS = json.dumps({"sub": USER, "role": "authenticated", "email": "ann@example.com", "aal": "aal1"})


@pytest.mark.parametrize(
    ("helper", "expected"),
    [("auth.uid()::text", USER), ("auth.role()", "authenticated"), ("auth.email()", "ann@example.com")],
)
def test_helpers_read_the_claims(session: psycopg.Connection[tuple[object, ...]], helper: str, expected: str) -> None:
    assert told(session, {"request.jwt.claims": CLAIMS}, f"select {helper}") == expected
    assert told(session, {}, f"select {helper}") is None
    assert told(session, {"request.jwt.claims": ""}, f"select {helper}") is None


def test_the_settings_of_older_gateways_win(session: psycopg.Connection[tuple[object, ...]]) -> None:
    other = str(uuid4())
    settings = {"request.jwt.claims": CLAIMS, "request.jwt.claim.sub": other, "request.jwt.claim.role": ""}
    assert told(session, settings, "select auth.uid()::text") == other
    assert told(session, settings, "select auth.role()") == "authenticated"
    assert told(session, {**settings, "request.jwt.claim": '{"a": 1}'}, "select auth.jwt()") == {"a": 1}


def test_jwt_is_all_claims(session: psycopg.Connection[tuple[object, ...]]) -> None:
    assert told(session, {"request.jwt.claims": CLAIMS}, "select auth.jwt() ->> 'aal'") == "aal1"
    assert told(session, {}, "select auth.jwt()") is None


def test_helpers_are_inlined_and_cost_nothing_in_a_plan(connect: Connect, database_name: str) -> None:
    plan = connect("postgres", database_name).execute("explain verbose select auth.uid()").fetchall()
    assert "auth.uid" not in str(plan)


def test_what_the_auth_server_inserts_fires_the_applications_trigger(connect: Connect, database_name: str) -> None:
    connect("postgres", database_name).execute(
        """
        create table public.profiles (
            id uuid primary key references auth.users (id) on delete cascade,
            name text
        );
        create function public.new_profile() returns trigger language plpgsql security definer set search_path = ''
        as $$ begin
            insert into public.profiles (id, name) values (new.id, new.raw_user_meta_data ->> 'name');
            return new;
        end $$;
        create trigger on_auth_user_created after insert on auth.users for each row execute function new_profile();
        """
    )
    server = connect("supabase_auth_admin", database_name)
    server.execute('insert into users (id, raw_user_meta_data) values (%s, \'{"name": "Ann"}\')', (USER,))
    profiles = connect("postgres", database_name)
    assert profiles.execute("select name from public.profiles").fetchall() == [("Ann",)]
    server.execute("delete from users where id = %s", (USER,))
    assert profiles.execute("select count(*) from public.profiles").fetchone() == (0,)
    profiles.execute("drop trigger on_auth_user_created on auth.users")


def test_a_seed_may_insert_users_with_hashed_passwords(connect: Connect, database_name: str) -> None:
    owner = connect("postgres", database_name)
    owner.execute("create extension pgcrypto schema extensions")
    owner.execute(
        """
        insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at,
            raw_app_meta_data, raw_user_meta_data, created_at, updated_at, confirmation_token, email_change,
            email_change_token_new, recovery_token)
        values ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'authenticated',
            'seed@example.com', crypt('poiuytre', gen_salt('bf', 4)), now(), '{"provider": "email"}', '{}', now(),
            now(), '', '', '', '');
        insert into auth.identities (user_id, provider_id, identity_data, provider, created_at, updated_at)
        select id, id::text, jsonb_build_object('sub', id, 'email', 'Seed@Example.com'), 'email', now(), now()
        from auth.users where email = 'seed@example.com';
        """
    )
    row = owner.execute(
        """
        select u.encrypted_password = crypt('poiuytre', u.encrypted_password),
            u.encrypted_password = crypt('wrong', u.encrypted_password), u.confirmed_at is not null, i.email
        from auth.users u join auth.identities i on i.user_id = u.id
        """
    ).fetchone()
    assert row == (True, False, True, "seed@example.com")


def test_the_auth_server_sees_its_tables_without_naming_the_schema(connect: Connect, database_name: str) -> None:
    server = connect("supabase_auth_admin", database_name)
    assert server.execute("show search_path").fetchone() == ("auth",)
    assert server.execute("select count(*) from refresh_tokens").fetchone() == (0,)


def test_every_table_has_row_level_security_and_no_policy(connect: Connect, database_name: str) -> None:
    rows = connect("supabase_admin", database_name).execute(
        """
        select c.relname from pg_class c
        where c.relnamespace = 'auth'::regnamespace and c.relkind = 'r'
            and (not c.relrowsecurity or exists (select from pg_policy where polrelid = c.oid))
        """
    )
    assert rows.fetchall() == []
