"""What unmodified Supabase projects do with roles, schema auth and extensions, all of it as `postgres`."""

import hashlib
import hmac
import json
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from gatepost import migrate
from gatepost.embedded import Server
from tests.conftest import Connect, FreshDatabase, Needs

Session = psycopg.Connection[tuple[object, ...]]


@pytest.fixture
def owner(connect: Connect, supabase_database: str) -> Session:
    return connect("postgres", supabase_database)


@pytest.fixture
def server(connect: Connect, supabase_database: str) -> Session:
    """The auth server's own login."""
    return connect("supabase_auth_admin", supabase_database)


def one(session: Session, query: str, *parameters: object) -> object:
    row = session.execute(query, parameters).fetchone()  # pyright: ignore
    return row[0] if row else None


def has_our_extensions(session: Session) -> bool:
    return session.info.server_version >= 180000


@pytest.mark.parametrize(
    "statement",
    [
        "create trigger own after insert on auth.users for each row execute function public.noted();"
        " drop trigger own on auth.users",
        "create trigger own before update on auth.sessions for each row execute function public.noted()",
        "create trigger own after insert on auth.refresh_tokens for each row execute function public.noted()",
        "create trigger own after delete on auth.mfa_factors for each row execute function public.noted()",
        "create table public.mine (id uuid primary key default auth.uid() references auth.users on delete cascade)",
        "create view public.factors as select f.id, f.status, u.email from auth.mfa_factors f join auth.users u"
        " on u.id = f.user_id",
        "create index on auth.users (created_at)",
        "select setval('auth.refresh_tokens_id_seq', 5)",
        "grant usage on schema public to supabase_auth_admin; grant all on all tables in schema public to"
        " supabase_auth_admin; revoke all on table auth.users from anon, authenticated",
        "alter default privileges for role postgres in schema public grant all on tables to anon, service_role",
        "alter default privileges revoke execute on functions from public",
        "alter schema public owner to postgres; comment on schema public is e'@graphql({\"inflect_names\": true})'",
        "grant anon, authenticated to authenticator; grant authenticator to postgres",
        'drop extension if exists "uuid-ossp"; create extension "uuid-ossp" with schema public',
        "create schema api; grant usage on schema api to anon, authenticated, service_role",
        "set session_replication_role = replica; insert into auth.identities (provider_id, user_id, identity_data,"
        " provider) values ('1', gen_random_uuid(), '{}', 'email'); reset session_replication_role",
    ],
)
def test_migrations_may(owner: Session, statement: str) -> None:
    with owner.transaction(force_rollback=True):
        owner.execute("create function public.noted() returns trigger language plpgsql as $$ begin return new; end $$")
        owner.execute(statement)  # pyright: ignore


@pytest.mark.parametrize(
    "statement",
    [
        "create role tenant_admin nologin; grant tenant_admin to authenticator",
        "alter role authenticator set pgrst.db_schemas = 'public, api'; notify pgrst, 'reload config'",
        "alter role authenticator set statement_timeout = '8s'; alter role anon set statement_timeout = '3s'",
        "alter role authenticator set safeupdate.enabled to off; alter role authenticated set pgaudit.log = 'write'",
    ],
)
def test_from_sixteen_on_migrations_may_make_and_configure_roles(owner: Session, statement: str) -> None:
    with owner.transaction(force_rollback=True):
        if owner.info.server_version >= 160000:
            owner.execute(statement)  # pyright: ignore
            return
        # Before, CREATEROLE reached nearly every role of the server.
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute(statement)  # pyright: ignore


def test_a_hook_runs_as_the_auth_server_and_meets_policies_written_for_it(owner: Session, server: Session) -> None:
    owner.execute(
        """
        create table public.user_roles (user_id uuid references auth.users on delete cascade, role text);
        alter table public.user_roles enable row level security;
        create policy "for the hook" on public.user_roles for select to supabase_auth_admin using (true);
        create function public.custom_claims(event jsonb) returns jsonb language plpgsql stable as $$
        begin
            return jsonb_set(event, '{claims,user_role}', to_jsonb((
                select role from public.user_roles where user_id = (event ->> 'user_id')::uuid
            )));
        end $$;
        grant usage on schema public to supabase_auth_admin;
        grant execute on function public.custom_claims to supabase_auth_admin;
        revoke execute on function public.custom_claims from authenticated, anon, public;
        revoke all on table public.user_roles from authenticated, anon, public;
        grant all on table public.user_roles to supabase_auth_admin;
        """
    )
    user = str(uuid4())
    server.execute("insert into users (id) values (%s)", (user,))
    owner.execute("insert into public.user_roles values (%s, 'admin')", (user,))
    event = json.dumps({"user_id": user, "claims": {}})
    assert one(server, "select public.custom_claims(%s::jsonb) #>> '{claims,user_role}'", event) == "admin"


