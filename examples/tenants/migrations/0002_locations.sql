-- Places. Todos and incidents have one. Each module has three layers: loc_api (what a client calls: checks the
-- permission, adds who asks), loc_fn (what is done: ids come in, nothing reads a token), loc (rows under policies).
-- Rights are given in the last migration, for all modules alike.

create schema loc;
create schema loc_fn;
create schema loc_api;

create table loc.location (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null references app.tenant on delete cascade,
    resident_id uuid,
    name text,
    address1 text,
    address2 text,
    city text,
    state text,
    postal_code text,
    country text,
    lat text,
    lon text,
    created_at timestamptz not null default current_timestamp,
    unique (id, tenant_id),
    constraint location_resident_fkey foreign key (resident_id, tenant_id) references app.resident (id, tenant_id)
        on delete set null (resident_id)
);
create index on loc.location (tenant_id);
create index on loc.location (resident_id);
comment on constraint location_resident_fkey on loc.location is E'@fieldName createdBy\n@foreignFieldName locations';
comment on constraint location_id_tenant_id_key on loc.location is '@omit';

alter table loc.location enable row level security;
create policy "of one's tenant" on loc.location for select to authenticated, tenancy_api
    using (
        tenant_id = (select auth_ext.tenant_id())
        and (select auth_ext.permissions() && array['p:todo', 'p:incidents'])
    );
create policy "written in one's tenant" on loc.location for all to tenancy_api
    using (
        tenant_id = (select auth_ext.tenant_id())
        and (select auth_ext.permissions() && array['p:todo', 'p:incidents'])
    );

create type loc_fn.location_info as (
    id uuid,
    name text,
    address1 text,
    address2 text,
    city text,
    state text,
    postal_code text,
    country text,
    lat text,
    lon text
);

create function loc_fn.create_location(_location_info loc_fn.location_info, _tenant_id uuid, _resident_id uuid)
returns loc.location
language sql volatile set search_path = ''
as $$
    insert into loc.location
        (tenant_id, resident_id, name, address1, address2, city, state, postal_code, country, lat, lon)
    values (_tenant_id, _resident_id, _location_info.name, _location_info.address1, _location_info.address2,
        _location_info.city, _location_info.state, _location_info.postal_code, _location_info.country,
        _location_info.lat, _location_info.lon)
    returning *
$$;

create function loc_fn.update_location(_location_info loc_fn.location_info) returns loc.location
language plpgsql volatile set search_path = ''
as $$
declare
    _location loc.location;
begin
    if _location_info.id is null then
        raise exception '30041: LOCATION ID REQUIRED FOR UPDATE';
    end if;
    update loc.location l set name = _location_info.name, address1 = _location_info.address1,
        address2 = _location_info.address2, city = _location_info.city, state = _location_info.state,
        postal_code = _location_info.postal_code, country = _location_info.country, lat = _location_info.lat,
        lon = _location_info.lon
    where l.id = _location_info.id
    returning * into _location;
    if _location.id is null then
        raise exception '30042: NO LOCATION FOR ID';
    end if;
    return _location;
end $$;

create function loc_fn.delete_location(_location_id uuid) returns boolean
language plpgsql volatile set search_path = ''
as $$
begin
    delete from loc.location l where l.id = _location_id;
    if not found then
        raise exception '30042: NO LOCATION FOR ID';
    end if;
    return true;
exception when foreign_key_violation then
    raise exception '30045: THE LOCATION IS STILL IN USE';
end $$;

-- Where something is: a place that is known by its id, a new one that is described, or nowhere.
create function loc_fn.resolve_location(
    _location_info loc_fn.location_info, _name text, _tenant_id uuid, _resident_id uuid
) returns uuid
language plpgsql volatile set search_path = ''
as $$
declare
    _location_id uuid;
begin
    if _location_info.id is not null then
        select l.id into _location_id from loc.location l where l.id = _location_info.id and l.tenant_id = _tenant_id;
        if _location_id is null then
            raise exception '30042: NO LOCATION FOR ID';
        end if;
        return _location_id;
    end if;
    if coalesce(_location_info.name, _location_info.postal_code, _location_info.lat || _location_info.lon) is null then
        return null;
    end if;
    _location_info.name := coalesce(_location_info.name, _name || ' location');
    return (loc_fn.create_location(_location_info, _tenant_id, _resident_id)).id;
end $$;

-- Who works with todos or incidents works with places. Not a client's to call.
create function loc_api.enforce_location() returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
    perform auth_ext.enforce_permission(
        case when auth_ext.has_permission('p:todo') then 'p:todo' else 'p:incidents' end);
end $$;

create function loc_api.create_location(_location_info loc_fn.location_info) returns loc.location
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform loc_api.enforce_location();
    return loc_fn.create_location(_location_info, auth_ext.tenant_id(), auth_ext.resident_id());
end $$;

create function loc_api.update_location(_location_info loc_fn.location_info) returns loc.location
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform loc_api.enforce_location();
    return loc_fn.update_location(_location_info);
end $$;

create function loc_api.delete_location(_location_id uuid) returns boolean
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform loc_api.enforce_location();
    return loc_fn.delete_location(_location_id);
end $$;
