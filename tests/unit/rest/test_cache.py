"""Plans that are remembered: whatever was asked before, a request has the plan that it would have alone."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.catalog import Catalog, Column, Name, Table
from gatepost.exchange import Request
from gatepost.problem import Problem
from gatepost.rest.cache import ROOM, Plans
from gatepost.rest.plan import Plan, plan
from gatepost.rest.request import read_request
from gatepost.settings import RestSettings

TODOS = Name("public", "todos")
COLUMNS = {name: Column(name, "text", "text") for name in ("id", "title", "done")}
CATALOG = Catalog(tables={TODOS: Table(TODOS, COLUMNS, primary_key=("id",))})
SETTINGS = RestSettings(schemas=("public",))


def make(request: Request) -> Plan:
    return plan(read_request(request, SETTINGS), CATALOG, SETTINGS)


def asked(query: bytes, method: str = "GET") -> Request:
    return Request(method, "/todos", query, raw_path=b"/todos")


def outcome(planner: Callable[[Request], Plan], query: bytes) -> object:
    """What a plan comes to: its statements and the location, or the words of its Problem."""
    try:
        found = planner(asked(query))
    except Problem as problem:
        return problem.code, problem.message
    return found.statements, found.canonical, found.columns, found.request.page


VALUES = ["1", "2", "a%20b", "a+b", "x;y", "%00", "", "null", "ü", "1,2", "gatepostvalue000", "%3B", "a.b", "not.eq.1"]
FILTERS = st.builds(
    "{}={}.{}".format,
    st.sampled_from([*COLUMNS, "nowhere"]),
    st.sampled_from(["eq", "gt", "neq", "like", "is", "in"]),
    st.sampled_from(VALUES),
)
QUERIES = st.lists(st.one_of(FILTERS, st.sampled_from(["select=id", "limit=3", "order=id"])), min_size=1, max_size=4)

remembering = Plans(make)


@settings(max_examples=400, deadline=None)
@given(QUERIES.map("&".join).map(str.encode))
def test_remembered_plans_are_those_that_would_be_made(query: bytes) -> None:
    assert outcome(remembering.plan, query) == outcome(make, query)
    assert outcome(remembering.plan, query) == outcome(make, query)


def test_requests_that_differ_in_values_only_share_a_plan() -> None:
    made: list[bytes] = []

    def count(request: Request) -> Plan:
        made.append(request.query)
        return make(request)

    plans = Plans(count)
    for number in range(20):
        found = plans.plan(asked(b"select=id&title=eq.%d" % number))
        assert b"%d" % number in found.statements[0].params
        assert found.canonical == f"select=id&title=eq.{number}"
    assert len(made) == 1


def test_a_problem_is_not_remembered() -> None:
    plans = Plans(make)
    for _ in range(2):
        with pytest.raises(Problem):
            plans.plan(asked(b"title=is.7"))
    assert not plans.exact


def test_what_is_remembered_has_an_end_however_long_headers_are() -> None:
    plans, last = Plans(make), asked(b"id=eq.1")
    for number in range(200):
        last.headers, last.kept = [(b"prefer", b"%d" % number + b" " * 100_000)], {}
        plans.plan(last)
    assert 0 < len(plans.exact) * 100_000 <= ROOM
    assert 0 < len(plans.templates) * 100_000 <= ROOM
