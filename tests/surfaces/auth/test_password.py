"""Signing up and in with an address and a password."""

import asyncio
import dataclasses
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from argon2.low_level import Type, hash_secret

from gatepost.auth.hashing import Hasher
from gatepost.auth.limits import Rate
from gatepost.problem import Problem
from tests.surfaces.auth.conftest import PASSWORD, Client, Open, address


async def test_a_new_user_confirms_by_mail_and_then_signs_in(client: Client) -> None:
    email = address()
    created = await client.post("/signup", {"email": email.upper(), "password": PASSWORD, "data": {"name": "Ann"}})
    assert created.status == 200
    assert "access_token" not in created.body
    assert created.body["email"] == email
    assert created.body["phone"] == ""
    assert created.body["role"] == created.body["aud"] == "authenticated"
    assert created.body["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert created.body["user_metadata"] == {
        "name": "Ann",
        "sub": created.body["id"],
        "email": email,
        "email_verified": False,
        "phone_verified": False,
    }
    assert created.body["confirmation_sent_at"].endswith("Z")
    assert "email_confirmed_at" not in created.body
    [identity] = created.body["identities"]
    assert identity["id"] == identity["user_id"] == created.body["id"] != identity["identity_id"]

    early = await client.password(email)
    assert (early.status, early.code) == (400, "email_not_confirmed")

    mail = client.mailbox.last(email)
    assert mail.kind == "confirmation"
    confirmed = await client.post("/verify", {"type": "signup", "email": email, "token": mail.code})
    assert confirmed.status == 200
    assert confirmed.body["user"]["email_confirmed_at"]
    assert confirmed.body["user"]["user_metadata"]["email_verified"] is True
    assert confirmed.body["user"]["identities"][0]["identity_data"]["email_verified"] is True

    session = await client.password(email)
    assert session.status == 200
    assert session.headers["cache-control"] == "no-store"
    assert session.body["token_type"] == "bearer"
    assert session.body["expires_in"] in (3599, 3600)
    assert session.body["user"]["last_sign_in_at"].endswith("Z")


async def test_the_access_token_says_who_how_and_for_how_long(client: Client) -> None:
    session = await client.signed_in(user_metadata={"name": "Ann"}, app_metadata={"team": 7})
    claims = client.tokens.verify(session["access_token"])
    user = session["user"]
    assert claims["sub"] == user["id"]
    assert claims["aud"] == claims["role"] == "authenticated"
    assert claims["email"] == user["email"]
    assert claims["phone"] == ""
    assert claims["app_metadata"] == {"provider": "email", "providers": ["email"], "team": 7}
    assert claims["user_metadata"] == {"name": "Ann", "email_verified": True}
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["exp"] == session["expires_at"]
    assert claims["aal"] == "aal1"
    assert [each["method"] for each in claims["amr"]] == ["password"]
    assert claims["is_anonymous"] is False
    assert client.sql("select user_id::text from auth.sessions where id = %s", claims["session_id"]) == [(user["id"],)]


async def test_with_autoconfirm_signing_up_is_signing_in(open_client: Open) -> None:
    client = open_client(mailer_autoconfirm=True)
    email = address()
    session = await client.post("/signup", {"email": email, "password": PASSWORD})
    assert session.status == 200
    assert session.body["user"]["email"] == email
    assert client.mailbox.mails == []
    again = await client.post("/signup", {"email": email, "password": PASSWORD})
    assert (again.status, again.code, again.message) == (422, "user_already_exists", "User already registered")


async def test_a_taken_address_looks_like_a_free_one(client: Client) -> None:
    user = await client.new_user()
    answer = await client.post("/signup", {"email": user["email"], "password": "another one", "data": {"a": 1}})
    assert answer.status == 200
    assert answer.body["id"] != user["id"]
    assert answer.body["identities"] == []
    assert answer.body["email"] == user["email"]
    assert answer.body["user_metadata"] == {"a": 1}
    assert answer.body["confirmation_sent_at"]
    assert "last_sign_in_at" not in answer.body
    assert client.mailbox.mails == []
    assert (await client.password(user["email"])).status == 200


