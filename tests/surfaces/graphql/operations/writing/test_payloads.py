"""What is told after a write: the row as its triggers left it, what hangs on it, all that can be asked anyway."""

import base64
import json
from typing import Any

import pytest

from tests.surfaces.graphql.operations.asking import Museum
from tests.surfaces.graphql.operations.conftest import Opener


def decoded(text: str) -> Any:
    return json.loads(base64.b64decode(text))


async def test_a_payload_is_in_order_and_has_types(changing: Museum):
    told = await changing.tell(
        """mutation { made: createArtist(input: {clientMutationId: "a\\"b\\\\", artist: {name: "Typed"}}) {
          __typename clientMutationId artist { __typename name } artistEdge { __typename node { __typename } }
          query { __typename } again: clientMutationId } }"""
    )
    assert list(told.data["made"]) == ["__typename", "clientMutationId", "artist", "artistEdge", "query", "again"]
    assert told.data["made"] == {
        "__typename": "CreateArtistPayload",
        "clientMutationId": 'a"b\\',
        "artist": {"__typename": "Artist", "name": "Typed"},
        "artistEdge": {"__typename": "ArtistsEdge", "node": {"__typename": "Artist"}},
        "query": {"__typename": "Query"},
        "again": 'a"b\\',
    }


@pytest.mark.parametrize("id", [None, "", "x" * 1000, "é💥", '"', "\\", "null"])
async def test_the_client_s_own_id_comes_back(changing: Museum, id: str | None):
    query = "mutation ($m: String) { countVisit(input: {clientMutationId: $m}) { clientMutationId } }"
    assert (await changing.ask(query, {"m": id}))["countVisit"] == {"clientMutationId": id}


async def test_without_one_it_is_null(changing: Museum):
    assert (await changing.ask("mutation { countVisit(input: {}) { clientMutationId } }"))["countVisit"] == {
        "clientMutationId": None
    }


async def test_a_payload_may_be_asked_for_nothing_of_the_row(changing: Museum):
    before = changing.sql("select count(*) from museum.tour")
    data = await changing.ask('mutation { createTour(input: {tour: {id: 70, name: "Silent"}}) { __typename } }')
    assert data == {"createTour": {"__typename": "CreateTourPayload"}}
    assert changing.sql("select count(*) from museum.tour") == [(before[0][0] + 1,)]


# ------------------------------------------------------------------ what was written


async def test_triggers_have_been_there(changing: Museum):
    query = """mutation { createTicket(input: {ticket: {price: "1", stamp: "a"}}) {
      ticket { stamp } query { allTickets(last: 1) { nodes { stamp } } } } }"""
    done = (await changing.ask(query))["createTicket"]
    assert done["ticket"] == {"stamp": "a!"}
    assert done["query"]["allTickets"]["nodes"] == [{"stamp": "a!"}]


async def test_so_have_those_that_come_after_the_row(changing: Museum):
    query = """mutation { createStop(input: {stop: {tourId: 1, place: 7, workId: 1}}) {
      stop { workByWorkId { title stopsByWorkId { nodes { place } } } tourByTourId { name } }
      query { allStopLogs { nodes { tourId place } } } } }"""
    done = (await changing.ask(query))["createStop"]
    assert done["stop"] == {
        "workByWorkId": {"title": "Harbour", "stopsByWorkId": {"nodes": [{"place": 7}]}},
        "tourByTourId": {"name": "Short"},
    }
    assert {"tourId": 1, "place": 7} in done["query"]["allStopLogs"]["nodes"]


async def test_everything_hangs_on_the_row_as_anywhere(changing: Museum):
    query = """mutation { updateArtistById(input: {id: 1, artistPatch: {country: "DK"}}) {
      artist {
        nodeId label(after: "!") lastWork { title } tags worksSince(year: 1800, first: 1) { nodes { id } totalCount }
        worksByArtistId(orderBy: TITLE_DESC, first: 1) { nodes { title artistByArtistId { country } } totalCount }
        artistsByMentorId { nodes { name } }
      }
    } }"""
    artist = (await changing.ask(query))["updateArtistById"]["artist"]
    assert artist == {
        "nodeId": "WyJhcnRpc3RzIiwxXQ==",
        "label": "by Ada!",
        "lastWork": {"title": "Head"},
        "tags": ["sea", "ships"],
        "worksSince": {"nodes": [{"id": 1}], "totalCount": 2},
        "worksByArtistId": {"nodes": [{"title": "Head", "artistByArtistId": {"country": "DK"}}], "totalCount": 2},
        "artistsByMentorId": {"nodes": [{"name": "Bo"}, {"name": 'Ché "Q" O\'Neil'}]},
    }


