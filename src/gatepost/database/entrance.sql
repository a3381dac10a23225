-- What the door needs of a database, as a login sees it.

-- name: door
-- Whether the login may call it: the look-up, with what is kept ready for it, and the function of each request.
select coalesce(bool_or(p.proname = 'enter' and has_function_privilege(p.oid, 'execute')), false) and exists (
        select from pg_catalog.pg_class c where c.relname = 'entrance' and c.relnamespace = to_regnamespace('auth_private')
            and has_table_privilege(c.oid, 'select')
    ),
    coalesce(bool_or(p.proname = 'per_request' and has_function_privilege(p.oid, 'execute')), false)
from pg_catalog.pg_proc p
where p.pronamespace = to_regnamespace('auth_private')

-- name: functions
-- Functions of that name from jsonb to jsonb: how volatile they are.
select p.provolatile
from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where n.nspname = $1 and p.proname = $2 and p.prokind = 'f' and p.pronargs = 1 and not p.proretset
    and p.proargtypes[0] = 'jsonb'::regtype and p.prorettype = 'jsonb'::regtype
