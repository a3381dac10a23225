-- What keeps the rules in a database, in PostgreSQL's own words: kind, name, text. `relations` are the schema's tables
-- and views (name, kind, oid); `roles` those that ask for rows; `own` the oid of the functions' schema. Read with a
-- search path of pg_catalog alone, so that every name comes out qualified.

grantees as (
    select 0::oid as oid, 'public' as name
    union all
    select oid, rolname::text from pg_catalog.pg_roles where rolname = any (array(select role from roles))
),
table_rights as (
    select r.name, g.name as role, a.privilege_type || case when a.is_grantable then '*' else '' end as privilege
    from relations as r
    join pg_catalog.pg_class as c on c.oid = r.oid
    cross join lateral pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) as a
    join grantees as g on g.oid = a.grantee
    union all
    select r.name, g.name, a.privilege_type || ' (' || t.attname || ')'
    from relations as r
    join pg_catalog.pg_attribute as t on t.attrelid = r.oid and t.attacl is not null
    cross join lateral pg_catalog.aclexplode(t.attacl) as a
    join grantees as g on g.oid = a.grantee
    union all
    select r.name, g.name, a.privilege_type || ' on ' || s.relname
    from relations as r
    join pg_catalog.pg_depend as d
        on d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid = r.oid
        and d.classid = 'pg_catalog.pg_class'::regclass and d.deptype in ('a', 'i')
    join pg_catalog.pg_class as s on s.oid = d.objid and s.relkind = 'S'
    cross join lateral pg_catalog.aclexplode(s.relacl) as a
    join grantees as g on g.oid = a.grantee
)
select 'schema' as kind, n.nspname::text as name,
    'usable by ' || coalesce((
        select pg_catalog.string_agg(g.name, ', ' order by g.name) from grantees as g
        where pg_catalog.has_schema_privilege(g.name, n.oid, 'usage')
    ), 'nobody') as text
from pg_catalog.pg_namespace as n
where n.oid = (select oid from own)
union all
select 'function', n.nspname || '.' || p.proname,
    pg_catalog.pg_get_functiondef(p.oid) || coalesce((
        select pg_catalog.string_agg(g.name, ', ' order by g.name)
        from pg_catalog.aclexplode(coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner))) as a
        join grantees as g on g.oid = a.grantee
    ), '')
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.oid = (select oid from own) and p.prorettype <> 'pg_catalog.trigger'::regtype
union all
select 'row security', r.name,
    case when c.relrowsecurity then 'enabled' else 'disabled' end
    || case when c.relforcerowsecurity then ', forced' else '' end
from relations as r
join pg_catalog.pg_class as c on c.oid = r.oid
where r.kind = 'table'
union all
select 'policy', r.name || ' ' || p.polname,
    case when p.polpermissive then 'permissive' else 'restrictive' end
    || ' for ' || case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
        when 'd' then 'delete' else 'all' end
    || ' to ' || (
        select pg_catalog.string_agg(
            case when member = 0 then 'public' else pg_catalog.pg_get_userbyid(member)::text end, ', ' order by 1
        )
        from pg_catalog.unnest(p.polroles) as member
    )
    || coalesce(' using ' || pg_catalog.pg_get_expr(p.polqual, p.polrelid), '')
    || coalesce(' with check ' || pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), '')
from relations as r
join pg_catalog.pg_policy as p on p.polrelid = r.oid
union all
select 'trigger', r.name || ' ' || t.tgname,
    pg_catalog.pg_get_triggerdef(t.oid) || E'\n' || pg_catalog.pg_get_functiondef(t.tgfoid)
    || case when t.tgenabled = 'O' then '' else ' switched off' end
from relations as r
join pg_catalog.pg_trigger as t on t.tgrelid = r.oid and not t.tgisinternal
join pg_catalog.pg_proc as p on p.oid = t.tgfoid
where p.pronamespace = (select oid from own)
union all
select 'view', r.name, coalesce(pg_catalog.array_to_string(c.reloptions, ', '), '')
from relations as r
join pg_catalog.pg_class as c on c.oid = r.oid
where r.kind = 'view'
union all
select 'mask', m.name,
    pg_catalog.array_to_string(c.reloptions, ', ') || E'\n' || pg_catalog.pg_get_viewdef(c.oid) || E'\n' || coalesce((
        select pg_catalog.string_agg(g.name || ': ' || a.privilege_type, ', ' order by g.name, a.privilege_type)
        from pg_catalog.aclexplode(c.relacl) as a
        join grantees as g on g.oid = a.grantee
    ), '')
from masks as m
join pg_catalog.pg_class as c on c.oid = m.oid
where c.relkind = 'v' and 'security_barrier=true' = any (c.reloptions)
union all
select 'grants', t.name, pg_catalog.string_agg(t.line, '; ' order by t.line)
from (
    select r.name, coalesce(w.role || ': ' || pg_catalog.string_agg(w.privilege, ', ' order by w.privilege), '') as line
    from relations as r
    left join table_rights as w on w.name = r.name
    where r.oid is not null
    group by r.name, w.role
) as t
group by t.name
union all
select 'grants', 'schemas', pg_catalog.string_agg(line, '; ' order by line)
from (
    select g.name || ': ' || pg_catalog.string_agg(s.name, ', ' order by s.name) as line
    from grantees as g
    join schemas as s on pg_catalog.has_schema_privilege(g.name, s.name, 'usage')
    where g.oid <> 0
    group by g.name
) as t
having count(*) > 0
order by 1, 2
