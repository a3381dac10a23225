-- What a database contains, one query for each kind of fact; every query answers one row with one JSON value.
-- Parameters: $1 the schemas whose functions can be called, as an array literal; $2 names of settings that a function
-- may bring into its transaction, as an array literal. They run with an empty search path, so that every name that
-- PostgreSQL prints is a qualified one.

-- name: search_path
select set_config('search_path', '', true)

-- name: tables
with recursive base_type as (
  select t.oid, t.oid as base, t.typbasetype as next from pg_catalog.pg_type t
  union all
  select b.oid, b.next, t.typbasetype from base_type b join pg_catalog.pg_type t on t.oid = b.next where b.next <> 0
), resolved as (
  select b.oid, b.base, t.typnamespace, t.typelem, t.typcategory from base_type b
  join pg_catalog.pg_type t on t.oid = b.base where b.next = 0
), label as (
  select enumtypid, json_agg(enumlabel order by enumsortorder) as labels from pg_catalog.pg_enum group by enumtypid
), col as (
  select a.attrelid as relation, json_agg(json_build_object(
    'name', a.attname,
    'position', a.attnum,
    'description', d.description,
    'nullable', not (a.attnotnull or t.typtype = 'd' and t.typnotnull),
    'nominal_type', format_type(a.atttypid, a.atttypmod),
    'type', case
      when t.typtype = 'd' and r.typnamespace = 'pg_catalog'::regnamespace then format_type(r.base, null)
      when t.typtype <> 'd' and t.typnamespace = 'pg_catalog'::regnamespace then format_type(a.atttypid, null)
      else format_type(a.atttypid, a.atttypmod) end,
    'max_length', case when a.atttypid in (1042, 1043) and a.atttypmod > 4 then a.atttypmod - 4
      when t.typbasetype in (1042, 1043) and t.typtypmod > 4 then t.typtypmod - 4 end,
    'default', case
      when t.typbasetype <> 0 and e.adbin is null then pg_get_expr(t.typdefaultbin, 0)
      when a.attidentity = 'd' then (select format('nextval(%L)', q.objid::regclass) from pg_catalog.pg_depend q
        where q.classid = 'pg_catalog.pg_class'::regclass and q.refobjid = a.attrelid and q.refobjsubid = a.attnum
          and q.deptype = 'i' limit 1)
      when a.attgenerated <> '' then null
      else pg_get_expr(e.adbin, e.adrelid) end,
    'generated', a.attgenerated <> '' or a.attidentity = 'a',
    'enum', coalesce((select labels from label where enumtypid = r.base), '[]'),
    'plain', (r.base < 16384 or exists (select from label where enumtypid = r.base))
      and (r.typelem = 0 or r.typcategory <> 'A' or r.typelem < 16384)
      and not exists (select from pg_catalog.pg_cast k where k.castsource in (a.atttypid, r.base)
        and (k.castsource >= 16384 or k.casttarget in ('json'::regtype, 'jsonb'::regtype)) and k.castfunc >= 16384)
  ) order by a.attnum) as columns
  from pg_catalog.pg_attribute a
  join pg_catalog.pg_class c on c.oid = a.attrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_type t on t.oid = a.atttypid
  join resolved r on r.oid = a.atttypid
  left join pg_catalog.pg_attrdef e on e.adrelid = a.attrelid and e.adnum = a.attnum
  left join pg_catalog.pg_description d
    on d.classoid = 'pg_catalog.pg_class'::regclass and d.objoid = a.attrelid and d.objsubid = a.attnum
  where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'v', 'm', 'f', 'p')
    and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
  group by a.attrelid
)
select coalesce(json_agg(json_build_object(
  'oid', c.oid::bigint,
  'schema', n.nspname,
  'name', c.relname,
  'kind', c.relkind,
  'description', d.description,
  'updatable', case when c.relkind in ('r', 'p') then 28
    when c.relkind in ('v', 'f') then pg_relation_is_updatable(c.oid, true) else 0 end,
  'row_security', c.relrowsecurity,
  'columns', coalesce(col.columns, '[]')
) order by n.nspname, c.relname), '[]')
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join col on col.relation = c.oid
left join pg_catalog.pg_description d
  on d.classoid = 'pg_catalog.pg_class'::regclass and d.objoid = c.oid and d.objsubid = 0
