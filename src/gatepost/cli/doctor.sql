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

-- name: climbing
-- Roles that the login of API traffic may become and that no policy binds.
with recursive reachable (oid) as (
    select oid from pg_roles where rolname = 'authenticator'
    union
    select m.roleid from pg_auth_members m join reachable on m.member = reachable.oid
)
select rolname, case when rolsuper then 'is a superuser' else 'has BYPASSRLS' end
from reachable join pg_roles using (oid) where rolsuper or rolbypassrls

-- name: unguarded_tables
-- Tables of exposed schemas without row level security that an API role may read or write.
select format('%I.%I', n.nspname, c.relname), string_agg(distinct r.rolname, ', ')
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
cross join pg_roles r
where n.nspname = any ($1::text[]) and c.relkind in ('r', 'p') and not c.relrowsecurity
    and r.rolname in ('anon', 'authenticated')
    and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete')
    and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
group by 1 order by 1

-- name: owner_views
-- Views that run with their owner's rights: the policies of the caller do not hold behind them.
select format('%I.%I', n.nspname, c.relname)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any ($1::text[]) and c.relkind = 'v'
    and not coalesce('security_invoker=true' = any (c.reloptions) or 'security_invoker=on' = any (c.reloptions), false)
    and (has_table_privilege('anon', c.oid, 'select') or has_table_privilege('authenticated', c.oid, 'select'))
    and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
order by 1

-- name: loose_definers
-- Security definer functions whose search path their caller decides.
select p.oid::regprocedure::text
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema')
    and not exists (select from unnest(p.proconfig) as setting where setting like 'search\_path=%')
    and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
order by 1

-- name: policies_without_guard
-- Policies that do nothing, because row level security is off.
select distinct format('%I.%I', n.nspname, c.relname)
from pg_policy p
join pg_class c on c.oid = p.polrelid
join pg_namespace n on n.oid = c.relnamespace
where not c.relrowsecurity
order by 1
