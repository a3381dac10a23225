-- What is done to licences and subscriptions. Context-unaware: whom it is for comes in as ids, and nothing in here
-- reads a token. SECURITY INVOKER: called through `app_api` the policies hold, called by a migration they do not.
-- Runs as the owner.

-- Everything that changes who has what in a tenant goes one after the other, and looks after that.
create or replace function app_fn.lock_tenant(_tenant_id uuid) returns void
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    insert into app.tenant_turn as t (tenant_id) select _tenant_id where _tenant_id is not null
    on conflict (tenant_id) do update set taken = t.taken + 1
$$;

-- What changes somebody and his residencies, too: they are locked before his claims are, everywhere.
create or replace function app_fn.lock_residencies(_profile_id uuid) returns void
language sql volatile set search_path = pg_catalog, pg_temp
as $$ select from app.resident r where r.profile_id = _profile_id order by r.id for update $$;

create or replace function app_fn.lock_residents(_tenant_id uuid) returns void
language sql volatile set search_path = pg_catalog, pg_temp
as $$ select from app.resident r where r.tenant_id = _tenant_id order by r.id for update $$;

create or replace function app_fn.audit(_action text, _tenant_id uuid, _actor_profile_id uuid, _subject jsonb) returns void
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    insert into app.audit_event (action, tenant_id, actor_profile_id, subject)
    values (_action, _tenant_id, _actor_profile_id, jsonb_strip_nulls(_subject))
$$;

-- Plain SQL without a search_path of its own, to be inlined: it names nothing but what is PostgreSQL's.
-- Scopes that exclude each other, by what they are worth; the others are worth nothing and exclude nothing.
create or replace function app_fn.scope_rank(_scope app.license_type_assignment_scope) returns integer
language sql immutable
as $$
    select case _scope when 'user' then 1 when 'admin' then 2 when 'support' then 3 when 'superadmin' then 4 else 0 end
$$;

-- What somebody with these permissions may hand out at most.
create or replace function app_fn.permissions_rank(_permissions text[]) returns integer
language sql immutable
as $$
    select case
        when 'p:app-admin-super' = any (_permissions) then 4
        when 'p:app-admin' = any (_permissions) then 2
        else 0
    end
$$;

create or replace function app_fn.license_expiry(
    _type app.expiration_interval_type, _multiplier integer, _from timestamptz
) returns timestamptz
language sql immutable
as $$
    select case _type
        when 'day' then _from + make_interval(days => _multiplier)
        when 'week' then _from + make_interval(weeks => _multiplier)
        when 'month' then _from + make_interval(months => _multiplier)
        when 'quarter' then _from + make_interval(months => 3 * _multiplier)
        when 'year' then _from + make_interval(years => _multiplier)
    end
$$;

-- Licences ------------------------------------------------------------------------------------------------------------

-- What comes with a scope: of each application the licence of that scope, or the nearest below; and those for everybody.
-- `_license_pack_key` limits it to one pack; with `_counted` false, licences whose seats are counted are left out.
create or replace function app_fn.issue_licenses(
    _resident_id uuid, _scope app.license_type_assignment_scope, _license_pack_key text default null,
    _counted boolean default true
) returns setof app.license
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    insert into app.license (tenant_id, resident_id, tenant_subscription_id, license_type_key, expires_at)
    select distinct on (rank = 0, case rank when 0 then key else application_key end)
        tenant_id, _resident_id, tenant_subscription_id, key, expires_at
    from (
        select s.tenant_id, s.id as tenant_subscription_id, s.created_at, lt.key, lt.application_key,
            app_fn.scope_rank(lt.assignment_scope) as rank,
            app_fn.license_expiry(t.expiration_interval_type, t.expiration_interval_multiplier, now()) as expires_at
        from app.resident r
        join app.tenant_subscription s on s.tenant_id = r.tenant_id and s.status = 'active'
        join app.license_pack_license_type t on t.license_pack_key = s.license_pack_key
        join app.license_type lt on lt.key = t.license_type_key
        where r.id = _resident_id and s.license_pack_key = coalesce(_license_pack_key, s.license_pack_key)
            and t.expiration_interval_type <> 'explicit' and (_counted or t.number_of_licenses <= 0)
            and lt.assignment_scope <> 'none'
            and app_fn.scope_rank(lt.assignment_scope) <= app_fn.scope_rank(_scope)
            and not exists (
                select from app.license l join app.license_type held on held.key = l.license_type_key
                where l.resident_id = r.id and held.application_key = lt.application_key
                    and app_fn.scope_rank(held.assignment_scope) > 0 and app_fn.scope_rank(lt.assignment_scope) > 0
            )
    ) as offers
    order by rank = 0, case rank when 0 then key else application_key end, rank desc, created_at
    on conflict (resident_id, license_type_key) do nothing
    returning *
