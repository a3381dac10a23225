"""A database read as a schema, and pushed again: nothing is left to do."""

import pytest

from gatepost import evolve, zmodel
from gatepost.problem import Problem
from tests.surfaces.evolve.conftest import Database
from tests.surfaces.evolve.test_migrations import FIRST


def pulled(database: Database, *namespaces: str) -> str:
    """The text, which is valid, in canonical form, and says what the database is."""
    found = evolve.pull(database.dsn, namespaces or ("public",))
    assert [each.message for each in zmodel.check(found.text) if each.severity == "error"] == []
    assert zmodel.format(found.text) == found.text
    assert database.settled(found.text)
    return found.text


def squeezed(text: str) -> str:
    """Without alignment."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


EVERYTHING = """
    enum Role { ADMIN @map("the admin")
        USER
        @@map("role_names") }
    model User {
        id Int @id @default(autoincrement())
        email String @unique @db.VarChar(80)
        role Role @default(ADMIN)
        roles Role[] @default([USER, ADMIN])
        score Float @default(1.5)
        small Int @default(-1) @db.SmallInt
        price Decimal @default(9.99) @db.Decimal(10, 2)
        rate Decimal @default(0.5)
        cash Decimal @db.Money
        active Boolean @default(true)
        note String @default("it's \\"quoted\\" \\\\ and :x %")
        tags String[] @default(["a", "b'c"])
        numbers Int[] @default([1, -2])
        empty String[] @default([])
        data Json @default("{\\"a\\": [1]}")
        items Json[] @default(["1", "[]"])
        raw Bytes @default("aGk=")
        born DateTime? @db.Date
        seen DateTime @default(now()) @db.Timestamptz(6)
        at DateTime @default("2020-01-02T03:04:05Z")
        time DateTime? @db.Time(0)
        token String @default(dbgenerated("gen_random_uuid()")) @db.Uuid
        place Unsupported("point")?
        bits String? @db.Bit(4)
        fixed String? @db.Char(3)
        posts Post[] @relation("author")
        reviewed Post[] @relation("reviewer")
        friends User[] @relation("friends")
        friendOf User[] @relation("friends")
        boss User? @relation("boss", fields: [bossId], references: [id], onDelete: Restrict, onUpdate: NoAction)
        bossId Int?
        staff User[] @relation("boss")
        profile Profile?
        @@map("app_users")
    }
    model Profile { userId Int @id
        user User @relation(fields: [userId], references: [id], onDelete: Cascade) }
    model Post {
        tenant Int
        number Int
        title String @map("the title")
        author User @relation("author", fields: [authorId], references: [id])
        authorId Int @map("author_id")
        reviewer User? @relation("reviewer", fields: [reviewer_id], references: [id], map: "reviewed_by")
        reviewer_id Int?
        @@id([tenant, number], map: "post_key")
        @@unique([title, authorId])
        @@index([title(sort: Desc)], map: "by_title")
        @@index([authorId], type: Hash)
    }
    model Tag { id String @id
        groups Group[]
        old Group[] @relation("old") }
    model Group { id Int @id
        tags Tag[]
        old Tag[] @relation("old")
        @@index([id(ops: Int4MinMaxOps)], type: Brin) }
"""


def test_everything_there_and_back(database: Database):
    database.push(EVERYTHING)
    text = pulled(database)
    database.push(text, force_reset=True)
    assert database.settled(EVERYTHING)


def test_the_physical_layout_of_delegates_and_policies_there_and_back(database: Database):
    database.push(FIRST, policies=False)
    pulled(database)


def test_how_it_reads(database: Database):
    database.run(
        "create type post_state as enum ('draft', 'in review')",
        "create table users (id bigint generated always as identity primary key, email text not null unique)",
        """create table blog_posts (
            id uuid primary key default gen_random_uuid(),
            author_id bigint not null references users (id) on delete cascade,
            editor_id bigint references users (id),
            state post_state not null default 'in review',
            created_at timestamptz not null default now(),
            words integer generated always as (1) stored
        )""",
        "create index on blog_posts (author_id, created_at desc)",
        "create index only_drafts on blog_posts (id) where state = 'draft'",
        "create table log (line text)",
        "create view names as select email from users",
    )
    found = evolve.pull(database.dsn)
    database.run("drop view names")
    expected = """