where c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition
  and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'

-- name: keys
select coalesce(json_agg(json_build_object(
  'kind', k.contype,
  'name', k.conname,
  'relation', k.conrelid::bigint,
  'target', k.confrelid::bigint,
  'schema', n.nspname,
  'table', c.relname,
  'target_schema', fn.nspname,
  'target_table', f.relname,
  'columns', (select json_agg(a.attname order by u.place) from unnest(k.conkey) with ordinality u(number, place)
    join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number),
  'target_columns', (select json_agg(a.attname order by u.place) from unnest(k.confkey) with ordinality u(number, place)
    join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number)
) order by k.conrelid, k.conname), '[]')
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_class f on f.oid = k.confrelid
left join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace
where (k.contype in ('p', 'u') or k.contype = 'f' and k.conparentid = 0)
  and n.nspname not in ('pg_catalog', 'information_schema')

-- name: views
select coalesce(json_agg(json_build_object('oid', c.oid::bigint, 'rule', r.ev_action::text) order by c.oid), '[]')
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_rewrite r on r.ev_class = c.oid and r.ev_type = '1'
where c.relkind in ('v', 'm') and n.nspname not in ('pg_catalog', 'information_schema')

-- name: functions
with recursive base_type as (
  select t.oid, t.oid as base, t.typbasetype as next from pg_catalog.pg_type t
  union all
  select b.oid, b.next, t.typbasetype from base_type b join pg_catalog.pg_type t on t.oid = b.next where b.next <> 0
), exposed as (
  select p.*, n.nspname,
    coalesce(p.proallargtypes, p.proargtypes::oid[]) as types,
    coalesce(p.proargmodes::text[] && '{t,b,o}', false) as has_results
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where p.prokind = 'f' and n.nspname = any ($1::text[])
), parameter as (
  select f.oid, json_agg(json_build_object(
    'name', coalesce(u.name, ''),
    'type', u.type::regtype::text,
    'input_type', case u.type
      when 'bit'::regtype then 'bit varying' when 'bit[]'::regtype then 'bit varying[]'
      when 'character'::regtype then 'character varying' when 'character[]'::regtype then 'character varying[]'
      else u.type::regtype::text end,
    'required', u.place <= f.pronargs - f.pronargdefaults,
    'variadic', u.mode = 'v'
  ) order by u.place) as parameters
  from exposed f
  cross join lateral (
    select names.name, types.type, coalesce(modes.mode, 'i') as mode,
      row_number() over (order by types.place) as place
    from unnest(f.types) with ordinality types(type, place)
    left join unnest(f.proargnames) with ordinality names(name, place) using (place)
    left join unnest(f.proargmodes::text[]) with ordinality modes(mode, place) using (place)
    where coalesce(modes.mode, 'i') in ('i', 'b', 'v')
  ) u
  group by f.oid
)
select coalesce(json_agg(json_build_object(
  'schema', f.nspname,
  'name', f.proname,
  'description', d.description,
  'parameters', coalesce(parameter.parameters, '[]'),
  'return_schema', tn.nspname,
  'return_name', coalesce(c.relname, t.typname),
  'returns_set', f.proretset,
  'returns_composite', t.typtype = 'c' or f.has_results,
  'volatility', f.provolatile,
  'variadic', f.provariadic > 0,
  'isolation', (select split_part(split_part(s, '=', 2), ',', 1) from unnest(f.proconfig) s
    where s like 'default\_transaction\_isolation=%'),
  'settings', coalesce((select json_agg(json_build_array(split_part(s, '=', 1), substr(s, strpos(s, '=') + 1)))
    from unnest(f.proconfig) s where split_part(s, '=', 1) = any ($2::text[])), '[]')
) order by f.nspname, f.proname, f.oid), '[]')
from exposed f
join base_type b on b.oid = f.prorettype and b.next = 0
join pg_catalog.pg_type t on t.oid = b.base
join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
left join pg_catalog.pg_class c on c.oid = t.typrelid
left join pg_catalog.pg_description d
  on d.classoid = 'pg_catalog.pg_proc'::regclass and d.objoid = f.oid and d.objsubid = 0
