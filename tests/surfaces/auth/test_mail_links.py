"""Links and codes from mails: what they open, how often, and where they lead."""

import asyncio
import hashlib
from collections import Counter

import pytest

from gatepost.settings import Seconds
from tests.surfaces.auth.conftest import PASSWORD, SITE, Client, Open, address, pkce, url


async def test_a_link_signs_in_by_the_fragment_of_where_it_leads(client: Client) -> None:
    user = await client.new_user()
    assert (await client.post("/otp", {"email": user["email"]})).body == {}
    mail = client.mailbox.last(user["email"])
    assert mail.kind == "magic_link"
    answer = await client.follow(mail.link)
    assert answer.status == 303
    assert answer.location.startswith(f"{SITE}#access_token=")
    assert answer.headers["cache-control"] == "no-store"
    assert list(answer.fragment) == sorted(answer.fragment)
    assert answer.fragment["sb"] == ""
    assert answer.fragment["type"] == "magiclink"
    assert answer.fragment["token_type"] == "bearer"
    claims = client.tokens.verify(answer.fragment["access_token"])
    assert claims["sub"] == user["id"]
    assert [each["method"] for each in claims["amr"]] == ["otp"]
    assert (await client.refresh(answer.fragment["refresh_token"])).status == 200


async def test_a_link_works_once(client: Client) -> None:
    user = await client.new_user()
    await client.post("/recover", {"email": user["email"]})
    link = client.mailbox.last(user["email"]).link
    assert (await client.follow(link)).fragment["type"] == "recovery"
    again = await client.follow(link)
    assert again.status == 303
    assert again.fragment == {
        "error": "access_denied",
        "error_code": "otp_expired",
        "error_description": "Email link is invalid or has expired",
        "sb": "",
    }
    assert again.query == {}


async def test_twenty_who_give_the_code_at_once_are_one_session(open_client: Open) -> None:
    client = open_client(otp_max_attempts=100)
    user = await client.new_user()
    await client.post("/otp", {"email": user["email"]})
    body = {"type": "email", "email": user["email"], "token": client.mailbox.last(user["email"]).code}
    answers = await asyncio.gather(*(client.post("/verify", body) for _ in range(20)))
    assert Counter(answer.status for answer in answers) == {200: 1, 403: 19}


async def test_a_code_is_good_for_its_purpose_alone(client: Client) -> None:
    user = await client.new_user()
    await client.post("/recover", {"email": user["email"]})
    mail = client.mailbox.last(user["email"])
    for kind in ("signup", "invite", "email_change"):
        answer = await client.post("/verify", {"type": kind, "token_hash": mail.hash})
        assert (answer.status, answer.code) == (403, "otp_expired")
    assert (await client.post("/verify", {"type": "recovery", "token_hash": mail.hash})).status == 200


async def test_a_code_of_one_address_is_none_of_another(client: Client) -> None:
    ann, bob = await client.new_user(), await client.new_user()
    await client.post("/otp", {"email": ann["email"]})
    code = client.mailbox.last(ann["email"]).code
    answer = await client.post("/verify", {"type": "email", "email": bob["email"], "token": code})
    assert (answer.status, answer.code, answer.message) == (403, "otp_expired", "Token has expired or is invalid")


@pytest.mark.parametrize("kind", ["magiclink", "email", "recovery"])
async def test_codes_expire(open_client: Open, kind: str) -> None:
    client = open_client(mailer_otp_exp=Seconds(600))
    user = await client.new_user()
    await client.post("/otp", {"email": user["email"]})
    mail = client.mailbox.last(user["email"])
    client.clock.forward(601)
    by_code = await client.post("/verify", {"type": kind, "email": user["email"], "token": mail.code})
    assert (by_code.status, by_code.message) == (403, "Token has expired or is invalid")
    by_hash = await client.post("/verify", {"type": kind, "token_hash": mail.hash})
    assert (by_hash.status, by_hash.message) == (403, "Email link is invalid or has expired")


