-- What there is in our schemas, as text: two databases with the same facts are the same to everybody who uses them.
-- The order of columns is not a fact; a comment is not either.
select format('column %s.%s %s%s default %s%s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
    case when a.attnotnull then ' not null' else '' end, pg_get_expr(d.adbin, d.adrelid), a.attgenerated)
from pg_attribute a
join pg_class c on c.oid = a.attrelid
left join pg_attrdef d on (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
where c.relnamespace::regnamespace::text = any ($1) and a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'v')
union all
select format('relation %s kind %s owner %s rls %s rights %s', oid::regclass, relkind, relowner::regrole,
    relrowsecurity, (select array_agg(r order by r::text) from unnest(relacl) r))
from pg_class where relnamespace::regnamespace::text = any ($1) and relkind in ('r', 'v', 'S')
union all
select format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
from pg_constraint where connamespace::regnamespace::text = any ($1) and contype <> 'n'
union all
select format('index %s', indexdef) from pg_indexes where schemaname = any ($1)
union all
select format('function %s %s %s owner %s rights %s', oid::regprocedure, prosecdef, md5(prosrc), proowner::regrole,
    (select array_agg(r order by r::text) from unnest(proacl) r))
from pg_proc where pronamespace::regnamespace::text = any ($1)
union all
select format('label %s %s', enumtypid::regtype, enumlabel)
from pg_enum join pg_type t on t.oid = enumtypid where t.typnamespace::regnamespace::text = any ($1)
union all
select format('schema %s owner %s rights %s', nspname, nspowner::regrole,
    (select array_agg(r order by r::text) from unnest(nspacl) r))
from pg_namespace where nspname = any ($1)
union all
select format('default %s %s %s %s', defaclrole::regrole, defaclnamespace::regnamespace, defaclobjtype,
    (select array_agg(r order by r::text) from unnest(defaclacl) r))
from pg_default_acl
order by 1
