-- What tests of Supabase projects call to be somebody: users by a name of the test's own, signed in as, and a clock
-- that stands still. Names and answers are those of the package of this name; pgTAP is found on the caller's path.

do $$
declare
    target text;
    owner text := (select datdba::regrole::text from pg_catalog.pg_database where datname = current_database());
begin
    foreach target in array array['tests', 'test_overrides'] loop
        if to_regnamespace(target) is null then
            execute format('create schema %I', target);
        end if;
        execute format('grant usage on schema %I to anon, authenticated, service_role', target);
        execute format('grant all on schema %I to supabase_auth_admin', target);
        execute format('grant all on schema %I to %s with grant option', target, owner);
        -- What a test file makes there itself is for the roles that it tests, too.
        execute format(
            'alter default privileges for role %s in schema %I grant execute on functions to anon, authenticated, service_role',
            owner, target
        );
    end loop;
end $$;

create function tests.create_supabase_user(
    identifier text, email text default null, phone text default null, metadata jsonb default null
) returns uuid
language plpgsql security definer
set search_path = auth, pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    new_id uuid := pg_catalog.gen_random_uuid();
begin
    insert into auth.users (
        id, aud, role, email, phone, raw_user_meta_data, raw_app_meta_data, created_at, updated_at
    ) values (
        new_id, 'authenticated', 'authenticated', coalesce(email, new_id || '@test.com'), phone,
        jsonb_build_object('test_identifier', identifier) || coalesce(metadata, '{}'), '{}', now(), now()
    );
    return new_id;
end $$;

create function tests.get_supabase_user(identifier text) returns json
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    found json;
begin
    select json_build_object(
        'id', users.id, 'email', users.email, 'phone', users.phone,
        'raw_user_meta_data', users.raw_user_meta_data, 'raw_app_meta_data', users.raw_app_meta_data
    ) into found
    from auth.users
    where users.raw_user_meta_data ->> 'test_identifier' = identifier
    limit 1;
    if found is null then
        raise exception 'User with identifier % not found', identifier;
    end if;
    return found;
end $$;

-- Volatile: a condition with it over no rows must not ask for a user that is made later.
create function tests.get_supabase_uid(identifier text) returns uuid
language sql
set search_path = pg_catalog, pg_temp
as $$ select (tests.get_supabase_user(identifier) ->> 'id')::uuid $$;

create function tests.authenticate_as(identifier text) returns void
language plpgsql
as $$
declare
    known json := tests.get_supabase_user(identifier);
begin
    perform pg_catalog.set_config('role', 'authenticated', true);
    perform pg_catalog.set_config('request.jwt.claims', pg_catalog.json_build_object(
        'sub', known -> 'id', 'email', known -> 'email', 'phone', known -> 'phone',
        'user_metadata', known -> 'raw_user_meta_data', 'app_metadata', known -> 'raw_app_meta_data'
    )::text, true);
end $$;

create function tests.authenticate_as_service_role() returns void
language plpgsql
as $$
begin
    perform pg_catalog.set_config('role', 'service_role', true);
    perform pg_catalog.set_config('request.jwt.claims', null, true);
end $$;

create function tests.clear_authentication() returns void
language plpgsql
as $$
begin
    perform pg_catalog.set_config('role', 'anon', true);
    perform pg_catalog.set_config('request.jwt.claims', null, true);
end $$;

create function tests.rls_enabled(testing_schema text) returns text
language plpgsql
as $$
begin
    return is(
        (
            select count(*)::integer from pg_catalog.pg_class as relation
            join pg_catalog.pg_namespace as schema on schema.oid = relation.relnamespace
            where schema.nspname = testing_schema and relation.relkind in ('r', 'p') and not relation.relrowsecurity
        ),
        0,
        'row level security is enabled on every table of schema ' || testing_schema
    );
end $$;

create function tests.rls_enabled(testing_schema text, testing_table text) returns text
language plpgsql
as $$
begin
    return is(
        (
            select count(*)::integer from pg_catalog.pg_class as relation
            join pg_catalog.pg_namespace as schema on schema.oid = relation.relnamespace
            where schema.nspname = testing_schema and relation.relname = testing_table and relation.relrowsecurity
        ),
        1,
        'row level security is enabled on table ' || testing_schema || '.' || testing_table
    );
end $$;

-- Found before pg_catalog's own while time stands still, and only then.
create function test_overrides.now() returns timestamptz
language sql stable
as $$
    select coalesce(
        nullif(pg_catalog.current_setting('tests.frozen_time', true), '')::pg_catalog.timestamptz, pg_catalog.now()
    )
$$;

create function tests.freeze_time(frozen_time timestamptz) returns void
language plpgsql
as $$
declare
    path text := pg_catalog.current_setting('search_path');
begin
    if path not like 'test_overrides,%' then
        perform pg_catalog.set_config('tests.original_search_path', path, true);
        perform pg_catalog.set_config('search_path', 'test_overrides,' || path || ',pg_catalog', true);
    end if;
    perform pg_catalog.set_config('tests.frozen_time', frozen_time::text, true);
end $$;

create function tests.unfreeze_time() returns void
language plpgsql
as $$
begin
    perform pg_catalog.set_config('tests.frozen_time', null, true);
    perform pg_catalog.set_config('search_path', pg_catalog.current_setting('tests.original_search_path'), true);
end $$;

-- Those that must see users whoever asks run as the auth server does, not as the superuser who installs this.
alter function tests.create_supabase_user(text, text, text, jsonb) owner to supabase_auth_admin;
alter function tests.get_supabase_user(text) owner to supabase_auth_admin;

do $$
declare
    routine regprocedure;
    owner text := (select datdba::regrole::text from pg_catalog.pg_database where datname = current_database());
begin
    for routine in
        select oid from pg_catalog.pg_proc
        where pronamespace in (to_regnamespace('tests'), to_regnamespace('test_overrides'))
    loop
        execute format('revoke execute on function %s from public', routine);
        execute format('grant execute on function %s to anon, authenticated, service_role', routine);
        execute format('grant execute on function %s to %s with grant option', routine, owner);
    end loop;
end $$;
