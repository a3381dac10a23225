"""Supabase Auth with a client of the schema: a token's user, as the auth server vouches for it, sees its rows.

The page's three pieces in Python: users are mirrored by triggers and `auth` is not modelled; the user comes from
`get_user()`, which asks the server, not from the session, which anybody may have written; the client is bound to it.
"""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from supabase import AsyncClient, AsyncClientOptions, acreate_client
from supabase_auth.errors import AuthError

from gatepost.evolve import push
from gatepost.orm import Client, NotFound, RejectedByPolicy
from gatepost.project import state
from gatepost.zmodel import load
from tests.serving import Serve, Served
from tests.surfaces.people import Person, newcomer, staff

SCHEMA = """
datasource db { provider = "postgresql" url = env("DATABASE_URL") }

model User {
  id    String @id @db.Uuid
  email String @unique
  posts Post[]
  @@auth
  @@meta("sync", "auth.users")
  @@allow('read', auth().id == id)
}

model Post {
  id        Int     @id @default(autoincrement())
  title     String
  published Boolean @default(false)
  author    User    @relation(fields: [authorId], references: [id], onDelete: Cascade)
  authorId  String  @default(auth().id) @db.Uuid
  @@allow('read', published)
  @@allow('all', auth().id == authorId)
}
"""


def lay_out(folder: Path) -> None:
    """A project with no tables of its own yet."""
    (folder / "migrations").mkdir()
    (folder / "gatepost.toml").write_text("")


@pytest.fixture(scope="module")
async def server(served: Serve) -> Served:
    """A server whose database has the schema, its rules and its triggers."""
    server = served(lay_out)
    await push(load(SCHEMA), server.owner)
    return server


@pytest.fixture(scope="module", params=["database", "query"])
async def db(request: pytest.FixtureRequest, server: Served) -> AsyncIterator[Client]:
    """The application's client, bound to nobody."""
    known = state.read(server.folder / ".gatepost")
    assert known is not None
    login = "authenticator" if request.param == "database" else "owner"
    async with Client.connect(SCHEMA, known.logins[login], guard=request.param) as client:
        yield client


@asynccontextmanager
async def supabase(server: Served) -> AsyncIterator[AsyncClient]:
    """What the page makes with `createServerClient`."""
    async with httpx.AsyncClient(timeout=20) as http:
        settings = AsyncClientOptions(httpx_client=http, auto_refresh_token=False)
        yield await acreate_client(server.url, server.publishable, settings)


async def user_db(server: Served, db: Client, access_token: str | None) -> Client:
    """The client bound to who the token proves: validated by the server; without a user, nobody."""
    async with supabase(server) as client:
        try:
            answer = await client.auth.get_user(access_token) if access_token else None
        except AuthError:
            answer = None
    return db.set_auth({"id": answer.user.id} if answer is not None and answer.user is not None else None)


async def test_users_are_mirrored_by_triggers(server: Served, db: Client) -> None:
    person = newcomer(server)
    bound = await user_db(server, db, person.token)
    assert await bound.user.find_many() == [{"id": person.id, "email": person.email}]
    changed = staff(server).ask("PUT", f"/auth/v1/admin/users/{person.id}", {"email": f"new.{person.email}"})
    assert changed.status_code == 200
    assert (await bound.user.find_unique_or_throw(where={"id": person.id}))["email"] == f"new.{person.email}"
    assert staff(server).ask("DELETE", f"/auth/v1/admin/users/{person.id}").status_code == 200
    assert await bound.user.find_many() == []


async def test_a_validated_user_sees_and_changes_rows_by_policy(server: Served, db: Client) -> None:
    ada, bob = newcomer(server), newcomer(server)
    adas, bobs = await user_db(server, db, ada.token), await user_db(server, db, bob.token)
    nobodys = await user_db(server, db, None)
    draft = await adas.post.create(data={"title": "draft"})
    public = await adas.post.create(data={"title": "public", "published": True})
    assert draft["authorId"] == ada.id
    assert await titles(adas, ada) == ["draft", "public"]
    assert await titles(bobs, ada) == await titles(nobodys, ada) == ["public"]
    with pytest.raises(NotFound):
        await bobs.post.update(where={"id": public["id"]}, data={"title": "taken"})
    with pytest.raises(RejectedByPolicy):
        await bobs.post.create(data={"title": "in her name", "authorId": ada.id})
    with pytest.raises(RejectedByPolicy):
        await nobodys.post.create(data={"title": "of nobody", "authorId": ada.id})
    await adas.post.delete(where={"id": draft["id"]})
    assert await titles(adas, ada) == ["public"]


async def titles(client: Client, author: Person) -> list[str]:
    rows = await client.post.find_many(where={"authorId": author.id}, order_by={"title": "asc"})
    return [row["title"] for row in rows]


async def test_the_same_rows_by_rest_with_the_same_token(server: Served, db: Client) -> None:
    ada, bob = newcomer(server), newcomer(server)
    await (await user_db(server, db, ada.token)).post.create_many(
        data=[{"title": "a"}, {"title": "b", "published": True}]
    )
    server.reload()
    for person in (ada, bob):
        by_rest = [row["title"] for row in person.rows(f"Post?authorId=eq.{ada.id}&order=title")]
        assert by_rest == await titles(await user_db(server, db, person.token), ada)


def forged(token: str, **claims: Any) -> str:
    """A token with other claims under the old signature: what a session in a cookie may hold."""
    head, body, signature = token.split(".")
    held = json.loads(base64.urlsafe_b64decode(body + "=="))
    changed = base64.urlsafe_b64encode(json.dumps({**held, **claims}).encode()).rstrip(b"=").decode()
    return f"{head}.{changed}.{signature}"


async def test_what_the_server_does_not_vouch_for_is_nobody(server: Served, db: Client) -> None:
    ada, bob = newcomer(server), newcomer(server)
    await (await user_db(server, db, ada.token)).post.create(data={"title": "secret"})
    for token in (forged(bob.token, sub=ada.id), "nonsense", ada.token[:-2]):
        bound = await user_db(server, db, token)
        assert bound.auth is None
        assert await titles(bound, ada) == []


async def test_a_user_who_is_gone_is_nobody_though_his_token_has_not_expired(server: Served, db: Client) -> None:
    ada = newcomer(server)
    assert staff(server).ask("DELETE", f"/auth/v1/admin/users/{ada.id}").status_code == 200
    assert (await user_db(server, db, ada.token)).auth is None
