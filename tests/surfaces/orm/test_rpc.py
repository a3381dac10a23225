"""The RPC style over HTTP: paths, methods, statuses, values, errors, transactions, procedures, its description."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from gatepost.exchange import Request
from gatepost.orm import Client
from gatepost.orm.http import document, rpc
from gatepost.orm.http.superjson import Malformed, deserialize, serialize
from gatepost.problem import Problem
from gatepost.zmodel import load

from .conftest import BLOG, Open
from .test_procedures import HANDLERS

Http = httpx.AsyncClient


def http_client(application: Any, base: str = "http://x") -> Http:
    return httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url=base)


@pytest.fixture
async def http(open_client: Open) -> AsyncIterator[Http]:
    """The unguarded client over HTTP; `as: 1` in the headers asks the guarded one as user 1."""
    free, guarded = open_client("none", procedures=HANDLERS), open_client("query")

    async def get_client(request: Request) -> Client:
        user = request.header(b"as")
        if user == "boom":
            raise RuntimeError("a secret of ours")
        if user == "expired":
            raise Problem("bad_jwt", 401, "The token has expired")
        return free if user is None else guarded.set_auth({"id": int(user)} if user != "0" else None)

    async with http_client(rpc(BLOG, get_client)) as client:
        yield client


def q(args: Any, meta: Any = None) -> dict[str, str]:
    return {"q": json.dumps(args)} | ({"meta": json.dumps(meta)} if meta is not None else {})


def message(answer: httpx.Response) -> str:
    return answer.json()["error"]["message"]


# ------------------------------------------------------------------ operations


async def test_operations_by_method_and_path(http: Http) -> None:
    created = await http.post("/user/create", json={"data": {"id": 1, "email": "a@x.io"}})
    assert (created.status_code, created.json()) == (201, {"data": {"id": 1, "email": "a@x.io", "role": "USER"}})
    many = await http.post("/user/createMany", json={"data": [{"id": 2, "email": "b@x.io"}]})
    assert (many.status_code, many.json()) == (201, {"data": {"count": 1}})
    back = await http.post("/user/createManyAndReturn", json={"data": [{"id": 3, "email": "c@x.io"}]})
    assert (back.status_code, back.json()["data"][0]["id"]) == (201, 3)
    upsert = {"where": {"id": 4}, "create": {"id": 4, "email": "d@x.io"}, "update": {}}
    assert (await http.post("/user/upsert", json=upsert)).status_code == 201
    assert (await http.get("/user/findMany")).json()["data"][3]["id"] == 4
    assert (await http.get("/User/findFirst", params=q({"where": {"id": 9}}))).json() == {"data": None}
    assert (await http.get("/user/findUnique", params=q({"where": {"id": 2}}))).json()["data"]["email"] == "b@x.io"
    assert (await http.get("/user/count", params=q({"where": {"id": {"gt": 2}}}))).json() == {"data": 2}
    assert (await http.get("/user/exists", params=q({"where": {"id": 9}}))).json() == {"data": False}
    assert (await http.get("/user/aggregate", params=q({"_max": {"id": True}}))).json() == {"data": {"_max": {"id": 4}}}
    grouped = await http.get("/user/groupBy", params=q({"by": "role", "_count": True}))
    assert grouped.json() == {"data": [{"role": "USER", "_count": 4}]}
    change = {"where": {"id": 1}, "data": {"role": "ADMIN"}}
    for method in ("PUT", "PATCH"):
        assert (await http.request(method, "/user/update", json=change)).json()["data"]["role"] == "ADMIN"
    assert (await http.put("/user/updateMany", json={"data": {"role": "USER"}})).json() == {"data": {"count": 4}}
    assert (await http.delete("/user/delete", params=q({"where": {"id": 1}}))).json()["data"]["id"] == 1
    assert (await http.delete("/user/deleteMany")).json() == {"data": {"count": 3}}
    tag = await http.post("/blogTag/create", json={"data": {"id": 1, "name": "n"}})
    assert tag.status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "told"),
    [
        ("GET", "/", "invalid request path"),
        ("GET", "/user", "invalid request path"),
        ("GET", "/user/", "invalid request path"),
        ("GET", "/user/findMany/more", "invalid request path"),
        ("GET", "/user/findOne", "invalid operation: findOne"),
        ("GET", "/user/find_many", "invalid operation: find_many"),
        ("GET", "/user/findUniqueOrThrow", "invalid operation: findUniqueOrThrow"),
        ("GET", "/nobody/findMany", "unknown model name: nobody"),
        ("POST", "/user/findMany", "only GET is supported"),
        ("GET", "/user/create", "only POST is supported"),
        ("POST", "/user/update", "only PUT or PATCH are supported"),
        ("POST", "/user/delete", "only DELETE is supported"),
        ("POST", "/user/create", "missing request body"),
        ("PUT", "/user/update", "missing request body"),
        ("GET", "/user/findMany?q=abc", 'invalid "q" query parameter'),
        ("DELETE", "/user/deleteMany?q={", 'invalid "q" query parameter'),
        ("GET", "/user/findMany?q={}&meta=nope", 'invalid "meta" query parameter'),
        ("GET", "/user/findMany?q=[1]", "the arguments must be an object"),
        ("GET", f"/user/findMany?q={'[' * 5000}", 'invalid "q" query parameter'),
    ],
)
async def test_what_does_not_exist_is_a_bad_request(http: Http, method: str, path: str, told: str) -> None:
    answer = await http.request(method, path)
    assert (answer.status_code, told in message(answer)) == (400, True), answer.text


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"a":' * 3000, b"[1]", b'"text"', b"nul"])
async def test_a_body_that_is_no_object_of_json_is_a_bad_request(http: Http, body: bytes) -> None:
    answer = await http.post("/user/create", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400


async def test_a_body_must_be_sent_as_json(http: Http) -> None:
    answer = await http.post("/user/create", content=b"{}", headers={"content-type": "text/plain"})
    assert (answer.status_code, message(answer)) == (400, "the request body must be application/json")


async def test_a_body_too_large_is_refused(open_client: Open) -> None:
    db = open_client("none")
    async with http_client(rpc(BLOG, lambda request: db, max_body=50)) as http:
        answer = await http.post("/user/create", json={"data": {"email": "x" * 60}})
    assert answer.status_code == 413


# ------------------------------------------------------------------ errors


async def test_errors_have_zenstacks_shape(http: Http, people: dict[str, int]) -> None:
    missing = await http.put("/user/update", json={"where": {"id": 99}, "data": {"role": "ADMIN"}})
    assert (missing.status_code, missing.json()["error"]["reason"]) == (404, "not-found")
    assert missing.json()["error"]["model"] == "User"
    invalid = await http.get("/user/findUnique")
    assert invalid.status_code == 422
    error = invalid.json()["error"]
    assert (error["reason"], error["rejectedByValidation"], error["model"]) == ("invalid-input", True, "User")
    assert "Validation error" in error["message"]
    assert "where" in error["message"]
    rejected = await http.post(
        "/post/create", json={"data": {"title": "x", "authorId": people["bob"]}}, headers={"as": "1"}
    )
    assert rejected.status_code == 403
    error = rejected.json()["error"]
    assert (error["reason"], error["rejectedByPolicy"], error["model"], error["rejectReason"]) == (
        "rejected-by-policy",
        True,
        "Post",
        "no-access",
    )
    twice = await http.post("/user/create", json={"data": {"id": 1, "email": "z@x.io"}})
    assert (twice.status_code, twice.json()["error"]["dbErrorCode"]) == (400, "23505")


async def test_who_asks_is_get_clients_to_say(http: Http, people: dict[str, int]) -> None:
    made = await http.post("/post/create", json={"data": {"title": "mine"}}, headers={"as": str(people["ada"])})
    assert made.status_code == 201
    counts = [(await http.get("/post/count", headers={"as": user})).json()["data"] for user in ("1", "2", "0")]
    assert counts == [1, 0, 0]


async def test_what_get_client_fails_with_is_the_answer(http: Http) -> None:
    expired = await http.get("/user/findMany", headers={"as": "expired"})
    assert (expired.status_code, message(expired)) == (401, "The token has expired")
    broken = await http.get("/user/findMany", headers={"as": "boom"})
    assert (broken.status_code, message(broken)) == (500, "internal error")


async def test_a_database_that_is_gone_is_503() -> None:
    gone = Client.unguarded(BLOG, "host=127.0.0.1 port=9 user=x dbname=y")
    async with http_client(rpc(BLOG, lambda request: gone)) as http:
        answer = await http.get("/user/findMany")
    assert (answer.status_code, "127.0.0.1" in answer.text) == (503, False)


# ------------------------------------------------------------------ values that JSON has not


async def test_values_travel_with_what_they_are(http: Http, people: dict[str, int]) -> None:
    data = {"title": "t", "views": "9007199254740993", "price": "0.046875", "cover": "AQID", "authorId": people["ada"]}
    notes = {
        "values": {
            "data.views": ["bigint"],
            "data.price": [["custom", "Decimal"]],
            "data.cover": [["custom", "Bytes"]],
            "data.at": ["Date"],
        }
    }
    body = {"data": {**data, "at": "2026-01-02T03:04:05.678Z"}, "meta": {"serialization": notes}}
    answer = (await http.post("/post/create", json=body)).json()
    assert answer["meta"]["serialization"] == {
        "values": {
            "views": ["bigint"],
            "price": [["custom", "Decimal"]],
            "cover": [["custom", "Bytes"]],
            "at": ["Date"],
        },
        "v": 1,
    }
    assert {name: answer["data"][name] for name in data} == data
    assert answer["data"]["at"] == "2026-01-02T03:04:05.678Z"
    found = await http.get(
        "/user/findMany",
        params=q(
            {"where": {"posts": {"some": {"views": "9007199254740993"}}}, "include": {"posts": True}},
            {"serialization": {"values": {"where.posts.some.views": ["bigint"]}}},
        ),
    )
    (row,) = found.json()["data"]
    assert row["posts"][0]["views"] == data["views"]
    assert found.json()["meta"]["serialization"]["values"]["0.posts.0.views"] == ["bigint"]


async def test_annotations_that_do_not_fit_are_a_bad_request(http: Http) -> None:
    for notes in ({"values": {"a.b": ["Date"]}}, {"values": {"where": ["Date"]}}, {"values": {"where": ["class"]}}, 3):
        answer = await http.get("/user/findMany", params=q({"where": {}}, {"serialization": notes}))
        assert (answer.status_code, "failed to deserialize" in message(answer)) == (400, True)


def test_serialization_reads_what_it_wrote() -> None:
    schema = load(BLOG)
    value = {
        "at": datetime(2026, 1, 1, 0, 0, 0, 1, UTC),
        "views": 5,
        "price": Decimal("1.10"),
        "cover": b"\x00",
        "author": {"id": 1},
        "a.b\\c": [1.5, datetime(2026, 1, 1, tzinfo=UTC)],
        "none": None,
    }
    written, meta = serialize(schema, value, "Post")
    assert json.loads(json.dumps(written))["at"] == "2026-01-01T00:00:00.000001Z"
    assert deserialize(json.loads(json.dumps(written)), json.loads(json.dumps(meta))) == value
    assert serialize(schema, {"a": 1}, None) == ({"a": 1}, None)
    assert serialize(schema, Decimal(1), None) == ("1", {"values": [["custom", "Decimal"]], "v": 1})


@pytest.mark.parametrize(
    ("json_value", "notes", "expected"),
    [
        ({"a": None, "b": 1}, {"a": ["undefined"]}, {"b": 1}),
        ([None, 1], {"0": ["undefined"]}, [None, 1]),
        ({"a": [1, 2, 255]}, {"a": [["typed-array", "Uint8Array"]]}, {"a": b"\x01\x02\xff"}),
        (
            {"a": ["2026-01-01T00:00:00.000Z"]},
            {"a": ["set", {"0": ["Date"]}]},
            {"a": [datetime(2026, 1, 1, tzinfo=UTC)]},
        ),
        ({"a.b": "1"}, {"a\\.b": ["bigint"]}, {"a.b": 1}),
        ("7", ["bigint"], 7),
    ],
)
def test_annotations_of_the_library_are_read(json_value: Any, notes: Any, expected: Any) -> None:
    assert deserialize(json_value, {"values": notes}) == expected


@pytest.mark.parametrize(
    "notes", [{"": ["regexp"]}, {"a": [["class", "X"]]}, {"a.0.1": ["Date"]}, {"b": ["Date"]}, 7, "x"]
)
def test_annotations_of_anything_else_are_refused(notes: Any) -> None:
    with pytest.raises(Malformed):
        deserialize({"a": ["x"]}, {"values": notes})


# ------------------------------------------------------------------ transactions and procedures


async def test_a_transaction_runs_operations_in_order(http: Http) -> None:
    body = [
        {"model": "User", "op": "create", "args": {"data": {"id": 1, "email": "a@x.io"}}},
        {
            "model": "post",
            "op": "create",
            "args": {
                "data": {"title": "p", "authorId": 1, "at": "2026-01-01T00:00:00Z"},
                "select": {"at": True, "views": True},
                "meta": {"serialization": {"values": {"data.at": ["Date"]}}},
            },
        },
        {"model": "post", "op": "count"},
    ]
    answer = await http.post("/$transaction/sequential", json=body)
    assert answer.status_code == 200
    assert answer.json()["data"][1:] == [{"at": "2026-01-01T00:00:00.000Z", "views": "0"}, 1]
    assert answer.json()["meta"]["serialization"]["values"] == {"1.at": ["Date"], "1.views": ["bigint"]}


async def test_a_transaction_is_all_or_nothing(http: Http) -> None:
    create = {"model": "User", "op": "create", "args": {"data": {"id": 1, "email": "a@x.io"}}}
    assert (await http.post("/$transaction/sequential", json=[create, create])).status_code == 400
    assert (await http.get("/user/count")).json() == {"data": 0}


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("GET", "/$transaction/sequential", None, "only POST"),
        ("POST", "/$transaction/parallel", [], "unsupported transaction type"),
        ("POST", "/$transaction/sequential", [], "non-empty array"),
        ("POST", "/$transaction/sequential", {"a": 1}, "non-empty array"),
        ("POST", "/$transaction/sequential", [1], "index 0 must be an object"),
        ("POST", "/$transaction/sequential", [{"op": "count"}], 'missing a valid "model"'),
        ("POST", "/$transaction/sequential", [{"model": "user"}], 'missing a valid "op"'),
        ("POST", "/$transaction/sequential", [{"model": "user", "op": "drop"}], "invalid op: drop"),
        ("POST", "/$transaction/sequential", [{"model": "nobody", "op": "count"}], "unknown model"),
        ("POST", "/$transaction/sequential", [{"model": "user", "op": "count", "args": [1]}], 'invalid "args"'),
    ],
)
async def test_a_transaction_that_cannot_be_is_a_bad_request(
    http: Http, method: str, path: str, body: Any, told: str
) -> None:
    answer = await http.request(method, path, **({"json": body} if body is not None else {}))
    assert (answer.status_code, told in message(answer)) == (400, True), answer.text


async def test_procedures_by_method(http: Http) -> None:
    made = await http.post("/$procs/signUp", json={"args": {"email": "a@x.io"}})
    assert (made.status_code, made.json()["data"]["email"]) == (200, "a@x.io")
    echoed = await http.get("/$procs/echo", params=q({"args": {"text": "ab", "times": 2}}))
    assert echoed.json() == {"data": "abab"}
    assert (await http.get("/$procs/overview")).json()["data"]["total"] == 1


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("GET", "/$procs/nope", 400, "unknown procedure: nope"),
        ("POST", "/$procs/echo", 400, "only GET is supported"),
        ("GET", "/$procs/signUp", 400, "only POST is supported"),
        ("GET", "/$procs/echo", 400, "missing procedure arguments"),
        ("GET", "/$procs/echo?q={}", 400, "missing procedure arguments"),
        ("GET", "/$procs/echo?q=[]", 400, "procedure payload must be an object"),
        ("GET", '/$procs/echo?q={"args":[1]}', 400, "procedure `args` must be an object"),
        ("GET", '/$procs/echo?q={"args":{"txt":1}}', 400, "unknown procedure argument: txt"),
        ("GET", '/$procs/echo?q={"args":{"times":1}}', 400, "missing procedure argument: text"),
        ("GET", '/$procs/overview?q={"args":{"x":1}}', 400, "procedure does not accept arguments"),
        ("GET", '/$procs/echo?q={"args":{"text":1}}', 422, "expected string, received int"),
    ],
)
async def test_a_procedure_called_wrongly(http: Http, method: str, path: str, status: int, told: str) -> None:
    answer = await http.request(method, path)
    assert (answer.status_code, told in message(answer)) == (status, True), answer.text


async def test_a_procedure_that_gives_nothing_says_undefined(open_client: Open) -> None:
    async def clear(client: Client) -> None:
        await client.user.delete_many()

    db = open_client("none", procedures={"clear": clear})
    async with http_client(rpc(BLOG, lambda request: db)) as http:
        answer = await http.post("/$procs/clear", json={})
    assert answer.json() == {"data": None, "meta": {"serialization": {"values": ["undefined"], "v": 1}}}


# ------------------------------------------------------------------ mounted, described


async def test_it_answers_below_what_it_is_mounted_at(open_client: Open) -> None:
    db = open_client("none")
    application = rpc(BLOG, lambda request: db)

    async def mounted(scope: Any, receive: Any, send: Any) -> None:
        await application({**scope, "root_path": "/api/model"}, receive, send)

    async with http_client(mounted, "http://x/api/model") as http:
        assert (await http.get("/user/count")).json() == {"data": 0}


async def test_the_description_is_served_and_names_every_path(http: Http) -> None:
    described = (await http.get("/openapi.json")).json()
    assert described == json.loads(json.dumps(document(load(BLOG))))
    assert described["openapi"] == "3.1.0"
    assert set(described["paths"]["/post/update"]) == {"put", "patch"}
    assert {"/user/findMany", "/blogTag/groupBy", "/$procs/signUp", "/$transaction/sequential"} <= set(
        described["paths"]
    )
    create = described["components"]["schemas"]["UserCreateInput"]
    assert create["required"] == ["id", "email"]
    assert create["additionalProperties"] is False
    ids = [each["operationId"] for path in described["paths"].values() for each in path.values()]
    assert len(ids) == len(set(ids))


def test_every_reference_of_the_description_leads_somewhere() -> None:
    described = document(load(BLOG))

    def references(node: Any) -> set[str]:
        if isinstance(node, dict):
            own = {node["$ref"]} if "$ref" in node else set[str]()
            return own.union(*(references(each) for each in node.values()))
        return set[str]().union(*(references(each) for each in node)) if isinstance(node, list) else set()

    known = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert references(described) <= known
