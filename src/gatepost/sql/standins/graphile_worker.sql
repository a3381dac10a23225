-- Jobs for Graphile Worker, queued before it has been here: they are kept, and nobody does them. Made where a project's
-- migrations call it without making it. It installs itself into this schema; then ours goes out of its way.

create schema graphile_worker;

create table graphile_worker._stub_jobs (
    id bigint generated always as identity primary key,
    task_identifier text not null,
    payload json not null,
    queue_name text,
    run_at timestamptz not null,
    max_attempts integer not null,
    job_key text unique,
    priority integer not null,
    flags text[],
    created_at timestamptz not null default now()
);
comment on table graphile_worker._stub_jobs is 'stand-in: jobs are kept, none is run';

create function graphile_worker.add_job(
    identifier varchar, payload json default null, queue_name varchar default null, run_at timestamptz default null,
    max_attempts integer default null, job_key varchar default null, priority integer default null,
    flags text[] default null, job_key_mode varchar default 'replace'
) returns graphile_worker._stub_jobs
language sql volatile
as $$
    insert into graphile_worker._stub_jobs as jobs (
        task_identifier, payload, queue_name, run_at, max_attempts, job_key, priority, flags
    ) values (
        identifier, coalesce(payload, '{}'), queue_name, coalesce(run_at, now()), coalesce(max_attempts, 25), job_key,
        coalesce(priority, 0), flags
    )
    on conflict (job_key) do update set
        task_identifier = excluded.task_identifier, payload = excluded.payload, queue_name = excluded.queue_name,
        max_attempts = excluded.max_attempts, priority = excluded.priority, flags = excluded.flags,
        run_at = case when job_key_mode = 'preserve_run_at' then jobs.run_at else excluded.run_at end
    returning *
$$;

do $$
declare
    owner text := current_setting('gatepost.owner');
begin
    execute format('alter schema graphile_worker owner to %I', owner);
    execute format('alter table graphile_worker._stub_jobs owner to %I', owner);
    execute format('alter function graphile_worker.add_job owner to %I', owner);
    if not (select rolsuper from pg_roles where rolname = current_user) then
        return;
    end if;

    -- As whoever installs it, and only then.
    create or replace function auth_private.make_way_for_graphile_worker() returns event_trigger
    language plpgsql security invoker
    set search_path = pg_catalog, pg_temp
    as $body$
    begin
        if exists (
            select from pg_event_trigger_ddl_commands() where object_identity = 'graphile_worker.migrations'
        ) then
            drop function if exists graphile_worker.add_job(
                varchar, json, varchar, timestamptz, integer, varchar, integer, text[], varchar
            );
        end if;
    end $body$;
    revoke all on function auth_private.make_way_for_graphile_worker() from public;
    drop event trigger if exists gatepost_graphile_worker;
    create event trigger gatepost_graphile_worker on ddl_command_end
        when tag in ('CREATE TABLE')
        execute function auth_private.make_way_for_graphile_worker();
end $$;
