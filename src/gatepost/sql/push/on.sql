-- Claims that another system is to be told of: one row for each user whose claims it has not been told of yet, written in
-- the transaction that changes them. Runs as supabase_auth_admin where pushing is on. Every statement may be repeated.

-- `version` grows with every change of a user's claims. A worker that holds a lease is telling of the row; a row is
-- parked when it was tried in vain for too long, until the next change. `gone` is what was known of a user who was
-- deleted: `email` and `identities`.
create table if not exists auth_private.claims_outbox (
    user_id uuid not null,
    version bigint not null,
    since timestamptz not null default now(),
    due_at timestamptz not null default now(),
    attempts integer not null default 0,
    lease uuid,
    leased_until timestamptz,
    parked_at timestamptz,
    last_error text,
    gone jsonb,
    constraint claims_outbox_pkey primary key (user_id)
);
create index if not exists claims_outbox_due_idx on auth_private.claims_outbox (due_at) where parked_at is null;
create sequence if not exists auth_private.claims_version owned by auth_private.claims_outbox.version;
alter table auth_private.claims_outbox enable row level security;

-- The next number is taken when the row is locked: of two transactions that change one user's claims the later one's is
-- larger. Those that come while the row is leased leave it to its worker, who looks at the number again.
create or replace function auth_private.push_claims(owner uuid, last_known jsonb default null) returns void
language sql volatile set search_path = pg_catalog, pg_temp
as $$
    insert into auth_private.claims_outbox as o (user_id, version, gone)
    values (owner, nextval('auth_private.claims_version'), last_known)
    on conflict (user_id) do update set
        version = nextval('auth_private.claims_version'), since = case when o.parked_at is null then o.since else now() end,
        due_at = least(o.due_at, now()), attempts = 0, parked_at = null, gone = coalesce(excluded.gone, o.gone);
    select pg_notify('gatepost_push', '');
$$;

create or replace function auth_private.claims_changed() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform auth_private.push_claims(case when tg_op = 'DELETE' then old.user_id else new.user_id end);
    return null;
end $$;

-- Before the row and its identities are gone, or made unrecognisable.
create or replace function auth_private.user_goes() returns trigger
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform auth_private.push_claims(old.id, jsonb_build_object(
        'email', nullif(old.email, ''), 'identities', auth_private.identities_of(old.id)
    ));
    return case when tg_op = 'DELETE' then old else new end;
end $$;

create or replace function auth_private.identities_of(owner uuid) returns jsonb
language sql stable set search_path = pg_catalog, pg_temp
as $$
    select coalesce(
        jsonb_agg(jsonb_build_object('provider', i.provider, 'id', i.provider_id) order by i.provider, i.provider_id), '[]'
    )
    from auth.identities i where i.user_id = owner
$$;

revoke all on function auth_private.push_claims(uuid, jsonb), auth_private.claims_changed(), auth_private.user_goes(),
    auth_private.identities_of(uuid) from public;

-- Whoever turns this on tells of what is there already.
do $$
begin
    if not exists (select from pg_trigger where tgrelid = 'auth_private.user_claims'::regclass and tgname = 'push_changed') then
        perform auth_private.push_claims(c.user_id) from auth_private.user_claims c;
    end if;
end $$;

create or replace trigger push_written after insert or delete on auth_private.user_claims
    for each row execute function auth_private.claims_changed();
create or replace trigger push_changed after update on auth_private.user_claims
    for each row when (old.claims is distinct from new.claims or old.valid_until is distinct from new.valid_until)
    execute function auth_private.claims_changed();
create or replace trigger push_deleted before delete on auth.users
    for each row execute function auth_private.user_goes();
create or replace trigger push_softly_deleted before update of deleted_at on auth.users
    for each row when (old.deleted_at is null and new.deleted_at is not null)
    execute function auth_private.user_goes();
