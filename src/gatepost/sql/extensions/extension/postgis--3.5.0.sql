-- A stand-in for postgis: what applications do with places on a map. Points and upright boxes are understood, distances
-- on the earth are good to some ten metres in a thousand kilometres; other shapes are kept as they were written, and
-- functions say that they do not know them. A value is the text that made it, `SRID=4326;POINT(8.54 47.37)`, or the
-- hexadecimal form in which dumps of the original hold points.

create type geometry;
create type geography;

-- Types need functions of PostgreSQL's own: text goes in and out as it is, and of (Point,4326) nothing is kept.
do $$
declare
    kind text;
begin
    foreach kind in array array['geometry', 'geography'] loop
        execute format('create function %1$I_in(cstring) returns %1$I as %2$L language internal immutable strict'
            ' parallel safe', kind, 'textin');
        execute format('create function %1$I_out(%1$I) returns cstring as %2$L language internal immutable strict'
            ' parallel safe', kind, 'textout');
        execute format('create function %1$I_recv(internal) returns %1$I as %2$L language internal immutable strict'
            ' parallel safe', kind, 'textrecv');
        execute format('create function %1$I_send(%1$I) returns bytea as %2$L language internal immutable strict'
            ' parallel safe', kind, 'textsend');
        execute format('create function %1$I_typmod_in(cstring[]) returns integer as %2$L language internal immutable'
            ' strict parallel safe', kind, 'array_ndims');
        execute format(
            'create type %1$I (internallength = variable, input = %2$I, output = %3$I, receive = %4$I, send = %5$I,'
            ' typmod_in = %6$I, delimiter = %7$L, alignment = int4, storage = extended)',
            kind, kind || '_in', kind || '_out', kind || '_recv', kind || '_send', kind || '_typmod_in', ':'
        );
        execute format('create function %1$I_eq(%1$I, %1$I) returns boolean as %2$L language internal immutable strict'
            ' parallel safe', kind, 'byteaeq');
        execute format('create function %1$I_lt(%1$I, %1$I) returns boolean as %2$L language internal immutable strict'
            ' parallel safe', kind, 'bytealt');
        execute format('create function %1$I_le(%1$I, %1$I) returns boolean as %2$L language internal immutable strict'
            ' parallel safe', kind, 'byteale');
        execute format('create function %1$I_gt(%1$I, %1$I) returns boolean as %2$L language internal immutable strict'
            ' parallel safe', kind, 'byteagt');
        execute format('create function %1$I_ge(%1$I, %1$I) returns boolean as %2$L language internal immutable strict'
            ' parallel safe', kind, 'byteage');
        execute format('create function %1$I_cmp(%1$I, %1$I) returns integer as %2$L language internal immutable strict'
            ' parallel safe', kind, 'byteacmp');
        execute format('create operator = (leftarg = %1$I, rightarg = %1$I, function = %2$I, commutator = =,'
            ' restrict = eqsel, join = eqjoinsel)', kind, kind || '_eq');
        execute format('create operator < (leftarg = %1$I, rightarg = %1$I, function = %2$I)', kind, kind || '_lt');
        execute format('create operator <= (leftarg = %1$I, rightarg = %1$I, function = %2$I)', kind, kind || '_le');
        execute format('create operator > (leftarg = %1$I, rightarg = %1$I, function = %2$I)', kind, kind || '_gt');
        execute format('create operator >= (leftarg = %1$I, rightarg = %1$I, function = %2$I)', kind, kind || '_ge');
        execute format(
            'create operator class %2$I default for type %1$I using btree as operator 1 <, operator 2 <=, operator 3 =,'
            ' operator 4 >=, operator 5 >, function 1 %3$I (%1$I, %1$I)',
            kind, 'btree_' || kind || '_ops', kind || '_cmp'
        );
    end loop;
end $$;

create cast (geometry as text) without function;
create cast (geography as text) without function;
create cast (text as geometry) without function as implicit;
create cast (text as geography) without function as implicit;

-- CREATE INDEX … USING gist is understood; the index helps nobody find anything.
do $$
declare
    kind text;
