-- Schema auth_private: ours alone. Runs as supabase_auth_admin. Every statement may be repeated.

-- Keys applications send as `apikey`: only their hash is kept, and enough to recognise one in a list.
create table if not exists auth_private.api_keys (
    id uuid not null default gen_random_uuid(),
    name text not null,
    kind text not null,
    role text not null,
    hash bytea not null,
    prefix text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    constraint api_keys_pkey primary key (id),
    constraint api_keys_hash_key unique (hash),
    constraint api_keys_kind_check check (kind in ('publishable', 'secret')),
    constraint api_keys_name_check check (name <> ''),
    constraint api_keys_hash_check check (octet_length(hash) = 32)
);
-- A name may be given again once its key is revoked.
create unique index if not exists api_keys_name_idx on auth_private.api_keys (name) where revoked_at is null;

-- Keys tokens are signed with, as JSON Web Keys. One is active; earlier ones still verify until they are revoked.
create table if not exists auth_private.signing_keys (
    id text not null,
    algorithm text not null,
    status text not null,
    jwk jsonb not null,
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    constraint signing_keys_pkey primary key (id),
    constraint signing_keys_algorithm_check check (algorithm in ('ES256', 'RS256', 'HS256', 'EdDSA')),
    constraint signing_keys_status_check check (status in ('standby', 'active', 'previous', 'revoked'))
);
create unique index if not exists signing_keys_active_idx on auth_private.signing_keys (status) where status = 'active';
