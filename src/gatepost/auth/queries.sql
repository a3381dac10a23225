-- What the auth surface asks of the database. Every user comes as one JSON object: the row, with identities and factors.

-- name: user_by_id
select to_jsonb(u) || jsonb_build_object(
    'identities', (select coalesce(jsonb_agg(to_jsonb(i) order by i.created_at, i.id), '[]') from auth.identities i where i.user_id = u.id),
    'factors', (select coalesce(jsonb_agg(to_jsonb(f) - 'secret' order by f.created_at, f.id), '[]') from auth.mfa_factors f where f.user_id = u.id),
    'server_claims', (select auth_private.said(c) from auth_private.user_claims c where c.user_id = u.id))
from auth.users u
where u.id = $1::uuid

-- name: user_by_email
select to_jsonb(u) || jsonb_build_object(
    'identities', (select coalesce(jsonb_agg(to_jsonb(i) order by i.created_at, i.id), '[]') from auth.identities i where i.user_id = u.id),
    'factors', (select coalesce(jsonb_agg(to_jsonb(f) - 'secret' order by f.created_at, f.id), '[]') from auth.mfa_factors f where f.user_id = u.id),
    'server_claims', (select auth_private.said(c) from auth_private.user_claims c where c.user_id = u.id))
from auth.users u
where (u.instance_id = '00000000-0000-0000-0000-000000000000' or u.instance_id is null)
    and lower(u.email) = lower($1::text) and coalesce(u.aud, '') = $2::text and not u.is_sso_user
limit 1

-- name: user_by_phone
select to_jsonb(u) || jsonb_build_object(
    'identities', (select coalesce(jsonb_agg(to_jsonb(i) order by i.created_at, i.id), '[]') from auth.identities i where i.user_id = u.id),
    'factors', (select coalesce(jsonb_agg(to_jsonb(f) - 'secret' order by f.created_at, f.id), '[]') from auth.mfa_factors f where f.user_id = u.id))
from auth.users u
where u.phone = $1::text and coalesce(u.aud, '') = $2::text and not u.is_sso_user

-- name: user_by_pending_phone
-- Who asked to change to this number; the one whose code it is, if several did.
select to_jsonb(u) || jsonb_build_object(
    'identities', (select coalesce(jsonb_agg(to_jsonb(i) order by i.created_at, i.id), '[]') from auth.identities i where i.user_id = u.id),
    'factors', (select coalesce(jsonb_agg(to_jsonb(f) - 'secret' order by f.created_at, f.id), '[]') from auth.mfa_factors f where f.user_id = u.id))
from auth.users u
where u.id = (
    select t.user_id from auth.one_time_tokens t join auth.users x on x.id = t.user_id
    where t.relates_to = $1::text and t.token_type = 'phone_change_token' and coalesce(x.aud, '') = $2::text
    order by x.phone_change_token = $3::text desc, t.created_at desc
    limit 1)

-- name: user_by_token_hash
select to_jsonb(u) || jsonb_build_object(
    'identities', (select coalesce(jsonb_agg(to_jsonb(i) order by i.created_at, i.id), '[]') from auth.identities i where i.user_id = u.id),
    'factors', (select coalesce(jsonb_agg(to_jsonb(f) - 'secret' order by f.created_at, f.id), '[]') from auth.mfa_factors f where f.user_id = u.id))
from auth.users u
where u.id = (
    select t.user_id from auth.one_time_tokens t
    where t.token_hash = any (array(select jsonb_array_elements_text($1::jsonb)))
        and t.token_type::text = any (array(select jsonb_array_elements_text($2::jsonb)))
    limit 1)

-- name: user_by_pending_change
-- Who asked to change to or from this address; the one whose code it is, if several did.
select to_jsonb(u) || jsonb_build_object(
    'identities', (select coalesce(jsonb_agg(to_jsonb(i) order by i.created_at, i.id), '[]') from auth.identities i where i.user_id = u.id),
    'factors', (select coalesce(jsonb_agg(to_jsonb(f) - 'secret' order by f.created_at, f.id), '[]') from auth.mfa_factors f where f.user_id = u.id))