begin
    create function geometry_index_union(internal, internal) returns bytea
    as '$libdir/btree_gist', 'gbt_bytea_union' language c immutable strict;
    create function geometry_index_compress(internal) returns internal
    as '$libdir/btree_gist', 'gbt_bytea_compress' language c immutable strict;
    create function geometry_index_decompress(internal) returns internal
    as '$libdir/btree_gist', 'gbt_var_decompress' language c immutable strict;
    create function geometry_index_penalty(internal, internal, internal) returns internal
    as '$libdir/btree_gist', 'gbt_bytea_penalty' language c immutable strict;
    create function geometry_index_picksplit(internal, internal) returns internal
    as '$libdir/btree_gist', 'gbt_bytea_picksplit' language c immutable strict;
    create function geometry_index_same(bytea, bytea, internal) returns internal
    as '$libdir/btree_gist', 'gbt_bytea_same' language c immutable strict;
    foreach kind in array array['geometry', 'geography'] loop
        execute format('create function %I(internal, %I, smallint, oid, internal) returns boolean'
            ' as %L, %L language c immutable strict', kind || '_index_consistent', kind, '$libdir/btree_gist',
            'gbt_bytea_consistent');
        execute format(
            'create operator class %2$I default for type %1$I using gist as operator 3 =,'
            ' function 1 %3$I (internal, %1$I, smallint, oid, internal),'
            ' function 2 geometry_index_union (internal, internal), function 3 geometry_index_compress (internal),'
            ' function 4 geometry_index_decompress (internal),'
            ' function 5 geometry_index_penalty (internal, internal, internal),'
            ' function 6 geometry_index_picksplit (internal, internal),'
            ' function 7 geometry_index_same (bytea, bytea, internal), storage bytea',
            kind, 'gist_' || kind || '_ops', kind || '_index_consistent'
        );
    end loop;
exception when undefined_file then null; -- a server without contrib's btree_gist
end $$;

-- IEEE 754, the least significant byte first.
create function geometry_double(bytes bytea) returns double precision
language sql immutable strict parallel safe
return case
    when get_byte(bytes, 7) % 128 = 0 and get_byte(bytes, 6) < 16 then 0::double precision
    else (case when get_byte(bytes, 7) > 127 then -1 else 1 end)
        * (
            1 + (
                ((((((get_byte(bytes, 6) % 16) * 256::double precision + get_byte(bytes, 5)) * 256 + get_byte(bytes, 4)) * 256
                + get_byte(bytes, 3)) * 256 + get_byte(bytes, 2)) * 256 + get_byte(bytes, 1)) * 256 + get_byte(bytes, 0)
            ) / 4503599627370496
        )
        * power(2::double precision, (get_byte(bytes, 7) % 128) * 16 + get_byte(bytes, 6) / 16 - 1023)
end;

-- Numbers of a shape in the order in which they were written: x, y of a point, five such pairs of a box.
create function geometry_numbers(shape text) returns double precision[]
language plpgsql immutable strict parallel safe
as $$
declare
    bytes bytea;
    place integer;
begin
    if shape ~ '^01(01000000|01000020)([0-9A-Fa-f]{8})?[0-9A-Fa-f]{32}$' then
        bytes := decode(shape, 'hex');
        place := length(bytes) - 15;
        return array[
            @extschema@.geometry_double(substring(bytes from place for 8)),
            @extschema@.geometry_double(substring(bytes from place + 8 for 8))
        ];
    end if;
    return array(
        select number[1]::double precision
        from regexp_matches(regexp_replace(shape, '^\s*srid=\d+;', '', 'i'), '[-+]?\d+\.?\d*(?:e[-+]?\d+)?', 'gi')
            as numbers (number)
    );
end $$;

create function geometry_srid(shape text) returns integer
language sql immutable strict parallel safe
return case
    when shape ~ '^0101000020' then ('x' || substr(shape, 17, 2) || substr(shape, 15, 2)
        || substr(shape, 13, 2) || substr(shape, 11, 2))::bit(32)::integer
    else coalesce(substring(shape from '(?i)^\s*srid=(\d+);')::integer, 0)
end;

