-- Applications put in place: modules and tools, licence types with their permissions, packs. For migrations; there is no
-- API. What is there already is compared: an upgrade changes what differs, and says each change. Runs as the owner.

create or replace function app_fn.tell_changes(_application text, _what text, _changes text[]) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _change text;
begin
    foreach _change in array coalesce(_changes, '{}') loop
        raise notice 'application %: % %', _application, _what, _change;
    end loop;
end $$;

-- A key belongs to one application.
create or replace function app_fn.refuse_foreign_keys(_info app_fn.application_info) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    _foreign text := (
        select string_agg(key, ', ' order by key) from (
            select m.key from app.module m join unnest(_info.modules) w on w.key = m.key where m.application_key <> _info.key
            union all
            select t.key from app.license_type t join unnest(_info.license_type_infos) w on w.key = t.key
            where t.application_key <> _info.key
        ) as found
    );
begin
    if _foreign is not null then
        raise exception '30040: % BELONGS TO ANOTHER APPLICATION', _foreign;
    end if;
end $$;

create or replace function app_fn.install_navigation(_info app_fn.application_info) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _changes text[];
begin
    with upserted as (
        insert into app.module as m (key, application_key, name, permission_keys, default_icon_key, ordinal)
        select w.key, _info.key, w.name, coalesce(w.permission_keys, '{}'), w.default_icon_key, coalesce(w.ordinal, 0)
        from unnest(_info.modules) as w
        on conflict (key) do update set name = excluded.name, permission_keys = excluded.permission_keys,
            default_icon_key = excluded.default_icon_key, ordinal = excluded.ordinal
        where (m.name, m.permission_keys, m.default_icon_key, m.ordinal)
            is distinct from (excluded.name, excluded.permission_keys, excluded.default_icon_key, excluded.ordinal)
        returning m.key, m.xmax = 0 as added
    )
    select array_agg(key || case when added then ' added' else ' changed' end order by key) into _changes from upserted;
    perform app_fn.tell_changes(_info.key, 'module', _changes);

    with upserted as (
        insert into app.tool as t (key, module_key, name, permission_keys, default_icon_key, route, ordinal)
        select w.key, m.key, w.name, coalesce(w.permission_keys, '{}'), w.default_icon_key, w.route, coalesce(w.ordinal, 0)
        from unnest(_info.modules) as m cross join unnest(m.tools) as w
        on conflict (key) do update set module_key = excluded.module_key, name = excluded.name,
            permission_keys = excluded.permission_keys, default_icon_key = excluded.default_icon_key,
            route = excluded.route, ordinal = excluded.ordinal
        where (t.module_key, t.name, t.permission_keys, t.default_icon_key, t.route, t.ordinal) is distinct from
            (excluded.module_key, excluded.name, excluded.permission_keys, excluded.default_icon_key, excluded.route,
            excluded.ordinal)
        returning t.key, t.xmax = 0 as added
    )
    select array_agg(key || case when added then ' added' else ' changed' end order by key) into _changes from upserted;
    perform app_fn.tell_changes(_info.key, 'tool', _changes);

    with removed as (
        delete from app.tool t using app.module m
        where m.key = t.module_key and m.application_key = _info.key
            and t.key not in (select w.key from unnest(_info.modules) as o cross join unnest(o.tools) as w)
        returning t.key
    )
    select array_agg(key || ' removed' order by key) into _changes from removed;
    perform app_fn.tell_changes(_info.key, 'tool', _changes);

    with removed as (
        delete from app.module m
        where m.application_key = _info.key and m.key not in (select w.key from unnest(_info.modules) as w)
        returning m.key
    )
    select array_agg(key || ' removed' order by key) into _changes from removed;
    perform app_fn.tell_changes(_info.key, 'module', _changes);
end $$;

