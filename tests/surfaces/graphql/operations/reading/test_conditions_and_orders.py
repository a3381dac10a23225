"""Conditions are equalities; orders are lists of columns."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.surfaces.graphql.operations.asking import Museum
from tests.surfaces.graphql.operations.paging import COLUMNS, ROWS, Row, bounded, fill

CONDITION = "query ($c: WorkCondition) { allWorksList(condition: $c) { id } }"
CENTURY = {"start": {"value": "1900-01-01", "inclusive": True}, "end": {"value": "1901-01-01", "inclusive": False}}
SAME_YEAR = {"start": {"value": "1900-01-01", "inclusive": True}, "end": {"value": "1900-12-31", "inclusive": True}}


def ids(data: Any, field: str = "allWorksList") -> list[int]:
    return [row["id"] for row in data[field]]


# ------------------------------------------------------------------ conditions


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"year": 1899}, [1, 2]),
        ({"year": 1899, "kind": "SCULPTURE"}, [2]),
        ({"year": None}, [3, 5]),
        ({"year": None, "artistId": None}, [5]),
        ({"title": "Untitled"}, [4, 5]),
        ({"title": "untitled"}, []),
        ({"title": "' or '1' = '1"}, []),
        ({"kind": "_EMPTY_"}, [4]),
        ({"kind": "GREATER_THAN_OR_EQUAL"}, [5]),
        ({"tags": ["sea", "ships"]}, [1]),
        ({"tags": ["ships", "sea"]}, []),
        ({"tags": []}, [2]),
        ({"tags": ["a,b", 'c"d', None]}, [4]),
        ({"tags": None}, [3, 5, 6]),
        ({"shown": CENTURY}, [1]),
        ({"shown": SAME_YEAR}, [1]),
        ({"shown": {"end": {"value": "1950-01-01", "inclusive": False}}}, [3]),
        ({"shown": {"start": {"value": "2000-01-01", "inclusive": True}, "end": None}}, [5]),
        ({"size": {"width": 40, "height": 30}}, [1]),
        ({"size": {"width": 20, "height": 30, "depth": "22.50"}}, [2]),
        ({"size": {}}, [5]),
        ({"size": None}, [3, 4, 5, 6]),
        ({"isOld": True}, [1, 2]),
        ({"isOld": None}, [3, 5]),
    ],
    ids=str,
)
async def test_every_member_must_be_equal_or_null(museum: Museum, condition: dict[str, Any], expected: list[int]):
    assert ids(await museum.ask(CONDITION, {"c": condition})) == expected


async def test_what_is_not_given_is_no_condition(museum: Museum):
    query = "query ($y: Int, $k: Kind) { allWorksList(condition: {year: $y, kind: $k}) { id } }"
    assert ids(await museum.ask(query, {})) == [1, 2, 3, 4, 5, 6]
    assert ids(await museum.ask(query, {"y": 1899})) == [1, 2]
    assert ids(await museum.ask(query, {"y": None, "k": "WORK_ON_PAPER"})) == [3]
    assert ids(await museum.ask("query ($c: WorkCondition) { allWorksList(condition: $c) { id } }", {"c": None})) == [
        *range(1, 7)
    ]


async def test_conditions_hang_on_relations_too(museum: Museum):
    query = "{ artistById(id: 1) { worksByArtistId(condition: {kind: SCULPTURE}) { totalCount nodes { id } } } }"
    data = await museum.ask(query)
    assert data["artistById"]["worksByArtistId"] == {"totalCount": 1, "nodes": [{"id": 2}]}


@pytest.mark.parametrize(
    "condition", ["{nope: 1}", '{year: "x"}', "{kind: NOPE}", "{size: {nope: 1}}", "{shown: {start: {value: 1}}}"]
)
async def test_what_no_row_could_be_is_refused(museum: Museum, condition: str):
    assert (await museum.tell(f"{{ allWorksList(condition: {condition}) {{ id }} }}")).status == 400


async def test_what_postgresql_cannot_compare_is_the_field_s_own_error(museum: Museum):
    told = await museum.tell("{ motto allSamplesList(condition: {doc: 1}) { id } }")
    assert told.body["data"] == {"motto": 'Look "twice".', "allSamplesList": None}
    assert "operator does not exist" in told.messages[0]


@bounded
@given(rows=ROWS, data=st.data())
async def test_any_value_that_a_row_has_finds_it(museum: Museum, rows: list[Row], data: Any):
    """What is read of a column is what it is found by."""
    fill(museum, rows)
    plain = [name for name in COLUMNS if name not in "sjphzm"]
    shown = await museum.ask(f"{{ allPagesList {{ id {' '.join(plain)} }} }}")
    row = data.draw(st.sampled_from(shown["allPagesList"]))
    numbers_that_are_none = ("NaN", "-Infinity")
    wanted = [name for name in plain if row[name] not in numbers_that_are_none]
    names = data.draw(st.lists(st.sampled_from(wanted), unique=True, max_size=4))
    # PostGraphile shows days of before our calendar like those within it.
    condition = {name: row[name] for name in names if not str(row[name]).startswith("0044-")}
    query = "query ($c: PageCondition) { allPagesList(condition: $c) { id } }"
    assert row["id"] in ids(await museum.ask(query, {"c": condition}), "allPagesList")


# ------------------------------------------------------------------ orders


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("ID_DESC", [6, 5, 4, 3, 2, 1]),
        ("[YEAR_ASC]", [1, 2, 4, 6, 3, 5]),
        ("[YEAR_DESC]", [5, 3, 6, 4, 2, 1]),
        ("[YEAR_DESC, ID_ASC]", [3, 5, 6, 4, 1, 2]),
        ("[TITLE_ASC, YEAR_DESC]", [3, 1, 2, 6, 5, 4]),
        ("[KIND_ASC]", [1, 6, 2, 3, 4, 5]),
        ("[SIZE_ASC]", [2, 1, 5, 3, 4, 6]),
        ("[IS_OLD_DESC, PRIMARY_KEY_ASC]", [3, 5, 1, 2, 4, 6]),
        ("PRIMARY_KEY_DESC", [6, 5, 4, 3, 2, 1]),
        ("[]", [1, 2, 3, 4, 5, 6]),
        ("[YEAR_ASC, YEAR_DESC]", [1, 2, 4, 6, 3, 5]),
        ("[NATURAL, YEAR_ASC]", [1, 2, 4, 6, 3, 5]),
    ],
)
async def test_orders(museum: Museum, order: str, expected: list[int]):
    for query in (
        f"{{ allWorksList(orderBy: {order}) {{ id }} }}",
        f"query ($o: [WorksOrderBy!] = {order}) {{ allWorksList(orderBy: $o) {{ id }} }}",
    ):
        assert ids(await museum.ask(query)) == expected


async def test_an_order_that_postgresql_has_not_is_the_field_s_own_error(museum: Museum):
    told = await museum.tell("{ motto allSamplesList(orderBy: DOC_ASC) { id } }")
    assert told.body["data"] == {"motto": 'Look "twice".', "allSamplesList": None}
    assert "ordering operator" in told.messages[0]
