"""What users do with their own account."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from gatepost.settings import Seconds
from tests.surfaces.auth.conftest import MODERN, PASSWORD, Client, Open, address, pkce

HALF = "Confirmation link accepted. Please proceed to confirm link sent to the other email"


async def test_a_user_reads_themself(client: Client) -> None:
    session = await client.signed_in()
    answer = await client.get("/user", bearer=session["access_token"])
    assert answer.status == 200
    assert answer.body["id"] == session["user"]["id"]
    assert (await client.get("/user/", bearer=session["access_token"])).status == 200
    other = await client.get("/user", bearer=session["access_token"], headers=[(b"x-jwt-aud", b"others")])
    assert other.status == 400


@pytest.mark.parametrize(
    ("claims", "status", "code", "message"),
    [
        ({"role": "anon"}, 403, "bad_jwt", "invalid claim: missing sub claim"),
        ({"sub": "me"}, 400, "bad_jwt", "invalid claim: sub claim must be a UUID"),
        ({"sub": str(uuid4())}, 403, "user_not_found", "User from sub claim in JWT does not exist"),
        ({"sub": str(uuid4()), "session_id": "mine"}, 403, "bad_jwt", "invalid claim: session_id claim must be a UUID"),
    ],
)
async def test_a_token_that_names_nobody(
    client: Client, claims: dict[str, Any], status: int, code: str, message: str
) -> None:
    answer = await client.get("/user", bearer=client.tokens.sign(claims))
    assert (answer.status, answer.code, answer.message) == (status, code, message)


async def test_no_token_or_one_that_is_none(client: Client) -> None:
    answer = await client.get("/user")
    assert (answer.status, answer.code) == (401, "no_authorization")
    assert answer.message == "This endpoint requires a valid Bearer token"
    for bearer in ("nonsense", "sb_publishable_abc", "a.b.c"):
        answer = await client.get("/user", bearer=bearer)
        assert (answer.status, answer.code) == (403, "bad_jwt")
        assert answer.message.startswith("invalid JWT: unable to parse or verify signature")


async def test_an_expired_token_and_one_of_another_users_session(client: Client) -> None:
    ann, bob = await client.signed_in(), await client.signed_in()
    claims = dict(client.tokens.verify(ann["access_token"]))
    mixed = client.tokens.sign(claims | {"session_id": client.tokens.verify(bob["access_token"])["session_id"]})
    assert (await client.get("/user", bearer=mixed)).code == "session_not_found"
    client.clock.forward(3601)
    assert (await client.get("/user", bearer=ann["access_token"])).code == "bad_jwt"


async def test_metadata_merges_at_the_first_level_and_null_takes_away(client: Client) -> None:
    session = await client.signed_in(user_metadata={"a": 1, "b": {"x": 1}, "c": 3})
    bearer = session["access_token"]
    answer = await client.put("/user", {"data": {"b": {"y": 2}, "c": None, "d": [None]}}, bearer=bearer)
    assert answer.body["user_metadata"] == {"a": 1, "b": {"y": 2}, "d": [None], "email_verified": True}


@pytest.mark.parametrize(
    "body", [{"app_metadata": {"admin": True}}, {"app_metadata": {}}, {"app_metadata": {}, "data": {"x": 1}}]
)
async def test_users_do_not_write_app_metadata(client: Client, body: object) -> None:
    session = await client.signed_in()
    answer = await client.put("/user", body, bearer=session["access_token"])
    assert (answer.status, answer.code) == (403, "not_admin")
    ignored = {"role": "service_role", "aud": "x", "is_super_admin": True, "email_confirm": True, "banned_until": None}
    same = await client.put("/user", ignored, bearer=session["access_token"])
    assert same.body["role"] == "authenticated"
    assert same.body["app_metadata"] == session["user"]["app_metadata"]


async def test_a_new_password_ends_the_other_sessions(client: Client) -> None:
    first = await client.signed_in()
    second = (await client.password(first["user"]["email"])).body
    changed = await client.put("/user", {"password": "a new password"}, bearer=first["access_token"])
    assert changed.status == 200
    assert (await client.get("/user", bearer=first["access_token"])).status == 200
    assert (await client.get("/user", bearer=second["access_token"])).code == "session_not_found"
    assert (await client.refresh(second["refresh_token"])).status == 400
    assert (await client.refresh(first["refresh_token"])).status == 200


async def test_the_same_password_is_no_new_one(client: Client) -> None:
    session = await client.signed_in()
    answer = await client.put("/user", {"password": PASSWORD}, bearer=session["access_token"])
    assert (answer.status, answer.code) == (422, "same_password")
    assert answer.message == "New password should be different from the old password."
    weak = await client.put("/user", {"password": "12"}, bearer=session["access_token"])
    assert (weak.status, weak.code) == (422, "weak_password")


async def test_a_new_password_voids_links_that_are_out(client: Client) -> None:
    session = await client.signed_in()
    await client.post("/recover", {"email": session["user"]["email"]})
    await client.put("/user", {"password": "a new password"}, bearer=session["access_token"])
    answer = await client.follow(client.mailbox.to(session["user"]["email"])[0].link)
    assert answer.fragment["error_code"] == "otp_expired"


async def test_the_current_password_where_it_is_asked_for(open_client: Open) -> None:
    client = open_client(update_password_require_current_password=True)
    session = await client.signed_in()
    bearer, new = session["access_token"], "a new password"
    assert (await client.put("/user", {"password": new}, bearer=bearer)).code == "current_password_required"
    wrong = await client.put("/user", {"password": new, "current_password": "guess"}, bearer=bearer)
    assert wrong.code == "current_password_invalid"
    right = await client.put("/user", {"password": new, "current_password": PASSWORD}, bearer=bearer)
    assert right.status == 200


async def test_reauthentication_where_the_session_is_old(open_client: Open) -> None:
    client = open_client(update_password_require_reauthentication=True, jwt_exp=Seconds(200_000))
    session = await client.signed_in()
    bearer, email = session["access_token"], session["user"]["email"]
    assert (await client.put("/user", {"password": "fresh enough"}, bearer=bearer)).status == 200
    client.clock.forward(90_000)
    assert (await client.put("/user", {"password": "a new one"}, bearer=bearer)).code == "reauthentication_needed"
    assert (await client.get("/reauthenticate", bearer=bearer)).body == {}
    code = client.mailbox.last(email).code
    assert client.mailbox.last(email).kind == "reauthentication"
    wrong = await client.put("/user", {"password": "a new one", "nonce": "nonsense"}, bearer=bearer)
    assert (wrong.status, wrong.code) == (422, "reauthentication_not_valid")
    assert wrong.message == "Nonce has expired or is invalid"
    assert (await client.put("/user", {"password": "a new one", "nonce": code}, bearer=bearer)).status == 200
    again = await client.put("/user", {"password": "yet another", "nonce": code}, bearer=bearer)
    assert again.code == "reauthentication_not_valid"


async def test_reauthentication_needs_an_address(open_client: Open) -> None:
    client = open_client(external_anonymous_users_enabled=True)
    session = await client.post("/signup", {})
    answer = await client.get("/reauthenticate", bearer=session.body["access_token"])
    assert answer.status == 400
    assert answer.message == "Reauthentication requires the user to have an email or a phone number"


async def test_an_address_changes_when_both_have_confirmed(client: Client) -> None:
    session = await client.signed_in()
    old, new = session["user"]["email"], address()
    asked = await client.put("/user", {"email": new}, bearer=session["access_token"])
    assert asked.body["email"] == old
    assert asked.body["new_email"] == new
    assert asked.body["email_change_sent_at"]
    to_new, to_old = client.mailbox.last(new), client.mailbox.last(old)
    assert to_new.code != to_old.code
    assert to_new.hash != to_old.hash

    half = await client.post("/verify", {"type": "email_change", "email": new, "token": to_new.code})
    assert half.body == {"msg": HALF, "code": "200"}
    assert (await client.get("/user", bearer=session["access_token"])).body["email"] == old
    again = await client.post("/verify", {"type": "email_change", "email": new, "token": to_new.code})
    assert again.status == 403

    done = await client.post("/verify", {"type": "email_change", "email": old, "token": to_old.code})
    assert done.status == 200
    user = done.body["user"]
    assert user["email"] == new
    assert "new_email" not in user
    assert user["identities"][0]["identity_data"]["email"] == user["identities"][0]["email"] == new
    assert (await client.password(new)).status == 200
    assert (await client.password(old)).status == 400


async def test_an_address_changes_by_two_links(client: Client) -> None:
    session = await client.signed_in()
    old, new = session["user"]["email"], address()
    await client.put("/user", {"email": new}, bearer=session["access_token"])
    half = await client.follow(client.mailbox.last(old).link)
    assert half.fragment == {"message": HALF, "sb": ""}
    done = await client.follow(client.mailbox.last(new).link)
    assert done.fragment["type"] == "email_change"
    assert (await client.password(new)).status == 200


async def test_both_links_opened_at_once_change_the_address_once(client: Client) -> None:
    session = await client.signed_in()
    old, new = session["user"]["email"], address()
    await client.put("/user", {"email": new}, bearer=session["access_token"])
    links = [client.mailbox.last(each).link for each in (old, new)]
    answers = await asyncio.gather(*(client.follow(link) for link in links))
    assert sorted("message" in answer.fragment for answer in answers) == [False, True]
    assert (await client.password(new)).status == 200


async def test_an_address_changes_by_pkce(client: Client) -> None:
    session = await client.signed_in()
    old, new = session["user"]["email"], address()
    verifier, challenge = pkce()
    await client.put("/user", {"email": new, **challenge}, bearer=session["access_token"])
    half = await client.follow(client.mailbox.last(old).link)
    assert half.query == {"message": HALF}
    done = await client.follow(client.mailbox.last(new).link)
    body = {"auth_code": done.query["code"], "code_verifier": verifier}
    assert (await client.post("/token?grant_type=pkce", body)).body["user"]["email"] == new


@pytest.mark.parametrize(
    ("secure", "autoconfirm", "mails", "confirmations"),
    [(True, False, 2, 2), (False, False, 1, 1), (True, True, 2, 1), (False, True, 1, 1)],
)
async def test_how_many_confirmations_a_change_takes(
    open_client: Open, secure: bool, autoconfirm: bool, mails: int, confirmations: int
) -> None:
    client = open_client(mailer_secure_email_change_enabled=secure, mailer_autoconfirm=autoconfirm)
    session = await client.signed_in()
    new = address()
    await client.put("/user", {"email": new}, bearer=session["access_token"])
    assert len(client.mailbox.mails) == mails
    answers = [await client.follow(mail.link) for mail in client.mailbox.mails[:confirmations]]
    assert "access_token" in answers[-1].fragment
    assert all("message" in answer.fragment for answer in answers[:-1])
    assert (await client.password(new)).status == 200


async def test_an_address_of_somebody_else_is_refused_even_when_taken_late(client: Client) -> None:
    session, taken = await client.signed_in(), await client.new_user()
    answer = await client.put("/user", {"email": taken["email"]}, bearer=session["access_token"])
    assert (answer.status, answer.code) == (422, "email_exists")
    assert answer.message == "A user with this email address has already been registered"
    new = address()
    await client.put("/user", {"email": new}, bearer=session["access_token"])
    await client.new_user(email=new)
    await client.follow(client.mailbox.last(session["user"]["email"]).link)
    late = await client.follow(client.mailbox.last(new).link)
    assert late.fragment["error_code"] == "email_exists"


async def test_a_change_is_mailed_again_on_request(client: Client) -> None:
    session = await client.signed_in()
    new = address()
    await client.put("/user", {"email": new}, bearer=session["access_token"])
    soon = await client.put("/user", {"email": new}, bearer=session["access_token"])
    assert soon.code == "over_email_send_rate_limit"
    client.clock.forward(61)
    body = {"type": "email_change", "email": session["user"]["email"]}
    assert (await client.post("/resend", body)).body == {}
    assert len(client.mailbox.to(new)) == 2
    assert (await client.follow(client.mailbox.to(new)[0].link)).fragment["error_code"] == "otp_expired"
    assert "message" in (await client.follow(client.mailbox.to(new)[1].link)).fragment


@pytest.mark.parametrize(
    ("scope", "left"),
    [("", [0, 0, 0]), ("?scope=global", [0, 0, 0]), ("?scope=local", [0, 1, 1]), ("?scope=others", [1, 0, 0])],
)
async def test_signing_out(client: Client, scope: str, left: list[int]) -> None:
    first = await client.signed_in()
    email = first["user"]["email"]
    sessions = [first, (await client.password(email)).body, (await client.password(email)).body]
    answer = await client.post(f"/logout{scope}", bearer=first["access_token"])
    assert (answer.status, answer.body) == (204, None)
    alive = [await client.get("/user", bearer=each["access_token"]) for each in sessions]
    assert [int(each.status == 200) for each in alive] == left
    refreshed = [await client.refresh(each["refresh_token"]) for each in sessions]
    assert [int(each.status == 200) for each in refreshed] == left
    counts = client.sql(
        "select count(*) from auth.mfa_amr_claims a join auth.sessions s on s.id = a.session_id where s.user_id = %s",
        first["user"]["id"],
    )
    assert counts == [(sum(left),)]


async def test_an_unknown_scope_signs_nobody_out(client: Client) -> None:
    session = await client.signed_in()
    answer = await client.post("/logout?scope=everybody", bearer=session["access_token"])
    assert (answer.status, answer.code) == (400, "validation_failed")
    assert (await client.get("/user", bearer=session["access_token"])).status == 200


async def test_anonymous_users(open_client: Open) -> None:
    client = open_client(external_anonymous_users_enabled=True)
    session = await client.post("/signup", {"data": {"cart": [1]}})
    assert session.status == 200
    user = session.body["user"]
    assert user["is_anonymous"] is True
    assert user["email"] == user["phone"] == ""
    assert user["app_metadata"] == {}
    assert user["user_metadata"] == {"cart": [1]}
    assert user["identities"] == []
    claims = client.tokens.verify(session.body["access_token"])
    assert claims["is_anonymous"] is True
    assert [each["method"] for each in claims["amr"]] == ["anonymous"]
    assert (await client.refresh(session.body["refresh_token"])).status == 200


async def test_an_anonymous_user_becomes_somebody(open_client: Open) -> None:
    client = open_client(external_anonymous_users_enabled=True)
    session = (await client.post("/signup", {})).body
    bearer, email = session["access_token"], address()
    alone = await client.put("/user", {"password": PASSWORD}, bearer=bearer)
    assert (alone.status, alone.code) == (422, "validation_failed")
    await client.put("/user", {"email": email}, bearer=bearer)
    assert len(client.mailbox.mails) == 1
    done = await client.follow(client.mailbox.last(email).link)
    user = (await client.get("/user", bearer=done.fragment["access_token"])).body
    assert user["id"] == session["user"]["id"]
    assert user["is_anonymous"] is False
    assert user["email"] == email
    assert user["app_metadata"]["providers"] == ["email"]
    await client.put("/user", {"password": PASSWORD}, bearer=done.fragment["access_token"])
    assert (await client.password(email)).status == 200


async def test_an_anonymous_user_gets_an_address_at_once_where_those_confirm_themselves(open_client: Open) -> None:
    client = open_client(external_anonymous_users_enabled=True, mailer_autoconfirm=True)
    session = (await client.post("/signup", {})).body
    email = address()
    body = {"email": email, "password": PASSWORD}
    changed = await client.put("/user", body, bearer=session["access_token"])
    assert changed.body["email"] == email
    assert changed.body["is_anonymous"] is False
    assert (await client.password(email)).status == 200


async def test_identities_are_unlinked_only_where_that_is_on(open_client: Open) -> None:
    client = open_client()
    session = await client.signed_in()
    identity = session["user"]["identities"][0]["identity_id"]
    answer = await client.delete(f"/user/identities/{identity}", bearer=session["access_token"])
    assert (answer.status, answer.message) == (404, "Manual linking is disabled")
    answer = await client.get("/user/identities/authorize?provider=google", bearer=session["access_token"])
    assert (answer.status, answer.message) == (404, "Manual linking is disabled")

    client = open_client(manual_linking_enabled=True)
    answer = await client.get("/user/identities/authorize?provider=google", bearer=session["access_token"])
    assert (answer.status, answer.message) == (400, "Unsupported provider: provider is not enabled")
    only = await client.delete(f"/user/identities/{identity}", bearer=session["access_token"])
    assert (only.status, only.code) == (422, "single_identity_not_deletable")
    assert (await client.delete("/user/identities/mine", bearer=session["access_token"])).status == 404
    headers = [*MODERN, (b"x-jwt-aud", b"others")]
    other = await client.delete(f"/user/identities/{identity}", bearer=session["access_token"], headers=headers)
    assert (other.status, other.code) == (403, "unexpected_audience")


async def test_the_address_goes_with_its_identity(open_client: Open) -> None:
    client = open_client(manual_linking_enabled=True)
    session = await client.signed_in()
    user_id, other = session["user"]["id"], address()
    client.sql(
        "insert into auth.identities (user_id, provider_id, provider, identity_data, created_at, updated_at)"
        " values (%s, %s, 'github', %s::jsonb, now(), now())",
        user_id,
        uuid4().hex,
        '{"sub": "1", "email": "' + other + '", "email_verified": false}',
    )
    first = session["user"]["identities"][0]["identity_id"]
    missing = await client.delete(f"/user/identities/{uuid4()}", bearer=session["access_token"])
    assert (missing.status, missing.code) == (422, "identity_not_found")
    assert (await client.delete(f"/user/identities/{first}", bearer=session["access_token"])).body == {}
    user = (await client.get("/user", bearer=session["access_token"])).body
    assert user["email"] == other
    assert "email_confirmed_at" not in user
    assert user["app_metadata"] == {"provider": "github", "providers": ["github"]}


async def test_a_second_factor_guards_password_and_address(client: Client) -> None:
    session = await client.signed_in()
    client.sql(
        "insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at, secret, friendly_name)"
        " values (gen_random_uuid(), %s, 'totp', 'verified', now(), now(), 'x', 'phone')",
        session["user"]["id"],
    )
    for body in ({"password": "a new password"}, {"email": address()}):
        answer = await client.put("/user", body, bearer=session["access_token"])
        assert (answer.status, answer.code) == (401, "insufficient_aal")
    harmless = await client.put("/user", {"data": {"a": 1}}, bearer=session["access_token"])
    assert harmless.status == 200
    assert harmless.body["factors"][0]["status"] == "verified"
    assert "secret" not in harmless.body["factors"][0]


async def test_a_user_is_told_what_happened_to_the_account(open_client: Open) -> None:
    client = open_client(mailer_secure_email_change_enabled=False)
    session = await client.signed_in()
    bearer, old, new = session["access_token"], session["user"]["email"], address()
    await client.put("/user", {"password": "a new password"}, bearer=bearer)
    assert [mail.kind for mail in client.mailbox.to(old)] == ["password_changed"]
    await client.put("/user", {"email": new}, bearer=bearer)
    await client.follow(client.mailbox.last(new).link)
    told = client.mailbox.last(old)
    assert told.kind == "email_changed"
    assert (told.variables["Email"], told.variables["OldEmail"]) == (new, old)