async def test_a_code_cannot_be_guessed_and_its_link_still_works(open_client: Open) -> None:
    client = open_client(otp_max_attempts=3)
    user = await client.new_user()
    await client.post("/otp", {"email": user["email"]})
    mail = client.mailbox.last(user["email"])
    wrong = "0" * 6 if mail.code != "0" * 6 else "1" * 6
    for _ in range(3):
        assert (await client.post("/verify", {"type": "email", "email": user["email"], "token": wrong})).status == 403
    right = await client.post("/verify", {"type": "email", "email": user["email"], "token": mail.code})
    assert (right.status, right.code) == (403, "otp_expired")
    assert "access_token" in (await client.follow(mail.link)).fragment


async def test_guesses_at_once_are_counted_one_by_one(open_client: Open) -> None:
    client = open_client(otp_max_attempts=3)
    user = await client.new_user()
    await client.post("/otp", {"email": user["email"]})
    code = client.mailbox.last(user["email"]).code
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    guesses = [{"type": kind, "email": user["email"], "token": wrong} for kind in ("email", "magiclink") * 10]
    await asyncio.gather(*(client.post("/verify", guess) for guess in guesses))
    answer = await client.post("/verify", {"type": "magiclink", "email": user["email"], "token": code})
    assert answer.status == 403


async def test_asking_again_does_not_give_guesses_without_end(open_client: Open) -> None:
    client = open_client(otp_max_attempts=2, smtp_max_frequency=Seconds(0))
    user = await client.new_user()
    for _ in range(6):
        await client.post("/otp", {"email": user["email"]})
        code = client.mailbox.last(user["email"]).code
        wrong = f"{(int(code) + 1) % 1_000_000:06}"
        for _ in range(2):
            await client.post("/verify", {"type": "email", "email": user["email"], "token": wrong})
    await client.post("/otp", {"email": user["email"]})
    body = {"type": "email", "email": user["email"], "token": client.mailbox.last(user["email"]).code}
    assert (await client.post("/verify", body)).status == 403
    client.clock.forward(3601)
    await client.post("/otp", {"email": user["email"]})
    body["token"] = client.mailbox.last(user["email"]).code
    assert (await client.post("/verify", body)).status == 200


async def test_whoever_is_new_signs_up_with_the_link(client: Client) -> None:
    email = address()
    answer = await client.post("/otp", {"email": email, "data": {"name": "Ann"}})
    assert (answer.status, answer.body) == (200, {})
    mail = client.mailbox.last(email)
    assert mail.kind == "confirmation"
    session = await client.post("/verify", {"type": "email", "email": email, "token": mail.code})
    assert session.status == 200
    assert session.body["user"]["user_metadata"]["name"] == "Ann"
    assert session.body["user"]["email_confirmed_at"]


async def test_whoever_is_new_gets_a_magic_link_where_sign_ups_confirm_themselves(open_client: Open) -> None:
    client = open_client(mailer_autoconfirm=True)
    email = address()
    assert (await client.post("/magiclink", {"email": email})).status == 200
    assert client.mailbox.last(email).kind == "magic_link"
    assert "access_token" in (await client.follow(client.mailbox.last(email).link)).fragment


async def test_no_new_user_where_the_client_wants_none(client: Client) -> None:
    answer = await client.post("/otp", {"email": address(), "create_user": False})
    assert (answer.status, answer.code, answer.message) == (422, "otp_disabled", "Signups not allowed for otp")
    user = await client.new_user()
    assert (await client.post("/otp", {"email": user["email"], "create_user": False})).status == 200


async def test_a_forgotten_password(client: Client) -> None:
    user = await client.new_user()
    assert (await client.post("/recover", {"email": user["email"]})).body == {}
    assert (await client.post("/recover", {"email": address()})).body == {}
    code = client.mailbox.last(user["email"]).code
    session = await client.post("/verify", {"type": "recovery", "email": user["email"], "token": code})
    changed = await client.put("/user", {"password": "a new password"}, bearer=session.body["access_token"])
    assert changed.status == 200
    assert (await client.password(user["email"])).status == 400
    assert (await client.password(user["email"], "a new password")).status == 200


@pytest.mark.parametrize("path", ["/otp", "/magiclink", "/recover"])
async def test_one_mail_a_minute(client: Client, path: str) -> None:
    user = await client.new_user()
    assert (await client.post(path, {"email": user["email"]})).status == 200
    soon = await client.post(path, {"email": user["email"]})
    assert (soon.status, soon.code) == (429, "over_email_send_rate_limit")
    assert soon.message.startswith("For security purposes, you can only request this after ")
    client.clock.forward(61)
    assert (await client.post(path, {"email": user["email"]})).status == 200


