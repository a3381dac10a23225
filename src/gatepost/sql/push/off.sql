-- Nobody is to be told of claims any more: nothing is written from now on. Runs as supabase_auth_admin.

drop trigger if exists push_deleted on auth.users;
drop trigger if exists push_softly_deleted on auth.users;
drop trigger if exists push_written on auth_private.user_claims;
drop trigger if exists push_changed on auth_private.user_claims;
drop table if exists auth_private.claims_outbox;
drop function if exists auth_private.claims_changed(), auth_private.user_goes(), auth_private.push_claims(uuid, jsonb),
    auth_private.identities_of(uuid);
