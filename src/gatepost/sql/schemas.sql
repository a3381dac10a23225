-- Schemas and their owners. `auth` is GoTrue's; `auth_private` holds what no application should touch.

do $$
declare
    owner text := current_setting('gatepost.owner');
begin
    create schema if not exists auth authorization supabase_auth_admin;
    create schema if not exists auth_private;
    grant usage, create on schema auth_private to supabase_auth_admin;
    if to_regnamespace('extensions') is null then
        execute format('create schema extensions authorization %I', owner);
    end if;
    if to_regnamespace('public') is null then
        execute format('create schema public authorization %I', owner);
    end if;
    -- The owner of the database may create extensions and schemas; only a superuser can give it away.
    if (select rolsuper from pg_roles where rolname = current_user) then
        execute format('alter database %I owner to %I', current_database(), owner);
        execute format('alter schema public owner to %I', owner);
        execute format('alter schema extensions owner to %I', owner);
    end if;
    execute format('grant usage on schema extensions to anon, authenticated, service_role, supabase_auth_admin, %I', owner);
    execute format('grant usage on schema public to anon, authenticated, service_role, supabase_auth_admin, %I', owner);
    revoke create on schema public from public;
    execute format('grant connect on database %I to authenticator, service_authenticator, supabase_auth_admin',
        current_database());
exception when insufficient_privilege then
    raise exception 'The administrator may not create schemas in database %: %', current_database(), sqlerrm
        using errcode = '42501', hint = format('grant create on database %I to %I', current_database(), current_user);
end $$;
