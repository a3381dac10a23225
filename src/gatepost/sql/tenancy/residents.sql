-- What is done to tenants and their residents: made, invited, in and out, blocked, supported. As in functions.sql.
-- Runs as the owner.

-- Tenants -------------------------------------------------------------------------------------------------------------

create or replace function app_fn.create_tenant(
    _name text, _identifier text default null, _email text default null, _type app.tenant_type default 'customer',
    _invited_by_profile_id uuid default null
) returns app.tenant
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _tenant app.tenant;
begin
    if length(btrim(_name)) not between 1 and 200 or length(_identifier) not between 1 and 200 then
        raise exception '30001: A TENANT HAS A NAME OF AT MOST 200 CHARACTERS' using errcode = '22023';
    end if;
    insert into app.tenant (name, identifier, type) values (btrim(_name), _identifier, _type)
    on conflict do nothing
    returning * into _tenant;
    if _tenant.id is null then
        raise exception '30002: APP TENANT WITH THIS NAME OR IDENTIFIER ALREADY EXISTS' using errcode = '23505';
    end if;
    perform app_fn.subscribe_tenant_to_license_pack(_tenant.id, p.key) from app.license_pack p where p.auto_subscribe;
    if _email is not null then
        perform app_fn.invite_user(_tenant.id, _email, 'admin', _invited_by_profile_id);
    end if;
    return _tenant;
end $$;

-- The tenant that runs the site: made once, with the base application.
create or replace function app_fn.create_anchor_tenant(_name text, _email text default null) returns app.tenant
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _tenant app.tenant;
begin
    perform app_fn.install_anchor_application();
    select * into _tenant from app.tenant t where t.type = 'anchor';
    if _tenant.id is null then
        _tenant := app_fn.create_tenant(_name, 'anchor', null, 'anchor');
        perform app_fn.subscribe_tenant_to_license_pack(_tenant.id, 'anchor');
    end if;
    if _email is not null then
        perform app_fn.invite_user(_tenant.id, _email, 'superadmin');
    end if;
    return _tenant;
end $$;

-- Everybody who was in a tenant is out of it at once, and may come back when it is active again.
create or replace function app_fn.deactivate_tenant(_tenant_id uuid) returns app.tenant
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _tenant app.tenant;
begin
    perform app_fn.lock_tenant(t.id) from app.tenant t where t.id = _tenant_id;
    perform app_fn.end_support(s.id) from app.support_session s where s.tenant_id = _tenant_id and s.ended_at is null
    order by s.profile_id;
    perform app_fn.lock_residents(_tenant_id);
    update app.tenant t set status = 'inactive', updated_at = now()
    where t.id = _tenant_id and t.type <> 'anchor'
    returning * into _tenant;
    if _tenant.id is null then
        raise exception '30003: NO SUCH TENANT, OR THE ANCHOR TENANT';
    end if;
    update app.resident r set status = 'blocked_tenant'
    where r.tenant_id = _tenant_id and r.type <> 'support' and r.status in ('invited', 'active', 'inactive', 'supporting');
    return _tenant;
end $$;

create or replace function app_fn.activate_tenant(_tenant_id uuid) returns app.tenant
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _tenant app.tenant;
begin
    perform app_fn.lock_tenant(t.id) from app.tenant t where t.id = _tenant_id;
    perform app_fn.lock_residents(_tenant_id);
    update app.tenant t set status = 'active', updated_at = now() where t.id = _tenant_id returning * into _tenant;
    if _tenant.id is null then
        raise exception '30003: NO SUCH TENANT';
    end if;
    update app.resident r
    set status = case when r.profile_id is null then 'invited'::app.resident_status else 'inactive' end
    where r.tenant_id = _tenant_id and r.status = 'blocked_tenant';
    return _tenant;
end $$;

-- Residents -----------------------------------------------------------------------------------------------------------

-- Once for a tenant and person: another invitation changes no standing, and renews one that was declined, or
-- whose account has ended.
create or replace function app_fn.invite_user(
    _tenant_id uuid, _email text, _assignment_scope app.license_type_assignment_scope default 'user',
    _invited_by_profile_id uuid default null
) returns app.resident
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _resident app.resident;
    _address text := lower(btrim(_email));
