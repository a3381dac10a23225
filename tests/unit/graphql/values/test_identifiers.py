"""Node ids and cursors: what a client sends is what it stands for, or nothing; never an error of ours."""

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gatepost.graphql.values.identifiers import (
    PIPE,
    as_text,
    cursor,
    cursor_shape,
    digest,
    is_row_number,
    node_id,
    node_id_of_event,
    node_id_shape,
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
CODECS = ("base64JSON", PIPE)


def encoded(value: object) -> str:
    """Base64 of compact JSON, as we and PostGraphile write it."""
    return base64.b64encode(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()).decode()


def raw(text: str) -> str:
    return base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()


# ------------------------------------------------------------------ what is well made


@given(st.text(), st.lists(SCALARS, max_size=4))
def test_an_id_or_cursor_is_its_name_and_its_values(name: str, values: list[Any]):
    text = encoded([name, *values])
    assert node_id(text) == cursor(text) == (name, tuple(values))


@pytest.mark.parametrize("padding", ["", "=", "=="])
@pytest.mark.parametrize("alphabet", [base64.b64encode, base64.urlsafe_b64encode])
def test_either_alphabet_with_or_without_padding_is_read(alphabet: Any, padding: str):
    text = alphabet('["people","ÿþý?>~"]'.encode()).decode().rstrip("=")
    assert node_id(text + padding) == ("people", ("ÿþý?>~",))


def test_ids_of_pipes_are_texts():
    assert node_id("people|1|a b", PIPE) == ("people", ("1", "a b"))


def test_digests_are_those_of_the_reference_implementation():
    assert digest(['__person__."id"']) == "08e0d342de"
    assert digest([]) == "natural"


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), (1, "1"), (-1.5, "-1.5"), (1e22, "1e+22"), ("1", "1"), ("", ""), ("é", "é")],
)
def test_values_are_texts_that_postgresql_reads(value: object, text: str):
    assert as_text(value) == text


# ------------------------------------------------------------------ what is not

JUNK = [
    "",
    "x",
    "=",
    "====",
    "\x00",
    "é",
    "query",
    "a|b|c",
    raw(""),
    raw("1"),
    raw('"people"'),
    raw("{}"),
    raw("[]"),
    raw("[1]"),
    raw("[null]"),
    raw('["people",[1]]'),
    raw('["people",{"a":1}]'),
    raw('["people",1'),
    raw('["people",1e999]'),
    raw('["people",NaN]'),
    raw('["people",' + "9" * 5000 + "]"),
    raw('["people","\\ud800"]'),
    raw('["people","\ud800"]'),
    raw("[" * 20_000),
    base64.b64encode(b"\xff\xfe").decode(),
]


@pytest.mark.parametrize("text", [*JUNK, None, 1, True, [], {}])
def test_what_is_none_stands_for_nothing(text: object):
    assert node_id(text) is None
    assert cursor(text) is None


@given(st.text() | st.binary().map(lambda data: base64.b64encode(data).decode()) | st.sampled_from(JUNK))
@example("|")
@example("\ud800")
def test_nothing_that_is_sent_is_an_error_of_ours(text: str):
    for found in (cursor(text), *(node_id(text, codec) for codec in CODECS)):
        assert found is None or all(as_text(value).encode() is not None for value in found[1])
    hash((cursor_shape(text), node_id_shape(text)))


@given(st.text())
def test_what_stands_for_something_can_be_sent_to_postgresql(name: str):
    found = node_id(encoded([name, name]))
    assert found is not None
    assert as_text(found[1][0]).encode() == name.encode()


# ------------------------------------------------------------------ shapes


@given(st.lists(SCALARS, min_size=1, max_size=3), st.lists(SCALARS, min_size=1, max_size=3))
def test_cursors_of_one_shape_differ_in_values_alone(left: list[Any], right: list[Any]):
    alike = len(left) == len(right) and [each is None for each in left] == [each is None for each in right]
    assert (cursor_shape(encoded(["d", *left])) == cursor_shape(encoded(["d", *right]))) == alike


def test_cursors_of_other_orders_have_other_shapes():
    assert cursor_shape(encoded(["d", 1])) != cursor_shape(encoded(["e", 1]))


@pytest.mark.parametrize("value", [True, False, None, "1", 1.5, -1, 2**62, 10**400])
def test_what_is_no_number_of_a_row_has_another_shape_than_one(value: object):
    assert not is_row_number(value)
    assert cursor_shape(encoded(["natural", value])) != cursor_shape(encoded(["natural", 1]))


def test_row_numbers_share_a_shape():
    assert cursor_shape(encoded(["natural", 0])) == cursor_shape(encoded(["natural", 2**62 - 1]))


@given(SCALARS, SCALARS)
def test_ids_of_rows_of_one_table_share_a_shape(left: Any, right: Any):
    shapes = [node_id_shape(encoded(["people", value])) for value in (left, right)]
    assert (shapes[0] == shapes[1]) == ((left is None) == (right is None))


@pytest.mark.parametrize("other", ["query", "", "x", encoded(["posts", 1]), encoded(["people"]), "people|1", None])
def test_other_ids_have_other_shapes(other: str | None):
    assert node_id_shape(other) != node_id_shape(encoded(["people", 1]))


# ------------------------------------------------------------------ events


@pytest.mark.parametrize("codec", CODECS)
def test_an_event_names_a_row(codec: str):
    text = node_id_of_event({"__node__": ["people", 1]}, codec)
    found = node_id(text, codec)
    assert found is not None
    assert (found[0], [as_text(value) for value in found[1]]) == ("people", ["1"])


@pytest.mark.parametrize("event", [None, 1, "x", [], {}, {"__node__": None}, {"__node__": []}, {"__node__": "x"}])
def test_other_events_name_none(event: object):
    assert [node_id_of_event(event, codec) for codec in CODECS] == [None, None]
