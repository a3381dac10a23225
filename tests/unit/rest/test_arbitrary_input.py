"""Whatever arrives: an ApiRequest, or a Problem of the client's; soon."""

import gc
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.exchange import Request
from gatepost.problem import Problem
from gatepost.rest.ast import ApiRequest
from gatepost.rest.params import parse_params
from gatepost.rest.request import read_request
from gatepost.settings import RestSettings

CONFIGURED = RestSettings(schemas=("public", "private"))
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW", ""])
PATHS = st.one_of(st.sampled_from([b"/items", b"/rpc/f", b"/", b""]), st.binary(max_size=20))
WORDS = [
    *("select=", "order=", "and=", "not.or=", "limit=", "offset=", "columns=", "on_conflict=", "a.b="),
    *("eq.", "in.(", "is.", "not.", "fts(", "any", "inner", "count()", "desc", "nullsfirst", "null"),
    *("(", ")", ",", ".", "->", "->>", "::", ":", "!", "...", '"', "\\", "*", "{", "}", "-", " ", "+", "&", ";", "="),
    *("%22", "%00", "%", "1", "a", "ü"),
]
QUERIES = st.one_of(st.binary(max_size=60), st.lists(st.sampled_from(WORDS), max_size=30).map("".join).map(str.encode))
NAMES = st.sampled_from(
    [b"prefer", b"accept", b"content-type", b"range", b"cookie", b"accept-profile", b"content-profile", b"x"]
)
VALUES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            b"0-5",
            b"9-1",
            b"text/csv",
            b"application/x-www-form-urlencoded",
            b"text/plain",
            b"max-affected=9",
            b"a/b;q=1e9",
        ]
    ),
)
BODIES = st.one_of(
    st.binary(max_size=60),
    st.recursive(st.sampled_from(["1", '"x"', "null", "{}", "x"]), lambda inner: inner.map('{{"a":{0}}}'.format))
    .map(lambda text: f"[{text},{text}]")
    .map(str.encode),
    st.sampled_from([b"a,b\n1,2", b'a\n"', b"a=b&c", b"[{},1]"]),
)


@settings(max_examples=600, deadline=1000)
@given(METHODS, PATHS, QUERIES, st.lists(st.tuples(NAMES, VALUES), max_size=4), BODIES)
def test_anything(method: str, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    request = Request(method, path.decode("latin-1"), query, headers, body, raw_path=path)
    try:
        assert isinstance(read_request(request, CONFIGURED), ApiRequest)
    except Problem as problem:
        assert 400 <= problem.status < 500
        assert problem.message


@pytest.mark.parametrize(
    "query",
    [
        "select=" + "a:" * 20_000,
        "select=" + "a->b" * 10_000,
        "select=" + '"' * 40_001,
        "select=" + "..." * 13_000,
        "select=" + "a!b" * 13_000,
        "select=" + "x(y)," * 8_000,
        "and=(" + "a.eq.1," * 5_000 + "b",
        "and=(" + "not." * 10_000,
        'a=in.("' + "x" * 40_000,
        "a=in.(" + '"x",' * 10_000 + ")",
        "order=" + "a.desc," * 6_000,
        "." * 40_000 + "=eq.1",
        "&" * 40_000,
    ],
    ids=lambda query: query[:14],
)
def test_long_queries_take_time_in_proportion(query: str) -> None:
    gc.disable()  # what else a test run holds in memory is not the parser's
    start = time.thread_time()
    try:
        parse_params(query.encode())
    except Problem as problem:
        assert problem.status == 400
    finally:
        gc.enable()
    assert time.thread_time() - start < 2
