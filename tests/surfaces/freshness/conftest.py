"""One project, served three times: claims are looked up at each request, once a token is old, or never. And five ways
in, each of which says whether it let somebody in.
"""

from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from gatepost.exchange import Request
from gatepost.identity import Identity
from gatepost.identity.keys import KeyRing, from_jwk, from_secret
from gatepost.identity.tokens import Tokens
from gatepost.orm import Client
from gatepost.orm.http import rpc
from gatepost.project import state
from tests.serving import Serve, Served
from tests.surfaces.people import Person

SQL = """
create table public.notes (
  id bigint generated always as identity primary key,
  owner uuid not null default auth.uid(),
  body text not null
);
create policy "Own notes." on public.notes to authenticated
  using (owner = (select auth.uid())) with check (owner = (select auth.uid()));
grant select, insert on public.notes to authenticated;
create table public.tasks (id int primary key, tenant_id uuid not null, title text not null);
create policy "Of the tenant." on public.tasks for select to authenticated
  using (tenant_id = (select auth_ext.tenant_id()) and (select auth_ext.has_permission('p:todo')));
grant select on public.tasks to authenticated;
select app_fn.create_anchor_tenant('Anchor Tenant');
select app_fn.create_tenant('First', 'first', null, 'customer');
insert into public.tasks select 1, id, 'A task' from app.tenant where identifier = 'first';

create function public.told() returns jsonb language sql volatile as $$
  select jsonb_build_object('plural', current_setting('request.jwt.claims')::jsonb, 'user', auth.uid(),
    'jwt', auth.jwt(), 'email', auth.email(), 'role', current_user)
$$;
grant execute on function public.told() to anon, authenticated;

create function public.each_request(claims jsonb) returns jsonb language sql stable as $$
  select claims || jsonb_build_object('user_metadata', jsonb_build_object(
    'notes', (select count(*) from public.notes n where n.owner::text = claims ->> 'sub'), 'as', current_user))
$$;
create table public.prizes (id int primary key);
create policy "For writers." on public.prizes for select to authenticated
  using ((select auth.jwt() #>> '{user_metadata,notes}')::int > 0);
grant select on public.prizes to authenticated;
insert into public.prizes values (1);
"""
SETTINGS = """
[project]
modules = ["tenancy"]
[rest]
schemas = ["public", "app_api"]
[graphql]
schemas = ["public"]
session_check = "1h"
[[graphql.subscriptions]]
field = "noteWritten"
arguments = { owner = "UUID!" }
channel = "notes:{owner}"
authorize = "none"
payload.note = { row = "public.notes", by = { id = "id" } }
"""
ZMODEL = """
datasource db { provider = "postgresql" }
model Note {
  id BigInt @id @default(autoincrement())
  owner String @db.Uuid
  body String
  @@map("notes")
  @@allow("all", true)
}
"""
Told = tuple[int, str]


# A project of Gatepost's is bounded by itself.
FURTHER = {
    "strict": '[claims]\nfreshness = "strict"\n',
    "bounded": '[tenancy]\nclaims_in = "user_metadata"\n',
    "cached": '[claims]\nfreshness = "cached"\nper_request = "public.each_request"\n',
}


def lay_out(freshness: str) -> Callable[[Path], None]:
    def prepare(folder: Path) -> None:
        (folder / "migrations").mkdir()
        (folder / "migrations" / "0001_notes.sql").write_text(SQL)
        (folder / "gatepost.toml").write_text(SETTINGS + FURTHER[freshness])

    return prepare


@pytest.fixture(scope="session")
def served_as(served: Serve) -> Callable[[str], Served]:
    """The project with that freshness, started when it is first asked for."""
    return cache(lambda freshness: served(lay_out(freshness)))


@cache
def verifier(url: str, secret: str) -> Tokens:
    """What verifies a project's tokens, and signs others with its secret."""
    keys = httpx.get(f"{url}/auth/v1/.well-known/jwks.json").json()["keys"]
    return Tokens(KeyRing([*map(from_jwk, keys), from_secret(secret, signs=True)]))


def ring(server: Served) -> Tokens:
    return verifier(server.url, server.jwt_secret)


def claims_of(person: Person) -> dict[str, Any]:
    return dict(ring(person.server).verify(person.token))


