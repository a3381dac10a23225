-- Schema cron: jobs are kept as rows; nothing runs them.

create table cron.job (
    jobid bigserial primary key,
    schedule text not null,
    command text not null,
    nodename text not null default 'localhost',
    nodeport integer not null default 5432,
    database text not null default current_database(),
    username text not null default current_user,
    active boolean not null default true,
    jobname text
);
create unique index jobname_username_uniq on cron.job (jobname, username);

create table cron.job_run_details (
    jobid bigint,
    runid bigserial primary key,
    job_pid integer,
    database text,
    username text,
    command text,
    status text,
    return_message text,
    start_time timestamptz,
    end_time timestamptz
);

-- As the extension names them.
alter sequence cron.job_jobid_seq rename to jobid_seq;
alter sequence cron.job_run_details_runid_seq rename to runid_seq;

create function cron.schedule(job_name text, schedule text, command text) returns bigint
language sql volatile
begin atomic
    insert into cron.job (jobname, schedule, command) values (job_name, schedule, command)
    on conflict (jobname, username) do update set schedule = excluded.schedule, command = excluded.command
    returning jobid;
end;
create function cron.schedule(schedule text, command text) returns bigint
language sql volatile
begin atomic
    insert into cron.job (schedule, command) values (schedule, command) returning jobid;
end;
create function cron.schedule_in_database(
    job_name text, schedule text, command text, database text, username text default null, active boolean default true
) returns bigint
language sql volatile
begin atomic
    insert into cron.job (jobname, schedule, command, database, username, active)
    values (job_name, schedule, command, database, coalesce(username, current_user), active)
    on conflict (jobname, username) do update set schedule = excluded.schedule, command = excluded.command
    returning jobid;
end;

create function cron.alter_job(
    job_id bigint, schedule text default null, command text default null, database text default null,
    username text default null, active boolean default null
) returns void
language sql volatile
begin atomic
    update cron.job as j set
        schedule = coalesce(alter_job.schedule, j.schedule),
        command = coalesce(alter_job.command, j.command),
        database = coalesce(alter_job.database, j.database),
        username = coalesce(alter_job.username, j.username),
        active = coalesce(alter_job.active, j.active)
    where j.jobid = job_id;
end;

create function cron.unschedule(job_name text) returns boolean
language plpgsql volatile
as $$
begin
    delete from cron.job where jobname = job_name and username = current_user;
    if not found then
        raise exception 'could not find valid entry for job ''%''', job_name;
    end if;
    return true;
end $$;
create function cron.unschedule(job_id bigint) returns boolean
language plpgsql volatile
as $$
begin
    delete from cron.job where jobid = job_id;
    if not found then
        raise exception 'could not find valid entry for job ''%''', job_id;
    end if;
    return true;
end $$;

-- Everybody sees his own jobs, as with the extension; views over them are what applications show.
alter table cron.job enable row level security;
alter table cron.job_run_details enable row level security;
create policy cron_job_policy on cron.job using (username = current_user);
create policy cron_job_run_details_policy on cron.job_run_details using (username = current_user);
grant select on cron.job, cron.job_run_details to public;
