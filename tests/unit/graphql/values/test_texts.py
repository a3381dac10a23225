"""Coerced values of GraphQL as the texts that PostgreSQL reads."""

from typing import Any

import pytest

from gatepost.catalog import Name
from gatepost.graphql.registry.model import Attribute, Codec, Kind
from gatepost.graphql.values.texts import Texts


def scalar(name: str) -> Codec:
    return Codec(Name("pg_catalog", name), name, Kind.SCALAR)


def array(of: Codec) -> Codec:
    return Codec(Name("pg_catalog", f"_{of.id.name}"), f"{of.sql}[]", Kind.ARRAY, of)


def domain(of: Codec) -> Codec:
    return Codec(Name("app", "domain"), "app.domain", Kind.DOMAIN, of)


def range_of(of: Codec) -> Codec:
    return Codec(Name("app", "range"), "app.range", Kind.RANGE, of)


def composite(**members: Codec) -> Codec:
    made = Codec(Name("app", "composite"), "app.composite", Kind.COMPOSITE)
    made.attributes.update({name: Attribute(name, codec, made) for name, codec in members.items()})
    made.columns = tuple(members)
    return made


TEXT, INT, JSON = scalar("text"), scalar("int4"), scalar("jsonb")
PAIR = composite(left=TEXT, right=INT)
TEXTS = Texts(lambda codec: {name: f"{name}Name" for name in codec.attributes})
ODD = 'a"b\\c,(d){e}'
QUOTED = '"a\\"b\\\\c,(d){e}"'


def bound(value: Any, inclusive: bool = True) -> dict[str, Any]:
    return {"value": value, "inclusive": inclusive}


@pytest.mark.parametrize(
    ("codec", "value", "text"),
    [
        (TEXT, None, None),
        (TEXT, "", ""),
        (TEXT, ODD, ODD),
        (INT, 0, "0"),
        (INT, -5, "-5"),
        (scalar("bool"), True, "t"),
        (scalar("bool"), False, "f"),
        (scalar("float8"), 0.1, "0.1"),
        (scalar("float8"), 1e22, "1e+22"),
        (scalar("money"), 1e22, "10000000000000000000000"),
        (scalar("money"), 1e-7, "0.0000001"),
        (scalar("money"), 12, "12"),
        (scalar("numeric"), "NaN", "NaN"),
        (JSON, None, None),
        (JSON, {"a": [1, None, True, "é"]}, '{"a": [1, null, true, "é"]}'),
        (JSON, "x", '"x"'),
        (scalar("json"), False, "false"),
        (scalar("bytea"), "", "\\x"),
        (scalar("bytea"), "AP8=", "\\x00ff"),
        (scalar("bytea"), "AP8", "\\x00ff"),
        (scalar("bytea"), "-_8=", "\\xfbff"),
        (scalar("hstore"), {}, ""),
        (scalar("hstore"), {'a"': "b\\", "n": None}, '"a\\""=>"b\\\\", "n"=>NULL'),
        (scalar("interval"), {}, "0 seconds"),
        (scalar("interval"), {"years": 1, "days": None, "seconds": -2.5}, "1 years -2.5 seconds"),
        (scalar("interval"), {"seconds": 1e-6}, "0.000001 seconds"),
        (scalar("point"), {"x": 1, "y": -2.5}, "(1,-2.5)"),
        (scalar("circle"), {"center": {"x": 1, "y": 2}, "radius": 3}, "<(1,2),3>"),
        (scalar("box"), {"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 4}}, "(1,2),(3,4)"),
        (scalar("path"), {"points": [{"x": 1, "y": 2}], "isOpen": True}, "[(1,2)]"),
        (scalar("polygon"), {"points": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]}, "((1,2),(3,4))"),
        (array(TEXT), [], "{}"),
        (array(TEXT), ["", None, "NULL", ODD], '{"",NULL,"NULL",' + QUOTED + "}"),
        (array(INT), [1, None], '{"1",NULL}'),
        (array(scalar("box")), [{"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 4}}], '{"(1,2),(3,4)"}'),
        (domain(array(TEXT)), ["a"], '{"a"}'),
        (PAIR, {}, "(,)"),
        (PAIR, {"leftName": None, "rightName": 1}, '(,"1")'),
        (PAIR, {"leftName": ""}, '("",)'),
        (PAIR, {"leftName": ODD, "rightName": 1, "left": "not this"}, f'({QUOTED},"1")'),
        (array(PAIR), [{"rightName": 1}, None], '{"(,\\"1\\")",NULL}'),
        (composite(inner=PAIR), {"innerName": {"leftName": '"'}}, '("(\\"\\\\\\"\\",)")'),
        (range_of(INT), {}, "(,)"),
        (range_of(INT), {"start": None, "end": None}, "(,)"),
        (range_of(INT), {"start": bound(1), "end": bound(5, False)}, '["1","5")'),
        (range_of(TEXT), {"start": bound(ODD, False), "end": bound("")}, f'({QUOTED},""]'),
        (array(range_of(INT)), [{"start": bound(1)}], '{"[\\"1\\",)"}'),
    ],
    ids=str,
)
def test_texts(codec: Codec, value: Any, text: str | None):
    assert TEXTS.text(codec, value) == text


def test_several_boxes_are_told_apart_by_semicolons():
    box = {"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 4}}
    assert TEXTS.text(array(scalar("box")), [box, box]) == '{"(1,2),(3,4)";"(1,2),(3,4)"}'
