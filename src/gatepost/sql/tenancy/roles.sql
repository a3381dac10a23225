-- Whom exposed functions run as. Runs as the administrator, since the owner may make no roles. A role that nobody signs
-- in as, that owns no table and bypasses no policy: what `app_api` may touch is what grants and policies give to it.

do $$
declare
    owner text := current_setting('gatepost.owner');
begin
    if not exists (select from pg_roles where rolname = 'tenancy_api') then
        create role tenancy_api nologin noinherit;
    end if;
    if (select rolcanlogin or rolsuper or rolbypassrls or rolcreaterole from pg_roles where rolname = 'tenancy_api') then
        raise exception 'The role tenancy_api must be a plain one, without login and without a way round policies'
            using errcode = '42501', hint = 'alter role tenancy_api nologin nosuperuser nobypassrls nocreaterole';
    end if;
    if not pg_has_role(owner, 'tenancy_api', 'usage') then -- a superuser is a member of everything
        execute format('grant tenancy_api to %I', owner);
    end if;
end $$;
