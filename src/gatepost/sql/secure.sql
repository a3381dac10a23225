-- After a migration, where no event trigger watches: new tables of exposed schemas get row level security; and where
-- service_role cannot bypass policies, one that lets it. Runs as the owner. `gatepost.known_tables` were there before.

do $$
declare
    relation regclass;
begin
    if not exists (select from pg_event_trigger where evtname = 'gatepost_row_level_security') then
        for relation in
            select c.oid from pg_class as c
            join auth_private.exposed_schemas as e on e.name = c.relnamespace::regnamespace::text
            where c.relkind in ('r', 'p') and not c.relrowsecurity
                and c.oid <> all (current_setting('gatepost.known_tables')::oid[])
        loop
            execute format('alter table %s enable row level security', relation);
            raise notice 'row level security is enabled on %: nobody but its owner sees its rows until a policy says so',
                relation;
        end loop;
    end if;

    if not (select rolbypassrls from pg_roles where rolname = 'service_role') then
        for relation in
            select c.oid from pg_class as c
            join auth_private.exposed_schemas as e on e.name = c.relnamespace::regnamespace::text
            where c.relkind in ('r', 'p') and c.relrowsecurity
                and not exists (
                    select from pg_policy where polrelid = c.oid and polname = 'service_role sees everything'
                )
        loop
            execute format(
                'create policy "service_role sees everything" on %s to service_role using (true) with check (true)',
                relation
            );
        end loop;
    end if;
end $$;
