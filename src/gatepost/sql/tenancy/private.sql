-- What has to see every tenant: triggers that keep rows right whoever writes them, and the few questions that `app_api`
-- may put. Each runs as the tables' owner with a pinned search_path. Runs as the owner.

-- Whether a tenant is active, though the caller may not see it.
create or replace function app_private.is_open(_tenant_id uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select exists (select from app.tenant t where t.id = _tenant_id and t.status = 'active') $$;

-- Whose an address is: of whom has confirmed it.
create or replace function app_private.owner_of(_email text) returns uuid
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select p.id from app.profile p join auth.users u on u.id = p.id
    where p.email = lower(btrim(_email)) and u.email_confirmed_at is not null and not u.is_sso_user
    limit 1
$$;

-- A new residency: whose it is follows from the address; support brings its own.
create or replace function app_private.fill_resident() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    new.email := lower(btrim(new.email));
    new.tenant_name := (select t.name from app.tenant t where t.id = new.tenant_id);
    new.display_name := coalesce(new.display_name, split_part(new.email, '@', 1));
    if new.type = 'support' then
        return new;
    end if;
    -- Two invitations of one address at once: one of them is home.
    perform pg_advisory_xact_lock(hashtextextended('app.resident ' || new.email, 0));
    new.profile_id := app_private.owner_of(new.email);
    new.type := case when exists (
        select from app.resident r
        where r.type = 'home' and (r.email = new.email or r.profile_id = new.profile_id)
    ) then 'guest' else 'home' end;
    return new;
end $$;
create or replace trigger fill_resident before insert on app.resident
    for each row execute function app_private.fill_resident();

-- A residency changes by the table of transitions, stays in its tenant, and keeps its person as long as there is one. It
-- ends with his account; who has the address then may be invited.
create or replace function app_private.check_resident() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if new.tenant_id <> old.tenant_id or new.id <> old.id
        or (new.profile_id <> old.profile_id)
        or (new.profile_id is null and exists (select from app.profile p where p.id = old.profile_id))
    then
        raise exception '30035: A RESIDENCY KEEPS ITS TENANT AND ITS PERSON';
    end if;
    if old.profile_id is not null and new.profile_id is null then
        new.status := case when new.status in ('active', 'supporting') then 'inactive' else new.status end;
    elsif new.status <> old.status and not exists (
        select from app.resident_transition t where (t.from_status, t.to_status) = (old.status, new.status)
    ) then
        raise exception '30036: A RESIDENCY CANNOT GO FROM % TO %', upper(old.status::text), upper(new.status::text);
    end if;
    if new.status = 'active' and old.status <> 'active' and not app_private.is_open(new.tenant_id) then
        raise exception '30037: THE TENANT IS NOT ACTIVE';
    end if;
    if new.status = 'invited' and old.status <> 'invited' and new.profile_id is null then
        new.profile_id := (
            select o.id from app_private.owner_of(new.email) as o (id)
            where not exists (
                select from app.resident r where r.tenant_id = new.tenant_id and r.profile_id = o.id and r.type <> 'support'
            )
        );
        if exists (select from app.resident r where r.profile_id = new.profile_id and r.type = 'home') then
            new.type := 'guest';
        end if;
    end if;
    new.updated_at := now();
    return new;
end $$;
create or replace trigger check_resident before update on app.resident
    for each row execute function app_private.check_resident();

-- Who declines gives the seats back, and so does whose account ends.
create or replace function app_private.leave() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    delete from app.license l where l.resident_id = new.id;
    return null;
end $$;
create or replace trigger leave after update on app.resident
    for each row when (
        (new.status = 'declined' and old.status <> 'declined')
        or (new.status = 'inactive' and new.profile_id is null and old.profile_id is not null)
    ) execute function app_private.leave();

create or replace function app_private.rename_tenant() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    update app.resident r set tenant_name = new.name where r.tenant_id = new.id;
    return null;
end $$;
create or replace trigger rename_tenant after update of name on app.tenant
    for each row when (new.name <> old.name) execute function app_private.rename_tenant();

-- Licences to run the site are the anchor tenant's alone, and packs that hold them too.
create or replace function app_private.check_subscription() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (
        select from app.license_pack_license_type t join app.license_type lt on lt.key = t.license_type_key
        where t.license_pack_key = new.license_pack_key and lt.assignment_scope in ('superadmin', 'support')
    ) and not exists (select from app.tenant t where t.id = new.tenant_id and t.type = 'anchor') then
        raise exception '30038: THIS LICENSE PACK IS FOR THE ANCHOR TENANT' using errcode = '42501';
    end if;
    return new;
end $$;
create or replace trigger check_subscription before insert or update of tenant_id, license_pack_key
    on app.tenant_subscription for each row execute function app_private.check_subscription();

-- A licence is one that its subscription offers, and takes a seat: counted in its tenant's turn, so that the last one goes
-- once.
create or replace function app_private.check_license() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _offer app.license_pack_license_type;
    _taken integer;
begin
    select t.* into _offer
    from app.tenant_subscription s
    join app.license_pack_license_type t on t.license_pack_key = s.license_pack_key
    where s.id = new.tenant_subscription_id and t.license_type_key = new.license_type_key;
    if _offer.id is null and tg_op = 'INSERT' then
        raise exception '30039: THE SUBSCRIPTION DOES NOT OFFER THIS LICENSE TYPE';
    end if;
    if exists (
        select from app.license_type lt
        where lt.key = new.license_type_key and lt.assignment_scope in ('superadmin', 'support')
    ) and not exists (select from app.tenant t where t.id = new.tenant_id and t.type = 'anchor') then
        raise exception '30038: THIS LICENSE TYPE IS FOR THE ANCHOR TENANT' using errcode = '42501';
    end if;
    if _offer.number_of_licenses > 0 and new.status = 'active' and (new.expires_at is null or new.expires_at > now()) then
        perform app_fn.lock_tenant(new.tenant_id);
        _taken := (
            select count(*) from app.license l
            where l.tenant_subscription_id = new.tenant_subscription_id and l.license_type_key = new.license_type_key
                and l.resident_id <> new.resident_id and l.status = 'active' and (l.expires_at is null or l.expires_at > now())
        );
        if _taken >= _offer.number_of_licenses then
            raise exception '30031: NO SEATS LEFT' using detail = format('All %s licenses of type %s are taken',
                _offer.number_of_licenses, new.license_type_key);
        end if;
    end if;
    new.updated_at := now();
    return new;
end $$;
create or replace trigger check_license before insert or update on app.license
    for each row execute function app_private.check_license();

-- A user's profile: made with the user, whatever way he came. Invitations wait for the address to be confirmed. Nothing
-- in here may keep anybody from signing up.
create or replace function app_private.handle_user() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _email text := nullif(lower(btrim(new.email)), '');
    _invitation app.resident;
begin
    perform app_fn.lock_residencies(new.id);
    insert into app.profile (id, email, display_name) values (new.id, _email, split_part(_email, '@', 1))
    on conflict (id) do update set email = excluded.email where profile.email is distinct from excluded.email;
    if _email is null or new.email_confirmed_at is null or new.is_sso_user then
        return null;
    end if;
    perform pg_advisory_xact_lock(hashtextextended('app.resident ' || _email, 0));
    for _invitation in
        select * from app.resident r
        where r.email = _email and r.profile_id is null and r.status = 'invited' and r.type <> 'support'
            and not exists (
                select from app.resident o
                where o.tenant_id = r.tenant_id and o.profile_id = new.id and o.type <> 'support'
            )
    loop
        update app.resident r
        set profile_id = new.id,
            type = case when exists (select from app.resident o where o.profile_id = new.id and o.type = 'home')
                then 'guest' else r.type end
        where r.id = _invitation.id;
    end loop;
    return null;
end $$;
create or replace trigger on_auth_user_created after insert on auth.users
    for each row execute function app_private.handle_user();
-- By name before those that keep claims ready, since whoever changes claims has locks in that order.
drop trigger if exists on_auth_user_changed on auth.users;
create or replace trigger app_user_changed after update of email, email_confirmed_at on auth.users
    for each row when (
        new.email is distinct from old.email or (old.email_confirmed_at is null and new.email_confirmed_at is not null)
    ) execute function app_private.handle_user();

create or replace function app_private.user_goes() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform app_fn.lock_residencies(old.id);
    return old;
end $$;
create or replace trigger app_user_goes before delete on auth.users
    for each row execute function app_private.user_goes();

-- The door of `app_api`: who asks, as the database knows him now. A token that says less, more or something else than
-- that is not good enough to change anything, however long it has to live.
create or replace function app_private.authorize(variadic _permission_keys text[]) returns app_fn.profile_claims
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_fn.current_profile_claims(auth.uid());
begin
    if auth.uid() is null or not _claims.permissions && _permission_keys then
        raise exception '30000: NOT AUTHORIZED' using errcode = '42501';
    end if;
    if _claims.resident_id is distinct from auth_ext.resident_id()
        or _claims.tenant_id is distinct from auth_ext.tenant_id()
        or not auth_ext.permissions() && _permission_keys
    then
        raise exception '30000: NOT AUTHORIZED' using errcode = '42501',
            detail = 'The token was made before a change of these claims', hint = 'Refresh the session';
    end if;
    if auth_ext.is_read_only() then
        perform set_config('transaction_read_only', 'on', true);
    end if;
    return _claims;
end $$;

-- That support ended is on record however it did: by whoever ended it, or by the clock.
create or replace function app_private.support_ended() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform app_fn.audit('support ended', new.tenant_id, case when new.ended_at < new.expires_at then auth.uid() end,
        jsonb_build_object('support_session', new.id));
    return null;
end $$;
create or replace trigger support_ended after update of ended_at on app.support_session
    for each row when (old.ended_at is null and new.ended_at is not null) execute function app_private.support_ended();

-- What may be shown of a user's account: nothing that opens it.
create or replace function app_private.account(_profile_id uuid) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select jsonb_build_object('id', u.id, 'email', u.email, 'phone', u.phone, 'created_at', u.created_at,
        'email_confirmed_at', u.email_confirmed_at, 'last_sign_in_at', u.last_sign_in_at, 'invited_at', u.invited_at,
        'banned_until', u.banned_until, 'is_sso_user', u.is_sso_user, 'is_anonymous', u.is_anonymous)
    from auth.users u where u.id = _profile_id
$$;

-- Whom a demonstration lets one be: nobody, unless app_settings says `demo` is `on`.
create or replace function app_private.demo_residents() returns setof app.resident
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
    select r.*
    from app.resident r join app.tenant t on t.id = r.tenant_id and t.type in ('demo', 'anchor')
    where r.type <> 'support' and exists (select from app.app_settings s where s.key = 'demo' and s.value = 'on')
    order by r.email
$$;

-- Whether somebody has an active residency, in whatever tenant.
create or replace function app_private.is_somewhere(_profile_id uuid) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select exists (select from app.resident r where r.profile_id = _profile_id and r.status in ('active', 'supporting')) $$;

-- The caller's claims as the database knows him now; whether his token says the same is another matter.
create or replace function app_private.my_claims() returns app_fn.profile_claims
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select app_fn.current_profile_claims(auth.uid()) where auth.uid() is not null $$;

-- Whether the mail of an invitation may go out now, for the auth surface: true, and it counts as sent; false where it was
-- sent within the minute, or the tenant has had its hundred in an hour; null where this user has nobody of that address
-- to invite. It looks at nothing outside the tenant, so that no answer tells who has an account.
create or replace function app_private.mail_invitation(_profile_id uuid, _email text) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _claims app_fn.profile_claims := app_fn.current_profile_claims(_profile_id);
    _resident app.resident;
begin
    if not _claims.permissions && array['p:app-admin', 'p:app-admin-super'] or exists (
        select from app.support_session s where s.profile_id = _profile_id and s.ended_at is null and s.read_only
    ) then
        return null;
    end if;
    perform app_fn.lock_tenant(_claims.tenant_id);
    select * into _resident from app.resident r
    where r.tenant_id = _claims.tenant_id and r.email = lower(btrim(_email)) and r.type <> 'support' and r.status = 'invited';
    if _resident.id is null then
        return null;
    end if;
    if _resident.invitation_sent_at > now() - interval '1 minute' or 100 <= (
        select count(*) from app.resident r
        where r.tenant_id = _claims.tenant_id and r.invitation_sent_at > now() - interval '1 hour'
    ) then
        return false;
    end if;
    update app.resident r set invitation_sent_at = now() where r.id = _resident.id;
    perform app_fn.audit('invitation mailed', _claims.tenant_id, _profile_id,
        jsonb_build_object('resident', _resident.id, 'email', _resident.email));
    return true;
end $$;

-- What time alone changes: licences and support that ran out; for the server, every few seconds. Claims do not wait,
-- and neither does a token. Of several servers one works at a time, on a thousand at most. How many there were.
create or replace function app_private.pass_time() returns integer
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    _licenses integer;
    _sessions integer;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('app_private.pass_time', 0)) then
        return 0;
    end if;
    update app.license l set status = 'expired'
    where l.id in (
        select e.id from app.license e where e.status = 'active' and e.expires_at <= now()
        order by e.expires_at limit 1000 for no key update skip locked
    );
    get diagnostics _licenses = row_count;
    _sessions := (
        select count(*) from (
            select app_fn.end_support(s.id) from app.support_session s where s.ended_at is null and s.expires_at <= now()
            order by s.profile_id limit 1000 offset 0
        ) as ended
    );
    return _licenses + _sessions;
end $$;
