-- The outbox of claims, as its worker sees it. Each statement is short: no lock is held while the other system is asked.

-- name: lease
-- Take rows that are due and that nobody else has. $1 the lease, $2 for how many seconds, $3 how many rows.
update auth_private.claims_outbox set lease = $1::uuid, leased_until = now() + $2::float * interval '1 second'
where user_id in (
    select user_id from auth_private.claims_outbox
    where parked_at is null and due_at <= now() and coalesce(leased_until <= now(), true)
    order by due_at limit $3::int for update skip locked
)

-- name: leased
-- What is told of them. A statement of its own, after the rows are locked: the claims are at least as new as the version.
select o.user_id, o.version, o.attempts, jsonb_build_object(
    'type', 'claims.changed',
    'user_id', o.user_id,
    'email', case when u.id is null or u.deleted_at is not null then o.gone ->> 'email' else nullif(u.email, '') end,
    'identities', case when u.id is null or u.deleted_at is not null then coalesce(o.gone -> 'identities', '[]')
        else auth_private.identities_of(o.user_id) end,
    'claims', case when u.deleted_at is null then c.claims end,
    'valid_until', case when u.deleted_at is null then c.valid_until end,
    'claims_version', o.version
)
from auth_private.claims_outbox o
left join auth.users u on u.id = o.user_id
left join auth_private.user_claims c on c.user_id = o.user_id
where o.lease = $1::uuid

-- name: delivered
-- The row is done, unless the claims changed meanwhile: then it is due again. $1 the user, $2 the version, $3 the lease.
with done as (
    delete from auth_private.claims_outbox
    where user_id = $1::uuid and version = $2::bigint and lease = $3::uuid returning user_id
)
update auth_private.claims_outbox set lease = null, leased_until = null, attempts = 0, since = now(), due_at = now(),
    last_error = null
where user_id = $1::uuid and lease = $3::uuid and version <> $2::bigint and not exists (select from done)

-- name: failed
-- Another try in $3 seconds; none where the first is longer ago than $4 seconds. $1 the user, $2 the lease, $5 why.
update auth_private.claims_outbox set lease = null, leased_until = null, attempts = attempts + 1, last_error = $5::text,
    due_at = now() + $3::float * interval '1 second',
    parked_at = case when since <= now() - $4::float * interval '1 second' then now() end
where user_id = $1::uuid and lease = $2::uuid
returning parked_at is not null
