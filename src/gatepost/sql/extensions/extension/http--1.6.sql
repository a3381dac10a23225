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
create function http_post(uri varchar, data jsonb) returns http_response
language sql volatile
return @extschema@.http(
    row('POST', uri, null, 'application/x-www-form-urlencoded', data::text)::@extschema@.http_request
);
create function http_delete(uri varchar, content varchar, content_type varchar) returns http_response
language sql volatile
return @extschema@.http(row('DELETE', uri, null, content_type, content)::@extschema@.http_request);

-- Letters, digits and -._~ stay, all else is written as bytes.
create function urlencode(string bytea) returns text language sql immutable strict
begin atomic
    select coalesce(string_agg(
        case when chr(byte) ~ '[A-Za-z0-9._~-]' then chr(byte) else '%' || upper(lpad(to_hex(byte), 2, '0')) end,
        '' order by place
    ), '')
    from (
        select place, get_byte(string, place) as byte from generate_series(0, length(string) - 1) as places (place)
    ) as bytes
    where byte > 0;
end;
create function urlencode(string varchar) returns text language sql immutable strict
return @extschema@.urlencode(convert_to(string, 'UTF8'));
create function urlencode(data jsonb) returns text language sql immutable strict
begin atomic
    select string_agg(
        @extschema@.urlencode(key::varchar) || '=' || @extschema@.urlencode(value::varchar), '&' order by place
    )
    from jsonb_each_text(data) with ordinality as members (key, value, place);
end;
create function text_to_bytea(data text) returns bytea language sql immutable strict
return convert_to(data, 'UTF8');
create function bytea_to_text(data bytea) returns text language sql immutable strict
return convert_from(data, 'UTF8');
