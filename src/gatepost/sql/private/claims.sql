-- Claims that the server says of a user, beside what stands in auth.users. Runs as supabase_auth_admin. Whoever computes
-- them (the tenancy module, an application) writes the row in the transaction that changes them; a token's app_metadata
-- gets them when it is made. Every statement may be repeated.

-- After `valid_until` the claims are not good any more: `source` names the function (user_id uuid) that writes them anew.
create table if not exists auth_private.user_claims (
    user_id uuid not null,
    claims jsonb not null,
    valid_until timestamptz,
    source text,
    constraint user_claims_pkey primary key (user_id),
    constraint user_claims_user_id_fkey foreign key (user_id) references auth.users (id) on delete cascade,
    constraint user_claims_claims_check check (jsonb_typeof(claims) = 'object'),
    constraint user_claims_source_check check (source ~ '^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$')
);
alter table auth_private.user_claims enable row level security;

-- A row, for who makes tokens: what ends in no year that a calendar has does not end, and what did so has ended.
create or replace function auth_private.said(held auth_private.user_claims) returns jsonb
language sql stable
as $$
    select jsonb_build_object('claims', held.claims, 'valid_until',
        case when held.valid_until < '9999-12-31' then greatest(held.valid_until, 'epoch') end)
$$;
revoke all on function auth_private.said(auth_private.user_claims) from public;

-- The row as it has to be now. Claims that ended and that nobody writes anew are none.
create or replace function auth_private.renew_claims(owner uuid) returns jsonb
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
    held auth_private.user_claims;
begin
    select * into held from auth_private.user_claims c where c.user_id = owner;
    if held.valid_until <= now() and held.source is not null then
        execute format('select %s($1)', held.source) using owner;
        select * into held from auth_private.user_claims c where c.user_id = owner;
    end if;
    if held.user_id is null or held.valid_until <= now() then
        return null;
    end if;
    return auth_private.said(held);
end;
$$;
revoke all on function auth_private.renew_claims(uuid) from public;
