"""Clients on a database whose rules are compiled, under each guard."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import psycopg
import pytest

from gatepost.embedded import Server
from gatepost.evolve import push_now
from gatepost.orm import Client
from gatepost.zmodel import load

Open = Callable[..., Client]

DATASOURCE = 'datasource db { provider = "postgresql" url = env("DATABASE_URL") }\n'
BLOG = (
    DATASOURCE
    + """
enum Role { ADMIN  USER }

type Overview {
  total Int
  names String[]
  role  Role?
}

model User {
  id     Int    @id
  email  String @unique @email
  role   Role   @default(USER)
  secret String @default("s") @omit
  posts  Post[]
  @@allow('create,read', true)
  @@allow('update', auth().id == id)
}

model Post {
  id        Int      @id @default(autoincrement())
  title     String
  views     BigInt   @default(0)
  price     Decimal?
  cover     Bytes?
  at        DateTime @default(now())
  published Boolean  @default(false)
  author    User?    @relation(fields: [authorId], references: [id])
  authorId  Int?     @default(auth().id)
  @@allow('read', published)
  @@allow('all', auth().id == authorId)
}

model BlogTag {
  id   Int    @id
  name String @unique
  @@allow('all', true)
}

procedure getUser(id: Int): User
procedure overview(): Overview
procedure echo(text: String, times: Int?): String
mutation procedure signUp(email: String, role: Role?): User
mutation procedure createMultiple(ids: Int[]): User[]
mutation procedure clear(): Void
"""
)


@pytest.fixture(scope="module")
def blog_database(database_name: str, cluster: Server) -> str:
    """The name of a database with the blog's tables and row level security."""
    push_now(load(BLOG), cluster.dsn("postgres", database_name))
    return database_name


@pytest.fixture
async def open_client(blog_database: str, cluster: Server) -> AsyncIterator[Open]:
    """`open_client("query")`, `open_client("database")`, `open_client("none")`: a client of the blog, emptied first."""
    clients: list[Client] = []
    with psycopg.connect(cluster.dsn("postgres", blog_database), autocommit=True) as connection:
        connection.execute('truncate "Post", "User", "BlogTag" restart identity cascade')

    def opened(guard: str = "query", **options: Any) -> Client:
        login = "authenticator" if guard == "database" else "postgres"
        dsn = cluster.dsn(login, blog_database)
        if guard == "none":
            clients.append(Client.unguarded(BLOG, dsn, **options))
        else:
            clients.append(Client.connect(BLOG, dsn, guard=guard, **options))  # pyright: ignore[reportArgumentType]
        return clients[-1]

    yield opened
    for client in clients:
        await client.close()


@pytest.fixture(params=["query", "database"])
def db(request: pytest.FixtureRequest, open_client: Open) -> Client:
    """A guarded client, unbound; once for each guard."""
    return open_client(request.param)


@pytest.fixture
def unguarded(open_client: Open) -> Client:
    """A client that no rule holds."""
    return open_client("none")


@pytest.fixture
async def people(unguarded: Client) -> dict[str, int]:
    """Two users: names and ids."""
    await unguarded.user.create_many(data=[{"id": 1, "email": "ada@x.io"}, {"id": 2, "email": "bob@x.io"}])
    return {"ada": 1, "bob": 2}