from auth.users u
where u.id = (
    select t.user_id from auth.one_time_tokens t join auth.users x on x.id = t.user_id
    where t.relates_to = lower($1::text) and t.token_type in ('email_change_token_new', 'email_change_token_current')
    order by array[x.email_change_token_new, x.email_change_token_current]::text[]
            && array(select jsonb_array_elements_text($2::jsonb)) desc,
        t.created_at desc
    limit 1)

-- name: user_by_refresh_token
select to_jsonb(u) || jsonb_build_object(
    'identities', (select coalesce(jsonb_agg(to_jsonb(i) order by i.created_at, i.id), '[]') from auth.identities i where i.user_id = u.id),
    'factors', (select coalesce(jsonb_agg(to_jsonb(f) - 'secret' order by f.created_at, f.id), '[]') from auth.mfa_factors f where f.user_id = u.id),
    'server_claims', (select auth_private.said(c) from auth_private.user_claims c where c.user_id = u.id))
from auth.users u
where u.id = (select t.user_id::uuid from auth.refresh_tokens t where t.token = $1::text)

-- name: duplicate_email
-- Who else has this address: by an identity of the default linking domain first, then by the user's own row.
select to_jsonb(u) || jsonb_build_object(
    'identities', (select coalesce(jsonb_agg(to_jsonb(i) order by i.created_at, i.id), '[]') from auth.identities i where i.user_id = u.id),
    'factors', '[]'::jsonb)
from auth.users u
where u.id = coalesce(
    (select i.user_id from auth.identities i join auth.users x on x.id = i.user_id
     where i.email = $1::text and i.provider not like 'sso:%' and coalesce(x.aud, '') = $2::text
        and i.user_id is distinct from $3::uuid limit 1),
    (select x.id from auth.users x
     where (x.instance_id = '00000000-0000-0000-0000-000000000000' or x.instance_id is null)
        and lower(x.email) = $1::text and coalesce(x.aud, '') = $2::text and not x.is_sso_user
        and x.id is distinct from $3::uuid limit 1))

-- name: renew_claims
select auth_private.renew_claims($1::uuid)

-- name: lock_user
select 1 from auth.users where id = $1::uuid for update

-- name: list_users
select to_jsonb(u) from auth.users u
where coalesce(u.aud, '') = $1::text
    and ($2::text = '' or u.email like '%' || $2::text || '%' or u.raw_user_meta_data ->> 'full_name' ilike '%' || $2::text || '%')
order by extract(epoch from u.created_at) * $3::int, u.id
limit $4::bigint offset $5::numeric::bigint

-- name: count_users
select count(*) from auth.users u
where coalesce(u.aud, '') = $1::text
    and ($2::text = '' or u.email like '%' || $2::text || '%' or u.raw_user_meta_data ->> 'full_name' ilike '%' || $2::text || '%')

-- name: insert_user
insert into auth.users (
    instance_id, id, aud, role, email, phone, encrypted_password, raw_app_meta_data, raw_user_meta_data, is_anonymous,
    created_at, updated_at, confirmation_token, recovery_token, email_change_token_new, email_change)
values (
    '00000000-0000-0000-0000-000000000000', $1::uuid, $2::text, $3::text, nullif($4::text, ''), nullif($5::text, ''),
    $6::text, $7::jsonb, $8::jsonb, $9::boolean, $10::timestamptz, $10::timestamptz, '', '', '', '')

-- name: insert_identity
insert into auth.identities (user_id, provider_id, provider, identity_data, last_sign_in_at, created_at, updated_at)
values ($1::uuid, $2::text, $3::text, $4::jsonb, $5::timestamptz, $5::timestamptz, $5::timestamptz)