async def test_resend(client: Client) -> None:
    email = address()
    assert (await client.post("/resend", {"type": "signup", "email": email})).body == {}
    await client.post("/signup", {"email": email, "password": PASSWORD})
    assert (await client.post("/resend", {"type": "signup", "email": email})).status == 429
    client.clock.forward(61)
    assert (await client.post("/resend", {"type": "signup", "email": email})).body == {}
    assert len(client.mailbox.to(email)) == 2
    assert "access_token" in (await client.follow(client.mailbox.last(email).link)).fragment
    client.clock.forward(61)
    assert (await client.post("/resend", {"type": "signup", "email": email})).body == {}
    assert len(client.mailbox.to(email)) == 2


async def test_resending_to_a_number_that_nobody_has_is_quiet_every_time(open_client: Open) -> None:
    client = open_client(external_phone_enabled=True)
    for kind in ("sms", "phone_change", "phone_change"):
        answer = await client.post("/resend", {"type": kind, "phone": "+491511234567"})
        assert (answer.status, answer.body) == (200, {})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"email": "a@example.com"}, "Missing one of these types: signup, email_change, sms, phone_change"),
        (
            {"type": "recovery", "email": "a@example.com"},
            "Missing one of these types: signup, email_change, sms, phone_change",
        ),
        ({"type": "signup", "phone": "+4912345"}, "Type provided requires an email address"),
        ({"type": "sms", "email": "a@example.com"}, "Type provided requires a phone number"),
        ({"type": "email_change"}, "Missing email address or phone number"),
    ],
)
async def test_what_cannot_be_resent(client: Client, body: object, message: str) -> None:
    answer = await client.post("/resend", body)
    assert (answer.status, answer.code, answer.message) == (400, "validation_failed", message)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"token": "123456", "email": "a@example.com"}, 400, "Verify requires a verification type"),
        ({"type": "email", "email": "a@example.com"}, 400, "Verify requires either a token or a token hash"),
        ({"type": "email", "token": "1", "token_hash": "2"}, 400, "Verify requires either a token or a token hash"),
        ({"type": "email", "token": "1"}, 400, "Only an email address or phone number should be provided on verify"),
        ({"type": "email", "token": "1", "email": "nobody"}, 422, "Invalid email format"),
        (
            {"type": "email", "token_hash": "2", "email": "a@example.com"},
            400,
            "Only the token_hash and type should be provided",
        ),
        ({"type": "sms", "token": "1", "phone": "call me"}, 400, "Invalid phone number format (E.164 required)"),
        ({"type": "sms", "token": "123456", "phone": "+4912345678"}, 403, "Token has expired or is invalid"),
        ({"type": "email", "token": "123456", "email": "nobody@example.com"}, 403, "Token has expired or is invalid"),
        ({"type": "unheard", "token_hash": "2"}, 400, "Invalid email verification type"),
    ],
)
async def test_what_cannot_be_verified(client: Client, body: object, status: int, message: str) -> None:
    answer = await client.post("/verify", body)
    assert (answer.status, answer.message) == (status, message)


async def test_a_link_leads_where_it_was_asked_to_if_that_is_allowed(open_client: Open) -> None:
    client = open_client(uri_allow_list=("https://*.example.org/**",))
    for asked, expected in (
        ("https://my.example.org/welcome?a=1", "https://my.example.org/welcome?a=1"),
        (f"{SITE}/inside", f"{SITE}/inside"),
        ("https://evil.example.net/", SITE),
        ("https://app.example.com.evil.net/", SITE),
        ("https://app.example.com@evil.net/", SITE),
        ("javascript:alert(1)", SITE),
        ("//evil.net", SITE),
    ):
        user = await client.new_user()
        await client.post(url("/recover", redirect_to=asked), {"email": user["email"]})
        mail = client.mailbox.last(user["email"])
        assert mail.variables["RedirectTo"] == expected
        assert (await client.follow(mail.link)).location.partition("#")[0] == expected


