-- Schema supabase_functions: database webhooks. Their triggers load and do nothing.

create table supabase_functions.hooks (
    id bigserial primary key,
    hook_table_id integer not null,
    hook_name text not null,
    created_at timestamptz not null default now(),
    request_id bigint
);
create function supabase_functions.http_request() returns trigger
language plpgsql
as $$ begin return coalesce(new, old); end $$;

grant usage on schema supabase_functions to anon, authenticated, service_role;
