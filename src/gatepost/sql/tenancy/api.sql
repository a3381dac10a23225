-- What people and the admins of a tenant may call. Each function checks, adds who asks, and hands over to `app_fn`. It runs
-- as tenancy_api, for whom the policies are written: a check forgotten in here still changes nothing of another tenant.
-- Runs as the owner.

-- Anybody who is signed in -----------------------------------------------------------------------------------------------

create or replace function app_api.current_profile_claims() returns app_fn.profile_claims
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select app_private.my_claims() $$;

create or replace function app_api.available_modules() returns app_fn.module_info[]
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select app_fn.available_modules((app_private.my_claims()).permissions) $$;

create or replace function app_api.get_myself() returns app.profile
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select p from app.profile p where p.id = (select auth.uid()) $$;

create or replace function app_api.my_profile_residencies() returns setof app.resident
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select * from app.resident r where r.profile_id = (select auth.uid()) and r.type <> 'support' order by r.tenant_name $$;

create or replace function app_api.update_profile(
    _display_name text, _first_name text, _last_name text, _phone text default null
) returns app.profile
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$ select app_fn.update_profile(auth.uid(), _display_name, _first_name, _last_name, _phone) $$;

create or replace function app_api.assume_residency(_resident_id uuid) returns app.resident
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _resident app.resident := app_fn.assume_residency(_resident_id, auth.uid());
begin
    perform app_fn.audit('residency assumed', _resident.tenant_id, auth.uid(), jsonb_build_object('resident', _resident.id));
    return _resident;
end $$;

create or replace function app_api.decline_residency(_resident_id uuid) returns app.resident
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _resident app.resident := app_fn.decline_residency(_resident_id, auth.uid());
begin
    perform app_fn.audit('residency declined', _resident.tenant_id, auth.uid(), jsonb_build_object('resident', _resident.id));
    return _resident;
end $$;

create or replace function app_api.decline_invitation(_resident_id uuid) returns app.resident
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$ select app_api.decline_residency(_resident_id) $$;

-- The address book: who is in it sees who is in it -------------------------------------------------------------------

create or replace function app_api.set_in_address_book(_is_public boolean) returns app.profile
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _profile app.profile;
begin
    perform app_private.authorize('p:address-book');
    update app.profile p set is_public = _is_public where p.id = (select auth.uid()) returning * into _profile;
    return _profile;
end $$;

create or replace function app_api.join_address_book() returns app.profile
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$ select app_api.set_in_address_book(true) $$;

create or replace function app_api.leave_address_book() returns app.profile
language sql volatile security definer set search_path = pg_catalog, pg_temp
as $$ select app_api.set_in_address_book(false) $$;

-- `_profile_id` is not looked at: it is always the caller's book.
create or replace function app_api.get_ab_listings(_profile_id uuid default null) returns setof app_fn.ab_listing
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_private.authorize('p:address-book');
begin
    return query
        select p.id, p.email, p.phone, p.full_name, p.display_name,
            'p:app-admin' = any (_claims.permissions) and p.id <> auth.uid() and not exists (
                select from app.resident r where r.profile_id = p.id and r.tenant_id = _claims.tenant_id
            )
        from app.profile p
        where p.is_public and p.status = 'active'
            and exists (select from app.profile me where me.id = (select auth.uid()) and me.is_public)
        order by p.display_name, p.id;
end $$;

-- Admins of a tenant -----------------------------------------------------------------------------------------------------

create or replace function app_api.tenant_profile_residencies() returns setof app.resident
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_private.authorize('p:app-admin', 'p:app-admin-super');
begin
    return query select * from app.resident r
        where r.tenant_id = _claims.tenant_id and r.type <> 'support' order by r.email;
end $$;

create or replace function app_api.tenant_licenses() returns setof app.license
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_private.authorize('p:app-admin', 'p:app-admin-super');
begin
    return query select * from app.license l where l.tenant_id = _claims.tenant_id order by l.created_at, l.id;
end $$;

create or replace function app_api.tenant_support_sessions() returns setof app.support_session
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_private.authorize('p:app-admin', 'p:app-admin-super');
begin
    return query select * from app.support_session s where s.tenant_id = _claims.tenant_id order by s.started_at desc;
