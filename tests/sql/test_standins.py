"""What Supabase projects mention loads: the tables and functions are there, and nothing is behind them."""

import psycopg
import pytest

from gatepost import migrate
from gatepost.embedded import Server
from tests.conftest import Connect


@pytest.fixture
def owner(connect: Connect, supabase_database: str) -> psycopg.Connection[tuple[object, ...]]:
    return connect("postgres", supabase_database)


@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("storage.foldername('a/b/c.png')", ["a", "b"]),
        ("storage.filename('a/b/c.png')", "c.png"),
        ("storage.extension('a/b/c.tar.png')", "png"),
        ("storage.allow_only_operation('object.list')", False),
        (
            "set_config('storage.operation', 'storage.object.list', true) is not null"
            " and storage.allow_any_operation(array['object.get', 'object.list'])",
            True,
        ),
        (
            "to_regclass('storage.buckets_vectors') is not null and to_regclass('storage.vector_indexes') is not null",
            True,
        ),
        ("realtime.topic()", None),
        ("cron.schedule('nightly', '0 0 * * *', 'select 1') > 0", True),
        ("cron.schedule('nightly', '0 1 * * *', 'select 2') > 0", True),
        ("cron.unschedule('nightly')", True),
        ("net.http_post('https://example.com', '{\"a\": 1}'::jsonb) > 0", True),
        ("net.http_get(url := 'https://example.com') > 0", True),
        ("vault.create_secret('geheim', 'name') is not null", True),
        ("(select decrypted_secret from vault.decrypted_secrets where name = 'name')", "geheim"),
        ("graphql_public.graphql(query => '{ a }') -> 'errors' is not null", True),
    ],
)
def test_functions_answer(owner: psycopg.Connection[tuple[object, ...]], call: str, answer: object) -> None:
    assert owner.execute(f"select {call}").fetchone() == (answer,)  # pyright: ignore


def test_whether_an_object_could_be_inserted_is_tried_and_taken_back(
    owner: psycopg.Connection[tuple[object, ...]],
) -> None:
    with owner.transaction(force_rollback=True):
        owner.execute("insert into storage.buckets (id, name) values ('tried', 'tried')")
        with pytest.raises(psycopg.Error) as refused, owner.transaction():
            owner.execute("select storage.can_insert_object('tried', 'a.png', null, '{}')")
        assert refused.value.sqlstate == "PT200"
        assert owner.execute("select count(*) from storage.objects where bucket_id = 'tried'").fetchone() == (0,)


