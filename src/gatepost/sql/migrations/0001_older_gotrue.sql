-- Brings the auth schema of an older GoTrue (2022 and later) to the shape of auth/tables.sql: a database that GoTrue
-- served before can be served from here. New tables are made by the schema files afterwards; this adds what existing
-- tables lack, and may be repeated. Runs as supabase_auth_admin.

do $$
begin
    if to_regtype('auth.factor_type') is not null then
        alter type auth.factor_type add value if not exists 'phone';
    end if;
    if to_regtype('auth.code_challenge_method') is null then
        create type auth.code_challenge_method as enum ('s256', 'plain');
    end if;
    if to_regtype('auth.oauth_client_type') is null then
        create type auth.oauth_client_type as enum ('public', 'confidential');
    end if;
    if to_regtype('auth.oauth_registration_type') is null then
        create type auth.oauth_registration_type as enum ('dynamic', 'manual');
    end if;
end $$;

alter table auth.users
    add column if not exists banned_until timestamptz,
    add column if not exists reauthentication_token varchar(255) default '',
    add column if not exists reauthentication_sent_at timestamptz,
    add column if not exists is_sso_user boolean not null default false,
    add column if not exists deleted_at timestamptz,
    add column if not exists is_anonymous boolean not null default false,
    drop constraint if exists users_email_key;

do $$
begin
    if exists (
        select from pg_attribute
        where attrelid = 'auth.users'::regclass and attname = 'phone' and atttypid <> 'text'::regtype
    ) then
        alter table auth.users
            alter phone type text, alter phone_change type text,
            alter phone set default null::varchar, alter phone_change set default ''::varchar;
    end if;
end $$;

-- The provider's own id used to be the key.
do $$
begin
    if not exists (
        select from pg_attribute where attrelid = 'auth.identities'::regclass and attname = 'provider_id'
    ) then
        alter table auth.identities rename id to provider_id;
        alter table auth.identities
            drop constraint if exists identities_pkey,
            add id uuid not null default gen_random_uuid(),
            add constraint identities_pkey primary key (id),
            add constraint identities_provider_id_provider_unique unique (provider_id, provider);
    end if;
end $$;
alter table auth.identities
    add column if not exists email text generated always as (lower(identity_data ->> 'email')) stored;

create table if not exists auth.oauth_clients (
    id uuid not null,
    client_secret_hash text,
    registration_type auth.oauth_registration_type not null,
    redirect_uris text not null,
    grant_types text not null,
    client_name text,
    client_uri text,
    logo_uri text,
    created_at timestamptz default now() not null,
    updated_at timestamptz default now() not null,
    deleted_at timestamptz,
    client_type auth.oauth_client_type default 'confidential'::auth.oauth_client_type not null,
    token_endpoint_auth_method text not null,
    constraint oauth_clients_pkey primary key (id),
    constraint oauth_clients_client_name_length check (char_length(client_name) <= 1024),
    constraint oauth_clients_client_uri_length check (char_length(client_uri) <= 2048),
    constraint oauth_clients_logo_uri_length check (char_length(logo_uri) <= 2048),
    constraint oauth_clients_token_endpoint_auth_method_check
        check (token_endpoint_auth_method in ('client_secret_basic', 'client_secret_post', 'none'))
);
alter table auth.oauth_clients
    alter client_secret_hash drop not null,
    drop column if exists client_id,
    add column if not exists client_type auth.oauth_client_type not null default 'confidential',
    add column if not exists token_endpoint_auth_method text
        constraint oauth_clients_token_endpoint_auth_method_check
        check (token_endpoint_auth_method in ('client_secret_basic', 'client_secret_post', 'none'));
update auth.oauth_clients
set token_endpoint_auth_method = case client_type when 'public' then 'none' else 'client_secret_basic' end
where token_endpoint_auth_method is null;
alter table auth.oauth_clients alter token_endpoint_auth_method set not null;

alter table auth.sessions
    add column if not exists not_after timestamptz,
    add column if not exists refreshed_at timestamp,
    add column if not exists user_agent text,
    add column if not exists ip inet,
    add column if not exists tag text,
    add column if not exists oauth_client_id uuid
        constraint sessions_oauth_client_id_fkey references auth.oauth_clients (id) on delete cascade,
    add column if not exists refresh_token_hmac_key text,
    add column if not exists refresh_token_counter bigint,
    add column if not exists scopes text constraint sessions_scopes_length check (char_length(scopes) <= 4096);

alter table auth.refresh_tokens
    add column if not exists session_id uuid
        constraint refresh_tokens_session_id_fkey references auth.sessions (id) on delete cascade,
    drop constraint if exists refresh_tokens_parent_fkey;
drop index if exists auth.refresh_tokens_token_idx;

alter table if exists auth.mfa_factors
    add column if not exists phone text,
    add column if not exists last_challenged_at timestamptz constraint mfa_factors_last_challenged_at_key unique,
    add column if not exists web_authn_credential jsonb,
    add column if not exists web_authn_aaguid uuid,
    add column if not exists last_webauthn_challenge_data jsonb,
    drop constraint if exists mfa_factors_phone_key;
drop index if exists auth.unique_verified_phone_factor;
alter table if exists auth.mfa_challenges
    add column if not exists otp_code text,
    add column if not exists web_authn_session_data jsonb;

-- PKCE came later than SAML: where there is no flow yet, the table is made here for relay states to refer to.
create table if not exists auth.flow_state (
    id uuid not null,
    user_id uuid,
    auth_code text,
    code_challenge_method auth.code_challenge_method,
    code_challenge text,
    provider_type text not null,
    provider_access_token text,
    provider_refresh_token text,
    created_at timestamptz,
    updated_at timestamptz,
    authentication_method text not null,
    constraint flow_state_pkey primary key (id)
);
alter table auth.flow_state
    add column if not exists auth_code_issued_at timestamptz,
    add column if not exists invite_token text,
    add column if not exists referrer text,
    add column if not exists oauth_client_state_id uuid,
    add column if not exists linking_target_id uuid,
    add column if not exists email_optional boolean not null default false,
    alter auth_code drop not null,
    alter code_challenge drop not null,
    alter code_challenge_method drop not null;
alter table if exists auth.saml_relay_states
    drop column if exists from_ip_address,
    add column if not exists flow_state_id uuid
        constraint saml_relay_states_flow_state_id_fkey references auth.flow_state (id) on delete cascade;
drop table if exists auth.sso_sessions;

alter table if exists auth.sso_providers add column if not exists disabled boolean;
alter table if exists auth.saml_providers add column if not exists name_id_format text;
alter table if exists auth.oauth_authorizations
    add column if not exists nonce text
        constraint oauth_authorizations_nonce_length check (char_length(nonce) <= 255);
alter table if exists auth.custom_oauth_providers
    add column if not exists custom_claims_allowlist text[] not null default '{}';
