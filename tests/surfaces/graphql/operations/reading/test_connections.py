"""Connections: what a page holds and says of the rest, cursors, counts."""

import base64
import json
from typing import Any

import pytest

from tests.surfaces.graphql.operations.asking import Museum

FLAGS = "pageInfo { hasNextPage hasPreviousPage }"
OTHER_ORDER = (
    "Invalid '{}' cursor - a cursor is only valid within a specific ordering, if you change the order then you'll need "
    "different cursors."
)
NO_CURSOR = "Invalid cursor, please enter a cursor from a previous request, or null."


def cursor(*parts: object) -> str:
    return base64.b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode()


def decoded(text: str) -> Any:
    return json.loads(base64.b64decode(text))


async def works(museum: Museum, arguments: str, selection: str = f"nodes {{ id }} {FLAGS}") -> Any:
    data = await museum.ask(f"{{ allWorks({arguments}) {{ {selection} }} }}")
    return data["allWorks"]


# ------------------------------------------------------------------ what is in a page


async def test_nodes_and_edges_are_the_same_rows(museum: Museum):
    page = await works(museum, "first: 3", "nodes { title } edges { node { title } cursor }")
    assert [edge["node"] for edge in page["edges"]] == page["nodes"]
    assert page["nodes"] == [{"title": "Harbour"}, {"title": "Head"}, {"title": "Field"}]


@pytest.mark.parametrize(
    ("arguments", "ids", "more", "earlier"),
    [
        ("orderBy: ID_ASC", [1, 2, 3, 4, 5, 6], False, False),
        ("first: 2", [1, 2], True, False),
        ("first: 6", [1, 2, 3, 4, 5, 6], False, False),
        ("first: 0", [], False, False),
        ("last: 0", [], False, False),
        ("last: 2", [5, 6], False, True),
        ("last: 6", [1, 2, 3, 4, 5, 6], False, False),
        ("offset: 4", [5, 6], False, True),
        ("offset: 0, first: 1", [1], True, False),
        ("offset: 2, first: 2", [3, 4], True, True),
        ("offset: 20, first: 2", [], False, True),
        ("first: 4, last: 2", [3, 4], False, False),
        ("first: 2, last: 4", [1, 2], False, False),
        ("first: 2147483647", [1, 2, 3, 4, 5, 6], False, False),
        ("first: null, last: null, offset: null, before: null, after: null", [1, 2, 3, 4, 5, 6], False, False),
        ('after: "%(2)s"', [3, 4, 5, 6], False, False),
        ('after: "%(2)s", first: 2', [3, 4], True, False),
        ('after: "%(2)s", first: 2, offset: 1', [4, 5], True, True),
        ('after: "%(2)s", last: 2', [5, 6], False, True),
        ('before: "%(5)s"', [1, 2, 3, 4], False, False),
        ('before: "%(5)s", last: 2', [3, 4], False, True),
        ('before: "%(5)s", first: 2', [1, 2], True, False),
        ('after: "%(2)s", before: "%(5)s"', [3, 4], False, False),
        ('after: "%(2)s", before: "%(5)s", first: 1', [3], True, False),
        ('after: "%(5)s", before: "%(2)s"', [], False, False),
    ],
)
async def test_pages(museum: Museum, arguments: str, ids: list[int], more: bool, earlier: bool):
    cursors = {str(id): cursor("8bcd7e1af7", id) for id in range(1, 7)}
    whole = await works(museum, "orderBy: ID_ASC", "edges { cursor node { id } }")
    cursors = {str(edge["node"]["id"]): edge["cursor"] for edge in whole["edges"]}
    page = await works(museum, arguments % cursors if "%" in arguments else arguments)
    assert [node["id"] for node in page["nodes"]] == ids
    assert page["pageInfo"] == {"hasNextPage": more, "hasPreviousPage": earlier}


async def test_the_page_info_names_its_first_and_last_row(museum: Museum):
    page = await works(museum, "first: 2, offset: 1", "edges { cursor } pageInfo { startCursor endCursor }")
    first, last = (edge["cursor"] for edge in page["edges"])
    assert page["pageInfo"] == {"startCursor": first, "endCursor": last}
    empty = await works(museum, "first: 0", "pageInfo { startCursor endCursor }")
    assert empty["pageInfo"] == {"startCursor": None, "endCursor": None}


