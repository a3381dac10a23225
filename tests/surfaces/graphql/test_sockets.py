"""The conversation of `graphql-transport-ws`: who is let in, what is answered, how it ends."""

import asyncio
import json
import socket as sockets

import pytest

from tests.serving import Served
from tests.surfaces.graphql.talking import PROTOCOL, credentials, talk
from tests.surfaces.people import Person, newcomer, nobody, staff

NEWS = 'subscription { news(about: "x") { text } }'


async def test_queries_and_mutations_are_answered(server: Served, ada: Person, room: str):
    async with talk(server) as one:
        await one.begin(ada)
        await one.subscribe("query A { __typename } query B { rooms { nodes { name } } }")
        said = await one.hear()
        assert (said["type"], said["payload"][0]["message"]) == (
            "error",
            "Must provide operation name if query contains multiple operations.",
        )
        write = "mutation ($n: NoteInput!) { createNote(input: {note: $n}) { note { body author } } }"
        await one.subscribe(write, {"n": {"roomId": room, "body": "by socket"}}, id="2")
        assert await one.next("2") == {"data": {"createNote": {"note": {"body": "by socket", "author": ada.id}}}}
        assert await one.hear() == {"id": "2", "type": "complete"}
        await one.subscribe("{ rooms { nodes { id } } }", id="2")
        assert await one.next("2") == {"data": {"rooms": {"nodes": [{"id": room}]}}}


async def test_several_operations_go_on_at_once(server: Served, ada: Person):
    async with talk(server) as one:
        await one.begin(ada)
        for id in ("a", "b", "c"):
            await one.subscribe("{ __typename }", id=id)
        said = [await one.hear() for _ in range(6)]
        assert {message["id"] for message in said} == {"a", "b", "c"}
        assert sorted(message["type"] for message in said) == ["complete"] * 3 + ["next"] * 3


async def test_pings_are_answered_at_any_time(server: Served, ada: Person):
    async with talk(server) as one:
        await one.say(type="ping")
        assert await one.hear() == {"type": "pong"}
        await one.begin(ada)
        await one.say(type="ping", payload={"at": 1})
        assert await one.hear() == {"type": "pong", "payload": {"at": 1}}
        await one.say(type="pong")
        await one.say(type="complete", id="unknown")
        await one.subscribe("{ __typename }")
        assert await one.next() == {"data": {"__typename": "Query"}}


# ------------------------------------------------------------------ who it is


@pytest.mark.parametrize("name", ["authorization", "Authorization", "AUTHORIZATION"])
async def test_the_first_message_says_who(server: Served, ada: Person, room: str, name: str):
    async with talk(server) as one:
        await one.begin(None, apikey=server.publishable, **{name: f"bearer {ada.token}"})
        await one.subscribe("{ rooms { nodes { id } } }")
        assert await one.next() == {"data": {"rooms": {"nodes": [{"id": room}]}}}


async def test_so_may_the_headers(server: Served, ada: Person, room: str):
    async with talk(server, credentials(ada)) as one:
        await one.begin()
        await one.subscribe("{ rooms { nodes { id } } }")
        assert await one.next() == {"data": {"rooms": {"nodes": [{"id": room}]}}}


async def test_the_first_message_wins_over_the_headers(server: Served, ada: Person):
    stranger = newcomer(server)
    async with talk(server, credentials(ada)) as one:
        await one.begin(stranger)
        await one.subscribe("{ rooms { nodes { id } } }")
        assert await one.next() == {"data": {"rooms": {"nodes": []}}}


async def test_a_key_alone_is_nobody(server: Served):
    async with talk(server) as one:
        await one.begin(nobody(server))
        await one.subscribe("{ rooms { nodes { id } } }")
        assert (await one.next())["errors"][0]["message"] == "permission denied for table rooms"


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ({}, "No API key found in request"),
        ({"apikey": "unknown"}, "Invalid API key"),
        ({"apikey": 5}, "No API key found in request"),
        ({"apikey": "KEY", "authorization": "Bearer x.y.z"}, "Invalid token"),
    ],
)
async def test_who_proves_nothing_is_sent_away(server: Served, payload: dict[str, object], says: str):
    payload = {name: server.publishable if value == "KEY" else value for name, value in payload.items()}
    async with talk(server) as one:
        await one.say(type="connection_init", payload=payload)
        code, reason = await one.closed()
        assert (code, says in reason) == (4403, True), reason


async def test_a_secret_key_is_not_for_pages(server: Served):
    async with talk(server, {"origin": "https://app.example"}) as one:
        await one.say(type="connection_init", payload=credentials(staff(server)))
        assert (await one.closed())[0] == 4403


# ------------------------------------------------------------------ what ends it


async def test_before_the_beginning_nothing_is_executed(server: Served):
    async with talk(server) as one:
        await one.subscribe("{ __typename }")
        assert await one.closed() == (4401, "Unauthorized")