$$;

-- `_granter_resident_id` may not change its own standing; `_granter_rank` is the most it may hand out.
create or replace function app_fn.grant_user_license(
    _resident_id uuid, _license_type_key text, _expires_at timestamptz default null,
    _granter_resident_id uuid default null, _granter_rank integer default 4
) returns app.license
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _resident app.resident;
    _type app.license_type;
    _offer record;
    _license app.license;
begin
    select * into _resident from app.resident r
    where r.id = _resident_id and r.type <> 'support' and r.status <> 'declined';
    select * into _type from app.license_type lt where lt.key = _license_type_key;
    if _resident.id is null or _type.key is null then
        raise exception '30004: NO SUCH RESIDENT OR LICENSE TYPE';
    end if;
    if app_fn.scope_rank(_type.assignment_scope) > _granter_rank then
        raise exception '30000: NOT AUTHORIZED' using errcode = '42501';
    end if;
    if app_fn.scope_rank(_type.assignment_scope) > 0 and _resident.id = _granter_resident_id then
        raise exception '30025: USERS CANNOT ALTER OWN SCOPE LICENSE STATUS' using errcode = '42501';
    end if;
    perform app_fn.lock_tenant(_resident.tenant_id);
    select s.id, t.expiration_interval_type as kind, t.expiration_interval_multiplier as multiplier into _offer
    from app.tenant_subscription s
    join app.license_pack_license_type t on t.license_pack_key = s.license_pack_key
    where s.tenant_id = _resident.tenant_id and s.status = 'active' and t.license_type_key = _type.key
    order by s.created_at, s.id
    limit 1;
    if _offer.id is null then
        raise exception '30020: NO ACTIVE SUBSCRIPTION OFFERS THIS LICENSE TYPE';
    end if;
    if _expires_at <= now() or (_expires_at is null and _offer.kind = 'explicit') then
        raise exception '30021: AN EXPIRATION IN THE FUTURE IS REQUIRED';
    end if;
    if app_fn.scope_rank(_type.assignment_scope) > 0 then
        if app_fn.held_rank(_resident.id, _type.application_key) > _granter_rank then
            raise exception '30000: NOT AUTHORIZED' using errcode = '42501';
        end if;
        delete from app.license l using app.license_type held
        where l.resident_id = _resident.id and held.key = l.license_type_key and held.key <> _type.key
            and held.application_key = _type.application_key and app_fn.scope_rank(held.assignment_scope) > 0;
    end if;
    insert into app.license (tenant_id, resident_id, tenant_subscription_id, license_type_key, expires_at)
    values (_resident.tenant_id, _resident.id, _offer.id, _type.key,
        least(_expires_at, app_fn.license_expiry(_offer.kind, _offer.multiplier, now())))
    on conflict (resident_id, license_type_key) do update set status = 'active', expires_at = excluded.expires_at,
        tenant_subscription_id = excluded.tenant_subscription_id
    returning * into _license;
    return _license;
end $$;

-- The highest scope somebody holds in an application.
create or replace function app_fn.held_rank(_resident_id uuid, _application_key text) returns integer
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select coalesce(max(app_fn.scope_rank(lt.assignment_scope)), 0)
    from app.license l join app.license_type lt on lt.key = l.license_type_key
    where l.resident_id = _resident_id and lt.application_key = _application_key
$$;

create or replace function app_fn.revoke_user_license(
    _license_id uuid, _granter_resident_id uuid default null, _granter_rank integer default 4
) returns app.license
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _license app.license;
    _scope app.license_type_assignment_scope;
