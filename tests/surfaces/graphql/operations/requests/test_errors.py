"""Errors: whose they are, what they tell, and what they do not."""

import json
import logging

import pytest

from tests.surfaces.graphql.operations.asking import ANN, ANON, Museum
from tests.surfaces.graphql.operations.conftest import Opener

MIXED = """query {
  motto
  broken: explode(message: "it's \\"broken\\"")
  allWorksList(first: 1) { title }
  also: workById(id: 1) { broken }
  nothing
}"""


async def test_only_the_failing_field_is_null(museum: Museum):
    told = await museum.tell(MIXED)
    assert told.status == 200
    assert list(told.body) == ["data", "errors"]
    assert told.body["data"] == {
        "motto": 'Look "twice".',
        "broken": None,
        "allWorksList": [{"title": "Harbour"}],
        "also": None,
        "nothing": None,
    }
    assert list(told.body["data"]) == ["motto", "broken", "allWorksList", "also", "nothing"]


async def test_each_error_says_where_it_happened(museum: Museum):
    first, second = (await museum.tell(MIXED)).errors
    assert first == {
        "message": 'it\'s "broken"',
        "locations": [{"line": 3, "column": 3}],
        "path": ["broken"],
        "extensions": {"code": "MU001", "details": "a detail", "hint": "a hint"},
    }
    assert second["message"] == "work 1 is broken"
    assert (second["path"], second["locations"]) == (["also"], [{"line": 5, "column": 3}])
    assert second["extensions"]["code"] == "P0001"


async def test_a_field_that_is_asked_twice_has_two_places(museum: Museum):
    told = await museum.tell("{\n  explode\n  explode\n}")
    [error] = told.errors
    assert error["locations"] == [{"line": 2, "column": 3}, {"line": 3, "column": 3}]


async def test_all_fields_may_fail(museum: Museum):
    told = await museum.tell('{ a: explode b: explode(message: "2") c: allPayrolls { totalCount } }')
    assert told.body["data"] == {"a": None, "b": None, "c": None}
    assert told.messages == ["no", "2", "permission denied for table payroll"]


async def test_errors_of_arguments_and_of_postgresql_stand_side_by_side(museum: Museum):
    told = await museum.tell("{ a: allWorks(first: -1) { totalCount nodes { id } } b: explode c: motto }")
    assert told.body["data"] == {"a": None, "b": None, "c": 'Look "twice".'}
    assert sorted(told.messages) == ["LIMIT must not be negative", "no"]


async def test_a_right_that_is_missing_is_told(museum: Museum):
    told = await museum.tell("{ motto allNotesList { id } allPayrollsList { id } }", claims=ANON)
    assert told.body["data"] == {"motto": 'Look "twice".', "allNotesList": None, "allPayrollsList": None}
    assert told.messages == ["permission denied for table note", "permission denied for table payroll"]
    assert {error["extensions"]["code"] for error in told.errors} == {"42501"}


@pytest.mark.parametrize(
    ("query", "variables", "message"),
    [
        (
            "query ($id: Int!) { workById(id: $id) { id } }",
            {},
            'Variable "$id" of required type "Int!" was not provided.',
        ),
        (
            "query ($id: Int!) { workById(id: $id) { id } }",
            {"id": None},
            'Variable "$id" of non-null type "Int!" must not be null.',
        ),
        (
            "query ($id: Int!) { workById(id: $id) { id } }",
            {"id": "x"},
            'Variable "$id" got invalid value "x"; Int cannot represent non-integer value: "x"',
        ),
        (
            "query ($k: Kind) { countOf(kind: $k) }",
            {"k": "NOPE"},
            'Variable "$k" got invalid value "NOPE"; Value "NOPE" does not exist in "Kind" enum.',
        ),
        ("{ nope }", None, 'Cannot query field "nope" on type "Query".'),
    ],
)
async def test_what_cannot_be_executed_has_no_data(
    museum: Museum, query: str, variables: dict[str, object] | None, message: str
):
    told = await museum.tell(query, variables)
    assert told.status == 400
    assert list(told.body) == ["errors"]
    assert told.messages[0].startswith(message)


# ------------------------------------------------------------------ masked

SECRETS = (
    "it's",
    "broken",
    "a detail",
    "a hint",
    "MU001",
    "permission denied",
    "payroll",
    "syntax",
    "22P02",
    "museum.",
)


@pytest.fixture(scope="module")
async def masked(shared_opener: Opener) -> Museum:
    return await shared_opener(maskErrors=True, options={"simpleCollections": "both"})


@pytest.mark.parametrize(
    "query",
    [
        '{ x: explode(message: "it\'s broken") }',
        "{ x: workById(id: 1) { broken } }",
        "{ x: allPayrolls { totalCount } }",
        '{ x: dayOf(moment: "nonsense") }',
        "{ x: allSamples(orderBy: DOC_ASC) { totalCount nodes { id } } }",
        'mutation { x: explodeLater(input: {message: "it\'s broken"}) { integer } }',
        'mutation { x: createCounter(input: {counter: {name: "visits", value: 1}}) { clientMutationId } }',
    ],
)
async def test_masked_errors_tell_nothing_of_the_database(masked: Museum, query: str, caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.INFO):
        told = await masked.tell(query)
    assert told.body["data"] == {"x": None}
    [error] = told.errors
    id = error["extensions"]["errorId"]
    assert error["message"] == f"An error occurred (logged with id: '{id}')"
    assert error["path"] == ["x"]
    assert list(error["extensions"]) == ["errorId"]
    body = json.dumps(told.body)
    assert not any(secret in body for secret in SECRETS)


async def test_no_two_masked_errors_have_one_number(masked: Museum):
    told = await masked.tell("{ a: explode b: explode }")
    ids = {error["extensions"]["errorId"] for error in told.errors}
    assert len(ids) == 2


async def test_what_the_client_did_wrong_is_told_though(masked: Museum):
    told = await masked.tell("{ allWorks(first: -1) { nodes { id } } }")
    assert told.messages == ["LIMIT must not be negative"]
    told = await masked.tell("mutation { deleteArtistById(input: {id: -1}) { artist { id } } }", claims=ANN)
    assert told.messages[0].startswith("No values were deleted in collection 'artist'")
    told = await masked.tell("{ nope }")
    assert told.status == 400
