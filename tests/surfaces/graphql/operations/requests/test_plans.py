"""Plans are kept: nothing of one request's values is in the answer to another's."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.surfaces.graphql.operations.asking import ANN, BEA, Museum
from tests.surfaces.graphql.operations.conftest import Opener
from tests.surfaces.graphql.operations.paging import bounded


async def fresh(museum: Museum, query: str, variables: dict[str, Any] | None = None) -> Any:
    """The answer of a server that has no plans yet."""
    assert museum.mounted.executor.prepared is not None
    museum.mounted.executor.use(museum.mounted.executor.prepared.known)
    return (await museum.tell(query, variables)).body


EVERYTHING = """
query Q(
  $c: WorkCondition, $o: [WorksOrderBy!], $f: Int, $l: Int, $s: Int, $a: Cursor, $yes: Boolean = true,
  $id: ID = "query", $frame: FrameInput, $sizes: [DimensionInput], $n: Int = 1, $k: Kind, $w: String
) {
  allWorks(condition: $c, orderBy: $o, first: $f, last: $l, offset: $s, after: $a) {
    edges { cursor node { id title @include(if: $yes) } } totalCount pageInfo { hasNextPage hasPreviousPage }
  }
  node(nodeId: $id) { __typename nodeId ... on Artist { name } ... on Work { title } }
  framed(frame: $frame) { material outerSize { width } marks }
  areas(sizes: $sizes)
  sumOf(a: $n, b: $f)
  countOf(kind: $k)
  echo(words: $w) @skip(if: $yes)
}
"""
CURSORS = st.none() | st.sampled_from(["", "x", "WyJuYXR1cmFsIiwxXQ==", "WyIwOGUwZDM0MmRlIiwxXQ=="])
IDS = st.sampled_from(
    ["query", "x", "WyJhcnRpc3RzIiwxXQ==", "WyJhcnRpc3RzIiwyXQ==", "WyJ3b3JrcyIsMV0=", "WyJhcnRpc3RzIl0="]
)
SIZES = st.none() | st.integers(-1, 3)
DIMENSION = st.fixed_dictionaries(
    {}, optional={"width": st.none() | st.integers(0, 3), "depth": st.none() | st.just("1.5")}
)
VARIABLES = st.fixed_dictionaries(
    {},
    optional={
        "c": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "year": st.none() | st.sampled_from([1899, 1950]),
                "kind": st.sampled_from(["PAINTING", "_EMPTY_"]),
                "tags": st.none() | st.just(["sea", "ships"]),
                "size": st.none() | DIMENSION,
            },
        ),
        "o": st.none() | st.lists(st.sampled_from(["ID_ASC", "ID_DESC", "YEAR_ASC", "NATURAL"]), max_size=2),
        "f": SIZES,
        "l": SIZES,
        "s": SIZES,
        "a": CURSORS,
        "yes": st.booleans(),
        "id": IDS,
        "frame": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "material": st.none() | st.just("oak"),
                "outerSize": st.none() | DIMENSION,
                "marks": st.none() | st.lists(st.none() | st.just("m"), max_size=2),
            },
        ),
        "sizes": st.none() | st.lists(st.none() | DIMENSION, max_size=3),
        "n": st.none() | st.integers(-5, 5),
        "k": st.none() | st.sampled_from(["PAINTING", "SCULPTURE"]),
        "w": st.none() | st.text(max_size=3),
    },
)


@pytest.fixture(scope="module")
async def forgetful(shared_opener: Opener) -> Museum:
    return await shared_opener(options={"simpleCollections": "both"})


@pytest.fixture(scope="module")
async def remembering(shared_opener: Opener) -> Museum:
    return await shared_opener(options={"simpleCollections": "both"})


@bounded
@given(variables=VARIABLES)
async def test_a_kept_plan_answers_as_a_new_one_would(
    remembering: Museum, forgetful: Museum, variables: dict[str, Any]
):
    kept = (await remembering.tell(EVERYTHING, variables)).body
    assert kept == await fresh(forgetful, EVERYTHING, variables)


WRITE = """
mutation W($patch: WorkPatch!, $id: ID!, $edge: [WorksOrderBy!]! = [ID_ASC], $m: String) {
  updateWork(input: {nodeId: $id, clientMutationId: $m, workPatch: $patch}) {
    clientMutationId work { id title year kind size { width } tags } workEdge(orderBy: $edge) { cursor }
  }
}
"""


@bounded
@given(
    patch=st.fixed_dictionaries(
        {},
        optional={
            "title": st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=3),
            "year": st.none() | st.integers(1, 2000),
            "kind": st.sampled_from(["PAINTING", "_EMPTY_"]),
            "size": st.none() | DIMENSION,
            "tags": st.none() | st.lists(st.none() | st.text('ab"\\', max_size=2), max_size=2),
        },
    ),
    id=st.sampled_from(["WyJ3b3JrcyIsMV0=", "WyJ3b3JrcyIsMl0=", "WyJ3b3JrcyIsOTldwow=", "x"]),
    more=st.fixed_dictionaries({}, optional={"m": st.none() | st.just("m"), "edge": st.just(["YEAR_DESC"])}),
)
async def test_so_does_the_plan_of_a_mutation(changing: Museum, patch: dict[str, Any], id: str, more: dict[str, Any]):
    variables = {"patch": patch, "id": id, **more}
    kept = (await changing.tell(WRITE, variables)).body
    assert kept == await fresh(changing, WRITE, variables)


async def test_two_people_share_a_plan_and_nothing_else(museum: Museum):
    query = "query ($b: String) { allNotesList(condition: {body: $b}) { author } }"
    for _ in range(3):
        for claims, name in ((ANN, "ann"), (BEA, "bea")):
            for body, expected in ((f"of {name}", [{"author": name}]), ("of ann" if name == "bea" else "of bea", [])):
                assert await museum.ask(query, {"b": body}, claims) == {"allNotesList": expected}


async def test_an_error_quotes_who_made_it_and_nobody_else(museum: Museum):
    query = "mutation ($id: ID!) { deleteArtist(input: {nodeId: $id}) { artist { id } } }"
    for id in ("first", "second", "a|first", "a|second", "WyJ3b3JrcyIsMV0=", "WyJ3b3JrcyIsMl0="):
        message = await museum.refusal(query, {"id": id})
        assert message == f"Invalid node identifier for 'Artist': \"{id}\""


async def test_operations_of_one_document_have_plans_of_their_own(museum: Museum):
    document = "query A($n: Int) { sumOf(a: $n) } query B($n: Int) { sumOf(a: 1, b: $n) }"
    for n in (1, 2):
        assert (await museum.tell(document, {"n": n}, operation="A")).data == {"sumOf": n + 110}
        assert (await museum.tell(document, {"n": n}, operation="B")).data == {"sumOf": n + 101}


# ------------------------------------------------------------------ another schema


async def test_a_new_schema_has_new_plans(changing: Museum):
    query = "{ allToursList(first: 1) { id name } }"
    assert await changing.ask(query) == {"allToursList": [{"id": 1, "name": "Short"}]}
    changing.sql("alter table museum.tour add column guide text default 'Gil'")
    assert (await changing.tell("{ allToursList { guide } }")).status == 400
    await changing.mounted.load()
    assert await changing.ask("{ allToursList(first: 1) { guide } }") == {"allToursList": [{"guide": "Gil"}]}
    assert await changing.ask(query) == {"allToursList": [{"id": 1, "name": "Short"}]}
    changing.sql("alter table museum.tour rename column name to title")
    told = await changing.tell(query)  # before the server knows
    assert told.body["data"] == {"allToursList": None}
    await changing.mounted.load()
    assert (await changing.tell(query)).messages == ['Cannot query field "name" on type "Tour".']
    assert await changing.ask("{ allToursList(first: 1) { title } }") == {"allToursList": [{"title": "Short"}]}


async def test_what_changes_beneath_a_kept_statement_is_followed(changing: Museum):
    """A function of the same name that now gives something else; PostgreSQL plans it anew."""
    changing.sql("create function museum.moving() returns int language sql stable as 'select 1'")
    await changing.mounted.load()
    for _ in range(7):
        assert await changing.ask("{ moving }") == {"moving": 1}
    changing.sql("create or replace function museum.moving() returns int language sql stable as 'select 2'")
    assert await changing.ask("{ moving }") == {"moving": 2}
    changing.sql("drop function museum.moving()")
    changing.sql("create function museum.moving() returns text language sql stable as $$ select 'x' $$")
    await changing.mounted.load()
    for _ in range(7):
        assert await changing.ask("{ moving }") == {"moving": "x"}
