"""Whatever arguments come, an answer leaves: a client's mistake is never a defect of ours.

Arguments follow the shapes that the description of the RPC style promises, with here and there a value that fits
nowhere.
"""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatepost.embedded import Server
from gatepost.orm import SyncClient
from gatepost.orm.generate.models import arguments_name, shapes
from gatepost.orm.generate.shapes import Many, Member, Null, OneOf, Ref, Scalar, TypeOf, Words
from gatepost.orm.http import Asked, RpcHandler
from gatepost.orm.http.rpc import METHODS
from gatepost.zmodel import load

from .conftest import BLOG

SCHEMA = load(BLOG)
SHAPES = shapes(SCHEMA)
HOSTILE = (
    "'; drop table x; --",
    '"',
    "\\",
    "%_",
    "$1",
    "\0",
    "\ud800",
    "é" * 50,
    "a.b",
    "",
    "ADMIN",
    "1",
    "{}",
    "null",
)
ODD = (None, True, -1, 2**31, 2**63, 10**30, 1.5, 1e308, float("nan"), [], {}, [[]], {"": 1}, {"id": {}}, *HOSTILE)
VALUES: dict[str, tuple[Any, ...]] = {
    "String": ("a", "ada@x.io", *HOSTILE),
    "Boolean": (True, False),
    "Int": (0, 1, 2, -1, 2**31 - 1),
    "BigInt": (0, 2**53, -(2**63)),
    "Float": (0, 1.5, -1e300),
    "Decimal": ("1.5", 2, "1e20", "1e999999999"),
    "DateTime": ("2026-01-01T00:00:00Z", "2026-01-01", "0001-01-01T00:00:00+01:00", "10:11"),
    "Bytes": ("AQ==", "x"),
}
DEPTH = 5


@st.composite
def value(draw: st.DrawFn, type: TypeOf, depth: int) -> Any:
    """A value of a type; now and then one that fits nowhere."""
    if draw(st.integers(0, 24)) == 0:
        return draw(st.sampled_from(ODD))
    match type:
        case Ref(name) if name in SCHEMA.enums:
            return draw(st.sampled_from([member.name for member in SCHEMA.enums[name].members]))
        case Ref(name):
            return draw(members(SHAPES[name].members, depth - 1))
        case Scalar(name):
            return draw(st.sampled_from(VALUES.get(name, ODD)))
        case Many(of):
            return [draw(value(of, depth)) for _ in range(draw(st.integers(0, 2)))]
        case Words(values):
            return draw(st.sampled_from(values)) if values else "x"
        case Null():
            return None
        case OneOf(options):
            return draw(value(draw(st.sampled_from(options)), depth))


@st.composite
def members(draw: st.DrawFn, known: tuple[Member, ...], depth: int) -> dict[str, Any]:
    """Some members of an object: mostly those it needs, and a few others."""
    few = draw(st.lists(st.sampled_from(known), max_size=2, unique=True)) if known and depth > 0 else []
    needed = [each for each in known if each.required and draw(st.integers(0, 9))]
    return {each.name: draw(value(each.type, depth)) for each in dict.fromkeys([*needed, *few])}


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, Any]:
    """Model, operation, arguments."""
    model = SCHEMA.models[draw(st.sampled_from(("User", "Post", "BlogTag")))]
    operation = draw(st.sampled_from(sorted(METHODS)))
    return model.name, operation, draw(members(SHAPES[arguments_name(model, operation)].members, DEPTH))


@pytest.fixture(scope="module")
def asked(blog_database: str, cluster: Server) -> Iterator[Any]:
    """`asked(guard, model, operation, args)`: the status and body of a request as user 1."""
    owner = cluster.dsn("postgres", blog_database)
    clients = {
        "none": SyncClient.unguarded(BLOG, owner),
        "query": SyncClient.connect(BLOG, owner, guard="query"),
        "database": SyncClient.connect(BLOG, cluster.dsn("authenticator", blog_database)),
    }
    handler = RpcHandler(SCHEMA)

    def ask(guard: str, model: str, operation: str, args: Any) -> tuple[int, Any]:
        bound = clients[guard].set_auth({"id": 1})
        text = json.dumps(args)
        method = METHODS[operation][0]
        body = text.encode() if method in ("POST", "PUT", "PATCH") else b""
        query = {} if body else {"q": text}
        return bound._portal.run(handler.handle(bound._held, Asked(method, f"/{model}/{operation}", query, body)))

    yield ask
    for each in clients.values():
        each.close()


@pytest.mark.parametrize("guard", ["none", "query", "database"])
def test_no_argument_is_a_defect(asked: Any, guard: str, caplog: pytest.LogCaptureFixture) -> None:
    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
    @given(requests())
    def ask(request: tuple[str, str, Any]) -> None:
        status, body = asked(guard, *request)
        assert status in (200, 201, 400, 403, 404, 422), (body, caplog.text[-3000:])
        if status == 400:  # the database's own refusals: of values and of rows, never of the SQL that we wrote
            assert body["error"].get("dbErrorCode", "")[:2] not in ("42", "XX"), (request, body)

    caplog.set_level(logging.ERROR)
    ask()