def test_default_privileges_of_postgres_come_on_top_of_the_platforms(
    owner: Session, connect: Connect, supabase_database: str
) -> None:
    owner.execute("alter default privileges in schema public revoke all on tables from anon")
    owner.execute("create table public.members_only (id int); create sequence public.numbers")
    api = connect("authenticator", supabase_database)
    for role, allowed in (("anon", False), ("authenticated", True)):
        assert one(api, "select has_table_privilege(%s, 'public.members_only', 'select')", role) is allowed
    assert one(api, "select has_sequence_privilege('anon', 'public.numbers', 'usage')") is True
    owner.execute("alter default privileges in schema public grant all on tables to anon")


def test_policies_on_storage_let_people_into_their_own_folder(
    owner: Session, connect: Connect, supabase_database: str
) -> None:
    owner.execute(
        """
        insert into storage.buckets (id, name) values ('avatars', 'avatars');
        create policy "own folder" on storage.objects for all to authenticated
        using (bucket_id = 'avatars' and (storage.foldername(name))[1] = auth.uid()::text);
        """
    )
    user, api = str(uuid4()), connect("authenticator", supabase_database)
    with api.transaction():
        api.execute("select set_config('request.jwt.claims', %s, true)", (json.dumps({"sub": user}),))
        api.execute("set local role authenticated")
        api.execute("insert into storage.objects (bucket_id, name) values ('avatars', %s)", (f"{user}/me.png",))
        assert one(api, "select storage.filename(name) from storage.objects") == "me.png"
        with pytest.raises(psycopg.errors.InsufficientPrivilege), api.transaction():
            api.execute("insert into storage.objects (bucket_id, name) values ('avatars', 'other/me.png')")


def test_changes_are_broadcast_into_a_table_under_policies(
    owner: Session, connect: Connect, supabase_database: str
) -> None:
    owner.execute(
        """
        create table public.rooms (id int primary key, name text);
        create function public.tell() returns trigger language plpgsql security definer set search_path = '' as $$
        begin
            perform realtime.broadcast_changes(
                'room:' || coalesce(new.id, old.id), tg_op, tg_op, tg_table_name, tg_table_schema, new, old
            );
            return null;
        end $$;
        create trigger tell after insert or update or delete on public.rooms
        for each row execute function public.tell();
        create policy listen on realtime.messages for select to authenticated using (realtime.topic() = topic);
        insert into public.rooms values (1, 'one'); update public.rooms set name = 'two'; delete from public.rooms;
        """
    )
    told = "select event, payload -> 'record' ->> 'name', payload -> 'old_record' ->> 'name' from realtime.messages"
    expected = [("INSERT", "one", None), ("UPDATE", "two", "one"), ("DELETE", None, "two")]
    assert owner.execute(f"{told} order by inserted_at, event = 'DELETE', event = 'UPDATE'").fetchall() == expected  # pyright: ignore
    api = connect("authenticator", supabase_database)
    with api.transaction(force_rollback=True):
        api.execute("set local role authenticated; set local realtime.topic = 'room:2'")
        assert api.execute(told).fetchall() == []
        api.execute("set local realtime.topic = 'room:1'")
        assert len(api.execute(told).fetchall()) == 3


@pytest.mark.parametrize("schema", ["", "schema pg_catalog", "schema extensions"])
@pytest.mark.parametrize("name", ["pg_cron", "pg_net"])
def test_jobs_and_requests_are_kept_wherever_their_extension_is_put(owner: Session, name: str, schema: str) -> None:
    with owner.transaction(force_rollback=True):
        if has_our_extensions(owner):
            owner.execute(f"create extension if not exists {name} {schema}")  # pyright: ignore
        owner.execute(
            "grant usage on schema cron to postgres; grant all privileges on all tables in schema cron to postgres"
        )
        job = one(
            owner, "select cron.schedule('nightly', '0 3 * * *', $$select net.http_post(url := 'https://a.example')$$)"
        )
        assert one(owner, "select cron.schedule('nightly', '0 4 * * *', 'select 2')") == job
        found = owner.execute("select jobname, schedule, command, username, active from cron.job").fetchall()
        assert found == [("nightly", "0 4 * * *", "select 2", "postgres", True)]
        owner.execute("delete from cron.job_run_details where end_time < now()")
        owner.execute("select cron.unschedule(jobid) from cron.job")
        assert owner.execute("select * from cron.job").fetchall() == []
        call = (
            "net.http_post(url := 'https://a.example', headers := '{\"a\": \"b\"}'::jsonb, body := '{\"c\": 1}'::jsonb)"
        )
        request = one(owner, f"select {call} as request_id")
        row = owner.execute(
            "select method, url, convert_from(body, 'UTF8') from net.http_request_queue where id = %s", (request,)
        )
        assert row.fetchone() == ("POST", "https://a.example", '{"c": 1}')


def test_jobs_of_others_are_not_shown(owner: Session, connect: Connect, supabase_database: str) -> None:
    owner.execute("select cron.schedule('mine', '* * * * *', 'select 1')")
    owner.execute("create view public.jobs with (security_invoker = true) as select jobname from cron.job")
    assert owner.execute("select * from public.jobs").fetchall() == [("mine",)]
    api = connect("authenticator", supabase_database)
    api.execute("set role authenticated")
    assert api.execute("select * from public.jobs").fetchall() == []


