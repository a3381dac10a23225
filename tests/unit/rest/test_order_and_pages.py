"""`order`, `limit`, `offset` and the Range header."""

import pytest

from gatepost.rest.ast import Field, JsonStep, OrderTerm, Page
from gatepost.rest.params import parse_params

from .asking import ask, refused

LIMIT_TEXT = "Limit should be greater than or equal to zero."
RANGE_TEXT = "The lower boundary must be lower than or equal to the upper boundary in the Range header."


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("a", OrderTerm(Field("a"))),
        ("a.desc", OrderTerm(Field("a"), direction="desc")),
        ("a.nullsfirst", OrderTerm(Field("a"), nulls="first")),
        ("a.asc.nullslast", OrderTerm(Field("a"), direction="asc", nulls="last")),
        ("data->>k.desc", OrderTerm(Field("data", (JsonStep("k", as_text=True),)), direction="desc")),
        ("rel(col).desc", OrderTerm(Field("col"), relation="rel", direction="desc")),
        ("rel(d->k)", OrderTerm(Field("d", (JsonStep("k"),)), relation="rel")),
    ],
)
def test_order_terms(text: str, term: OrderTerm) -> None:
    assert parse_params(f"order={text}".encode()).order == (((), (term,)),)


def test_order_of_an_embed() -> None:
    assert parse_params(b"a.b.order=x,y").order == ((("a", "b"), (OrderTerm(Field("x")), OrderTerm(Field("y")))),)


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("", Page()),
        ("limit=5", Page(0, 5)),
        ("offset=3", Page(3)),
        ("limit=5&offset=3", Page(3, 5)),
        ("limit=0", Page(0, 0)),
        ("limit=abc", Page()),
        ("limit=&offset=", Page()),
        ("offset=-3&limit=2", Page(0, 2)),
        ("limit=1&limit=2", Page(0, 2)),
    ],
)
def test_page_of_the_root(query: str, page: Page) -> None:
    assert ask("GET", f"/items?{query}").page == page


def test_pages_of_embeds() -> None:
    assert parse_params(b"a.limit=2&a.b.offset=1&a.offset=4").pages == ((("a",), Page(4, 2)), (("a", "b"), Page(1)))


@pytest.mark.parametrize(
    ("header", "query", "page"),
    [
        ("0-9", "", Page(0, 10)),
        ("5-", "", Page(5)),
        ("5-5", "", Page(5, 1)),
        ("0-9", "?limit=5&offset=2", Page(2, 5)),
        ("3-", "?limit=5", Page(3, 2)),
        ("bytes=0-9", "", Page()),
        ("-5", "", Page()),
        ("a-b", "", Page()),
    ],
)
def test_range_header_and_limit_are_intersected(header: str, query: str, page: Page) -> None:
    assert ask("GET", f"/items{query}", range=header).page == page


@pytest.mark.parametrize("method", ["HEAD", "POST", "PATCH", "DELETE"])
def test_only_get_has_a_range(method: str) -> None:
    assert ask(method, "/items", "{}", range="0-1").page == Page()


def test_unsatisfiable() -> None:
    problem = refused("GET", "/items?limit=-1")
    assert (problem.status, problem.code, problem.details) == (416, "PGRST103", LIMIT_TEXT)
    assert problem.message == "Requested range not satisfiable"
    assert refused("GET", "/items", range="1-0").details == RANGE_TEXT
    assert refused("GET", "/items?offset=9", range="0-4").code == "PGRST103"


def test_a_put_has_no_page() -> None:
    problem = refused("PUT", "/items?id=eq.1&limit=1", '{"id":1}')
    assert (problem.status, problem.code) == (400, "PGRST114")
    assert problem.message == "limit/offset querystring parameters are not allowed for PUT"
    assert refused("PUT", "/items?id=eq.1&offset=1", '{"id":1}').code == "PGRST114"


def test_the_canonical_query_has_its_keys_in_order() -> None:
    assert parse_params(b"c=eq.a%20b&a=eq.1&b").canonical == "a=eq.1&b=&c=eq.a%20b"
    assert parse_params(b"id=gt.1&id=lt.9").canonical == "id=gt.1,lt.9"
    assert parse_params("n=eq.ü".encode()).canonical == "n=eq.%C3%BC"
