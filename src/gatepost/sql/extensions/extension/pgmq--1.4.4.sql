-- pgmq: message queues as tables (q_NAME holds messages, a_NAME those archived). Everything runs as its caller, who
-- needs rights on the queue's tables; only names are put into statements, always quoted.

create table pgmq.meta (
    queue_name varchar unique not null,
    is_partitioned boolean not null default false,
    is_unlogged boolean not null default false,
    created_at timestamptz not null default now()
);

-- Who creates the extension creates queues, and grants rights on them.
alter table pgmq.meta owner to @extowner@;

create type pgmq.message_record as (
    msg_id bigint, read_ct integer, enqueued_at timestamptz, vt timestamptz, message jsonb, headers jsonb
);
create type pgmq.queue_record as (
    queue_name varchar, is_partitioned boolean, is_unlogged boolean, created_at timestamptz
);
create type pgmq.metrics_result as (
    queue_name text, queue_length bigint, newest_msg_age_sec integer, oldest_msg_age_sec integer,
    total_messages bigint, scrape_time timestamptz, queue_visible_length bigint
);

create function pgmq.validate_queue_name(queue_name text) returns void
language plpgsql immutable
as $$
begin
    if length(queue_name) > 47 then
        raise exception 'queue name is too long, maximum length is 47 characters';
    end if;
end $$;

create function pgmq.format_table_name(queue_name text, prefix text) returns text
language plpgsql immutable
as $$
begin
    if queue_name ~ '\$|;|--|''' then
        raise exception 'queue name contains invalid characters: $, ;, --, or \''';
    end if;
    return lower(prefix || '_' || queue_name);
end $$;

create function pgmq._create(queue_name text, unlogged boolean) returns void
language plpgsql
as $$
declare
    queue text := pgmq.format_table_name(queue_name, 'q');
    archive text := pgmq.format_table_name(queue_name, 'a');
    kind text := case when unlogged then 'unlogged' else '' end;
begin
    perform pgmq.validate_queue_name(queue_name);
    execute format(
        'create %s table if not exists pgmq.%I (
            msg_id bigint primary key generated always as identity,
            read_ct integer not null default 0,
            enqueued_at timestamptz not null default now(),
            vt timestamptz not null,
            message jsonb,
            headers jsonb
        )', kind, queue
    );
    execute format(
        'create table if not exists pgmq.%I (
            msg_id bigint primary key,
            read_ct integer not null default 0,
            enqueued_at timestamptz not null default now(),
            archived_at timestamptz not null default now(),
            vt timestamptz not null,
            message jsonb,
            headers jsonb
        )', archive
    );
    execute format('create index if not exists %I on pgmq.%I (vt)', queue || '_vt_idx', queue);
    execute format('create index if not exists %I on pgmq.%I (archived_at)', 'archived_at_idx_' || queue_name, archive);
    insert into pgmq.meta (queue_name, is_unlogged) values (_create.queue_name, unlogged) on conflict do nothing;
end $$;

create function pgmq.create(queue_name text) returns void language sql
as $$ select pgmq._create(queue_name, false) $$;
create function pgmq.create_non_partitioned(queue_name text) returns void language sql
as $$ select pgmq._create(queue_name, false) $$;
create function pgmq.create_unlogged(queue_name text) returns void language sql
as $$ select pgmq._create(queue_name, true) $$;

create function pgmq.drop_queue(queue_name text) returns boolean
language plpgsql
as $$
begin
    execute format('drop table if exists pgmq.%I', pgmq.format_table_name(queue_name, 'q'));
    execute format('drop table if exists pgmq.%I', pgmq.format_table_name(queue_name, 'a'));
    delete from pgmq.meta where meta.queue_name = drop_queue.queue_name;
    return found;
end $$;

create function pgmq.purge_queue(queue_name text) returns bigint
language plpgsql
as $$
declare
    count bigint;
begin
    execute format('delete from pgmq.%I', pgmq.format_table_name(queue_name, 'q'));
    get diagnostics count = row_count;
    return count;
