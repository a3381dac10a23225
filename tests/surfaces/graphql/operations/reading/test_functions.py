"""Functions as fields: of the root and of rows; values, arrays, rows, sets, records; defaults where nothing is said."""

from typing import Any

import pytest

from tests.surfaces.graphql.operations.asking import Museum
from tests.surfaces.graphql.operations.conftest import Opener


async def one(museum: Museum, field: str, variables: dict[str, Any] | None = None, head: str = "") -> Any:
    """What one root field gives."""
    [value] = (await museum.ask(f"{head} {{ {field} }}", variables)).values()
    return value


# ------------------------------------------------------------------ arguments


@pytest.mark.parametrize(
    ("arguments", "sum"),
    [
        ("(a: 1)", 111),
        ("(a: 1, b: 2)", 103),
        ("(a: 1, c: 2)", 13),
        ("(c: 2, a: 1)", 13),
        ("(a: 1, b: 2, c: 3)", 6),
        ("(a: 1, b: null)", 99),
        ("(a: null, c: null)", 6),
        ("(b: 2)", 101),
        ("", 109),
    ],
)
async def test_a_default_holds_for_what_is_left_out_and_not_for_null(museum: Museum, arguments: str, sum: int):
    assert await one(museum, f"sumOf{arguments}") == sum


@pytest.mark.parametrize(
    ("variables", "sum"), [({}, 109), ({"a": 1}, 111), ({"a": 1, "b": None}, 99), ({"b": 2, "c": None}, -2)]
)
async def test_so_it_does_for_variables_that_are_not_sent(museum: Museum, variables: dict[str, Any], sum: int):
    assert await one(museum, "sumOf(a: $a, b: $b, c: $c)", variables, "query ($a: Int, $b: Int, $c: Int)") == sum


async def test_a_variable_s_own_default_comes_first(museum: Museum):
    assert await one(museum, "sumOf(a: 0, b: $b)", {}, "query ($b: Int = 5)") == 105


async def test_what_has_no_name_goes_by_its_place(museum: Museum):
    assert await one(museum, "twice(arg0: 21)") == 42


async def test_what_a_strict_function_needs_is_required(museum: Museum):
    assert (await museum.tell("{ twice }")).status == 400
    assert (await museum.tell("{ twice(arg0: null) }")).status == 400


@pytest.mark.parametrize("words", ["", "'", '"', "\\", "$1", "%s", "{}", ";--", "é💥\n\t", "null", "'; drop table x"])
async def test_an_argument_is_never_sql(museum: Museum, words: str):
    assert await one(museum, "echo(words: $w)", {"w": words}, "query ($w: String)") == words


async def test_arguments_of_other_types(museum: Museum):
    assert await one(museum, 'dayOf(moment: "2024-01-01T23:00:00-05:00")') == "2024-01-02"
    assert await one(museum, "countOf(kind: PAINTING)") == 2
    assert await one(museum, "countOf(kind: _EMPTY_)") == 1
    assert await one(museum, "areas(sizes: [{width: 2, height: 3}, null, {}, {height: 2, width: 5}])") == [
        6,
        None,
        None,
        10,
    ]
    assert await one(museum, "areas(sizes: [])") == []


async def test_a_composite_goes_in_and_comes_out(museum: Museum):
    frame = {
        "material": 'a"b\\',
        "outerSize": {"width": 1, "height": None, "depth": "2.50"},
        "marks": ["", None, "a,b"],
    }
    selection = "{ material outerSize { width height depth } marks }"
    assert await one(museum, f"framed(frame: $f) {selection}", {"f": frame}, "query ($f: FrameInput)") == frame
    partial = {"marks": ["x"]}
    assert await one(museum, f"framed(frame: $f) {selection}", {"f": partial}, "query ($f: FrameInput)") == {
        "material": None,
        "outerSize": None,
        "marks": ["x"],
    }
    assert await one(museum, f"framed {selection}") is None


# ------------------------------------------------------------------ results


async def test_values(museum: Museum):
    data = await museum.ask("{ motto nothing years titlesList allKindsList }")
    assert data == {
        "motto": 'Look "twice".',
        "nothing": None,
        "years": [1899, 1899, None, 1950, None, 2001],
        "titlesList": ["Harbour", "Head", "Field", "Untitled", "Untitled", "Noon"],
        "allKindsList": ["PAINTING", "SCULPTURE", "WORK_ON_PAPER", "_EMPTY_", "GREATER_THAN_OR_EQUAL"],
    }


async def test_composites(museum: Museum):
    data = await museum.ask(
        "{ standardSize(scale: 2) { width depth } standardFrames { material outerSize { height } marks } }"
    )
    assert data == {
        "standardSize": {"width": 20, "depth": "0.5"},
        "standardFrames": [{"material": "oak", "outerSize": {"height": 2}, "marks": ["a", "b"]}, None, None],
    }


async def test_a_row_goes_on_like_any(museum: Museum):
    found = await one(museum, 'artistNamed(name: "Ada") { nodeId label worksByArtistId { totalCount } }')
    assert found == {"nodeId": "WyJhcnRpc3RzIiwxXQ==", "label": "by Ada", "worksByArtistId": {"totalCount": 2}}
    assert await one(museum, 'artistNamed(name: "Nobody") { name }') is None


async def test_rows_are_a_connection_in_the_function_s_own_order(museum: Museum):
    found = await one(museum, "worksOf(artistId: 1) { nodes { title } totalCount edges { node { id } } }")
    assert found == {
        "nodes": [{"title": "Harbour"}, {"title": "Head"}],
        "totalCount": 2,
        "edges": [{"node": {"id": 1}}, {"node": {"id": 2}}],
    }
    assert await one(museum, "worksOf { totalCount }") == {"totalCount": 6}


