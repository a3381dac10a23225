-- Who may do what, for all modules alike: a signed-in user calls x_api and reads x under its policies; x_api runs as
-- tenancy_api, which may call x_fn and write rows, and owns nothing. Nobody else has anything.

do $$
declare
    module text;
    layer text;
    routine regprocedure;
begin
    foreach module in array array['loc', 'msg', 'todo', 'inc'] loop
        foreach layer in array array[module, module || '_fn', module || '_api'] loop
            execute format('revoke all on schema %I from public, anon, service_role', layer);
            execute format('revoke all on all tables in schema %I from public, anon, authenticated, service_role', layer);
            execute format('revoke all on all functions in schema %I from public, anon, authenticated, service_role',
                layer);
            -- The types of arguments live in x_fn, hence the usage; none of its functions may be called.
            execute format('grant usage on schema %I to authenticated, tenancy_api', layer);
        end loop;
        execute format('grant select on all tables in schema %I to authenticated, tenancy_api', module);
        execute format('grant execute on all functions in schema %I to tenancy_api', module || '_fn');

        -- A function can be given only to who may create in its schema: for a moment.
        execute format('grant create on schema %I to tenancy_api', module || '_api');
        for routine in select oid from pg_proc where pronamespace = (module || '_api')::regnamespace loop
            execute format('alter function %s owner to tenancy_api', routine);
        end loop;
        execute format('revoke create on schema %I from tenancy_api', module || '_api');
        execute format('grant execute on all functions in schema %I to authenticated', module || '_api');
    end loop;
end $$;

revoke execute on function loc_api.enforce_location(), todo_api.enforce_todo(uuid),
    inc_api.enforce_incident(uuid) from authenticated;

-- Tenant and author are said once, when a row is made.
grant insert, delete, update (name, address1, address2, city, state, postal_code, country, lat, lon) on loc.location
    to tenancy_api;
grant insert, delete, update (name, identifier, tags, status) on msg.topic to tenancy_api;
grant insert, update (status, content, tags, updated_at) on msg.message to tenancy_api;
grant insert, update (status, last_read) on msg.subscriber to tenancy_api;
grant insert, delete, update (resident_id, updated_at, name, description, status, type, pinned) on todo.todo
    to tenancy_api;
grant insert, delete, update (updated_at, name, description, status) on inc.incident to tenancy_api;