end $$;

create function pgmq.list_queues() returns setof pgmq.queue_record language sql stable
as $$ select queue_name, is_partitioned, is_unlogged, created_at from pgmq.meta $$;

-- Sending. A delay is seconds, or the time from which a message may be read.

create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay timestamptz) returns setof bigint
language plpgsql
as $$
begin
    return query execute format(
        'insert into pgmq.%I (vt, message, headers)
        select $2, message, headers from unnest($1, $3) as sent (message, headers) returning msg_id',
        pgmq.format_table_name(queue_name, 'q')
    ) using msgs, delay, headers;
end $$;
create function pgmq.send_batch(queue_name text, msgs jsonb[]) returns setof bigint language sql
as $$ select pgmq.send_batch(queue_name, msgs, null::jsonb[], clock_timestamp()) $$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[]) returns setof bigint language sql
as $$ select pgmq.send_batch(queue_name, msgs, headers, clock_timestamp()) $$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay integer) returns setof bigint
language sql
as $$ select pgmq.send_batch(queue_name, msgs, headers, clock_timestamp() + make_interval(secs => delay)) $$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], delay integer) returns setof bigint language sql
as $$ select pgmq.send_batch(queue_name, msgs, null::jsonb[], clock_timestamp() + make_interval(secs => delay)) $$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], delay timestamptz) returns setof bigint language sql
as $$ select pgmq.send_batch(queue_name, msgs, null::jsonb[], delay) $$;

create function pgmq.send(queue_name text, msg jsonb) returns setof bigint language sql
as $$ select pgmq.send_batch(queue_name, array[msg]) $$;
create function pgmq.send(queue_name text, msg jsonb, headers jsonb) returns setof bigint language sql
as $$ select pgmq.send_batch(queue_name, array[msg], array[headers]) $$;
create function pgmq.send(queue_name text, msg jsonb, delay integer) returns setof bigint language sql
as $$ select pgmq.send_batch(queue_name, array[msg], delay) $$;
create function pgmq.send(queue_name text, msg jsonb, delay timestamptz) returns setof bigint language sql
as $$ select pgmq.send_batch(queue_name, array[msg], delay) $$;
create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay integer) returns setof bigint language sql
as $$ select pgmq.send_batch(
    queue_name, array[msg], array[headers], clock_timestamp() + make_interval(secs => delay)) $$;

create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay timestamptz) returns setof bigint language sql
as $$ select pgmq.send_batch(queue_name, array[msg], array[headers], delay) $$;

-- Reading. A message that is read is hidden for `vt` seconds; readers do not wait for each other.

create function pgmq.read(queue_name text, vt integer, qty integer, conditional jsonb)
returns setof pgmq.message_record
language plpgsql
as $$
begin
    return query execute format(
        'with chosen as (
            select msg_id from pgmq.%1$I
            where vt <= clock_timestamp() and message @> $3
            order by msg_id limit $1 for update skip locked
        )
        update pgmq.%1$I as m
        set vt = clock_timestamp() + make_interval(secs => $2), read_ct = read_ct + 1
        from chosen where m.msg_id = chosen.msg_id
        returning m.msg_id, m.read_ct, m.enqueued_at, m.vt, m.message, m.headers',
        pgmq.format_table_name(queue_name, 'q')
    ) using qty, vt, coalesce(conditional, '{}');
end $$;

-- Two functions, not one with a default: migrations grant rights on either.
create function pgmq.read(queue_name text, vt integer, qty integer) returns setof pgmq.message_record language sql
as $$ select * from pgmq.read(queue_name, vt, qty, '{}'::jsonb) $$;

create function pgmq.read_with_poll(
    queue_name text, vt integer, qty integer, max_poll_seconds integer default 5,
    poll_interval_ms integer default 100, conditional jsonb default '{}'
) returns setof pgmq.message_record
language plpgsql
as $$
declare
    until timestamptz := clock_timestamp() + make_interval(secs => max_poll_seconds);