@pytest.mark.parametrize(
    ("arguments", "titles", "more", "earlier"),
    [
        ("", ["Harbour", "Head", "Field", "Untitled", "Untitled", "Noon"], False, False),
        ("(first: 2)", ["Harbour", "Head"], True, False),
        ("(last: 2)", ["Untitled", "Noon"], False, True),
        ("(offset: 4)", ["Untitled", "Noon"], False, True),
        ("(first: 1, offset: 1)", ["Head"], True, True),
        ('(after: "WyJuYXR1cmFsIiwyXQ==", first: 1)', ["Field"], True, False),
        ('(before: "WyJuYXR1cmFsIiwzXQ==")', ["Harbour", "Head"], False, False),
        ('(before: "WyJuYXR1cmFsIiwzXQ==", last: 1)', ["Head"], False, True),
        ('(after: "WyJuYXR1cmFsIiwxXQ==", before: "WyJuYXR1cmFsIiw1XQ==", first: 2)', ["Head", "Field"], True, False),
        ("(first: 0)", [], False, False),
    ],
)
async def test_pages_of_values(museum: Museum, arguments: str, titles: list[str], more: bool, earlier: bool):
    found = await one(
        museum, f"titles{arguments} {{ nodes edges {{ node }} pageInfo {{ hasNextPage hasPreviousPage }} }}"
    )
    assert found["nodes"] == [edge["node"] for edge in found["edges"]] == titles
    assert found["pageInfo"] == {"hasNextPage": more, "hasPreviousPage": earlier}


async def test_a_set_may_have_gaps(museum: Museum):
    names = [{"name": "Ada"}, None, {"name": "Bo"}]
    found = await one(museum, "withGaps { nodes { name } edges { node { name } cursor } totalCount }")
    assert found["nodes"] == [edge["node"] for edge in found["edges"]] == names
    assert found["totalCount"] == len({edge["cursor"] for edge in found["edges"]}) == 3
    assert await one(museum, "withGapsList(first: 2) { name }") == names[:2]


async def test_records(museum: Museum):
    data = await museum.ask(
        "{ spanOf(artistId: 1) { earliest latest __typename } nobody: spanOf(artistId: 99) { earliest }"
        " initialsList(length: 2, first: 2) { artistId letters }"
        " initials { nodes { letters } totalCount } }"
    )
    assert data == {
        "spanOf": {"earliest": 1899, "latest": 1899, "__typename": "SpanOfRecord"},
        "nobody": None,
        "initialsList": [{"artistId": 1, "letters": "Ad"}, {"artistId": 2, "letters": "Bo"}],
        "initials": {"nodes": [{"letters": letter} for letter in "ABCD"], "totalCount": 4},
    }


# ------------------------------------------------------------------ of rows


async def test_computed_fields_take_arguments(museum: Museum):
    found = await one(
        museum,
        'artistById(id: 1) { label plain: label(before: "") loud: label(after: "!") none: label(before: null) '
        'both: label(after: "2", before: "1") tags }',
    )
    assert found == {
        "label": "by Ada",
        "plain": "Ada",
        "loud": "by Ada!",
        "none": None,
        "both": "1Ada2",
        "tags": ["sea", "ships"],
    }


async def test_computed_rows_and_sets_of_rows(museum: Museum):
    query = (
        "allArtistsList { lastWork { title age(at: 2000) isOld artistByArtistId { name } }"
        " worksSince(year: 1900, first: 1) { nodes { id } totalCount pageInfo { hasNextPage } }"
        " worksSinceList { id } }"
    )
    ada, bo, che, dee = await one(museum, query)
    assert ada["lastWork"] == {"title": "Head", "age": 101, "isOld": True, "artistByArtistId": {"name": "Ada"}}
    assert ada["worksSince"] == {"nodes": [], "totalCount": 0, "pageInfo": {"hasNextPage": False}}
    assert ada["worksSinceList"] == [{"id": 1}, {"id": 2}]
    assert bo["worksSince"] == {"nodes": [{"id": 4}], "totalCount": 1, "pageInfo": {"hasNextPage": False}}
    assert (che["lastWork"], che["worksSinceList"]) == (None, [])
    assert dee["lastWork"]["age"] == -1


async def test_a_computed_value_of_null_is_null(museum: Museum):
    assert await one(museum, "workById(id: 3) { age(at: 2000) isOld none: age }") == {
        "age": None,
        "isOld": None,
        "none": None,
    }


async def test_what_a_function_says_of_its_row_is_said_of_every_row(museum: Museum):
    rooms = await one(museum, "allRoomsList { title name }")
    assert [room["title"] for room in rooms] == ["0.1 Hall", "0.2 Cabinet", "1.1 Attic"]


async def test_a_function_may_stand_anywhere_a_row_stands(museum: Museum):
    found = await one(
        museum,
        "allPlacements(first: 1) { edges { node { workByWorkId { age(at: 1900) artistByArtistId { label } } } } }",
    )
    assert found["edges"] == [{"node": {"workByWorkId": {"age": 1, "artistByArtistId": {"label": "by Ada"}}}}]


async def test_without_gaps_nodes_are_never_null(shared_opener: Opener):
    museum = await shared_opener(options={"setofFunctionsContainNulls": False, "simpleCollections": "both"})
    assert await one(museum, "worksOf(artistId: 2) { nodes { id } }") == {"nodes": [{"id": 3}, {"id": 4}]}
    data = await museum.ask(
        '{ __type(name: "WorksConnection") { fields { name type { ofType { ofType { kind } } } } } }'
    )
    kinds = {field["name"]: field["type"]["ofType"] for field in data["__type"]["fields"]}
    assert kinds["nodes"]["ofType"]["kind"] == "NON_NULL"
