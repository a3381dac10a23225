-- What the REST surface asks about the database itself.

-- name: role_configuration
-- Settings of the login's own role ($1 their names, as an array literal): in this database, or in every one.
select json_build_array(split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1),
  case when setdatabase = 0 then 'role' else 'database' end)
from pg_catalog.pg_db_role_setting, unnest(setconfig) setting
where setrole = (select oid from pg_catalog.pg_roles where rolname = current_user)
  and setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
  and split_part(setting, '=', 1) = any ($1::text[])

-- name: function_configuration
-- What the pre-config function, called before in the same transaction, has set ($1 names, as an array literal).
select json_build_array(name, current_setting(name, true), 'function')
from unnest($1::text[]) name
where current_setting(name, true) is not null

-- name: plain_names
-- Makes PostgreSQL print every name of the following queries with its schema.
select set_config('search_path', '', true)

-- name: accessible_tables
-- Names of the relations of schema $1 that the current role may do anything with.
select coalesce(json_agg(c.relname order by c.relname), '[]')
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1 and c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition
  and (pg_has_role(c.relowner, 'usage')
    or has_table_privilege(c.oid, 'select, insert, update, delete, truncate, references, trigger')
    or has_any_column_privilege(c.oid, 'select, insert, update, references'))

-- name: accessible_functions
-- Functions of schema $1 that the current role may call: name, and the types of the input parameters.
select coalesce(json_agg(json_build_array(p.proname, coalesce((
    select json_agg(u.type::regtype::text order by u.place)
    from unnest(p.proargtypes::oid[]) with ordinality u(type, place)), '[]')) order by p.proname, p.oid), '[]')
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where n.nspname = $1 and p.prokind = 'f' and has_function_privilege(p.oid, 'execute')

-- name: schema_comment
select obj_description(oid, 'pg_namespace') from pg_catalog.pg_namespace where nspname = $1