end $$;

create or replace function app_api.tenant_audit_events(_paging_options app_fn.paging_options default null)
returns setof app.audit_event
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_private.authorize('p:app-admin', 'p:app-admin-super');
begin
    return query select * from app.audit_event e where e.tenant_id = _claims.tenant_id order by e.id desc
        limit least(coalesce(_paging_options.item_limit, 100), 1000) offset coalesce(_paging_options.item_offset, 0);
end $$;

-- The invitation itself; the mail is the auth surface's affair.
create or replace function app_api.invite_user(
    _email text, _assignment_scope app.license_type_assignment_scope default 'user'
) returns app.resident
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_private.authorize('p:app-admin', 'p:app-admin-super');
    _resident app.resident;
begin
    if app_fn.scope_rank(_assignment_scope) > app_fn.permissions_rank(_claims.permissions) then
        raise exception '30000: NOT AUTHORIZED' using errcode = '42501';
    end if;
    _resident := app_fn.invite_user(_claims.tenant_id, _email, _assignment_scope, _claims.profile_id);
    perform app_fn.audit('user invited', _resident.tenant_id, _claims.profile_id,
        jsonb_build_object('resident', _resident.id, 'email', _resident.email, 'scope', _assignment_scope));
    return _resident;
end $$;

create or replace function app_api.grant_user_license(
    _resident_id uuid, _license_type_key text, _expires_at timestamptz default null
) returns app.license
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_private.authorize('p:app-admin', 'p:app-admin-super');
    _rank integer := app_fn.permissions_rank(_claims.permissions);
    _license app.license;
begin
    _license := app_fn.grant_user_license(_resident_id, _license_type_key, _expires_at, _claims.resident_id, _rank);
    if _rank < 4 then
        perform app_fn.ensure_an_admin(_license.tenant_id);
    end if;
    perform app_fn.audit('license granted', _license.tenant_id, _claims.profile_id, jsonb_build_object(
        'resident', _resident_id, 'license_type', _license.license_type_key, 'expires_at', _license.expires_at));
    return _license;
end $$;

create or replace function app_api.revoke_user_license(_license_id uuid) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_private.authorize('p:app-admin', 'p:app-admin-super');
    _rank integer := app_fn.permissions_rank(_claims.permissions);
    _license app.license;
begin
    _license := app_fn.revoke_user_license(_license_id, _claims.resident_id, _rank);
    if _rank < 4 then
        perform app_fn.ensure_an_admin(_license.tenant_id);
    end if;
    perform app_fn.audit('license revoked', _license.tenant_id, _claims.profile_id, jsonb_build_object(
        'resident', _license.resident_id, 'license_type', _license.license_type_key));
    return true;
end $$;

create or replace function app_api.block_resident(_resident_id uuid) returns app.resident
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_private.authorize('p:app-admin', 'p:app-admin-super');
    _rank integer := app_fn.permissions_rank(_claims.permissions);
    _resident app.resident;
begin
    if _resident_id = _claims.resident_id then
        raise exception '30026: USERS CANNOT BLOCK THEMSELVES' using errcode = '42501';
    end if;
    if app_fn.permissions_rank(app_fn.resident_permissions(_resident_id)) > _rank then
        raise exception '30000: NOT AUTHORIZED' using errcode = '42501';
    end if;
    _resident := app_fn.block_resident(_resident_id);
    if _rank < 4 then
        perform app_fn.ensure_an_admin(_resident.tenant_id);
    end if;
    perform app_fn.audit('resident blocked', _resident.tenant_id, _claims.profile_id,
        jsonb_build_object('resident', _resident.id));
    return _resident;
end $$;

create or replace function app_api.unblock_resident(_resident_id uuid) returns app.resident
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_private.authorize('p:app-admin', 'p:app-admin-super');
    _resident app.resident := app_fn.unblock_resident(_resident_id);
begin
    perform app_fn.audit('resident unblocked', _resident.tenant_id, _claims.profile_id,
        jsonb_build_object('resident', _resident.id));
    return _resident;
end $$;

-- Anybody at all, where a demonstration is on ---------------------------------------------------------------------------

create or replace function app_api.demo_profile_residencies() returns setof app.resident
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select * from app_private.demo_residents() $$;
