-- Supabase's defaults, for its projects as they are: API roles get everything on what `postgres` makes in public, and
-- row level security, which each table must turn on for itself, is all that stands between them.

do $$
declare
    owner text := current_setting('gatepost.owner');
    kind text;
begin
    foreach kind in array array['tables', 'sequences', 'functions'] loop
        execute format(
            'alter default privileges for role %I in schema public grant all on %s to %I, anon, authenticated, service_role',
            owner, kind, owner
        );
    end loop;
    grant usage on schema public to anon, authenticated, service_role;
end $$;

-- A database that was a Gatepost project before.
do $$
begin
    if exists (select from pg_event_trigger where evtname = 'gatepost_row_level_security') then
        drop event trigger gatepost_row_level_security;
    end if;
end $$;
