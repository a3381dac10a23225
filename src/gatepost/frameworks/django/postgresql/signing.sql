-- num_nulls() evaluates its arguments from left to right: the role comes last.
-- name: sign_in
select pg_catalog.num_nulls(
    pg_catalog.set_config('request.jwt.claims', %s, true),
    pg_catalog.set_config('request.jwt.claim.sub', %s, true),
    pg_catalog.set_config('request.jwt.claim', '', true),
    pg_catalog.set_config('request.jwt.claim.role', '', true),
    pg_catalog.set_config('request.jwt.claim.email', '', true),
    pg_catalog.set_config('role', %s, true)
);

-- name: login
-- Whether policies do not bind a login, or it may become a superuser, whom they do not bind.
select r.rolname, r.rolbypassrls, exists (
    select from pg_catalog.pg_roles s where s.rolsuper and pg_catalog.pg_has_role(r.oid, s.oid, 'member')
)
from pg_catalog.pg_roles r where r.rolname = session_user;

-- name: readable
-- Which of these tables may be read.
select c.relname from pg_catalog.pg_class c
where c.relname = any(%(names)s) and pg_catalog.pg_table_is_visible(c.oid)
and pg_catalog.has_table_privilege(c.oid, 'select');
