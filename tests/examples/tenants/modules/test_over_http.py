"""The example as it is served: signed in by password, called by REST and GraphQL, heard over a socket."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.serving import Serve, Served
from tests.surfaces.graphql.talking import talk
from tests.surfaces.people import Person, nobody

from .conftest import EXAMPLE, email

PASSWORD = "demo-password"
NO_DATA = shutil.ignore_patterns(".gatepost")
TOPIC_MESSAGE = "subscription($id: UUID!) { topicMessage(topicId: $id) { event messageId message { content } } }"


def lay_out(folder: Path) -> None:
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True, ignore=NO_DATA)


@pytest.fixture(scope="module")
def server(served: Serve) -> Served:
    return served(lay_out)


def signed_in(server: Served, who: str) -> Person:
    grant = {"email": email(who), "password": PASSWORD}
    answer = nobody(server).ask("POST", "/auth/v1/token?grant_type=password", grant)
    assert answer.status_code == 200, answer.text
    return Person(server, answer.json()["user"]["id"], email(who), answer.json()["access_token"])


@pytest.fixture(scope="module")
def user(server: Served) -> Person:
    return signed_in(server, "user-1a")


@pytest.fixture(scope="module")
def admin(server: Served) -> Person:
    return signed_in(server, "admin-1")


def call(person: Person, function: str, **arguments: object) -> Any:
    schema, name = function.split(".")
    body = {f"_{key}": value for key, value in arguments.items()}
    answer = person.ask("POST", f"/rest/v1/rpc/{name}", body, **{"Content-Profile": schema})
    assert answer.status_code in (200, 204), answer.text
    return answer.json()


def ask(person: Person, query: str, **variables: object) -> dict[str, Any]:
    answer = person.ask("POST", "/graphql", {"query": query, "variables": variables}).json()
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def test_every_function_of_todos_over_rest(user: Person, admin: Person) -> None:
    todo = call(user, "todo_api.create_todo", name="Over REST", options={"description": "as said", "tags": ["a"]})
    assert (todo["name"], todo["tags"]) == ("Over REST", ["a"])
    child = call(user, "todo_api.create_todo", name="A child", options={"parent_todo_id": todo["id"]})
    assert call(user, "todo_api.update_todo", todo_id=child["id"], name="The child")["name"] == "The child"
    assert call(user, "todo_api.update_todo_status", todo_id=child["id"], status="complete")["status"] == "complete"
    assert call(user, "todo_api.pin_todo", todo_id=todo["id"])["pinned"] is True
    assert call(user, "todo_api.unpin_todo", todo_id=todo["id"])["pinned"] is False
    colleagues = call(user, "todo_api.tenant_residents")
    assigned = call(user, "todo_api.assign_todo", todo_id=todo["id"], resident_id=colleagues[0]["resident_id"])
    assert assigned["resident_id"] == colleagues[0]["resident_id"]
    assert [row["id"] for row in call(user, "todo_api.search_todos", options={"search_term": "over rest"})] == [
        todo["id"]
    ]
    template = call(admin, "todo_api.make_template_from_todo", todo_id=todo["id"])
    assert call(user, "todo_api.make_todo_from_template", todo_id=template["id"])["is_template"] is False
    assert call(user, "todo_api.delete_todo", todo_id=todo["id"]) is True


def test_a_tree_of_todos_over_rest(user: Person) -> None:
    """All of it at once, by its root."""
    todo = {"Accept-Profile": "todo"}
    (root,) = user.rows("todo?select=id&name=eq.Neighborhood cleanup&is_template=is.false", **todo)
    tree = "todo?select=name,status,resident:todo_resident(display_name)&type=eq.task&order=created_at"
    assert user.rows(f"{tree}&root_todo_id=eq.{root['id']}", **todo) == [
        {"name": name, "status": status, "resident": {"display_name": who}}
        for name, status, who in (
            ("Trash bags", "incomplete", "user-1a"),
            ("Gloves", "complete", "user-1a"),
            ("Beverages", "incomplete", "user-1a"),
            ("Call trash company", "incomplete", "admin-1"),
            ("Call city for permission", "incomplete", "admin-1"),
        )
    ]


def test_every_function_of_discussions_over_rest(user: Person, admin: Person) -> None:
    topic = call(user, "msg_api.upsert_topic", topic_info={"name": "Over REST"})
    message = call(user, "msg_api.upsert_message", message_info={"topic_id": topic["id"], "content": "hello"})
    assert call(user, "msg_api.delete_message", message_id=message["id"])["status"] == "deleted"
    follower = call(admin, "msg_api.upsert_subscriber", subscriber_info={"topic_id": topic["id"]})
    assert call(admin, "msg_api.deactivate_subscriber", subscriber_id=follower["id"])["status"] == "inactive"
    assert call(admin, "msg_api.delete_topic", topic_id=topic["id"]) is True


def test_every_function_of_incidents_over_rest(user: Person, admin: Person) -> None:
    info = {"name": "Over REST", "identifier": "rest", "location": {"name": "Here"}}
    incident = call(user, "inc_api.create_incident", incident_info=info)
    assert call(user, "inc_api.create_incident", incident_info=info) == incident
    assert call(user, "inc_api.update_incident", incident_id=incident["id"], name="Again")["name"] == "Again"
    closed = call(user, "inc_api.update_incident_status", incident_id=incident["id"], status="closed")
    assert closed["status"] == "closed"
    assert [row["id"] for row in call(user, "inc_api.search_incidents", options={"search_term": "again"})] == [
        incident["id"]
    ]
    template = call(admin, "inc_api.templatize_incident", incident_id=incident["id"])
    clone = call(user, "inc_api.clone_incident_template", incident_id=template["id"])
    assert clone["name"] == "CLONE FROM: TEMPLATE: Again"
    assert call(admin, "inc_api.delete_incident", incident_id=clone["id"]) is True
    place = call(user, "loc_api.create_location", location_info={"name": "There"})
    assert call(user, "loc_api.update_location", location_info={"id": place["id"], "name": "Here"})["name"] == "Here"
    assert call(user, "loc_api.delete_location", location_id=place["id"]) is True


def test_a_refusal_is_the_clients_and_says_why(user: Person) -> None:
    short = {"_name": "ab"}
    answer = user.ask("POST", "/rest/v1/rpc/create_todo", short, **{"Content-Profile": "todo_api"})
    assert (answer.status_code, answer.json()["message"]) == (400, "30028: TODO NAME MUST BE AT LEAST 3 CHARACTERS")
    nobody_here = {"_resident_id": user.id}
    answer = user.ask("POST", "/rest/v1/rpc/assume_residency", nobody_here, **{"Content-Profile": "app_api"})
    assert (answer.status_code, answer.json()["message"]) == (400, "30004: NO SUCH RESIDENT")
    anybody = {"_topic_id": user.id}
    answer = user.ask("POST", "/rest/v1/rpc/delete_topic", anybody, **{"Content-Profile": "msg_api"})
    assert (answer.status_code, answer.json()["message"]) == (403, "30000: NOT AUTHORIZED")
    inner = {"_todo_id": user.id}
    answer = user.ask("POST", "/rest/v1/rpc/delete_todo", inner, **{"Content-Profile": "todo_fn"})
    assert answer.status_code == 406
    answer = user.ask("POST", "/rest/v1/todo", {"name": "past it"}, **{"Content-Profile": "todo"})
    assert answer.status_code == 403


CREATE = """
mutation($name: String, $of: UUID) {
  createTodo(input: {_name: $name, _options: {parentTodoId: $of}}) { todo { id status } }
}
"""
DONE = """
mutation($id: UUID) {
  updateTodoStatus(input: {_todoId: $id, _status: COMPLETE}) { todo { parentTodo { status } } }
}
"""
DELETE = "mutation($id: UUID) { deleteTodo(input: {_todoId: $id}) { boolean } }"
INCIDENTS = """
{ searchIncidents(_options: {searchTerm: "lamp"}) { nodes {
  name status location { name lat } createdByResident { displayName } todo { name } topic { name }
} } }
"""
TOPICS = """
{ topicsList(condition: {identifier: "where-to-meet"}) {
  name status subscribersList { msgResident { displayName } }
  messagesList(orderBy: [CREATED_AT_ASC]) { content postedByMsgResident { displayName } }
} }
"""
SCHEMA = """
{
  __type(name: "Mutation") { fields { name } }
  options: __type(name: "CreateTodoOptionInput") { inputFields { name } }
}
"""
TODO_BY_ID = """
query($id: UUID!) { todo(id: $id) {
  name status type tags tenant { name } resident { displayName } location { name }
  topic { name messages { totalCount } } parentTodo { name } rootTodo { id }
  childTodosList(orderBy: [ORDINAL_ASC]) { name ordinal childTodosList { name } }
} }
"""


def test_a_tree_of_todos_over_graphql(user: Person) -> None:
    root = ask(user, CREATE, name="Over GraphQL")["createTodo"]["todo"]["id"]
    child = ask(user, CREATE, name="A child", of=root)["createTodo"]["todo"]["id"]
    assert ask(user, DONE, id=child)["updateTodoStatus"]["todo"]["parentTodo"] == {"status": "COMPLETE"}
    assert ask(user, TODO_BY_ID, id=root)["todo"] == {
        "name": "Over GraphQL",
        "status": "COMPLETE",
        "type": "MILESTONE",
        "tags": [],
        "tenant": {"name": "Demo Tenant 1"},
        "resident": {"displayName": "user-1a"},
        "topic": {"name": "Over GraphQL topic", "messages": {"totalCount": 0}},
        "location": None,
        "parentTodo": None,
        "rootTodo": {"id": root},
        "childTodosList": [{"name": "A child", "ordinal": 1, "childTodosList": []}],
    }
    search = '{ searchTodos(_options: {searchTerm: "over graphql", rootsOnly: true}) { nodes { id } } }'
    assert ask(user, search)["searchTodos"]["nodes"] == [{"id": root}]
    assert ask(user, DELETE, id=root)["deleteTodo"]["boolean"] is True


def test_incidents_and_discussions_over_graphql(user: Person) -> None:
    incidents = ask(user, INCIDENTS)["searchIncidents"]["nodes"]
    assert incidents == [
        {
            "name": "Broken lamp in the park",
            "status": "PENDING",
            "location": {"name": "Gas Works Park", "lat": "47.6456"},
            "createdByResident": {"displayName": "admin-1"},
            "todo": {"name": "Broken lamp in the park"},
            "topic": {"name": "Broken lamp in the park topic"},
        }
    ]
    topics = ask(user, TOPICS)["topicsList"]
    assert [said["postedByMsgResident"]["displayName"] for said in topics[0]["messagesList"]] == ["user-1a", "admin-1"]
    assert len(topics) == 1
    assert len(topics[0]["subscribersList"]) == 2


def test_the_navigation_over_graphql(user: Person) -> None:
    modules = ask(user, "{ availableModules { key name tools { route } } }")["availableModules"]
    assert [module["key"] for module in modules] == ["incidents", "todo", "base-tools"]
    assert modules[1]["tools"] == [{"route": "/tools/todo"}]


def test_nothing_of_the_inside_is_in_the_graphql_schema(user: Person) -> None:
    shown = ask(user, SCHEMA)
    names = {field["name"] for field in shown["__type"]["fields"]}
    assert {"createTodo", "upsertMessage", "createIncident", "createLocation"} <= names
    assert not {name for name in names if "enforce" in name.lower() or "ensure" in name.lower()}
    assert "createTopic" not in names
    assert "residentId" not in {field["name"] for field in shown["options"]["inputFields"]}


async def test_what_is_said_is_heard_by_who_may_read_it(server: Served, user: Person, admin: Person) -> None:
    topic = call(user, "msg_api.upsert_topic", topic_info={"name": "Heard"})["id"]
    async with talk(server) as friend, talk(server) as stranger:
        await friend.begin(admin)
        await friend.subscribe(TOPIC_MESSAGE, {"id": topic})
        await stranger.begin(signed_in(server, "user-2a"))
        await stranger.subscribe(TOPIC_MESSAGE, {"id": topic})
        refused = await stranger.hear()
        assert (refused["type"], refused["id"]) == ("error", "1")
        message = call(user, "msg_api.upsert_message", message_info={"topic_id": topic, "content": "hello"})
        heard = (await friend.next())["data"]["topicMessage"]
        assert heard == {"event": "create", "messageId": message["id"], "message": {"content": "hello"}}


def test_a_visitor_sees_whom_he_may_be(server: Served) -> None:
    answer = nobody(server).ask("POST", "/rest/v1/rpc/demo_profile_residencies", {}, **{"Content-Profile": "app_api"})
    assert len(answer.json()) == 12