-- name: put_identity
insert into auth.identities as i (user_id, provider_id, provider, identity_data, last_sign_in_at, created_at, updated_at)
values ($1::uuid, $1::text, $2::text, $3::jsonb, $4::timestamptz, $4::timestamptz, $4::timestamptz)
on conflict (provider_id, provider) do update
set identity_data = i.identity_data || $5::jsonb, updated_at = excluded.updated_at

-- name: verify_identities
update auth.identities i set identity_data = i.identity_data || '{"email_verified": true}', updated_at = $2::timestamptz
from auth.users u
where u.id = $1::uuid and i.user_id = u.id and i.email = lower(u.email)

-- name: delete_identity
delete from auth.identities where id = $1::uuid and user_id = $2::uuid

-- name: refresh_providers
update auth.users u set raw_app_meta_data = coalesce(u.raw_app_meta_data, '{}')
    || jsonb_build_object('providers', coalesce(p.all_of_them, '[]'))
    || case when p.first is null then '{}' else jsonb_build_object('provider', p.first) end
from (
    select jsonb_agg(g.provider order by g.since, g.provider) as all_of_them,
        (array_agg(g.provider order by g.since, g.provider))[1] as first
    from (select provider, min(created_at) as since from auth.identities where user_id = $1::uuid group by provider) g) p
where u.id = $1::uuid

-- name: merge_user_metadata
update auth.users set updated_at = $3::timestamptz,
    raw_user_meta_data = (coalesce(raw_user_meta_data, '{}') || $2::jsonb)
        - array(select key from jsonb_each($2::jsonb) where value = 'null')
where id = $1::uuid

-- name: merge_app_metadata
update auth.users set updated_at = $3::timestamptz,
    raw_app_meta_data = (coalesce(raw_app_meta_data, '{}') || $2::jsonb)
        - array(select key from jsonb_each($2::jsonb) where value = 'null')
where id = $1::uuid

-- name: confirm_email
update auth.users set confirmation_token = '', email_confirmed_at = $2::timestamptz, updated_at = $2::timestamptz,
    raw_user_meta_data = coalesce(raw_user_meta_data, '{}') || '{"email_verified": true}'
where id = $1::uuid

-- name: confirm_phone
update auth.users set confirmation_token = '', phone_confirmed_at = $2::timestamptz, updated_at = $2::timestamptz
where id = $1::uuid

-- name: unconfirm_phone
update auth.users set phone = null, phone_confirmed_at = null, updated_at = $2::timestamptz where id = $1::uuid

-- name: set_role
update auth.users set role = $2::text, updated_at = $3::timestamptz where id = $1::uuid

-- name: set_email
update auth.users set email = nullif($2::text, ''), updated_at = $3::timestamptz where id = $1::uuid

-- name: set_phone
update auth.users set phone = nullif($2::text, ''), updated_at = $3::timestamptz where id = $1::uuid

-- name: set_not_anonymous
update auth.users set is_anonymous = false where id = $1::uuid

-- name: set_banned_until
update auth.users set banned_until = $2::timestamptz, updated_at = $3::timestamptz where id = $1::uuid

-- name: rehash_password
update auth.users set encrypted_password = $2::text where id = $1::uuid and encrypted_password = $3::text

-- name: set_password
-- A new password takes back what was asked for under the old one.
update auth.users set encrypted_password = nullif($2::text, ''), updated_at = $3::timestamptz,
    confirmation_token = '', confirmation_sent_at = null, recovery_token = '', recovery_sent_at = null,
    email_change_token_current = '', email_change_token_new = '', email_change_sent_at = null,
    phone_change_token = '', phone_change_sent_at = null, reauthentication_token = '', reauthentication_sent_at = null
where id = $1::uuid

-- name: clear_pending
update auth.users set updated_at = $2::timestamptz,
    confirmation_token = '', confirmation_sent_at = null, recovery_token = '', recovery_sent_at = null,
    email_change = '', email_change_token_current = '', email_change_token_new = '', email_change_sent_at = null,
    email_change_confirm_status = 0, phone_change = '', phone_change_token = '', phone_change_sent_at = null,
    reauthentication_token = '', reauthentication_sent_at = null