begin
    if _address !~ '^[^@\s]+@[^@\s]+$' or length(_address) > 320 then
        raise exception '30010: THIS IS NO E-MAIL ADDRESS' using errcode = '22023';
    end if;
    perform app_fn.lock_tenant(_tenant_id);
    select * into _resident from app.resident r
    where r.tenant_id = _tenant_id and r.type <> 'support'
        and (r.email = _address or r.profile_id = app_private.owner_of(_address))
    order by r.email = _address desc limit 1;
    if _resident.id is null then
        insert into app.resident (tenant_id, tenant_name, email, invited_by_profile_id, invited_by_display_name)
        select _tenant_id, '', _address, _invited_by_profile_id,
            (select p.display_name from app.profile p where p.id = _invited_by_profile_id)
        returning * into _resident;
    elsif _resident.status = 'declined' or (_resident.status = 'inactive' and _resident.profile_id is null) then
        update app.resident r set status = 'invited' where r.id = _resident.id returning * into _resident;
    else
        return _resident;
    end if;
    perform app_fn.issue_licenses(_resident.id, _assignment_scope);
    return _resident;
end $$;

-- The tenant somebody works in: one at a time.
create or replace function app_fn.assume_residency(_resident_id uuid, _profile_id uuid) returns app.resident
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _resident app.resident;
begin
    perform app_fn.lock_residencies(_profile_id);
    perform app_fn.end_support(s.id, _resume => false)
    from app.support_session s where s.profile_id = _profile_id and s.ended_at is null;
    update app.resident r set status = 'inactive'
    where r.profile_id = _profile_id and r.id <> _resident_id and r.status in ('active', 'supporting');
    update app.resident r set status = 'active'
    where r.id = _resident_id and r.profile_id = _profile_id and r.type <> 'support'
    returning * into _resident;
    if _resident.id is null then
        raise exception '30004: NO SUCH RESIDENT';
    end if;
    return _resident;
end $$;

create or replace function app_fn.decline_residency(_resident_id uuid, _profile_id uuid) returns app.resident
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _resident app.resident;
begin
    perform app_fn.lock_residencies(_profile_id);
    update app.resident r set status = 'declined'
    where r.id = _resident_id and r.profile_id = _profile_id and r.type <> 'support'
    returning * into _resident;
    if _resident.id is null then
        raise exception '30004: NO SUCH RESIDENT';
    end if;
    return _resident;
end $$;

create or replace function app_fn.block_resident(_resident_id uuid) returns app.resident
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _resident app.resident;
begin
    select * into _resident from app.resident r where r.id = _resident_id and r.type <> 'support';
    perform app_fn.lock_tenant(_resident.tenant_id);
    update app.resident r set status = 'blocked_individual' where r.id = _resident.id returning * into _resident;
    if _resident.id is null then
        raise exception '30004: NO SUCH RESIDENT';
    end if;
    return _resident;
end $$;

-- Back to where he was: invited; or in the tenant at once, unless he has gone to another.
create or replace function app_fn.unblock_resident(_resident_id uuid) returns app.resident
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _resident app.resident;
begin
    perform app_fn.lock_tenant(r.tenant_id) from app.resident r where r.id = _resident_id;
    update app.resident r
    set status = case when r.profile_id is null then 'invited'::app.resident_status else 'inactive' end
    where r.id = _resident_id and r.status = 'blocked_individual'
    returning * into _resident;
    if _resident.id is null then
        raise exception '30004: NO SUCH RESIDENT, OR HE IS NOT BLOCKED';
    end if;
    if _resident.status = 'inactive' and not app_private.is_somewhere(_resident.profile_id) then
        update app.resident r set status = 'active' where r.id = _resident.id and app_private.is_open(r.tenant_id);
        select * into _resident from app.resident r where r.id = _resident_id;
    end if;
    return _resident;
end $$;

create or replace function app_fn.update_profile(
    _profile_id uuid, _display_name text, _first_name text, _last_name text, _phone text default null
) returns app.profile
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _profile app.profile;
begin
    if greatest(length(_display_name), length(_first_name), length(_last_name), length(_phone)) > 200 then
        raise exception '30011: NAMES HAVE AT MOST 200 CHARACTERS' using errcode = '22023';
    end if;
    perform app_fn.lock_residencies(_profile_id);
    update app.profile p
    set display_name = _display_name, first_name = _first_name, last_name = _last_name, phone = _phone
    where p.id = _profile_id
    returning * into _profile;
    if _profile.id is null then
        raise exception '30007: NO SUCH PROFILE';
    end if;
    update app.resident r set display_name = _display_name where r.profile_id = _profile_id and r.type <> 'support';
    return _profile;
