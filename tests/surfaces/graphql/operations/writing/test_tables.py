"""Rows are created, updated and deleted, by any key and by node id."""

import base64
import json
from typing import Any

import pytest

from tests.surfaces.graphql.operations.asking import Museum

NOTHING_NEW = "Attempted to update a record, but no new values were specified."
NOT_DELETED = (
    "No values were deleted in collection '{}' because no values you can delete were found matching these criteria."
)


def node_id(*parts: object) -> str:
    return base64.b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode()


async def new_artist(museum: Museum, **row: Any) -> int:
    """The key of an artist of that name."""
    query = "mutation ($row: ArtistInput!) { createArtist(input: {artist: $row}) { artist { id } } }"
    return (await museum.ask(query, {"row": row}))["createArtist"]["artist"]["id"]


def stored(museum: Museum, id: int) -> Any:
    return museum.sql("select name, country, born::text, mentor_id from museum.artist where id = %s", [id])


# ------------------------------------------------------------------ create


async def test_a_row_is_created_with_what_is_given(changing: Museum):
    id = await new_artist(changing, name="Full", country="NO", born="2000-02-29", mentorId=1)
    assert stored(changing, id) == [("Full", "NO", "2000-02-29", 1)]


async def test_what_is_not_given_has_its_default_and_null_is_null(changing: Museum):
    query = "mutation ($row: WorkInput!) { createWork(input: {work: $row}) { work { kind title year } } }"
    made = await changing.ask(query, {"row": {"title": "D"}})
    assert made["createWork"]["work"] == {"kind": "PAINTING", "title": "D", "year": None}
    assert "null value in column" in await changing.refusal(query, {"row": {"title": "D", "kind": None}})


async def test_a_variable_that_is_not_sent_leaves_its_member_out(changing: Museum):
    query = """mutation ($t: String!, $k: Kind, $y: Int = 5) {
      createWork(input: {work: {title: $t, kind: $k, year: $y}}) { work { title kind year } }
    }"""
    made = await changing.ask(query, {"t": "V"})
    assert made["createWork"]["work"] == {"title": "V", "kind": "PAINTING", "year": 5}
    made = await changing.ask(query, {"t": "V", "k": "SCULPTURE", "y": None})
    assert made["createWork"]["work"] == {"title": "V", "kind": "SCULPTURE", "year": None}


async def test_a_row_may_be_all_defaults(changing: Museum):
    made = await changing.ask("mutation { createSample(input: {sample: {}}) { sample { id words } } }")
    assert changing.sql("select words from museum.sample where id = %s", [made["createSample"]["sample"]["id"]]) == [
        (None,)
    ]


async def test_what_postgresql_makes_is_told(changing: Museum):
    query = """mutation ($price: BigFloat!) {
      createTicket(input: {ticket: {price: $price, visitors: 3}}) { ticket { id code price total visitors stamp } }
    }"""
    ticket = (await changing.ask(query, {"price": "1.5"}))["createTicket"]["ticket"]
    assert (ticket["price"], ticket["total"], ticket["visitors"], ticket["stamp"]) == ("1.50", "4.50", 3, "!")
    assert ticket["id"] >= 1
    assert ticket["code"].startswith("T")


@pytest.mark.parametrize("member", ["id", "total"])
async def test_what_only_postgresql_makes_cannot_be_given(changing: Museum, member: str):
    told = await changing.tell(
        f'mutation {{ createTicket(input: {{ticket: {{price: "1", {member}: 1}}}}) {{ clientMutationId }} }}'
    )
    assert told.status == 400


async def test_what_a_row_needs_has_to_be_given(changing: Museum):
    told = await changing.tell("mutation { createArtist(input: {artist: {}}) { artist { id } } }")
    assert told.status == 400
    told = await changing.tell("mutation { createArtist(input: {}) { artist { id } } }")
    assert told.status == 400
    told = await changing.tell("mutation { createArtist(input: {artist: null}) { artist { id } } }")
    assert told.status == 400


@pytest.mark.parametrize("name", ["'); drop table museum.artist; --", '"', "\\", "$1", "$$", "%s", "\x01", "é💥", " "])
async def test_texts_are_never_sql(changing: Museum, name: str):
    id = await new_artist(changing, name=name)
    assert stored(changing, id) == [(name, None, None, None)]
    for field, more in (("updateArtistByName", ', artistPatch: {country: "XX"}'), ("deleteArtistByName", "")):
        query = f"mutation ($n: String!) {{ {field}(input: {{name: $n{more}}}) {{ artist {{ id }} }} }}"
        [found] = (await changing.ask(query, {"n": name})).values()
        assert found["artist"] == {"id": id}