left join parameter on parameter.oid = f.oid
where t.oid <> 'trigger'::regtype

-- name: computed_relations
-- Functions that take one row and give rows: relations that a project has written itself.
select coalesce(json_agg(json_build_object(
  'schema', n.nspname,
  'name', p.proname,
  'table_schema', an.nspname,
  'table_name', a.relname,
  'target_schema', rn.nspname,
  'target_name', r.relname,
  'single', not p.proretset or p.prorows = 1
) order by p.oid), '[]')
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
join pg_catalog.pg_class a on a.reltype = p.proargtypes[0] and a.relkind in ('r', 'v', 'm', 'f', 'p')
join pg_catalog.pg_namespace an on an.oid = a.relnamespace
join pg_catalog.pg_class r on r.reltype = p.prorettype and r.relkind in ('r', 'v', 'm', 'f', 'p')
join pg_catalog.pg_namespace rn on rn.oid = r.relnamespace
where p.pronargs = 1 and p.prokind = 'f' and n.nspname not in ('pg_catalog', 'information_schema')

-- name: representations
-- Implicit casts by function between a domain and json or text: how a project wants its type written and read.
select coalesce(json_agg(json_build_object(
  'source', k.castsource::regtype::text, 'target', k.casttarget::regtype::text, 'function', k.castfunc::regproc::text
)), '[]')
from pg_catalog.pg_cast k
join pg_catalog.pg_type s on s.oid = k.castsource
join pg_catalog.pg_type t on t.oid = k.casttarget
where k.castcontext = 'i' and k.castmethod = 'f' and has_function_privilege(k.castfunc, 'execute')
  and (s.typtype = 'd' and t.oid in ('json'::regtype, 'text'::regtype)
    or t.typtype = 'd' and s.oid in ('json'::regtype, 'text'::regtype))

-- name: media_handlers
-- A domain that is named like a media type says that what returns it is a body of that type.
with recursive base_type as (
  select t.oid, t.oid as base, t.typbasetype as next from pg_catalog.pg_type t where t.typtype = 'd'
  union all
  select b.oid, b.next, t.typbasetype from base_type b join pg_catalog.pg_type t on t.oid = b.next where b.next <> 0
), media as (
  select t.oid, t.typname, n.nspname, b.base = 'bytea'::regtype as is_binary from pg_catalog.pg_type t
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  join base_type b on b.oid = t.oid and b.next = 0
  where t.typname ~* '^[a-z0-9.-]+/[a-z0-9.+-]+$' or t.typname = '*/*'
), aggregate as (
  select json_build_object('handler_schema', pn.nspname, 'handler_name', p.proname, 'aggregate', true,
    'binary', m.is_binary, 'target_schema', an.nspname, 'target_name', coalesce(c.relname, a.typname),
    'media', lower(m.typname)) as handler
  from media m
  join pg_catalog.pg_proc p on p.prorettype = m.oid and p.prokind = 'a' and p.pronargs = 1
  join pg_catalog.pg_namespace pn on pn.oid = p.pronamespace
  join pg_catalog.pg_type a on a.oid = p.proargtypes[0]
  join pg_catalog.pg_namespace an on an.oid = a.typnamespace
  left join pg_catalog.pg_class c on c.oid = a.typrelid
  where pn.nspname = any ($1::text[]) and (a.oid = 'anyelement'::regtype or c.relkind in ('r', 'v', 'm', 'f', 'p'))
), direct as (
  select json_build_object('handler_schema', m.nspname, 'handler_name', m.typname, 'aggregate', false,
    'binary', m.is_binary, 'target_schema', pn.nspname, 'target_name', p.proname, 'media', lower(m.typname)) as handler
  from media m
  join pg_catalog.pg_proc p on p.prorettype = m.oid and p.prokind = 'f' and not p.proretset
  join pg_catalog.pg_namespace pn on pn.oid = p.pronamespace
  where pn.nspname = any ($1::text[])
)
select coalesce(json_agg(handler), '[]') from (select handler from aggregate union all select handler from direct) h

