"""`graphql-transport-ws`: what a client may say."""

import json

import pytest

from gatepost.graphql.subscriptions import messages
from gatepost.graphql.subscriptions.messages import Message, Violation, read


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"type":"connection_init"}', Message("connection_init")),
        ('{"type":"connection_init","payload":{"a":1}}', Message("connection_init", "", {"a": 1})),
        ('{"type":"ping","payload":{"at":1}}', Message("ping", "", {"at": 1})),
        ('{"type":"pong","payload":null}', Message("pong")),
        ('{"type":"complete","id":"7"}', Message("complete", "7")),
        ('{"type":"subscribe","id":"7","payload":{"query":"{a}"}}', Message("subscribe", "7", {"query": "{a}"})),
        (b'{"type":"pong"}', Message("pong")),
    ],
)
def test_what_fits_is_read(text: str | bytes, message: Message):
    assert read(text) == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "5",
        "null",
        "{}",
        b"\xff",
        "[" * 100_000,
        '{"type":5}',
        '{"type":["ping"]}',
        '{"type":"start"}',
        '{"type":"connection_ack"}',
        '{"type":"next","id":"1","payload":{}}',
    ],
)
def test_what_is_no_message_ends_the_conversation(text: str | bytes):
    with pytest.raises(Violation, match="Invalid message received") as violation:
        read(text)
    assert violation.value.code == 4400


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"type":"subscribe","payload":{}}', "'id'"),
        ('{"type":"subscribe","id":"","payload":{}}', "'id'"),
        ('{"type":"subscribe","id":7,"payload":{}}', "'id'"),
        ('{"type":"complete"}', "'id'"),
        ('{"type":"subscribe","id":"1"}', "'payload'"),
        ('{"type":"subscribe","id":"1","payload":"{a}"}', "'payload'"),
        ('{"type":"connection_init","payload":[]}', "'payload'"),
        ('{"type":"ping","payload":"x"}', "'payload'"),
    ],
)
def test_what_nearly_fits_is_told_what_is_expected(text: str, says: str):
    with pytest.raises(Violation) as violation:
        read(text)
    assert violation.value.code == 4400
    assert says in violation.value.reason


def test_what_the_server_says():
    assert json.loads(messages.ACK) == {"type": "connection_ack"}
    assert json.loads(messages.pong(None)) == {"type": "pong"}
    assert json.loads(messages.pong({"at": 1})) == {"type": "pong", "payload": {"at": 1}}
    said = json.loads(messages.following('a"b', b'{"data":{"x":1}}'))
    assert said == {"id": 'a"b', "type": "next", "payload": {"data": {"x": 1}}}
    failed = json.loads(messages.failed("1", ({"message": "No", "extensions": {}},)))
    assert failed == {"id": "1", "type": "error", "payload": [{"message": "No", "extensions": {}}]}
    assert json.loads(messages.complete("1")) == {"id": "1", "type": "complete"}
