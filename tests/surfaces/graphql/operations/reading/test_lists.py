"""Lists: the simple collections beside connections."""

import pytest

from tests.surfaces.graphql.operations.asking import Museum
from tests.surfaces.graphql.operations.conftest import Opener


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        ("", [1, 2, 3, 4, 5, 6]),
        ("(first: 2)", [1, 2]),
        ("(first: 0)", []),
        ("(offset: 4)", [5, 6]),
        ("(first: 2, offset: 1)", [2, 3]),
        ("(orderBy: [TITLE_DESC, ID_DESC], first: 3)", [5, 4, 6]),
        ("(condition: {year: 1899})", [1, 2]),
        ("(first: null, offset: null, orderBy: null, condition: null)", [1, 2, 3, 4, 5, 6]),
    ],
)
async def test_a_list_is_the_rows_alone(museum: Museum, arguments: str, ids: list[int]):
    data = await museum.ask(f"{{ allWorksList{arguments} {{ id }} }}")
    assert data == {"allWorksList": [{"id": id} for id in ids]}


async def test_lists_hang_on_rows_and_are_cut_for_each(museum: Museum):
    data = await museum.ask("{ allArtistsList { name worksByArtistIdList(first: 1, orderBy: ID_DESC) { title } } }")
    assert data["allArtistsList"] == [
        {"name": "Ada", "worksByArtistIdList": [{"title": "Head"}]},
        {"name": "Bo", "worksByArtistIdList": [{"title": "Untitled"}]},
        {"name": 'Ché "Q" O\'Neil', "worksByArtistIdList": []},
        {"name": "Dee", "worksByArtistIdList": [{"title": "Noon"}]},
    ]


@pytest.mark.parametrize("argument", ["last: 1", 'after: "x"', 'before: "x"'])
async def test_a_list_has_no_cursors(museum: Museum, argument: str):
    told = await museum.tell(f"{{ allWorksList({argument}) {{ id }} }}")
    assert told.status == 400
    assert "Unknown argument" in told.messages[0]


async def test_a_negative_size_is_an_error(museum: Museum):
    assert await museum.refusal("{ allWorksList(first: -1) { id } }") == "LIMIT must not be negative"


async def test_there_may_be_lists_alone(shared_opener: Opener):
    only = await shared_opener(options={"simpleCollections": "only"})
    assert len((await only.ask("{ allWorksList { id } }"))["allWorksList"]) == 6
    assert (await only.tell("{ allWorks { totalCount } }")).status == 400
