-- :tenants tenants of :residents people each, everybody at home, with twenty todos a tenant. Set by set, past triggers.
-- `traveller@example.com` is of ten tenants, and holds fifty licences where he is.

set session_replication_role = replica;
set synchronous_commit = off;

create temporary table sizes as
select current_setting('fill.tenants')::int as tenants, current_setting('fill.residents')::int as residents;
create temporary table tenants as
select i, md5('tenant ' || i)::uuid as id from sizes, generate_series(1, tenants) as i;
create temporary table people as
select t.i, j, t.id as tenant_id, md5('person ' || t.i || ' ' || j)::uuid as id,
    md5('resident ' || t.i || ' ' || j)::uuid as resident_id, 'user-' || t.i || '-' || j || '@example.com' as email
from tenants t, sizes, generate_series(1, residents) as j;

insert into app.tenant (id, identifier, name) select id, 'tenant-' || i, 'Tenant ' || i from tenants;
insert into app.tenant_subscription (id, tenant_id, license_pack_key)
select md5(key || id)::uuid, id, key from tenants, unnest(array['base', 'inc']) as key;

insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, raw_app_meta_data,
    raw_user_meta_data, created_at, updated_at)
select '00000000-0000-0000-0000-000000000000', id, 'authenticated', 'authenticated', email,
    current_setting('fill.password'), now(), '{"provider": "email", "providers": ["email"]}', '{}', now(), now()
from people;
insert into auth.identities (user_id, provider_id, provider, identity_data, created_at, updated_at)
select id, id::text, 'email', jsonb_build_object('sub', id, 'email', email), now(), now() from people;

insert into app.profile (id, email, display_name) select id, email, split_part(email, '@', 1) from people;
insert into app.resident (id, profile_id, tenant_id, tenant_name, email, display_name, status)
select resident_id, id, tenant_id, 'Tenant ' || i, email, split_part(email, '@', 1), 'active' from people;
insert into app.license (tenant_id, resident_id, tenant_subscription_id, license_type_key)
select tenant_id, resident_id, md5(pack || tenant_id)::uuid, key
from people, (values ('app-user', 'base', false), ('app-admin', 'base', true), ('app-address-book', 'base', null),
    ('incidents-user', 'inc', null)) as types (key, pack, of_admins)
where of_admins is null or of_admins = (j = 1);

analyze;
create temporary table permissions as
select j, to_jsonb(app_fn.resident_permissions(resident_id)) as permissions from people where i = 1;
insert into auth_private.user_claims (user_id, claims, source)
select p.id, jsonb_build_object('profile_id', p.id, 'tenant_id', p.tenant_id, 'resident_id', p.resident_id,
    'actual_resident_id', null, 'profile_status', 'active', 'permissions', permissions, 'email', p.email,
    'display_name', split_part(p.email, '@', 1), 'tenant_name', 'Tenant ' || i), 'app_private.refresh_claims'
from people p join permissions using (j);

insert into todo.todo_resident (resident_id, tenant_id, display_name)
select resident_id, tenant_id, split_part(email, '@', 1) from people;
insert into msg.topic (id, tenant_id, name) select md5('topic ' || id || n)::uuid, id, 'Topic' from tenants, generate_series(1, 20) as n;
insert into todo.todo (id, root_todo_id, tenant_id, resident_id, topic_id, name)
select md5('todo ' || t.id || n)::uuid, md5('todo ' || t.id || n)::uuid, t.id, p.resident_id, md5('topic ' || t.id || n)::uuid, 'Todo ' || n
from tenants t cross join generate_series(1, 20) as n join people p on p.tenant_id = t.id and p.j = 1 + n % 5;

set session_replication_role = origin;

insert into auth.users (instance_id, id, aud, role, email, email_confirmed_at, raw_app_meta_data, raw_user_meta_data)
values ('00000000-0000-0000-0000-000000000000', md5('traveller')::uuid, 'authenticated', 'authenticated',
    'traveller@example.com', now(), '{}', '{}');
insert into app.application values ('many', 'Many');
insert into app.license_type (key, application_key, display_name, assignment_scope)
select 'many-' || i, 'many', 'Many', 'none' from generate_series(1, 50) as i;
insert into app.permission select 'p:many-' || i from generate_series(1, 50) as i;
insert into app.license_type_permission select 'many-' || i, 'p:many-' || i from generate_series(1, 50) as i;
insert into app.license_pack (key, display_name) values ('many', 'Many');
insert into app.license_pack_license_type (license_pack_key, license_type_key)
select 'many', 'many-' || i from generate_series(1, 50) as i;
select app_fn.subscribe_tenant_to_license_pack(id, 'many') from tenants where i <= 10;
select app_fn.assume_residency((app_fn.invite_user(id, 'traveller@example.com')).id, md5('traveller')::uuid)
from tenants where i <= 10;
insert into app.license (tenant_id, resident_id, tenant_subscription_id, license_type_key)
select r.tenant_id, r.id, s.id, 'many-' || i
from app.resident r join app.tenant_subscription s on s.tenant_id = r.tenant_id and s.license_pack_key = 'many',
    generate_series(1, 50) as i
where r.email = 'traveller@example.com' and (i <= 5 or r.status = 'active');

vacuum analyze;
