"""The front door: prefixes, keys, browsers, limits, ids; each refusal in the surface's own dialect."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from gatepost.exchange import Finish, Request, Response
from gatepost.gateway import Gateway, Mount
from gatepost.identity.api_keys import ApiKey, ApiKeys, digest
from gatepost.identity.identify import Identifier
from gatepost.identity.keys import KeyRing, from_secret
from gatepost.identity.tokens import Tokens
from gatepost.problem import Problem

PUBLISHABLE, SECRET = "sb_publishable_test", "sb_secret_test"
SEEN: list[Request] = []


async def echo(request: Request) -> Response:
    SEEN.append(request)
    if request.path == "/problem":
        raise Problem("teapot", 418, "short and stout")
    if request.path == "/defect":
        raise ZeroDivisionError("a secret detail")
    body = {"path": request.path, "prefix": request.prefix, "body": request.body.decode("latin-1")}
    return Response(204 if request.path == "/nothing" else 200, json.dumps(body).encode())


def refuse(_: Request, problem: Problem) -> Response:
    return Response(problem.status, json.dumps({"dialect": "rest", "code": problem.code}).encode())


def gateway(**options: Any) -> Gateway:
    keys = ApiKeys([ApiKey("1", digest(PUBLISHABLE), "anon"), ApiKey("2", digest(SECRET), "service_role")])
    identifier = Identifier(Tokens(KeyRing([from_secret("s" * 32, signs=True)])), keys)
    mounts = [
        Mount("/rest/v1", echo, refuse),
        Mount("/health", echo, refuse, lambda path: False),
        Mount("/auth/v1", echo, refuse, lambda path: not path.startswith("/verify")),
    ]
    return Gateway(mounts, identifier=identifier, body_limit=100, **options)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with browser(gateway()) as opened:
        yield opened


def browser(app: Gateway) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://gate", headers={"apikey": PUBLISHABLE}
    )


@pytest.mark.parametrize(
    ("path", "prefix", "rest"),
    [
        ("/rest/v1/todos", "/rest/v1", "/todos"),
        ("/rest/v1/", "/rest/v1", "/"),
        ("/rest/v1", "/rest/v1", "/"),
        ("/rest/v1/rpc/f", "/rest/v1", "/rpc/f"),
        ("/auth/v1/admin/users", "/auth/v1", "/admin/users"),
        ("/health", "/health", "/"),
        ("/health/x", "/health", "/x"),
    ],
)
async def test_a_prefix_names_the_surface(client: httpx.AsyncClient, path: str, prefix: str, rest: str) -> None:
    answer = (await client.get(path)).json()
    assert (answer["prefix"], answer["path"]) == (prefix, rest)


@pytest.mark.parametrize("path", ["/", "/rest/v1x/todos", "/rest", "//rest/v1/todos", "/x/rest/v1"])
async def test_another_path_is_nowhere(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


async def test_the_other_dialect_of_graphql_says_so(client: httpx.AsyncClient) -> None:
    response = await client.get("/graphql/v1")
    assert response.status_code == 404
    assert "dialect" in response.json()["message"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/storage/v1/bucket", "Storage is not served"),
        ("/realtime/v1/websocket", "Realtime is not served"),
        ("/functions/v1/hello", "Edge functions are not served"),
    ],
)
async def test_what_supabase_serves_besides_says_that_it_is_not_there(
    client: httpx.AsyncClient, path: str, words: str
) -> None:
    response = await client.get(path)
    assert (response.status_code, response.json()["message"]) == (404, words)


async def test_clients_of_a_storage_understand_that_there_is_none(client: httpx.AsyncClient) -> None:
    told = (await client.post("/storage/v1/object/avatars/a.png")).json()
    assert (told["statusCode"], told["error"], told["message"]) == ("404", "not_found", "Storage is not served")


async def test_a_request_without_a_key_is_refused_in_the_surfaces_dialect() -> None:
    async with browser(gateway()) as client:
        del client.headers["apikey"]
        response = await client.get("/rest/v1/todos")
        assert (response.status_code, response.json()) == (401, {"dialect": "rest", "code": "no_api_key"})
        assert (await client.get("/auth/v1/verify")).status_code == 200
        assert (await client.get("/health")).status_code == 200


async def test_authorization_alone_may_carry_the_key() -> None:
    async with browser(gateway()) as client:
        del client.headers["apikey"]
        assert (await client.get("/rest/v1/x", headers={"authorization": f"bearer {SECRET}"})).status_code == 200
        assert (await client.get("/rest/v1/x", headers={"authorization": f"Basic {SECRET}"})).status_code == 401


async def test_a_secret_key_from_a_browser_is_refused(client: httpx.AsyncClient) -> None:
    for sign in ({"user-agent": "Mozilla/5.0"}, {"origin": "https://app.example"}):
        response = await client.get("/rest/v1/x", headers={"apikey": SECRET, **sign})
        assert (response.status_code, response.json()["code"]) == (401, "secret_key_in_browser")
    assert (await client.get("/rest/v1/x", headers={"apikey": SECRET})).status_code == 200


async def test_a_surfaces_problem_is_worded_by_the_surface(client: httpx.AsyncClient) -> None:
    response = await client.get("/rest/v1/problem")
    assert (response.status_code, response.json()) == (418, {"dialect": "rest", "code": "teapot"})


async def test_a_defect_is_a_500_without_its_details(client: httpx.AsyncClient) -> None:
    response = await client.get("/rest/v1/defect")
    assert (response.status_code, response.json()) == (500, {"dialect": "rest", "code": "internal_error"})
    assert "secret detail" not in response.text


async def test_a_body_beyond_the_limit_is_413(client: httpx.AsyncClient) -> None:
    assert (await client.post("/rest/v1/x", content=b"a" * 100)).json()["body"] == "a" * 100
    assert (await client.post("/rest/v1/x", content=b"a" * 101)).status_code == 413

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"a" * 40

    assert (await client.post("/rest/v1/x", content=chunks())).status_code == 413


async def test_a_browsers_preflight_needs_no_key() -> None:
    async with browser(gateway()) as client:
        del client.headers["apikey"]
        asked = {
            "origin": "https://app.example",
            "access-control-request-method": "PATCH",
            "access-control-request-headers": "apikey,x-y",
        }
        response = await client.options("/rest/v1/todos", headers=asked)
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["access-control-allow-headers"] == "apikey,x-y"
        assert "PATCH" in response.headers["access-control-allow-methods"]
        assert "access-control-allow-credentials" not in response.headers


async def test_listed_origins_may_bring_credentials_and_others_nothing() -> None:
    async with browser(gateway(origins=("https://app.example",))) as client:
        ours = await client.get("/rest/v1/x", headers={"origin": "https://app.example"})
        assert ours.headers["access-control-allow-origin"] == "https://app.example"
        assert ours.headers["access-control-allow-credentials"] == "true"
        theirs = await client.get("/rest/v1/x", headers={"origin": "https://app.example.evil"})
        assert "access-control-allow-origin" not in theirs.headers
        assert theirs.headers["vary"] == "Origin"


async def test_every_answer_has_an_id(client: httpx.AsyncClient) -> None:
    first, second = await client.get("/health"), await client.get("/nowhere")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert (await client.get("/health", headers={"x-request-id": "mine"})).headers["x-request-id"] == "mine"
    long = (await client.get("/health", headers={"x-request-id": "x" * 200})).headers["x-request-id"]
    assert long != "x" * 200


async def test_lengths(client: httpx.AsyncClient) -> None:
    assert int((await client.get("/health")).headers["content-length"]) > 0
    assert "content-length" not in (await client.get("/rest/v1/nothing")).headers
    assert (await client.head("/health")).content == b""


async def test_the_proof_is_handed_over_unread(client: httpx.AsyncClient) -> None:
    await client.get("/rest/v1/x", headers={"authorization": "Bearer  not-a-token "})
    assert (SEEN[-1].proof.api_key, SEEN[-1].proof.bearer) == (PUBLISHABLE, "not-a-token")


async def test_a_request_whose_time_is_over_is_told_in_its_surfaces_words():
    begun = asyncio.Event()

    async def wait(_: Request) -> Response:
        begun.set()
        await asyncio.sleep(60)
        return Response(204, b"")

    async with browser(Gateway([Mount("/rest/v1", wait, refuse)])) as client:
        asking = asyncio.create_task(client.get("/rest/v1/todos"))
        await begun.wait()
        asking.cancel()
        answer = await asking
    assert (answer.status_code, answer.json()) == (503, {"dialect": "rest", "code": "database_unavailable"})


async def test_so_is_one_without_a_task_of_its_own():
    async def wait() -> Response:
        await asyncio.sleep(60)
        return Response(204, b"")

    def begin(_: Request, finish: Finish) -> bool:
        finish(wait())
        return True

    opened = Gateway([Mount("/rest/v1", echo, refuse, begin=begin)])
    told: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    scope = {"method": "GET", "path": "/rest/v1/todos", "query_string": b"", "headers": []}
    assert opened.begin(scope, b"", lambda status, *_: told.set_result(status))
    await asyncio.sleep(0)
    await opened.stop()
    assert await asyncio.wait_for(told, 5) == 503