-- Licence types that the application no longer has stay where somebody holds one.
create or replace function app_fn.install_license_types(_info app_fn.application_info) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _changes text[];
begin
    with upserted as (
        insert into app.license_type as t (key, application_key, display_name, assignment_scope)
        select w.key, _info.key, w.display_name, w.assignment_scope from unnest(_info.license_type_infos) as w
        on conflict (key) do update set display_name = excluded.display_name,
            assignment_scope = excluded.assignment_scope, updated_at = now()
        where (t.display_name, t.assignment_scope) is distinct from (excluded.display_name, excluded.assignment_scope)
        returning t.key, t.xmax = 0 as added
    )
    select array_agg(key || case when added then ' added' else ' changed' end order by key) into _changes from upserted;
    perform app_fn.tell_changes(_info.key, 'license type', _changes);

    insert into app.permission (key)
    select distinct p.key from unnest(_info.license_type_infos) as w cross join unnest(w.permissions) as p (key)
    on conflict do nothing;
    with added as (
        insert into app.license_type_permission (license_type_key, permission_key)
        select distinct w.key, p.key from unnest(_info.license_type_infos) as w cross join unnest(w.permissions) as p (key)
        on conflict do nothing
        returning license_type_key, permission_key
    )
    select array_agg(license_type_key || ' permits ' || permission_key order by license_type_key, permission_key) into _changes from added;
    perform app_fn.tell_changes(_info.key, 'license type', _changes);

    with removed as (
        delete from app.license_type_permission p using unnest(_info.license_type_infos) as w
        where p.license_type_key = w.key and p.permission_key <> all (coalesce(w.permissions, '{}'))
        returning p.license_type_key, p.permission_key
    )
    select array_agg(license_type_key || ' no longer permits ' || permission_key order by license_type_key, permission_key) into _changes from removed;
    perform app_fn.tell_changes(_info.key, 'license type', _changes);

    with removed as (
        delete from app.license_type t
        where t.application_key = _info.key and t.key not in (select w.key from unnest(_info.license_type_infos) as w)
            and not exists (select from app.license l where l.license_type_key = t.key)
        returning t.key
    )
    select array_agg(key || ' removed' order by key) into _changes from removed;
    perform app_fn.tell_changes(_info.key, 'license type', _changes);
    select array_agg(t.key || ' is gone, but somebody holds it: kept' order by t.key) into _changes
    from app.license_type t
    where t.application_key = _info.key and t.key not in (select w.key from unnest(_info.license_type_infos) as w)
        and exists (select from app.license l where l.license_type_key = t.key);
    perform app_fn.tell_changes(_info.key, 'license type', _changes);
end $$;

-- What a pack newly offers is handed out to the tenants that have it.
create or replace function app_fn.install_license_packs(_info app_fn.application_info) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _changes text[];
begin
    with upserted as (
        insert into app.license_pack as p (key, display_name, description, auto_subscribe)
        select w.key, w.display_name, w.description, coalesce(w.auto_subscribe, false)
        from unnest(_info.license_pack_infos) as w
        on conflict (key) do update set display_name = excluded.display_name, description = excluded.description,
            auto_subscribe = excluded.auto_subscribe, updated_at = now()
        where (p.display_name, p.description, p.auto_subscribe)
            is distinct from (excluded.display_name, excluded.description, excluded.auto_subscribe)
        returning p.key, p.xmax = 0 as added
    )
    select array_agg(key || case when added then ' added' else ' changed' end order by key) into _changes from upserted;
    perform app_fn.tell_changes(_info.key, 'license pack', _changes);

    with removed as (
        delete from app.license_pack_license_type t using unnest(_info.license_pack_infos) as w
        where t.license_pack_key = w.key
            and t.license_type_key not in (select o.license_type_key from unnest(w.license_pack_license_type_infos) as o)
        returning t.license_pack_key, t.license_type_key
    )
    select array_agg(license_pack_key || ' no longer offers ' || license_type_key order by license_pack_key, license_type_key) into _changes from removed;
    perform app_fn.tell_changes(_info.key, 'license pack', _changes);

    with upserted as (
        insert into app.license_pack_license_type as t (license_pack_key, license_type_key, number_of_licenses,
            expiration_interval_type, expiration_interval_multiplier)
        select w.key, o.license_type_key, coalesce(o.number_of_licenses, -1), coalesce(o.expiration_interval_type, 'none'),
            coalesce(o.expiration_interval_multiplier, 1)
        from unnest(_info.license_pack_infos) as w cross join unnest(w.license_pack_license_type_infos) as o
        on conflict (license_pack_key, license_type_key) do update set number_of_licenses = excluded.number_of_licenses,
            expiration_interval_type = excluded.expiration_interval_type,
            expiration_interval_multiplier = excluded.expiration_interval_multiplier
        where (t.number_of_licenses, t.expiration_interval_type, t.expiration_interval_multiplier) is distinct from
            (excluded.number_of_licenses, excluded.expiration_interval_type, excluded.expiration_interval_multiplier)
        returning t.license_pack_key, t.license_type_key, t.xmax = 0 as added
    )
    select array_agg(
        license_pack_key || case when added then ' offers ' else ' offers otherwise ' end || license_type_key order by license_pack_key, license_type_key)
    into _changes from upserted;
    perform app_fn.tell_changes(_info.key, 'license pack', _changes);
    perform app_fn.hand_out(s.id)
    from app.tenant_subscription s join unnest(_info.license_pack_infos) as w on w.key = s.license_pack_key
    where _changes is not null and s.status = 'active';
end $$;

create or replace function app_fn.install_parts(_info app_fn.application_info) returns void
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
begin
    perform app_fn.install_navigation(_info);
    perform app_fn.install_license_types(_info);
    perform app_fn.install_license_packs(_info);
end $$;

create or replace function app_fn.install_parts_quietly(_info app_fn.application_info) returns void
language sql volatile set search_path = pg_catalog, pg_temp set client_min_messages = warning
as $$ select app_fn.install_parts(_info) $$;

