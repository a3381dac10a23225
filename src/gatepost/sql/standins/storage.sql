-- Schema storage, empty: buckets and objects as rows, so that policies, seeds and functions load. No file is stored.

create type storage.buckettype as enum ('STANDARD', 'ANALYTICS', 'VECTOR');

create table storage.buckets (
    id text primary key,
    name text not null,
    owner uuid,
    created_at timestamptz default now(),
    updated_at timestamptz default now(),
    public boolean default false,
    avif_autodetection boolean default false,
    file_size_limit bigint,
    allowed_mime_types text[],
    owner_id text,
    type storage.buckettype not null default 'STANDARD'
);
create unique index bname on storage.buckets (name);

create table storage.objects (
    id uuid primary key default gen_random_uuid(),
    bucket_id text constraint "objects_bucketId_fkey" references storage.buckets (id),
    name text,
    owner uuid,
    created_at timestamptz default now(),
    updated_at timestamptz default now(),
    last_accessed_at timestamptz default now(),
    metadata jsonb,
    path_tokens text[] generated always as (string_to_array(name, '/')) stored,
    version text,
    owner_id text,
    user_metadata jsonb,
    level integer
);
create unique index bucketid_objname on storage.objects (bucket_id, name);
create index name_prefix_search on storage.objects (name text_pattern_ops);

create table storage.migrations (
    id integer primary key,
    name varchar(100) not null unique,
    hash varchar(40) not null,
    executed_at timestamp default current_timestamp
);

-- What migrations made by comparing databases name, to take rights away or to put triggers on.
create table storage.prefixes (
    bucket_id text not null references storage.buckets (id),
    name text not null,
    level integer not null generated always as (array_length(string_to_array(name, '/'), 1)) stored,
    created_at timestamptz default now(),
    updated_at timestamptz default now(),
    primary key (bucket_id, level, name)
);
create table storage.s3_multipart_uploads (
    id text primary key,
    in_progress_size bigint not null default 0,
    upload_signature text not null,
    bucket_id text not null references storage.buckets (id),
    key text not null,
    version text not null,
    owner_id text,
    created_at timestamptz not null default now(),
    user_metadata jsonb,
    metadata jsonb
);
create table storage.s3_multipart_uploads_parts (
    id uuid primary key default gen_random_uuid(),
    upload_id text not null references storage.s3_multipart_uploads (id) on delete cascade,
    size bigint not null default 0,
    part_number integer not null,
    bucket_id text not null references storage.buckets (id),
    key text not null,
    etag text not null,
    owner_id text,
    version text not null,
    created_at timestamptz not null default now()
);
create table storage.buckets_analytics (
    id text primary key,
    type storage.buckettype not null default 'ANALYTICS',
    format text not null default 'ICEBERG',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table storage.buckets_vectors (
    id text primary key,
    type storage.buckettype not null default 'VECTOR',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create table storage.vector_indexes (
    id text primary key default gen_random_uuid(),
    name text not null,
    bucket_id text not null references storage.buckets_vectors (id),
    data_type text not null,
    dimension integer not null,
    distance_metric text not null,
    metadata_configuration jsonb,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

-- 'a/b/c.png' is in the folders {a,b}, its file is 'c.png', its extension 'png'.
create function storage.foldername(name text) returns text[] language plpgsql immutable
as $$ begin return trim_array(string_to_array(name, '/'), 1); end $$;
create function storage.filename(name text) returns text language plpgsql immutable
as $$ begin return split_part(name, '/', -1); end $$;
create function storage.extension(name text) returns text language plpgsql immutable
as $$ begin return split_part(split_part(name, '/', -1), '.', -1); end $$;

create function storage.get_size_by_bucket() returns table (size bigint, bucket_id text) language sql stable
as $$
    select sum((metadata ->> 'size')::bigint)::bigint, objects.bucket_id from storage.objects group by objects.bucket_id
$$;
create function storage.operation() returns text language sql stable
as $$ select nullif(current_setting('storage.operation', true), '') $$;

-- Which operation asks, for policies; the prefix `storage.` may be left away on either side.
create function storage.allow_only_operation(expected_operation text) returns boolean language sql stable
return coalesce(
    regexp_replace(storage.operation(), '^storage\.', '')
        = nullif(regexp_replace(expected_operation, '^storage\.', ''), ''),
    false
);
create function storage.allow_any_operation(expected_operations text[]) returns boolean language sql stable
return exists (
    select from unnest(expected_operations) as listed (operation) where storage.allow_only_operation(listed.operation)
);
-- Whether its caller could insert a row: it does, and takes it back by an error.
create function storage.can_insert_object(bucketid text, name text, owner uuid, metadata jsonb) returns void
language plpgsql
as $$
begin
    insert into storage.objects (bucket_id, name, owner, metadata) values (bucketid, name, owner, metadata);
    raise exception 'ROLLBACK' using errcode = 'PT200', detail = 'rollback successful insert';
end $$;

-- For triggers that such migrations make.
create function storage.update_updated_at_column() returns trigger language plpgsql
as $$
begin
    new.updated_at = now();
    return new;
end $$;
do $$
declare
    name text;
begin
    foreach name in array array[
        'enforce_bucket_name_length', 'objects_insert_prefix_trigger', 'objects_update_prefix_trigger',
        'objects_delete_cleanup', 'objects_update_cleanup', 'objects_update_level_trigger', 'prefixes_insert_trigger',
        'prefixes_delete_cleanup', 'delete_prefix_hierarchy_trigger'
    ] loop
        execute format(
            'create function storage.%I() returns trigger language plpgsql as %L',
            name, 'begin return coalesce(new, old); end'
        );
    end loop;
end $$;

-- As in Supabase's storage, where a row that goes leaves a file behind. It looks at rows, so that emptying what is empty
-- passes; the triggers' names are not Supabase's, which migrations make for themselves.
create function storage.protect_delete() returns trigger language plpgsql
as $$
begin
    if tg_level = 'ROW' and coalesce(current_setting('storage.allow_delete_query', true), '') <> 'true' then
        raise exception 'Direct deletion from storage tables is not allowed. Use the Storage API instead.' using
            errcode = '42501', hint = 'To delete all the same: set local storage.allow_delete_query = true';
    end if;
    return old;
end $$;
create trigger keep_buckets before delete on storage.buckets
for each row execute function storage.protect_delete();
create trigger keep_objects before delete on storage.objects
for each row execute function storage.protect_delete();

alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;
alter table storage.migrations enable row level security;
alter table storage.prefixes enable row level security;
alter table storage.s3_multipart_uploads enable row level security;
alter table storage.s3_multipart_uploads_parts enable row level security;
alter table storage.buckets_analytics enable row level security;
alter table storage.buckets_vectors enable row level security;
alter table storage.vector_indexes enable row level security;
grant all on storage.buckets, storage.objects to anon, authenticated, service_role;
grant usage on schema storage to anon, authenticated, service_role;
