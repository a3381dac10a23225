-- The door: whether the claims of a token still hold, and what they are by now. A login calls it in the statement that
-- comes before every request's own, and takes the role after that. Runs as supabase_auth_admin. Every statement may be
-- repeated.

-- What the settings say, as constants, which plans contain: `configured.sql` writes these three anew.
do $$
begin
    if to_regprocedure('auth_private.session_timebox()') is null then
        create function auth_private.session_timebox() returns interval
        language sql immutable as 'select null::interval';
    end if;
    -- Keys of user_metadata that are the server's; null where all are the user's, and none of the server's stand there.
    if to_regprocedure('auth_private.owned_keys()') is null then
        create function auth_private.owned_keys() returns text[]
        language sql immutable as 'select null::text[]';
    end if;
    if to_regprocedure('auth_private.claims_hook(jsonb)') is null then
        create function auth_private.claims_hook(event jsonb) returns jsonb
        language sql immutable as 'select null::jsonb';
    end if;
    if to_regprocedure('auth_private.has_claims_hook()') is null then
        create function auth_private.has_claims_hook() returns boolean
        language sql immutable as 'select false';
    end if;
end $$;

-- No, as every surface understands it: the code is its status, the constraint tells it from an application's own.
create or replace function auth_private.turn_away(why text) returns void
language plpgsql stable set search_path = ''
as $$
begin
    raise exception using errcode = 'PT401', message = why, constraint = 'gatepost.enter',
        hint = case why when 'The role of this user has changed' then 'Refresh the session' else 'Sign in again' end;
end $$;

-- The claims as the hook wants them now. What a token would not be issued with is refused.
create or replace function auth_private.hooked(claims jsonb, subject text, role text) returns text
language plpgsql stable set search_path = ''
as $$
declare
    answer jsonb := auth_private.claims_hook(jsonb_build_object(
        'user_id', subject, 'claims', claims, 'authentication_method', coalesce(claims #>> '{amr,0,method}', '')
    ));
    given jsonb := answer -> 'claims';
begin
    if answer #>> '{error,message}' <> '' then
        perform auth_private.turn_away(answer #>> '{error,message}');
    elsif jsonb_typeof(given) is distinct from 'object' or given ->> 'sub' is distinct from subject then
        perform auth_private.turn_away('The claims hook gives no claims for this user');
    elsif coalesce(nullif(given ->> 'role', ''), 'anon') <> role then
        perform auth_private.turn_away('The role of this user has changed');
    end if;
    return given::text;
end $$;

-- Three look-ups by primary key: one by one they cost less than a join, and plpgsql keeps their plans. `rest` is what of the
-- claims does not change while a session lives, as JSON without its braces: taking all of them apart and writing them again
-- would cost more than the look-ups. `session` is '' for a token of ours without one. Claims that ended are none; a token is
-- never worth more than its session, nor than it was.
create or replace function auth_private.enter(rest text, subject text, role text, session text, level text) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
    owner uuid := subject;
    current_role_name text;
    email text;
    phone text;
    is_anonymous boolean;
    app_metadata jsonb;
    user_metadata jsonb;
    deleted_at timestamptz;
    banned_until timestamptz;
    assurance auth.aal_level;
    ends_at timestamptz;
    said jsonb;
    claims text;
begin
    select coalesce(nullif(u.role, ''), 'anon'), u.email, u.phone, u.is_anonymous, u.raw_app_meta_data,
        u.raw_user_meta_data, u.deleted_at, u.banned_until
    into current_role_name, email, phone, is_anonymous, app_metadata, user_metadata, deleted_at, banned_until
    from auth.users u where u.id = owner;
    if not found then
        perform auth_private.turn_away('The user does not exist any more');
    end if;
    if session <> '' then
        select s.aal, least(s.not_after, s.created_at + auth_private.session_timebox()) into assurance, ends_at
        from auth.sessions s where s.id = session::uuid and s.user_id = owner;
        if not found or ends_at <= now() then
            perform auth_private.turn_away('The session has ended');
        end if;
    end if;
    if deleted_at is not null then
        perform auth_private.turn_away('The user does not exist any more');
    elsif banned_until > now() then
        perform auth_private.turn_away('The user is banned');
    elsif current_role_name <> role and not auth_private.has_claims_hook() then
        perform auth_private.turn_away('The role of this user has changed');
    end if;

    select c.claims into said from auth_private.user_claims c
    where c.user_id = owner and (c.valid_until is null or c.valid_until > now());
    if auth_private.owned_keys() is not null then
        user_metadata := coalesce(user_metadata, '{}') - auth_private.owned_keys() || coalesce(said, '{}');
    end if;
    claims := '{' || rest || ',"aal":"' || least(assurance, coalesce(level, 'aal1')::auth.aal_level)
        || '","is_anonymous":' || case when is_anonymous then 'true' else 'false' end
        || ',"email":' || to_json(coalesce(email, ''))
        || ',"phone":' || case when phone <> '' then to_json(phone) else '""' end
        || ',"app_metadata":' || coalesce(app_metadata || said, app_metadata, said, '{}')
        || ',"user_metadata":' || coalesce(user_metadata, '{}') || '}';
    if auth_private.has_claims_hook() then
        return auth_private.hooked(
            claims::jsonb || jsonb_build_object('role', current_role_name), subject, role
        );
    end if;
    return claims;
end $$;

-- A token without a session that this server's auth surface did not issue: a program's own statement, which stands
-- unless it is about a user who may not come in.
create or replace function auth_private.admit(claims text, subject text) returns text
language plpgsql stable security definer set search_path = ''
as $$
begin
    if subject ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' and exists (
        select from auth.users u where u.id = subject::uuid and (u.deleted_at is not null or u.banned_until > now())
    ) then
        perform auth_private.turn_away('The user is banned or does not exist any more');
    end if;
    return claims;
end $$;

revoke all on function auth_private.session_timebox(), auth_private.owned_keys(), auth_private.claims_hook(jsonb),
    auth_private.has_claims_hook(), auth_private.turn_away(text), auth_private.hooked(jsonb, text, text),
    auth_private.enter(text, text, text, text, text), auth_private.admit(text, text) from public;
