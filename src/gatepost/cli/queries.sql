-- What the command line asks of schema auth_private, as supabase_auth_admin.

-- name: replace_key
-- A key of that name that the project's state no longer holds ends.
update auth_private.api_keys set revoked_at = now()
where name = $1 and revoked_at is null and hash <> decode($2, 'hex')

-- name: register_key
-- A key that the project's state holds; one that was revoked stays revoked.
insert into auth_private.api_keys (name, kind, role, hash, prefix)
values ($1, $2, $3, decode($4, 'hex'), $5)
on conflict (hash) do nothing

-- name: create_key
insert into auth_private.api_keys (name, kind, role, hash, prefix, expires_at)
values ($1, $2, $3, decode($4, 'hex'), $5, now() + $6::interval)

-- name: list_keys
select name, kind, role, prefix || '…', to_char(created_at, 'YYYY-MM-DD HH24:MI'),
    coalesce(to_char(last_used_at, 'YYYY-MM-DD HH24:MI'), '-'),
    case
        when revoked_at is not null then 'revoked'
        when expires_at < now() then 'expired'
        when expires_at is not null then 'until ' || to_char(expires_at, 'YYYY-MM-DD HH24:MI')
        else 'in force'
    end
from auth_private.api_keys
order by created_at, name

-- name: revoke_key
update auth_private.api_keys set revoked_at = now() where name = $1 and revoked_at is null returning name

-- name: list_signing_keys
select id, algorithm, status, to_char(created_at, 'YYYY-MM-DD HH24:MI') from auth_private.signing_keys
order by created_at desc

-- name: active_signing_key
select id from auth_private.signing_keys where status = 'active'

-- name: retire_signing_key
update auth_private.signing_keys set status = 'previous', changed_at = now() where status = 'active'

-- name: add_signing_key
insert into auth_private.signing_keys (id, algorithm, status, jwk) values ($1, $2, 'active', $3::jsonb)

-- name: tell
-- Servers listen, and take changed keys into account at once.
select pg_notify('gatepost', 'reload keys')
