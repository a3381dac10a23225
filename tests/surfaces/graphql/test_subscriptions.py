"""Subscriptions: authorised before they listen, read as the subscriber for each event, ended with the session."""

import asyncio
import json
import time
from base64 import b64decode
from typing import Any
from uuid import uuid4

from gatepost.identity.keys import KeyRing, from_secret
from gatepost.identity.tokens import Tokens
from tests.serving import Served
from tests.surfaces.graphql.conftest import ask, new_room
from tests.surfaces.graphql.talking import Talk, talk
from tests.surfaces.people import Person, newcomer, nobody

ROOM = "subscription ($id: UUID!) { roomNote(roomId: $id) { event noteId note { body author } } }"
LISTEN = """subscription ($topic: String!) {
  listen(topic: $topic) { event relatedNodeId relatedNode { nodeId ... on Note { body } } }
}"""
LISTENING = 0.5


def write(person: Person, room: str, body: str, secret: bool = False) -> int:
    mutation = "mutation ($n: NoteInput!) { createNote(input: {note: $n}) { note { id } } }"
    answer = ask(person, mutation, {"n": {"roomId": room, "body": body, "secret": secret}})
    return int(answer["data"]["createNote"]["note"]["id"])


def notify(server: Served, channel: str, payload: object) -> None:
    server.sql("select pg_notify(%s, %s)", (channel, payload if isinstance(payload, str) else json.dumps(payload)))


async def listening(one: Talk, query: str, variables: dict[str, Any] | None = None, id: str = "1") -> None:
    """Subscribe, and be heard by the database."""
    await one.subscribe(query, variables, id)
    await asyncio.sleep(LISTENING)


async def test_an_event_is_what_the_subscriber_may_read_of_it(server: Served, ada: Person, bob: Person):
    room = new_room(server, ada, bob)
    async with talk(server) as one:
        await one.begin(ada)
        await listening(one, ROOM, {"id": room})
        id = write(bob, room, "hello")
        assert await one.next() == {
            "data": {"roomNote": {"event": "create", "noteId": str(id), "note": {"body": "hello", "author": bob.id}}}
        }


async def test_rows_that_the_subscriber_may_not_read_are_not_told(server: Served, ada: Person, bob: Person):
    room = new_room(server, ada, bob)
    async with talk(server) as one, talk(server) as other:
        await one.begin(ada)
        await other.begin(bob)
        for each in (one, other):
            await listening(each, ROOM, {"id": room})
        write(bob, room, "mine alone", secret=True)
        assert (await one.next())["data"]["roomNote"]["note"] is None
        assert (await other.next())["data"]["roomNote"]["note"] == {"body": "mine alone", "author": bob.id}


async def test_who_may_not_read_the_row_may_not_listen(server: Served, ada: Person, bob: Person):
    room = new_room(server, bob)
    async with talk(server) as one:
        await one.begin(ada)
        for id, given in (("1", room), ("2", str(uuid4()))):
            await one.subscribe(ROOM, {"id": given}, id)
            said = await one.hear()
            assert (said["type"], said["id"]) == ("error", id)
            assert said["payload"][0]["message"] == "You may not subscribe to this topic"


async def test_who_loses_the_right_is_told_no_more(server: Served, ada: Person, bob: Person):
    room = new_room(server, ada, bob)
    async with talk(server) as one:
        await one.begin(ada)
        await listening(one, ROOM, {"id": room})
        server.sql("delete from public.members where room_id = %s and user_id = %s", (room, ada.id))
        await asyncio.sleep(1.2)  # who may listen is asked again after session_check
        write(bob, room, "without ada")
        said = await one.hear()
        assert (said["type"], said["payload"][0]["message"]) == ("error", "You may not subscribe to this topic")


async def test_a_room_is_heard_however_its_id_is_written(server: Served, ada: Person, bob: Person):
    room = new_room(server, ada, bob)
    async with talk(server) as one:
        await one.begin(ada)
        await listening(one, ROOM, {"id": room.upper()})
        write(bob, room, "hello")
        assert (await one.next())["data"]["roomNote"]["note"]["body"] == "hello"


async def test_payloads_are_only_hints(server: Served, ada: Person, bob: Person):
    room = new_room(server, ada)
    foreign = new_room(server, bob)
    id = write(bob, foreign, "elsewhere")
    async with talk(server) as one:
        await one.begin(ada)
        await listening(one, ROOM, {"id": room})
        for payload in ("no json", "[]", "5", '{"id"', "{}"):
            notify(server, f"room:{room}:note", payload)
        notify(server, f"room:{room}:note", {"event": "create", "id": id})
        notify(server, f"room:{room}:note", {"event": 5, "id": "x"})
        assert (await one.next())["data"]["roomNote"] == {"event": None, "noteId": None, "note": None}
        assert (await one.next())["data"]["roomNote"] == {"event": "create", "noteId": str(id), "note": None}
        assert "errors" in await one.next()  # "x" is no number to find a note by