begin
    loop
        return query select * from pgmq.read(queue_name, vt, qty, conditional);
        exit when found or clock_timestamp() > until;
        perform pg_sleep(poll_interval_ms / 1000.0);
    end loop;
end $$;

create function pgmq.pop(queue_name text) returns setof pgmq.message_record
language plpgsql
as $$
begin
    return query execute format(
        'delete from pgmq.%1$I where msg_id = (
            select msg_id from pgmq.%1$I where vt <= clock_timestamp()
            order by msg_id limit 1 for update skip locked
        ) returning msg_id, read_ct, enqueued_at, vt, message, headers',
        pgmq.format_table_name(queue_name, 'q')
    );
end $$;

create function pgmq.set_vt(queue_name text, msg_id bigint, vt integer) returns setof pgmq.message_record
language plpgsql
as $$
begin
    return query execute format(
        'update pgmq.%I set vt = clock_timestamp() + make_interval(secs => $2) where msg_id = $1
        returning msg_id, read_ct, enqueued_at, vt, message, headers',
        pgmq.format_table_name(queue_name, 'q')
    ) using msg_id, vt;
end $$;

create function pgmq.set_vt(queue_name text, msg_id bigint, vt timestamptz) returns setof pgmq.message_record
language plpgsql
as $$
begin
    return query execute format(
        'update pgmq.%I set vt = $2 where msg_id = $1 returning msg_id, read_ct, enqueued_at, vt, message, headers',
        pgmq.format_table_name(queue_name, 'q')
    ) using msg_id, vt;
end $$;

create function pgmq.delete(queue_name text, msg_ids bigint[]) returns setof bigint
language plpgsql
as $$
begin
    return query execute format(
        'delete from pgmq.%I where msg_id = any ($1) returning msg_id', pgmq.format_table_name(queue_name, 'q')
    ) using msg_ids;
end $$;
create function pgmq.delete(queue_name text, msg_id bigint) returns boolean language sql
as $$ select exists (select pgmq.delete(queue_name, array[msg_id])) $$;

create function pgmq.archive(queue_name text, msg_ids bigint[]) returns setof bigint
language plpgsql
as $$
begin
    return query execute format(
        'with gone as (
            delete from pgmq.%I where msg_id = any ($1)
            returning msg_id, vt, read_ct, enqueued_at, message, headers
        )
        insert into pgmq.%I (msg_id, vt, read_ct, enqueued_at, message, headers)
        select msg_id, vt, read_ct, enqueued_at, message, headers from gone returning msg_id',
        pgmq.format_table_name(queue_name, 'q'), pgmq.format_table_name(queue_name, 'a')
    ) using msg_ids;
end $$;
create function pgmq.archive(queue_name text, msg_id bigint) returns boolean language sql
as $$ select exists (select pgmq.archive(queue_name, array[msg_id])) $$;

create function pgmq.metrics(queue_name text) returns pgmq.metrics_result
language plpgsql
as $$
declare
    result pgmq.metrics_result;
    queue text := pgmq.format_table_name(queue_name, 'q');
begin
    execute format(
        'select $1, count(*), extract(epoch from (now() - max(enqueued_at)))::integer,
            extract(epoch from (now() - min(enqueued_at)))::integer,
            (select case when is_called then last_value else 0 end from pgmq.%I), now(),
            count(*) filter (where vt <= clock_timestamp())
        from pgmq.%I',
        queue || '_msg_id_seq', queue
    ) into result using queue_name;
    return result;
end $$;
create function pgmq.metrics_all() returns setof pgmq.metrics_result language sql
as $$ select m.* from pgmq.meta, pgmq.metrics(queue_name) as m $$;

-- Who creates the extension says who may call it.
do $$
declare
    routine regprocedure;
begin
    for routine in select oid from pg_catalog.pg_proc where pronamespace = 'pgmq'::regnamespace loop
        execute format('alter function %s owner to @extowner@', routine);
    end loop;
end $$;
