-- What the people who run the site may call: tenants and their subscriptions, support, looking people up. As in api.sql.
-- Runs as the owner.

create or replace function app_api.create_tenant(
    _name text, _identifier text default null, _email text default null, _type app.tenant_type default 'customer'
) returns app.tenant
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_private.authorize('p:app-admin-super');
    _tenant app.tenant;
begin
    if _type = 'anchor' then
        raise exception '30038: THERE IS ONE ANCHOR TENANT' using errcode = '42501';
    end if;
    _tenant := app_fn.create_tenant(_name, _identifier, _email, _type, _claims.profile_id);
    perform app_fn.audit('tenant created', _tenant.id, _claims.profile_id,
        jsonb_build_object('name', _tenant.name, 'admin', _email));
    return _tenant;
end $$;

create or replace function app_api.deactivate_tenant(_tenant_id uuid) returns app.tenant
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_private.authorize('p:app-admin-super');
    _tenant app.tenant := app_fn.deactivate_tenant(_tenant_id);
begin
    perform app_fn.audit('tenant deactivated', _tenant.id, _claims.profile_id, '{}');
    return _tenant;
end $$;

create or replace function app_api.activate_tenant(_tenant_id uuid) returns app.tenant
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_private.authorize('p:app-admin-super');
    _tenant app.tenant := app_fn.activate_tenant(_tenant_id);
begin
    perform app_fn.audit('tenant activated', _tenant.id, _claims.profile_id, '{}');
    return _tenant;
end $$;

create or replace function app_api.subscribe_tenant_to_license_pack(_tenant_id uuid, _license_pack_key text)
returns app.tenant_subscription
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_private.authorize('p:app-admin-super');
    _subscription app.tenant_subscription := app_fn.subscribe_tenant_to_license_pack(_tenant_id, _license_pack_key);
begin
    perform app_fn.audit('tenant subscribed', _tenant_id, _claims.profile_id,
        jsonb_build_object('license_pack', _license_pack_key));
    return _subscription;
end $$;

create or replace function app_api.deactivate_tenant_subscription(_tenant_subscription_id uuid)
returns app.tenant_subscription
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_private.authorize('p:app-admin-super');
    _subscription app.tenant_subscription := app_fn.set_tenant_subscription_status(_tenant_subscription_id, 'inactive');
begin
    perform app_fn.audit('subscription deactivated', _subscription.tenant_id, _claims.profile_id,
        jsonb_build_object('license_pack', _subscription.license_pack_key));
    return _subscription;
end $$;

create or replace function app_api.reactivate_tenant_subscription(_tenant_subscription_id uuid)
returns app.tenant_subscription
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_private.authorize('p:app-admin-super');
    _subscription app.tenant_subscription := app_fn.set_tenant_subscription_status(_tenant_subscription_id, 'active');
begin
    perform app_fn.audit('subscription reactivated', _subscription.tenant_id, _claims.profile_id,
        jsonb_build_object('license_pack', _subscription.license_pack_key));
    return _subscription;
end $$;

-- Support ---------------------------------------------------------------------------------------------------------------

drop function if exists app_api.become_support(uuid, text, integer);
create or replace function app_api.become_support(
    _tenant_id uuid, _reason text, _minutes integer default 60, _read_only boolean default false
) returns app.resident
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_private.authorize('p:app-admin-super', 'p:app-admin-support');
    _resident app.resident;
begin
    if length(btrim(_reason)) not between 3 and 1000 or _reason is null then
        raise exception '30034: SUPPORT NEEDS A REASON, IN AT MOST 1000 CHARACTERS' using errcode = '22023';
    end if;
    if _minutes is null or _minutes not between 1 and 480 then
        raise exception '30034: SUPPORT LASTS BETWEEN 1 AND 480 MINUTES' using errcode = '22023';
    end if;
    _resident := app_fn.become_support(_tenant_id, _claims.profile_id, _reason, now() + make_interval(mins => _minutes),
        coalesce(_read_only, true));
    perform app_fn.audit('support began', _tenant_id, _claims.profile_id,
        jsonb_build_object('reason', _reason, 'minutes', _minutes, 'read_only', coalesce(_read_only, true)));
    return _resident;
end $$;

create or replace function app_api.exit_support_mode() returns app.resident
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _session app.support_session;
begin
    select * into _session from app.support_session s where s.profile_id = (select auth.uid()) and s.ended_at is null;
    if _session.id is null then
        raise exception '30034: NOT IN SUPPORT MODE';
    end if;
    return app_fn.end_support(_session.id);
end $$;

-- Looking people and tenants up: parts of words, in any case ----------------------------------------------------------

create or replace function app_api.search_residents(_options app_fn.search_residents_options default null)
returns setof app.resident
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform app_private.authorize('p:app-admin-support');
    return query select r.* from app.resident r join app.tenant t on t.id = r.tenant_id
        where r.type <> 'support' and t.type <> 'anchor' and r.status = coalesce(_options.status, r.status)
            and position(lower(coalesce(_options.search_term, '')) in
                lower(concat_ws(' ', r.email, r.display_name, r.tenant_name))) > 0
        order by r.email, r.id
        limit least(coalesce((_options.paging_options).item_limit, 100), 1000)
        offset coalesce((_options.paging_options).item_offset, 0);
end $$;

create or replace function app_api.search_profiles(_options app_fn.search_profiles_options default null)
returns setof app.profile
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform app_private.authorize('p:app-admin-support');
    return query select * from app.profile p
        where p.status = coalesce(_options.status, p.status)
            and position(lower(coalesce(_options.search_term, '')) in
                lower(concat_ws(' ', p.email, p.display_name, p.full_name))) > 0
        order by p.email, p.id
        limit least(coalesce((_options.paging_options).item_limit, 100), 1000)
        offset coalesce((_options.paging_options).item_offset, 0);
end $$;

create or replace function app_api.search_tenants(_options app_fn.search_tenants_options default null)
returns setof app.tenant
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform app_private.authorize('p:app-admin-support');
    return query select * from app.tenant t
        where t.type <> 'anchor' and t.status = coalesce(_options.status, t.status)
            and t.type = coalesce(_options.type, t.type)
            and position(lower(coalesce(_options.search_term, '')) in lower(concat_ws(' ', t.name, t.identifier))) > 0
        order by t.name
        limit least(coalesce((_options.paging_options).item_limit, 100), 1000)
        offset coalesce((_options.paging_options).item_offset, 0);
end $$;

create or replace function app_api.site_user_by_id(_id uuid) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform app_private.authorize('p:app-admin-support');
    return jsonb_build_object('authUser', app_private.account(_id), 'residencies', (
        select coalesce(jsonb_agg(to_jsonb(r) order by r.tenant_name), '[]') from app.resident r where r.profile_id = _id
    ));
end $$;
