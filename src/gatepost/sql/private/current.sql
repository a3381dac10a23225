-- Claims of every user as they are now, kept ready for the door: reading them there, for each request, from where they
-- come from would cost as much as the request itself. Runs as supabase_auth_admin. Every statement may be repeated.

-- What the settings say, as a constant that plans contain: `configured.sql` writes it anew. Keys of user_metadata that are
-- the server's; null where all are the user's, and none of the server's stand there.
do $$
begin
    if to_regprocedure('auth_private.owned_keys()') is null then
        create function auth_private.owned_keys() returns text[]
        language sql immutable as 'select null::text[]';
    end if;
end $$;

-- The end of a token's claims, as JSON behind a comma: what of them does not depend on the session.
create or replace function auth_private.written_claims(person auth.users, said jsonb) returns text
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select ',"is_anonymous":' || case when person.is_anonymous then 'true' else 'false' end
        || ',"email":' || to_json(coalesce(person.email, ''))
        || ',"phone":' || to_json(coalesce(person.phone, ''))
        || ',"app_metadata":' || coalesce(person.raw_app_meta_data || said, person.raw_app_meta_data, said, '{}')
        || ',"user_metadata":' || case when auth_private.owned_keys() is null then coalesce(person.raw_user_meta_data, '{}')
            else coalesce(person.raw_user_meta_data, '{}') - auth_private.owned_keys() || coalesce(said, '{}') end
        || '}'
$$;

-- `written` holds until `valid_until`, when claims in it end; nobody comes in before `closed_until`. Not one user has to
-- have a row: the door does without, for more.
create table if not exists auth_private.current_claims (
    user_id uuid not null,
    role text not null,
    written text not null,
    valid_until timestamptz,
    closed_until timestamptz,
    constraint current_claims_pkey primary key (user_id),
    constraint current_claims_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade on update cascade
) with (fillfactor = 70);
alter table auth_private.current_claims enable row level security;

-- Without settings of its own, so that it becomes part of a larger query.
create or replace function auth_private.compute_claims(person auth.users) returns setof auth_private.current_claims
language sql stable
as $$
    select person.id, coalesce(nullif(person.role, ''), 'anon'), auth_private.written_claims(person, c.claims),
        c.valid_until, case when person.deleted_at is null then person.banned_until else 'infinity' end
    from (select person.id) p(id)
    left join auth_private.user_claims c on c.user_id = p.id and (c.valid_until is null or c.valid_until > pg_catalog.now())
$$;

-- Two who change the same user come one after the other, and the second sees what the first wrote: it looks in a statement
-- of its own, behind the lock.
create or replace function auth_private.keep_claims(owner uuid) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform from auth_private.current_claims k where k.user_id = owner for update;
    if not found then
        insert into auth_private.current_claims (user_id, role, written, closed_until)
        select u.id, '', '', 'infinity' from auth.users u where u.id = owner
        on conflict do nothing;
        perform from auth_private.current_claims k where k.user_id = owner for update;
    end if;
    update auth_private.current_claims k
    set role = c.role, written = c.written, valid_until = c.valid_until, closed_until = c.closed_until
    from auth.users u, auth_private.compute_claims(u) c where k.user_id = owner and u.id = owner;
end $$;

-- All of them: where the table is new, or other settings or another version write other claims.
create or replace function auth_private.keep_all_claims() returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    lock table auth_private.current_claims in exclusive mode;
    insert into auth_private.current_claims as k select c.* from auth.users u, auth_private.compute_claims(u) c
    on conflict (user_id) do update set (role, written, valid_until, closed_until)
        = (excluded.role, excluded.written, excluded.valid_until, excluded.closed_until)
    where k is distinct from excluded;
end $$;

-- Nobody else sees a new user yet.
create or replace function auth_private.keep_new_user() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into auth_private.current_claims
    select c.* from auth.users u, auth_private.compute_claims(u) c where u.id = new.id
    on conflict do nothing;
    return null;
end $$;

-- What changed is asked in here, since the condition of a trigger would tie columns of auth.users down.
create or replace function auth_private.keep_changed_user() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if (old.id, old.role, old.email, old.phone, old.is_anonymous, old.raw_app_meta_data, old.raw_user_meta_data,
            old.deleted_at, old.banned_until)
        is distinct from
        (new.id, new.role, new.email, new.phone, new.is_anonymous, new.raw_app_meta_data, new.raw_user_meta_data,
            new.deleted_at, new.banned_until)
    then
        perform auth_private.keep_claims(new.id);
    end if;
    return null;
end $$;

create or replace function auth_private.keep_changed_claims() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform auth_private.keep_claims(coalesce(new.user_id, old.user_id));
    return null;
end $$;

create or replace function auth_private.keep_emptied_claims() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform auth_private.keep_all_claims();
    return null;
end $$;

-- They run in restores and seeds that turn triggers off, too.
do $$
begin
    if exists (select from pg_trigger where tgrelid = 'auth.users'::regclass and tgname = 'gatepost_user_added') then
        return;
    end if;
    create trigger gatepost_user_added after insert on auth.users
    for each row execute function auth_private.keep_new_user();
    create trigger gatepost_user_changed after update on auth.users
    for each row execute function auth_private.keep_changed_user();
    create trigger gatepost_claims_changed after insert or update or delete on auth_private.user_claims
    for each row execute function auth_private.keep_changed_claims();
    create trigger gatepost_claims_emptied after truncate on auth_private.user_claims
    for each statement execute function auth_private.keep_emptied_claims();
    alter table auth.users enable always trigger gatepost_user_added;
    alter table auth.users enable always trigger gatepost_user_changed;
    alter table auth_private.user_claims enable always trigger gatepost_claims_changed;
    alter table auth_private.user_claims enable always trigger gatepost_claims_emptied;
end $$;
select auth_private.keep_all_claims();

revoke all on function auth_private.owned_keys(), auth_private.written_claims(auth.users, jsonb),
    auth_private.compute_claims(auth.users), auth_private.keep_claims(uuid), auth_private.keep_all_claims(),
    auth_private.keep_new_user(), auth_private.keep_changed_user(), auth_private.keep_changed_claims(),
    auth_private.keep_emptied_claims() from public;
