-- The door: whether the claims of a token still hold, and what they are by now. A login calls it in the statement that
-- comes before every request's own, and takes the role after that. Runs as supabase_auth_admin. Every statement may be
-- repeated.

-- What the settings say, as constants, which plans contain: `configured.sql` writes these anew.
do $$
begin
    if to_regprocedure('auth_private.session_timebox()') is null then
        create function auth_private.session_timebox() returns interval
        language sql immutable as 'select null::interval';
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
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using errcode = 'PT401', message = why, constraint = 'gatepost.enter',
        hint = case why when 'The role of this user has changed' then 'Refresh the session' else 'Sign in again' end;
end $$;

-- The claims as the hook wants them now. What a token would not be issued with is refused.
create or replace function auth_private.hooked(claims jsonb, subject text, role text) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp
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

-- The claims of a user as they are, where none are kept ready that hold.
create or replace function auth_private.look_claims_up(owner uuid) returns auth_private.current_claims
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
    found_claims auth_private.current_claims;
begin
    select c.* into found_claims from auth.users u, auth_private.compute_claims(u) c where u.id = owner;
    if not found then
        perform auth_private.turn_away('The user does not exist any more');
    end if;
    return found_claims;
end $$;

-- Who comes in as he is, without a question: the user whom `request.jwt.claim.sub` names, in each of his sessions. The
-- statement before every request's own asks this first, since a view becomes part of it and a function does not; no row
-- says nothing, and `enter` decides. Of others it shows nothing, whatever a condition of the asker's does with its rows.
create or replace view auth_private.entrance with (security_barrier) as
select s.id as session_id, k.role, s.aal, k.written
from auth_private.current_claims k join auth.sessions s on s.user_id = k.user_id
where k.user_id = nullif(pg_catalog.current_setting('request.jwt.claim.sub', true), '')::uuid
    and (k.valid_until is null or k.valid_until > pg_catalog.now())
    and (k.closed_until is null or k.closed_until <= pg_catalog.now())
    and (s.not_after is null or s.not_after > pg_catalog.now())
    and (auth_private.session_timebox() is null or s.created_at + auth_private.session_timebox() > pg_catalog.now())
    and not auth_private.has_claims_hook();

-- The whole decision. Two look-ups by primary key: one by one they cost less than a join in plpgsql. `rest` is what of the
-- claims does not change while a session lives, as JSON without its braces: taking all of them apart and writing them again
-- would cost more than the look-ups. `session` is '' for a token of ours without one. A token is never worth more than its
-- session, nor than it was.
create or replace function auth_private.enter(rest text, subject text, role text, session text, level text) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    owner uuid := subject;
    person auth_private.current_claims;
    assurance auth.aal_level;
    ends_at timestamptz;
    claims text;
begin
    select k.role, k.written into person.role, person.written from auth_private.current_claims k
    where k.user_id = owner and (k.valid_until is null or k.valid_until > now())
        and (k.closed_until is null or k.closed_until <= now());
    if not found then
        person := auth_private.look_claims_up(owner);
    end if;
    if session <> '' then
        select s.aal, least(s.not_after, s.created_at + auth_private.session_timebox()) into assurance, ends_at
        from auth.sessions s where s.id = session::uuid and s.user_id = owner;
        if not found or ends_at <= now() then
            perform auth_private.turn_away('The session has ended');
        end if;
    end if;
    if person.closed_until = 'infinity' then
        perform auth_private.turn_away('The user does not exist any more');
    elsif person.closed_until > now() then
        perform auth_private.turn_away('The user is banned');
    end if;
    claims := '{' || rest || ',"aal":"' || least(assurance, coalesce(level, 'aal1')::auth.aal_level) || '"' || person.written;
    if auth_private.has_claims_hook() then
        return auth_private.hooked(claims::jsonb || jsonb_build_object('role', person.role), subject, role);
    elsif person.role <> role then
        perform auth_private.turn_away('The role of this user has changed');
    end if;
    return claims;
end $$;

-- A token without a session that this server's auth surface did not issue: a program's own statement, which stands
-- unless it is about a user who may not come in.
create or replace function auth_private.admit(claims text, subject text) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if subject ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' and exists (
        select from auth.users u where u.id = subject::uuid and (u.deleted_at is not null or u.banned_until > now())
    ) then
        perform auth_private.turn_away('The user is banned or does not exist any more');
    end if;
    return claims;
end $$;

revoke all on function auth_private.session_timebox(), auth_private.claims_hook(jsonb),
    auth_private.has_claims_hook(), auth_private.turn_away(text), auth_private.hooked(jsonb, text, text),
    auth_private.look_claims_up(uuid), auth_private.enter(text, text, text, text, text), auth_private.admit(text, text) from public;
