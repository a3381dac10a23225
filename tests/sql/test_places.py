"""The stand-in for postgis: points and boxes, as applications put them on a map."""

import psycopg
import pytest

from tests.conftest import Connect, FreshDatabase, Needs

Session = psycopg.Connection[tuple[object, ...]]
ZURICH, BERN = "SRID=4326;POINT(8.54 47.37)", "SRID=4326;POINT(7.44 46.95)"
# As a dump of the original has it: little endian, with its reference system, and without.
DUMPED = "0101000020E61000000E4FAF946565E13F4E62105839B44A40"
SHOPS = """
create extension postgis with schema extensions;
create table public.shops (
    name text primary key, location extensions.geography(Point, 4326), at geometry(POINT, 4326),
    latitude double precision generated always as (extensions.st_y(location::extensions.geometry)) stored
);
create index on public.shops using gist (location);
create index on public.shops using gist (at);
"""


@pytest.fixture(scope="module")
def shops(connect: Connect, fresh_database: FreshDatabase, needs: Needs) -> Session:
    needs("the embedded PostgreSQL")
    owner = connect("postgres", fresh_database("supabase"))
    owner.execute(SHOPS)
    owner.execute("insert into shops values ('here', st_setsrid(st_makepoint(8.54, 47.37), 4326)::geography,"
                  " st_point(8.54, 47.37, 4326)), ('there', %s, null), ('kept', %s, null)", (BERN, DUMPED))  # fmt: skip
    return owner


def one(session: Session, query: str, *parameters: object) -> object:
    row = session.execute(query, parameters).fetchone()  # pyright: ignore
    return row[0] if row else None


def test_a_point_is_kept_and_taken_apart(shops: Session) -> None:
    assert one(shops, "select location::text from shops where name = 'here'") == ZURICH
    assert shops.execute("select name, latitude from shops order by 2").fetchall() == [
        ("there", 46.95), ("here", 47.37), ("kept", 53.408)
    ]  # fmt: skip
    assert one(shops, "select st_x(location::geometry) from shops where name = 'kept'") == 0.5436275390625
    assert one(shops, "select st_srid(location::geometry) from shops where name = 'kept'") == 4326


@pytest.mark.parametrize(
    ("one_place", "other", "metres"),
    [
        (ZURICH, BERN, 95_590),
        ("POINT(-118.4079 33.9434)", "POINT(2.5559 49.0083)", 9_124_665),  # Los Angeles to Paris
        ("POINT(0 0)", "POINT(180 0)", 20_003_931),
        ("POINT(1 1)", "POINT(1 1)", 0),
    ],
)
def test_distances_on_the_earth(shops: Session, one_place: str, other: str, metres: float) -> None:
    far = one(shops, "select st_distance(%s::geography, %s::geography)", one_place, other)
    assert far == pytest.approx(metres, rel=1e-5)


def test_what_is_near_is_found(shops: Session) -> None:
    nearest = "select name from shops order by location <-> st_point(7, 46)::geography limit 1"
    assert one(shops, nearest) == "there"
    near = "select name from shops where st_dwithin(location, %s::geography, 100000) order by 1"
    assert shops.execute(near, (BERN,)).fetchall() == [("here",), ("there",)]
    assert one(shops, "select name from shops where at && st_makeenvelope(8, 47, 9, 48, 4326)") == "here"
    assert (
        one(shops, "select st_within(at, st_makeenvelope(9, 47, 10, 48, 4326)) from shops where at is not null")
        is False
    )


def test_in_json_a_geometry_is_geojson(shops: Session) -> None:
    point = {"type": "Point", "coordinates": [8.54, 47.37]}
    assert one(shops, "select to_jsonb(at) from shops where name = 'here'") == point
    assert one(shops, "select st_asgeojson(location)::jsonb from shops where name = 'here'") == point
    assert (
        one(shops, "select st_astext(st_geomfromgeojson(%s))", '{"type": "Point", "coordinates": [1, 2]}')
        == "POINT(1 2)"
    )


def test_other_shapes_are_kept_and_not_guessed_at(shops: Session) -> None:
    line = "LINESTRING(0 0,1 1)"
    assert one(shops, "select %s::geometry::text", line) == line
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="not a point") as refused, shops.transaction():
        one(shops, "select st_x(%s::geometry)", line)
    assert "--database-url" in str(refused.value.diag.message_hint)
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="nor an upright box"), shops.transaction():
        one(shops, "select st_contains(%s::geometry, st_point(0, 0))", "POLYGON((0 0,1 1,1 0,0 0))")