end $$;

-- Support -------------------------------------------------------------------------------------------------------------

-- Somebody of the site in a tenant's place: for a reason, and for a time; to look only, or to act.
drop function if exists app_fn.become_support(uuid, uuid, text, timestamptz);
create or replace function app_fn.become_support(
    _tenant_id uuid, _profile_id uuid, _reason text, _until timestamptz, _read_only boolean default false
) returns app.resident
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _actual app.resident;
    _resident app.resident;
begin
    perform app_fn.lock_tenant(t.id) from app.tenant t where t.id = _tenant_id;
    perform app_fn.lock_residencies(_profile_id);
    select * into _actual from app.resident r where r.profile_id = _profile_id and r.status = 'active';
    if _actual.id is null or _actual.type = 'support' or _actual.tenant_id = _tenant_id then
        raise exception '30033: SUPPORT BEGINS FROM A RESIDENCY IN ANOTHER TENANT';
    end if;
    if not exists (select from app.tenant t where t.id = _tenant_id and t.status = 'active' and t.type <> 'anchor') then
        raise exception '30037: THE TENANT IS NOT ACTIVE, OR THE ANCHOR TENANT';
    end if;
    update app.resident r set status = 'supporting' where r.id = _actual.id;
    update app.resident r set status = 'active'
    where r.profile_id = _profile_id and r.tenant_id = _tenant_id and r.type = 'support'
    returning * into _resident;
    if _resident.id is null then
        insert into app.resident (tenant_id, tenant_name, profile_id, email, display_name, status, type)
        values (_tenant_id, '', _profile_id,
            coalesce((select s.value from app.app_settings s where s.key = 'support-email'), 'site-support@example.com'),
            coalesce((select s.value from app.app_settings s where s.key = 'support-display-name'), 'Site Support'),
            'active', 'support')
        returning * into _resident;
    end if;
    insert into app.support_session
        (tenant_id, profile_id, support_resident_id, actual_resident_id, reason, expires_at, read_only)
    values (_tenant_id, _profile_id, _resident.id, _actual.id, _reason, _until, _read_only);
    return _resident;
end $$;

-- Back to the residency it began from, unless that was blocked meanwhile. `_resume` false: to none.
create or replace function app_fn.end_support(_support_session_id uuid, _resume boolean default true) returns app.resident
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _session app.support_session;
    _resident app.resident;
begin
    perform app_fn.lock_residencies(s.profile_id) from app.support_session s where s.id = _support_session_id;
    update app.support_session s set ended_at = now()
    where s.id = _support_session_id and s.ended_at is null
    returning * into _session;
    update app.resident r set status = 'inactive' where r.id = _session.support_resident_id and r.status = 'active';
    if _resume then
        update app.resident r set status = 'active'
        where r.id = _session.actual_resident_id and r.status = 'supporting' and app_private.is_open(r.tenant_id)
        returning * into _resident;
    end if;
    return _resident;
end $$;

-- Navigation ----------------------------------------------------------------------------------------------------------

create or replace function app_fn.available_modules(_permissions text[]) returns app_fn.module_info[]
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select coalesce(array_agg(
        row(m.key, m.name, m.permission_keys, m.default_icon_key, m.ordinal, (
            select array_agg(
                row(t.key, t.name, t.permission_keys, t.default_icon_key, t.route, t.ordinal)::app_fn.tool_info
                order by t.ordinal desc, t.key)
            from app.tool t where t.module_key = m.key and t.permission_keys && _permissions
        ))::app_fn.module_info order by m.ordinal desc, m.key), '{}')
    from app.module m where m.permission_keys && _permissions
$$;

-- Users who were there before the module was.
insert into app.profile (id, email, display_name)
select u.id, nullif(lower(btrim(u.email)), ''), split_part(nullif(lower(btrim(u.email)), ''), '@', 1) from auth.users u
on conflict (id) do nothing;
