-- Licences become permissions, permissions claims; and every change of what they come from writes them again, in its own
-- transaction. `auth_ext` reads them back from the request's token. Runs as the owner.

-- What the token says. The server's part alone: a user writes his own user_metadata. Plain SQL, to be inlined.

create or replace function auth_ext.claims() returns jsonb
language sql stable parallel safe
as $$ select coalesce(auth.jwt() -> 'app_metadata', '{}') $$;

create or replace function auth_ext.permissions() returns text[]
language sql stable parallel safe
as $$
    select array(select jsonb_array_elements_text(
        case jsonb_typeof(auth_ext.claims() -> 'permissions') when 'array' then auth_ext.claims() -> 'permissions' end
    ))
$$;

create or replace function auth_ext.tenant_id() returns uuid
language sql stable parallel safe as $$ select (auth_ext.claims() ->> 'tenant_id')::uuid $$;

create or replace function auth_ext.resident_id() returns uuid
language sql stable parallel safe as $$ select (auth_ext.claims() ->> 'resident_id')::uuid $$;

create or replace function auth_ext.actual_resident_id() returns uuid
language sql stable parallel safe as $$ select (auth_ext.claims() ->> 'actual_resident_id')::uuid $$;

create or replace function auth_ext.profile_id() returns uuid
language sql stable parallel safe as $$ select (auth_ext.claims() ->> 'profile_id')::uuid $$;

create or replace function auth_ext.email() returns text
language sql stable parallel safe as $$ select auth.jwt() ->> 'email' $$;

create or replace function auth_ext.display_name() returns text
language sql stable parallel safe as $$ select auth_ext.claims() ->> 'display_name' $$;

-- With a tenant: held there. Never null.
create or replace function auth_ext.has_permission(_permission_key text, _tenant_id uuid default null) returns boolean
language sql stable parallel safe
as $$
    select coalesce(
        _permission_key = any (auth_ext.permissions()) and (_tenant_id is null or _tenant_id = auth_ext.tenant_id()), false
    )
$$;

create or replace function auth_ext.has_all_permissions(_permission_keys text[], _tenant_id uuid default null)
returns boolean
language sql stable parallel safe
as $$
    select coalesce(
        _permission_keys <@ auth_ext.permissions() and (_tenant_id is null or _tenant_id = auth_ext.tenant_id()), false
    )
$$;

-- For policies, found once a statement: an index finds the rows by them. The first and the last of the tenants whose
-- administration the token lets one read (one's own, for its admins; all, for the site's), those of the profiles beside
-- one's own, and one's own residencies.
create or replace function auth_ext.first_readable_tenant() returns uuid
language sql stable parallel safe
as $$
    select case
        when auth_ext.has_permission('p:app-admin-super') then '00000000-0000-0000-0000-000000000000'
        when auth_ext.has_permission('p:app-admin') then auth_ext.tenant_id()
    end
$$;

create or replace function auth_ext.last_readable_tenant() returns uuid
language sql stable parallel safe
as $$
    select case
        when auth_ext.has_permission('p:app-admin-super') then 'ffffffff-ffff-ffff-ffff-ffffffffffff'
        when auth_ext.has_permission('p:app-admin') then auth_ext.tenant_id()
    end
$$;

create or replace function auth_ext.first_readable_profile() returns uuid
language sql stable parallel safe
as $$ select case when auth_ext.has_permission('p:app-admin-super') then '00000000-0000-0000-0000-000000000000'::uuid end $$;

create or replace function auth_ext.last_readable_profile() returns uuid
language sql stable parallel safe
as $$ select case when auth_ext.has_permission('p:app-admin-super') then 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid end $$;

create or replace function auth_ext.own_residents() returns uuid[]
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select array(select r.id from app.resident r where r.profile_id = auth.uid()) $$;

-- Whether the token is of support that may only look: as the support it was made for, or its successor, began. A token
-- that outlives that support permits no more than it did.
create or replace function auth_ext.is_read_only() returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select coalesce((
        select s.read_only from app.support_session s
        where s.support_resident_id = auth_ext.resident_id() order by s.started_at desc limit 1
    ), false)
$$;

-- Who may only look changes nothing, whatever the caller of this goes on to try: PostgreSQL refuses it.
create or replace function auth_ext.enforce_permission(_permission_key text, _tenant_id uuid default null)
returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    if not auth_ext.has_permission(_permission_key, _tenant_id) then
        raise exception '30000: NOT AUTHORIZED' using errcode = '42501';
    end if;
    if auth_ext.is_read_only() then
        perform set_config('transaction_read_only', 'on', true);
    end if;
    return true;
end $$;

-- In PL/pgSQL, which keeps the plans. What a residency permits now: its licences; in support mode what the tenant's admins may.
create or replace function app_fn.resident_permissions(_resident_id uuid) returns text[]
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select p.permission_key
        from app.license l
        join app.tenant_subscription s on s.id = l.tenant_subscription_id and s.status = 'active'
        join app.license_type_permission p on p.license_type_key = l.license_type_key
        where l.resident_id = _resident_id and l.status = 'active' and (l.expires_at is null or l.expires_at > now())
        union
        select p.permission_key
        from app.resident r
        join app.tenant_subscription s on s.tenant_id = r.tenant_id and s.status = 'active'
        join app.license_pack_license_type t on t.license_pack_key = s.license_pack_key
        join app.license_type lt on lt.key = t.license_type_key and lt.assignment_scope in ('admin', 'all', 'none')
        join app.license_type_permission p on p.license_type_key = lt.key
        where r.id = _resident_id and r.type = 'support'
        union
        select 'p:app-admin-support' from app.resident r where r.id = _resident_id and r.type = 'support'
        order by 1
    );
