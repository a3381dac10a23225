"""What a client may send, and what it is told where it may not (GraphQL over HTTP)."""

import pytest

from gatepost.exchange import Request
from gatepost.graphql.documents import Persisted
from gatepost.graphql.request import JSON, RESPONSE_JSON, accepted, accepts_page, decode, from_value, read
from gatepost.problem import Problem


def post(body: bytes, kind: bytes | None = b"application/json") -> Request:
    return Request("POST", "/", headers=[] if kind is None else [(b"content-type", kind)], body=body)


def test_an_operation_with_its_variables():
    asked = read(
        post(b'{"query": "query A { a }", "operationName": "A", "variables": {"x": 1}, "extensions": {"y": 2}}')
    )
    assert (asked.document, asked.operation_name) == ("query A { a }", "A")
    assert (asked.variables, asked.extensions, asked.root) == ({"x": 1}, {"y": 2}, None)


def test_what_is_not_said_is_nothing():
    asked = read(post(b'{"query": "{ a }", "variables": null, "operationName": null, "unknown": [1]}'))
    assert (asked.variables, asked.operation_name, asked.extensions) == (None, None, None)


def test_a_document_alone():
    assert read(post(b"{ a }", b"application/graphql; charset=utf-8")).document == "{ a }"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[]", "Invalid body; expected object"),
        (b'[{"query": "{ a }"}]', "Invalid body; expected object"),
        (b"5", "Invalid body; expected object"),
        (b"null", "Invalid body; expected object"),
        (b"{}", "query must be a string"),
        (b'{"query": 5}', "query must be a string"),
        (b'{"query": null}', "query must be a string"),
        (b'{"query": ["{ a }"]}', "query must be a string"),
        (b'{"id": "known"}', "query must be a string"),
        (b'{"query": "{ a }", "operationName": 5}', "operationName, if given, must be a string"),
        (b'{"query": "{ a }", "variables": "{}"}', "Invalid variables; expected JSON-encoded object"),
        (b'{"query": "{ a }", "variables": []}', "Invalid variables; expected JSON-encoded object"),
        (b'{"query": "{ a }", "extensions": 3}', "Invalid extensions; expected JSON-encoded object"),
    ],
)
def test_what_is_no_request_is_told_so(body: bytes, message: str):
    with pytest.raises(Problem) as refused:
        read(post(body))
    assert (refused.value.status, refused.value.message) == (400, message)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b'{"query": ',
        b"\xff\xfe",
        b'{"query": "\\ud800"}',
        b'{"variables": 1e400}',
        b"[" * 100_000,
        b'{"a":NaN}',
    ],
)
def test_what_is_no_json_is_told_so(body: bytes):
    with pytest.raises(Problem, match="Parsing failed") as refused:
        read(post(body))
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("kind", "status"),
    [(b"text/plain", 415), (b"application/x-www-form-urlencoded", 415), (b"multipart/form-data", 415), (None, 400)],
)
def test_what_a_form_of_another_site_can_send_is_no_request(kind: bytes | None, status: int):
    with pytest.raises(Problem) as refused:
        read(post(b'{"query": "{ a }"}', kind))
    assert refused.value.status == status


def test_a_document_that_is_no_text_is_told_so():
    with pytest.raises(Problem, match="Parsing failed"):
        read(post(b"\xff", b"application/graphql"))


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (None, RESPONSE_JSON),
        ("*/*", RESPONSE_JSON),
        ("application/*", RESPONSE_JSON),
        ("application/json", JSON),
        ("multipart/mixed, application/json", JSON),
        ("application/json, application/graphql-response+json", RESPONSE_JSON),
        ("application/json, application/graphql-response+json;q=0.5", JSON),
        ("application/graphql-response+json;q=0, */*", JSON),
        ("APPLICATION/JSON;Q=1", JSON),
        ("text/html, */*;q=0.1", RESPONSE_JSON),
    ],
)
def test_the_answer_has_the_type_that_is_liked_best(header: str | None, kind: str):
    assert accepted(header) == kind


@pytest.mark.parametrize("header", ["text/html", "application/json;q=0", "image/png, text/*"])
def test_who_takes_none_of_our_types_is_told_so(header: str):
    with pytest.raises(Problem) as refused:
        accepted(header)
    assert refused.value.status == 406


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("text/html", True),
        ("*/*", False),
        (None, False),
        ("application/json, text/html", False),
        ("text/html;q=0", False),
    ],
)
def test_a_page_is_for_who_would_look_at_it(header: str | None, wanted: bool):
    assert accepts_page(header) is wanted


KNOWN = Persisted({"people": "{ people }"})
HASH = "2f4b03cdcfd3a57d86f3a43ecd0a2b7f7b8a5a8f1bd0f2cf8ba6f7d33f2a7f49"


@pytest.mark.parametrize("name", ["id", "documentId"])
def test_an_operation_is_known_by_its_name(name: str):
    assert from_value({name: "people"}, KNOWN).document == "{ people }"


def test_an_unknown_name_is_told_as_clients_expect():
    with pytest.raises(Problem, match=r"^PersistedQueryNotFound$"):
        from_value({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH}}}, KNOWN)


@pytest.mark.parametrize(
    "extensions", [{"persistedQuery": 5}, {"persistedQuery": {"sha256Hash": 5}}, {"persistedQuery": []}]
)
def test_a_name_that_is_none_is_no_name(extensions: dict[str, object]):
    with pytest.raises(Problem, match="query must be a string"):
        from_value({"extensions": extensions}, KNOWN)


def test_numbers_keep_their_size():
    assert decode(b'{"a": 123456789012345678901234567890}') == {"a": 123456789012345678901234567890}
