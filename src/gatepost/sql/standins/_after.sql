-- After each stand-in: its objects get their owner, and the application's owner everything on them.

do $$
declare
    schema text := current_setting('gatepost.schema');
    schema_owner text := current_setting('gatepost.schema_owner');
    owner text := current_setting('gatepost.owner');
    object record;
    kind text;
begin
    if schema_owner <> current_user then
        for object in
            select case relkind when 'v' then 'view' else 'table' end as kind, oid::regclass::text as name
            from pg_class
            where relnamespace = schema::regnamespace and relkind in ('r', 'v')
            union all
            select 'routine', oid::regprocedure::text from pg_proc where pronamespace = schema::regnamespace
            union all
            select 'type', oid::regtype::text
            from pg_type
            where typnamespace = schema::regnamespace and typtype = 'e'
        loop
            execute format('alter %s %s owner to %I', object.kind, object.name, schema_owner);
        end loop;
    end if;
    execute format('grant all on schema %I to %I with grant option', schema, owner);
    foreach kind in array array['tables', 'sequences', 'routines'] loop
        execute format('grant all on all %s in schema %I to %I with grant option', kind, schema, owner);
    end loop;
    -- A trigger runs as whoever writes to its table: functions of a superuser's do.
    if (select rolsuper from pg_roles where rolname = schema_owner) then
        execute format('revoke trigger on all tables in schema %I from %I', schema, owner);
    end if;
    insert into auth_private.installation (name, value) values ('stand-in ' || schema, 'stand-in')
    on conflict do nothing;
end $$;
