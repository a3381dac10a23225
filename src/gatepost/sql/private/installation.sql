-- What is installed here. The administrator's own: he reads and writes it, so nobody else may put a trigger on it, or a
-- view in its place, whose code would run with his rights. Every statement may be repeated.

revoke all on schema auth_private from public;

-- Our own migrations.
create table if not exists auth_private.migrations (
    name text not null,
    applied_at timestamptz not null default now(),
    constraint migrations_pkey primary key (name)
);
create table if not exists auth_private.installation (
    name text not null,
    value text not null,
    constraint installation_pkey primary key (name)
);
create table if not exists auth_private.exposed_schemas (
    name text not null,
    constraint exposed_schemas_pkey primary key (name)
);

do $$
declare
    auth_owner text := (select nspowner::regrole::text from pg_namespace where nspname = 'auth');
begin
    -- Databases that were set up when all of this was the auth surface's.
    if (select rolsuper from pg_roles where rolname = current_user) then
        alter schema auth_private owner to current_user;
        alter table auth_private.migrations owner to current_user;
        alter table auth_private.installation owner to current_user;
        alter table auth_private.exposed_schemas owner to current_user;
        execute format('grant usage, create on schema auth_private to %s', auth_owner);
    end if;
    if auth_owner <> current_user then
        execute format(
            'grant select, insert, update, delete
            on auth_private.migrations, auth_private.installation, auth_private.exposed_schemas to %s', auth_owner
        );
    end if;
end $$;
