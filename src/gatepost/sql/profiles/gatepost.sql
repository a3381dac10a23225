-- Deny first. What an API role may do is granted one by one; a forgotten grant is an error, not a leak.

do $$
declare
    owner text := current_setting('gatepost.owner');
begin
    execute format('alter default privileges for role %I revoke execute on functions from public', owner);
    execute format('revoke temporary on database %I from public', current_database());
    execute format('grant temporary on database %I to %I', current_database(), owner);
end $$;

-- Large objects have no row level security, and their rights are easy to forget: not for API roles.
do $$
declare
    owner text := current_setting('gatepost.owner');
    routine regprocedure;
begin
    for routine in
        select oid from pg_proc
        where pronamespace = 'pg_catalog'::regnamespace
            and proname in ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_open', 'lo_put', 'lo_get', 'lo_unlink',
                'lo_truncate', 'lo_truncate64', 'loread', 'lowrite', 'lo_import', 'lo_export')
    loop
        execute format('revoke execute on function %s from public', routine);
        if not starts_with(routine::text, 'lo_import') and not starts_with(routine::text, 'lo_export') then
            execute format('grant execute on function %s to %I', routine, owner);
        end if;
    end loop;
exception when insufficient_privilege then null; -- an administrator without superuser: `findings` says so
end $$;

-- New tables of exposed schemas have row level security from the start, and the notice says so.
do $$
begin
    if not (select rolsuper from pg_roles where rolname = current_user) then
        return;
    end if;

    -- As whoever makes the table, who owns it then; and it reads nothing that somebody could have replaced.
    execute format(
        $function$
    create or replace function auth_private.enable_row_level_security() returns event_trigger
    language plpgsql security invoker
    set search_path = pg_catalog, pg_temp
    as $body$
    declare
        command record;
    begin
        for command in
            select c.object_identity, k.oid
            from pg_event_trigger_ddl_commands() as c
            join pg_class as k on k.oid = c.objid and c.classid = 'pg_class'::regclass
            where c.schema_name = any (%L::text[]) and k.relkind in ('r', 'p') and not k.relrowsecurity
                -- someone who turns it off by name is taken at his word
                and (c.command_tag <> 'ALTER TABLE' or current_query() ~* 'set\s+schema')
        loop
            execute format('alter table %%s enable row level security', command.object_identity);
            raise notice 'row level security is enabled on %%: nobody but its owner sees its rows until a policy says so',
                command.object_identity;
        end loop;
    end $body$
        $function$,
        current_setting('gatepost.schemas')
    );
    revoke all on function auth_private.enable_row_level_security() from public;

    drop event trigger if exists gatepost_row_level_security;
    create event trigger gatepost_row_level_security on ddl_command_end
        when tag in ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'ALTER TABLE')
        execute function auth_private.enable_row_level_security();
end $$;
