-- Schema net: requests are queued as rows; none is sent.

create type net.request_status as enum ('PENDING', 'SUCCESS', 'ERROR');
create type net.http_response as (status_code integer, headers jsonb, body text);
create type net.http_response_result as (status net.request_status, message text, response net.http_response);

create table net.http_request_queue (
    id bigserial primary key,
    method text not null,
    url text not null,
    headers jsonb,
    body bytea,
    timeout_milliseconds integer not null
);
create table net._http_response (
    id bigint,
    status_code integer,
    content_type text,
    headers jsonb,
    content text,
    timed_out boolean,
    error_msg text,
    created timestamptz not null default now()
);

create function net.http_get(
    url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000
) returns bigint
language sql volatile security definer
set search_path = pg_catalog, pg_temp
begin atomic
    insert into net.http_request_queue (method, url, headers, timeout_milliseconds)
    values ('GET', url, headers, timeout_milliseconds) returning id;
end;
create function net.http_post(
    url text, body jsonb default '{}', params jsonb default '{}',
    headers jsonb default '{"Content-Type": "application/json"}', timeout_milliseconds integer default 5000
) returns bigint
language sql volatile security definer
set search_path = pg_catalog, pg_temp
begin atomic
    insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
    values ('POST', url, headers, convert_to(body::text, 'UTF8'), timeout_milliseconds) returning id;
end;
create function net.http_delete(
    url text, params jsonb default '{}', headers jsonb default '{}', timeout_milliseconds integer default 5000,
    body jsonb default null
) returns bigint
language sql volatile security definer
set search_path = pg_catalog, pg_temp
begin atomic
    insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
    values ('DELETE', url, headers, convert_to(body::text, 'UTF8'), timeout_milliseconds) returning id;
end;
create function net.http_collect_response(request_id bigint, async boolean default true)
returns net.http_response_result
language sql stable
return row('PENDING', 'request is pending, and stays so: nothing is sent from here', null)::net.http_response_result;

grant usage on schema net to anon, authenticated, service_role;