end $$;

-- Where somebody is: the active residency, while person and tenant are active. Support, while it has not run out and he
-- may still give it.
create or replace function app_fn.current_residency(_profile_id uuid) returns app.resident
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    _resident app.resident;
begin
    select r.* into _resident
    from app.resident r
    join app.profile p on p.id = r.profile_id and p.status = 'active'
    join app.tenant t on t.id = r.tenant_id and t.status = 'active'
    where r.profile_id = _profile_id and r.status = 'active' and (
        r.type <> 'support' or exists (
            select from app.support_session s
            join app.resident a on a.id = s.actual_resident_id and a.status = 'supporting'
            where s.support_resident_id = r.id and s.ended_at is null and s.expires_at > now()
                and app_fn.resident_permissions(a.id) && array['p:app-admin-support', 'p:app-admin-super']
        )
    );
    return _resident;
end $$;

create or replace function app_fn.current_profile_claims(_profile_id uuid) returns app_fn.profile_claims
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    _profile app.profile;
    _resident app.resident := app_fn.current_residency(_profile_id);
    _claims app_fn.profile_claims;
begin
    select * into _profile from app.profile p where p.id = _profile_id;
    _claims.profile_id := _profile_id;
    _claims.email := _profile.email;
    _claims.profile_status := _profile.status;
    _claims.tenant_id := _resident.tenant_id;
    _claims.tenant_name := _resident.tenant_name;
    _claims.resident_id := _resident.id;
    _claims.display_name := _resident.display_name;
    _claims.permissions := app_fn.resident_permissions(_resident.id);
    _claims.actual_resident_id := (
        select s.actual_resident_id from app.support_session s
        where s.support_resident_id = _resident.id and s.ended_at is null
    );
    return _claims;
end $$;

-- When those claims end by themselves.
create or replace function app_fn.claims_valid_until(_profile_id uuid) returns timestamptz
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select min(ends) from (
        select l.expires_at
        from app.license l
        where l.resident_id = (app_fn.current_residency(_profile_id)).id and l.status = 'active' and l.expires_at > now()
        union all
        select l.expires_at
        from app.support_session s join app.license l on l.resident_id = s.actual_resident_id
        where s.profile_id = _profile_id and s.ended_at is null and l.status = 'active' and l.expires_at > now()
        union all
        select s.expires_at from app.support_session s where s.profile_id = _profile_id and s.ended_at is null
            and s.expires_at > now()
    ) as all_ends (ends)
$$;

-- The row that tokens are made from, written again. Locked before anything is read, so that of two changes at once the
-- second sees the first.
create or replace function app_private.refresh_claims(_profile_id uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (select from app.profile p where p.id = _profile_id) then
        return;
    end if;
    perform app_fn.end_support(s.id) from app.support_session s
    where s.profile_id = _profile_id and s.ended_at is null and s.expires_at <= now();
    insert into auth_private.user_claims (user_id, claims, source) values (_profile_id, '{}', 'app_private.refresh_claims')
    on conflict (user_id) do update set source = excluded.source;
    update auth_private.user_claims c
    set claims = to_jsonb(app_fn.current_profile_claims(_profile_id)),
        valid_until = app_fn.claims_valid_until(_profile_id)
    where c.user_id = _profile_id;
end $$;

-- As a trigger of a statement: for everybody the trigger's query finds, in one order, so that two never wait on each other.
-- In whatever residency he is: who is going to another this moment is not seen there yet.
create or replace function app_private.claims_changed() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _profile_id uuid;
begin
    for _profile_id in
        execute format('select distinct id from (%s) as found (id) where id is not null order by id', tg_argv[0])
    loop
        perform app_private.refresh_claims(_profile_id);
    end loop;
    return null;
end $$;

do $$
declare
    watched record;
    event text;
begin
    for watched in
        select * from (values
            ('app.profile', 'insert update', 'select id from changed'),
            ('app.resident', 'insert update delete', 'select profile_id from changed'),
            ('app.support_session', 'insert update delete', 'select profile_id from changed'),
            ('app.tenant', 'update', 'select r.profile_id from changed c join app.resident r on r.tenant_id = c.id'),
            ('app.tenant_subscription', 'insert update delete',
                'select r.profile_id from changed c join app.resident r on r.tenant_id = c.tenant_id'),
            ('app.license', 'insert update delete',
                'select r.profile_id from changed c join app.resident r on r.id = c.resident_id'),
            ('app.license_type_permission', 'insert update delete',
                'select r.profile_id from changed c
                join app.license_pack_license_type t on t.license_type_key = c.license_type_key
                join app.tenant_subscription s on s.license_pack_key = t.license_pack_key
                join app.resident r on r.tenant_id = s.tenant_id'),
            ('app.license_pack_license_type', 'insert update delete',
                'select r.profile_id from changed c
                join app.tenant_subscription s on s.license_pack_key = c.license_pack_key
                join app.resident r on r.tenant_id = s.tenant_id where r.type = ''support''')
        ) as tables (name, events, affected)
    loop
        foreach event in array string_to_array(watched.events, ' ') loop
            execute format(
                'create or replace trigger claims_after_%s after %1$s on %s referencing %s table as changed
                for each statement execute function app_private.claims_changed(%L)',
                event, watched.name, case event when 'delete' then 'old' else 'new' end, watched.affected
            );
        end loop;
    end loop;
end $$;
