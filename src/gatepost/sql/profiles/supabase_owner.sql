-- What the owner has from the start in a Supabase project. Runs as the owner, so that its migrations may drop it again.

do $$
declare
    wanted record;
begin
    create schema if not exists graphql;
    for wanted in
        select * from (values
            ('uuid-ossp', 'extensions'), ('pgcrypto', 'extensions'),
            ('supabase_vault', 'vault'), ('pg_graphql', 'graphql')
        ) as extensions (name, schema)
        join pg_available_extensions as available using (name)
        where available.installed_version is null
    loop
        begin
            execute format('create extension %I schema %I', wanted.name, wanted.schema);
        exception when insufficient_privilege then null; -- a foreign server that does not trust it
        end;
    end loop;
exception when insufficient_privilege then null;
end $$;

do $$
begin
    if exists (select from pg_publication where pubname = 'supabase_realtime') then
        return;
    end if;
    create publication supabase_realtime;
    if current_setting('server_version_num')::integer >= 180000 then
        -- Else a table with replica identity full and a generated column could not be updated.
        execute 'alter publication supabase_realtime set (publish_generated_columns = stored)';
    end if;
exception when insufficient_privilege then null;
end $$;