begin
    select * into _license from app.license l where l.id = _license_id;
    if _license.id is null then
        raise exception '30005: NO SUCH LICENSE';
    end if;
    _scope := (select lt.assignment_scope from app.license_type lt where lt.key = _license.license_type_key);
    if app_fn.scope_rank(_scope) > _granter_rank then
        raise exception '30000: NOT AUTHORIZED' using errcode = '42501';
    end if;
    if app_fn.scope_rank(_scope) > 0 and _license.resident_id = _granter_resident_id then
        raise exception '30025: USERS CANNOT ALTER OWN SCOPE LICENSE STATUS' using errcode = '42501';
    end if;
    perform app_fn.lock_tenant(_license.tenant_id);
    delete from app.license l where l.id = _license_id returning * into _license;
    if _license.id is null then
        raise exception '30005: NO SUCH LICENSE';
    end if;
    return _license;
end $$;

-- What an admin does may not leave a tenant without one.
create or replace function app_fn.ensure_an_admin(_tenant_id uuid) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    if not exists (
        select from app.resident r
        where r.tenant_id = _tenant_id and r.profile_id is not null and r.type <> 'support'
            and r.status in ('active', 'inactive', 'supporting')
            and 'p:app-admin' = any (app_fn.resident_permissions(r.id))
    ) then
        raise exception '30032: A TENANT KEEPS AN ADMIN' using errcode = '42501';
    end if;
end $$;

-- Licences that ran out are marked so; claims do not wait for it. For a job, or by hand. How many there were.
create or replace function app_fn.expire_licenses() returns bigint
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    with expired as (
        update app.license l set status = 'expired' where l.status = 'active' and l.expires_at <= now() returning l.id
    )
    select count(*) from expired
$$;

-- Subscriptions -------------------------------------------------------------------------------------------------------

-- Everybody gets what fits his standing; licences whose seats are counted are given by hand.
create or replace function app_fn.subscribe_tenant_to_license_pack(_tenant_id uuid, _license_pack_key text)
returns app.tenant_subscription
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _subscription app.tenant_subscription;
begin
    perform app_fn.lock_tenant(_tenant_id);
    insert into app.tenant_subscription (tenant_id, license_pack_key) values (_tenant_id, _license_pack_key)
    on conflict (tenant_id, license_pack_key) do nothing
    returning * into _subscription;
    if _subscription.id is null then
        raise exception '30022: THE TENANT IS SUBSCRIBED TO THIS LICENSE PACK ALREADY';
    end if;
    perform app_fn.hand_out(_subscription.id);
    return _subscription;
end $$;

create or replace function app_fn.hand_out(_tenant_subscription_id uuid) returns void
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    select app_fn.issue_licenses(r.id, held.scope, s.license_pack_key, _counted => false)
    from app.tenant_subscription s
    join app.resident r on r.tenant_id = s.tenant_id and r.type <> 'support'
        and r.status in ('invited', 'active', 'inactive', 'supporting')
    cross join lateral (
        select lt.assignment_scope as scope
        from app.license l join app.license_type lt on lt.key = l.license_type_key
        where l.resident_id = r.id and app_fn.scope_rank(lt.assignment_scope) > 0
        order by app_fn.scope_rank(lt.assignment_scope) desc limit 1
    ) as held
    where s.id = _tenant_subscription_id
$$;

create or replace function app_fn.set_tenant_subscription_status(
    _tenant_subscription_id uuid, _status app.tenant_subscription_status
) returns app.tenant_subscription
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _subscription app.tenant_subscription;
begin
    perform app_fn.lock_tenant(s.tenant_id) from app.tenant_subscription s where s.id = _tenant_subscription_id;
    update app.tenant_subscription s set status = _status, updated_at = now()
    where s.id = _tenant_subscription_id
    returning * into _subscription;
    if _subscription.id is null then
        raise exception '30006: NO SUCH SUBSCRIPTION';
    end if;
    if _status = 'inactive' then
        update app.license l set status = 'inactive'
        where l.tenant_subscription_id = _subscription.id and l.status = 'active';
    else
        update app.license l set status = case when l.expires_at <= now() then 'expired'::app.license_status else 'active' end
        where l.tenant_subscription_id = _subscription.id and l.status = 'inactive';
    end if;
    return _subscription;
end $$;
