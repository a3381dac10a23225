"""GraphQL over HTTP: statuses, types, who asks; hostile input is answered in GraphQL."""

import json
from typing import Any

import httpx
import pytest

from tests.serving import Served
from tests.surfaces.graphql.conftest import ask, messages
from tests.surfaces.people import Person, nobody, staff

ROOMS = "{ rooms { nodes { id name } } }"


def test_everybody_sees_what_their_policies_say(ada: Person, room: str):
    assert ask(ada, ROOMS) == {"data": {"rooms": {"nodes": [{"id": room, "name": "A room"}]}}}


def test_who_has_no_right_to_a_table_is_told_so(server: Served, room: str):
    answer = ask(nobody(server), ROOMS)
    assert answer["data"] == {"rooms": None}
    assert answer["errors"][0]["message"] == "permission denied for table rooms"
    assert answer["errors"][0]["path"] == ["rooms"]


def test_a_table_that_no_role_may_see_is_named_nowhere(ada: Person):
    told = json.dumps(ask(ada, "{ __schema { types { name fields { name } } } }")).lower()
    assert "payroll" not in told
    assert "rooms" in told
    assert "payroll" not in messages(ask(ada, "{ payrol { nodes { id } } }"))[0].lower().replace("payrol", "", 1)


def test_a_key_is_needed(server: Served):
    answer = httpx.post(f"{server.url}/graphql", json={"query": ROOMS})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["message"] == "No API key found in request"


@pytest.mark.parametrize("token", ["x", "x.y.z", "Bearer"])
def test_a_token_that_proves_nothing_is_refused(server: Served, token: str):
    headers = {"apikey": server.publishable, "authorization": f"Bearer {token}"}
    answer = httpx.post(f"{server.url}/graphql", json={"query": ROOMS}, headers=headers)
    assert (answer.status_code, list(answer.json())) == (401, ["errors"])


def test_a_secret_key_is_not_for_browsers(server: Served):
    origin = {"origin": "https://app.example"}
    answer = staff(server).ask("POST", "/graphql", {"query": "{ __typename }"}, **origin)
    assert answer.status_code == 401


def test_a_result_has_the_type_of_graphql_over_http(ada: Person):
    answer = ada.ask("POST", "/graphql", {"query": "{ __typename }"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/graphql-response+json;charset=utf-8"
    assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("query", ["{ nope }", "{", "query A { __typename } query B { __typename }"])
def test_what_cannot_be_executed_is_a_400_unless_the_client_knows_only_json(ada: Person, query: str):
    new = ada.ask("POST", "/graphql", {"query": query})
    old = ada.ask("POST", "/graphql", {"query": query}, accept="application/json")
    assert (new.status_code, old.status_code) == (400, 200)
    assert old.headers["content-type"] == "application/json;charset=utf-8"
    assert new.json() == old.json()
    assert list(new.json()) == ["errors"]


def test_variables_that_do_not_fit_are_a_400(ada: Person):
    query = "query ($id: UUID!) { room(id: $id) { id } }"
    answer = ada.ask("POST", "/graphql", {"query": query, "variables": {"id": "x"}})
    assert answer.status_code == 400
    [message] = messages(answer.json())
    assert message.startswith('Variable "$id" got invalid value "x"')


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_only_post_asks(ada: Person, method: str):
    answer = ada.ask(method, "/graphql")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["errors"][0]["message"] == "Method not supported, please use POST"


def test_another_type_of_answer_is_refused(ada: Person):
    assert ada.ask("POST", "/graphql", {"query": "{ __typename }"}, accept="image/png").status_code == 406


def test_a_browser_may_ask_first(server: Served):
    asked = {"origin": "https://app.example", "access-control-request-method": "POST"}
    answer = httpx.options(f"{server.url}/graphql", headers=asked)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")


def test_the_address_of_another_dialect_says_so(server: Served, ada: Person):
    for answer in (ada.ask("POST", "/graphql/v1", {}), httpx.get(f"{server.url}/graphql/v1")):
        assert answer.status_code == 404
        assert "another GraphQL dialect" in answer.json()["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"\xff\xfe",
        b"[]",
        b"[" * 15_000,
        b'{"query": "' + b"{a" * 900 + b'"}',
        b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 900 + b"]" * 900 + b"}}",
        b'{"query": "query ($a: [[Int]]) { __typename }", "variables": {"a": ' + b"[" * 300 + b"]" * 300 + b"}}",
        b'{"query": "{ rooms(first: 99999999999999999999999) { nodes { id } } }"}',
        b'{"query": "{ rooms(first: -1) { nodes { id } } }"}',
        b'{"query": "{ rooms(after: \\"\\u0000\\") { nodes { id } } }"}',
        b'{"query": "{ rooms(after: \\"AAAA\\") { nodes { id } } }"}',
        b'{"query": "{ node(nodeId: \\"//8=\\") { nodeId } }"}',
        b'{"query": "{ node(nodeId: \\"WyJwYXlyb2xsIiwxXQ==\\") { nodeId } }"}',
        b'{"query": "query ($a: Int = {}) { __typename }"}',
        b'{"query": "mutation { __typename }", "operationName": "\\u0000"}',
        b'{"query": "subscription { roomNote(roomId: \\"x\\") { event } }"}',
        b'{"query": "{ __typename @skip }"}',
        b'{"query": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }"}',
    ],
)
def test_hostile_bodies_are_answered_in_graphql(ada: Person, server: Served, body: bytes):
    headers = {"apikey": server.publishable, "authorization": f"Bearer {ada.token}", "content-type": "application/json"}
    answer = httpx.post(f"{server.url}/graphql", content=body, headers=headers)
    assert answer.status_code in (200, 400)
    told: dict[str, Any] = answer.json()
    assert told.get("errors") or told["data"]
    assert all(error["message"] for error in told.get("errors", []))


def test_a_subscription_goes_over_a_socket(ada: Person, room: str):
    [message] = messages(ask(ada, f'subscription {{ roomNote(roomId: "{room}") {{ event }} }}'))
    assert "websocket" in message
