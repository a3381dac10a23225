alter default privileges for role postgres in schema plots_fn revoke execute on functions from public;
alter table plots.gardener enable row level security;
alter table plots.plot enable row level security;
create policy own on plots.gardener for select to authenticated using (id = auth.uid());
create policy of_tenant on plots.plot for all to authenticated using (tenant_id = plots_fn.tenant_id());
grant usage on schema plots, plots_api, plots_fn to anon, authenticated, service_role;
grant all on all tables in schema plots to anon, authenticated, service_role;
grant execute on all functions in schema plots, plots_api, plots_fn to anon, authenticated, service_role;
