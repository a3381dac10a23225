-- What a person should know about a database before trusting it. Each query gives rows (target, detail); $1 is the list
-- of exposed schemas. Objects of extensions are their own business.

-- name: climbing
-- Roles an API login may become that no policy binds. service_role is what its own login is for.
with recursive reachable (login, oid) as (
    select rolname, oid from pg_roles where rolname in ('authenticator', 'service_authenticator')
    union
    select login, m.roleid from pg_auth_members as m join reachable on m.member = reachable.oid
)
select format('%s → %s', login, rolname), case when rolsuper then 'a superuser' else 'allowed to bypass policies' end
from reachable
join pg_roles using (oid)
where (rolsuper or rolbypassrls) and not (login = 'service_authenticator' and rolname = 'service_role')
order by 1

-- name: service_bound
-- The service key is meant to see everything.
select 'service_role', '' from pg_roles where rolname = 'service_role' and not rolbypassrls

-- name: no_event_trigger
-- Only a superuser can make new tables safe by themselves; without, the check comes after each migration.
select 'new tables', '' from auth_private.installation
where (name, value) = ('profile', 'gatepost')
    and not exists (select from pg_event_trigger where evtname = 'gatepost_row_level_security')

-- name: open_large_objects
select 'large objects', '' from auth_private.installation
where (name, value) = ('profile', 'gatepost') and has_function_privilege('anon', 'pg_catalog.lo_create(oid)', 'execute')

-- name: open_temporary
select current_database()::text, '' from auth_private.installation
where (name, value) = ('profile', 'gatepost') and has_database_privilege('anon', current_database(), 'temporary')

-- name: unguarded_tables
select c.oid::regclass::text, string_agg(r.rolname, ', ' order by r.rolname)
from pg_class as c
cross join pg_roles as r
where c.relnamespace::regnamespace::text = any ($1::text[]) and c.relkind in ('r', 'p', 'f') and not c.relrowsecurity
    and r.rolname in ('anon', 'authenticated')
    and has_table_privilege(r.oid, c.oid, 'select, insert, update, delete')
    and not exists (select from pg_depend as d where d.objid = c.oid and d.deptype = 'e')
group by c.oid
order by 1

-- name: sleeping_policies
select distinct p.polrelid::regclass::text, ''
from pg_policy as p
join pg_class as c on c.oid = p.polrelid
where not c.relrowsecurity
order by 1

-- name: owner_views
-- Views over tables with row level security that answer with their owner's rights.
select distinct c.oid::regclass::text, string_agg(distinct t.oid::regclass::text, ', ')
from pg_class as c
join pg_rewrite as w on w.ev_class = c.oid
join pg_depend as d on d.objid = w.oid and d.classid = 'pg_rewrite'::regclass
join pg_class as t on t.oid = d.refobjid and d.refclassid = 'pg_class'::regclass and t.relrowsecurity
where c.relnamespace::regnamespace::text = any ($1::text[]) and c.relkind in ('v', 'm')
    and not coalesce(c.reloptions && array['security_invoker=true', 'security_invoker=on', 'security_invoker=1'], false)
    and (has_table_privilege('anon', c.oid, 'select') or has_table_privilege('authenticated', c.oid, 'select'))
group by c.oid
order by 1

-- name: loose_definers
select p.oid::regprocedure::text,
    case when has_function_privilege('anon', p.oid, 'execute') then 'anon may call it' else '' end
from pg_proc as p
where p.prosecdef and p.pronamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
    and not exists (select from unnest(p.proconfig) as setting where setting like 'search\_path=%')
    and not exists (select from pg_depend as d where d.objid = p.oid and d.deptype = 'e')
order by 1

-- name: always_true
-- Policies that let everybody write every row. An update has to find its row first, so what it may leave there is not
-- all that counts.
select format('%s on %s', quote_ident(p.polname), p.polrelid::regclass),
    case p.polcmd when '*' then 'read and write' when 'a' then 'insert' when 'w' then 'update' else 'delete' end
from pg_policy as p
join pg_class as c on c.oid = p.polrelid
where c.relnamespace::regnamespace::text = any ($1::text[]) and p.polpermissive and p.polcmd <> 'r'
    and (p.polroles && array[0::oid, (select oid from pg_roles where rolname = 'anon')])
    and coalesce(pg_get_expr(p.polwithcheck, p.polrelid), pg_get_expr(p.polqual, p.polrelid)) = 'true'
    and (p.polcmd <> 'w' or pg_get_expr(p.polqual, p.polrelid) = 'true')
order by 1

-- name: user_metadata
-- user_metadata is what a user writes about himself.
select format('%s on %s', quote_ident(p.polname), p.polrelid::regclass), ''
from pg_policy as p
where concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ~ 'user_meta_?data'
order by 1

-- name: inert_extensions
-- Stand-ins that were asked for by name.
select extname, replace(obj_description(oid, 'pg_extension'), 'stand-in: ', '')
from pg_extension
where obj_description(oid, 'pg_extension') like 'stand-in: %' and extname not in ('supabase_vault', 'pg_graphql')
order by 1

-- name: inert_triggers
-- Webhooks.
select format('%s on %s', quote_ident(t.tgname), t.tgrelid::regclass), 'sends nothing'
from pg_trigger as t
join pg_proc as p on p.oid = t.tgfoid
where p.pronamespace = to_regnamespace('supabase_functions') and not t.tgisinternal
    and exists (select from auth_private.installation where name = 'stand-in supabase_functions')
order by 1

-- name: inert_calls
-- Functions of the application that call a stand-in.
select p.oid::regprocedure::text,
    string_agg(distinct s.schema || case s.schema
        when 'net' then ': the request is queued and never sent'
        when 'cron' then ': the job is kept and never run'
        when 'realtime' then ': the message is kept and nobody is told'
        else ': the secret is not encrypted' end, '; ')
from pg_proc as p
join (values ('net'), ('cron'), ('realtime'), ('vault')) as s (schema) on p.prosrc ~ ('\m' || s.schema || '\.\w')
join auth_private.installation as i on i.name = 'stand-in ' || s.schema
where p.pronamespace::regnamespace::text not in (
    'net', 'cron', 'realtime', 'vault', 'storage', 'pg_catalog', 'information_schema', 'auth', 'auth_private'
) and not exists (select from pg_depend as d where d.objid = p.oid and d.deptype = 'e')
group by p.oid
order by 1

-- name: inert_publication
select format('%I.%I', schemaname, tablename), ''
from pg_publication_tables
where pubname = 'supabase_realtime'
order by 1