def with_claims(person: Person, **changes: Any) -> Person:
    """The same with another token: changed members, None for one that is not there."""
    claims = {name: value for name, value in (claims_of(person) | changes).items() if value is not None}
    return Person(person.server, person.id, person.email, ring(person.server).sign(claims))


def aged(person: Person, seconds: int) -> Person:
    """The same with a token that was issued so long ago."""
    return with_claims(person, iat=claims_of(person)["iat"] - seconds)


# ------------------------------------------------------------------ the ways in: a status, and why not


async def read(person: Person) -> Told:
    """A read over REST, which shares its connection."""
    return of_rest(person.ask("GET", "/rest/v1/notes?select=body"))


async def call(person: Person) -> Told:
    """A function over REST, which has its connection for itself."""
    return of_rest(person.ask("POST", "/rest/v1/rpc/told", {}))


def of_rest(answer: httpx.Response) -> Told:
    if answer.is_success:
        return answer.status_code, ""
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert (answer.json()["code"], answer.json()["details"]) == ("PT401", None)
    return answer.status_code, answer.json()["message"]


async def query(person: Person) -> Told:
    return of_graphql(person, "{ notes { nodes { body } } }")


async def mutate(person: Person) -> Told:
    return of_graphql(person, 'mutation { createNote(input: {note: {body: "a"}}) { note { body } } }')


def of_graphql(person: Person, document: str) -> Told:
    answer = person.ask("POST", "/graphql", {"query": document})
    told = answer.json()
    if answer.status_code == 200:
        assert "errors" not in told, told
        return 200, ""
    assert "data" not in told
    return answer.status_code, told["errors"][0]["message"]


async def orm(person: Person, freshness: str) -> Told:
    """A read of the client's over HTTP, in a program of the project's own."""
    known = state.read(person.server.folder / ".gatepost")
    assert known is not None
    dsn, tokens = known.logins["authenticator"], ring(person.server)
    async with Client.connect(ZMODEL, dsn, guard="database", freshness=freshness) as client:

        def bound(request: Request) -> Client:
            return client.set_auth(identified(tokens, request))

        transport = httpx.ASGITransport(rpc(ZMODEL, bound))
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as http:
            answer = await http.get("/note/findMany", headers={"Authorization": f"Bearer {person.token}"})
    if answer.status_code == 200:
        return 200, ""
    assert answer.json()["error"]["dbErrorCode"] == "PT401"
    return answer.status_code, answer.json()["error"]["message"].removeprefix("Failed to execute query: ")


async def orm_told(person: Person, freshness: str, **further: Any) -> dict[str, Any]:
    """What the database knows of somebody in a transaction of the client's that began as nobody."""
    known = state.read(person.server.folder / ".gatepost")
    assert known is not None
    options = {"guard": "database", "freshness": freshness, "allow_raw_sql": True, **further}
    async with Client.connect(ZMODEL, known.logins["authenticator"], **options) as client, client.transaction() as tx:
        assert (await tx.query_raw("select current_user as me"))[0]["me"] == "anon"
        bound = tx.set_auth(ring(person.server).identify(person.token))
        [row] = await bound.query_raw("select public.told() as told")
    return row["told"] if isinstance(row["told"], dict) else msgspec.json.decode(row["told"])


def identified(tokens: Tokens, request: Request) -> Identity:
    return tokens.identify((request.header(b"authorization") or "").removeprefix("Bearer "))


SETTING = {"strict": "strict", "bounded": "bounded:60", "cached": "cached"}
WAYS: dict[str, Callable[[Person, str], Awaitable[Told]]] = {
    "a read over REST": lambda person, _: read(person),
    "a function over REST": lambda person, _: call(person),
    "a GraphQL query": lambda person, _: query(person),
    "a GraphQL mutation": lambda person, _: mutate(person),
    "the client over HTTP": lambda person, mode: orm(person, SETTING[mode]),
}


async def all_ways(person: Person, mode: str) -> dict[str, Told]:
    """What each way in says to somebody."""
    return {name: await way(person, mode) for name, way in WAYS.items()}


def everywhere(status: int, why: str = "") -> dict[str, Told]:
    """The same said by each of them."""
    return dict.fromkeys(WAYS, (status, why))
