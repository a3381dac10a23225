-- What a database is made of, one query for each kind of fact; every query answers one row with one JSON value, whose
-- members are those of catalog/anatomy.py. PostgreSQL's own schemas are left out, but for its types.
-- Parameters: $1 the schemas whose functions are asked for, as an array literal (procedures, rights); $2 the role whose
-- rights are asked for (rights).

-- name: relations
with attribute as (
  select a.attrelid as relation, json_agg(json_build_object(
    'name', a.attname, 'number', a.attnum, 'type', a.atttypid::bigint, 'not_null', a.attnotnull,
    'has_default', a.atthasdef, 'identity', a.attidentity, 'generated', a.attgenerated, 'comment', d.description
  ) order by a.attnum) as attributes
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join pg_catalog.pg_description d
    on d.classoid = 'pg_catalog.pg_class'::regclass and d.objoid = a.attrelid and d.objsubid = a.attnum
  where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'v', 'm', 'f', 'p', 'c')
    and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  group by a.attrelid
), parent as (
  select inhrelid as relation, json_agg(inhparent::bigint order by inhseqno) as parents
  from pg_catalog.pg_inherits group by inhrelid
)
select coalesce(json_agg(json_build_object(
  'oid', c.oid::bigint, 'schema', n.nspname, 'name', c.relname, 'kind', c.relkind, 'type', c.reltype::bigint,
  'attributes', coalesce(a.attributes, '[]'), 'persistence', c.relpersistence, 'partition', c.relispartition,
  'parents', coalesce(p.parents, '[]'),
  'insertable', u.mask & 8 <> 0, 'updatable', u.mask & 4 <> 0, 'deletable', u.mask & 16 <> 0,
  'row_security', c.relrowsecurity, 'extension', e.extname, 'comment', d.description
) order by c.relnamespace, c.relname), '[]')
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (select case when c.relkind in ('r', 'p') then 28
  when c.relkind in ('v', 'f') then pg_catalog.pg_relation_is_updatable(c.oid, true) else 0 end as mask) u
left join attribute a on a.relation = c.oid
left join parent p on p.relation = c.oid
left join pg_catalog.pg_depend x on x.classid = 'pg_catalog.pg_class'::regclass and x.objid = c.oid and x.objsubid = 0
  and x.refclassid = 'pg_catalog.pg_extension'::regclass and x.deptype = 'e'
left join pg_catalog.pg_extension e on e.oid = x.refobjid
left join pg_catalog.pg_description d
  on d.classoid = 'pg_catalog.pg_class'::regclass and d.objoid = c.oid and d.objsubid = 0
where c.relkind in ('r', 'v', 'm', 'f', 'p', 'c')
  and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'

-- name: types
with label as (
  select enumtypid as type, json_agg(enumlabel order by enumsortorder) as labels
  from pg_catalog.pg_enum group by enumtypid
)
select coalesce(json_agg(json_build_object(
  'oid', t.oid::bigint, 'schema', n.nspname, 'name', t.typname, 'kind', t.typtype, 'category', t.typcategory,
  'of', coalesce(nullif(t.typbasetype, 0), r.rngsubtype, b.oid, 0)::bigint, 'relation', t.typrelid::bigint,
  'labels', coalesce(l.labels, '[]'), 'not_null', t.typnotnull, 'has_default', t.typdefault is not null,
  'extension', e.extname, 'comment', d.description
) order by t.typnamespace, t.typname), '[]')
from pg_catalog.pg_type t
join pg_catalog.pg_namespace n on n.oid = t.typnamespace
left join pg_catalog.pg_range r on r.rngtypid = t.oid
left join pg_catalog.pg_type b on b.typarray = t.oid
left join label l on l.type = t.oid
left join pg_catalog.pg_depend x on x.classid = 'pg_catalog.pg_type'::regclass and x.objid = t.oid
  and x.refclassid = 'pg_catalog.pg_extension'::regclass and x.deptype = 'e'
left join pg_catalog.pg_extension e on e.oid = x.refobjid
left join pg_catalog.pg_description d
  on d.classoid = 'pg_catalog.pg_type'::regclass and d.objoid = t.oid and n.nspname <> 'pg_catalog'
where n.nspname = 'pg_catalog' and t.typtype <> 'c' and coalesce(b.typtype, 'b') <> 'c'
  or n.nspname <> 'information_schema' and n.nspname !~ '^pg_'

