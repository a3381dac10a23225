"""REST in PostgREST's place: its own keys, settings in the database, the document at the root, other origins."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import psycopg
import pytest
from msgspec.structs import replace

from gatepost.database.scope import Database
from gatepost.embedded import Server
from gatepost.exchange import Request, Response
from gatepost.identity import ANON, Proof
from gatepost.identity.keys import KeyRing, from_secret
from gatepost.identity.tokens import Tokens
from gatepost.rest.mounted import Mounted, alone, behind_door
from gatepost.settings import DatabaseSettings, RestSettings, Seconds

SECRET = "a secret of more than thirty-two bytes"
SQL = """
create schema api;
comment on schema api is 'Books

All of them.';
grant usage on schema api to anon, authenticated;
create table api.books (id int primary key, title text not null);
create table api.drafts (id int primary key);
insert into api.books values (1, 'Emma'), (2, 'Persuasion'), (3, 'Sanditon');
grant select on api.books to anon, authenticated;
grant select on api.drafts to authenticated;
alter table api.books disable row level security;
alter table api.drafts disable row level security;
create function api.count_books() returns bigint language sql stable as 'select count(*) from api.books';
create function api.add(a int, b int default 1) returns int language sql immutable as 'select a + b';
create function api.setting(name text) returns text language sql stable as 'select current_setting(name, true)';
create function api.configure() returns void language sql as
  $$select set_config('pgrst.db_max_rows', '1', true), set_config('pgrst.server_trace_header', 'x-trace', true)$$;
