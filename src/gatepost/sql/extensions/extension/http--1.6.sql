-- A stand-in: functions that use the http extension load; calling one is an error that says so.

create domain http_method as text;
create type http_header as (field varchar, value varchar);
create type http_response as (status integer, content_type varchar, headers http_header[], content varchar);
create type http_request as (
    method http_method, uri varchar, headers http_header[], content_type varchar, content varchar
);

create function http(request http_request) returns http_response
language plpgsql volatile
as $$
begin
    -- Tests fetch their helpers from there; those are here already, and what is looked up is not needed.
    if request.uri like 'https://api.database.dev/%' then
        return row(503, 'application/json'::varchar, null::@extschema@.http_header[], '[]'::varchar);
    end if;
    raise exception 'http() is not available: this database sends no requests' using
        errcode = 'feature_not_supported', hint = 'Send them from your application, or use a full PostgreSQL';
end $$;

create function http_header(field varchar, value varchar) returns http_header
language sql immutable
return row(field, value)::@extschema@.http_header;
create function http_get(uri varchar) returns http_response
language sql volatile
return @extschema@.http(row('GET', uri, null, null, null)::@extschema@.http_request);
create function http_get(uri varchar, data jsonb) returns http_response
language sql volatile
return @extschema@.http(row('GET', uri, null, null, null)::@extschema@.http_request);
create function http_post(uri varchar, content varchar, content_type varchar) returns http_response
language sql volatile
return @extschema@.http(row('POST', uri, null, content_type, content)::@extschema@.http_request);
create function http_put(uri varchar, content varchar, content_type varchar) returns http_response
language sql volatile
return @extschema@.http(row('PUT', uri, null, content_type, content)::@extschema@.http_request);
create function http_delete(uri varchar) returns http_response
language sql volatile
return @extschema@.http(row('DELETE', uri, null, null, null)::@extschema@.http_request);
create function http_patch(uri varchar, content varchar, content_type varchar) returns http_response
language sql volatile
return @extschema@.http(row('PATCH', uri, null, content_type, content)::@extschema@.http_request);
create function http_head(uri varchar) returns http_response
language sql volatile
return @extschema@.http(row('HEAD', uri, null, null, null)::@extschema@.http_request);

-- Options of requests that are never sent.
create function http_set_curlopt(curlopt varchar, value varchar) returns boolean language sql volatile return true;
create function http_reset_curlopt() returns boolean language sql volatile return true;
create function http_list_curlopt(out curlopt text, out value text) returns setof record language sql volatile
begin atomic
    select null::text, null::text where false;
end;
