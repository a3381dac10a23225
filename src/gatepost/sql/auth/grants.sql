-- Who may do what in schema auth. API roles may call the helper functions and see no table. The owner of the
-- application's objects may do everything, since migrations put foreign keys and triggers on auth.users and seeds
-- insert into it. Runs as supabase_auth_admin.

grant usage on schema auth to anon, authenticated, service_role;
grant execute on function auth.uid(), auth.role(), auth.email(), auth.jwt() to anon, authenticated, service_role;
revoke all on all tables in schema auth from anon, authenticated, service_role, public;

do $$
declare
    owner text := current_setting('gatepost.owner');
begin
    execute format('grant all on schema auth to %I', owner);
    execute format('grant all on all tables in schema auth to %I with grant option', owner);
    execute format('grant all on all sequences in schema auth to %I with grant option', owner);
    execute format('grant all on all routines in schema auth to %I with grant option', owner);
    execute format('alter default privileges in schema auth grant all on tables to %I', owner);
    execute format('alter default privileges in schema auth grant all on sequences to %I', owner);
    execute format('alter default privileges in schema auth grant all on routines to %I', owner);
end $$;

-- No policy: only the owner reads these tables, whatever an application grants by mistake.
do $$
declare
    relation regclass;
begin
    for relation in
        select oid from pg_class
        where relnamespace = 'auth'::regnamespace and relkind = 'r' and not relrowsecurity
            and pg_has_role(relowner, 'usage')
    loop
        execute format('alter table %s enable row level security', relation);
    end loop;
end $$;
