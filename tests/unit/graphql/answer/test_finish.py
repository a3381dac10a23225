"""What is done to PostgreSQL's JSON afterwards: JSON as a string, as JavaScript writes it; claims as a token."""

import json
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from gatepost.graphql.answer.finish import finished, json_text
from gatepost.graphql.plan import After, Mark

# `[text, JSON.stringify(JSON.parse(text))]`, as Node.js 22 has it.
KNOWN: dict[str, list[list[str]]] = json.loads(Path(__file__).with_name("javascript.json").read_text())
SECRET = "a secret of at least thirty-two bytes"
TEXT = Mark(After.JSON_TEXT)

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


# ------------------------------------------------------------------ JSON as a string


@pytest.mark.parametrize(("text", "printed"), KNOWN["numbers"], ids=range(len(KNOWN["numbers"])))
def test_numbers_are_printed_as_javascript_prints_them(text: str, printed: str):
    assert json_text(text) == printed


@pytest.mark.parametrize(("text", "printed"), KNOWN["values"], ids=range(len(KNOWN["values"])))
def test_json_is_written_as_javascript_writes_it(text: str, printed: str):
    assert json_text(text) == printed


@given(VALUES)
def test_nothing_is_lost_but_what_a_double_cannot_hold(value: Any):
    def doubles(each: Any) -> Any:
        if isinstance(each, dict):
            return {key: doubles(one) for key, one in each.items()}
        if isinstance(each, list):
            return [doubles(one) for one in each]
        return float(each) if isinstance(each, int) and not isinstance(each, bool) else each

    assert doubles(json.loads(json_text(json.dumps(value)))) == doubles(value)


@given(VALUES)
def test_what_is_written_stays_as_it_is(value: Any):
    once = json_text(json.dumps(value, indent=2))
    assert json_text(once) == once


@pytest.mark.parametrize("digits", [399, 400, 401, 5000])
def test_numbers_of_any_length_are_read(digits: int):
    assert json_text("9" * digits) == json_text("-" + "9" * digits) == "null"
    assert json_text("0." + "0" * digits + "1") == "0"


def test_names_of_any_length_are_read():
    name = "9" * 5000
    assert json_text(f'{{ "{name}": 1 }}') == f'{{"{name}":1}}'


def test_what_nests_too_deeply_stays_as_it_is():
    text = "[ " * 20_000 + "]" * 20_000
    assert json_text(text) == text


# ------------------------------------------------------------------ where


def test_a_marked_value_is_changed_wherever_it_stands():
    body = b'{"a":{"b":[{"c":"[ 1 ]","d":"[ 1 ]"},null,{"c":null},{"x":1}]}}'
    marks = {("root", "a", "b", "c"): TEXT}
    told = json.loads(finished(body, marks, ""))
    assert told == {"a": {"b": [{"c": "[1]", "d": "[ 1 ]"}, None, {"c": None}, {"x": 1}]}}


@pytest.mark.parametrize(("depth", "body"), [(0, '"{ }"'), (1, '["{ }",null]'), (2, '[["{ }"],null]')])
def test_a_root_field_itself_may_be_marked_and_lists_around_it(depth: int, body: str):
    told = finished(body.encode(), {("root",): Mark(After.JSON_TEXT, depth)}, "")
    assert told.decode() == body.replace("{ }", "{}")


def test_null_stays_null_and_so_does_that_of_json():
    assert finished(b"null", {("root",): TEXT, ("root", "a"): TEXT}, "") == b"null"
    assert finished(b'[" null ","\\"null\\"",null]', {("root",): Mark(After.JSON_TEXT, 1)}, "") == (
        b'[null,"\\"null\\"",null]'
    )


def test_other_values_keep_their_bytes():
    body = b'{"n":[1,-2,1.5,1e+22,true,null],"s":"\\u0000\xc3\xa9\xf0\x9f\x92\xa5","j":"1"}'
    assert json.loads(finished(body, {("root", "j"): TEXT}, "")) == json.loads(body)


# ------------------------------------------------------------------ tokens


def claims(**given: Any) -> dict[str, Any]:
    """The claims of the token that is made of these."""
    body = msgspec.json.encode({"token": given})
    told = msgspec.json.decode(finished(body, {("root", "token"): Mark(After.TOKEN)}, SECRET))
    return jwt.decode(told["token"], OctKey.import_key(SECRET), algorithms=["HS256"]).claims


def test_a_token_lasts_a_day_unless_it_says_otherwise():
    now = int(time.time())
    assert claims(role="a")["exp"] - now in range(86_400, 86_405)
    assert claims(role="a", exp=now + 5)["exp"] == now + 5
    assert claims(role="a", exp=None)["exp"] - now in range(86_400, 86_405)
    assert claims(role="a", exp=str(now + 5))["exp"] == now + 5


def test_a_token_says_who_made_it_for_whom_and_when():
    found = claims(role="a", user_id="9007199254740993", aud=None)
    assert (found["role"], found["user_id"]) == ("a", "9007199254740993")
    assert found["aud"] == found["iss"] == "postgraphile"
    assert abs(found["iat"] - time.time()) < 5
    assert claims(aud="mine", iss="us")["aud"] == "mine"


def test_of_nobody_there_is_no_token():
    body = b'{"token":null}'
    assert finished(body, {("root", "token"): Mark(After.TOKEN)}, SECRET) == body