@pytest.mark.parametrize("path", ["/signup", "/otp"])
async def test_an_address_of_another_audience_is_not_told(client: Client, path: str) -> None:
    user = await client.new_user()
    body = {"email": user["email"], "password": "another one"}
    assert (await client.post(path, body, headers=((b"x-jwt-aud", b"elsewhere"),))).status == 200
    assert client.mailbox.mails == []


async def test_an_unconfirmed_user_is_mailed_again_and_keeps_the_password(client: Client) -> None:
    email = address()
    first = await client.post("/signup", {"email": email, "password": PASSWORD})
    soon = await client.post("/signup", {"email": email, "password": "an attacker's"})
    assert (soon.status, soon.code) == (429, "over_email_send_rate_limit")
    assert "only request this after" in soon.message
    client.clock.forward(61)
    again = await client.post("/signup", {"email": email, "password": "an attacker's"})
    assert again.body["id"] == first.body["id"]
    assert len(client.mailbox.to(email)) == 2
    old = await client.post("/verify", {"type": "signup", "email": email, "token": client.mailbox.to(email)[0].code})
    assert old.status == 403
    await client.post("/verify", {"type": "signup", "email": email, "token": client.mailbox.last(email).code})
    assert (await client.password(email, "an attacker's")).status == 400
    assert (await client.password(email)).status == 200


async def test_autoconfirm_gives_no_session_of_somebody_who_was_invited(open_client: Open) -> None:
    client = open_client(mailer_autoconfirm=True)
    email = address()
    await client.post("/invite", {"email": email}, bearer=client.admin)
    answer = await client.post("/signup", {"email": email, "password": PASSWORD})
    assert (answer.status, answer.code) == (422, "user_already_exists")


@pytest.mark.parametrize(
    ("body", "status", "code", "message"),
    [
        ({"email": "a@example.com"}, 400, "validation_failed", "Signup requires a valid password"),
        (
            {"email": "a@example.com", "password": "short"},
            422,
            "weak_password",
            "Password should be at least 6 characters.",
        ),
        (
            {"email": "a@example.com", "password": "x" * 73},
            400,
            "validation_failed",
            "Password cannot be longer than 72 characters",
        ),
        (
            {"email": "nobody", "password": PASSWORD},
            400,
            "validation_failed",
            "Unable to validate email address: invalid format",
        ),
        (
            {"email": "a@example.com", "phone": "+4912345678", "password": PASSWORD},
            400,
            "validation_failed",
            "Only an email address or phone number should be provided on signup.",
        ),
        ({"phone": "+4912345678", "password": PASSWORD}, 400, "phone_provider_disabled", "Phone signups are disabled"),
        (
            {"email": "a@example.com", "password": PASSWORD, "code_challenge": "x" * 43},
            400,
            "validation_failed",
            "PKCE flow requires code_challenge_method and code_challenge",
        ),
        (
            {"email": "a@example.com", "password": PASSWORD, "code_challenge": "x", "code_challenge_method": "s256"},
            400,
            "validation_failed",
            "code challenge has to be between 43 and 128 characters",
        ),
        (
            {
                "email": "a@example.com",
                "password": PASSWORD,
                "code_challenge": "é" * 43,
                "code_challenge_method": "s256",
            },
            400,
            "validation_failed",
            "code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes",
        ),
        ({}, 422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled"),
    ],
)
async def test_what_cannot_be_signed_up(client: Client, body: object, status: int, code: str, message: str) -> None:
    answer = await client.post("/signup", body)
    assert (answer.status, answer.code, answer.message) == (status, code, message)


async def test_a_weak_password_comes_with_its_reasons(open_client: Open) -> None:
    client = open_client(password_min_length=8, password_required_characters="abc:123")
    answer = await client.post("/signup", {"email": address(), "password": "xyz"})
    assert answer.status == 422
    assert answer.body["weak_password"] == {"reasons": ["length", "characters"]}
    assert "one character of each: abc, 123." in answer.message


async def test_nobody_signs_up_where_that_is_disabled(open_client: Open) -> None:
    client = open_client(disable_signup=True)
    answer = await client.post("/signup", {"email": address(), "password": PASSWORD})
    assert (answer.status, answer.code) == (422, "signup_disabled")
    assert answer.message == "Signups not allowed for this instance"


async def test_wrong_password_and_unknown_user_read_the_same(client: Client) -> None:
    user = await client.new_user()
    wrong = await client.password(user["email"], "not the one")
    unknown = await client.password(address())
    assert (wrong.status, wrong.body) == (unknown.status, unknown.body)
    assert (wrong.status, wrong.code, wrong.message) == (400, "invalid_credentials", "Invalid login credentials")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"password": PASSWORD}, "missing email or phone"),
        (
            {"email": "a@b.c", "phone": "1", "password": PASSWORD},
            "Only an email address or phone number should be provided on login.",
        ),
    ],
)
async def test_a_sign_in_names_exactly_one_address(client: Client, body: object, message: str) -> None:
    answer = await client.post("/token?grant_type=password", body)
    assert (answer.status, answer.code, answer.message) == (400, "validation_failed", message)


