-- Schemas, types and tables of the tenancy module. Runs as the owner. Every statement may be repeated.
-- E-mail addresses are kept in lower case, and compared as they are.

do $$
begin
    if to_regnamespace('app') is not null and to_regclass('app.support_session') is null then
        raise exception 'There is a schema app already, which is not the tenancy module''s' using errcode = '42P06',
            hint = 'Keep the application''s own, and take tenancy out of its modules';
    end if;
end $$;

create schema if not exists app; -- tables
create schema if not exists app_fn; -- what is done to them: ids in, rows out; knows nothing of who asks
create schema if not exists app_api; -- what a client may call: checks the permission, adds who asks
create schema if not exists app_private; -- what has to see every tenant: triggers, and the few questions they share
create schema if not exists auth_ext; -- what a token says

do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values
            ('tenant_type', array['anchor', 'customer', 'demo', 'test', 'trial']),
            ('tenant_status', array['active', 'inactive', 'paused']),
            ('tenant_subscription_status', array['active', 'inactive']),
            ('profile_status', array['active', 'inactive', 'blocked']),
            ('resident_type', array['home', 'guest', 'support']),
            ('resident_status', array['invited', 'declined', 'active', 'inactive', 'blocked_individual',
                'blocked_tenant', 'supporting']),
            ('license_type_assignment_scope', array['user', 'admin', 'superadmin', 'support', 'none', 'all']),
            ('license_status', array['active', 'inactive', 'expired']),
            ('expiration_interval_type', array['none', 'day', 'week', 'month', 'quarter', 'year', 'explicit'])
        ) as types (name, members)
    loop
        if to_regtype('app.' || wanted.name) is null then
            execute format('create type app.%I as enum (%s)', wanted.name,
                (select string_agg(quote_literal(member), ', ') from unnest(wanted.members) as member));
        end if;
    end loop;
end $$;

-- Applications: what there is to be licensed, and the navigation that comes with it.

create table if not exists app.application (
    key text primary key,
    name text not null
);
create table if not exists app.module (
    key text primary key,
    application_key text not null references app.application on delete cascade,
    name text not null,
    permission_keys text[] not null default '{}',
    default_icon_key text,
    ordinal integer not null default 0
);
create table if not exists app.tool (
    key text primary key,
    module_key text not null references app.module on delete cascade,
    name text not null,
    permission_keys text[] not null default '{}',
    default_icon_key text,
    route text,
    ordinal integer not null default 0
);
create table if not exists app.app_settings (
    key text primary key,
    application_key text references app.application on delete cascade,
    display_name text not null,
    value text
);
create table if not exists app.permission (
    key text primary key
);
create table if not exists app.license_type (
    key text primary key,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,
    application_key text not null references app.application,
    display_name text not null,
    assignment_scope app.license_type_assignment_scope not null default 'user'
);
create table if not exists app.license_type_permission (
    license_type_key text not null references app.license_type on delete cascade,
    permission_key text not null references app.permission,
    primary key (license_type_key, permission_key)
);
create table if not exists app.license_pack (
    key text primary key,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,
    display_name text not null,
    description text,
    auto_subscribe boolean not null default false
);
-- number_of_licenses: seats of a tenant; 0 or -1: as many as there are residents.
create table if not exists app.license_pack_license_type (
    id uuid primary key default gen_random_uuid(),
    license_pack_key text not null references app.license_pack on delete cascade,
    license_type_key text not null references app.license_type on delete cascade,
    number_of_licenses integer not null default -1 check (number_of_licenses >= -1),
    expiration_interval_type app.expiration_interval_type not null default 'none',
    expiration_interval_multiplier integer not null default 1 check (expiration_interval_multiplier >= 0),
    unique (license_pack_key, license_type_key),
    check (expiration_interval_type in ('none', 'explicit') or expiration_interval_multiplier > 0)
);

-- Tenants and what they are subscribed to.

create table if not exists app.tenant (
    id uuid primary key default gen_random_uuid(),
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,
    identifier text unique,
    name text not null unique,
    type app.tenant_type not null default 'customer',
    status app.tenant_status not null default 'active'
);
create unique index if not exists tenant_anchor_idx on app.tenant (type) where type = 'anchor';

