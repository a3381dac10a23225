-- Roles. Shared by all databases of a server, hence made only where they are missing, and altered with care.
-- Logins: `authenticator` carries API traffic, `service_authenticator` only that of service keys, so that SQL injected
-- into a user's request cannot climb; `supabase_auth_admin` is the auth surface. All are NOINHERIT: they have no rights
-- until they take a role. An administrator with CREATEROLE suffices; what only a superuser may do is tried and left out.

do $$
declare
    wanted record;
    superuser boolean := (select rolsuper from pg_roles where rolname = current_user);
    version integer := current_setting('server_version_num')::integer;
begin
    for wanted in
        select * from (values
            ('anon', 'nologin noinherit'),
            ('authenticated', 'nologin noinherit'),
            ('service_role', 'nologin noinherit'),
            ('authenticator', 'login noinherit'),
            ('service_authenticator', 'login noinherit'),
            ('supabase_auth_admin', 'login noinherit')
        ) as roles (name, attributes)
    loop
        if not exists (select from pg_roles where rolname = wanted.name) then
            execute format('create role %I %s', wanted.name, wanted.attributes);
        end if;
    end loop;

    -- The service key sees everything. Where the server does not let us say so, policies are generated instead.
    if not (select rolbypassrls from pg_roles where rolname = 'service_role') then
        begin
            alter role service_role bypassrls;
        exception when insufficient_privilege then null;
        end;
    end if;

    -- Migrations run as `postgres`, which owns the application's objects. On a foreign server it may be the superuser;
    -- then it is left alone, and the administrator is the owner.
    if superuser and not exists (select from pg_roles where rolname = 'postgres') then
        create role postgres login nosuperuser createdb;
    end if;
    if superuser and version >= 160000 and exists (select from pg_roles where rolname = 'postgres' and not rolsuper) then
        -- From 16 on CREATEROLE reaches only roles that one made or was given; before, it reached nearly all.
        alter role postgres createrole;
    end if;
end $$;

-- From 16 on who creates a role does not become a member; we need to be one to hand objects to it.
do $$
declare
    target text;
begin
    if (select rolsuper from pg_roles where rolname = current_user) then
        return;
    end if;
    foreach target in array array['anon', 'authenticated', 'service_role', 'supabase_auth_admin'] loop
        if not pg_has_role(target, 'member') or (
            current_setting('server_version_num')::integer >= 160000 and not pg_has_role(target, 'usage')
        ) then
            execute format('grant %I to current_user', target);
        end if;
    end loop;
end $$;

grant anon, authenticated to authenticator;
grant service_role to service_authenticator;
alter role supabase_auth_admin set search_path = auth;
alter role supabase_auth_admin set idle_in_transaction_session_timeout = '60s';

do $$
declare
    owner text := current_setting('gatepost.owner');
    target text;
begin
    if (select rolsuper from pg_roles where rolname = owner) or owner = current_user then
        return;
    end if;
    -- Owner of auth's objects as well: migrations drop and replace triggers on auth.users.
    foreach target in array array['anon', 'authenticated', 'service_role', 'authenticator', 'supabase_auth_admin'] loop
        execute format('grant %I to %I with admin option', target, owner);
    end loop;
    execute format('alter role %I set search_path = "$user", public, extensions', owner);
end $$;
