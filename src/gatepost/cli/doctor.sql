-- What `gatepost doctor` asks of a database, as the administrator or whoever gets nearest to it.

-- name: facts
-- Version, who we are and what we may, the server's clock in epoch seconds.
select current_setting('server_version_num'), current_setting('server_version'), current_user,
    r.rolsuper, r.rolcreaterole, extract(epoch from clock_timestamp())
from pg_roles r where r.rolname = current_user

-- name: has_outbox
select to_regclass('auth_private.claims_outbox') is not null

-- name: outbox
-- How many users' claims wait for longer than a minute, since when; how many are given up; what was said to the last.
select count(*) filter (where parked_at is null and since < now() - interval '1 minute'), min(since) filter (where parked_at is null),
    count(*) filter (where parked_at is not null),
    coalesce((array_agg(last_error order by due_at desc) filter (where last_error is not null))[1], 'nothing was tried yet')
from auth_private.claims_outbox

-- name: missing_logins
select string_agg(wanted, ', ' order by wanted)
from unnest(array['anon', 'authenticated', 'service_role', 'authenticator', 'service_authenticator', 'supabase_auth_admin'])
    as wanted
where not exists (select from pg_roles where rolname = wanted)

-- name: hook
-- Whether a function of one jsonb is there and the auth surface may call it; in which schemas there is one of its name.
select wanted.function is not null,
    has_schema_privilege('supabase_auth_admin', n.oid, 'usage')
        and has_function_privilege('supabase_auth_admin', wanted.function, 'execute'),
    (
        select string_agg(distinct p.pronamespace::regnamespace::text, ', ') from pg_proc as p
        where p.proname = $2::text and p.pronargs = 1 and p.pronamespace is distinct from n.oid
    )
from (select to_regprocedure(format('%I.%I(jsonb)', $1::text, $2::text)) as function) as wanted
left join pg_namespace as n on n.nspname = $1::text
