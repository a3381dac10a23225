-- name: columns
select n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    pg_get_expr(d.adbin, d.adrelid),
    a.attidentity <> '' or coalesce(starts_with(pg_get_expr(d.adbin, d.adrelid), 'nextval('), false),
    a.attgenerated <> ''
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join pg_namespace n on n.oid = c.relnamespace
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and n.nspname = any (%s)
order by n.nspname, c.relname, a.attnum

-- name: enums
select n.nspname, t.typname, array_agg(e.enumlabel::text order by e.enumsortorder)
from pg_type t
join pg_namespace n on n.oid = t.typnamespace
join pg_enum e on e.enumtypid = t.oid
where n.nspname = any (%s)
    and not exists (select from pg_depend p where p.objid = t.oid and p.classid = 'pg_type'::regclass and p.deptype = 'e')
group by n.nspname, t.typname
order by n.nspname, t.typname

-- name: indexes
select n.nspname, c.relname, i.relname, m.amname, x.indisunique,
    x.indpred is not null or x.indexprs is not null or x.indnkeyatts <> x.indnatts
        or coalesce(k.contype in ('x', 'p') or k.condeferrable, false),
    k.conname,
    array(
        select a.attname::text
        from unnest(x.indkey) with ordinality as part (number, place)
        join pg_attribute a on a.attrelid = x.indrelid and a.attnum = part.number
        order by part.place
    ),
    array(select (option & 1) = 1 from unnest(x.indoption) with ordinality as part (option, place) order by place),
    array(
        select case when o.opcdefault then '=' else '' end || o.opcname
        from unnest(x.indclass) with ordinality as part (class, place) join pg_opclass o on o.oid = part.class
        order by part.place
    )
from pg_index x
join pg_class i on i.oid = x.indexrelid
join pg_class c on c.oid = x.indrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_am m on m.oid = i.relam
left join pg_constraint k on k.conindid = x.indexrelid and k.contype in ('u', 'x', 'p') and k.conrelid = x.indrelid
where n.nspname = any (%s) and not x.indisprimary and x.indisvalid and c.relkind in ('r', 'p')
order by n.nspname, c.relname, i.relname

-- name: keys
select n.nspname, c.relname, k.conname, k.contype::text,
    array(
        select a.attname::text
        from unnest(k.conkey) with ordinality as part (number, place)
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = part.number
        order by part.place
    ),
    coalesce(tn.nspname, ''), coalesce(t.relname, ''),
    array(
        select a.attname::text
        from unnest(k.confkey) with ordinality as part (number, place)
        join pg_attribute a on a.attrelid = k.confrelid and a.attnum = part.number
        order by part.place
    ),
    k.confdeltype::text, k.confupdtype::text
from pg_constraint k
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace
left join pg_class t on t.oid = k.confrelid
left join pg_namespace tn on tn.oid = t.relnamespace
where n.nspname = any (%s) and k.contype in ('p', 'f') and k.conparentid = 0
order by n.nspname, c.relname, k.conname

-- name: strangers
select n.nspname, c.relname
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any (%s) and c.relkind in ('r', 'p') and (
    c.relispartition
    or c.relname in ('_prisma_migrations', 'schema_migrations', 'alembic_version', 'spatial_ref_sys')
    or exists (select from pg_depend d where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype = 'e')
)

-- name: masks
select n.nspname, c.relname
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = any (%s) and c.relkind = 'v' and 'security_barrier=true' = any (c.reloptions)