async def test_there_is_one_beginning(server: Served, ada: Person):
    async with talk(server) as one:
        await one.begin(ada)
        await one.say(type="connection_init", payload=credentials(ada))
        assert await one.closed() == (4429, "Too many initialisation requests")


async def test_an_id_is_used_once_at_a_time(server: Served, ada: Person):
    async with talk(server) as one:
        await one.begin(ada)
        await one.subscribe(NEWS, id="same")
        await one.subscribe("{ __typename }", id="same")
        assert await one.closed() == (4409, "Subscriber for same already exists")


@pytest.mark.parametrize("text", ["x", "[]", '{"type":"start"}', '{"type":"subscribe","id":"1"}', '{"type":[]}'])
async def test_what_is_no_message_ends_it(server: Served, ada: Person, text: str):
    async with talk(server) as one:
        await one.begin(ada)
        await one.socket.send(text)
        assert (await one.closed())[0] == 4400


async def test_bytes_are_read_as_text(server: Served, ada: Person):
    async with talk(server) as one:
        await one.begin(ada)
        await one.socket.send(json.dumps({"type": "ping"}).encode())
        assert await one.hear() == {"type": "pong"}
        await one.socket.send(b"\xff\xfe")
        assert (await one.closed())[0] == 4400


@pytest.mark.parametrize("protocol", [None, "graphql-ws"])
async def test_another_protocol_is_not_spoken(server: Served, protocol: str | None):
    async with talk(server, protocol=protocol) as one:
        assert await one.closed() == (4406, "Subprotocol not acceptable")


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ({"query": "{ nope }"}, 'Cannot query field "nope"'),
        ({"query": "{"}, "Syntax Error"),
        ({}, "query must be a string"),
        ({"query": 5}, "query must be a string"),
        ({"query": "{ __typename }", "variables": []}, "Invalid variables"),
        ({"query": "subscription { news { text } }"}, "about"),
        ({"query": 'subscription { news(about: "x") { text } news2: news(about: "y") { text } }'}, "only one"),
        (
            {
                "query": 'subscription ($x: Boolean!) { news(about: "x") @skip(if: $x) { text } }',
                "variables": {"x": True},
            },
            "runtime value",
        ),
    ],
)
async def test_what_is_no_operation_fails_alone(server: Served, ada: Person, payload: dict[str, object], says: str):
    async with talk(server) as one:
        await one.begin(ada)
        await one.say(type="subscribe", id="1", payload=payload)
        said = await one.hear()
        assert (said["type"], said["id"]) == ("error", "1")
        assert says in said["payload"][0]["message"]
        await one.subscribe("{ __typename }", id="1")
        assert await one.next() == {"data": {"__typename": "Query"}}


# ------------------------------------------------------------------ the upgrade


def upgrade(server: Served, path: str, *more: str) -> bytes:
    """The raw answer to an upgrade."""
    lines = (
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        *more,
    )
    with sockets.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall("\r\n".join((*lines, "", "")).encode())
        return raw.recv(65536)


KEY = ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13")


def test_an_upgrade_that_is_none_is_refused(server: Served):
    assert upgrade(server, "/graphql").startswith(b"HTTP/1.1 4")
    assert upgrade(server, "/graphql", KEY[0], "Sec-WebSocket-Version: 7").startswith(b"HTTP/1.1 400")
    assert upgrade(server, "/graphql", *KEY, f"authorization: Bearer {'x' * 10_000}").startswith(b"HTTP/1.1 400")
    many = [f"x-{i}: 1" for i in range(200)]
    assert upgrade(server, "/graphql", *KEY, *many).startswith(b"HTTP/1.1 400")


def test_where_nobody_speaks_over_sockets_the_request_is_one_like_others(server: Served):
    answer = upgrade(server, "/rest/v1/rooms", *KEY)
    assert answer.startswith(b"HTTP/1.1 401")
    assert b"No API key found" in answer
    assert upgrade(server, "/health", *KEY).startswith(b"HTTP/1.1 200")


def test_frames_may_follow_the_upgrade_at_once(server: Served):
    frame = bytes((0x81, 0x80 | 15, 0, 0, 0, 0)) + b'{"type":"ping"}'
    lines = ("GET /graphql HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket", *KEY)
    head = "\r\n".join((*lines, f"Sec-WebSocket-Protocol: {PROTOCOL}", "", "")).encode()
    with sockets.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall(head + frame)
        answer = b""
        while b'{"type":"pong"}' not in answer:
            chunk = raw.recv(65536)
            assert chunk, answer
            answer += chunk


async def test_a_peer_that_goes_leaves_nothing_behind(server: Served, ada: Person):
    for _ in range(30):
        async with talk(server) as one:
            await one.begin(ada)
            await one.subscribe(NEWS)
            one.socket.transport.abort()
    await asyncio.sleep(0.5)
    listening = server.sql("select count(*) from pg_stat_activity where query ilike 'listen%news%'")
    async with talk(server) as one:
        await one.begin(ada)
        await one.subscribe("{ __typename }")
        assert await one.next() == {"data": {"__typename": "Query"}}
    assert listening[0][0] <= 1
