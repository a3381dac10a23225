-- Which rows whose. Read by API roles under the first kind of policy; written by nobody but tenancy_api, under the second,
-- by the claims of the token it acts for. Rights on columns (grants.sql) say what of a row may be written at all.
-- Runs as the owner.

do $$
declare
    relation regclass;
    policy name;
begin
    for relation in
        select c.oid from pg_class c where c.relnamespace = 'app'::regnamespace and c.relkind = 'r'
            and c.relname = any (array['application', 'module', 'tool', 'app_settings', 'permission', 'license_type',
                'license_type_permission', 'license_pack', 'license_pack_license_type', 'tenant', 'tenant_subscription',
                'tenant_turn', 'profile', 'resident', 'resident_transition', 'license', 'support_session', 'audit_event'])
    loop
        execute format('alter table %s enable row level security', relation);
        for policy in select polname from pg_policy where polrelid = relation loop
            execute format('drop policy %I on %s', policy, relation);
        end loop;
    end loop;

    -- What there is to be had is no secret of a tenant.
    foreach relation in array array['app.application', 'app.module', 'app.tool', 'app.permission', 'app.license_type',
        'app.license_type_permission', 'app.license_pack', 'app.license_pack_license_type']::regclass[]
    loop
        execute format('create policy "everybody reads" on %s for select to authenticated, tenancy_api using (true)', relation);
    end loop;
end $$;

create policy "the api reads" on app.app_settings for select to tenancy_api using (true);

-- Tenants and subscriptions

create policy "one's own" on app.tenant for select to authenticated, tenancy_api
    using (id = (select auth_ext.tenant_id()));
create policy "the site reads all" on app.tenant for select to authenticated, tenancy_api
    using (id between (select auth_ext.first_readable_tenant()) and (select auth_ext.last_readable_tenant()));
create policy "support looks up" on app.tenant for select to tenancy_api
    using ((select auth_ext.has_permission('p:app-admin-support')));
create policy "the site makes" on app.tenant for insert to tenancy_api
    with check ((select auth_ext.has_permission('p:app-admin-super')));
create policy "the site changes" on app.tenant for update to tenancy_api
    using ((select auth_ext.has_permission('p:app-admin-super')))
    with check ((select auth_ext.has_permission('p:app-admin-super')));

create policy "admins read" on app.tenant_subscription for select to authenticated, tenancy_api
    using (tenant_id between (select auth_ext.first_readable_tenant()) and (select auth_ext.last_readable_tenant()));
create policy "the site makes" on app.tenant_subscription for insert to tenancy_api
    with check ((select auth_ext.has_permission('p:app-admin-super')));
create policy "the site changes" on app.tenant_subscription for update to tenancy_api
    using ((select auth_ext.has_permission('p:app-admin-super')))
    with check ((select auth_ext.has_permission('p:app-admin-super')));

-- People

create policy "oneself" on app.profile for select to authenticated, tenancy_api using (id = (select auth.uid()));
create policy "the site reads all" on app.profile for select to authenticated, tenancy_api
    using (id between (select auth_ext.first_readable_profile()) and (select auth_ext.last_readable_profile()));
create policy "support looks up" on app.profile for select to tenancy_api
    using ((select auth_ext.has_permission('p:app-admin-support')));
create policy "who is in the address book" on app.profile for select to tenancy_api
    using (is_public and (select auth_ext.has_permission('p:address-book')));
create policy "oneself changes" on app.profile for update to tenancy_api
    using (id = (select auth.uid())) with check (id = (select auth.uid()));

create policy "one's own" on app.resident for select to authenticated, tenancy_api
    using (profile_id = (select auth.uid()));
create policy "admins read" on app.resident for select to authenticated, tenancy_api
    using (
        tenant_id between (select auth_ext.first_readable_tenant()) and (select auth_ext.last_readable_tenant())
        and (type <> 'support' or (select auth_ext.has_permission('p:app-admin-super')))
    );
create policy "support looks up" on app.resident for select to tenancy_api
    using ((select auth_ext.has_permission('p:app-admin-support')));
create policy "one comes and goes" on app.resident for update to tenancy_api
    using (profile_id = (select auth.uid())) with check (profile_id = (select auth.uid()));
