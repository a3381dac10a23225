-- Brings the auth schema of a GoTrue before 2022 to where 0001_older_gotrue.sql begins. Database images come with it
-- in its first shape, for whatever GoTrue serves them. Adds and renames what is not there yet, and may be repeated.
-- Runs as supabase_auth_admin.

do $$
declare
    renamed record;
begin
    for renamed in
        select * from (values
            ('confirmed_at', 'email_confirmed_at'), ('email_change_token', 'email_change_token_new')
        ) as names (old, new)
    loop
        if not exists (
            select from pg_attribute where attrelid = 'auth.users'::regclass and attname = renamed.new
        ) then
            execute format('alter table auth.users rename %I to %I', renamed.old, renamed.new);
        end if;
    end loop;

    -- The same name, but of the address as it was written.
    if position('lower' in pg_get_indexdef(to_regclass('auth.users_instance_id_email_idx'))) = 0 then
        drop index auth.users_instance_id_email_idx;
    end if;

    if to_regtype('auth.aal_level') is null then
        create type auth.aal_level as enum ('aal1', 'aal2', 'aal3');
    end if;
end $$;

alter table auth.users
    drop constraint if exists users_id_key,
    add column if not exists phone text default null::varchar constraint users_phone_key unique,
    add column if not exists phone_confirmed_at timestamptz,
    add column if not exists phone_change text default ''::varchar,
    add column if not exists phone_change_token varchar(255) default '',
    add column if not exists phone_change_sent_at timestamptz,
    add column if not exists email_change_token_current varchar(255) default '',
    add column if not exists email_change_confirm_status smallint default 0
        check (email_change_confirm_status >= 0 and email_change_confirm_status <= 2);
alter table auth.users
    add column if not exists confirmed_at timestamptz
        generated always as (least(email_confirmed_at, phone_confirmed_at)) stored;

alter table auth.audit_log_entries add column if not exists ip_address varchar(64) not null default '';

create table if not exists auth.sessions (
    id uuid not null,
    user_id uuid not null,
    created_at timestamptz,
    updated_at timestamptz,
    constraint sessions_pkey primary key (id),
    constraint sessions_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade
);
alter table auth.sessions
    add column if not exists factor_id uuid,
    add column if not exists aal auth.aal_level;

do $$
begin
    if not exists (select from pg_constraint where conname = 'refresh_tokens_token_unique') then
        alter table auth.refresh_tokens add constraint refresh_tokens_token_unique unique (token);
    end if;
end $$;
alter table auth.refresh_tokens add column if not exists parent varchar(255);

-- Whoever signed up by mail has that identity from now on.
do $$
begin
    if to_regclass('auth.identities') is null then
        create table auth.identities (
            id text not null,
            user_id uuid not null,
            identity_data jsonb not null,
            provider text not null,
            last_sign_in_at timestamptz,
            created_at timestamptz,
            updated_at timestamptz,
            constraint identities_pkey primary key (provider, id),
            constraint identities_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade
        );
        insert into auth.identities (id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
        select
            id::text, id, jsonb_build_object('sub', id, 'email', email), 'email', last_sign_in_at, created_at, updated_at
        from auth.users
        where email <> '' and coalesce(raw_app_meta_data ->> 'provider', 'email') = 'email';
    end if;
end $$;