revoke execute on all functions in schema api from public;
grant execute on function api.count_books(), api.setting(text) to anon, authenticated;
grant execute on function api.add(int, int) to authenticated;
grant execute on function api.configure() to authenticator;
grant usage on schema api to authenticator;
"""
SETTINGS = RestSettings(schemas=("api",), jwt_secret=SECRET, app_settings={"place": "Chawton"})


@dataclass
class Api:
    """A stand-alone API, and ways to ask it."""

    surface: Mounted

    async def ask(self, method: str, target: str, bearer: str | None = None, **headers: str) -> Response:
        path, _, query = target.partition("?")
        sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        proof = Proof(bearer=bearer)
        request = Request(
            method, path, query.encode(), sent, proof=proof, raw_path=path.encode(), base_url="http://api.example"
        )
        return await self.surface(request)

    async def read(self, target: str, bearer: str | None = None) -> Any:
        response = await self.ask("GET", target, bearer)
        assert response.status == 200, response.body
        return msgspec.json.decode(response.body)


def token(role: str) -> str:
    return Tokens(KeyRing([from_secret(SECRET, signs=True)])).sign({"role": role})


def found(response: Response, name: str) -> str | None:
    return next((value.decode() for key, value in response.headers if key == name.encode()), None)


@pytest.fixture(scope="module")
def admin(cluster: Server, database_name: str) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    with psycopg.connect(cluster.dsn(dbname=database_name), autocommit=True) as connection:
        connection.execute(SQL.encode())
        yield connection


@pytest.fixture
async def database(cluster: Server, admin: object, database_name: str) -> AsyncIterator[Database]:
    login = cluster.dsn("authenticator", database_name)
    opened = Database({"authenticator": login}, DatabaseSettings(pool_size=2, lanes=0))
    yield opened
    await opened.close()


async def started(database: Database, settings: RestSettings = SETTINGS) -> Api:
    surface = alone(database, settings)
    await surface.load()
    return Api(surface)


# ------------------------------------------------------------------ the document at the root


async def test_the_document_shows_what_the_role_may_use(database: Database) -> None:
    api = await started(database)
    for_anybody = await api.read("/")
    assert set(for_anybody["paths"]) == {"/", "/books", "/rpc/count_books", "/rpc/setting"}
    for_users = await api.read("/", token("authenticated"))
    assert set(for_users["paths"]) - set(for_anybody["paths"]) == {"/drafts", "/rpc/add"}
    assert for_users["definitions"]["books"]["required"] == ["id", "title"]


async def test_the_document_may_show_everything(database: Database) -> None:
    api = await started(database, replace(SETTINGS, openapi_mode="ignore-privileges"))
    assert {"/books", "/drafts", "/rpc/add", "/rpc/configure"} <= set((await api.read("/"))["paths"])


async def test_the_document_says_where_it_is_and_what_it_is_about(database: Database) -> None:
    api = await started(database)
    document = await api.read("/")
    assert (document["info"]["title"], document["info"]["description"]) == ("Books", "All of them.")
    assert (document["host"], document["basePath"]) == ("api.example:80", "/")


async def test_the_document_is_one_of_its_media_types(database: Database) -> None:
    api = await started(database)
    for accept in ("application/openapi+json", "application/json", "*/*"):
        response = await api.ask("GET", "/", accept=accept)
        assert found(response, "content-type") == "application/openapi+json; charset=utf-8"
    response = await api.ask("GET", "/", accept="text/csv")
    assert (response.status, msgspec.json.decode(response.body)["code"]) == (406, "PGRST107")


async def test_the_root_may_be_off(database: Database) -> None:
    response = await (await started(database, replace(SETTINGS, openapi_mode="disabled"))).ask("GET", "/")
    assert (response.status, msgspec.json.decode(response.body)["code"]) == (404, "PGRST126")


async def test_the_root_may_be_a_function(database: Database) -> None:
    assert await (await started(database, replace(SETTINGS, root_spec="api.count_books"))).read("/") == 3


# ------------------------------------------------------------------ settings of the database


async def test_settings_of_the_login_in_this_database_count(
    database: Database, admin: "psycopg.Connection[tuple[object, ...]]", database_name: str
) -> None:
    api = await started(database)
    assert len(await api.read("/books")) == 3
    admin.execute(f"alter role authenticator in database {database_name} set pgrst.db_max_rows = '2'".encode())
    try:
        await api.surface.load()
        assert len(await api.read("/books")) == 2
        ignoring = await started(database, replace(SETTINGS, database_config=False))
        assert len(await ignoring.read("/books")) == 3
    finally:
        admin.execute(f"alter role authenticator in database {database_name} reset pgrst.db_max_rows".encode())
    await api.surface.load()
    assert len(await api.read("/books")) == 3


async def test_the_time_that_the_login_may_take_holds_where_the_role_has_none(
    database: Database, admin: "psycopg.Connection[tuple[object, ...]]", database_name: str
) -> None:
    admin.execute(f"alter role authenticator in database {database_name} set statement_timeout = '7s'".encode())
    try:
        assert await (await started(database)).read("/rpc/setting?name=statement_timeout") == "7s"
        settings = DatabaseSettings(pool_size=1, lanes=0, statement_timeout=Seconds(2))
        own = Database({"authenticator": database.conninfo("authenticator")}, settings)
        assert await (await started(own)).read("/rpc/setting?name=statement_timeout") == "2s"
        await own.close()
    finally:
        admin.execute(f"alter role authenticator in database {database_name} reset statement_timeout".encode())


async def test_a_function_may_set_what_the_login_does_not(
    database: Database, admin: "psycopg.Connection[tuple[object, ...]]", database_name: str
) -> None:
    api = await started(database, replace(SETTINGS, pre_config="api.configure"))
    assert len(await api.read("/books")) == 1
    assert found(await api.ask("GET", "/books", x_trace="abc"), "x-trace") == "abc"
    admin.execute(f"alter role authenticator in database {database_name} set pgrst.db_max_rows = '2'".encode())
    try:
        await api.surface.load()
        assert len(await api.read("/books")) == 2
    finally:
        admin.execute(f"alter role authenticator in database {database_name} reset pgrst.db_max_rows".encode())


async def test_settings_that_make_no_sense_leave_the_server_as_it_was(
    database: Database, admin: "psycopg.Connection[tuple[object, ...]]", database_name: str
) -> None:
    api = await started(database)
    admin.execute(f"alter role authenticator in database {database_name} set pgrst.db_max_rows = 'many'".encode())
    try:
        with pytest.raises(Exception, match="max_rows"):
            await api.surface.load()
        assert len(await api.read("/books")) == 3
    finally:
        admin.execute(f"alter role authenticator in database {database_name} reset pgrst.db_max_rows".encode())


async def test_behind_a_front_door_they_count_too(
    database: Database, admin: "psycopg.Connection[tuple[object, ...]]", database_name: str
) -> None:
    surface = behind_door(database, SETTINGS, lambda _: ANON)
    await surface.load()
    api = Api(surface)
    counting = "/books?select=id.count()"
    assert (await api.ask("GET", counting)).status == 400
    admin.execute(
        f"alter role authenticator in database {database_name} set pgrst.db_aggregates_enabled = 'true'".encode()
    )
    try:
        await surface.load()
        assert await api.read(counting) == [{"count": 3}]
    finally:
        admin.execute(
            f"alter role authenticator in database {database_name} reset pgrst.db_aggregates_enabled".encode()
        )


async def test_an_applications_own_settings_are_readable_in_sql(database: Database) -> None:
    api = await started(database)
    assert await api.read("/rpc/setting?name=app.settings.place") == "Chawton"


# ------------------------------------------------------------------ headers


async def test_server_timing_where_it_is_asked_for(database: Database) -> None:
    assert found(await (await started(database)).ask("GET", "/books"), "server-timing") is None
    api = await started(database, replace(SETTINGS, timing=True))
    for target in ("/books", "/books", "/"):
        steps = (found(await api.ask("GET", target), "server-timing") or "").split(", ")
        assert [step.partition(";dur=")[0] for step in steps] == ["jwt", "parse", "plan", "transaction", "response"]
        assert all(float(step.partition(";dur=")[2]) >= 0 for step in steps)


async def test_the_trace_header_comes_back(database: Database) -> None:
    api = await started(database, replace(SETTINGS, trace_header="X-Request-Id"))
    assert found(await api.ask("GET", "/books", x_request_id="7"), "x-request-id") == "7"
    assert found(await api.ask("GET", "/nothing", x_request_id="8"), "x-request-id") == "8"
    assert found(await api.ask("GET", "/books"), "x-request-id") is None


async def test_origins_are_those_that_are_listed(database: Database) -> None:
    api = await started(database, replace(SETTINGS, cors_origins=("http://a.example",)))
    listed = await api.ask("GET", "/books", origin="http://a.example")
    other = await api.ask("GET", "/books", origin="http://b.example")
    assert found(listed, "access-control-allow-origin") == "http://a.example"
    assert found(other, "access-control-allow-origin") is None
