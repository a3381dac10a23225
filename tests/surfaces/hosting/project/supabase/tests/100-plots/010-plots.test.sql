begin;
select plan(6);
\i 100-plots/parts/people.psql
\set tenant '22222222-2222-4222-8222-222222222222'

select is((select count(*)::int from plots.gardener where email = :'email'), 1, 'a new user is a gardener');
select test_helpers.login_as(:'email');
select is((plots_api.join(:'tenant')).tenant_id, :'tenant'::uuid, 'who joins has the claim');
set role postgres;
select test_helpers.login_as(:'email');
select is((plots_api.create_plot(row('north', null)::plots_fn.plot_info)).state::text, 'free', 'a plot is made');
select results_eq('select name::text from plots_api.my_plots()', array['north'], 'and found');
set role anon;
select is_empty('select * from plots.plot', 'nobody sees plots');
set role postgres;
select is((select raw_user_meta_data ->> 'tenant_id' from auth.users where email = :'email'), :'tenant', 'kept for tokens');
select * from finish();
rollback;
