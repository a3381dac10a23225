-- What an access matrix is about, and what rights somebody has. Policies are not read: rows are asked for and written.

-- name: relations
-- Tables and views of schemas, or those with these names; `operations` are what they take, `key` are columns of the
-- primary key, `computed` those that nobody writes, `fixed` those that nobody changes. The bits of
-- pg_relation_is_updatable() are those of UPDATE, INSERT and DELETE.
select
    n.nspname as schema,
    c.relname as name,
    c.relkind in ('r', 'p') as is_table,
    array_remove(array[
        'select',
        case when u.able & 8 <> 0 then 'insert' end,
        case when u.able & 4 <> 0 then 'update' end,
        case when u.able & 16 <> 0 then 'delete' end
    ], null) as operations,
    coalesce((
        select array_agg(a.attname::text order by array_position(i.indkey::int2[], a.attnum))
        from pg_catalog.pg_index i
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey::int2[])
        where i.indrelid = c.oid and i.indisprimary
    ), '{}') as key,
    coalesce((
        select array_agg(a.attname::text order by a.attnum)
        from pg_catalog.pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ), '{}') as columns,
    coalesce((
        select array_agg(pg_catalog.format_type(a.atttypid, a.atttypmod) order by a.attnum)
        from pg_catalog.pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    ), '{}') as types,
    coalesce((
        select array_agg(a.attname::text)
        from pg_catalog.pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            and (a.attgenerated <> '' or not pg_catalog.pg_column_is_updatable(c.oid, a.attnum, true))
    ), '{}') as computed,
    coalesce((
        select array_agg(a.attname::text)
        from pg_catalog.pg_attribute a
        where a.attrelid = c.oid and a.attidentity = 'a' and not a.attisdropped
    ), '{}') as fixed
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral pg_catalog.pg_relation_is_updatable(c.oid, true) u (able)
where c.relkind in ('r', 'p', 'v', 'm', 'f')
    and not c.relispartition
    and case
        when %(names)s::text[] is null then n.nspname = any (%(schemas)s)
        else c.oid = any (select pg_catalog.to_regclass(name) from unnest(%(names)s::text[]) name)
    end
    and not exists (
        select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )
order by n.nspname collate "C", c.relname collate "C"

-- name: functions
-- Functions of schemas that can be called.
select
    p.oid::bigint as oid,
    n.nspname || '.' || p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' as name
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where n.nspname = any (%(schemas)s)
    and p.prokind in ('f', 'p')
    and p.prorettype <> all (array['trigger', 'event_trigger']::regtype[])
    and not exists (
        select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
order by 2

-- name: rights
-- Columns that the current role has a right to, in the table's order; for DELETE, all of them or none.
select a.attname::text as name
from pg_catalog.pg_attribute a
where a.attrelid = pg_catalog.to_regclass(%(table)s)
    and a.attnum > 0
    and not a.attisdropped
    and pg_catalog.has_schema_privilege(%(schema)s, 'usage')
    and case %(right)s
        when 'delete' then pg_catalog.has_table_privilege(a.attrelid, 'delete')
        else pg_catalog.has_column_privilege(a.attrelid, a.attnum, %(right)s)
    end
order by a.attnum

-- name: callable
select
    pg_catalog.has_function_privilege(p.oid, 'execute') and pg_catalog.has_schema_privilege(p.pronamespace, 'usage')
        as allowed
from pg_catalog.pg_proc p
where p.oid = %(oid)s
