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

-- Roles that migrations, dumps and policies name.
do $$
declare
    target text;
begin
    foreach target in array array[
        'dashboard_user', 'supabase_storage_admin', 'supabase_realtime_admin', 'supabase_functions_admin'
    ] loop
        if not exists (select from pg_roles where rolname = target) then
            execute format('create role %I nologin noinherit', target);
        end if;
        -- Owners of the stand-ins: membership lets migrations write policies on their tables.
        if target <> 'dashboard_user' and not pg_has_role(current_setting('gatepost.owner'), target, 'member') then
            execute format('grant %I to %I with admin option', target, current_setting('gatepost.owner'));
        end if;
        if not pg_has_role(target, 'usage') then
            execute format('grant %I to current_user', target);
        end if;
    end loop;
end $$;

-- Settings that migrations give the gateway's login, and those that dumps and seeds set (dumps of rows turn triggers off
-- first); from 15 on a superuser may leave them to others.
do $$
declare
    parameter text;
begin
    if not (select rolsuper from pg_roles where rolname = current_user)
        or current_setting('server_version_num')::integer < 150000 then
        return;
    end if;
    foreach parameter in array array[
        'pgrst.client_error_verbosity', 'pgrst.db_aggregates_enabled', 'pgrst.db_anon_role',
        'pgrst.db_extra_search_path', 'pgrst.db_hoisted_tx_settings', 'pgrst.db_max_rows', 'pgrst.db_plan_enabled',
        'pgrst.db_pre_config', 'pgrst.db_pre_request', 'pgrst.db_prepared_statements', 'pgrst.db_root_spec',
        'pgrst.db_schemas', 'pgrst.db_tx_end', 'pgrst.jwt_aud', 'pgrst.jwt_cache_max_lifetime',
        'pgrst.jwt_role_claim_key', 'pgrst.jwt_secret', 'pgrst.jwt_secret_is_base64', 'pgrst.openapi_mode',
        'pgrst.openapi_security_active', 'pgrst.openapi_server_proxy_uri', 'pgrst.server_cors_allowed_origins',
        'pgrst.server_timing_enabled', 'pgrst.server_trace_header', 'pgrst.url_use_legacy_target_names',
        'app.settings.jwt_secret', 'app.settings.jwt_exp',
        'auto_explain.log_min_duration', 'auto_explain.log_nested_statements', 'pg_net.batch_size', 'pg_net.ttl',
        'pgaudit.log', 'pgaudit.log_catalog', 'pgaudit.log_level', 'pgaudit.log_parameter', 'pgaudit.log_relation',
        'pgaudit.log_statement', 'pgaudit.role', 'plan_filter.statement_cost_limit', 'safeupdate.enabled',
        'session_replication_role', 'deadlock_timeout', 'log_lock_waits', 'log_min_duration_statement',
        'log_min_messages', 'log_statement', 'log_temp_files', 'track_functions', 'track_io_timing', 'wal_compression'
    ] loop
        execute format('grant set on parameter %I to %I', parameter, current_setting('gatepost.owner'));
    end loop;
end $$;

-- People who come in as the bootstrap superuser find what they find at Supabase.
do $$
begin
    if current_user = 'supabase_admin' then
        alter role supabase_admin set search_path = "$user", public, auth, extensions;
    end if;
end $$;