async def test_names_that_nobody_would_give_are_written_too(changing: Museum):
    row = {"id": 1, "aB": "x", "cd": "y", "_proto__": "z"}
    query = """mutation ($row: OddNameOf1Input!) {
      createOddNameOf1(input: {oddNameOf1: $row}) { oddNameOf1 { id aB cd _proto__ } }
    }"""
    assert (await changing.ask(query, {"row": row}))["createOddNameOf1"]["oddNameOf1"] == row
    change = """mutation { updateOddNameOf1ById(input: {id: 1, oddNameOf1Patch: {aB: "b", _proto__: null}}) {
      oddNameOf1 { aB cd _proto__ } } }"""
    assert (await changing.ask(change))["updateOddNameOf1ById"]["oddNameOf1"] == {
        "aB": "b",
        "cd": "y",
        "_proto__": None,
    }
    gone = "mutation { deleteOddNameOf1ById(input: {id: 1}) { oddNameOf1 { cd } } }"
    assert (await changing.ask(gone))["deleteOddNameOf1ById"]["oddNameOf1"] == {"cd": "y"}


async def test_rows_of_views_are_written_where_postgresql_can(changing: Museum):
    query = 'mutation { createPageView(input: {pageView: {id: 77, n: 1, b: "v"}}) { pageView { id n a b } } }'
    assert (await changing.ask(query))["createPageView"]["pageView"] == {"id": 77, "n": 1, "a": None, "b": "v"}
    assert changing.sql("select b from museum.page where id = 77") == [("v",)]


# ------------------------------------------------------------------ update


async def test_only_what_is_given_is_changed(changing: Museum):
    id = await new_artist(changing, name="Before", country="NO", born="2000-01-01")
    query = """mutation ($id: Int!, $patch: ArtistPatch!) {
      updateArtistById(input: {id: $id, artistPatch: $patch}) { artist { name country born } }
    }"""
    done = await changing.ask(query, {"id": id, "patch": {"country": "SE"}})
    assert done["updateArtistById"]["artist"] == {"name": "Before", "country": "SE", "born": "2000-01-01"}
    done = await changing.ask(query, {"id": id, "patch": {"country": None, "name": "After"}})
    assert done["updateArtistById"]["artist"] == {"name": "After", "country": None, "born": "2000-01-01"}
    assert stored(changing, id) == [("After", None, "2000-01-01", None)]


async def test_the_key_itself_may_be_changed(changing: Museum):
    id = await new_artist(changing, name="Moves")
    query = (
        "mutation ($id: Int!) { updateArtistById(input: {id: $id, artistPatch: {id: 5000}}) { artist { id nodeId } } }"
    )
    done = await changing.ask(query, {"id": id})
    assert done["updateArtistById"]["artist"] == {"id": 5000, "nodeId": node_id("artists", 5000)}
    assert stored(changing, id) == []


async def test_a_row_is_found_by_any_of_its_keys(changing: Museum):
    id = await new_artist(changing, name="Found")
    ways = [
        ("updateArtistById", "{id: $id, artistPatch: {country: $c}}"),
        ("updateArtistByName", '{name: "Found", artistPatch: {country: $c}}'),
        ("updateArtist", f'{{nodeId: "{node_id("artists", id)}", artistPatch: {{country: $c}}}}'),
    ]
    for number, (field, given) in enumerate(ways):
        unused = "" if "$id" in given else "a: __typename @include(if: true) "
        head = "($id: Int!, $c: String)" if "$id" in given else "($c: String)"
        country = f"C{number}"
        done = await changing.ask(
            f"mutation {head} {{ {unused}{field}(input: {given}) {{ artist {{ country }} }} }}",
            {"id": id, "c": country},
        )
        assert done[field] == {"artist": {"country": country}}


async def test_a_row_of_several_keys(changing: Museum):
    key = 'floor: 0, number: 1, day: "2024-02-01"'
    query = f"""mutation {{
      updateInspectionByFloorAndNumberAndDay(input: {{{key}, inspectionPatch: {{finding: "wet"}}}}) {{
        inspection {{ finding nodeId }}
      }}
    }}"""
    done = await changing.ask(query)
    assert done["updateInspectionByFloorAndNumberAndDay"]["inspection"] == {
        "finding": "wet",
        "nodeId": node_id("inspections", 0, 1, "2024-02-01"),
    }
    assert changing.sql("select count(*) from museum.inspection where finding = 'wet'") == [(1,)]


