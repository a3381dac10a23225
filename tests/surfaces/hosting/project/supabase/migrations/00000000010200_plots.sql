-- Gardeners and their plots, in three schemas: plots_api is called, plots_fn works, plots holds the rows.
create schema plots;
create schema plots_fn;
create schema plots_api;

create type plots.state as enum ('free', 'let');

create table plots.gardener (
    id uuid primary key references auth.users (id) on delete cascade,
    email citext not null unique,
    display_name citext not null,
    tenant_id uuid
);
create table plots.plot (
    id uuid primary key default gen_random_uuid(),
    tenant_id uuid not null,
    gardener_id uuid references plots.gardener (id),
    name citext not null,
    state plots.state not null default 'free'
);
create type plots_fn.plot_info as (name citext, state plots.state);
create type plots_fn.claims as (gardener_id uuid, tenant_id uuid, permissions citext[]);

-- Who signs up becomes a gardener, whichever way.
create function plots_fn.handle_new_user() returns trigger
language plpgsql security definer
as $$
begin
    insert into plots.gardener (id, email, display_name, tenant_id)
    values (new.id, new.email, split_part(new.email, '@', 1), (new.raw_user_meta_data ->> 'plot_tenant')::uuid);
    return new;
end $$;
create or replace trigger on_auth_user_created
    after insert on auth.users
    for each row execute function plots_fn.handle_new_user();

create function plots_fn.current_claims(_id uuid) returns plots_fn.claims
language sql stable security definer
as $$ select row(g.id, g.tenant_id, array['p:plots']::citext[])::plots_fn.claims from plots.gardener g where g.id = _id $$;

-- Claims are the token's user_metadata; the whole column is replaced.
create function plots_fn.configure_user_metadata(_id uuid) returns void
language sql security definer
as $$
    update auth.users set raw_user_meta_data = to_jsonb(plots_fn.current_claims(_id)) where id = _id
$$;

create function plots_fn.tenant_id() returns uuid
language sql stable
as $$ select (auth.jwt() -> 'user_metadata' ->> 'tenant_id')::uuid $$;

create function plots_fn.create_plot(_info plots_fn.plot_info) returns plots.plot
language plpgsql security definer
as $$
declare
    _plot plots.plot;
begin
    if not coalesce(auth.jwt() -> 'user_metadata' -> 'permissions' ? 'p:plots', false) then
        raise exception '30000: NOT AUTHORIZED';
    end if;
    insert into plots.plot (tenant_id, gardener_id, name, state)
    values (plots_fn.tenant_id(), auth.uid(), _info.name, coalesce(_info.state, 'free'))
    returning * into _plot;
    perform pg_notify('plot:' || _plot.id || ':changed', json_build_object('event', 'create', 'id', _plot.id)::text);
    return _plot;
end $$;
create function plots_api.create_plot(_info plots_fn.plot_info) returns plots.plot
language sql
as $$ select plots_fn.create_plot(_info) $$;

create function plots_api.join(_tenant_id uuid) returns plots_fn.claims
language plpgsql security definer
as $$
begin
    update plots.gardener set tenant_id = _tenant_id where id = auth.uid();
    perform plots_fn.configure_user_metadata(auth.uid());
    return plots_fn.current_claims(auth.uid());
end $$;

create function plots_api.my_plots() returns setof plots.plot
language sql stable
as $$ select * from plots.plot where gardener_id = auth.uid() $$;

create function plots.plot_label(_plot plots.plot) returns text
language sql stable
as $$ select _plot.name || ' (' || _plot.state || ')' $$;

-- A job for later, by whatever worker there is.
create function plots_api.remind(_plot_id uuid) returns boolean
language plpgsql security definer
as $$
begin
    perform graphile_worker.add_job(
        'remind', payload := json_build_object('plot', _plot_id), max_attempts := 1, run_at := now() + interval '3 seconds'
    );
    return true;
end $$;