def test_messages_are_kept(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    owner.execute("""select realtime.send('{"a": 1}', 'moved', 'room:1', true)""")
    found = owner.execute("select payload, event, private, extension from realtime.messages where topic = 'room:1'")
    assert found.fetchone() == ({"a": 1}, "moved", True, "broadcast")


def test_a_job_that_is_not_there_cannot_be_unscheduled(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="could not find valid entry for job 'no'"):
        owner.execute("select cron.unschedule('no')")


def test_a_secret_changes_only_where_something_is_given(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    row = owner.execute("select vault.create_secret('old', 'mine', 'what it is for')").fetchone()
    assert row is not None
    owner.execute("select vault.update_secret(%s, 'new')", row)
    found = owner.execute("select secret, name, description from vault.secrets where id = %s", row)
    assert found.fetchone() == ("new", "mine", "what it is for")


@pytest.mark.parametrize(
    "statement",
    [
        "insert into storage.buckets (id, name, public) values ('avatars', 'avatars', true) on conflict do nothing",
        "create policy mine on storage.objects for all to authenticated using (bucket_id = 'avatars')",
        "create policy mine on realtime.messages for select to authenticated using (realtime.topic() = 'a')",
        "create table public.uploads (object uuid references storage.objects, secret uuid references vault.secrets)",
        "create trigger hook after insert on storage.objects for each row "
        "execute function supabase_functions.http_request('https://example.com', 'POST', '{}', '{}', '1000')",
        "drop publication supabase_realtime; create publication supabase_realtime for table storage.objects",
        "delete from storage.objects; delete from storage.buckets",
        'revoke delete on table "storage"."s3_multipart_uploads" from "service_role";'
        ' revoke select on table "storage"."prefixes" from anon; drop table "storage"."buckets_analytics"',
        "create trigger update_objects_updated_at before update on storage.objects for each row "
        "execute function storage.update_updated_at_column()",
        "create trigger objects_insert_create_prefix before insert on storage.objects for each row "
        "execute function storage.objects_insert_prefix_trigger()",
        "create trigger protect_objects_delete before delete on storage.objects for each statement "
        "execute function storage.protect_delete(); delete from storage.objects",
        "create or replace function storage.foldername(name text) returns text[] language plpgsql "
        "as $$ begin return string_to_array(name, '/'); end $$",
        "drop extension if exists pg_graphql",
        "select setval('cron.jobid_seq', 5), setval('cron.runid_seq', 5), setval('supabase_functions.hooks_id_seq', 1)",
        """select setval('"pgsodium"."key_key_id_seq"', 1, false), (pgsodium.create_key()).status""",
        "alter publication supabase_realtime set (publish = 'insert')",
        "create table public.sums (a int, b int generated always as (a + 1) stored);"
        " alter table public.sums replica identity full; alter publication supabase_realtime add table public.sums;"
        " insert into public.sums values (1); update public.sums set a = 2",
        "alter default privileges in schema public revoke all on tables from anon",
        "grant all on schema public to supabase_auth_admin",
        "drop extension pgcrypto; create extension if not exists pgcrypto with schema extensions",
    ],
)
def test_migrations_may(owner: psycopg.Connection[tuple[object, ...]], statement: str) -> None:
    with owner.transaction(force_rollback=True):
        owner.execute(statement)  # pyright: ignore


def test_api_roles_meet_policies_in_storage(connect: Connect, supabase_database: str) -> None:
    owner = connect("postgres", supabase_database)
    owner.execute("insert into storage.buckets (id, name) values ('b', 'b') on conflict do nothing")
    owner.execute("insert into storage.objects (bucket_id, name) values ('b', 'a/b.png')")
    session = connect("authenticator", supabase_database)
    session.execute("set role anon")
    assert session.execute("select * from storage.objects").fetchall() == []


@pytest.mark.parametrize("table", ["objects", "buckets"])
def test_rows_of_storage_are_deleted_on_purpose_only(owner: psycopg.Connection[tuple[object, ...]], table: str) -> None:
    with owner.transaction(force_rollback=True):
        owner.execute("insert into storage.buckets (id, name) values ('full', 'full'), ('empty', 'empty')")
        owner.execute("insert into storage.objects (bucket_id, name) values ('full', 'a')")
        found = "bucket_id = 'full'" if table == "objects" else "id = 'empty'"
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="Direct deletion"), owner.transaction():
            owner.execute(f"delete from storage.{table} where {found}")  # pyright: ignore
        owner.execute("set local storage.allow_delete_query = true")
        assert owner.execute(f"delete from storage.{table} where {found}").rowcount == 1  # pyright: ignore


def test_extensions_are_there_before_the_first_migration_and_belong_to_the_owner(
    connect: Connect, supabase_database: str
) -> None:
    rows = connect("supabase_admin", supabase_database).execute(
        "select extname, extowner::regrole::text, extnamespace::regnamespace::text from pg_extension"
        " where extname in ('uuid-ossp', 'pgcrypto') order by 1"
    )
    assert rows.fetchall() == [("pgcrypto", "postgres", "extensions"), ("uuid-ossp", "postgres", "extensions")]


def test_a_schema_that_somebody_else_made_is_not_touched(cluster: Server, connect: Connect) -> None:
    connect("supabase_admin", "postgres").execute("create database with_storage template template0")
    connect("supabase_admin", "with_storage").execute("create schema storage; create table storage.objects (mine int)")
    migrate.install(cluster.dsn(dbname="with_storage"), "supabase")
    columns = connect("supabase_admin", "with_storage").execute(
        "select attname from pg_attribute where attrelid = 'storage.objects'::regclass and attnum > 0"
    )
    assert columns.fetchall() == [("mine",)]


def test_what_a_configuration_puts_into_the_database_is_put_once(
    cluster: Server, connect: Connect, supabase_database: str
) -> None:
    dsn = cluster.dsn("postgres", supabase_database)
    owner = connect("postgres", supabase_database)
    bucket = {"name": "images", "public": True, "file_size_limit": 5, "allowed_mime_types": ["image/png"]}
    found = (
        "select id, public, file_size_limit, allowed_mime_types from storage.buckets where id in ('images', 'other')"
    )
    assert migrate.put_buckets(dsn, [bucket, {"name": "other", "public": False}]) == 2
    assert migrate.put_buckets(dsn, [bucket]) == 0
    assert owner.execute(found).fetchall() == [("images", True, 5, ["image/png"]), ("other", False, None, None)]
    assert migrate.put_buckets(dsn, [bucket | {"file_size_limit": None}]) == 1
    assert migrate.put_secrets(dsn, {"api_key": "one", "other_key": "two"}) == 2
    assert migrate.put_secrets(dsn, {"api_key": "three", "other_key": "two"}) == 1
    secrets = "select name, decrypted_secret from vault.decrypted_secrets where name like '%\\_key' order by 1"
    assert owner.execute(secrets).fetchall() == [("api_key", "three"), ("other_key", "two")]
    assert migrate.put_buckets(cluster.dsn("postgres", "postgres"), [bucket]) == 0  # no storage there