async def test_without_anything_new_nothing_is_done(changing: Museum):
    query = "mutation { updateArtistById(input: {id: 1, artistPatch: {}}) { artist { id } } }"
    assert await changing.refusal(query) == NOTHING_NEW


async def test_a_row_that_is_not_there_is_null(changing: Museum):
    query = """mutation { updateArtistById(input: {id: -1, clientMutationId: "m", artistPatch: {country: "XX"}}) {
      artist { id } artistEdge { cursor } clientMutationId artistByMentorId { id } query { motto } } }"""
    assert (await changing.ask(query))["updateArtistById"] == {
        "artist": None,
        "artistEdge": None,
        "clientMutationId": "m",
        "artistByMentorId": None,
        "query": {"motto": 'Look "twice".'},
    }


# ------------------------------------------------------------------ delete


async def test_a_row_is_deleted_and_told_one_last_time(changing: Museum):
    id = await new_artist(changing, name="Gone", country="NO", mentorId=1)
    query = """mutation ($id: Int!) { deleteArtistById(input: {id: $id, clientMutationId: "d"}) {
      clientMutationId deletedArtistId
      artist { id name country nodeId label artistByMentorId { name } worksByArtistId { totalCount } }
      artistEdge { cursor node { name } } artistByMentorId { name }
      query { artistById(id: $id) { name } } } }"""
    done = (await changing.ask(query, {"id": id}))["deleteArtistById"]
    assert done["deletedArtistId"] == done["artist"]["nodeId"] == node_id("artists", id)
    assert done["artist"] | {"nodeId": None} == {
        "id": id,
        "name": "Gone",
        "country": "NO",
        "nodeId": None,
        "label": "by Gone",
        "artistByMentorId": {"name": "Ada"},
        "worksByArtistId": {"totalCount": 0},
    }
    assert done["artistEdge"]["node"] == {"name": "Gone"}
    assert done["artistByMentorId"] == {"name": "Ada"}
    assert (done["query"], done["clientMutationId"]) == ({"artistById": None}, "d")
    assert stored(changing, id) == []


async def test_what_hung_on_it_is_gone_too(changing: Museum):
    id = await new_artist(changing, name="Owner")
    changing.sql("insert into museum.work (title, artist_id) values ('hangs', %s)", [id])
    query = "mutation ($id: Int!) { deleteArtistById(input: {id: $id}) { artist { worksByArtistId { totalCount } } } }"
    assert (await changing.ask(query, {"id": id}))["deleteArtistById"]["artist"]["worksByArtistId"] == {"totalCount": 0}
    assert changing.sql("select count(*) from museum.work where title = 'hangs'") == [(0,)]


async def test_what_is_needed_by_others_stays(changing: Museum):
    told = await changing.tell("mutation { deleteArtistById(input: {id: 3}) { artist { id } } }")
    assert told.body["data"] == {"deleteArtistById": None}
    assert "violates foreign key constraint" in told.messages[0]
    assert len(stored(changing, 3)) == 1


@pytest.mark.parametrize(
    ("field", "given", "collection"),
    [
        ("deleteArtistById", "{id: -1}", "artist"),
        ("deleteArtistByName", '{name: "nobody"}', "artist"),
        ("deleteArtist", f'{{nodeId: "{node_id("artists", -1)}"}}', "artist"),
        ("deleteRoomByFloorAndNumber", "{floor: 9, number: 9}", "room"),
    ],
)
async def test_a_row_that_is_not_there_cannot_be_deleted(changing: Museum, field: str, given: str, collection: str):
    told = await changing.tell(f"mutation {{ {field}(input: {given}) {{ clientMutationId }} }}")
    assert told.body["data"] == {field: None}
    assert told.messages == [NOT_DELETED.format(collection)]


# ------------------------------------------------------------------ node ids


@pytest.mark.parametrize("field", ["updateArtist", "deleteArtist"])
@pytest.mark.parametrize("id", ["", "junk", "query", node_id("works", 1), node_id("artists"), node_id("artists", 1, 2)])
async def test_an_id_of_something_else_is_refused(changing: Museum, field: str, id: str):
    patch = ', artistPatch: {country: "XX"}' if field == "updateArtist" else ""
    query = f"mutation ($id: ID!) {{ {field}(input: {{nodeId: $id{patch}}}) {{ artist {{ id }} }} }}"
    told = await changing.tell(query, {"id": id})
    assert told.body["data"] == {field: None}
    assert told.messages == [f"Invalid node identifier for 'Artist': {json.dumps(id)}"]
