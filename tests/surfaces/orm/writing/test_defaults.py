"""Defaults that the client fills in."""

import re
from datetime import UTC, datetime

import pytest

from gatepost.orm import Client, DatabaseError

from .conftest import OpenWorld, World

SCHEMA = r"""
enum Colour { RED  BLUE }

model Thing {
  id     Int      @id @default(autoincrement())
  u4     String   @default(uuid())
  u7     String   @default(uuid(7, "u-%s"))
  c1     String   @default(cuid())
  c2     String   @default(cuid(2, "%s-\\%s"))
  nano   String   @default(nanoid())
  nano9  String   @default(nanoid(9, "n_%s"))
  lex    String   @default(ulid())
  made   DateTime @default(now())
  text   String   @default("it's \"so\"")
  number Int      @default(7)
  part   Float    @default(1.5)
  exact  Decimal  @default(2.25)
  flag   Boolean  @default(true)
  colour Colour   @default(BLUE)
  words  String[] @default(["a", "b"])
  many   Colour[] @default([RED])
  json   Json     @default("{\"a\": [1]}")
  sql    String   @default(dbgenerated("'from the database'"))
}

model User {
  id    Int    @id
  name  String @default("n")
  notes Note[]
  @@allow('all', true)
}

model Note {
  id      Int    @id @default(autoincrement())
  owner   User   @relation(fields: [ownerId], references: [id])
  ownerId Int    @default(auth().id)
  by      String @default(auth().name)
  other   String? @default(auth().profile.motto)
  @@allow('all', true)
}

type Profile { motto String? }
type Asking { id Int  name String  profile Profile?  @@auth }
"""


@pytest.fixture(scope="module")
def world(open_world: OpenWorld) -> World:
    return open_world(SCHEMA)


@pytest.fixture
async def db(world: World) -> Client:
    world.empty()
    return world.open()


async def test_every_function_makes_its_kind_of_value(db: Client) -> None:
    rows = [await db.thing.create(data={}), *await db.thing.create_many_and_return(data=[{}, {"number": 1}])]
    forms = {
        "u4": r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        "u7": r"u-[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
        "c1": r"c[0-9a-z]{24}",
        "c2": r"[a-z][0-9a-z]{23}-%s",
        "nano": r"[A-Za-z0-9_-]{21}",
        "nano9": r"n_[A-Za-z0-9_-]{9}",
        "lex": r"[0-7][0-9A-HJKMNP-TV-Z]{25}",
    }
    for name, form in forms.items():
        assert all(re.fullmatch(form, row[name]) for row in rows), (name, rows[0][name])
        assert len({row[name] for row in rows}) == 3, name


async def test_literals_enums_lists_and_json(db: Client) -> None:
    row = await db.thing.create(data={})
    assert (row["text"], row["number"], row["part"], str(row["exact"])) == ('it\'s "so"', 7, 1.5, "2.25")
    assert (row["flag"], row["colour"], row["words"], row["many"]) == (True, "BLUE", ["a", "b"], ["RED"])
    assert row["json"] == {"a": [1]}
    assert abs((datetime.now(UTC) - row["made"]).total_seconds()) < 60
    assert row["sql"] == "from the database"


async def test_a_given_value_wins(db: Client) -> None:
    row = await db.thing.create(data={"u4": "mine", "words": [], "flag": False, "sql": "mine"})
    assert (row["u4"], row["words"], row["flag"], row["sql"]) == ("mine", [], False, "mine")


async def test_who_asks_is_a_default_in_every_way_to_create(world: World) -> None:
    world.empty()
    db = world.open("query").set_auth({"id": 1, "name": "Ada", "profile": {"motto": "m"}})
    await db.user.create(data={"id": 1, "notes": {"create": {}}})
    assert await db.note.create_many(data=[{}, {"by": "x"}]) == {"count": 2}
    rows = await db.note.find_many(order_by={"id": "asc"})
    assert [(row["ownerId"], row["by"], row["other"]) for row in rows] == [
        (1, "Ada", "m"),
        (1, "Ada", "m"),
        (1, "x", "m"),
    ]


async def test_nobody_is_null(world: World) -> None:
    world.empty()
    db = world.open("query")
    with pytest.raises(DatabaseError) as caught:
        await db.note.create(data={})
    assert caught.value.db_error_code == "23502"