create table if not exists app.tenant_subscription (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references app.tenant on delete cascade,
    license_pack_key text not null references app.license_pack,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,
    status app.tenant_subscription_status not null default 'active',
    unique (tenant_id, license_pack_key),
    unique (id, tenant_id)
);

-- Whose turn it is to change who has what in a tenant: `app_fn.lock_tenant` writes the row. A lock alone would let a
-- transaction go on with what it saw before (repeatable read, serializable).
create table if not exists app.tenant_turn (
    tenant_id uuid primary key references app.tenant on delete cascade,
    taken bigint not null default 1
);

-- People, and where they reside. At most one residency of a person is active: the tenant they are in.

create table if not exists app.profile (
    id uuid primary key references auth.users (id) on delete cascade,
    email text check (email = lower(email)),
    identifier text unique,
    first_name text,
    last_name text,
    phone text,
    display_name text,
    avatar_key text,
    status app.profile_status not null default 'active',
    is_public boolean not null default false,
    full_name text generated always as (first_name || ' ' || last_name) stored
);
create index if not exists profile_email_idx on app.profile (email);
create index if not exists profile_public_idx on app.profile (display_name) where is_public;

create table if not exists app.resident (
    id uuid primary key default gen_random_uuid(),
    profile_id uuid references app.profile on delete set null,
    invited_by_profile_id uuid,
    invited_by_display_name text,
    tenant_id uuid not null references app.tenant on delete cascade,
    tenant_name text not null,
    email text not null check (email = lower(email)),
    display_name text,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,
    status app.resident_status not null default 'invited',
    type app.resident_type not null default 'home',
    unique (tenant_id, profile_id, type),
    unique (id, tenant_id)
);
-- When the invitation was mailed last.
alter table app.resident add column if not exists invitation_sent_at timestamptz;
create unique index if not exists resident_active_idx on app.resident (profile_id) where status = 'active';
create unique index if not exists resident_home_idx on app.resident (profile_id) where type = 'home';
create unique index if not exists resident_home_email_idx on app.resident (email) where type = 'home';
create index if not exists resident_profile_idx on app.resident (profile_id);
create index if not exists resident_address_idx on app.resident (email);
-- In words that no question has: where nearly everybody is at home, PostgreSQL thinks that hardly anybody is not support.
drop index if exists app.resident_email_idx;
create unique index if not exists resident_address_once_idx on app.resident (tenant_id, email)
    where (type = 'support') is not true;

-- What may become of a residency. Nobody leaves a block but by unblocking, or an active tenant; who is invited to what he
-- has been in has no account any more.
create table if not exists app.resident_transition (
    from_status app.resident_status not null,
    to_status app.resident_status not null,
    primary key (from_status, to_status)
);
insert into app.resident_transition values
    ('invited', 'active'), ('invited', 'declined'), ('invited', 'blocked_individual'), ('invited', 'blocked_tenant'),
    ('declined', 'invited'),
    ('active', 'inactive'), ('active', 'supporting'), ('active', 'declined'), ('active', 'blocked_individual'),
    ('active', 'blocked_tenant'),
    ('inactive', 'active'), ('inactive', 'invited'), ('inactive', 'declined'), ('inactive', 'blocked_individual'), ('inactive', 'blocked_tenant'),
    ('supporting', 'active'), ('supporting', 'inactive'), ('supporting', 'blocked_individual'),
    ('supporting', 'blocked_tenant'),
    ('blocked_individual', 'invited'), ('blocked_individual', 'inactive'),
    ('blocked_tenant', 'invited'), ('blocked_tenant', 'inactive')
on conflict do nothing;

