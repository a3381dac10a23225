-- What `gatepost doctor` asks of a database, as the administrator or whoever gets nearest to it.

-- name: facts
-- Version, who we are and what we may, the server's clock in epoch seconds.
select current_setting('server_version_num'), current_setting('server_version'), current_user,
    r.rolsuper, r.rolcreaterole, extract(epoch from clock_timestamp())
from pg_roles r where r.rolname = current_user

-- name: missing_logins
select string_agg(wanted, ', ' order by wanted)
from unnest(array['anon', 'authenticated', 'service_role', 'authenticator', 'service_authenticator', 'supabase_auth_admin'])
    as wanted
where not exists (select from pg_roles where rolname = wanted)