where id = $1::uuid

-- name: unconfirm_email
update auth.users set email_confirmed_at = null,
    raw_user_meta_data = coalesce(raw_user_meta_data, '{}') || '{"email_verified": false}'
where id = $1::uuid

-- name: complete_email_change
update auth.users set email = email_change, email_change = '', email_change_token_current = '',
    email_change_token_new = '', email_change_confirm_status = 0, updated_at = $2::timestamptz,
    confirmation_token = case when email_confirmed_at is null then '' else confirmation_token end,
    raw_user_meta_data = case when email_confirmed_at is null
        then coalesce(raw_user_meta_data, '{}') || '{"email_verified": true}' else raw_user_meta_data end,
    email_confirmed_at = coalesce(email_confirmed_at, $2::timestamptz)
where id = $1::uuid

-- name: soft_delete_user
update auth.users set
    email = case when coalesce(email, '') = '' then email else encode(sha256(convert_to(id::text || email, 'UTF8')), 'hex') end,
    phone = case when coalesce(phone, '') = '' then phone else left(encode(sha256(convert_to(id::text || phone, 'UTF8')), 'hex'), 15) end,
    email_change = case when coalesce(email_change, '') = '' then '' else encode(sha256(convert_to(id::text || email_change, 'UTF8')), 'hex') end,
    phone_change = case when coalesce(phone_change, '') = '' then '' else left(encode(sha256(convert_to(id::text || phone_change, 'UTF8')), 'hex'), 15) end,
    encrypted_password = null, confirmation_token = '', recovery_token = '', email_change_token_current = '',
    email_change_token_new = '', phone_change_token = '', reauthentication_token = '',
    raw_user_meta_data = '{}', raw_app_meta_data = '{}', deleted_at = $2::timestamptz, updated_at = $2::timestamptz
where id = $1::uuid and deleted_at is null

-- name: soft_delete_identities
update auth.identities set identity_data = '{}', updated_at = $2::timestamptz,
    provider_id = encode(sha256(convert_to(user_id::text || provider_id, 'UTF8')), 'hex')
where user_id = $1::uuid

-- name: delete_factors
delete from auth.mfa_factors where user_id = $1::uuid

-- name: delete_user
delete from auth.users where id = $1::uuid

-- name: session_by_id
select to_jsonb(s) || jsonb_build_object('amr', (
    select coalesce(jsonb_agg(jsonb_build_object('method', a.authentication_method, 'at', a.updated_at) order by a.updated_at desc), '[]')
    from auth.mfa_amr_claims a where a.session_id = s.id))
from auth.sessions s
where s.id = $1::uuid

-- name: live_sessions
-- Of these sessions, those that have not ended: neither they nor their users.
select s.id::text
from auth.sessions s join auth.users u on u.id = s.user_id
where s.id = any (array(select jsonb_array_elements_text($1::jsonb)::uuid))
    and coalesce(s.not_after > $2::timestamptz, true)
    and ($3::float8 = 0 or s.created_at + $3::float8 * interval '1 second' > $2::timestamptz)
    and coalesce(u.banned_until <= $2::timestamptz, true) and u.deleted_at is null

-- name: search_emails
select u.email from auth.users u
where u.email is not null and u.deleted_at is null and not u.is_sso_user and strpos(lower(u.email), lower($1::text)) > 0
order by u.last_sign_in_at desc nulls last, u.email
limit $2::int

-- name: session_by_refresh_token
select to_jsonb(s) || jsonb_build_object('amr', (
    select coalesce(jsonb_agg(jsonb_build_object('method', a.authentication_method, 'at', a.updated_at) order by a.updated_at desc), '[]')
    from auth.mfa_amr_claims a where a.session_id = s.id))
from auth.sessions s
where s.id = (select t.session_id from auth.refresh_tokens t where t.token = $1::text)

-- name: insert_session
insert into auth.sessions (id, user_id, created_at, updated_at, aal, user_agent, ip)
values ($1::uuid, $2::uuid, $3::timestamptz, $3::timestamptz, 'aal1', $4::text, $5::inet)

