"""Delegates: the base's row first, changes by table, the base's row deleted."""

import pytest

from gatepost.orm import Client, InvalidInput, NotFound, NotSupported

from .conftest import OpenWorld, World

SCHEMA = """
model Owner {
  id     Int     @id
  assets Asset[] @relation("owned")
  clips  Clip[] @relation("made")
}

model Asset {
  id      Int      @id @default(autoincrement())
  title   String
  views   Int      @default(0)
  changed DateTime @updatedAt
  kind    String
  owner   Owner?   @relation("owned", fields: [ownerId], references: [id])
  ownerId Int?
  @@delegate(kind)
}

model Video extends Asset {
  length Int
  codec  String @default("h264")
  video  String
  @@delegate(video)
}

model Film extends Video {
  director String?
  @@delegateMap("movie")
}

model Clip extends Video {
  maker   Owner? @relation("made", fields: [makerId], references: [id], onDelete: Cascade)
  makerId Int?
}
"""


@pytest.fixture(scope="module")
def world(open_world: OpenWorld) -> World:
    return open_world(SCHEMA)


@pytest.fixture
async def db(world: World) -> Client:
    world.empty()
    client = world.open()
    await client.owner.create(data={"id": 1})
    return client


async def test_a_new_row_fills_every_table_of_its_chain(db: Client, world: World) -> None:
    film = await db.film.create(data={"title": "t", "length": 90, "director": "d"})
    assert (film["title"], film["length"], film["codec"], film["director"]) == ("t", 90, "h264", "d")
    assert (film["kind"], film["video"]) == ("Video", "movie")
    assert world.sql('select kind from "Asset"') == [("Video",)]
    assert world.sql('select count(*) from "Video"') == [(1,)]


async def test_a_base_is_not_created_by_itself(db: Client) -> None:
    with pytest.raises(NotSupported, match="delegate"):
        await db.asset.create(data={"title": "t"})
    with pytest.raises(NotSupported):
        await db.video.create_many(data=[{"title": "t", "length": 1}])
    with pytest.raises(InvalidInput, match="create"):
        await db.owner.update(where={"id": 1}, data={"assets": {"create": {"title": "t"}}})


async def test_the_discriminator_is_not_the_caller_s_to_set(db: Client) -> None:
    for name in ("kind", "video"):
        with pytest.raises(InvalidInput, match=name):
            await db.film.create(data={"title": "t", "length": 1, name: "x"})
    film = await db.film.create(data={"title": "t", "length": 1})
    with pytest.raises(InvalidInput, match="kind"):
        await db.film.update(where={"id": film["id"]}, data={"kind": "x"})


async def test_relations_of_base_and_sub_model(db: Client) -> None:
    clip = await db.clip.create(
        data={"title": "t", "length": 1, "owner": {"connect": {"id": 1}}, "maker": {"create": {"id": 2}}},
        include={"owner": True, "maker": True},
    )
    assert (clip["owner"], clip["maker"]) == ({"id": 1}, {"id": 2})
    owner = await db.owner.update(
        where={"id": 1}, data={"clips": {"create": {"title": "u", "length": 2}}}, include={"clips": True}
    )
    assert [each["title"] for each in owner["clips"]] == ["u"]
    await db.owner.update(where={"id": 2}, data={"assets": {"connect": {"id": clip["id"]}}})
    assert (await db.clip.find_unique(where={"id": clip["id"]}))["ownerId"] == 2


async def test_many_rows_and_their_bases(db: Client) -> None:
    rows = [{"title": "a", "length": 1}, {"title": "b", "length": 2, "director": "d"}]
    made = await db.film.create_many_and_return(data=rows)
    assert sorted((row["title"], row["length"]) for row in made) == [("a", 1), ("b", 2)]
    assert await db.film.create_many(data=rows) == {"count": 2}
    with pytest.raises(NotSupported, match="skipDuplicates"):
        await db.film.create_many(data=rows, skip_duplicates=True)


async def test_an_update_goes_to_the_tables_that_hold_the_fields(db: Client) -> None:
    film = await db.film.create(data={"title": "t", "length": 90})
    where = {"id": film["id"]}
    changed = await db.film.update(where=where, data={"title": "u", "length": {"increment": 1}, "director": "x"})
    assert (changed["title"], changed["length"], changed["director"]) == ("u", 91, "x")
    assert changed["changed"] >= film["changed"]
    assert (await db.asset.update(where=where, data={"views": 7}))["length"] == 91
    assert (await db.film.update(where={**where, "views": 7}, data={"director": None}))["views"] == 7
    with pytest.raises(NotFound):
        await db.film.update(where={**where, "views": 8}, data={"title": "v"})
    with pytest.raises(NotFound):
        await db.clip.update(where=where, data={"title": "v"})
    assert (await db.film.update(where=where, data={"id": 500}))["id"] == 500


async def test_many_are_updated_by_fields_of_any_level(db: Client) -> None:
    for length in (1, 2):
        await db.film.create(data={"title": "t", "length": length})
        await db.clip.create(data={"title": "t", "length": length})
    assert await db.film.update_many(where={"title": "t", "length": 1}, data={"director": "d", "views": 3}) == {
        "count": 1
    }
    assert await db.video.update_many(where={"length": 2}, data={"title": "u"}) == {"count": 2}
    assert await db.asset.count(where={"title": "u"}) == 2
    returned = await db.clip.update_many_and_return(where={"length": 2}, data={"codec": "av1"}, select={"codec": True})
    assert returned == [{"codec": "av1"}]
    with pytest.raises(NotSupported, match="limit"):
        await db.film.update_many(data={"title": "x"}, limit=1)


async def test_upsert_of_a_sub_model(db: Client) -> None:
    for title in ("made", "changed"):
        row = await db.film.upsert(
            where={"id": 77}, create={"id": 77, "title": "made", "length": 1}, update={"title": "changed"}
        )
        assert row["title"] == title


async def test_delete_takes_the_whole_chain(db: Client, world: World) -> None:
    film = await db.film.create(data={"title": "t", "length": 1})
    await db.clip.create(data={"title": "t", "length": 1})
    assert (await db.film.delete(where={"id": film["id"]}))["length"] == 1
    assert await db.film.delete_many() == {"count": 0}
    assert await db.clip.delete_many(where={"length": 1, "title": "t"}) == {"count": 1}
    assert world.sql('select count(*) from "Asset"') == [(0,)]
    with pytest.raises(NotSupported, match="limit"):
        await db.film.delete_many(limit=1)


async def test_a_cascade_to_a_sub_model_takes_its_bases_with_it(db: Client, world: World) -> None:
    await db.owner.create(data={"id": 9, "clips": {"create": {"title": "t", "length": 1}}})
    await db.owner.delete(where={"id": 9})
    assert world.sql('select count(*) from "Clip"') == [(0,)]
    assert world.sql('select count(*) from "Asset"') == [(0,)]