async def test_a_channel_is_heard_from_the_first_subscriber_to_the_last(server: Served, ada: Person, bob: Person):
    query = 'subscription { news(about: "weather") { text } }'
    async with talk(server) as one, talk(server) as other:
        for each, person in ((one, ada), (other, bob)):
            await each.begin(person)
            await listening(each, query)
        notify(server, "news/weather", {"text": "sun"})
        assert (await one.next())["data"] == (await other.next())["data"] == {"news": {"text": "sun"}}
        await one.say(type="complete", id="1")
        await asyncio.sleep(LISTENING)
        notify(server, "news/weather", {"text": "rain"})
        assert (await other.next())["data"] == {"news": {"text": "rain"}}
        await one.say(type="ping")
        assert await one.hear() == {"type": "pong"}


async def test_an_argument_cannot_reach_another_channel(server: Served, ada: Person):
    async with talk(server) as one:
        await one.begin(ada)
        await one.subscribe('subscription { news(about: "a/b") { text } }')
        assert "may not hold /" in (await one.hear())["payload"][0]["message"]
        await one.subscribe('subscription { news(about: "%s") { text } }' % ("x" * 60), id="2")
        assert "1 to 63 bytes" in (await one.hear())["payload"][0]["message"]


async def test_a_function_says_yes_or_no(server: Served, ada: Person):
    query = "subscription ($about: String!) { alarm(about: $about) { text } }"
    async with talk(server) as one, talk(server) as stranger:
        await one.begin(ada)
        await stranger.begin(nobody(server))
        await listening(one, query, {"about": "water"})
        notify(server, "alarm:water", {"text": "flood"})
        assert (await one.next())["data"] == {"alarm": {"text": "flood"}}
        await one.subscribe(query, {"about": "fire"}, "2")
        await stranger.subscribe(query, {"about": "water"})
        for each in (one, stranger):
            assert (await each.hear())["payload"][0]["message"] == "You may not subscribe to this topic"


# ------------------------------------------------------------------ topics of everybody


async def test_listen_tells_a_row_by_its_node(server: Served, ada: Person, bob: Person):
    room = new_room(server, ada, bob)
    open_note, secret = write(bob, room, "for all"), write(bob, room, "for bob", secret=True)
    async with talk(server) as one:
        await one.begin(ada)
        await listening(one, LISTEN, {"topic": "open"})
        notify(server, "postgraphile:open", {"event": "said", "__node__": ["notes", open_note]})
        told = (await one.next())["data"]["listen"]
        assert (told["event"], told["relatedNode"]["body"]) == ("said", "for all")
        assert json.loads(b64decode(told["relatedNodeId"])) == ["notes", open_note]
        notify(server, "postgraphile:open", {"event": "said", "__node__": ["notes", secret]})
        told = (await one.next())["data"]["listen"]
        assert (told["event"], told["relatedNode"]) == ("said", None)
        notify(server, "postgraphile:open", {})
        assert (await one.next())["data"]["listen"] == {"event": None, "relatedNodeId": None, "relatedNode": None}


async def test_listen_may_begin_with_an_event(server: Served, ada: Person):
    async with talk(server) as one:
        await one.begin(ada)
        await one.subscribe('subscription { listen(topic: "open", initialEvent: true) { event } }')
        assert (await one.next())["data"] == {"listen": {"event": "initial"}}


async def test_the_function_is_asked_before_anything_is_listened_to(server: Served, ada: Person):
    async with talk(server) as one, talk(server) as stranger:
        await one.begin(ada)
        await stranger.begin(nobody(server))
        await one.subscribe(LISTEN, {"topic": "closed"})
        await stranger.subscribe(LISTEN, {"topic": "mine"})
        for each in (one, stranger):
            said = await each.hear()
            assert (said["type"], said["payload"][0]["message"]) == ("error", "You may not subscribe to this topic")
        await one.subscribe(LISTEN, {"topic": "broken"}, "2")
        assert (await one.hear())["payload"][0]["message"] == "Listening is broken here"


async def test_the_function_names_the_channel_that_ends_it(server: Served, ada: Person):
    async with talk(server) as one:
        await one.begin(ada)
        await listening(one, LISTEN, {"topic": "mine"})
        notify(server, f"end:{ada.id}", "")
        assert await one.hear() == {"id": "1", "type": "complete"}


# ------------------------------------------------------------------ the end of a session


async def ended(one: Talk, within: float = 4.0) -> tuple[int, str]:
    began = time.monotonic()
    async with asyncio.timeout(within):
        how = await one.closed()
    assert time.monotonic() - began < within
    return how