-- name: insert_refresh_token
insert into auth.refresh_tokens (instance_id, token, user_id, revoked, created_at, updated_at, session_id)
values ('00000000-0000-0000-0000-000000000000', $1::text, $2::text, false, $4::timestamptz, $4::timestamptz, $3::uuid)

-- name: put_amr
insert into auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method)
values (gen_random_uuid(), $1::uuid, $3::timestamptz, $3::timestamptz, $2::text)
on conflict (session_id, authentication_method) do update set updated_at = excluded.updated_at

-- name: touch_sign_in
update auth.users set last_sign_in_at = $2::timestamptz, updated_at = $2::timestamptz where id = $1::uuid

-- name: raise_session
update auth.sessions set aal = $2::auth.aal_level, factor_id = $3::uuid, updated_at = $4::timestamptz where id = $1::uuid

-- name: replace_refresh_tokens
-- What a session held before a step up cannot be refreshed any more.
update auth.refresh_tokens set revoked = true, updated_at = $2::timestamptz where session_id = $1::uuid and not revoked

-- name: rotate_refresh_token
select outcome, issued from auth_private.rotate_refresh_token(
    given => $1::text, fresh => $2::text, moment => $3::timestamptz, address => $4::inet, agent => $5::text,
    options => $6::jsonb)

-- name: delete_session
delete from auth.sessions where id = $1::uuid

-- name: delete_sessions
delete from auth.sessions where user_id = $1::uuid

-- name: delete_other_sessions
delete from auth.sessions where user_id = $1::uuid and id <> $2::uuid

-- name: put_confirmation
update auth.users set confirmation_token = $2::text, confirmation_sent_at = $3::timestamptz, updated_at = $3::timestamptz
where id = $1::uuid

-- name: put_invitation
update auth.users set confirmation_token = $2::text, confirmation_sent_at = $3::timestamptz,
    invited_at = $3::timestamptz, updated_at = $3::timestamptz
where id = $1::uuid

-- name: put_recovery
update auth.users set recovery_token = $2::text, recovery_sent_at = $3::timestamptz, updated_at = $3::timestamptz
where id = $1::uuid

-- name: put_reauthentication
update auth.users set reauthentication_token = $2::text, reauthentication_sent_at = $3::timestamptz,
    updated_at = $3::timestamptz
where id = $1::uuid

-- name: put_email_change
update auth.users set email_change = $2::text, email_change_token_new = $3::text, email_change_token_current = $4::text,
    email_change_confirm_status = 0, email_change_sent_at = $5::timestamptz, updated_at = $5::timestamptz
where id = $1::uuid

-- name: put_phone_change
update auth.users set phone_change = $2::text, phone_change_token = $3::text, phone_change_sent_at = $4::timestamptz,
    updated_at = $4::timestamptz
where id = $1::uuid

-- name: complete_phone_change
update auth.users set phone = phone_change, phone_confirmed_at = $2::timestamptz, phone_change = '',
    phone_change_token = '', updated_at = $2::timestamptz
where id = $1::uuid

-- name: half_email_change
update auth.users set email_change_confirm_status = 1, email_change_token_current = $2::text,
    email_change_token_new = $3::text, updated_at = $4::timestamptz
where id = $1::uuid

-- name: spend_recovery
update auth.users set recovery_token = '', updated_at = $2::timestamptz where id = $1::uuid

-- name: spend_reauthentication
update auth.users set reauthentication_token = '', updated_at = $3::timestamptz
where id = $1::uuid and reauthentication_token = $2::text
returning id

-- name: put_one_time_token
insert into auth.one_time_tokens (id, user_id, token_type, token_hash, relates_to, created_at, updated_at)
values (gen_random_uuid(), $1::uuid, $2::auth.one_time_token_type, $3::text, lower($4::text),
    $5::timestamptz at time zone 'utc', $5::timestamptz at time zone 'utc')
