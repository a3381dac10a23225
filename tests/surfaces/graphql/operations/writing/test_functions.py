"""Functions that change something: what they give, and what hangs on it."""

from typing import Any

import pytest

from tests.surfaces.graphql.operations.asking import ANON, Museum


async def call(museum: Museum, field: str, variables: dict[str, Any] | None = None, head: str = "") -> Any:
    """What one mutation gives."""
    [value] = (await museum.ask(f"mutation {head} {{ {field} }}", variables)).values()
    return value


async def test_a_value(changing: Museum):
    changing.sql("update museum.counter set value = 0")
    found = await call(changing, 'countVisit(input: {}) { integer query { counterByName(name: "visits") { value } } }')
    assert found == {"integer": 1, "query": {"counterByName": {"value": 1}}}
    assert await call(changing, "countVisit(input: {amount: 5}) { integer }") == {"integer": 6}


@pytest.mark.parametrize(("head", "amount"), [("", "null"), ("($a: Int = null)", "$a")])
async def test_null_is_not_left_out(changing: Museum, head: str, amount: str):
    """The counter's value may not be NULL, so that the call shows what it was given."""
    told = await changing.tell(f"mutation {head} {{ countVisit(input: {{amount: {amount}}}) {{ integer }} }}")
    assert "null value in column" in told.messages[0]


async def test_a_row(changing: Museum):
    found = await call(
        changing,
        """renameArtist(input: {id: 2, name: "Beau", clientMutationId: "r"}) {
          artist { name label worksByArtistId { totalCount } } artistByMentorId { name }
          artistEdge { cursor node { id } } clientMutationId query { artistById(id: 2) { name } } }""",
    )
    assert found["artist"] == {"name": "Beau", "label": "by Beau", "worksByArtistId": {"totalCount": 2}}
    assert (found["artistByMentorId"], found["artistEdge"]["node"]) == ({"name": "Ada"}, {"id": 2})
    assert (found["clientMutationId"], found["query"]) == ("r", {"artistById": {"name": "Beau"}})


async def test_no_row(changing: Museum):
    found = await call(
        changing,
        'renameArtist(input: {id: -1, name: "X"}) { artist { name } artistEdge { cursor } artistByMentorId { name } }',
    )
    assert found == {"artist": None, "artistEdge": None, "artistByMentorId": None}


async def test_rows(changing: Museum):
    before = dict(changing.sql("select id, year from museum.work where year is not null"))
    found = await call(changing, "ageWorks(input: {byYears: 1}) { works { id year artistByArtistId { id } } }")
    assert {work["id"]: work["year"] for work in found["works"]} == {id: year - 1 for id, year in before.items()}


async def test_nothing(changing: Museum):
    assert await call(changing, 'resetVisits(input: {clientMutationId: "n"}) { clientMutationId }') == {
        "clientMutationId": "n"
    }
    assert changing.sql("select value from museum.counter where name = 'visits'") == [(0,)]


async def test_a_record(changing: Museum):
    found = await call(changing, 'openTour(input: {name: "New"}) { result { id label __typename } }')
    assert found["result"]["label"] == "Tour New"
    assert changing.sql("select name from museum.tour where id = %s", [found["result"]["id"]]) == [("New",)]


@pytest.mark.parametrize("words", [["a", None, 'b"c\\', "", "NULL", "{}"], [], None])
async def test_a_list(changing: Museum, words: list[str | None] | None):
    found = await call(changing, "keepWords(input: {words: $w}) { strings }", {"w": words}, "($w: [String])")
    assert found == {"strings": words}


async def test_a_list_of_composites(changing: Museum):
    frames = [{"material": "x", "outerSize": {"width": 1, "depth": "1.0"}, "marks": ["q"]}, None]
    found = await call(
        changing,
        "keepFrames(input: {frames: $f}) { frames { material outerSize { width depth } marks } }",
        {"f": frames},
        "($f: [FrameInput])",
    )
    assert found == {"frames": frames}
    assert await call(changing, "keepFrames(input: {}) { frames { material } }") == {"frames": []}


async def test_what_one_may_not_call(changing: Museum):
    told = await changing.tell('mutation { explodeLater(input: {message: "x"}) { integer } }', claims=ANON)
    assert told.messages == ["permission denied for function explode_later"]
    assert told.body["data"] == {"explodeLater": None}


async def test_it_runs_once(changing: Museum):
    """Whatever hangs on the result."""
    changing.sql("update museum.counter set value = 0")
    await call(changing, "countVisit(input: {}) { a: integer b: integer query { motto c: motto } clientMutationId }")
    assert changing.sql("select value from museum.counter where name = 'visits'") == [(1,)]