async def test_a_banned_user_cannot_sign_in(client: Client) -> None:
    user = await client.new_user(ban_duration="1h")
    answer = await client.password(user["email"])
    assert (answer.status, answer.code) == (400, "user_banned")
    client.clock.forward(3601)
    assert (await client.password(user["email"])).status == 200


async def test_signing_in_with_a_weak_password_succeeds_and_says_so(open_client: Open) -> None:
    user = await open_client().new_user(password="abcdef")
    answer = await open_client(password_min_length=10).password(user["email"], "abcdef")
    assert answer.status == 200
    assert answer.body["weak_password"]["reasons"] == ["length"]


async def test_seeds_may_leave_tokens_null(client: Client) -> None:
    email = address()
    client.sql(
        "insert into auth.users (id, aud, role, email, encrypted_password, email_confirmed_at, confirmation_token,"
        " recovery_token, email_change, email_change_token_new, phone_change, reauthentication_token)"
        " select gen_random_uuid(), 'authenticated', 'authenticated', %s, encrypted_password, now(), null, null, null,"
        " null, null, null from auth.users where id = %s",
        email,
        (await client.new_user())["id"],
    )
    answer = await client.password(email)
    assert answer.status == 200
    assert answer.body["user"]["app_metadata"] == answer.body["user"]["user_metadata"] == {}
    assert answer.body["user"]["identities"] == []


async def test_a_hash_of_another_kind_is_replaced_at_sign_in(client: Client) -> None:
    argon2 = "$argon2id$v=19$m=1024,t=1,p=1$c2FsdHNhbHRzYWx0$"
    user = await client.new_user(password=None, password_hash=argon2 + _argon2_of(PASSWORD))
    assert (await client.password(user["email"])).status == 200
    [(stored,)] = client.sql("select encrypted_password from auth.users where id = %s", user["id"])
    assert stored.startswith("$2a$")
    assert (await client.password(user["email"])).status == 200


def _argon2_of(password: str) -> str:
    made = hash_secret(password.encode(), b"saltsaltsalt", 1, 1024, 1, 32, Type.ID)
    return made.decode().rpartition("$")[2]


async def test_a_mail_that_cannot_be_sent_undoes_the_sign_up(client: Client) -> None:
    email = address()
    client.mailbox.refusing = Problem("unexpected_failure", 500, "Error sending confirmation email")
    answer = await client.post("/signup", {"email": email, "password": PASSWORD})
    assert (answer.status, answer.message) == (500, "Error sending confirmation email")
    assert client.sql("select 1 from auth.users where email = %s", email) == []


async def test_too_many_mails_are_refused(open_client: Open) -> None:
    client = open_client(mails=Rate(1, 3600, 1))
    assert (await client.post("/signup", {"email": address(), "password": PASSWORD})).status == 200
    answer = await client.post("/signup", {"email": address(), "password": PASSWORD})
    assert (answer.status, answer.code, answer.message) == (
        429,
        "over_email_send_rate_limit",
        "email rate limit exceeded",
    )


