"""Our objects come in, come in again, and come up to date, whoever the administrator is."""

from pathlib import Path

import psycopg
import pytest

from gatepost import migrate
from gatepost.embedded import Server
from gatepost.migrate.connection import Connection
from gatepost.migrate.ledger import array
from gatepost.problem import Problem
from tests.conftest import Connect, FreshDatabase

FACTS = Path(__file__).with_name("facts.sql").read_text("utf-8")
SCHEMAS = ("auth", "auth_private", "extensions", "public", "storage", "realtime", "vault", "cron", "net")

# A database that GoTrue served some years ago: what came later is taken away again.
OLDER = """
alter table auth.users drop column is_anonymous, drop column deleted_at, drop column is_sso_user;
alter table auth.users add constraint users_email_key unique (email);
alter table auth.users alter phone type varchar(15), alter phone_change type varchar(15);
alter table auth.identities drop column id, drop constraint identities_provider_id_provider_unique;
alter table auth.identities rename provider_id to id;
alter table auth.identities add constraint identities_pkey primary key (provider, id);
alter table auth.sessions drop column oauth_client_id, drop column scopes, drop column refreshed_at, drop column tag;
alter table auth.flow_state drop column email_optional, drop column auth_code_issued_at;
alter table auth.flow_state alter auth_code set not null;
alter table auth.mfa_factors drop column phone, drop column last_challenged_at;
alter table auth.saml_relay_states drop column flow_state_id, add from_ip_address inet;
drop table auth.one_time_tokens, auth.oauth_authorizations, auth.oauth_consents, auth.oauth_clients;
drop table auth.webauthn_challenges, auth.webauthn_credentials, auth.custom_oauth_providers;
drop type auth.one_time_token_type, auth.oauth_client_type, auth.oauth_registration_type;
drop function auth.jwt();
drop schema auth_private cascade;
insert into auth.users (id, email) values ('11111111-2222-3333-4444-555555555555', 'ann@example.com');
insert into auth.identities (id, user_id, identity_data, provider)
values ('ann', '11111111-2222-3333-4444-555555555555', '{}', 'email');
"""

# A database as images bring it along: the first shape of GoTrue's tables, and somebody who signed up with it.
FIRST = """
drop schema auth cascade;
drop schema auth_private cascade;
create schema auth authorization supabase_auth_admin;
set role supabase_auth_admin;
create table auth.users (
    instance_id uuid, id uuid not null unique, aud varchar(255), role varchar(255), email varchar(255) unique,
    encrypted_password varchar(255), confirmed_at timestamptz, invited_at timestamptz,
    confirmation_token varchar(255), confirmation_sent_at timestamptz,
    recovery_token varchar(255), recovery_sent_at timestamptz,
    email_change_token varchar(255), email_change varchar(255), email_change_sent_at timestamptz,
    last_sign_in_at timestamptz, raw_app_meta_data jsonb, raw_user_meta_data jsonb, is_super_admin boolean,
    created_at timestamptz, updated_at timestamptz, constraint users_pkey primary key (id)
);
create index users_instance_id_email_idx on auth.users (instance_id, email);
create table auth.refresh_tokens (
    instance_id uuid, id bigserial, token varchar(255), user_id varchar(255), revoked boolean,
    created_at timestamptz, updated_at timestamptz, constraint refresh_tokens_pkey primary key (id)
);
create index refresh_tokens_token_idx on auth.refresh_tokens (token);
create table auth.audit_log_entries (
    instance_id uuid, id uuid not null, payload json, created_at timestamptz,
    constraint audit_log_entries_pkey primary key (id)
);
create function auth.uid() returns uuid language sql stable
as $$ select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
insert into auth.users (id, email, confirmed_at)
values ('11111111-2222-3333-4444-555555555555', 'ann@example.com', '2020-01-01');
"""
MIGRATIONS = ("0000_first_gotrue.sql", "0001_older_gotrue.sql")


def facts(cluster: Server, database: str) -> set[str | None]:
    with Connection(cluster.dsn(dbname=database)) as connection:
        return {fact for (fact,) in connection.rows(FACTS, array(SCHEMAS))}


def test_fresh_equals_migrated(cluster: Server, connect: Connect, fresh_database: FreshDatabase) -> None:
    fresh, older = fresh_database(), fresh_database()
    connect("supabase_admin", older).execute(OLDER)
    assert facts(cluster, older) != facts(cluster, fresh)
    done = migrate.install(cluster.dsn(dbname=older))
    assert done.applied == MIGRATIONS
    assert facts(cluster, older) == facts(cluster, fresh)
    row = connect("supabase_auth_admin", older).execute("select provider_id, email from identities").fetchone()
    assert row == ("ann", None)


def test_the_first_gotrues_tables_come_up_to_date(
    cluster: Server, connect: Connect, fresh_database: FreshDatabase
) -> None:
    fresh, first = fresh_database(), fresh_database()
    connect("supabase_admin", first).execute(FIRST)
    assert migrate.install(cluster.dsn(dbname=first)).applied == MIGRATIONS
    assert facts(cluster, first) == facts(cluster, fresh)
    row = (
        connect("supabase_auth_admin", first)
        .execute("select i.email, provider_id = u.id::text, confirmed_at is not null from identities i, users u")
        .fetchone()
    )
    assert row == ("ann@example.com", True, True)


