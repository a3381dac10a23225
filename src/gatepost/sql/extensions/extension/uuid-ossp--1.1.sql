-- uuid-ossp for servers that come without it. Names and results are the original's; every name is qualified or pinned,
-- since this runs as the superuser with the target schema on the path.

create function uuid_nil() returns uuid language sql immutable strict parallel safe
return '00000000-0000-0000-0000-000000000000'::pg_catalog.uuid;
create function uuid_ns_dns() returns uuid language sql immutable strict parallel safe
return '6ba7b810-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid;
create function uuid_ns_url() returns uuid language sql immutable strict parallel safe
return '6ba7b811-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid;
create function uuid_ns_oid() returns uuid language sql immutable strict parallel safe
return '6ba7b812-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid;
create function uuid_ns_x500() returns uuid language sql immutable strict parallel safe
return '6ba7b814-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid;

create function uuid_generate_v4() returns uuid language sql volatile strict parallel safe
return pg_catalog.gen_random_uuid();

-- Time in units of 100 ns since 1582, and a random node with its multicast bit set (no machine's own address).
create function uuid_generate_v1mc() returns uuid
language plpgsql volatile strict parallel safe
set search_path = pg_catalog
as $$
declare
    now bigint := (extract(epoch from clock_timestamp()) * 10000000)::bigint + 122192928000000000;
    ticks text := lpad(to_hex(now), 16, '0');
    random bytea := uuid_send(gen_random_uuid());
begin
    return (
        substr(ticks, 9, 8) || substr(ticks, 5, 4) || '1' || substr(ticks, 2, 3)
        || lpad(to_hex((get_byte(random, 9) & 63) | 128), 2, '0') || encode(substr(random, 11, 1), 'hex')
        || lpad(to_hex(get_byte(random, 0) | 1), 2, '0') || encode(substr(random, 12, 5), 'hex')
    )::uuid;
end $$;

-- The original takes this machine's network address; a database has no business telling it.
create function uuid_generate_v1() returns uuid
language plpgsql volatile strict parallel safe
as $$ begin return @extschema@.uuid_generate_v1mc(); end $$;

create function uuid_generate_v3(namespace uuid, name text) returns uuid
language plpgsql immutable strict parallel safe
set search_path = pg_catalog
as $$
declare
    hash bytea := decode(md5(uuid_send(namespace) || convert_to(name, getdatabaseencoding())), 'hex');
begin
    hash := set_byte(hash, 6, (get_byte(hash, 6) & 15) | 48);
    return encode(set_byte(hash, 8, (get_byte(hash, 8) & 63) | 128), 'hex')::uuid;
end $$;

-- SHA-1 (FIPS 180-4), which core PostgreSQL lacks. Not for secrets.
create function _uuid_sha1(message bytea) returns bytea
language plpgsql immutable strict parallel safe
set search_path = pg_catalog
as $$
declare
    mask constant bigint := 4294967295; -- 32 bits
    h bigint[] := array[1732584193, 4023233417, 2562383102, 271733878, 3285377520];
    v bigint[];
    w bigint[];
    f bigint;
    k bigint;
    x bigint;
    place integer;
begin
    message := message || '\x80'::bytea
        || decode(repeat('00', (55 - length(message) % 64 + 64) % 64), 'hex')
        || int8send(length(message)::bigint * 8);
    for block in 0 .. length(message) / 64 - 1 loop
        w := array_fill(0::bigint, array[80]);
        for i in 0 .. 15 loop
            place := block * 64 + i * 4;
            w[i + 1] := (get_byte(message, place)::bigint << 24) | (get_byte(message, place + 1) << 16)
                | (get_byte(message, place + 2) << 8) | get_byte(message, place + 3);
        end loop;
        for i in 17 .. 80 loop
            x := w[i - 3] # w[i - 8] # w[i - 14] # w[i - 16];
            w[i] := ((x << 1) & mask) | (x >> 31);
        end loop;
        v := h;
        for i in 1 .. 80 loop
            if i <= 20 then
                f := (v[2] & v[3]) | ((v[2] # mask) & v[4]); k := 1518500249;
            elsif i <= 40 then
                f := v[2] # v[3] # v[4]; k := 1859775393;
            elsif i <= 60 then
                f := (v[2] & v[3]) | (v[2] & v[4]) | (v[3] & v[4]); k := 2400959708;
            else
                f := v[2] # v[3] # v[4]; k := 3395469782;
            end if;
            x := ((((v[1] << 5) & mask) | (v[1] >> 27)) + f + v[5] + k + w[i]) & mask;
            v := array[x, v[1], ((v[2] << 30) & mask) | (v[2] >> 2), v[3], v[4]];
        end loop;
        for i in 1 .. 5 loop
            h[i] := (h[i] + v[i]) & mask;
        end loop;
    end loop;
    return decode((select string_agg(lpad(to_hex(word), 8, '0'), '') from unnest(h) as word), 'hex');
end $$;

create function uuid_generate_v5(namespace uuid, name text) returns uuid
language plpgsql immutable strict parallel safe
set search_path = pg_catalog
as $$
declare
    name_bytes bytea := convert_to(name, getdatabaseencoding());
    hash bytea := substr(@extschema@._uuid_sha1(uuid_send(namespace) || name_bytes), 1, 16);
begin
    hash := set_byte(hash, 6, (get_byte(hash, 6) & 15) | 80);
    return encode(set_byte(hash, 8, (get_byte(hash, 8) & 63) | 128), 'hex')::uuid;
end $$;
