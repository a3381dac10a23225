-- Schema pgsodium: keys as rows, since seeds made by older tools set its sequence. Nothing is encrypted.

create table pgsodium.key (
    id uuid primary key default gen_random_uuid(),
    status text default 'valid',
    created timestamptz not null default now(),
    expires timestamptz,
    key_type text,
    key_id bigserial,
    key_context bytea default '\x7067736f6469756d',
    name text unique,
    associated_data text default 'associated',
    raw_key bytea,
    raw_key_nonce bytea,
    parent_key uuid references pgsodium.key (id),
    comment text,
    user_data text
);

create view pgsodium.valid_key as
select id, name, status, key_type, key_id, key_context, created, expires, associated_data
from pgsodium.key
where status in ('valid', 'default') and (expires is null or expires > now());

create function pgsodium.create_key(key_type text default 'aead-det', name text default null) returns pgsodium.key
language sql volatile
begin atomic
    insert into pgsodium.key (key_type, name) values (key_type, name) returning *;
end;

create function pgsodium.crypto_aead_det_encrypt(
    message bytea, additional bytea, key_uuid uuid, nonce bytea default null
) returns bytea
language plpgsql immutable
as $$
begin
    raise exception 'pgsodium cannot encrypt: this is a stand-in' using
        errcode = 'feature_not_supported', hint = 'Encrypt in your application, or use a full PostgreSQL';
end $$;
create function pgsodium.crypto_aead_det_decrypt(
    message bytea, additional bytea, key_uuid uuid, nonce bytea default null
) returns bytea
language plpgsql immutable
as $$
begin
    raise exception 'pgsodium cannot decrypt: this is a stand-in' using
        errcode = 'feature_not_supported', hint = 'Decrypt in your application, or use a full PostgreSQL';
end $$;