@pytest.mark.parametrize("profile", ["gatepost", "supabase"])
def test_a_second_installation_changes_nothing(
    cluster: Server, connect: Connect, fresh_database: FreshDatabase, profile: migrate.Profile
) -> None:
    database = fresh_database(profile)
    before = facts(cluster, database)
    assert migrate.install(cluster.dsn(dbname=database), profile).changed is False
    connect("supabase_admin", database).execute("delete from auth_private.installation where name = 'fingerprint'")
    assert migrate.install(cluster.dsn(dbname=database), profile).changed is True
    assert facts(cluster, database) == before


def test_migrations_may_run_again(cluster: Server, connect: Connect, fresh_database: FreshDatabase) -> None:
    database = fresh_database()
    before = facts(cluster, database)
    connect("supabase_admin", database).execute(
        "delete from auth_private.installation where name = 'fingerprint'; delete from auth_private.migrations"
    )
    assert migrate.install(cluster.dsn(dbname=database)).applied == MIGRATIONS
    assert facts(cluster, database) == before


def test_passwords_let_logins_in_by_tcp_alone(cluster: Server, fresh_database: FreshDatabase) -> None:
    database = fresh_database()
    migrate.install(cluster.dsn(dbname=database), passwords={"authenticator": "it's \\ a 'pass'"})
    with Connection(cluster.dsn(dbname=database)) as connection:
        stored = connection.value("select rolpassword from pg_authid where rolname = 'authenticator'")
    assert stored is not None
    assert stored.startswith("SCRAM-SHA-256$")


@pytest.fixture
def administrator(connect: Connect, cluster: Server) -> str:
    """A role with CREATEROLE that is no superuser, as providers of databases give; roles are made anew by it."""
    admin = connect("supabase_admin", "postgres")
    if not admin.execute("select 1 from pg_roles where rolname = 'provider_admin'").fetchone():
        admin.execute("create role provider_admin login createrole createdb password 'secret'")
        for role in ("anon", "authenticated", "service_role", "authenticator", "service_authenticator"):
            admin.execute(f"grant {role} to provider_admin with admin option")  # pyright: ignore
        admin.execute("grant supabase_auth_admin to provider_admin with admin option")
    return "provider_admin"


def test_an_administrator_without_superuser_can_install(
    cluster: Server, connect: Connect, administrator: str, tmp_path: Path
) -> None:
    admin = connect("supabase_admin", "postgres")
    admin.execute(f"create database provided owner {administrator} template template0")  # pyright: ignore
    as_admin = f"{cluster.dsn(dbname='provided')} options='-c role={administrator}'"
    done = migrate.install(as_admin)
    assert (done.owner, done.changed) == (administrator, True)
    assert migrate.install(as_admin).changed is False
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_notes.sql").write_text("create table public.notes (id int)")
    said: list[str] = []
    migrate.apply_project(as_admin, tmp_path, lambda progress: said.append(progress.message))
    assert any("row level security is enabled on public.notes" in line for line in said)
    row = connect("supabase_admin", "provided").execute(
        "select relrowsecurity, relowner::regrole::text from pg_class where relname = 'notes'"
    )
    assert row.fetchone() == (True, administrator)
    codes = {finding.code for finding in migrate.findings(as_admin)}
    assert {"no_event_trigger", "open_large_objects"} <= codes


def test_an_administrator_who_may_not_make_schemas_is_told_what_to_grant(
    cluster: Server, connect: Connect, administrator: str
) -> None:
    connect("supabase_admin", "postgres").execute("create database closed template template0")
    with pytest.raises(Problem) as caught:
        migrate.install(f"{cluster.dsn(dbname='closed')} options='-c role={administrator}'")
    assert caught.value.hint == f"grant create on database closed to {administrator}"


def test_a_database_that_is_not_there_is_said(cluster: Server) -> None:
    with pytest.raises(Problem, match="cannot be reached"):
        migrate.install(cluster.dsn(dbname="nowhere"))


def test_api_keys_are_kept_as_hashes_and_one_key_signs(connect: Connect, database_name: str) -> None:
    server = connect("supabase_auth_admin", database_name)
    key = "insert into auth_private.api_keys (name, kind, role, hash, prefix) values (%s, %s, 'anon', %s, 'sb_publi')"
    server.execute(key, ("web", "publishable", b"\1" * 32))
    with pytest.raises(psycopg.errors.UniqueViolation):
        server.execute(key, ("web", "publishable", b"\2" * 32))
    server.execute("update auth_private.api_keys set revoked_at = now() where name = 'web'")
    server.execute(key, ("web", "publishable", b"\2" * 32))
    with pytest.raises(psycopg.errors.CheckViolation):
        server.execute(key, ("plain", "publishable", b"sb_publishable_in_clear"))
    sign = "insert into auth_private.signing_keys (id, algorithm, status, jwk) values (%s, 'ES256', 'active', '{}')"
    server.execute(sign, ("one",))
    with pytest.raises(psycopg.errors.UniqueViolation):
        server.execute(sign, ("two",))
