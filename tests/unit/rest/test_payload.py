"""Bodies: what of them is looked at, and what goes on untouched."""

import tracemalloc

import pytest

from gatepost.problem import Problem
from gatepost.rest.ast import Payload, PayloadKind

from .asking import ask, refused


def posted(body: str | bytes, target: str = "/items", media: str = "application/json") -> Payload:
    found = ask("POST", target, body, content_type=media).payload
    assert found is not None
    return found


def bad(body: str | bytes, target: str = "/items", media: str = "application/json") -> str:
    problem: Problem = refused("POST", target, body, content_type=media)
    assert (problem.status, problem.code, problem.details, problem.hint) == (400, "PGRST102", None, None)
    return problem.message


@pytest.mark.parametrize("body", ['{"b":1.10,"a":null}', '[{"a":1,"b":2}, {"b":3,"a":[1.0]}]', ' \n{"a":{},"b":1}\n'])
def test_json_goes_on_as_it_came_and_its_keys_are_known(body: str) -> None:
    payload = posted(body)
    assert payload.raw == body.encode()
    assert payload.keys == ("a", "b")


def test_the_columns_of_a_request_are_its_keys_or_those_given() -> None:
    assert ask("POST", "/items", '{"b":1,"a":2}').columns == ("a", "b")
    assert ask("POST", "/items?columns=c,a,c", "not even json").columns == ("a", "c")
    assert ask("GET", "/items?columns=c").columns == ()


def test_columns_make_the_body_nobodys_business() -> None:
    payload = posted("{ broken", "/items?columns=a")
    assert (payload.raw, payload.keys) == (b"{ broken", None)


def test_all_objects_have_the_same_keys() -> None:
    assert bad('[{"a":1},{"a":1,"b":2}]') == "All object keys must match"
    assert bad('[{"a":1},2]') == "All object keys must match"
    assert bad("[1]") == "All object keys must match"


@pytest.mark.parametrize("body", ["", "}{ x = 2", "[", "nul", '{"a":1}]', b"\xff\xfe", '{"a":1,}', b'{"a":"\0"}'])
def test_what_is_no_json(body: str | bytes) -> None:
    assert bad(body) == "Empty or invalid json"


@pytest.mark.parametrize("body", [b'"\xff"', b'[1,"\xff"]', b'{"\xff":1}', b'[{"\xff":1}]'])
def test_text_that_is_no_utf_8_makes_no_json(body: bytes) -> None:
    assert bad(body) == "Empty or invalid json"


def test_what_is_no_row_takes_no_memory() -> None:
    body = "[" + "[]," * 200_000 + "[]]"
    tracemalloc.start()
    assert bad(body) == "All object keys must match"
    assert tracemalloc.get_traced_memory()[1] < 4 * len(body)
    tracemalloc.stop()


def test_nesting_beyond_reason_is_no_json_either() -> None:
    assert bad("[" * 100_000) in ("Empty or invalid json", "The json is nested too deeply")


@pytest.mark.parametrize("body", ["[]", '"x"', "1", "null", "true"])
def test_other_json_counts_as_no_rows(body: str) -> None:
    payload = posted(body)
    assert (payload.raw, payload.keys) == (b"[]", ())


def test_an_empty_object_is_a_row_of_defaults() -> None:
    assert posted("{}").keys == ()
    assert posted("[{},{}]").raw == b"[{},{}]"


def test_a_call_without_body_has_no_arguments() -> None:
    assert posted("", "/rpc/f") == Payload(PayloadKind.JSON, b"{}", ())


def test_a_delete_has_no_body() -> None:
    assert ask("DELETE", "/items", "rubbish").payload is None


# ------------------------------------------------------------------ other types


def test_csv_becomes_rows_of_texts_with_null() -> None:
    payload = posted('a,b\n1,"x, ""y"""\nNULL,\n', media="text/csv")
    assert payload.keys == ("a", "b")
    assert payload.raw == b'[{"a":"1","b":"x, \\"y\\""},{"a":null,"b":""}]'


def test_csv_that_is_none() -> None:
    assert bad("a,b\n1\n", media="text/csv") == "All lines must have same number of fields"
    assert bad("", media="text/csv").startswith("parse error")
    assert bad('a\n"x', media="text/csv").startswith("parse error")


def test_csv_without_rows() -> None:
    assert posted("a,b\n", media="text/csv").raw == b"[]"


def test_a_form_is_one_row() -> None:
    payload = posted("b=1+2&a=%C3%BC&b=3", media="application/x-www-form-urlencoded")
    assert (payload.kind, payload.keys, payload.raw) == (PayloadKind.JSON, ("a", "b"), '{"b":"3","a":"ü"}'.encode())


def test_a_form_of_a_call_keeps_repeated_names() -> None:
    payload = posted("v=1&v=2", "/rpc/f", "application/x-www-form-urlencoded")
    assert (payload.kind, payload.pairs) == (PayloadKind.FORM, (("v", "1"), ("v", "2")))


@pytest.mark.parametrize("media", ["text/plain", "text/xml", "application/octet-stream"])
def test_raw_bodies_are_for_functions(media: str) -> None:
    assert posted("<a/>", "/rpc/f", media) == Payload(PayloadKind.RAW, b"<a/>")
    assert bad("<a/>", "/items", media) == f"Content-Type not acceptable: {media}"


def test_only_bytes_may_hold_a_nul() -> None:
    assert posted(b"a\0b", "/rpc/f", "application/octet-stream").raw == b"a\0b"
    assert refused("POST", "/rpc/f", b"a\0b", content_type="text/plain").code == "22021"


def test_any_other_type_is_refused() -> None:
    assert bad("x", media="image/png") == "Content-Type not acceptable: image/png"
