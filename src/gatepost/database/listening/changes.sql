-- What the poll compares, where nobody notifies.

-- name: fingerprint
-- Every row version of the catalogs that a surface's picture of the database is made of.
select pg_catalog.concat_ws('/',
    (select pg_catalog.count(*) || ',' || pg_catalog.sum(xmin::text::bigint) from pg_catalog.pg_class where relkind in ('r', 'v', 'm', 'f', 'p', 'c')),
    (select pg_catalog.count(*) || ',' || pg_catalog.sum(xmin::text::bigint) from pg_catalog.pg_proc),
    (select pg_catalog.count(*) || ',' || pg_catalog.sum(xmin::text::bigint) from pg_catalog.pg_constraint),
    (select pg_catalog.count(*) || ',' || pg_catalog.sum(xmin::text::bigint) from pg_catalog.pg_policy),
    (select pg_catalog.count(*) || ',' || pg_catalog.sum(xmin::text::bigint) from pg_catalog.pg_type),
    (select pg_catalog.count(*) || ',' || pg_catalog.sum(xmin::text::bigint) from pg_catalog.pg_attribute where attnum > 0),
    (select pg_catalog.count(*) || ',' || pg_catalog.sum(xmin::text::bigint) from pg_catalog.pg_db_role_setting),
    (select pg_catalog.count(*) || ',' || pg_catalog.sum(xmin::text::bigint) from pg_catalog.pg_auth_members)
)
