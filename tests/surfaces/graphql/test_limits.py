"""Every limit of the settings: just within is answered, just beyond is told which it is."""

from pathlib import Path

import pytest

from tests.serving import Serve, Served
from tests.surfaces.graphql.conftest import ask, messages, rooms
from tests.surfaces.graphql.talking import talk
from tests.surfaces.people import Person, newcomer

DEEP = "notes { nodes { room { notes { nodes { id } } } } }"


def test_depth(ada: Person):
    assert "errors" not in ask(ada, "{ " + DEEP.replace("{ id }", "{ id body }") + " }")
    assert messages(ask(ada, "{ notes { nodes { room { notes { nodes { room { id } } } } } } }")) == [
        "The operation is 7 levels deep; at most 6 are allowed (graphql.max_depth)"
    ]


def test_cost(ada: Person):
    query = "{ notes(first: 20) { nodes { room { notes(first: %d) { nodes { id body author secret roomId } } } } } }"
    assert "errors" not in ask(ada, query % 5)
    [message] = messages(ask(ada, query % 20))
    assert message.endswith("; at most 2000 are allowed (graphql.max_cost)")


@pytest.mark.parametrize("way", ["first", "last"])
def test_pages(ada: Person, way: str):
    query = f"query ($n: Int) {{ notes({way}: $n) {{ nodes {{ id }} }} }}"
    assert "errors" not in ask(ada, query, {"n": 20})
    assert messages(ask(ada, query, {"n": 21})) == [
        f"{way} asks for 21 rows at once; at most 20 are allowed (graphql.max_page_size)"
    ]


def test_what_is_shown_where_no_size_is_asked_for(ada: Person, room: str):
    asked = "totalCount nodes { id } pageInfo { hasNextPage }"
    query = f"query ($room: UUID!) {{ notes(condition: {{roomId: $room}}) {{ {asked} }} }}"
    new = 'a%d: createNote(input: {note: {roomId: $room, body: "again"}}) { clientMutationId }'
    write = "mutation ($room: UUID!) { " + " ".join(new % number for number in range(5)) + " }"
    for _ in range(5):
        assert "errors" not in ask(ada, write, {"room": room})
    notes = ask(ada, query, {"room": room})["data"]["notes"]
    assert notes["totalCount"] == 25 and len(notes["nodes"]) == 20 and notes["pageInfo"]["hasNextPage"]


def test_root_fields_whatever_they_are_called(ada: Person):
    def aliases(count: int) -> str:
        return "{ " + " ".join(f"a{i}: rooms {{ nodes {{ id }} }}" for i in range(count)) + " }"

    assert "errors" not in ask(ada, aliases(5))
    assert messages(ask(ada, aliases(6))) == [
        "The operation has 6 fields at its root; at most 5 are allowed (graphql.max_root_fields)"
    ]


def test_length_and_tokens_of_a_document(ada: Person):
    assert messages(ask(ada, "{ __typename }" + " " * 5000)) == [
        "The document has 5014 characters; at most 5000 are allowed (graphql.max_document_length)"
    ]
    assert messages(ask(ada, "{ " + "a " * 1000 + "}")) == [
        "The document has too many tokens; at most 1000 are allowed (graphql.max_tokens)"
    ]


@pytest.fixture(scope="module")
def closed(served: Serve) -> Served:
    """The project without introspection, that executes what it knows and nothing else."""

    def prepare(folder: Path) -> None:
        rooms(folder)
        (folder / "operations").mkdir()
        (folder / "operations" / "typename.graphql").write_text("{ __typename }")
        (folder / "operations" / "wrong.graphql").write_text("{ room { id } }")
        (folder / "operations" / "schema.graphql").write_text("{ __schema { types { name } } }")

    environ = {
        "GATEPOST_GRAPHQL_INTROSPECTION": "false",
        "GATEPOST_GRAPHQL_PERSISTED_OPERATIONS": "operations",
        "GATEPOST_GRAPHQL_PERSISTED_ONLY": "true",
    }
    return served(prepare, environ=environ)


def test_only_what_the_server_knows_is_executed(closed: Served):
    person = newcomer(closed)
    assert person.ask("POST", "/graphql", {"id": "typename"}).json() == {"data": {"__typename": "Query"}}
    assert ask(person, "{ __typename }") == {"data": {"__typename": "Query"}}
    assert messages(ask(person, "{ a: __typename }")) == ["Only operations that the server knows are executed"]
    assert messages(person.ask("POST", "/graphql", {"id": "unknown"}).json()) == ["PersistedQueryNotFound"]


def test_without_introspection_nothing_is_told_or_suggested(closed: Served):
    person = newcomer(closed)
    assert messages(person.ask("POST", "/graphql", {"id": "schema"}).json()) == [
        "The schema cannot be asked for (graphql.introspection)"
    ]
    for message in messages(person.ask("POST", "/graphql", {"id": "wrong"}).json()):
        assert "Did you mean" not in message


async def test_sockets_of_a_process(server: Served, ada: Person):
    talks = [talk(server) for _ in range(12)]
    try:
        for each in talks:
            await each.__aenter__()
        with pytest.raises(Exception, match="503"):
            await talk(server).__aenter__()
    finally:
        for each in talks:
            await each.__aexit__(None, None, None)
    async with talk(server) as again:
        await again.begin(ada)


async def test_operations_of_a_socket(server: Served, ada: Person):
    async with talk(server) as one:
        await one.begin(ada)
        for id in ("1", "2", "3"):
            await one.subscribe('subscription { news(about: "x") { text } }', id=id)
        await one.subscribe('subscription { news(about: "x") { text } }', id="4")
        said = await one.hear()
        assert (said["type"], said["id"]) == ("error", "4")
        assert said["payload"][0]["message"] == (
            "3 operations go on; at most 3 are allowed (graphql.max_subscriptions)"
        )
        await one.say(type="complete", id="2")
        await one.subscribe("{ __typename }", id="5")
        assert await one.next("5") == {"data": {"__typename": "Query"}}


async def test_messages_of_a_socket(server: Served, ada: Person):
    async with talk(server) as one:
        await one.begin(ada)
        await one.subscribe("{ __typename }" + " " * 25_000)
        assert (await one.closed())[0] == 1009


async def test_a_socket_says_soon_who_it_is(server: Served):
    async with talk(server) as one:
        assert await one.closed() == (4408, "Connection initialisation timeout")
