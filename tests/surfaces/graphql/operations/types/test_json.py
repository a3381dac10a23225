"""JSON: as it is, or as the text of a string, whatever PostgreSQL keeps as such."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.surfaces.graphql.operations.asking import Museum
from tests.surfaces.graphql.operations.conftest import Opener
from tests.surfaces.graphql.operations.paging import bounded

ODD: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    1e300,
    "",
    "null",
    'a"b\\c\u0001\u2028é💥',
    [],
    {},
    [[[]], {}],
    {"": 1, "a b": 2, '"': 3, "\\": 4, "$1": 5, "é": 6, "__proto__": {"constructor": 1}, "10": 7, "9": 8},
    {"k" * 300: "v" * 300},
    [1, "1", None, True, {"a": [1]}],
]
CREATE = (
    "mutation ($v: JSON) { createSample(input: {sample: {doc: $v, tree: $v, trees: [$v]}}) { sample { id doc tree } } }"
)
NINES = "9" * 5000
READ = "query ($id: Int!) { sampleById(id: $id) { doc tree trees } }"

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda number: 0.0 if number == 0 else number)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=5), inner
        )
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
async def texts(own_opener: Opener) -> Museum:
    """JSON as the text of a string: PostGraphile's way before its fifth version."""
    return await own_opener()


def numbers_are(value: Any) -> Any:
    """What JavaScript makes of it: one kind of number."""
    match value:
        case bool():
            return value
        case int() | float():
            return float(value)
        case list():
            return [numbers_are(each) for each in value]
        case dict():
            return {key: numbers_are(each) for key, each in value.items()}
        case _:
            return value


# ------------------------------------------------------------------ as it is


@pytest.mark.parametrize("value", ODD, ids=lambda value: ascii(value)[:30])
async def test_json_goes_in_and_comes_out_as_it_is(changing: Museum, value: Any):
    made = (await changing.ask(CREATE, {"v": value}))["createSample"]["sample"]
    assert numbers_are([made["doc"], made["tree"]]) == numbers_are([value, value])
    read = (await changing.ask(READ, {"id": made["id"]}))["sampleById"]
    assert numbers_are(read) == numbers_are({"doc": value, "tree": value, "trees": [value]})


@bounded
@given(value=VALUES)
async def test_any_json_goes_in_and_comes_out(changing: Museum, value: Any):
    made = (await changing.ask(CREATE, {"v": value}))["createSample"]["sample"]
    assert numbers_are([made["doc"], made["tree"]]) == numbers_are([value, value])


async def test_json_may_be_written_in_the_document_with_variables_in_it(changing: Museum):
    query = """mutation ($n: Int, $o: JSON) {
      createSample(input: {sample: {tree: {a: [1, 2.5, "x", true, null, ENUM], b: {c: $n, d: $o}, e: $n}}}) {
        sample { tree }
      }
    }"""
    made = await changing.ask(query, {"n": 7, "o": {"deep": [None]}})
    assert made["createSample"]["sample"]["tree"] == {
        "a": [1, 2.5, "x", True, None, "ENUM"],
        "b": {"c": 7, "d": {"deep": [None]}},
        "e": 7,
    }
    again = await changing.ask(query, {"n": None, "o": 1})
    assert again["createSample"]["sample"]["tree"]["b"] == {"c": None, "d": 1}


async def test_numbers_keep_all_their_digits(changing: Museum):
    changing.sql(
        "insert into museum.sample (id, doc, tree) values (9001, '[1e400, 1.10, 12345678901234567890]', '1e30')"
    )
    told = await changing.tell(READ, {"id": 9001})
    assert b'"doc":[1e400, 1.10, 12345678901234567890],"tree":1000000000000000000000000000000' in told.response.body


async def test_a_number_without_end_is_refused_where_it_would_be_none(changing: Museum):
    told = await changing.tell("mutation { createSample(input: {sample: {tree: 1e400}}) { sample { tree } } }")
    assert told.status in (200, 400)
    assert told.errors


