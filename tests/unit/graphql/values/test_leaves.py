"""Values that may change without changing what is asked: how many they are, and that none stays behind."""

from typing import Any

import pytest
from graphql import build_schema

from gatepost.graphql.values.leaves import Leaf, amount, closed, forget, known, opened

SCHEMA = build_schema("""
scalar JSON
enum Color { RED GREEN }
input Part { size: Int colors: [Color!] parts: [Part!] data: JSON }
type Query { a(ints: [Int!]!, part: Part, parts: [[Part]], data: JSON, one: Int): Int }
""")
ARGUMENTS: dict[str, Any] = SCHEMA.query_type.fields["a"].args  # pyright: ignore


@pytest.mark.parametrize(
    ("argument", "value", "found"),
    [
        ("one", 1, 1),
        ("one", None, 1),
        ("ints", [1, 2, 3], 4),
        ("ints", 1, 1),
        ("data", {"a": [1, 2, 3], "b": {"c": 4}}, 1),
        ("part", {"size": 1, "colors": ["RED", "GREEN"]}, 5),
        ("part", {"parts": [{"size": 1}, {}]}, 5),
        ("part", {"unknown": [1, 2, 3]}, 2),
        ("parts", [[{"size": 1}], [{"size": 2}, None]], 8),
        ("parts", "nonsense", 1),
        ("parts", [[], []], 3),
    ],
)
def test_values_are_counted_as_their_type_takes_them(argument: str, value: object, found: int):
    assert amount(ARGUMENTS[argument].type, value) == found


def test_what_was_sent_is_known_until_it_is_forgotten():
    part, _ = opened(ARGUMENTS["part"].type, {"size": 5, "parts": [{"size": 6}], "data": {"a": "secret"}}, ("x",))
    assert known(part["size"]) == 5
    forget(part)
    assert part == {
        "size": Leaf(("x", "size"), None),
        "parts": [{"size": Leaf(("x", "parts", 0, "size"), None)}],
        "data": Leaf(("x", "data"), None),
    }


def test_what_was_forgotten_is_found_in_the_next_values():
    part, _ = opened(ARGUMENTS["part"].type, {"size": 5}, ("x",))
    forget(part)
    assert closed(part, {"x": {"size": 7}}) == {"size": 7}
