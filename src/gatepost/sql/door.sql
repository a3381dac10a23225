-- Who may come in, and how to do so by hand. Runs as the administrator. Every statement may be repeated.

-- The logins call the door before they take a role; no role that they take may. The owner tries things in psql.
do $$
declare
    login text;
begin
    create schema if not exists gatepost;
    revoke all on schema gatepost from public;
    foreach login in array array['authenticator', 'service_authenticator', current_setting('gatepost.owner')] loop
        execute format('grant usage on schema auth_private, gatepost to %I', login);
        execute format(
            'grant execute on function auth_private.enter(text, text, text, text, text), auth_private.admit(text, text),
            auth_private.session_timebox(), auth_private.has_claims_hook() to %I',
            login
        );
        execute format('grant select on auth_private.entrance to %I', login);
    end loop;
end $$;

-- A token's claims and its role, for the rest of the session: `reset role; reset all` leaves again. PostgreSQL cannot
-- verify what an asymmetric key signed, so nothing of the token is believed but which session it names: that one has to
-- live, and all else comes from the database. Whoever may call this may take the role and set the claims by hand.
create or replace function gatepost.enter(token text) returns text
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    part text := split_part(token, '.', 2);
    said jsonb;
    rest jsonb;
    claims text;
    role text;
begin
    begin
        said := convert_from(decode(
            rpad(translate(part, '-_', '+/'), length(part) + (4 - length(part) % 4) % 4, '='), 'base64'
        ), 'utf8');
    exception when others then
        raise exception using errcode = '22023', message = 'This is no token: it has no readable claims';
    end;
    if coalesce(said ->> 'session_id', '') = '' or coalesce(said ->> 'sub', '') = '' then
        raise exception using errcode = '22023', message = 'The token names no session, so nothing here can vouch for it',
            hint = 'Set request.jwt.claims and the role by hand';
    elsif (said ->> 'exp')::numeric <= extract(epoch from clock_timestamp()) then
        raise exception using errcode = 'PT401', message = 'The token has expired', hint = 'Sign in again';
    end if;
    rest := said - array['aal', 'is_anonymous', 'email', 'phone', 'app_metadata', 'user_metadata'];
    role := coalesce(nullif(said ->> 'role', ''), 'anon');
    claims := auth_private.enter(
        substr(rest::text, 2, length(rest::text) - 2), said ->> 'sub', role, said ->> 'session_id', said ->> 'aal'
    );
    if to_regprocedure('auth_private.per_request(text)') is not null then
        claims := auth_private.per_request(claims);
    end if;
    perform set_config('request.jwt.claims', claims, false), set_config('request.jwt.claim.sub', said ->> 'sub', false);
    perform set_config('role', role, false);
    return role;
end $$;
revoke all on function gatepost.enter(text) from public;

do $$
begin
    execute format(
        'grant execute on function gatepost.enter(text) to authenticator, service_authenticator, %I',
        current_setting('gatepost.owner')
    );
end $$;