async def test_phone_and_password_where_numbers_confirm_themselves(open_client: Open) -> None:
    client = open_client(external_phone_enabled=True, sms_autoconfirm=True)
    number = "+49151" + str(int(address()[:8], 16))[:8]
    session = await client.post("/signup", {"phone": number, "password": PASSWORD})
    assert session.status == 200
    assert session.body["user"]["phone"] == number.lstrip("+")
    assert session.body["user"]["email"] == ""
    again = await client.post("/token?grant_type=password", {"phone": number, "password": PASSWORD})
    assert again.status == 200
    bad = await client.post("/signup", {"phone": "call me", "password": PASSWORD})
    assert (bad.status, bad.message) == (400, "Invalid phone number format (E.164 required)")


class CountingHasher(Hasher):
    """Counts the passwords it works on: that is where a sign-in's time goes."""

    worked = 0

    async def _run(self, work: Callable[[], Any]) -> Any:
        self.worked += 1
        return await super()._run(work)


async def test_time_does_not_tell_who_has_an_account(client: Client) -> None:
    user, banned, seeded = await client.new_user(), await client.new_user(ban_duration="1h"), await client.new_user()
    client.sql("update auth.users set encrypted_password = null where id = %s", seeded["id"])
    hasher = CountingHasher(workers=1, cost=4)
    client.surface.auth = dataclasses.replace(client.surface.auth, hasher=hasher)
    for email in (user["email"], banned["email"], seeded["email"], address()):
        hasher.worked = 0
        assert (await client.password(email, "not the one")).status == 400
        assert hasher.worked == 1
    for email in (user["email"], address()):
        hasher.worked = 0
        assert (await client.post("/signup", {"email": email, "password": PASSWORD})).status == 200
        assert hasher.worked == 1
    hasher.close()


async def test_time_does_not_tell_whom_a_recovery_reaches(open_client: Open) -> None:
    client = open_client(smtp_max_frequency=0)
    user = await client.new_user()
    client.mailbox.delay = 0.2

    async def took(email: str) -> float:
        start = time.perf_counter()
        assert (await client.post("/recover", {"email": email})).body == {}
        return time.perf_counter() - start

    known = [await took(user["email"]) for _ in range(5)]
    unknown = [await took(address()) for _ in range(3)]
    assert min(unknown) >= 0.2
    assert min(unknown) <= max(known) + 0.1


async def test_asking_twice_does_not_tell_whom_a_recovery_reaches(client: Client) -> None:
    user = await client.new_user()
    for path, kind in (("/recover", "recovery"), ("/resend", "email_change")):
        for email in (user["email"], address()):
            first = await client.post(path, {"email": email, "type": kind})
            again = await client.post(path, {"email": email, "type": kind})
            assert (first.status, again.status, again.code) == (200, 429, "over_email_send_rate_limit")
            assert again.message.startswith("For security purposes, you can only request this after ")


async def test_twenty_who_sign_up_with_one_address_at_once_are_one_user(client: Client) -> None:
    email = address()
    body = {"email": email, "password": PASSWORD}
    answers = await asyncio.gather(*(client.post("/signup", body) for _ in range(20)))
    assert Counter(answer.status for answer in answers) == {200: 1, 429: 19}
    assert len(client.mailbox.to(email)) == 1
    assert client.sql("select count(*) from auth.users where email = %s", email) == [(1,)]


async def test_a_slow_mail_server_does_not_keep_others_from_signing_in(client: Client) -> None:
    user = await client.new_user()
    client.mailbox.delay = 30.0
    stuck = [asyncio.create_task(client.post("/signup", {"email": address(), "password": PASSWORD})) for _ in range(10)]
    await asyncio.sleep(0.3)
    assert (await client.password(user["email"])).status == 200
    assert not any(task.done() for task in stuck)
    for task in stuck:
        task.cancel()
    await asyncio.gather(*stuck, return_exceptions=True)