@pytest.mark.parametrize(
    "page", ["first: 3", "last: 3", "first: 4, last: 3", "orderBy: NATURAL, first: 3", "offset: 3"]
)
@pytest.mark.parametrize("ends", ["startCursor", "endCursor", "startCursor endCursor", "endCursor hasNextPage"])
async def test_what_is_asked_of_its_ends_does_not_turn_its_rows_round(museum: Museum, page: str, ends: str):
    alone = await works(museum, page, "nodes { id } edges { cursor }")
    found = await works(museum, page, f"pageInfo {{ {ends} }} nodes {{ id }} edges {{ cursor }}")
    info = found.pop("pageInfo")
    assert found == alone
    cursors = [edge["cursor"] for edge in found["edges"]]
    assert info.get("startCursor", cursors[0]) == cursors[0]
    assert info.get("endCursor", cursors[-1]) == cursors[-1]


async def test_everything_may_be_asked_of_a_page_by_itself(museum: Museum):
    for selection, expected in (
        ("totalCount", {"totalCount": 6}),
        ("__typename", {"__typename": "WorksConnection"}),
        ("pageInfo { hasNextPage }", {"pageInfo": {"hasNextPage": True}}),
        ("edges { __typename }", {"edges": [{"__typename": "WorksEdge"}] * 2}),
    ):
        assert await works(museum, "first: 2", selection) == expected


# ------------------------------------------------------------------ what cannot be


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("last: 1, offset: 1", "Cannot use 'offset' with 'last'"),
        ("first: -1", "LIMIT must not be negative"),
        ("last: -1", "LIMIT must not be negative"),
        ("offset: -1", "OFFSET must not be negative"),
        ('after: ""', NO_CURSOR),
        ('before: "x"', NO_CURSOR),
        (f'after: "{cursor()}"', NO_CURSOR),
        (f'after: "{cursor("natural", 1)}"', OTHER_ORDER.format("after")),
        (f'before: "{cursor("08e0d342de", 1)}"', OTHER_ORDER.format("before")),
        (f'before: "{cursor("natural")}"', OTHER_ORDER.format("before")),
    ],
)
async def test_what_makes_no_sense_is_the_field_s_own_error(museum: Museum, arguments: str, message: str):
    told = await museum.tell(f"{{ motto allWorks({arguments}) {{ nodes {{ id }} }} }}")
    assert told.status == 200
    assert told.body["data"] == {"motto": 'Look "twice".', "allWorks": None}
    [error] = told.errors
    assert (error["message"], error["path"]) == (message, ["allWorks"])


@pytest.mark.parametrize("variables", [{"n": -1}, {"n": 2}, {"n": -2}, {"n": 0}, {"n": None}, {}])
async def test_a_size_may_be_a_variable_of_any_sign(museum: Museum, variables: dict[str, Any]):
    query = "query ($n: Int) { allWorks(first: $n) { nodes { id } } }"
    size = variables.get("n")
    if size is not None and size < 0:
        assert await museum.refusal(query, variables) == "LIMIT must not be negative"
    else:
        data = await museum.ask(query, variables)
        assert len(data["allWorks"]["nodes"]) == (6 if size is None else size)


@pytest.mark.parametrize("size", [2**31, -(2**31) - 1, 10**30])
async def test_a_size_beyond_32_bits_is_no_int(museum: Museum, size: int):
    told = await museum.tell(f"{{ allWorks(first: {size}) {{ totalCount }} }}")
    assert told.status == 400
    told = await museum.tell("query ($n: Int) { allWorks(first: $n) { totalCount } }", {"n": size})
    assert told.status == 400


# ------------------------------------------------------------------ cursors


async def test_a_cursor_holds_the_digest_of_its_order_and_the_row_s_place_in_it(museum: Museum):
    page = await works(museum, "orderBy: [YEAR_DESC, TITLE_ASC], last: 1", "edges { cursor }")
    assert decoded(page["edges"][0]["cursor"]) == ["c6206dcfe4", 1899, "Head", 2]


async def test_a_cursor_stays_good_when_the_order_is_turned_round(museum: Museum):
    page = await works(museum, "orderBy: ID_ASC, first: 3", "pageInfo { endCursor }")
    found = await works(museum, f'orderBy: ID_DESC, after: "{page["pageInfo"]["endCursor"]}"')
    assert [node["id"] for node in found["nodes"]] == [2, 1]


