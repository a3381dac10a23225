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
    user_metadata jsonb
);
create unique index bucketid_objname on storage.objects (bucket_id, name);
create index name_prefix_search on storage.objects (name text_pattern_ops);

create table storage.migrations (
    id integer primary key,
    name varchar(100) not null unique,
    hash varchar(40) not null,
    executed_at timestamp default current_timestamp
);

-- 'a/b/c.png' is in the folders {a,b}, its file is 'c.png', its extension 'png'.
create function storage.foldername(name text) returns text[] language plpgsql immutable
as $$ begin return trim_array(string_to_array(name, '/'), 1); end $$;
create function storage.filename(name text) returns text language plpgsql immutable
as $$ begin return split_part(name, '/', -1); end $$;
create function storage.extension(name text) returns text language plpgsql immutable
as $$ begin return split_part(split_part(name, '/', -1), '.', -1); end $$;

alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;
alter table storage.migrations enable row level security;
grant all on storage.buckets, storage.objects to anon, authenticated, service_role;
grant usage on schema storage to anon, authenticated, service_role;