async def test_relations_of_the_row_stand_beside_it(changing: Museum):
    query = """mutation { createPlacement(input: {placement: {workId: 3, floor: 0, number: 2}}) {
      roomByFloorAndNumber { title } workByWorkId { title } placement { since } } }"""
    done = (await changing.ask(query))["createPlacement"]
    assert done["roomByFloorAndNumber"] == {"title": "0.2 Cabinet"}
    assert done["workByWorkId"] == {"title": "Field"}


async def test_the_edge_has_the_cursor_of_any_order(changing: Museum):
    query = """mutation { updateWorkById(input: {id: 2, workPatch: {year: 1899}}) {
      workEdge { cursor node { id } }
      other: workEdge(orderBy: [YEAR_DESC, TITLE_ASC]) { cursor }
      none: workEdge(orderBy: []) { cursor }
    } }"""
    done = (await changing.ask(query))["updateWorkById"]
    assert done["workEdge"]["node"] == {"id": 2}
    assert decoded(done["other"]["cursor"])[1:] == [1899, "Head", 2]
    page = await changing.ask(
        "query ($c: Cursor) { allWorks(orderBy: [YEAR_DESC, TITLE_ASC], before: $c, last: 1) { nodes { id } } }",
        {"c": done["other"]["cursor"]},
    )
    assert page["allWorks"]["nodes"] == [{"id": 1}]
    page = await changing.ask(
        "query ($c: Cursor) { allWorks(after: $c, first: 1) { nodes { id } } }", {"c": done["workEdge"]["cursor"]}
    )
    assert page["allWorks"]["nodes"] == [{"id": 3}]


async def test_the_root_is_read_after_the_write(changing: Museum):
    query = """mutation ($n: String!) { createArtist(input: {artist: {name: $n}}) {
      query { artistByName(name: $n) { name } query { motto } node(nodeId: "query") { nodeId } sumOf(a: 1)
              allArtists(condition: {name: $n}) { totalCount } } } }"""
    done = (await changing.ask(query, {"n": "Seen"}))["createArtist"]["query"]
    assert done == {
        "artistByName": {"name": "Seen"},
        "query": {"motto": 'Look "twice".'},
        "node": {"nodeId": "query"},
        "sumOf": 111,
        "allArtists": {"totalCount": 1},
    }


async def test_directives_and_fragments_hold_in_payloads_too(changing: Museum):
    query = """mutation ($no: Boolean!) { updateArtistById(input: {id: 2, artistPatch: {country: "SE"}}) {
      ...P ... @include(if: $no) { query { explode } } } }
      fragment P on UpdateArtistPayload { artist { ...A born @include(if: $no) } }
      fragment A on Artist { name }"""
    assert (await changing.ask(query, {"no": False}))["updateArtistById"] == {"artist": {"name": "Bo"}}


async def test_a_composite_column_is_told_like_any(changing: Museum):
    query = """mutation { createWork(input: {work: {title: "C", size: {width: 1, depth: "2.50"}, tags: ["a", null],
      shown: {start: {value: "2020-01-01", inclusive: false}}}}) {
      work { size { width height depth } tags shown { start { value inclusive } end { value } } isOld age(at: 1) }
    } }"""
    assert (await changing.ask(query))["createWork"]["work"] == {
        "size": {"width": 1, "height": None, "depth": "2.50"},
        "tags": ["a", None],
        "shown": {"start": {"value": "2020-01-02", "inclusive": True}, "end": None},
        "isOld": None,
        "age": None,
    }


async def test_rows_of_very_many_columns(changing: Museum):
    names = [f"columnNumber{number}" for number in range(1, 151)]
    query = f"mutation {{ createBroad(input: {{broad: {{id: 2}}}}) {{ broad {{ {' '.join(names)} }} }} }}"
    assert (await changing.ask(query))["createBroad"]["broad"] == {name: n for n, name in enumerate(names, 1)}


async def test_where_relations_are_left_out_of_payloads(own_opener: Opener):
    museum = await own_opener(options={"graphileBuildOptions": {"pgMutationPayloadRelations": False}})
    told = await museum.tell(
        'mutation { createWork(input: {work: {title: "x"}}) { work { id } artistByArtistId { id } } }'
    )
    assert told.status == 400
    assert told.messages == ['Cannot query field "artistByArtistId" on type "CreateWorkPayload".']