-- As a point, or an error that says what this stand-in is.
create function geometry_point(shape text) returns double precision[]
language plpgsql immutable strict parallel safe
as $$
begin
    if shape !~* '^(\s*srid=\d+;)?\s*point\s*z?\s*\(' and shape !~ '^0101000' then
        raise exception 'not a point: %', left(shape, 40) using
            errcode = 'feature_not_supported',
            hint = 'postgis is a stand-in here that knows points and boxes. Name a full PostgreSQL with --database-url';
    end if;
    return @extschema@.geometry_numbers(shape);
end $$;

-- {x least, y least, x most, y most} of a point or a box.
create function geometry_box(shape text) returns double precision[]
language plpgsql immutable strict parallel safe
as $$
declare
    numbers double precision[];
begin
    if shape !~* '^(\s*srid=\d+;)?\s*polygon' then
        numbers := @extschema@.geometry_point(shape);
        return array[numbers[1], numbers[2], numbers[1], numbers[2]];
    end if;
    numbers := @extschema@.geometry_numbers(shape);
    if cardinality(numbers) <> 10 or numbers[1:2] <> numbers[9:10]
        or not (numbers[1] = numbers[3] and numbers[2] = numbers[8] and numbers[4] = numbers[6]
            and numbers[5] = numbers[7] or numbers[1] = numbers[7] and numbers[2] = numbers[4]
            and numbers[3] = numbers[5] and numbers[6] = numbers[8]) then
        raise exception 'not a point, nor an upright box: %', left(shape, 40) using
            errcode = 'feature_not_supported',
            hint = 'postgis is a stand-in here that knows points and boxes. Name a full PostgreSQL with --database-url';
    end if;
    return array[
        least(numbers[1], numbers[5]), least(numbers[2], numbers[6]),
        greatest(numbers[1], numbers[5]), greatest(numbers[2], numbers[6])
    ];
end $$;

-- What a value says, without its reference system.
create function geometry_words(shape text) returns text
language sql immutable strict parallel safe
return case
    when shape ~ '^0101000' then format('POINT(%s %s)', (@extschema@.geometry_point(shape))[1],
        (@extschema@.geometry_point(shape))[2])
    else regexp_replace(shape, '^\s*srid=\d+;\s*', '', 'i')
end;
create function geometry_geojson(shape text) returns jsonb
language sql immutable strict parallel safe
return case
    when shape ~* '^(\s*srid=\d+;)?\s*polygon' then (
        with box (edge) as (select @extschema@.geometry_box(shape))
        select jsonb_build_object('type', 'Polygon', 'coordinates', jsonb_build_array(jsonb_build_array(
            jsonb_build_array(edge[1], edge[2]), jsonb_build_array(edge[1], edge[4]), jsonb_build_array(edge[3], edge[4]),
            jsonb_build_array(edge[3], edge[2]), jsonb_build_array(edge[1], edge[2])
        )))
        from box
    )
    else jsonb_build_object('type', 'Point', 'coordinates', to_jsonb(@extschema@.geometry_point(shape)))
end;

create function st_srid(shape geometry) returns integer
language sql immutable strict parallel safe
return @extschema@.geometry_srid(shape::text);
create function st_setsrid(shape geometry, srid integer) returns geometry
language sql immutable strict parallel safe
return (
    case when srid = 0 then '' else format('SRID=%s;', srid) end || @extschema@.geometry_words(shape::text)
)::geometry;
create function st_makepoint(x double precision, y double precision) returns geometry
language sql immutable strict parallel safe
return format('POINT(%s %s)', x, y)::geometry;
create function st_point(x double precision, y double precision) returns geometry
language sql immutable strict parallel safe
return format('POINT(%s %s)', x, y)::geometry;
create function st_point(x double precision, y double precision, srid integer) returns geometry
language sql immutable strict parallel safe
return format('SRID=%s;POINT(%s %s)', srid, x, y)::geometry;
create function st_makeenvelope(
    x1 double precision, y1 double precision, x2 double precision, y2 double precision, srid integer default 0
) returns geometry
language sql immutable strict parallel safe
return (case when srid = 0 then '' else format('SRID=%s;', srid) end
    || format('POLYGON((%1$s %2$s,%1$s %4$s,%3$s %4$s,%3$s %2$s,%1$s %2$s))', x1, y1, x2, y2))::geometry;