create policy "the tenant's admins invite" on app.resident for insert to tenancy_api
    with check (
        tenant_id = (select auth_ext.tenant_id()) and type <> 'support' and status = 'invited'
        and (select auth_ext.has_permission('p:app-admin'))
    );
create policy "the tenant's admins change" on app.resident for update to tenancy_api
    using (
        tenant_id = (select auth_ext.tenant_id()) and type <> 'support' and (select auth_ext.has_permission('p:app-admin'))
    )
    with check (
        tenant_id = (select auth_ext.tenant_id()) and type <> 'support' and (select auth_ext.has_permission('p:app-admin'))
    );
create policy "the site invites" on app.resident for insert to tenancy_api
    with check (type <> 'support' and status = 'invited' and (select auth_ext.has_permission('p:app-admin-super')));
create policy "the site changes" on app.resident for update to tenancy_api
    using ((select auth_ext.has_permission('p:app-admin-super')))
    with check ((select auth_ext.has_permission('p:app-admin-super')));
create policy "support takes a place" on app.resident for insert to tenancy_api
    with check (
        type = 'support' and profile_id = (select auth.uid()) and (
            (select auth_ext.has_permission('p:app-admin-support'))
            or (select auth_ext.has_permission('p:app-admin-super'))
        )
    );

create policy "the api takes turns" on app.tenant_turn for all to tenancy_api using (true);
create policy "the api reads" on app.resident_transition for select to tenancy_api using (true);

-- Licences

create policy "one's own" on app.license for select to authenticated, tenancy_api
    using (resident_id = any ((select auth_ext.own_residents())::uuid[]));
create policy "admins read" on app.license for select to authenticated, tenancy_api
    using (tenant_id between (select auth_ext.first_readable_tenant()) and (select auth_ext.last_readable_tenant()));
create policy "the tenant's admins grant" on app.license for insert to tenancy_api
    with check (tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:app-admin')));
create policy "the tenant's admins renew" on app.license for update to tenancy_api
    using (tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:app-admin')))
    with check (tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:app-admin')));
create policy "the tenant's admins revoke" on app.license for delete to tenancy_api
    using (tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:app-admin')));
create policy "the site grants" on app.license for insert to tenancy_api
    with check ((select auth_ext.has_permission('p:app-admin-super')));
create policy "the site renews" on app.license for update to tenancy_api
    using ((select auth_ext.has_permission('p:app-admin-super')))
    with check ((select auth_ext.has_permission('p:app-admin-super')));
create policy "the site revokes" on app.license for delete to tenancy_api
    using ((select auth_ext.has_permission('p:app-admin-super')));

-- Support and the record of what was done

create policy "admins read" on app.support_session for select to authenticated, tenancy_api
    using (tenant_id between (select auth_ext.first_readable_tenant()) and (select auth_ext.last_readable_tenant()));
create policy "one's own" on app.support_session for select to authenticated, tenancy_api
    using (profile_id = (select auth.uid()));
create policy "support begins" on app.support_session for insert to tenancy_api
    with check (
        profile_id = (select auth.uid()) and (
            (select auth_ext.has_permission('p:app-admin-support'))
            or (select auth_ext.has_permission('p:app-admin-super'))
        )
    );
create policy "one's own ends" on app.support_session for update to tenancy_api
    using (profile_id = (select auth.uid())) with check (profile_id = (select auth.uid()));
create policy "the site ends" on app.support_session for update to tenancy_api
    using ((select auth_ext.has_permission('p:app-admin-super')))
    with check ((select auth_ext.has_permission('p:app-admin-super')));

create policy "admins read" on app.audit_event for select to authenticated, tenancy_api
    using (tenant_id between (select auth_ext.first_readable_tenant()) and (select auth_ext.last_readable_tenant()));
create policy "the site reads what is of no tenant" on app.audit_event for select to authenticated, tenancy_api
    using (tenant_id is null and (select auth_ext.has_permission('p:app-admin-super')));
create policy "in one's own name" on app.audit_event for insert to tenancy_api
    with check (actor_profile_id = (select auth.uid()));
