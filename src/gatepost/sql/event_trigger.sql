-- An event trigger that a migration asks for and only a superuser may have: made in the place of its owner. The
-- function it names is found when it fires, and what stands in it runs as who changes the schema, never as a superuser:
-- not while an extension is made by one, nor while our own objects are.

do $$
declare
    name text := current_setting('gatepost.event_name');
    tags text[] := string_to_array(nullif(current_setting('gatepost.event_tags'), ''), ',');
    function_name text := 'auth_private.' || quote_ident('event ' || name);
begin
    -- A file that failed after this may come again; and a function of somebody else's would stay his.
    if exists (select from pg_event_trigger where evtname = name and evtfoid = to_regproc(function_name)) then
        execute format('drop event trigger %I', name);
    end if;
    execute format('drop function if exists %s()', function_name);
    execute format('create function %s() returns event_trigger language plpgsql as %L', function_name, format($function$
    declare
        target pg_catalog.pg_proc;
        path text := pg_catalog.current_setting('search_path');
        own_path text;
        code text;
    begin
        -- Whoever fires it, with whatever path: no operator of somebody else's is asked.
        if exists (
            select from pg_catalog.pg_roles
            where rolsuper and (
                rolname operator(pg_catalog.=) current_user or rolname operator(pg_catalog.=) session_user
            )
        ) then
            return;
        end if;
        select p.* into target
        from pg_catalog.pg_proc as p join pg_catalog.pg_language as l on l.oid = p.prolang
        where p.oid = pg_catalog.to_regprocedure(%L) and l.lanname = 'plpgsql';
        if not found then
            return;
        end if;
        select pg_catalog.substr(setting, 13) into own_path
        from pg_catalog.unnest(target.proconfig) as settings (setting)
        where pg_catalog.starts_with(setting, 'search_path=');
        code := pg_catalog.format(E'declare tg_event text := %%L; tg_tag text := %%L; begin %%s\n; end', tg_event, tg_tag,
            pg_catalog.regexp_replace(target.prosrc, '(\mend(?:\s+\w+)?)\s*;\s*(?:--[^\n]*\s*)*$', '\1', 'i'));
        perform pg_catalog.set_config('search_path', coalesce(own_path, path), true);
        execute pg_catalog.format('do %%L', code);
        perform pg_catalog.set_config('search_path', path, true);
    end
    $function$, current_setting('gatepost.event_function')));
    execute format('revoke all on function %s() from public', function_name);
    execute format(
        'create event trigger %I on %s %s execute function %s()',
        name, current_setting('gatepost.event'),
        coalesce('when tag in (' || (select string_agg(quote_literal(t), ', ') from unnest(tags) as t) || ')', ''),
        function_name
    );
end $$;