async def test_json_has_names_in_the_order_in_which_they_were_written(changing: Museum):
    made = await changing.ask(CREATE, {"v": {"b": 1, "a": 2, "10": 3, "9": 4}})
    assert list(made["createSample"]["sample"]["doc"]) == ["b", "a", "10", "9"]


# ------------------------------------------------------------------ as text


@pytest.mark.parametrize("value", ODD, ids=lambda value: ascii(value)[:30])
async def test_as_text_it_goes_in_and_comes_out_compact(texts: Museum, value: Any):
    sent = json.dumps(value, indent=2)
    made = (await texts.ask(CREATE, {"v": sent}))["createSample"]["sample"]
    read = (await texts.ask(READ, {"id": made["id"]}))["sampleById"]
    for found in (made["doc"], made["tree"], read["doc"], read["tree"], *read["trees"]):
        if value is None:
            assert found is None
        else:
            assert numbers_are(json.loads(found)) == numbers_are(value)
            assert "\n" not in found


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ('{ "b": 1.0, "a": [1e2, -0], "b": 2 }', '{"b":2,"a":[100,0]}'),
        ('{"10": 1, "9": 2, "x": 3, "01": 4}', '{"9":2,"10":1,"x":3,"01":4}'),
        ("1e400", "null"),
        ('["\\ud800", "\\ud83d\\ude00", "\\u0041"]', '["\\ud800","😀","A"]'),
        ("[" * 500 + "]" * 500, None),
        ("[" * 3000 + "]" * 3000, None),
        (f'{{"{NINES}": {NINES}}}', None),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_as_text_it_is_what_javascript_would_write(texts: Museum, stored: str, shown: str | None):
    texts.sql("delete from museum.sample where id = 9000")
    texts.sql("insert into museum.sample (id, doc) values (9000, %s)", [stored])
    read = (await texts.ask(READ, {"id": 9000}))["sampleById"]
    if shown is None:
        assert read["doc"] in (stored, f'{{"{NINES}":null}}')
    else:
        assert read["doc"] == shown


@pytest.mark.parametrize("sent", ["", "x", "{", "[1,]", "1 2", "{'a': 1}", "nul", "[" * 5000])
async def test_text_that_is_no_json_is_refused(texts: Museum, sent: str):
    told = await texts.tell(CREATE, {"v": sent})
    assert told.status == 400
    assert "JSON" in told.messages[0]


async def test_text_is_text_in_conditions_too(texts: Museum):
    texts.sql("insert into museum.sample (id, tree) values (9100, '{\"only\": [1]}')")
    query = """query ($v: JSON) {
      a: allSamples(condition: {tree: $v}) { nodes { id } }
      b: allSamples(condition: {tree: "{\\"only\\":[2]}"}) { totalCount }
    }"""
    data = await texts.ask(query, {"v": '{ "only" : [ 1 ] }'})
    assert data == {"a": {"nodes": [{"id": 9100}]}, "b": {"totalCount": 0}}


async def test_marks_are_found_wherever_json_is_shown(texts: Museum):
    texts.sql(
        "insert into museum.sample (id, tree, trees) values (9200, '[ 1 ]', array['[ 1 ]', null, 'null']::jsonb[])"
    )
    query = """
      query ($id: Int!) {
        a: sampleById(id: $id) { j: tree k: tree trees }
        query { sampleById(id: $id) { tree } }
        allSamples(condition: {id: $id}) { edges { node { tree } } nodes { ...F } }
      }
      fragment F on Sample { mine: tree }
    """
    assert await texts.ask(query, {"id": 9200}) == {
        "a": {"j": "[1]", "k": "[1]", "trees": ["[1]", None, None]},
        "query": {"sampleById": {"tree": "[1]"}},
        "allSamples": {"edges": [{"node": {"tree": "[1]"}}], "nodes": [{"mine": "[1]"}]},
    }
    write = """mutation ($id: Int!) {
      updateSampleById(input: {id: $id, samplePatch: {flag: true}}) {
        sample { tree } query { sampleById(id: $id) { doc tree } }
      }
    }"""
    assert await texts.ask(write, {"id": 9200}) == {
        "updateSampleById": {"sample": {"tree": "[1]"}, "query": {"sampleById": {"doc": None, "tree": "[1]"}}}
    }
