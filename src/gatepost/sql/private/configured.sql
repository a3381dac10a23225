-- What the settings say of claims, as functions, so that plans contain it. Runs as the administrator; `gatepost.…`
-- settings hold the values, '' for none. Every statement may be repeated.

do $$
declare
    auth_owner text := (select nspowner::regrole::text from pg_namespace where nspname = 'auth');
    owner text := current_setting('gatepost.owner');
    hook text[] := nullif(current_setting('gatepost.claims_hook'), '')::text[];
    each_request text[] := nullif(current_setting('gatepost.claims_per_request'), '')::text[];
    keys_before text[] := auth_private.owned_keys();
begin
    execute format('set local role %s', auth_owner);
    execute format(
        'create or replace function auth_private.session_timebox() returns interval language sql immutable as %L',
        format('select %L::interval', nullif(current_setting('gatepost.session_timebox'), ''))
    );
    execute format(
        'create or replace function auth_private.owned_keys() returns text[] language sql immutable as %L',
        format('select %L::text[]', nullif(current_setting('gatepost.owned_keys'), ''))
    );
    if nullif(current_setting('gatepost.owned_keys'), '')::text[] is distinct from keys_before then
        perform auth_private.keep_all_claims();
    end if;
    execute format(
        'create or replace function auth_private.has_claims_hook() returns boolean language sql immutable as %L',
        format('select %L::boolean', hook is not null)
    );
    execute format(
        'create or replace function auth_private.claims_hook(event jsonb) returns jsonb
        language plpgsql stable set search_path = auth as %L',
        case when hook is null then 'begin return null; end' else format('begin return %I.%I(event); end', variadic hook) end
    );
    reset role;

    -- The project's own function, with the rights of the project's owner; whom the claims are of it cannot change.
    if each_request is null then
        drop function if exists auth_private.per_request(text);
        return;
    end if;
    execute format(
        $function$
    create or replace function auth_private.per_request(given text) returns text
    language plpgsql security definer set search_path = public, extensions, pg_temp
    as $body$
    declare
        claims jsonb := given;
        answer jsonb := %I.%I(claims);
    begin
        if jsonb_typeof(answer) is distinct from 'object' then
            raise exception using errcode = 'PT500', message = 'claims.per_request gave no object';
        end if;
        return answer - array['sub', 'role', 'aud'] || jsonb_strip_nulls(
            jsonb_build_object('sub', claims -> 'sub', 'role', claims -> 'role', 'aud', claims -> 'aud')
        );
    end $body$;
        $function$, variadic each_request
    );
    revoke all on function auth_private.per_request(text) from public;
    grant execute on function auth_private.per_request(text) to authenticator, service_authenticator;
    execute format('grant usage, create on schema auth_private to %I', owner);
    execute format('alter function auth_private.per_request(text) owner to %I', owner);
    execute format('revoke create on schema auth_private from %I', owner);
end $$;