-- A licence is of one tenant: its resident's and its subscription's.
create table if not exists app.license (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references app.tenant on delete cascade,
    resident_id uuid not null,
    tenant_subscription_id uuid not null,
    license_type_key text not null references app.license_type,
    created_at timestamptz not null default current_timestamp,
    updated_at timestamptz not null default current_timestamp,
    expires_at timestamptz,
    status app.license_status not null default 'active',
    unique (resident_id, license_type_key),
    foreign key (resident_id, tenant_id) references app.resident (id, tenant_id) on delete cascade,
    foreign key (tenant_subscription_id, tenant_id) references app.tenant_subscription (id, tenant_id) on delete cascade
);
create index if not exists license_seat_idx on app.license (tenant_subscription_id, license_type_key);
create index if not exists license_tenant_idx on app.license (tenant_id);
create index if not exists license_expiry_idx on app.license (expires_at) where status = 'active';
-- Those keys are there for references alone; an id is enough to ask by.
comment on constraint tenant_subscription_id_tenant_id_key on app.tenant_subscription is '@behavior -*';
comment on constraint resident_id_tenant_id_key on app.resident is '@behavior -*';

-- Support: who is in whose place, why, and until when; the tenant's admins read it.
create table if not exists app.support_session (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references app.tenant on delete cascade,
    profile_id uuid references app.profile on delete set null,
    support_resident_id uuid not null references app.resident on delete cascade,
    actual_resident_id uuid not null references app.resident on delete cascade,
    reason text not null check (length(btrim(reason)) >= 3),
    started_at timestamptz not null default current_timestamp,
    expires_at timestamptz not null check (expires_at > started_at),
    ended_at timestamptz
);
-- Whether support may only look.
alter table app.support_session add column if not exists read_only boolean not null default false;
create unique index if not exists support_session_open_idx on app.support_session (profile_id) where ended_at is null;
create index if not exists support_session_profile_idx on app.support_session (profile_id);
create index if not exists support_session_tenant_idx on app.support_session (tenant_id);
drop index if exists app.support_session_resident_idx;
create index if not exists support_session_latest_idx on app.support_session (support_resident_id, started_at);

-- Who did what to whom. Nobody who comes through the API changes or removes a line.
create table if not exists app.audit_event (
    id bigint generated always as identity primary key,
    occurred_at timestamptz not null default current_timestamp,
    tenant_id uuid,
    actor_profile_id uuid,
    action text not null,
    subject jsonb not null default '{}'
);
create index if not exists audit_event_tenant_idx on app.audit_event (tenant_id, id);

-- Composite types: what functions take and give.

do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values
            ('profile_claims', 'profile_id uuid, tenant_id uuid, resident_id uuid, actual_resident_id uuid,
                profile_status app.profile_status, permissions text[], email text, display_name text, tenant_name text'),
            ('tool_info', 'key text, name text, permission_keys text[], default_icon_key text, route text, ordinal integer'),
            ('module_info', 'key text, name text, permission_keys text[], default_icon_key text, ordinal integer,
                tools app_fn.tool_info[]'),
            ('license_type_info', 'key text, display_name text, permissions text[],
                assignment_scope app.license_type_assignment_scope'),
            ('license_pack_license_type_info', 'license_type_key text, number_of_licenses integer,
                expiration_interval_type app.expiration_interval_type, expiration_interval_multiplier integer'),
            ('license_pack_info', 'key text, display_name text, description text,
                license_pack_license_type_infos app_fn.license_pack_license_type_info[], auto_subscribe boolean'),
            ('application_info', 'key text, name text, license_type_infos app_fn.license_type_info[],
                license_pack_infos app_fn.license_pack_info[], modules app_fn.module_info[]'),
            ('ab_listing', 'profile_id uuid, email text, phone text, full_name text, display_name text,
                can_invite boolean'),
            ('paging_options', 'item_offset integer, page_offset integer, item_limit integer'),
            ('search_residents_options', 'search_term text, status app.resident_status,
                paging_options app_fn.paging_options'),
            ('search_profiles_options', 'search_term text, status app.profile_status,
                paging_options app_fn.paging_options'),
            ('search_tenants_options', 'search_term text, status app.tenant_status, type app.tenant_type,
                paging_options app_fn.paging_options')
        ) as types (name, members)
    loop
        if to_regtype('app_fn.' || wanted.name) is null then
            execute format('create type app_fn.%I as (%s)', wanted.name, wanted.members);
        end if;
    end loop;
end $$;