-- name: constraints
select coalesce(json_agg(json_build_object(
  'name', k.conname, 'kind', k.contype, 'relation', k.conrelid::bigint, 'columns', k.conkey,
  'target', k.confrelid::bigint, 'target_columns', coalesce(k.confkey, '{}'), 'no_inherit', k.connoinherit,
  'comment', d.description
) order by k.connamespace, k.conrelid, k.conname), '[]')
from pg_catalog.pg_constraint k
join pg_catalog.pg_namespace n on n.oid = k.connamespace
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_constraint'::regclass and d.objoid = k.oid
where k.contype in ('p', 'u', 'f') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'

-- name: indexes
select coalesce(json_agg(json_build_object(
  'relation', i.indrelid::bigint, 'columns', i.indkey::int2[], 'unique', i.indisunique, 'partial', i.indpred is not null
) order by i.indrelid, i.indexrelid), '[]')
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname <> 'information_schema' and n.nspname !~ '^pg_'

-- name: procedures
select coalesce(json_agg(json_build_object(
  'oid', p.oid::bigint, 'schema', n.nspname, 'name', p.proname, 'returns', p.prorettype::bigint,
  'arguments', coalesce((
    select json_agg(json_build_object('name', coalesce(u.name, ''), 'type', u.type::bigint, 'mode', coalesce(u.mode, 'i'))
      order by u.place)
    from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames, p.proargmodes::text[])
      with ordinality u(type, name, mode, place)
    where u.type is not null), '[]'),
  'defaults', p.pronargdefaults, 'returns_set', p.proretset, 'volatility', p.provolatile, 'strict', p.proisstrict,
  'extension', e.extname, 'comment', d.description
) order by p.pronamespace, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)), '[]')
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
left join pg_catalog.pg_depend x on x.classid = 'pg_catalog.pg_proc'::regclass and x.objid = p.oid
  and x.refclassid = 'pg_catalog.pg_extension'::regclass and x.deptype = 'e'
left join pg_catalog.pg_extension e on e.oid = x.refobjid
left join pg_catalog.pg_description d on d.classoid = 'pg_catalog.pg_proc'::regclass and d.objoid = p.oid
where p.prokind = 'f' and p.prorettype <> 'trigger'::regtype and n.nspname = any ($1::text[])

-- name: rights
-- Of a role, of every role it may become, and of everybody (oid 0), put together.
with reach as (
  select r.oid, r.rolsuper from pg_catalog.pg_roles r
  where pg_catalog.pg_has_role($2::name, r.oid, 'member')
  union all select 0, false
), granted as (
  select c.oid as relation, string_agg(distinct letter.letter, '') as letters
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  cross join lateral aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) g
  join reach on reach.oid = g.grantee
  join (values ('SELECT', 'r'), ('INSERT', 'a'), ('UPDATE', 'w'), ('DELETE', 'd')) letter(privilege, letter)
    on letter.privilege = g.privilege_type
  where c.relkind in ('r', 'v', 'm', 'f', 'p') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  group by c.oid
), granted_column as (
  select x.relation, json_object_agg(x.number, x.letters) as columns from (
    select a.attrelid as relation, a.attnum as number, string_agg(distinct letter.letter, '') as letters
    from pg_catalog.pg_attribute a
    cross join lateral aclexplode(a.attacl) g
    join reach on reach.oid = g.grantee
    join (values ('SELECT', 'r'), ('INSERT', 'a'), ('UPDATE', 'w')) letter(privilege, letter)
      on letter.privilege = g.privilege_type
    where a.attnum > 0
    group by a.attrelid, a.attnum
  ) x group by x.relation
)
select json_build_object(
  'everything', exists (select from reach where rolsuper),
  'relations', coalesce((select json_agg(json_build_object('relation', relation::bigint,
      'letters', coalesce(g.letters, ''), 'columns', coalesce(k.columns, '{}')))
    from granted g full join granted_column k using (relation)), '[]'),
  'procedures', coalesce((select json_agg(distinct p.oid::bigint)
    from pg_catalog.pg_proc p
    join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
    join reach on reach.oid = g.grantee
    where g.privilege_type = 'EXECUTE' and n.nspname = any ($1::text[])), '[]'),
  'schemas', coalesce((select json_agg(distinct n.nspname)
    from pg_catalog.pg_namespace n
    cross join lateral aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) g
    join reach on reach.oid = g.grantee
    where g.privilege_type = 'USAGE'), '[]'))
