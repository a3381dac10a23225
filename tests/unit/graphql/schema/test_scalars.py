"""Scalars: what comes in becomes a plain value, or an error that says what is wrong with it."""

from typing import Any

import pytest
from graphql import GraphQLError, GraphQLScalarType, GraphQLSchema, Undefined, parse_value, validate
from graphql import parse as parse_document

from .world import World, shape

COLUMNS = "id int4!, big int8, key uuid, data json, at timestamptz, oid oid"


def schema(**options: Any) -> GraphQLSchema:
    world = World()
    world.domain("email", "text")
    world.domain("small", "int4")
    world.table("thing", f"{COLUMNS}, mail email, small small")
    return world.make(**options)


def scalar(name: str, **options: Any) -> GraphQLScalarType:
    kind = schema(**options).type_map[name]
    assert isinstance(kind, GraphQLScalarType)
    return kind


def literal(kind: GraphQLScalarType, text: str) -> Any:
    return kind.parse_literal(parse_value(text), {"x": 1})


@pytest.mark.parametrize(("given", "taken"), [("12", "12"), (12, "12"), (1.0, "1"), (1.5, "1.5"), (True, "true")])
def test_strings_take_what_can_be_one(given: Any, taken: str) -> None:
    assert scalar("BigInt").parse_value(given) == taken


def test_strings_take_no_lists_and_no_objects() -> None:
    with pytest.raises(GraphQLError, match="BigInt can only parse string values"):
        scalar("BigInt").parse_value([1])


def test_a_literal_is_a_string() -> None:
    assert literal(scalar("Datetime"), '"2020-01-01"') == "2020-01-01"
    with pytest.raises(GraphQLError) as refused:
        literal(scalar("BigInt"), "12")
    assert refused.value.message == "BigInt can only parse string values (kind='IntValue')"


def test_a_uuid_is_one() -> None:
    kind = scalar("UUID")
    assert kind.parse_value("2D3C2BAE1f8b4c1da8e2f5fd0bb8fb1a") == "2D3C2BAE1f8b4c1da8e2f5fd0bb8fb1a"
    with pytest.raises(GraphQLError) as refused:
        literal(kind, '"no"')
    assert refused.value.message == "Invalid UUID, expected 32 hexadecimal characters, optionally with hyphens"


def test_json_is_the_text_of_a_string_unless_it_is_dynamic() -> None:
    kind = scalar("JSON")
    assert kind.parse_value('{"a": [1, 1.5, null]}') == {"a": [1, 1.5, None]}
    assert literal(kind, '"[true]"') == [True]
    assert literal(kind, "{a: 1}") is Undefined
    with pytest.raises(ValueError, match="not valid JSON"):
        kind.parse_value("{")


def test_dynamic_json_is_any_value() -> None:
    kind = scalar("JSON", dynamic_json=True)
    assert kind.parse_value({"a": 1}) == {"a": 1}
    assert literal(kind, '{a: [1, 1.5, "b", null, $x, true]}') == {"a": [1, 1.5, "b", None, 1, True]}


def test_an_oid_is_an_integer() -> None:
    kind = scalar("Oid")
    assert kind.parse_value("12") == 12
    assert literal(kind, "12") == 12
    for wrong in ("x", 2**40, None):
        with pytest.raises(ValueError, match="Invalid integer"):
            kind.parse_value(wrong)


def test_a_domain_takes_what_is_below_it() -> None:
    assert scalar("Email").parse_value("a@b") == "a@b"
    with pytest.raises(GraphQLError, match="String cannot represent a non string value"):
        scalar("Email").parse_value(1)
    with pytest.raises(GraphQLError, match="Int cannot represent non-integer value"):
        scalar("Small").parse_value("1")


def test_a_hash_holds_strings() -> None:
    world = World()
    world.extension("hstore")
    world.table("thing", "id int4!, words hstore")
    kind = world.make().type_map["KeyValueHash"]
    assert isinstance(kind, GraphQLScalarType)
    assert kind.parse_value({"a": "b", "c": None}) == {"a": "b", "c": None}
    assert literal(kind, '{a: "b", c: null, d: 1}') == {"a": "b", "c": None, "d": "1"}
    assert literal(kind, "{a: [1]}") is Undefined
    with pytest.raises(GraphQLError, match="not a valid KeyValueHash object"):
        kind.parse_value({"a": 1})


def test_errors_of_literals_come_out_of_validation() -> None:
    made = schema()
    assert shape(made, "Query")["thingById"] == "(id: Int!) Thing"
    errors = validate(made, parse_document('{ allThings(condition: {key: "x"}) { totalCount } }'))
    assert [error.message for error in errors] == [
        "Invalid UUID, expected 32 hexadecimal characters, optionally with hyphens"
    ]