-- Of a new application it is said that it is there, not each of its parts.
create or replace function app_fn.install_application(_application_info app_fn.application_info) returns app.application
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    _info app_fn.application_info := _application_info;
    _application app.application;
begin
    perform pg_advisory_xact_lock(hashtextextended('app.application', 0));
    perform app_fn.refuse_foreign_keys(_info);
    if exists (select from app.application a where a.key = _info.key) then
        update app.application set name = _info.name where key = _info.key returning * into _application;
        perform app_fn.install_parts(_info);
    else
        insert into app.application (key, name) values (_info.key, _info.name) returning * into _application;
        perform app_fn.install_parts_quietly(_info);
        raise notice 'application % added', _info.key;
    end if;
    return _application;
end $$;

-- The usual kind: users and admins, one pack.
create or replace function app_fn.install_basic_application(
    _key text, _name text, _description text, _auto_subscribe boolean, _modules app_fn.module_info[]
) returns app.application
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    select app_fn.install_application(row(
        _key, _name,
        array[
            row(_key || '-user', _name || ' User', array['p:' || _key || '-user'], 'user'),
            row(_key || '-admin', _name || ' Admin', array['p:' || _key || '-admin'], 'admin')
        ]::app_fn.license_type_info[],
        array[
            row(_key, _name, _description, array[
                row(_key || '-user', -1, 'none', 1), row(_key || '-admin', -1, 'none', 1)
            ]::app_fn.license_pack_license_type_info[], _auto_subscribe)
        ]::app_fn.license_pack_info[],
        _modules
    )::app_fn.application_info)
$$;

-- The application every site has: to be a user, an admin, the site's admin or support.
create or replace function app_fn.install_anchor_application() returns app.application
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    select app_fn.install_application(row(
        'base', 'Base',
        array[
            row('app-user', 'App User', array['p:app-user', 'p:todo', 'p:discussions'], 'user'),
            row('app-admin', 'App Admin',
                array['p:app-admin', 'p:todo', 'p:todo-admin', 'p:discussions', 'p:discussions-admin'], 'admin'),
            row('app-admin-super', 'App Super Admin',
                array['p:app-admin-super', 'p:app-admin', 'p:app-admin-support', 'p:todo', 'p:discussions'], 'superadmin'),
            row('app-admin-support', 'App Support Admin',
                array['p:app-admin-support', 'p:todo', 'p:discussions'], 'support'),
            row('app-address-book', 'Address Book', array['p:address-book'], 'all')
        ]::app_fn.license_type_info[],
        array[
            row('anchor', 'Anchor', 'What it takes to run the site; for the anchor tenant only', array[
                row('app-admin-super', -1, 'none', 1), row('app-admin-support', -1, 'none', 1)
            ]::app_fn.license_pack_license_type_info[], false),
            row('base', 'Base', 'What every tenant has', array[
                row('app-user', -1, 'none', 1), row('app-admin', -1, 'none', 1), row('app-address-book', -1, 'none', 1)
            ]::app_fn.license_pack_license_type_info[], true)
        ]::app_fn.license_pack_info[],
        array[
            row('todo', 'Todo', array['p:todo'], null, 400, array[
                row('todo', 'Todo', array['p:todo'], null, '/tools/todo', 100)
            ]::app_fn.tool_info[]),
            row('base-tools', 'Tools', array['p:app-user', 'p:app-admin', 'p:app-admin-super'], null, 300, array[
                row('address-book', 'Address Book', array['p:address-book'], null, '/tools/address-book', 300),
                row('discussions', 'Discussions', array['p:discussions'], null, '/tools/discussions', 200)
            ]::app_fn.tool_info[]),
            row('base-admin', 'Admin', array['p:app-admin', 'p:app-admin-super'], null, 200, array[
                row('app-tenant-residencies', 'App Users', array['p:app-admin', 'p:app-admin-super'], null,
                    '/admin/app-tenant-residencies', 200),
                row('app-tenant-subscriptions', 'App Subscriptions', array['p:app-admin', 'p:app-admin-super'], null,
                    '/admin/app-tenant-subscriptions', 100)
            ]::app_fn.tool_info[]),
            row('base-site-admin', 'Site Admin', array['p:app-admin-super'], null, 100, array[
                row('site-tenant', 'Tenant Support', array['p:app-admin-super'], null, '/site-admin/tenant', 500),
                row('site-residents', 'Resident Support', array['p:app-admin-super'], null,
                    '/site-admin/tenant-residents', 400),
                row('site-users', 'Site Users', array['p:app-admin-super'], null, '/site-admin/site-users', 300),
                row('site-license-pack', 'License Packs', array['p:app-admin-super'], null,
                    '/site-admin/license-pack', 200),
                row('site-applications', 'Applications', array['p:app-admin-super'], null,
                    '/site-admin/applications', 100)
            ]::app_fn.tool_info[])
        ]::app_fn.module_info[]
    )::app_fn.application_info)
$$;