datasource db {
provider = "postgresql"
url = env("DATABASE_URL")
}

enum PostState {
draft
in_review @map("in review")
@@map("post_state")
}

model BlogPosts {
id String @id @default(dbgenerated("gen_random_uuid()")) @db.Uuid
authorId BigInt @map("author_id")
editorId BigInt? @map("editor_id")
state PostState @default(in_review)
createdAt DateTime @default(now()) @db.Timestamptz @map("created_at")
words Int?
author Users @relation(AUTHOR, fields: [authorId], references: [id], onDelete: Cascade, onUpdate: NoAction)
editor Users? @relation(EDITOR, fields: [editorId], references: [id], onDelete: NoAction, onUpdate: NoAction)
@@index([authorId, createdAt(sort: Desc)])
@@map("blog_posts")
}

model Log {
line String?
@@ignore
@@map("log")
}

model Users {
id BigInt @id @default(autoincrement())
email String @unique
blogPostsByAuthor BlogPosts[] @relation("BlogPosts_authorId")
blogPostsByEditor BlogPosts[] @relation("BlogPosts_editorId")
@@map("users")
}
"""
    expected = expected.replace("AUTHOR", '"BlogPosts_authorId"').replace("EDITOR", '"BlogPosts_editorId"')
    assert squeezed(found.text).strip() == expected.strip()
    assert found.notes == (
        "view public.names is left out: write it as a view of the schema",
        "BlogPosts: index only_drafts says more than a schema can; push leaves it alone",
        "there are no rules yet: a push with policies lets nobody in until @@allow says who",
    )
    assert database.settled(found.text)


def test_the_users_of_the_auth_server_are_left_out(database: Database):
    database.run("create table profiles (id uuid primary key references auth.users (id), name text)")
    found = evolve.pull(database.dsn)
    assert "auth" not in found.text
    assert found.notes[0] == (
        "Profiles: foreign key profiles_id_fkey to auth.users is left out; push does not touch it"
    )
    assert database.settled(found.text)
    with pytest.raises(Problem, match="Schema auth is not an application's"):
        evolve.pull(database.dsn, ("public", "auth"))


def test_several_schemas(database: Database):
    database.run(
        "create schema other",
        "create type other.kind as enum ('a')",
        "create table other.users (id int primary key, kind other.kind)",
        "create table public.users (id int primary key, other int references other.users (id))",
    )
    text = squeezed(pulled(database, "public", "other"))
    assert 'schemas = ["public", "other"]' in text
    assert '@@map("users")\n@@schema("other")' in text
    assert "model Users2 {" in text


def test_names_that_the_language_cannot_say(database: Database):
    database.run(
        'create table "enum" ("this" int primary key, "9 lives" text, "_" text, "größe" text, "model" text)',
        'create table "String" (id int primary key)',
        'create table "2fa codes" (id int primary key, a_b int, "aB" int)',
        "create type \"odd\" as enum ('1', 'a-b', 'a b', 'true', 'ü')",
    )
    pulled(database)


def test_a_table_that_only_looks_like_a_join_table_is_a_model(database: Database):
    database.run(
        "create table a (id int primary key)",
        "create table b (id int primary key)",
        'create table "_odd" ("A" int references b (id), "B" int references a (id), primary key ("A", "B"))',
        'create table "_more" ("A" int references a (id), "B" int references b (id), c int, primary key ("A", "B"))',
    )
    text = pulled(database)
    assert "model Odd" in text
    assert "model More" in text


def test_foreign_keys_to_unique_columns_and_of_several(database: Database):
    database.run(
        "create table a (x int, y int, code text not null unique, primary key (x, y))",
        """create table b (id int primary key, x int, y int, code text unique references a (code),
            foreign key (x, y) references a (x, y) on delete set null)""",
    )
    pulled(database)


def test_a_database_without_tables(database: Database):
    found = evolve.pull(database.dsn)
    assert (found.models, found.enums, found.notes) == (0, 0, ())
    assert database.settled(found.text)
