-- What second factors ask of the database.

-- name: purge_factors
delete from auth.mfa_factors where status = 'unverified' and created_at < $1::timestamptz

-- name: insert_factor
insert into auth.mfa_factors (id, user_id, friendly_name, factor_type, status, created_at, updated_at, secret)
values ($1::uuid, $2::uuid, $3::text, 'totp', 'unverified', $5::timestamptz, $5::timestamptz, $4::text)

-- name: factor_secret
select secret from auth.mfa_factors where id = $1::uuid and user_id = $2::uuid

-- name: insert_challenge
insert into auth.mfa_challenges (id, factor_id, created_at, ip_address)
values ($1::uuid, $2::uuid, $3::timestamptz, coalesce($4::inet, '0.0.0.0'))

-- name: purge_challenges
delete from auth.mfa_challenges where factor_id = $1::uuid and created_at < $2::timestamptz

-- name: touch_challenged
-- GoTrue's schema wants this time to be unique.
update auth.mfa_factors set last_challenged_at = $2::timestamptz
where id = $1::uuid and not exists (select from auth.mfa_factors o where o.last_challenged_at = $2::timestamptz)

-- name: challenge
select c.created_at < $3::timestamptz as expired,
    c.verified_at is null and c.ip_address = coalesce($4::inet, '0.0.0.0') as fits
from auth.mfa_challenges c
where c.id = $1::uuid and c.factor_id = $2::uuid

-- name: delete_challenge
delete from auth.mfa_challenges where id = $1::uuid

-- name: spend_challenge
update auth.mfa_challenges set verified_at = $2::timestamptz where id = $1::uuid and verified_at is null returning id

-- name: spend_step
insert into auth_private.totp_uses as u (factor_id, step) values ($1::uuid, $2::bigint)
on conflict (factor_id) do update set step = excluded.step where u.step < excluded.step
returning factor_id

-- name: verify_factor
update auth.mfa_factors set status = 'verified', updated_at = $2::timestamptz where id = $1::uuid and status = 'unverified'

-- name: delete_unverified_factors
delete from auth.mfa_factors where user_id = $1::uuid and status = 'unverified' and factor_type = 'totp'

-- name: delete_lower_sessions
delete from auth.sessions where user_id = $1::uuid and id <> $2::uuid and coalesce(aal, 'aal1') < 'aal2'

-- name: forget_purpose
delete from auth_private.code_attempts where user_id = $1::uuid and purpose = $2::text
