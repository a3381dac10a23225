"""Refresh tokens: rotated at each use; a use too many ends the family."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from gatepost.settings import Seconds
from tests.surfaces.auth.conftest import Client, Open

NO_GRACE: dict[str, Any] = {"refresh_token_reuse_interval": Seconds(0)}


def live_tokens(client: Client, session: dict[str, Any]) -> list[str]:
    rows = client.sql(
        "select t.token from auth.refresh_tokens t where t.user_id = %s and not t.revoked order by t.id",
        session["user"]["id"],
    )
    return [token for (token,) in rows]


async def test_a_refresh_gives_a_new_pair_of_the_same_session(client: Client) -> None:
    first = await client.signed_in()
    client.clock.forward(5)
    answer = await client.refresh(first["refresh_token"])
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.body["refresh_token"] != first["refresh_token"]
    old, new = (client.tokens.verify(each["access_token"]) for each in (first, answer.body))
    assert new["session_id"] == old["session_id"]
    assert new["iat"] >= old["iat"] + 5
    assert new["amr"] == old["amr"]
    assert answer.body["user"]["last_sign_in_at"] == first["user"]["last_sign_in_at"]
    assert live_tokens(client, first) == [answer.body["refresh_token"]]


async def test_claims_of_a_refreshed_token_are_the_users_as_they_are_now(client: Client) -> None:
    first = await client.signed_in()
    change = {"app_metadata": {"team": 2}}
    await client.put(f"/admin/users/{first['user']['id']}", change, bearer=client.admin)
    answer = await client.refresh(first["refresh_token"])
    assert client.tokens.verify(answer.body["access_token"])["app_metadata"]["team"] == 2


async def test_fifty_at_once_agree_on_one_new_token(open_client: Open) -> None:
    client = open_client(**NO_GRACE)
    session = await client.signed_in()
    answers = await asyncio.gather(*(client.refresh(session["refresh_token"]) for _ in range(50)))
    assert Counter(answer.status for answer in answers) == {200: 50}
    [given] = {answer.body["refresh_token"] for answer in answers}
    assert live_tokens(client, session) == [given]
    assert (await client.refresh(given)).status == 200


async def test_families_refreshed_at_once_do_not_disturb_each_other(open_client: Open) -> None:
    client = open_client(**NO_GRACE)
    sessions = [await client.signed_in() for _ in range(5)]

    async def chain(session: dict[str, Any]) -> str:
        token = session["refresh_token"]
        for _ in range(5):
            answers = await asyncio.gather(*(client.refresh(token) for _ in range(4)))
            assert {answer.status for answer in answers} == {200}
            [token] = {answer.body["refresh_token"] for answer in answers}
        return token

    tokens = await asyncio.gather(*(chain(session) for session in sessions))
    for session, token in zip(sessions, tokens, strict=True):
        assert live_tokens(client, session) == [token]


async def test_a_client_that_lost_the_answer_gets_the_same_token_again(open_client: Open) -> None:
    client = open_client(**NO_GRACE)
    session = await client.signed_in()
    first = await client.refresh(session["refresh_token"])
    client.clock.forward(100_000)
    second = await client.refresh(session["refresh_token"])
    assert second.status == 200
    assert second.body["refresh_token"] == first.body["refresh_token"]


async def test_an_older_token_ends_the_family(open_client: Open) -> None:
    client = open_client(**NO_GRACE)
    session = await client.signed_in()
    second = await client.refresh(session["refresh_token"])
    third = await client.refresh(second.body["refresh_token"])
    client.clock.forward(1)
    stolen = await client.refresh(session["refresh_token"])
    assert (stolen.status, stolen.code) == (400, "refresh_token_already_used")
    assert stolen.message == "Invalid Refresh Token: Already Used"
    assert live_tokens(client, session) == []
    assert (await client.refresh(third.body["refresh_token"])).code == "refresh_token_already_used"


async def test_stolen_and_rightful_tokens_at_once_never_leave_two_alive(open_client: Open) -> None:
    client = open_client(**NO_GRACE)
    session = await client.signed_in()
    second = await client.refresh(session["refresh_token"])
    third = await client.refresh(second.body["refresh_token"])
    client.clock.forward(1)
    both = [session["refresh_token"], third.body["refresh_token"]] * 20
    answers = await asyncio.gather(*(client.refresh(token) for token in both))
    assert {answer.status for answer in answers} <= {200, 400}
    assert live_tokens(client, session) == []


async def test_within_the_interval_an_older_token_gets_the_live_one(open_client: Open) -> None:
    client = open_client(refresh_token_reuse_interval=Seconds(10))
    session = await client.signed_in()
    second = await client.refresh(session["refresh_token"])
    third = await client.refresh(second.body["refresh_token"])
    late = await client.refresh(session["refresh_token"])
    assert late.body["refresh_token"] == third.body["refresh_token"]
    client.clock.forward(11)
    assert (await client.refresh(session["refresh_token"])).code == "refresh_token_already_used"
    assert live_tokens(client, session) == []


async def test_a_revoked_family_does_not_come_back_within_the_interval(open_client: Open) -> None:
    client = open_client(refresh_token_reuse_interval=Seconds(10))
    session = await client.signed_in()
    second = await client.refresh(session["refresh_token"])
    third = await client.refresh(second.body["refresh_token"])
    client.clock.forward(11)
    await client.refresh(session["refresh_token"])
    assert (await client.refresh(third.body["refresh_token"])).code == "refresh_token_already_used"


async def test_without_rotation_a_reuse_only_fails(open_client: Open) -> None:
    client = open_client(refresh_token_rotation=False, **NO_GRACE)
    session = await client.signed_in()
    second = await client.refresh(session["refresh_token"])
    third = await client.refresh(second.body["refresh_token"])
    client.clock.forward(1)
    assert (await client.refresh(session["refresh_token"])).status == 400
    assert (await client.refresh(third.body["refresh_token"])).status == 200


@pytest.mark.parametrize("token", ["", "short", "not-a-token!", "ABCDEFGHIJKL", "x" * 500, "abc\0efghijkl"])
async def test_what_is_no_refresh_token(client: Client, token: str) -> None:
    answer = await client.refresh(token)
    assert (answer.status, answer.code, answer.message) == (
        400,
        "validation_failed",
        "Refresh token is not valid",
    )


async def test_an_unknown_token_is_not_found(client: Client) -> None:
    answer = await client.refresh("abcdefghijkl")
    assert (answer.status, answer.code) == (400, "refresh_token_not_found")
    assert answer.message == "Invalid Refresh Token: Refresh Token Not Found"


async def test_a_banned_or_deleted_user_refreshes_nothing(client: Client) -> None:
    session = await client.signed_in()
    path = f"/admin/users/{session['user']['id']}"
    await client.put(path, {"ban_duration": "1h"}, bearer=client.admin)
    assert (await client.refresh(session["refresh_token"])).code == "user_banned"
    await client.put(path, {"ban_duration": "none"}, bearer=client.admin)
    second = await client.refresh(session["refresh_token"])
    assert second.status == 200
    await client.delete(path, bearer=client.admin)
    assert (await client.refresh(second.body["refresh_token"])).code == "refresh_token_not_found"


async def test_a_session_ends_by_time_box_and_inactivity(open_client: Open) -> None:
    boxed = open_client(sessions_timebox=Seconds(3600))
    session = await boxed.signed_in()
    boxed.clock.forward(3601)
    answer = await boxed.refresh(session["refresh_token"])
    assert (answer.status, answer.code) == (400, "session_expired")
    assert answer.message == "Invalid Refresh Token: Session Expired"

    idle = open_client(sessions_inactivity_timeout=Seconds(600))
    session = await idle.signed_in()
    idle.clock.forward(500)
    session = (await idle.refresh(session["refresh_token"])).body
    idle.clock.forward(500)
    session = (await idle.refresh(session["refresh_token"])).body
    idle.clock.forward(601)
    answer = await idle.refresh(session["refresh_token"])
    assert answer.message == "Invalid Refresh Token: Session Expired (Inactivity)"


async def test_without_the_second_factor_a_session_ends_early(open_client: Open) -> None:
    client = open_client(sessions_allow_low_aal=Seconds(600))
    session = await client.signed_in()
    client.sql(
        "insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at, secret, friendly_name)"
        " values (gen_random_uuid(), %s, 'totp', 'verified', now(), now(), 'x', 'phone')",
        session["user"]["id"],
    )
    client.clock.forward(300)
    second = await client.refresh(session["refresh_token"])
    assert second.body["expires_in"] in (299, 300)
    client.clock.forward(301)
    answer = await client.refresh(second.body["refresh_token"])
    assert (answer.status, answer.code) == (400, "session_expired")
    assert answer.message.endswith("(Low AAL: User Needs MFA Verification)")


async def test_only_the_newest_session_of_a_user_where_the_settings_say_so(open_client: Open) -> None:
    client = open_client(sessions_single_per_user=True)
    first = await client.signed_in()
    client.clock.forward(2)
    second = await client.password(first["user"]["email"])
    answer = await client.refresh(first["refresh_token"])
    assert (answer.status, answer.code) == (400, "session_expired")
    assert answer.message.endswith("(Revoked by Newer Login)")
    assert (await client.refresh(second.body["refresh_token"])).status == 200


async def test_a_session_that_stays_busy_is_a_conflict(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatepost.auth.flows.token.refresh.PATIENCE", 0.3)
    session = await client.signed_in()
    connection = client.connect()
    with connection.transaction():
        connection.execute("select 1 from auth.refresh_tokens where token = %s for update", (session["refresh_token"],))
        answer = await client.refresh(session["refresh_token"])
    assert (answer.status, answer.code) == (409, "conflict")
    assert answer.message == "Too many concurrent token refresh requests on the same session or refresh token"
    assert (await client.refresh(session["refresh_token"])).status == 200


async def test_refreshes_leave_an_audit_trail(client: Client) -> None:
    session = await client.signed_in()
    await client.refresh(session["refresh_token"])
    rows = client.sql(
        "select payload ->> 'action', payload ->> 'log_type', ip_address from auth.audit_log_entries"
        " where payload ->> 'actor_id' = %s order by 1",
        session["user"]["id"],
    )
    assert ("login", "account", "192.0.2.1") in rows
    assert {("token_refreshed", "token", "192.0.2.1"), ("token_revoked", "token", "192.0.2.1")} <= set(rows)
