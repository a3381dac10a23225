-- What follows needs: kept until the last file takes it away.
create schema if not exists test_helpers;
grant usage on schema test_helpers to anon, authenticated;

create or replace function test_helpers.login_as(_email text) returns void
language plpgsql
as $$
declare
    _user auth.users;
begin
    select * into _user from auth.users where email = _email;
    execute format('set request.jwt.claim = %L', jsonb_build_object('user_metadata', to_jsonb(plots_fn.current_claims(_user.id))));
    execute format('set request.jwt.claim.sub = %L', _user.id);
    execute format('set role %I', _user.role);
end $$;

begin;
select * from no_plan();
\set _name 'login_as'
select has_function('test_helpers', :'_name', array['text']);
select is(current_setting('search_path'), '"$user",public,extensions', 'extensions are found');
select is(current_user::text, 'postgres', 'tests run as the owner');
select * from finish();
rollback;