def test_secrets_are_for_the_owner_and_the_service_role(
    owner: Session, connect: Connect, supabase_database: str
) -> None:
    secret = one(owner, "select vault.create_secret('geheim', 'key', 'for tests')")
    owner.execute("create table public.keys (secret uuid references vault.secrets (id))")
    owner.execute("insert into public.keys values (%s)", (secret,))
    read = "select decrypted_secret from vault.decrypted_secrets where name = 'key'"
    assert one(owner, read) == "geheim"
    service = connect("service_authenticator", supabase_database)
    service.execute("set role service_role")
    assert one(service, read) == "geheim"
    api = connect("authenticator", supabase_database)
    for role in ("anon", "authenticated"):
        api.execute(f"set role {role}")  # pyright: ignore
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            api.execute(read)  # pyright: ignore


def test_names_of_extensions_are_found_without_their_schema(owner: Session) -> None:
    assert one(owner, "show search_path") == '"$user", public, extensions'
    owner.execute(
        "create table public.named ("
        "id uuid default uuid_generate_v4(), token text default encode(gen_random_bytes(4), 'hex'))"
    )
    assert one(owner, "insert into public.named default values returning length(id::text || token)") == 44


def test_moddatetime_and_vector_work(owner: Session, needs: Needs) -> None:
    needs("the embedded PostgreSQL")
    with owner.transaction(force_rollback=True):
        owner.execute(
            """
            create extension moddatetime schema extensions; create extension vector with schema extensions;
            create table public.documents (
                id int, embedding extensions.vector(2), updated_at timestamptz default '-infinity'
            );
            create trigger handle_updated_at before update on public.documents
            for each row execute procedure moddatetime (updated_at);
            create index on public.documents using hnsw (embedding vector_cosine_ops);
            insert into public.documents values (1, '[1,0]'), (2, '[0,1]');
            update public.documents set id = 3 where id = 2;
            """
        )
        found = owner.execute(
            "select id, updated_at > now() - interval '1 day' from documents order by embedding <-> '[0,2]'"
        )
        assert found.fetchall() == [(3, True), (1, False)]


def test_tokens_are_signed_and_verified_by_pgjwt(owner: Session, needs: Needs) -> None:
    needs("the embedded PostgreSQL")
    with owner.transaction(force_rollback=True):
        owner.execute("create extension pgjwt with schema extensions")
        token = one(owner, "select sign('{\"sub\": \"ann\"}', 'secret')")
        assert isinstance(token, str)
        signed, _, signature = token.rpartition(".")
        digest = hmac.new(b"secret", signed.encode(), hashlib.sha256).digest()
        assert one(owner, "select url_encode(%b::bytea)", digest) == signature
        verify = "select (payload ->> 'sub', valid)::text from verify(%s, %s)"
        assert one(owner, verify, token, "secret") == "(ann,t)"
        assert one(owner, verify, token, "other") == "(ann,f)"


def test_a_request_of_the_http_extension_says_that_none_is_sent(owner: Session, needs: Needs) -> None:
    needs("the embedded PostgreSQL")
    with owner.transaction(force_rollback=True):
        owner.execute("create extension http with schema extensions; select http_set_curlopt('CURLOPT_TIMEOUT', '5')")
        owner.execute(
            """
            create function public.ask() returns int language sql as $$
                select status
                from http(('GET', 'https://a.example', array[http_header('a', 'b')], null, null)::http_request)
            $$
            """
        )
        with pytest.raises(psycopg.errors.FeatureNotSupported, match="sends no requests"):
            owner.execute("select public.ask()")


def test_doctor_names_what_is_inert(owner: Session, cluster: Server, supabase_database: str) -> None:
    owner.execute(
        "create function public.nightly() returns void language sql as $$ select cron.schedule('a', '* * * * *', '') $$"
    )
    found = {(each.code, each.target) for each in migrate.findings(cluster.dsn(dbname=supabase_database))}
    assert ("inert_calls", "public.nightly()") in found
    assert {"inert_rows"} <= {code for code, _ in found}


def test_a_project_may_begin_without_the_platforms_rights(
    cluster: Server, connect: Connect, fresh_database: FreshDatabase, tmp_path: Path
) -> None:
    name = fresh_database("supabase")
    dsn, owner = cluster.dsn("postgres", name), connect("postgres", name)
    assert migrate.hide_new(dsn) is True
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations/0001_notes.sql").write_text(
        "create table notes (id bigserial); grant select on notes to anon"
    )
    migrate.apply_project(dsn, tmp_path)
    for role, right, allowed in (
        ("anon", "select", True),
        ("anon", "insert", False),
        ("service_role", "select", False),
    ):
        assert one(owner, "select has_table_privilege(%s, 'notes', %s)", role, right) is allowed
    assert one(owner, "select has_sequence_privilege('authenticated', 'notes_id_seq', 'usage')") is False
    assert migrate.hide_new(dsn) is False
