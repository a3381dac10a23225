"""Relations: from row to row, either way, by one column or several; each parent has a page of its own."""

from typing import Any

from tests.surfaces.graphql.operations.asking import Museum
from tests.surfaces.graphql.operations.conftest import Opener


def nodes(data: Any, field: str) -> list[Any]:
    return data[field]["nodes"]


async def test_forward_and_back_again(museum: Museum):
    data = await museum.ask(
        "{ workById(id: 1) { artistByArtistId { name worksByArtistId { nodes { title artistByArtistId { id } } } } } }"
    )
    works = [{"title": title, "artistByArtistId": {"id": 1}} for title in ("Harbour", "Head")]
    assert data == {"workById": {"artistByArtistId": {"name": "Ada", "worksByArtistId": {"nodes": works}}}}


async def test_a_relation_that_leads_nowhere_is_null_or_empty(museum: Museum):
    data = await museum.ask(
        "{ workById(id: 5) { artistByArtistId { name } placementByWorkId { floor } notesByWorkId { totalCount } } }"
    )
    assert data["workById"] == {
        "artistByArtistId": None,
        "placementByWorkId": None,
        "notesByWorkId": {"totalCount": 0},
    }


async def test_a_relation_of_one_to_one_is_one_row_on_both_sides(museum: Museum):
    data = await museum.ask("{ allWorksList(first: 3) { placementByWorkId { floor workByWorkId { id } } } }")
    assert data["allWorksList"] == [
        {"placementByWorkId": {"floor": 0, "workByWorkId": {"id": 1}}},
        {"placementByWorkId": {"floor": 0, "workByWorkId": {"id": 2}}},
        {"placementByWorkId": None},
    ]


async def test_several_columns_tie_rows_together(museum: Museum):
    data = await museum.ask(
        "{ allRooms { nodes { name placementsByFloorAndNumber { nodes { workId roomByFloorAndNumber { name } } }"
        " inspectionsByFloorAndNumber { totalCount } } } }"
    )
    found = [
        (
            room["name"],
            [node["workId"] for node in nodes(room, "placementsByFloorAndNumber")],
            room["inspectionsByFloorAndNumber"]["totalCount"],
        )
        for room in nodes(data, "allRooms")
    ]
    assert found == [("Hall", [1, 2], 2), ("Cabinet", [], 0), ("Attic", [6], 1)]
    for room in nodes(data, "allRooms"):
        assert all(
            node["roomByFloorAndNumber"] == {"name": room["name"]} for node in nodes(room, "placementsByFloorAndNumber")
        )


async def test_a_table_may_refer_to_itself(museum: Museum):
    data = await museum.ask(
        "{ artistById(id: 4) { artistByMentorId { name artistByMentorId { name artistByMentorId { name }"
        " artistsByMentorId(orderBy: NAME_DESC) { nodes { name } } } } } }"
    )
    third = data["artistById"]["artistByMentorId"]
    assert third["name"] == 'Ché "Q" O\'Neil'
    assert third["artistByMentorId"] == {
        "name": "Ada",
        "artistByMentorId": None,
        "artistsByMentorId": {"nodes": [{"name": 'Ché "Q" O\'Neil'}, {"name": "Bo"}]},
    }


async def test_views_take_part_where_tags_say_how(museum: Museum):
    data = await museum.ask(
        "{ entryByWorkId(workId: 3) { title maker { name entries { nodes { title } } } }"
        " artistById(id: 1) { entries(orderBy: TITLE_DESC) { nodes { title artistName } } } }"
    )
    assert data["entryByWorkId"] == {
        "title": "Field",
        "maker": {"name": "Bo", "entries": {"nodes": [{"title": "Field"}, {"title": "Untitled"}]}},
    }
    assert nodes(data["artistById"], "entries") == [
        {"title": "Head", "artistName": "Ada"},
        {"title": "Harbour", "artistName": "Ada"},
    ]


# ------------------------------------------------------------------ pages of each parent


PAGES = """
{
  allArtistsList {
    name
    worksByArtistId(first: 1, orderBy: YEAR_DESC) {
      nodes { id } totalCount pageInfo { hasNextPage hasPreviousPage }
    }
    last: worksByArtistId(last: 1) { nodes { id } pageInfo { hasNextPage hasPreviousPage } }
    rest: worksByArtistId(offset: 1) { nodes { id } pageInfo { hasPreviousPage } }
  }
}
"""


async def test_each_parent_has_a_page_of_its_own(museum: Museum):
    found: dict[str, Any] = {row.pop("name"): row for row in (await museum.ask(PAGES))["allArtistsList"]}
    ada, nobody = found["Ada"], found['Ché "Q" O\'Neil']
    assert ada["worksByArtistId"] == {
        "nodes": [{"id": 2}],
        "totalCount": 2,
        "pageInfo": {"hasNextPage": True, "hasPreviousPage": False},
    }
    assert ada["last"] == {"nodes": [{"id": 2}], "pageInfo": {"hasNextPage": False, "hasPreviousPage": True}}
    assert ada["rest"] == {"nodes": [{"id": 2}], "pageInfo": {"hasPreviousPage": True}}
    assert found["Bo"]["worksByArtistId"]["nodes"] == [{"id": 3}]
    assert nobody["worksByArtistId"] == {
        "nodes": [],
        "totalCount": 0,
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False},
    }
    assert nobody["last"] == {"nodes": [], "pageInfo": {"hasNextPage": False, "hasPreviousPage": False}}


async def test_a_cursor_of_one_parent_s_page_goes_on_there(museum: Museum):
    query = "query ($c: Cursor) { artistById(id: 1) { worksByArtistId(first: 1, after: $c) { %s } } }"
    data = await museum.ask(query % "pageInfo { endCursor hasNextPage }")
    info = data["artistById"]["worksByArtistId"]["pageInfo"]
    assert info["hasNextPage"]
    data = await museum.ask(query % "nodes { id } pageInfo { hasNextPage }", {"c": info["endCursor"]})
    assert data["artistById"]["worksByArtistId"] == {"nodes": [{"id": 2}], "pageInfo": {"hasNextPage": False}}


async def test_edges_of_relations_are_those_of_their_rows(museum: Museum):
    data = await museum.ask("{ artistById(id: 2) { worksByArtistId { edges { cursor node { id } } } } }")
    edges = data["artistById"]["worksByArtistId"]["edges"]
    whole = await museum.ask("{ allWorks(condition: {artistId: 2}) { edges { cursor node { id } } } }")
    assert edges == whole["allWorks"]["edges"]


# ------------------------------------------------------------------ as psql shows it


async def test_what_hangs_together_is_what_sql_joins(museum: Museum):
    data = await museum.ask("{ allArtistsList { id worksByArtistIdList { id artistId } } }")
    pairs = [(row["id"], work["id"]) for row in data["allArtistsList"] for work in row["worksByArtistIdList"]]
    assert pairs == museum.sql(
        "select a.id, w.id from museum.artist a join museum.work w on w.artist_id = a.id order by a.id, w.id"
    )


async def test_simple_names_lead_the_same_ways(shared_opener: Opener):
    simple = await shared_opener(preset="v4", simplify=True, options={"simpleCollections": "both"})
    data = await simple.ask(
        "{ artist(id: 1) { works { nodes { title artist { name } placement { room { name } } } } } }"
    )
    assert nodes(data["artist"], "works") == [
        {"title": "Harbour", "artist": {"name": "Ada"}, "placement": {"room": {"name": "Hall"}}},
        {"title": "Head", "artist": {"name": "Ada"}, "placement": {"room": {"name": "Hall"}}},
    ]