create function st_geomfromtext(words text) returns geometry
language sql immutable strict parallel safe
return words::geometry;
create function st_geomfromtext(words text, srid integer) returns geometry
language sql immutable strict parallel safe
return @extschema@.st_setsrid(words::geometry, srid);
create function st_geogfromtext(words text) returns geography
language sql immutable strict parallel safe
return (case when @extschema@.geometry_srid(words) = 0 then 'SRID=4326;' else '' end || words)::geography;
create function st_geographyfromtext(words text) returns geography
language sql immutable strict parallel safe
return @extschema@.st_geogfromtext(words);
create function st_geomfromgeojson(said jsonb) returns geometry
language sql immutable strict parallel safe
return case said ->> 'type'
    when 'Point' then @extschema@.st_point(
        (said -> 'coordinates' ->> 0)::double precision, (said -> 'coordinates' ->> 1)::double precision, 4326
    )
    else format('SRID=4326;%s%s', upper(said ->> 'type'), said -> 'coordinates')::geometry
end;
create function st_geomfromgeojson(said text) returns geometry
language sql immutable strict parallel safe
return @extschema@.st_geomfromgeojson(said::jsonb);

create function st_x(shape geometry) returns double precision
language sql immutable strict parallel safe
return (@extschema@.geometry_point(shape::text))[1];
create function st_y(shape geometry) returns double precision
language sql immutable strict parallel safe
return (@extschema@.geometry_point(shape::text))[2];
create function st_astext(shape geometry) returns text
language sql immutable strict parallel safe
return @extschema@.geometry_words(shape::text);
create function st_astext(shape geography) returns text
language sql immutable strict parallel safe
return @extschema@.geometry_words(shape::text);
create function st_asewkt(shape geometry) returns text
language sql immutable strict parallel safe
return case when @extschema@.geometry_srid(shape::text) = 0 then ''
    else format('SRID=%s;', @extschema@.geometry_srid(shape::text)) end || @extschema@.geometry_words(shape::text);
create function st_asgeojson(shape geometry) returns text
language sql immutable strict parallel safe
return @extschema@.geometry_geojson(shape::text)::text;
create function st_asgeojson(shape geography) returns text
language sql immutable strict parallel safe
return @extschema@.geometry_geojson(shape::text)::text;

-- Between geometry and geography, and into JSON, as the original has it.
create function geography(shape geometry) returns geography
language sql immutable strict parallel safe
return (case when @extschema@.geometry_srid(shape::text) = 0 then 'SRID=4326;' else '' end || shape::text)::geography;
create function geometry(shape geography) returns geometry
language sql immutable strict parallel safe
return (case when @extschema@.geometry_srid(shape::text) = 0 then 'SRID=4326;' else '' end || shape::text)::geometry;
create function geometry_jsonb(shape geometry) returns jsonb
language sql immutable strict parallel safe
return @extschema@.geometry_geojson(shape::text);
create function geometry_json(shape geometry) returns json
language sql immutable strict parallel safe
return @extschema@.geometry_geojson(shape::text)::json;
create cast (geometry as geography) with function geography(geometry) as implicit;
create cast (geography as geometry) with function geometry(geography);
create cast (geometry as jsonb) with function geometry_jsonb(geometry);
create cast (geometry as json) with function geometry_json(geometry);

-- Metres between two points given in degrees, on the ellipsoid of WGS 84, by Lambert's formula for long lines.
create function geometry_metres(x1 double precision, y1 double precision, x2 double precision, y2 double precision)
returns double precision
language plpgsql immutable strict parallel safe
as $$
declare
    axis constant double precision := 6378137;
    flattening constant double precision := 1 / 298.257223563;
    b1 double precision := atan((1 - flattening) * tan(radians(y1)));
    b2 double precision := atan((1 - flattening) * tan(radians(y2)));
    half double precision := least(1, sqrt(
        sin((b2 - b1) / 2) ^ 2 + cos(b1) * cos(b2) * sin(radians(x2 - x1) / 2) ^ 2
    ));
    angle double precision := 2 * asin(half);
    p double precision := (b1 + b2) / 2;
    q double precision := (b2 - b1) / 2;