async def test_no_header_changes_where_a_link_points(client: Client) -> None:
    user = await client.new_user()
    headers = [
        (b"host", b"evil.net"),
        (b"x-forwarded-host", b"evil.net"),
        (b"x-forwarded-proto", b"http"),
        (b"forwarded", b"host=evil.net"),
        (b"x-original-host", b"evil.net"),
        (b"referer", b"https://evil.net/"),
        (b"redirect_to", b"https://evil.net/"),
        (b"origin", b"https://evil.net"),
    ]
    await client.post("/recover", {"email": user["email"]}, headers=headers)
    mail = client.mailbox.last(user["email"])
    assert mail.link.startswith("https://api.example.com/auth/v1/verify?token=")
    assert "evil" not in repr(mail.variables)


async def test_a_link_without_type_or_token_or_with_two_is_refused(client: Client) -> None:
    assert (await client.get("/verify?token=x")).message == "Verify requires a verification type"
    assert (await client.get("/verify?type=signup")).message == "Verify requires a token or a token hash"
    assert (await client.get("/verify?type=signup&token=a&token=b")).status == 400
    unknown = await client.get("/verify?type=unheard&token=x")
    assert unknown.status == 303
    assert unknown.fragment["error_code"] == "validation_failed"
    assert unknown.fragment["error"] == "invalid_request"


async def test_a_banned_user_gets_in_by_no_link(client: Client) -> None:
    user = await client.new_user()
    await client.post("/otp", {"email": user["email"]})
    await client.put(f"/admin/users/{user['id']}", {"ban_duration": "1h"}, bearer=client.admin)
    answer = await client.follow(client.mailbox.last(user["email"]).link)
    assert answer.fragment["error_code"] == "user_banned"


async def test_codes_are_kept_hashed(client: Client) -> None:
    user = await client.new_user()
    await client.post("/otp", {"email": user["email"]})
    mail = client.mailbox.last(user["email"])
    [(stored,)] = client.sql("select recovery_token from auth.users where id = %s", user["id"])
    assert stored == hashlib.sha224((user["email"] + mail.code).encode()).hexdigest()
    kept = client.sql("select token_hash from auth.one_time_tokens where user_id = %s", user["id"])
    assert kept == [(mail.hash,)]
    assert len(mail.hash) == 56


@pytest.mark.parametrize("mark", ["", "pkce_"])
async def test_a_link_does_not_follow_from_address_and_code(client: Client, mark: str) -> None:
    """Else all codes could be tried as links, and guesses of links are not counted."""
    user = await client.new_user()
    await client.post("/otp", {"email": user["email"], **(pkce()[1] if mark else {})})
    mail = client.mailbox.last(user["email"])
    derived = mark + hashlib.sha224((user["email"] + mail.code).encode()).hexdigest()
    assert derived not in mail.link
    for kind in ("magiclink", "email", "recovery"):
        answer = await client.post("/verify", {"type": kind, "token_hash": derived})
        assert (answer.status, answer.code) == (403, "otp_expired")
        followed = await client.get(f"/verify?type={kind}&token={derived}")
        assert "otp_expired" in followed.location
    given = {"type": "email", "email": user["email"], "token": mail.code}
    assert (await client.post("/verify", given)).status == 200


async def test_a_generated_link_is_no_other_way_to_guess_its_code(client: Client) -> None:
    user = await client.new_user()
    body = {"type": "magiclink", "email": user["email"]}
    made = (await client.post("/admin/generate_link", body, bearer=client.admin)).body
    derived = hashlib.sha224((user["email"] + made["email_otp"]).encode()).hexdigest()
    assert (await client.post("/verify", {"type": "magiclink", "token_hash": derived})).status == 403
    assert (await client.post("/verify", {"type": "magiclink", "token_hash": made["hashed_token"]})).status == 200


