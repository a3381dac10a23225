"""What of a request's variables decides what a statement looks like, and what only fills it in."""

import base64
import json
from typing import Any

from graphql import GraphQLEnumType, GraphQLSchema, build_schema, parse, type_from_ast
from graphql.execution.values import get_variable_values
from hypothesis import given
from hypothesis import strategies as st

from gatepost.graphql.values.leaves import Leaf, closed, is_open, known, opened

SCHEMA: GraphQLSchema = build_schema("""
  enum Color { RED GREEN }
  scalar Cursor
  scalar JSON
  input Size { width: Int height: Int color: Color }
  input Box { name: String! size: Size sizes: [Size] tags: [String!] at: Cursor on: Boolean }
  type Query {
    a(int: Int, text: String!, on: Boolean, color: Color, colors: [Color!], id: ID, at: Cursor, box: Box, boxes: [Box!]
      tags: [String], more: [[Int]], json: JSON): Int
  }
""")
assert isinstance(SCHEMA.type_map["Color"], GraphQLEnumType)


def read(spelling: str, sent: Any) -> tuple[Any, Any, dict[str, Any]]:
    """A variable of that type: its value with Leaves, its shape, and all values as they were coerced."""
    document = parse(f"query ($v: {spelling}) {{ __typename }}")
    [definition] = document.definitions[0].variable_definitions  # pyright: ignore
    values = get_variable_values(SCHEMA, [definition], {"v": sent})
    assert isinstance(values, dict), values
    part, shape = opened(type_from_ast(SCHEMA, definition.type), values["v"], ("v",))  # pyright: ignore
    hash(shape)
    return part, shape, values


def shape(spelling: str, sent: Any) -> Any:
    return read(spelling, sent)[1]


def encoded(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


# ------------------------------------------------------------------ what may change


def test_texts_and_numbers_may_change():
    assert shape("String!", "a") == shape("String!", "b")
    assert shape("Int", 1) == shape("Int", 99)
    assert shape("JSON", {"a": 1}) == shape("JSON", [2])


def test_lists_of_scalars_may_change_in_length():
    assert shape("[String]", []) == shape("[String]", ["a", None, "b"])
    assert shape("[String!]", "a") == shape("[String!]", ["b"])


def test_a_value_finds_its_place_in_the_next_request_s_variables():
    part, _, _ = read("Box", {"name": "first", "size": {"width": 1}, "tags": ["x"]})
    values = {"v": {"name": "second", "size": {"width": 2}, "tags": ["y", "z"]}}
    assert closed(part, values) == values["v"]


# ------------------------------------------------------------------ what may not


def test_null_is_no_value():
    assert shape("Int", None) != shape("Int", 1)
    assert shape("Box", {"name": "a", "size": None}) != shape("Box", {"name": "a", "size": {}})
    assert shape("Box", {"name": "a", "size": None}) != shape("Box", {"name": "a"})


def test_truths_decide_what_is_included():
    assert shape("Boolean", True) != shape("Boolean", False)
    assert read("Boolean", True)[0] is True


def test_enum_values_stand_in_statements():
    assert shape("Color", "RED") != shape("Color", "GREEN")
    assert shape("[Color!]", ["RED"]) != shape("[Color!]", ["RED", "GREEN"])
    assert shape("[Color!]", ["RED", "GREEN"]) != shape("[Color!]", ["GREEN", "RED"])


def test_members_that_are_given_decide():
    assert shape("Box", {"name": "a"}) != shape("Box", {"name": "a", "tags": []})
    assert shape("Box", {"name": "a", "size": {"width": 1}}) == shape("Box", {"name": "b", "size": {"width": 2}})
    assert shape("Box", {"name": "a", "size": {"width": 1}}) != shape("Box", {"name": "a", "size": {"height": 1}})


def test_lists_of_objects_decide_by_their_length_and_their_parts():
    one, two = {"name": "a"}, {"name": "b", "tags": []}
    assert shape("[Box!]", [one]) == shape("[Box!]", [{"name": "other"}])
    assert shape("[Box!]", [one]) != shape("[Box!]", [one, one])
    assert shape("[Box!]", [one, two]) != shape("[Box!]", [two, one])
    assert shape("[Box!]", []) != shape("[Box!]", [one])


def test_the_sign_of_a_number_decides():
    assert len({shape("Int", number) for number in (-2, -1, 0, 1, 2)}) == 3


def test_cursors_and_ids_decide_by_what_they_are_of():
    assert shape("Cursor", encoded(["d", 1])) == shape("Cursor", encoded(["d", 2]))
    assert shape("Cursor", encoded(["d", 1])) != shape("Cursor", encoded(["e", 1]))
    assert shape("Cursor", encoded(["d", 1])) != shape("Cursor", encoded(["d", None]))
    assert shape("Cursor", "junk") != shape("Cursor", encoded(["d", 1]))
    assert shape("ID", encoded(["a", 1])) == shape("ID", encoded(["a", 2]))
    assert shape("ID", encoded(["a", 1])) != shape("ID", encoded(["b", 1]))
    assert shape("ID", "query") != shape("ID", "other")
    assert shape("Box", {"name": "a", "at": encoded(["d", 1])}) != shape("Box", {"name": "a", "at": "junk"})


# ------------------------------------------------------------------ all together

SIZE = st.none() | st.fixed_dictionaries(
    {}, optional={"width": st.none() | st.integers(-5, 5), "color": st.none() | st.sampled_from(["RED", "GREEN"])}
)
BOX = st.fixed_dictionaries(
    {"name": st.text(max_size=3)},
    optional={
        "size": SIZE,
        "sizes": st.none() | st.lists(SIZE, max_size=2),
        "tags": st.none() | st.lists(st.text(max_size=2), max_size=2),
        "at": st.none() | st.sampled_from(["junk", encoded(["d", 1]), encoded(["d", None])]),
        "on": st.none() | st.booleans(),
    },
)


@given(BOX, BOX)
def test_a_plan_of_one_request_fits_every_request_of_its_shape(first: dict[str, Any], second: dict[str, Any]):
    part, left, _ = read("Box", first)
    _, right, values = read("Box", second)
    if left == right:
        assert closed(part, values) == values["v"]


@given(BOX)
def test_what_is_closed_is_what_was_sent(sent: dict[str, Any]):
    part, _, values = read("Box", sent)
    assert closed(part, values) == values["v"]
    assert not is_open(values["v"])
    assert is_open(part)


def test_a_leaf_knows_what_the_first_request_gave():
    assert known(Leaf(("v",), 5)) == known(5) == 5
    assert not is_open([{"a": [1, None]}])
    assert is_open([{"a": [1, Leaf(("v",), 2)]}])
