"""Node ids: what tells a row from everything else, and how it is found again."""

import base64
import json
from typing import Any

import pytest

from tests.surfaces.graphql.operations.asking import ANON, BEA, Museum
from tests.surfaces.graphql.operations.conftest import Opener

NODE = "query ($id: ID!) { node(nodeId: $id) { __typename nodeId } }"


def node_id(*parts: object) -> str:
    return base64.b64encode(json.dumps(parts, separators=(",", ":"), ensure_ascii=False).encode()).decode()


async def test_an_id_is_the_table_and_the_key(museum: Museum):
    data = await museum.ask(
        '{ artistById(id: 1) { nodeId } inspectionByFloorAndNumberAndDay(floor: 0, number: 1, day: "2024-01-01") '
        "{ nodeId } entryByWorkId(workId: 2) { nodeId } }"
    )
    assert [row["nodeId"] for row in data.values()] == [
        node_id("artists", 1),
        node_id("inspections", 0, 1, "2024-01-01"),
        node_id("catalogues", 2),
    ]


async def test_every_row_is_found_by_its_id(museum: Museum):
    tables = ("Artists", "Works", "Rooms", "Placements", "Inspections", "Entries", "Tours")
    query = "{ " + " ".join(f"all{table}List {{ nodeId __typename }}" for table in tables) + " }"
    for rows in (await museum.ask(query)).values():
        assert rows
        for row in rows:
            assert await museum.ask(NODE, {"id": row["nodeId"]}) == {"node": row}


async def test_what_is_asked_of_a_node_depends_on_what_it_is(museum: Museum):
    query = """query ($id: ID!) {
      node(nodeId: $id) { nodeId ...A ... on Work { what: title } ... on Query { motto } ... on Node { __typename } }
    } fragment A on Artist { what: name worksByArtistId { totalCount } }"""
    artist, work, whole = node_id("artists", 1), node_id("works", 1), "query"
    assert await museum.ask(query, {"id": artist}) == {
        "node": {"nodeId": artist, "what": "Ada", "worksByArtistId": {"totalCount": 2}, "__typename": "Artist"}
    }
    assert (await museum.ask(query, {"id": work}))["node"]["what"] == "Harbour"
    assert await museum.ask(query, {"id": whole}) == {
        "node": {"nodeId": "query", "motto": 'Look "twice".', "__typename": "Query"}
    }


@pytest.mark.parametrize(
    "id",
    [
        "",
        "x",
        "hello",
        "Query",
        node_id("artists", 99),
        node_id("artists"),
        node_id("artists", 1, 1),
        node_id("artists", None),
        node_id("Artist", 1),
        node_id("artist", 1),
        node_id("treasures", 1),
        node_id("pg_authid", 10),
        node_id("inspections", 0, 1),
        node_id("artists", [1]),
        node_id("artists", {"a": 1}),
        node_id(1, 1),
        node_id(),
        base64.b64encode(b"\xff\x00").decode(),
        base64.b64encode(b'["artists","\\ud800"]').decode(),
        "artists|1",
    ],
    ids=ascii,
)
async def test_an_id_of_nothing_is_null(museum: Museum, id: str):
    query = "query ($id: ID!) { node(nodeId: $id) { nodeId } artist(nodeId: $id) { name } motto }"
    for given in (id, json.dumps(id)):
        data = await museum.ask(query, {"id": given})
        assert data == {"node": None, "artist": None, "motto": 'Look "twice".'}


async def test_an_id_of_another_table_finds_no_row_of_this(museum: Museum):
    data = await museum.ask("query ($id: ID!) { artist(nodeId: $id) { name } }", {"id": node_id("works", 1)})
    assert data == {"artist": None}


@pytest.mark.parametrize("key", ["x", "1; drop", 1.5, True, "9" * 50])
async def test_a_key_of_another_type_is_an_error_of_the_field(museum: Museum, key: object):
    query = "query ($id: ID!) { motto node(nodeId: $id) { nodeId } }"
    told = await museum.tell(query, {"id": node_id("artists", key)})
    assert told.status == 200
    assert told.body["data"] == {"motto": 'Look "twice".', "node": None}
    assert told.errors[0]["path"] == ["node"]


async def test_ids_of_two_tables_do_not_get_in_each_other_s_way(museum: Museum):
    ids = [node_id("artists", 1), node_id("works", 1), node_id("artists", 2), "x", node_id("works", 1), "query"]
    found = [(await museum.ask(NODE, {"id": id}))["node"] for id in ids]
    assert [node and node["__typename"] for node in found] == ["Artist", "Work", "Artist", None, "Work", "Query"]


