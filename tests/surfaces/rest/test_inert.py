"""Which relations may be read in company: what a real PostgreSQL says of policies, views, functions and types."""

import psycopg
import pytest

from gatepost.catalog import Catalog, Name
from gatepost.database.facts.introspect import introspect
from gatepost.database.scope import Database

SQL = """
create function library.mine() returns uuid language plpgsql stable as 'begin return auth.uid(); end';
create table library.guarded (id int, owner uuid);
alter table library.guarded enable row level security;
create policy mine on library.guarded using (owner = library.mine());
create table library.shared (id int, owner uuid);
alter table library.shared enable row level security;
create policy theirs on library.shared for select
  using (owner = (select auth.uid()) or id = any (array(select reader_id from library.loans)));
create policy written on library.shared for insert with check (owner = library.mine());
create table library.indirect (id int);
alter table library.indirect enable row level security;
create policy through on library.indirect using (exists (select from library.guarded g where g.id = indirect.id));
create view library.slow as select id, pg_sleep(0)::text as nap from library.books;
create view library.over_slow as select id from library.slow;
create view library.plain as select b.title, count(*) as loans from library.books b
  left join library.loans l on l.book_id = b.id where b.pages > 10 group by b.title order by 2 desc;
create domain library.positive as int check (value > 0);
create table library.domains (n library.positive);
create type library.point as (x int, y int);
create table library.points (p library.point);
create type library.colour as enum ('red');
create function library.paint(library.colour) returns text language plpgsql stable as 'begin return 1; end';
create cast (library.colour as text) with function library.paint(library.colour) as implicit;
create table library.painted (c library.colour);
create table library.populated (p int);
alter table library.populated enable row level security;
create policy filled on library.populated
  using (to_jsonb(jsonb_populate_record(null::library.domains, auth.jwt())) ->> 'n' = '1');
create table library.listed (id int);
alter table library.listed enable row level security;
create policy held on library.listed
  using (exists (select from jsonb_array_elements(auth.jwt() -> 'ids') as held (value) where value = to_jsonb(id)));
create table library.recorded (id int);
alter table library.recorded enable row level security;
create policy held on library.recorded
  using (exists (select from jsonb_to_recordset(auth.jwt() -> 'ids') as held (n library.positive) where held.n = id));
create table library.called (id int);
alter table library.called enable row level security;
create policy held on library.called using (exists (select from library.mine() as held (n) where held.n is null));
"""

# PostgreSQL 15 has no such function.
FROM_16 = """
create table library.validated (t text);
alter table library.validated enable row level security;
create policy valid on library.validated using (pg_input_is_valid(t, 'library.positive'));
"""


@pytest.fixture
async def catalog(admin: "psycopg.Connection[tuple[object, ...]]", database: Database) -> Catalog:
    admin.execute("drop view if exists library.over_slow, library.slow, library.plain")
    admin.execute("drop table if exists library.painted, library.populated, library.validated")
    admin.execute("drop table if exists library.listed, library.recorded, library.called")
    admin.execute("drop type if exists library.colour cascade")
    admin.execute(
        "drop table if exists library.guarded, library.shared, library.indirect, library.domains, library.points"
    )
    admin.execute("drop function if exists library.mine()")
    admin.execute("drop domain if exists library.positive")
    admin.execute("drop type if exists library.point")
    admin.execute(SQL.encode())
    if admin.info.server_version >= 160000:
        admin.execute(FROM_16.encode())
    return await introspect(database.system("catalog"), ("library",))


async def test_what_runs_only_postgresqls_own_code_is_inert(catalog: Catalog) -> None:
    expected = {
        "authors",
        "books",
        "readers",
        "loans",
        "covers",
        "shelves",
        "places",
        "novels",
        "writers",
        "members",
        "shared",
        "listed",
        "domains",
        "plain",
    }
    assert {name.name for name in catalog.inert if name.schema == "library"} == expected


async def test_what_an_owner_names_as_harmless_is(
    admin: "psycopg.Connection[tuple[object, ...]]", catalog: Catalog, database: Database
) -> None:
    named = await introspect(
        database.system("catalog"), ("library",), harmless=(Name("library", "mine"), Name("auth", "uid"))
    )
    assert {name.name for name in named.inert - catalog.inert if name.schema == "library"} == {
        "guarded",
        "indirect",
        "called",
    }


@pytest.mark.parametrize("kind", ["create type library.kind as enum ('a')", "create domain library.kind as text"])
async def test_an_operator_on_an_enum_or_a_domain_is_a_hazard(
    admin: "psycopg.Connection[tuple[object, ...]]", database: Database, kind: str
) -> None:
    admin.execute(kind.encode())
    try:
        admin.execute("create table library.kinds (k library.kind)")
        admin.execute(
            "create function library.alike(library.kind, library.kind) returns boolean language plpgsql"
            " as 'begin return true; end'"
        )
        admin.execute(
            "create operator library.= (leftarg = library.kind, rightarg = library.kind, function = library.alike)"
        )
        found = await introspect(database.system("catalog"), ("library",))
    finally:
        admin.execute("drop type library.kind cascade; drop table if exists library.kinds")
    assert Name("library", "kinds") in found.inert
    assert "=" in found.hazards
