"""Subscriptions that an application declares are complete, or refused with what is missing."""

import copy
from typing import Any

import pytest

from gatepost.catalog import Name
from gatepost.graphql.subscriptions.declaration import ReadableRow, Row, Value, declarations
from gatepost.problem import Problem

MESSAGE: dict[str, Any] = {
    "field": "topicMessage",
    "arguments": {"topicId": "UUID!"},
    "channel": "topic:{topicId}:message",
    "payload": {
        "event": "String",
        "message": {"row": "msg.message", "by": {"id": "$.id"}},
        "messageId": {"type": "UUID", "from": "id"},
    },
    "authorize": {"row": "msg.topic", "by": {"id": "topicId"}},
}


def changed(**members: Any) -> dict[str, Any]:
    given = copy.deepcopy(MESSAGE) | members
    return {name: value for name, value in given.items() if value is not ...}


def test_a_complete_one():
    [found] = declarations([MESSAGE])
    assert (found.field, found.channel) == ("topicMessage", "topic:{topicId}:message")
    assert found.arguments == (("topicId", "UUID!"),)
    assert found.type == "TopicMessageSubscriptionPayload"
    assert found.members == (
        Value("event", "String", ("event",)),
        Row("message", Name("msg", "message"), (("id", ("id",)),)),
        Value("messageId", "UUID", ("id",)),
    )
    assert found.authorization == ReadableRow(Name("msg", "topic"), (("id", "topicId"),))


def test_who_may_is_a_row_a_function_or_said_to_be_anybody():
    assert declarations([changed(authorize="app.may_hear")])[0].authorization == Name("app", "may_hear")
    assert declarations([changed(authorize="none")])[0].authorization is None


def test_a_type_may_be_named_and_a_path_may_lead_deep():
    [found] = declarations([changed(type="Said", payload={"name": {"type": "String!", "from": "$.new.name"}})])
    assert (found.type, found.members) == ("Said", (Value("name", "String!", ("new", "name")),))


@pytest.mark.parametrize("value", [True, False, None, []])
def test_there_may_be_none(value: object):
    assert declarations(value) == ()


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"authorize": ...}, "who may subscribe"),
        ({"authorize": "may_hear"}, "schema.name"),
        ({"authorize": {"row": "msg.topic", "by": {"id": "other"}}}, "no argument other"),
        ({"authorize": {"row": "msg.topic", "by": {}}}, "by what it is found"),
        ({"authorize": {"row": "topic", "by": {"id": "topicId"}}}, "schema.name"),
        ({"channel": ...}, "channel"),
        ({"channel": ""}, "channel"),
        ({"channel": "topic:{other}"}, "no argument other"),
        ({"channel": "topic:{topicId"}, "cannot be read"),
        ({"channel": "{topicId}{topicId}"}, "run into each other"),
        ({"channel": "{topicId}_{topicId}:message"}, "run into each other"),
        ({"payload": {}}, "no payload"),
        ({"payload": {"event": "String!!"}}, "no GraphQL type"),
        ({"payload": {"__event": "String"}}, "no GraphQL name"),
        ({"payload": {"event": {"from": "x"}}}, "no GraphQL type"),
        ({"payload": {"event": 5}}, "table"),
        ({"payload": {"event": {"type": "String", "from": "a..b"}}}, "path"),
        ({"payload": {"message": {"row": "msg.message"}}}, "by what it is found"),
        ({"arguments": {"topic-id": "UUID"}}, "no GraphQL name"),
        ({"field": "topic message"}, "no GraphQL name"),
        ({"field": 5}, "no GraphQL name"),
        ({"chanel": "x"}, "chanel"),
    ],
)
def test_what_is_incomplete_is_refused(members: dict[str, Any], says: str):
    with pytest.raises(Problem) as refused:
        declarations([changed(**members)])
    assert says in refused.value.message


@pytest.mark.parametrize("value", ["topicMessage", 5, {"field": "x"}, ["x"]])
def test_what_is_no_list_of_declarations_is_refused(value: object):
    with pytest.raises(Problem, match="GraphQL subscriptions"):
        declarations(value)


def test_one_name_is_declared_once():
    with pytest.raises(Problem, match="declared twice"):
        declarations([MESSAGE, MESSAGE])