@pytest.mark.parametrize("method", ["s256", "S256", "plain"])
async def test_with_pkce_a_link_leads_to_a_code(client: Client, method: str) -> None:
    user = await client.new_user()
    verifier, challenge = pkce(method)
    await client.post("/otp", {"email": user["email"], **challenge})
    mail = client.mailbox.last(user["email"])
    assert mail.hash.startswith("pkce_")
    answer = await client.follow(mail.link)
    assert answer.fragment == {}
    code = answer.query["code"]
    body = {"auth_code": code, "code_verifier": verifier}
    session = await client.post("/token?grant_type=pkce", body)
    assert session.status == 200
    assert [each["method"] for each in client.tokens.verify(session.body["access_token"])["amr"]] == ["magiclink"]
    again = await client.post("/token?grant_type=pkce", body)
    assert (again.status, again.code) == (404, "flow_state_not_found")


@pytest.mark.parametrize(("path", "method"), [("/signup", "email/signup"), ("/recover", "recovery")])
async def test_pkce_for_sign_up_and_recovery(client: Client, path: str, method: str) -> None:
    verifier, challenge = pkce()
    email = address() if path == "/signup" else (await client.new_user())["email"]
    await client.post(path, {"email": email, "password": PASSWORD, **challenge})
    answer = await client.follow(client.mailbox.last(email).link)
    body = {"auth_code": answer.query["code"], "code_verifier": verifier}
    session = await client.post("/token?grant_type=pkce", body)
    assert [each["method"] for each in client.tokens.verify(session.body["access_token"])["amr"]] == [method]


async def test_a_code_needs_its_verifier_and_its_time(client: Client) -> None:
    user = await client.new_user()
    verifier, challenge = pkce()
    await client.post("/otp", {"email": user["email"], **challenge})
    code = (await client.follow(client.mailbox.last(user["email"]).link)).query["code"]
    for body, status, expected in (
        ({"auth_code": code}, 400, "validation_failed"),
        ({"code_verifier": verifier}, 400, "validation_failed"),
        ({"auth_code": code, "code_verifier": "another" * 8}, 400, "bad_code_verifier"),
        ({"auth_code": "no code", "code_verifier": verifier}, 404, "flow_state_not_found"),
    ):
        answer = await client.post("/token?grant_type=pkce", body)
        assert (answer.status, answer.code) == (status, expected)
    client.clock.forward(301)
    late = await client.post("/token?grant_type=pkce", {"auth_code": code, "code_verifier": verifier})
    assert (late.status, late.code) == (422, "flow_state_expired")


async def test_a_code_exchanged_ten_times_at_once_is_one_session(client: Client) -> None:
    user = await client.new_user()
    verifier, challenge = pkce()
    await client.post("/otp", {"email": user["email"], **challenge})
    code = (await client.follow(client.mailbox.last(user["email"]).link)).query["code"]
    body = {"auth_code": code, "code_verifier": verifier}
    answers = await asyncio.gather(*(client.post("/token?grant_type=pkce", body) for _ in range(10)))
    assert Counter(answer.status for answer in answers) == {200: 1, 404: 9}


async def test_a_spent_pkce_link_says_so_in_query_and_fragment(client: Client) -> None:
    user = await client.new_user()
    await client.post("/otp", {"email": user["email"], **pkce()[1]})
    link = client.mailbox.last(user["email"]).link
    await client.follow(link)
    again = await client.follow(link)
    assert again.query["error_code"] == again.fragment["error_code"] == "otp_expired"


@pytest.mark.parametrize(
    ("setting", "path", "status"),
    [
        ({"external_email_enabled": False}, "/otp", 422),
        ({"external_email_magic_link_enabled": False}, "/magiclink", 422),
        ({"external_email_enabled": False}, "/recover", 400),
        ({"external_email_enabled": False}, "/signup", 400),
    ],
)
async def test_mail_switched_off(open_client: Open, setting: dict[str, bool], path: str, status: int) -> None:
    answer = await open_client(**setting).post(path, {"email": address(), "password": PASSWORD})
    assert (answer.status, answer.code) == (status, "email_provider_disabled")


async def test_mail_goes_to_authorized_addresses_only(open_client: Open) -> None:
    name = address()
    client = open_client(external_email_authorized_addresses=(name,))
    labelled = name.replace("@", "+label@")
    assert (await client.post("/signup", {"email": labelled, "password": PASSWORD})).status == 200
    answer = await client.post("/signup", {"email": address(), "password": PASSWORD})
    assert (answer.status, answer.code) == (400, "email_address_not_authorized")
