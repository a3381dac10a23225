-- pgjwt: sign and verify JSON Web Tokens with a shared secret (RFC 7515, 7518).

create function url_encode(data bytea) returns text
language sql immutable
return pg_catalog.translate(pg_catalog.encode(data, 'base64'), E'+/=\n', '-_');

create function url_decode(data text) returns bytea
language sql immutable
return pg_catalog.decode(
    pg_catalog.rpad(pg_catalog.translate(data, '-_', '+/'), ((pg_catalog.length(data) + 3) / 4) * 4, '='), 'base64'
);

create function algorithm_sign(signables text, secret text, algorithm text) returns text
language plpgsql immutable
as $$
begin
    if algorithm not in ('HS256', 'HS384', 'HS512') then
        raise exception 'pgjwt: unknown algorithm %', algorithm using errcode = 'invalid_parameter_value';
    end if;
    return @extschema@.url_encode(
        @extschema:pgcrypto@.hmac(signables, secret, 'sha' operator(pg_catalog.||) pg_catalog.substr(algorithm, 3))
    );
end $$;

create function sign(payload json, secret text, algorithm text default 'HS256') returns text
language plpgsql immutable
as $$
declare
    header text := pg_catalog.format('{"alg":"%s","typ":"JWT"}', algorithm);
    signables text := pg_catalog.format(
        '%s.%s',
        @extschema@.url_encode(pg_catalog.convert_to(header, 'UTF8')),
        @extschema@.url_encode(pg_catalog.convert_to(payload::text, 'UTF8'))
    );
begin
    return pg_catalog.format('%s.%s', signables, @extschema@.algorithm_sign(signables, secret, algorithm));
end $$;

create function verify(token text, secret text, algorithm text default 'HS256')
returns table (header json, payload json, valid boolean)
language sql immutable
begin atomic
    select
        pg_catalog.convert_from(@extschema@.url_decode(pg_catalog.split_part(token, '.', 1)), 'UTF8')::json,
        pg_catalog.convert_from(@extschema@.url_decode(pg_catalog.split_part(token, '.', 2)), 'UTF8')::json,
        pg_catalog.split_part(token, '.', 3) = @extschema@.algorithm_sign(
            pg_catalog.format('%s.%s', pg_catalog.split_part(token, '.', 1), pg_catalog.split_part(token, '.', 2)),
            secret,
            algorithm
        );
end;