-- name: role_settings
-- What ALTER ROLE … SET says of the roles this login may take; only settings that it may set itself.
select coalesce(json_object_agg(r.rolname, r.settings), '{}') from (
  select o.rolname, json_agg(json_build_array(split_part(s, '=', 1), substr(s, strpos(s, '=') + 1))) as settings
  from pg_catalog.pg_roles o
  cross join lateral unnest(o.rolconfig) s
  left join pg_catalog.pg_settings g on g.name = lower(split_part(s, '=', 1))
  where pg_has_role(current_user, o.oid, 'member') and o.rolname <> current_user
    and case when g.name is null then true when g.context = 'user' then true
      else has_parameter_privilege(current_user, split_part(s, '=', 1), 'set') end
  group by o.rolname
) r

-- name: expressions
-- What runs when a relation is read: its rule, its policies, and what the planner may look into. As tokens of the
-- stored trees: names of nodes, and the numbers of what they refer to.
with expression as (
  select r.ev_class as relation, r.ev_action::text as tree from pg_catalog.pg_rewrite r where r.ev_type = '1'
  union all
  select polrelid, polqual::text from pg_catalog.pg_policy where polcmd in ('r', '*') and polqual is not null
  union all
  select indrelid, concat(indexprs::text, ' ', indpred::text) from pg_catalog.pg_index
  where indexprs is not null or indpred is not null
  union all
  select conrelid, conbin::text from pg_catalog.pg_constraint where contype = 'c' and conrelid <> 0
  union all
  select e.adrelid, e.adbin::text from pg_catalog.pg_attrdef e
  join pg_catalog.pg_attribute a on a.attrelid = e.adrelid and a.attnum = e.adnum where a.attgenerated <> ''
), token as (
  select e.relation, m[1] as word from expression e
  join pg_catalog.pg_class c on c.oid = e.relation
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace,
  regexp_matches(e.tree, '(\{[A-Z]+|:(?:funcid|opfuncid|aggfnoid|winfnoid|opno|eqop|sortop|relid|resulttype) [1-9]\d*)', 'g') m
  where n.nspname not in ('pg_catalog', 'information_schema')
  group by 1, 2
)
select coalesce(json_agg(json_build_array(relation::bigint, words)), '[]')
from (select relation, json_agg(word) as words from token group by relation) t

-- name: kinships
-- Tables whose rows are read through another: partitions and children.
select coalesce(json_agg(json_build_array(inhparent::bigint, inhrelid::bigint)), '[]') from pg_catalog.pg_inherits

-- name: routines
-- Every function and operator that an expression may name, by number. 'v' is volatile. Functions of PostgreSQL's that
-- run queries, or the checks of a domain that is named to them, are no better than the project's own. Foreign operators
-- are those that a column of PostgreSQL's types, of an enum or of a domain may meet.
select json_build_object(
  'functions', (select json_agg(json_build_array(p.oid::bigint, n.nspname, p.proname, p.provolatile))
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    where p.oid >= 16384 or p.provolatile = 'v' or p.proname ~
      '_to_xml|_to_xmlschema|_xmlschema|_populate_record|_to_record|^pg_input_|^(domain|record|array|range|multirange)_in$'),
  'operators', (select coalesce(json_agg(json_build_array(o.oid::bigint, o.oprcode::oid::bigint)), '[]')
    from pg_catalog.pg_operator o where o.oid >= 16384),
  'foreign_operators', (select coalesce(json_agg(distinct o.oprname), '[]')
    from pg_catalog.pg_operator o join pg_catalog.pg_type t on t.oid in (o.oprleft, o.oprright)
    where o.oid >= 16384 and (t.oid < 16384 or t.typtype in ('e', 'd'))),
  'foreign_casts', exists (select from pg_catalog.pg_cast k
    where k.castfunc >= 16384 and k.castsource < 16384 and k.casttarget < 16384),
  'partition_functions', exists (select from pg_catalog.pg_partitioned_table where partexprs is not null)
)

-- name: server
-- The time that this login's own statements may take (ms): what ALTER ROLE or ALTER DATABASE said; 0 is no end.
select json_build_object('version', current_setting('server_version_num')::int, 'database', current_database(),
  'statement_timeout', (select reset_val::int from pg_catalog.pg_settings where name = 'statement_timeout'))
