-- What the auth surface does in one call because several statements would race. Runs as supabase_auth_admin, who alone
-- may call it. Every statement may be repeated.

-- Wrong guesses of a code: per code, and per hour for a user and purpose, so that asking for a new code gains nothing.
create table if not exists auth_private.code_attempts (
    user_id uuid not null,
    purpose text not null,
    code text not null,
    attempts integer not null,
    since timestamptz not null,
    in_this_hour integer not null,
    constraint code_attempts_pkey primary key (user_id, purpose),
    constraint code_attempts_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade
);

-- Counts a guess before it is compared; says whether it may be.
create or replace function auth_private.count_code_attempt(
    owner uuid, asked text, current_code text, moment timestamptz, most integer
) returns boolean
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    insert into auth_private.code_attempts as c (user_id, purpose, code, attempts, since, in_this_hour)
    values (owner, asked, current_code, 1, moment, 1)
    on conflict (user_id, purpose) do update set
        code = excluded.code,
        attempts = case when c.code = excluded.code then c.attempts + 1 else 1 end,
        since = case when c.since < moment - interval '1 hour' then moment else c.since end,
        in_this_hour = case when c.since < moment - interval '1 hour' then 1 else c.in_this_hour + 1 end
    returning attempts <= most and in_this_hour <= most * 5;
$$;

-- Why a session cannot be refreshed, or NULL. `used` is when it was last refreshed.
create or replace function auth_private.session_ended(
    held auth.sessions, used timestamptz, moment timestamptz, options jsonb
) returns text
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select case
        when held.not_after < moment then 'expired'
        when nullif((options ->> 'timebox')::float, 0) < extract(epoch from moment - held.created_at) then 'expired'
        when nullif((options ->> 'inactivity')::float, 0) < extract(epoch from moment - used) then 'inactive'
        when nullif((options ->> 'low_aal')::float, 0) < extract(epoch from moment - held.created_at)
            and coalesce(held.aal, 'aal1') = 'aal1'
            and exists (select from auth.mfa_factors f where f.user_id = held.user_id and f.status = 'verified')
            then 'low_aal'
    end;
$$;

-- One refresh token for another (GoTrue's rules). Every statement in here sees what was committed before it began, so
-- a decision is made after the rows are locked, never before. Answers an outcome: `rotated` and `kept` with the token
-- to hand out, `busy` while another request holds the session, or why not. It never raises: what a reuse revokes must
-- stay revoked.
create or replace function auth_private.rotate_refresh_token(
    given text, fresh text, moment timestamptz, address inet, agent text, options jsonb,
    out outcome text, out issued text
)
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    held auth.refresh_tokens;
    live auth.refresh_tokens;
    used auth.sessions;
    owner auth.users;
    last_use timestamptz;
begin
    select * into held from auth.refresh_tokens t where t.token = given for update skip locked;
    if not found then
        outcome := case when exists (select from auth.refresh_tokens t where t.token = given) then 'busy' else 'not_found' end;
        return;
    end if;
    select * into owner from auth.users u where u.id = nullif(held.user_id, '')::uuid;
    if not found then
        outcome := 'not_found';
        return;
    elsif owner.banned_until > moment then
        outcome := 'banned';
        return;
    end if;
    select * into used from auth.sessions s where s.id = held.session_id for update skip locked;
    if not found then
        outcome := 'busy';
        if not exists (select from auth.sessions s where s.id = held.session_id) then
            delete from auth.refresh_tokens t where t.id = held.id;
            outcome := 'no_session';
        end if;
        return;
    end if;

    last_use := coalesce(used.refreshed_at at time zone 'utc', greatest(used.created_at, held.updated_at));
    outcome := auth_private.session_ended(used, last_use, moment, options);
    if outcome is null and (options ->> 'single')::boolean and exists (
        select from auth.sessions s
        where s.user_id = used.user_id and s.id <> used.id
            and coalesce(s.refreshed_at at time zone 'utc', s.created_at) > last_use
            and auth_private.session_ended(s, coalesce(s.refreshed_at at time zone 'utc', s.created_at), moment, options) is null
    ) then
        outcome := 'newer';
    end if;
    if outcome is not null then
        return;
    end if;

    if held.revoked then
        select * into live from auth.refresh_tokens t
        where t.session_id = used.id and not coalesce(t.revoked, false) order by t.id desc limit 1;
        if live.parent = given
            or (live.id is not null
                and moment <= held.updated_at + (options ->> 'reuse_seconds')::float * interval '1 second')
        then
            outcome := 'kept';
            issued := live.token;
        else
            if (options ->> 'rotation')::boolean then
                update auth.refresh_tokens t set revoked = true, updated_at = moment
                where t.session_id = used.id and not coalesce(t.revoked, false);
            end if;
            outcome := 'used';
            return;
        end if;
    else
        update auth.refresh_tokens t set revoked = true, updated_at = moment where t.id = held.id;
        insert into auth.refresh_tokens (instance_id, token, user_id, revoked, created_at, updated_at, parent, session_id)
        values (held.instance_id, fresh, held.user_id, false, moment, moment, given, used.id);
        outcome := 'rotated';
        issued := fresh;
    end if;

    update auth.sessions s set refreshed_at = moment at time zone 'utc', updated_at = moment, user_agent = agent, ip = address
    where s.id = used.id;
    if (options ->> 'audit')::boolean then
        insert into auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
        select '00000000-0000-0000-0000-000000000000', gen_random_uuid(), json_strip_nulls(json_build_object(
            'actor_id', owner.id, 'actor_via_sso', owner.is_sso_user,
            'actor_username', coalesce(nullif(owner.phone, ''), owner.email, ''),
            'actor_name', owner.raw_user_meta_data ->> 'full_name', 'action', action, 'log_type', 'token')),
            moment, coalesce(host(address), '')
        from unnest(case outcome when 'rotated' then array['token_refreshed', 'token_revoked'] else array['token_refreshed'] end)
            as action;
    end if;
end;
$$;

alter table auth_private.code_attempts enable row level security;
revoke all on function auth_private.count_code_attempt(uuid, text, text, timestamptz, integer) from public;
revoke all on function auth_private.session_ended(auth.sessions, timestamptz, timestamptz, jsonb) from public;
revoke all on function auth_private.rotate_refresh_token(text, text, timestamptz, inet, text, jsonb) from public;