@pytest.mark.parametrize("order", ["TITLE_ASC", "YEAR_ASC", "[ID_ASC, YEAR_ASC]", "NATURAL"])
async def test_but_not_in_another_order(museum: Museum, order: str):
    page = await works(museum, "orderBy: KIND_ASC, first: 1", "pageInfo { endCursor }")
    given = page["pageInfo"]["endCursor"]
    query = f"query ($c: Cursor) {{ allWorks(orderBy: {order}, before: $c) {{ nodes {{ id }} }} }}"
    assert await museum.refusal(query, {"c": given}) == OTHER_ORDER.format("before")


async def test_a_row_that_is_gone_is_still_a_place_to_go_on_from(museum: Museum):
    page = await works(museum, "orderBy: ID_ASC, first: 1", "pageInfo { endCursor }")
    digest, _ = decoded(page["pageInfo"]["endCursor"])
    found = await works(museum, f'after: "{cursor(digest, -5)}", before: "{cursor(digest, 3)}"')
    assert [node["id"] for node in found["nodes"]] == [1, 2]


@pytest.mark.parametrize("value", ["x", "1; drop table", 1.5, True, 10**30, "\u0000", "'"])
async def test_a_forged_value_is_an_error_of_its_field_or_no_row(museum: Museum, value: object):
    page = await works(museum, "orderBy: ID_ASC, first: 1", "pageInfo { endCursor }")
    digest, _ = decoded(page["pageInfo"]["endCursor"])
    query = "query ($c: Cursor) { motto allWorks(after: $c) { nodes { id } } }"
    told = await museum.tell(query, {"c": cursor(digest, value)})
    assert told.status == 200
    assert told.body["data"]["motto"]
    assert told.body["data"]["allWorks"] is None


async def test_without_a_key_cursors_are_numbers_of_rows(museum: Museum):
    data = await museum.ask("{ allCensuses { edges { cursor } } }")
    assert [decoded(edge["cursor"]) for edge in data["allCensuses"]["edges"]] == [["natural", n] for n in range(1, 6)]


@pytest.mark.parametrize("side", ["after", "before"])
async def test_without_a_key_an_order_has_no_places(museum: Museum, side: str):
    data = await museum.ask("{ allCensuses(orderBy: WORKS_DESC) { edges { cursor } } }")
    given = data["allCensuses"]["edges"][0]["cursor"]
    message = await museum.refusal(f'{{ allCensuses(orderBy: WORKS_DESC, {side}: "{given}") {{ nodes {{ works }} }} }}')
    assert message == f"Can only use '{side}' cursor when there is a unique defined order."


@pytest.mark.parametrize("number", [-1, True, None, 1.5, "1", 2**62, 10**4000])
async def test_a_number_that_no_row_has_is_no_cursor(museum: Museum, number: object):
    query = "query ($c: Cursor) { allCensuses(offset: 1, after: $c) { nodes { works } } }"
    assert await museum.refusal(query, {"c": cursor("natural", number)}) == OTHER_ORDER.format("after")
    for selection in ("edges { cursor }", "totalCount", "pageInfo { startCursor }"):
        query = f'{{ allCensuses(offset: 1, after: "{cursor("natural", number)}") {{ {selection} }} }}'
        assert await museum.refusal(query) == OTHER_ORDER.format("after")
    query = "query ($c: Cursor) { allCensuses(offset: 1, after: $c) { nodes { works } } }"
    good = await museum.ask(query, {"c": cursor("natural", 1)})
    assert len(good["allCensuses"]["nodes"]) == 3


# ------------------------------------------------------------------ counts


async def test_the_total_does_not_depend_on_the_page(museum: Museum):
    for arguments in ("first: 1", "last: 1", "offset: 5", "first: 0", "orderBy: YEAR_DESC, last: 2"):
        assert await works(museum, arguments, "totalCount") == {"totalCount": 6}


async def test_but_on_the_condition(museum: Museum):
    assert await works(museum, "condition: {year: 1899}, first: 1", "totalCount nodes { id }") == {
        "totalCount": 2,
        "nodes": [{"id": 1}],
    }


async def test_several_pages_of_one_set_may_be_asked_at_once(museum: Museum):
    data = await museum.ask(
        "{ a: allWorks(first: 1) { nodes { id } } b: allWorks(last: 1) { nodes { id } } c: allWorks { totalCount } }"
    )
    assert data == {"a": {"nodes": [{"id": 1}]}, "b": {"nodes": [{"id": 6}]}, "c": {"totalCount": 6}}
