-- Who may do what. Whatever defaults the database has, nobody has anything but what stands in here: API roles call
-- `app_api` and read tables under their policies; `app_api` runs as tenancy_api, which may write a few columns.
-- Runs as the owner.

do $$
declare
    room text;
    routine regprocedure;
begin
    foreach room in array array['app', 'app_fn', 'app_api', 'app_private', 'auth_ext'] loop
        execute format('revoke all on schema %I from public, anon, authenticated, service_role', room);
        execute format('revoke all on all tables in schema %I from public, anon, authenticated, service_role, tenancy_api', room);
        execute format('revoke all on all sequences in schema %I from public, anon, authenticated, service_role', room);
        execute format('revoke all on all functions in schema %I from public, anon, authenticated, service_role', room);
    end loop;

    -- A function can be given only to who may create in its schema: for a moment.
    grant usage, create on schema app_api to tenancy_api;
    for routine in select oid from pg_proc where pronamespace = 'app_api'::regnamespace and prosecdef loop
        execute format('alter function %s owner to tenancy_api', routine);
    end loop;
    revoke create on schema app_api from tenancy_api;
end $$;

-- Everybody: what the own token says; whether there is a demonstration.
grant usage on schema auth_ext to anon, authenticated, service_role, tenancy_api;
grant execute on all functions in schema auth_ext to anon, authenticated, service_role, tenancy_api;
grant usage on schema app_api to anon, authenticated;
grant usage on schema app to anon; -- for the type of the rows; no table
grant execute on function app_api.demo_profile_residencies() to anon;

-- Who is signed in. Types of arguments live in app_fn, hence the usage; none of its functions may be called.
grant execute on all functions in schema app_api to authenticated;
revoke execute on function app_api.set_in_address_book(boolean) from authenticated;
grant usage on schema app, app_fn to authenticated;
grant select on app.application, app.module, app.tool, app.permission, app.license_type, app.license_type_permission,
    app.license_pack, app.license_pack_license_type, app.tenant, app.tenant_subscription, app.profile, app.resident,
    app.license, app.support_session, app.audit_event to authenticated;

-- app_api
grant usage on schema auth, app, app_fn, app_private to tenancy_api;
grant execute on function auth.uid(), auth.jwt() to tenancy_api;
grant execute on all functions in schema app_fn to tenancy_api;
revoke execute on function app_fn.install_application(app_fn.application_info),
    app_fn.install_navigation(app_fn.application_info), app_fn.install_license_types(app_fn.application_info),
    app_fn.install_license_packs(app_fn.application_info), app_fn.install_anchor_application(),
    app_fn.install_basic_application(text, text, text, boolean, app_fn.module_info[]),
    app_fn.create_anchor_tenant(text, text) from tenancy_api;
grant execute on function app_private.authorize(text[]), app_private.my_claims(), app_private.account(uuid),
    app_private.demo_residents(), app_private.is_somewhere(uuid), app_private.is_open(uuid), app_private.owner_of(text)
    to tenancy_api;
grant select on all tables in schema app to tenancy_api;
grant insert (tenant_id), update (taken) on app.tenant_turn to tenancy_api;
grant insert (name, identifier, type), update (status, updated_at) on app.tenant to tenancy_api;
grant insert (tenant_id, license_pack_key), update (status, updated_at) on app.tenant_subscription to tenancy_api;
grant update (display_name, first_name, last_name, phone, is_public) on app.profile to tenancy_api;
grant insert (tenant_id, tenant_name, profile_id, email, display_name, status, type, invited_by_profile_id,
    invited_by_display_name), update (status, display_name) on app.resident to tenancy_api;
grant insert (tenant_id, resident_id, tenant_subscription_id, license_type_key, expires_at),
    update (status, expires_at, tenant_subscription_id), delete on app.license to tenancy_api;
grant insert (tenant_id, profile_id, support_resident_id, actual_resident_id, reason, expires_at,
    read_only), update (ended_at) on app.support_session to tenancy_api;
grant insert (tenant_id, actor_profile_id, action, subject) on app.audit_event to tenancy_api;

-- The auth surface asks for claims that have run out, and whether an invitation may be mailed; and lets time pass.
grant usage on schema app_private to supabase_auth_admin;
grant execute on function app_private.refresh_claims(uuid), app_private.mail_invitation(uuid, text),
    app_private.pass_time() to supabase_auth_admin;