async def test_signing_out_ends_the_socket(server: Served, bob: Person):
    person = newcomer(server)
    room = new_room(server, person, bob)
    async with talk(server) as one:
        await one.begin(person)
        await listening(one, ROOM, {"id": room})
        assert person.ask("POST", "/auth/v1/logout").status_code == 204
        assert await ended(one) == (4403, "The session has ended")


async def test_an_event_after_the_end_is_not_told(server: Served, bob: Person):
    person = newcomer(server)
    room = new_room(server, person, bob)
    async with talk(server) as one:
        await one.begin(person)
        await listening(one, ROOM, {"id": room})
        await asyncio.sleep(1.1)
        server.sql("delete from auth.sessions where user_id = %s", (person.id,))
        write(bob, room, "too late")
        code, _ = await ended(one)
        assert code == 4403


async def test_a_user_who_is_banned_is_sent_away(server: Served):
    person = newcomer(server)
    async with talk(server) as one:
        await one.begin(person)
        server.sql("update auth.users set banned_until = now() + interval '1 hour' where id = %s", (person.id,))
        assert (await ended(one))[0] == 4403


async def test_a_token_ends_the_socket_when_it_ends(server: Served, ada: Person):
    short = _token(server, ada.id, seconds=3)
    async with talk(server) as one:
        await one.begin(None, apikey=server.publishable, authorization=f"Bearer {short}")
        await one.subscribe("{ __typename }")
        assert await one.next() == {"data": {"__typename": "Query"}}
        code, reason = await ended(one, 8.0)
        assert (code, "expired" in reason) == (4403, True)


async def test_a_session_that_is_gone_does_not_begin(server: Served):
    person = newcomer(server)
    assert person.ask("POST", "/auth/v1/logout").status_code == 204
    async with talk(server) as one:
        await one.say(
            type="connection_init", payload={"apikey": server.publishable, "authorization": f"Bearer {person.token}"}
        )
        assert (await one.closed())[0] == 4403


def _token(server: Served, user: str, seconds: int) -> str:
    claims = {"sub": user, "role": "authenticated", "aud": "authenticated", "exp": int(time.time()) + seconds}
    return Tokens(KeyRing([from_secret(server.jwt_secret, signs=True)])).sign(claims)


# ------------------------------------------------------------------ what goes wrong


async def test_a_lost_listener_comes_back(server: Served, ada: Person):
    async with talk(server) as one:
        await one.begin(ada)
        await listening(one, 'subscription { news(about: "lost") { text } }')
        ended_ones = server.sql(
            "select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen \"news/lost\"%'"
        )
        assert ended_ones == [(True,)]
        await asyncio.sleep(2.0)
        notify(server, "news/lost", {"text": "found"})
        assert (await one.next())["data"] == {"news": {"text": "found"}}


async def test_more_events_than_can_be_read_end_the_subscription(server: Served, ada: Person):
    async with talk(server) as one:
        await one.begin(ada)
        await listening(one, 'subscription { news(about: "flood") { text } }')
        server.sql(
            """select pg_notify('news/flood', json_build_object('text', n)::text) from generate_series(1, 100) n"""
        )
        assert [(await one.next())["data"]["news"]["text"] for _ in range(100)] == [str(n + 1) for n in range(100)]
        server.sql(
            """select pg_notify('news/flood', json_build_object('text', n)::text) from generate_series(1, 999) n"""
        )
        said = await one.hear()
        while said["type"] == "next":
            said = await one.hear()
        assert said["payload"][0]["message"] == "Events come faster than they can be read (graphql.max_waiting)"


async def test_who_takes_nothing_in_is_left(server: Served, ada: Person):
    everything = "{ __schema { types { name description fields { name description args { name } type { name } } } } }"
    async with talk(server) as one, talk(server) as other:
        await one.begin(ada)
        await other.begin(ada)
        one.socket.transport.pause_reading()
        for number in range(400):
            await one.subscribe(everything, id=str(number))
        await other.subscribe("{ __typename }")
        assert await other.next() == {"data": {"__typename": "Query"}}
        await asyncio.sleep(3)
        one.socket.transport.resume_reading()
        assert (await one.closed())[0] in (1006, 1013)


async def test_many_subscribers_hear_one_event(server: Served, ada: Person, bob: Person):
    room = new_room(server, ada, bob)
    async with talk(server) as one, talk(server) as two:
        for each in (one, two):
            await each.begin(ada)
            for id in "123":
                await each.subscribe(ROOM, {"id": room}, id)
        await asyncio.sleep(LISTENING)
        for number in range(6):
            write(bob, room, f"note {number}")
        for each in (one, two):
            heard = [await each.hear() for _ in range(3 * (6))]
            for id in "123":
                bodies = [each["payload"]["data"]["roomNote"]["note"]["body"] for each in heard if each["id"] == id]
                assert bodies == [f"note {number}" for number in range(6)]
