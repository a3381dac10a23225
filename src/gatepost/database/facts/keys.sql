-- Keys as the server keeps them, read by the auth surface's login.

-- name: signing_keys
select jwk::text, status from auth_private.signing_keys where status <> 'revoked' order by created_at

-- name: api_keys
select id::text, pg_catalog.encode(hash, 'hex'), role, extract(epoch from expires_at)::text
  from auth_private.api_keys
 where revoked_at is null

-- name: used
update auth_private.api_keys k
   set last_used_at = pg_catalog.to_timestamp(u.at)
  from pg_catalog.unnest($1::uuid[], $2::float8[]) as u (id, at)
 where k.id = u.id and (k.last_used_at is null or k.last_used_at < pg_catalog.to_timestamp(u.at))