begin
    if angle = 0 then
        return 0;
    end if;
    if half > 0.9999999 then
        return axis * angle * (1 - flattening / 2);
    end if;
    return axis * (angle - flattening / 2 * (
        (angle - sin(angle)) * sin(p) ^ 2 * cos(q) ^ 2 / cos(angle / 2) ^ 2
        + (angle + sin(angle)) * cos(p) ^ 2 * sin(q) ^ 2 / half ^ 2
    ));
end $$;

create function st_distance(one geography, other geography, use_spheroid boolean default true)
returns double precision
language sql immutable strict parallel safe
return @extschema@.geometry_metres(
    (@extschema@.geometry_point(one::text))[1], (@extschema@.geometry_point(one::text))[2],
    (@extschema@.geometry_point(other::text))[1], (@extschema@.geometry_point(other::text))[2]
);
create function st_distance(one geometry, other geometry) returns double precision
language sql immutable strict parallel safe
return sqrt(
    ((@extschema@.geometry_point(one::text))[1] - (@extschema@.geometry_point(other::text))[1]) ^ 2
    + ((@extschema@.geometry_point(one::text))[2] - (@extschema@.geometry_point(other::text))[2]) ^ 2
);
create function st_distancesphere(one geometry, other geometry) returns double precision
language sql immutable strict parallel safe
return @extschema@.st_distance(one::geography, other::geography);
create function st_dwithin(one geography, other geography, metres double precision, use_spheroid boolean default true)
returns boolean
language sql immutable strict parallel safe
return @extschema@.st_distance(one, other) <= metres;
create function st_dwithin(one geometry, other geometry, distance double precision) returns boolean
language sql immutable strict parallel safe
return @extschema@.st_distance(one, other) <= distance;
create function geography_apart(one geography, other geography) returns double precision
language sql immutable strict parallel safe
return @extschema@.st_distance(one, other);
create function geometry_apart(one geometry, other geometry) returns double precision
language sql immutable strict parallel safe
return @extschema@.st_distance(one, other);
create operator <-> (leftarg = geography, rightarg = geography, function = geography_apart, commutator = <->);
create operator <-> (leftarg = geometry, rightarg = geometry, function = geometry_apart, commutator = <->);

-- Of points and boxes.
create function st_intersects(one geometry, other geometry) returns boolean
language sql immutable strict parallel safe
return (@extschema@.geometry_box(one::text))[1] <= (@extschema@.geometry_box(other::text))[3]
    and (@extschema@.geometry_box(one::text))[3] >= (@extschema@.geometry_box(other::text))[1]
    and (@extschema@.geometry_box(one::text))[2] <= (@extschema@.geometry_box(other::text))[4]
    and (@extschema@.geometry_box(one::text))[4] >= (@extschema@.geometry_box(other::text))[2];
create function st_covers(one geometry, other geometry) returns boolean
language sql immutable strict parallel safe
return (@extschema@.geometry_box(one::text))[1] <= (@extschema@.geometry_box(other::text))[1]
    and (@extschema@.geometry_box(one::text))[2] <= (@extschema@.geometry_box(other::text))[2]
    and (@extschema@.geometry_box(one::text))[3] >= (@extschema@.geometry_box(other::text))[3]
    and (@extschema@.geometry_box(one::text))[4] >= (@extschema@.geometry_box(other::text))[4];
create function st_contains(one geometry, other geometry) returns boolean
language sql immutable strict parallel safe
return @extschema@.st_covers(one, other);
create function st_within(one geometry, other geometry) returns boolean
language sql immutable strict parallel safe
return @extschema@.st_covers(other, one);
create operator && (leftarg = geometry, rightarg = geometry, function = st_intersects, commutator = &&);

create function postgis_version() returns text language sql immutable parallel safe
return '3.5 USE_GEOS=0 USE_PROJ=0 USE_STATS=0';

-- What comparisons of databases name.
create table spatial_ref_sys (
    srid integer primary key, auth_name varchar(256), auth_srid integer, srtext varchar(2048), proj4text varchar(2048)
);
insert into spatial_ref_sys (srid, auth_name, auth_srid, proj4text)
values (4326, 'EPSG', 4326, '+proj=longlat +datum=WGS84 +no_defs');
grant select on spatial_ref_sys to public;