async def test_nobody_finds_what_they_may_not_see(museum: Museum):
    query = "query ($id: ID!) { node(nodeId: $id) { nodeId ... on Note { body } } }"
    note = node_id("notes", 1)
    assert (await museum.ask(query, {"id": note}))["node"]["body"] == "of ann"
    assert await museum.ask(query, {"id": note}, BEA) == {"node": None}
    assert "permission denied" in await museum.refusal(query, {"id": note}, ANON)
    assert "permission denied" in await museum.refusal(query, {"id": node_id("payrolls", 1)})


# ------------------------------------------------------------------ keys of other types

KEYS: list[dict[str, Any]] = [
    {
        "moment": "2024-01-01T00:00:00Z",
        "bytes": "AP8=",
        "words": 'a|b"\\é💥\n',
        "exact": "1.50",
        "big": "9007199254740993",
    },
    {"moment": "infinity", "bytes": "", "words": "", "exact": "NaN", "big": "-9223372036854775808"},
    {"moment": "0044-03-15 BC", "bytes": "Zm9v", "words": "null", "exact": "0", "big": "0"},
]


@pytest.mark.parametrize("codec", ["base64JSON", "pipeString"])
@pytest.mark.parametrize("key", KEYS, ids=["usual", "extreme", "early"])
async def test_keys_of_any_type_are_found_again(own_opener: Opener, key: dict[str, str], codec: str):
    if codec == "pipeString":
        key = key | {"words": key["words"].replace("|", "")}
    museum = await own_opener(options={"graphileBuildOptions": {"defaultNodeIdCodec": codec}})
    museum.sql("truncate museum.keyed")
    row = key | {"flag": True, "kind": "_EMPTY_"}
    made = await museum.ask(
        "mutation ($k: KeyedInput!) { createKeyed(input: {keyed: $k}) { keyed { nodeId words } } }",
        {"k": row},
    )
    found = made["createKeyed"]["keyed"]
    query = "query ($id: ID!) { keyed(nodeId: $id) { nodeId words } node(nodeId: $id) { nodeId } }"
    assert await museum.ask(query, {"id": found["nodeId"]}) == {"keyed": found, "node": {"nodeId": found["nodeId"]}}
    gone = "mutation ($id: ID!) { deleteKeyed(input: {nodeId: $id}) { keyed { words } deletedKeyedId } }"
    assert await museum.ask(gone, {"id": found["nodeId"]}) == {
        "deleteKeyed": {"keyed": {"words": found["words"]}, "deletedKeyedId": found["nodeId"]}
    }


@pytest.mark.parametrize("tags", [["a", "b"], [], ['"', "\\", "a,b", "NULL", "é"]], ids=str)
async def test_a_list_may_be_a_key(changing: Museum, tags: list[str]):
    made = await changing.ask(
        "mutation ($t: [String]!) { createListed(input: {listed: {tags: $t}}) { listed { nodeId } } }", {"t": tags}
    )
    query = "query ($id: ID!) { listed(nodeId: $id) { tags } }"
    assert await changing.ask(query, {"id": made["createListed"]["listed"]["nodeId"]}) == {"listed": {"tags": tags}}


# ------------------------------------------------------------------ other ways to write them


async def test_ids_of_pipes(shared_opener: Opener):
    museum = await shared_opener(options={"graphileBuildOptions": {"defaultNodeIdCodec": "pipeString"}})
    data = await museum.ask("{ allInspections(last: 1) { nodes { nodeId } } artistById(id: 1) { nodeId } }")
    assert data == {
        "allInspections": {"nodes": [{"nodeId": "inspections|1|1|2024-01-01"}]},
        "artistById": {"nodeId": "artists|1"},
    }
    assert await museum.ask(NODE, {"id": "artists|1"}) == {"node": {"__typename": "Artist", "nodeId": "artists|1"}}
    for id in ("artists", "artists|", "artists|1|2", "|1", node_id("artists", 1)):
        told = await museum.tell(NODE, {"id": id})
        assert told.body["data"] == {"node": None}


async def test_ids_by_type(shared_opener: Opener):
    museum = await shared_opener(preset="amber")
    data = await museum.ask("{ allArtists(first: 1) { nodes { id rowId } } }")
    [row] = data["allArtists"]["nodes"]
    assert row == {"id": node_id("Artist", 1), "rowId": 1}
    assert await museum.ask("query ($id: ID!) { artist(id: $id) { rowId } }", {"id": row["id"]}) == {
        "artist": {"rowId": 1}
    }