on conflict (user_id, token_type) do update
set token_hash = excluded.token_hash, relates_to = excluded.relates_to, created_at = excluded.created_at,
    updated_at = excluded.updated_at

-- name: kinds_of_link
select token_type::text from auth.one_time_tokens where user_id = $1::uuid and token_hash = $2::text

-- name: delete_one_time_token
delete from auth.one_time_tokens where user_id = $1::uuid and token_type = $2::auth.one_time_token_type

-- name: delete_one_time_tokens
delete from auth.one_time_tokens where user_id = $1::uuid

-- name: count_attempt
select auth_private.count_code_attempt($1::uuid, $2::text, $3::text, $4::timestamptz, $5::int)

-- name: forget_attempts
delete from auth_private.code_attempts where user_id = $1::uuid

-- name: insert_flow
insert into auth.flow_state (
    id, user_id, auth_code, code_challenge_method, code_challenge, provider_type, authentication_method, created_at, updated_at)
values (gen_random_uuid(), $1::uuid, gen_random_uuid()::text, $2::auth.code_challenge_method, $3::text, $4::text, $5::text,
    $6::timestamptz, $6::timestamptz)

-- name: issue_code
update auth.flow_state set auth_code_issued_at = $3::timestamptz, updated_at = $3::timestamptz
where id = (
    select id from auth.flow_state
    where user_id = $1::uuid and authentication_method = $2::text order by created_at desc limit 1)
returning auth_code, code_challenge

-- name: flow_by_code
select to_jsonb(f) from auth.flow_state f where f.auth_code = $1::text

-- name: spend_code
delete from auth.flow_state where id = $1::uuid returning id

-- name: audit
insert into auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
select '00000000-0000-0000-0000-000000000000', gen_random_uuid(), json_strip_nulls(json_build_object(
    'actor_id', u.id, 'actor_via_sso', u.is_sso_user,
    'actor_username', coalesce(nullif(u.phone, ''), u.email, ''), 'actor_name', u.raw_user_meta_data ->> 'full_name',
    'action', $2::text, 'log_type', $3::text, 'traits', $4::json)), $5::timestamptz, coalesce($6::text, '')
from auth.users u where u.id = $1::uuid

-- name: audit_admin
insert into auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
values ('00000000-0000-0000-0000-000000000000', gen_random_uuid(), json_build_object(
    'actor_id', '00000000-0000-0000-0000-000000000000', 'actor_via_sso', false, 'actor_username', $1::text,
    'action', $2::text, 'log_type', $3::text, 'traits', $4::json), $5::timestamptz, coalesce($6::text, ''))

-- name: hook_timeout
select set_config('statement_timeout', $1::text, true)

-- name: rename_factor
update auth.mfa_factors set friendly_name = $2::text, updated_at = $3::timestamptz where id = $1::uuid

-- name: delete_factor
delete from auth.mfa_factors where id = $1::uuid

-- name: lower_sessions
-- Sessions that a factor raised are what they were before it: without the factor's methods.
with lowered as (
    update auth.sessions set aal = 'aal1', factor_id = null, updated_at = $2::timestamptz where factor_id = $1::uuid returning id
)
delete from auth.mfa_amr_claims a using lowered
where a.session_id = lowered.id and a.authentication_method in ('totp', 'mfa/phone', 'mfa/webauthn')

-- name: list_audit
select json_build_object('id', a.id, 'payload', a.payload, 'ip_address', a.ip_address,
    'created_at', to_char(a.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
from auth.audit_log_entries a
where $1::jsonb = '[]' or exists (
    select from jsonb_array_elements_text($1::jsonb) as field where a.payload ->> field ilike '%' || $2::text || '%')
order by a.created_at desc, a.id limit $3::bigint offset $4::numeric::bigint

-- name: count_audit
select count(*) from auth.audit_log_entries a
where $1::jsonb = '[]' or exists (
    select from jsonb_array_elements_text($1::jsonb) as field where a.payload ->> field ilike '%' || $2::text || '%')
