"""Hooks on a server of the application's: signed, within a time, asked again where that helps; what answers mean."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from gatepost.auth.flows import inside
from gatepost.database import entrance
from gatepost.outside import hooks
from gatepost.problem import Problem
from gatepost.settings import AuthSettings, ClaimsSettings, Freshness, Settings
from tests.surfaces.auth.conftest import Client, Open
from tests.surfaces.issuers.receiver import SECRET, Receiver, receiving

JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def hooked(open_client: Open, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client of a surface that asks `receiver` for the claims of each token."""
    receiver.messages.clear()
    receiver.statuses, receiver.sent, receiver.reply = [], JSON.copy(), b""
    receiver.gate.set()
    monkeypatch.setattr(hooks, "PAUSE", 0.01)
    yield asking(open_client, "custom_access_token", receiver.url)
    receiver.gate.set()


def asking(open_client: Open, name: str, url: str, **more: Any) -> Client:
    named = {"enabled": True, "uri": url, "secrets": SECRET}
    return open_client(**{f"hook_{name}_{key}": value for key, value in named.items()}, **more)


def echo(receiver: Receiver, **claims: Any) -> None:
    """Have it answer the claims that it is asked about, changed."""

    def take(headers: dict[str, str], body: bytes) -> int:
        receiver.reply = json.dumps({"claims": {**json.loads(body)["claims"], **claims}}).encode()
        return Receiver.take(receiver, headers, body)

    receiver.__dict__["take"] = take


@pytest.fixture(autouse=True)
def plain(receiver: Receiver) -> Iterator[None]:
    yield
    receiver.__dict__.pop("take", None)


async def test_the_claims_are_those_that_it_answers(hooked: Client, receiver: Receiver) -> None:
    echo(receiver, plan="gold")
    session = await hooked.signed_in()
    assert hooked.tokens.verify(session["access_token"])["plan"] == "gold"
    asked = receiver.messages[-1]
    assert asked["user_id"] == session["user"]["id"]
    assert asked["claims"]["email"] == session["user"]["email"]
    assert asked["metadata"]["name"] == "customize-access-token"
    refreshed = await hooked.refresh(session["refresh_token"])
    assert hooked.tokens.verify(refreshed.body["access_token"])["plan"] == "gold"
    assert receiver.messages[-1]["authentication_method"] == "token_refresh"


async def test_a_developers_token_has_them_too(hooked: Client, receiver: Receiver) -> None:
    echo(receiver, plan="gold")
    user = await hooked.new_user()
    token = await inside.token_for(hooked.surface.auth, user["email"])
    assert hooked.tokens.verify(token)["plan"] == "gold"


async def refused(client: Client, receiver: Receiver) -> Any:
    """The answer to a password that is right."""
    user = await client.new_user()
    before = receiver.arrived
    answer = await client.password(user["email"])
    assert client.sql("select 1 from auth.sessions where user_id = %s", user["id"]) == []
    return answer, receiver.arrived - before


@pytest.mark.parametrize(
    ("status", "headers", "reply", "code", "message"),
    [
        (200, JSON, b'{"error": {"http_code": 403, "message": "not today"}}', "unknown", "not today"),
        (200, JSON, b"{}", "unexpected_failure", "output claims field is missing"),
        (200, JSON, b"no json", "unexpected_failure", "Error unmarshaling JSON output."),
        (200, JSON, b" " * 210_000, "hook_payload_over_size_limit", "Payload size exceeded size limit"),
        (200, {"content-type": "text/html"}, b"{}", "hook_payload_invalid_content_type", "Invalid JSON response"),
        (200, {}, b"{}", "hook_payload_invalid_content_type", "Invalid Content-Type"),
        (400, JSON, b"", "unexpected_failure", "Invalid payload sent to hook"),
        (401, JSON, b"", "unexpected_failure", "Hook requires authorization token"),
        (302, JSON | {"location": "http://127.0.0.1/"}, b"", "unexpected_failure", "Unexpected status code"),
        (503, JSON, b"", "unexpected_failure", "Service currently unavailable due to hook"),
    ],
)
async def test_an_answer_that_gives_no_claims_gives_no_session(
    hooked: Client, receiver: Receiver, status: int, headers: dict[str, str], reply: bytes, code: str, message: str
) -> None:
    receiver.sent, receiver.reply = dict(headers), reply
    receiver.statuses = [status] if status != 200 else []
    answer, asked = await refused(hooked, receiver)
    assert (answer.code, asked) == (code, 1)
    assert answer.message.startswith(message)


async def test_one_that_is_busy_and_says_for_how_long_is_asked_again(hooked: Client, receiver: Receiver) -> None:
    receiver.sent = JSON | {"retry-after": "1"}
    receiver.statuses = [429, 503]
    echo(receiver, plan="late")
    assert hooked.tokens.verify((await hooked.signed_in())["access_token"])["plan"] == "late"
    receiver.statuses = [503] * 3
    answer, asked = await refused(hooked, receiver)
    assert (answer.status, answer.message, asked) == (500, "Service currently unavailable due to hook", 3)


async def test_one_that_cannot_be_reached_is_tried_three_times(open_client: Open, monkeypatch: Any) -> None:
    monkeypatch.setattr(hooks, "PAUSE", 0.01)
    with receiving() as absent:
        pass
    answer, _ = await refused(asking(open_client, "custom_access_token", absent.url), absent)
    assert (answer.status, answer.code) == (422, "hook_timeout_after_retry")


async def test_one_that_takes_too_long_is_not_waited_for(
    hooked: Client, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "SECONDS", 0.2)
    receiver.gate.clear()
    answer, asked = await refused(hooked, receiver)
    assert (answer.status, answer.code, asked) == (422, "hook_timeout", 1)


async def test_other_hooks_are_asked_there_too(open_client: Open, receiver: Receiver, hooked: Client) -> None:
    receiver.reply = b'{"error": {"http_code": 422, "message": "not you"}}'
    client = asking(open_client, "before_user_created", receiver.url)
    answer = await client.post("/signup", {"email": "new@example.com", "password": "correct horse"})
    assert (answer.status, answer.message) == (422, "not you")
    assert receiver.messages[-1]["user"]["email"] == "new@example.com"


def test_claims_that_are_looked_up_in_each_request_cannot_come_from_there(receiver: Receiver) -> None:
    auth = AuthSettings(hook_custom_access_token_enabled=True, hook_custom_access_token_uri=receiver.url)
    with pytest.raises(Problem, match="asked over HTTP"):
        entrance.questions(Settings(auth=auth, claims=ClaimsSettings(freshness=Freshness("strict"))))
    assert entrance.questions(Settings(auth=auth, claims=ClaimsSettings())) == []


@pytest.mark.parametrize(
    ("uri", "secrets", "words"),
    [
        ("http://example.com/hook", SECRET, "address cannot be used"),
        ("https://example.com/hook", "", "needs secrets"),
        ("https://example.com/hook", "v1,whsec_short", "secret cannot be used"),
    ],
)
def test_a_hook_that_cannot_be_asked_safely_is_no_start(uri: str, secrets: str, words: str) -> None:
    settings = AuthSettings(hook_send_sms_enabled=True, hook_send_sms_uri=uri, hook_send_sms_secrets=secrets)
    with pytest.raises(Problem, match=words):
        hooks.Remote(settings)
