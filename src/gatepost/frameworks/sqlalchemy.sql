-- What a connection logs in as, and the superuser that it may become: itself, or a role that it is a member of.
select r.rolname, r.rolbypassrls, (
    select s.rolname from pg_catalog.pg_roles s
    where s.rolsuper and pg_catalog.pg_has_role(r.oid, s.oid, 'member')
    order by s.oid <> r.oid limit 1
)
from pg_catalog.pg_roles r where r.rolname = session_user
