"""Second factors: an authenticator app raises a session to aal2, once a code, and guards what comes after."""

import asyncio
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from pyotp.totp import TOTP

from gatepost.settings import FactorSettings
from tests.surfaces.auth.conftest import Answer, Client, Open


@dataclass
class Phone:
    """Somebody with an authenticator app: who is signed in, and the secrets the app holds."""

    client: Client
    session: dict[str, Any]
    secrets: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def bearer(self) -> str:
        return self.session["access_token"]

    async def enrol(self, name: str = "", **more: Any) -> Answer:
        body = {"factor_type": "totp", "friendly_name": name} | more
        answer = await self.client.post("/factors", body, bearer=self.bearer)
        if answer.status == 200:
            self.secrets[answer.body["id"]] = answer.body["totp"]["secret"]
        return answer

    async def challenge(self, factor: str, **more: Any) -> Answer:
        return await self.client.post(f"/factors/{factor}/challenge", {}, **({"bearer": self.bearer} | more))

    async def verify(self, factor: str, challenge: str, code: str, **more: Any) -> Answer:
        body = {"challenge_id": challenge, "code": code}
        return await self.client.post(f"/factors/{factor}/verify", body, **({"bearer": self.bearer} | more))

    def code(self, factor: str, steps: int = 0) -> str:
        return TOTP(self.secrets[factor]).at(int(self.client.clock()) + 30 * steps)

    async def answer(self, factor: str, code: str | None = None) -> Answer:
        """Challenge and verify in one go, as clients' `challengeAndVerify` does."""
        challenge = await self.challenge(factor)
        return await self.verify(factor, challenge.body["id"], self.code(factor) if code is None else code)

    async def raised(self, name: str = "") -> str:
        """A verified factor, and the session at aal2."""
        factor = (await self.enrol(name)).body["id"]
        answer = await self.answer(factor)
        assert answer.status == 200, answer
        self.session = answer.body
        self.client.clock.forward(90)
        return factor


@pytest.fixture
async def phone(client: Client) -> Phone:
    client.clock.forward(30 - client.clock() % 30 + 5)  # within a time step, so that none ends between two calls
    return Phone(client, await client.signed_in())


def with_factors(client: Client, **settings: Any) -> Client:
    client.surface.auth = replace(client.surface.auth, factors=FactorSettings(**settings))
    return client


# -- enrolling -----------------------------------------------------------------------------------------------------


async def test_enrolling_gives_a_secret_its_address_and_its_picture(phone: Phone):
    answer = await phone.enrol("my phone")
    assert answer.status == 200
    assert set(answer.body) == {"id", "type", "friendly_name", "totp"}
    assert (answer.body["type"], answer.body["friendly_name"]) == ("totp", "my phone")
    totp = answer.body["totp"]
    assert len(totp["secret"]) == 32
    address = urlsplit(totp["uri"])
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert address.path == f"/app.example.com:{phone.session['user']['email']}"
    assert parse_qs(address.query) == {
        "algorithm": ["SHA1"],
        "digits": ["6"],
        "issuer": ["app.example.com"],
        "period": ["30"],
        "secret": [totp["secret"]],
    }
    assert answer.headers["cache-control"] == "no-store"


async def test_the_picture_is_svg_that_fits_a_data_url(phone: Phone):
    picture = (await phone.enrol()).body["totp"]["qr_code"]
    assert picture.startswith("<svg ")
    assert "#" not in picture and "%" not in picture
    assert ElementTree.fromstring(picture).tag.endswith("svg")


async def test_an_issuer_may_be_named(phone: Phone):
    totp = (await phone.enrol("a", issuer="My: App/ü")).body["totp"]
    assert urlsplit(totp["uri"]).path.startswith("/My%3A%20App%2F%C3%BC:")
    assert parse_qs(urlsplit(totp["uri"]).query)["issuer"] == ["My: App/ü"]
    refused = await phone.enrol("b", issuer="x" * 4000)
    assert (refused.status, refused.code) == (400, "validation_failed")


async def test_a_factor_shows_without_its_secret(phone: Phone):
    factor = (await phone.enrol("my phone")).body["id"]
    user = (await phone.client.get("/user", bearer=phone.bearer)).body
    [shown] = user["factors"]
    assert (shown["id"], shown["status"], shown["factor_type"]) == (factor, "unverified", "totp")
    assert shown["friendly_name"] == "my phone"
    assert "secret" not in shown
    admin = await phone.client.get(f"/admin/users/{user['id']}/factors", bearer=phone.client.admin)
    assert [each["id"] for each in admin.body] == [factor]
    assert phone.secrets[factor] not in str(user) + str(admin.body)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"factor_type": "phone", "phone": "+4930123"}, 422, "mfa_phone_enroll_not_enabled"),
        ({"factor_type": "webauthn"}, 422, "mfa_webauthn_enroll_not_enabled"),
        ({"factor_type": "sms"}, 400, "validation_failed"),
        ({}, 400, "validation_failed"),
        ({"factor_type": "totp", "friendly_name": 7}, 400, "bad_json"),
        ({"factor_type": "totp", "friendly_name": "a\0b"}, 400, "validation_failed"),
    ],
)
async def test_what_cannot_be_enrolled_says_why(phone: Phone, body: dict[str, Any], status: int, code: str):
    answer = await phone.client.post("/factors", body, bearer=phone.bearer)
    assert (answer.status, answer.code) == (status, code)


async def test_enrolling_can_be_turned_off(open_client: Open):
    client = with_factors(open_client(), totp_enroll_enabled=False)
    answer = await Phone(client, await client.signed_in()).enrol()
    assert (answer.status, answer.code) == (422, "mfa_totp_enroll_not_enabled")


async def test_names_are_unique_and_no_name_is_a_name(phone: Phone):
    assert (await phone.enrol("a")).status == 200
    again = await phone.enrol("a")
    assert (again.status, again.code) == (422, "mfa_factor_name_conflict")
    assert (await phone.enrol("")).status == 200
    assert (await phone.enrol("")).code == "mfa_factor_name_conflict"


async def test_a_user_has_so_many_factors_even_when_asking_at_once(open_client: Open):
    client = with_factors(open_client(), max_enrolled=3)
    phone = Phone(client, await client.signed_in())
    answers = await asyncio.gather(*(phone.enrol(f"factor {number}") for number in range(8)))
    assert sorted(answer.status for answer in answers) == [200] * 3 + [422] * 5
    assert {answer.code for answer in answers if answer.status == 422} == {"too_many_enrolled_mfa_factors"}


async def test_a_factor_nobody_verified_is_forgotten(phone: Phone):
    old = (await phone.enrol("a")).body["id"]
    phone.client.clock.forward(301)
    assert (await phone.enrol("a")).status == 200
    user = (await phone.client.get("/user", bearer=phone.bearer)).body
    assert old not in [each["id"] for each in user["factors"]]


async def test_an_anonymous_user_has_no_factors(open_client: Open):
    client = open_client(external_anonymous_users_enabled=True)
    session = (await client.post("/signup", {})).body
    answer = await Phone(client, session).enrol()
    assert (answer.status, answer.code) == (403, "no_authorization")


async def test_without_a_bearer_there_is_nothing_to_enrol(client: Client):
    for method, path in (("POST", "/factors"), ("DELETE", f"/factors/{uuid4()}")):
        assert (await client.send(method, path, {})).status == 401


# -- verifying -----------------------------------------------------------------------------------------------------


async def test_the_right_code_raises_the_session(phone: Phone):
    before = phone.client.tokens.verify(phone.bearer)
    factor = (await phone.enrol()).body["id"]
    challenge = await phone.challenge(factor)
    assert challenge.status == 200
    assert set(challenge.body) == {"id", "type", "expires_at"}
    assert challenge.body["type"] == "totp"
    assert 290 < challenge.body["expires_at"] - phone.client.clock() <= 300

    answer = await phone.verify(factor, challenge.body["id"], phone.code(factor))
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    after = phone.client.tokens.verify(answer.body["access_token"])
    assert (before["aal"], after["aal"]) == ("aal1", "aal2")
    assert before["session_id"] == after["session_id"]
    assert [each["method"] for each in after["amr"]] == ["totp", "password"]
    assert answer.body["user"]["factors"][0]["status"] == "verified"
    row = phone.client.sql("select aal::text, factor_id::text from auth.sessions where id = %s", after["session_id"])
    assert row == [("aal2", factor)]


async def test_the_raised_session_stays_raised_when_it_is_refreshed(phone: Phone):
    await phone.raised()
    refreshed = await phone.client.refresh(phone.session["refresh_token"])
    assert refreshed.status == 200
    assert phone.client.tokens.verify(refreshed.body["access_token"])["aal"] == "aal2"


async def test_what_the_session_held_before_cannot_be_refreshed(phone: Phone):
    old = phone.session["refresh_token"]
    await phone.raised()
    phone.client.clock.forward(60)
    answer = await phone.client.refresh(old)
    assert (answer.status, answer.code) == (400, "refresh_token_already_used")


async def test_the_users_weaker_sessions_end(phone: Phone):
    email = phone.session["user"]["email"]
    other = (await phone.client.password(email)).body
    stranger = await phone.client.signed_in()
    await phone.raised()
    gone = await phone.client.get("/user", bearer=other["access_token"])
    assert (gone.status, gone.code) == (403, "session_not_found")
    assert (await phone.client.refresh(other["refresh_token"])).status == 400
    assert (await phone.client.get("/user", bearer=phone.bearer)).status == 200
    assert (await phone.client.get("/user", bearer=stranger["access_token"])).status == 200


async def test_factors_that_were_only_begun_are_gone_once_one_is_verified(phone: Phone):
    begun = (await phone.enrol("begun")).body["id"]
    kept = await phone.raised("kept")
    user = (await phone.client.get("/user", bearer=phone.bearer)).body
    assert [each["id"] for each in user["factors"]] == [kept] != [begun]


@pytest.mark.parametrize("steps", [-1, 0, 1])
async def test_a_clock_that_is_a_step_off_is_forgiven(phone: Phone, steps: int):
    factor = (await phone.enrol()).body["id"]
    assert (await phone.answer(factor, phone.code(factor, steps))).status == 200


@pytest.mark.parametrize("steps", [-3, 3])
async def test_a_code_of_another_time_is_not(phone: Phone, steps: int):
    factor = (await phone.enrol()).body["id"]
    answer = await phone.answer(factor, phone.code(factor, steps))
    assert (answer.status, answer.code) == (422, "mfa_verification_failed")
    assert answer.message == "Invalid TOTP code entered"


@pytest.mark.parametrize("code", ["000", "1234567", "abcdef", "１２３４５６", "12345\0", " ", "-1"])
async def test_a_code_that_is_none_is_wrong(phone: Phone, code: str):
    factor = (await phone.enrol()).body["id"]
    answer = await phone.answer(factor, code)
    assert (answer.status, answer.code) == (422, "mfa_verification_failed")


async def test_a_code_works_once(phone: Phone):
    factor = (await phone.enrol()).body["id"]
    code = phone.code(factor)
    assert (await phone.answer(factor, code)).status == 200
    again = await phone.answer(factor, code)
    assert (again.status, again.code) == (422, "mfa_verification_failed")


async def test_an_earlier_code_does_not_work_after_a_later_one(phone: Phone):
    factor = (await phone.enrol()).body["id"]
    earlier = phone.code(factor)
    assert (await phone.answer(factor, phone.code(factor, 1))).status == 200
    assert (await phone.answer(factor, earlier)).code == "mfa_verification_failed"


async def test_of_many_at_once_one_gets_through(phone: Phone):
    factor = (await phone.enrol()).body["id"]
    code = phone.code(factor)
    challenges = [(await phone.challenge(factor)).body["id"] for _ in range(5)]
    answers = await asyncio.gather(*(phone.verify(factor, each, code) for each in challenges))
    assert sorted(answer.status for answer in answers) == [200, 422, 422, 422, 422]


async def test_a_challenge_works_once(phone: Phone):
    factor = (await phone.enrol()).body["id"]
    challenge = (await phone.challenge(factor)).body["id"]
    assert (await phone.verify(factor, challenge, phone.code(factor))).status == 200
    phone.client.clock.forward(60)
    again = await phone.verify(factor, challenge, phone.code(factor))
    assert (again.status, again.code) == (422, "mfa_ip_address_mismatch")


async def test_a_challenge_works_once_also_for_two_right_codes_at_once(phone: Phone):
    factor = (await phone.enrol()).body["id"]
    challenge = (await phone.challenge(factor)).body["id"]
    codes = [phone.code(factor, steps) for steps in (-1, 0, 1)]
    answers = await asyncio.gather(*(phone.verify(factor, challenge, code) for code in codes))
    assert sorted(answer.status for answer in answers) == [200, 422, 422]


async def test_a_challenge_has_an_end(phone: Phone):
    factor = (await phone.enrol()).body["id"]
    challenge = (await phone.challenge(factor)).body["id"]
    phone.client.clock.forward(301)
    answer = await phone.verify(factor, challenge, phone.code(factor))
    assert (answer.status, answer.code) == (422, "mfa_challenge_expired")
    again = await phone.verify(factor, challenge, phone.code(factor))
    assert (again.status, again.code) == (422, "mfa_factor_not_found")


async def test_a_challenge_belongs_to_the_address_that_asked(phone: Phone):
    factor = (await phone.enrol()).body["id"]
    challenge = (await phone.challenge(factor)).body["id"]
    elsewhere = await phone.verify(factor, challenge, phone.code(factor), client="192.0.2.77")
    assert (elsewhere.status, elsewhere.code) == (422, "mfa_ip_address_mismatch")
    assert (await phone.verify(factor, challenge, phone.code(factor))).status == 200


async def test_guesses_end_for_a_challenge_and_the_right_code_comes_too_late(open_client: Open):
    client = with_factors(open_client(), max_attempts=3)
    phone = Phone(client, await client.signed_in())
    factor = (await phone.enrol()).body["id"]
    challenge = (await phone.challenge(factor)).body["id"]
    statuses = [(await phone.verify(factor, challenge, "000000")).status for _ in range(3)]
    late = await phone.verify(factor, challenge, phone.code(factor))
    assert statuses == [422, 422, 422]
    assert (late.status, late.code) == (429, "over_request_rate_limit")
    assert int(late.headers["retry-after"]) > 0
    assert (await phone.answer(factor)).status == 200


async def test_new_challenges_do_not_buy_guesses_without_end(open_client: Open):
    client = with_factors(open_client(), max_attempts=2)
    phone = Phone(client, await client.signed_in())
    factor = (await phone.enrol()).body["id"]
    statuses = [(await phone.answer(factor, "000000")).status for _ in range(12)]
    assert statuses == [422] * 10 + [429] * 2
    assert (await phone.answer(factor)).status == 429
    client.clock.forward(3601)
    renewed = Phone(client, (await client.password(phone.session["user"]["email"])).body, phone.secrets)
    assert (await renewed.answer(factor)).status == 200


async def test_anothers_factor_and_challenge_are_not_there(phone: Phone):
    factor = (await phone.enrol()).body["id"]
    challenge = (await phone.challenge(factor)).body["id"]
    eve = Phone(phone.client, await phone.client.signed_in(), phone.secrets)
    own = (await eve.enrol()).body["id"]
    for answer in (
        await eve.challenge(factor),
        await eve.verify(factor, challenge, eve.code(factor)),
        await phone.client.delete(f"/factors/{factor}", bearer=eve.bearer),
    ):
        assert (answer.status, answer.code) == (404, "mfa_factor_not_found")
    mixed = await eve.verify(own, challenge, eve.code(own))
    assert (mixed.status, mixed.code) == (422, "mfa_factor_not_found")
    assert (await phone.answer(factor)).status == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"challenge_id": "x", "code": "123456"}, 400),
        ({"challenge_id": str(uuid4()), "code": "123456"}, 422),
        ({"challenge_id": str(uuid4()), "code": ""}, 400),
        ({"challenge_id": str(uuid4()), "code": 123456}, 400),
        ({}, 400),
        ([], 400),
    ],
)
async def test_a_verification_that_makes_no_sense_says_so(phone: Phone, body: object, status: int):
    factor = (await phone.enrol()).body["id"]
    assert (await phone.client.post(f"/factors/{factor}/verify", body, bearer=phone.bearer)).status == status


@pytest.mark.parametrize("path", ["/factors/x/verify", "/factors/x/challenge", "/factors/1; drop table/challenge"])
async def test_an_id_that_is_none_is_not_found(phone: Phone, path: str):
    assert (await phone.client.post(path, {}, bearer=phone.bearer)).status == 404


async def test_verifying_can_be_turned_off(open_client: Open):
    client = open_client()
    phone = Phone(client, await client.signed_in())
    factor = (await phone.enrol()).body["id"]
    with_factors(client, totp_verify_enabled=False)
    answer = await phone.challenge(factor)
    assert (answer.status, answer.code) == (422, "mfa_totp_verify_not_enabled")
    nobodys = await phone.challenge(str(uuid4()))
    assert (nobodys.status, nobodys.code) == (404, "mfa_factor_not_found")


# -- with a verified factor ----------------------------------------------------------------------------------------


async def test_a_session_without_the_factor_cannot_add_or_remove_one(phone: Phone):
    factor = await phone.raised()
    weak = Phone(phone.client, (await phone.client.password(phone.session["user"]["email"])).body, phone.secrets)
    added = await weak.enrol("another")
    assert (added.status, added.code) == (403, "insufficient_aal")
    removed = await phone.client.delete(f"/factors/{factor}", bearer=weak.bearer)
    assert (removed.status, removed.code) == (422, "insufficient_aal")
    assert (await phone.enrol("another")).status == 200


async def test_a_second_session_is_raised_by_the_same_factor_and_the_first_stays(phone: Phone):
    factor = await phone.raised()
    second = Phone(phone.client, (await phone.client.password(phone.session["user"]["email"])).body, phone.secrets)
    assert (await second.answer(factor)).status == 200
    assert (await phone.client.get("/user", bearer=phone.bearer)).status == 200


async def test_taking_the_factor_away_lowers_the_sessions_it_raised(phone: Phone):
    factor = await phone.raised()
    answer = await phone.client.delete(f"/factors/{factor}", bearer=phone.bearer)
    assert (answer.status, answer.body) == (200, {"id": factor})
    refreshed = await phone.client.refresh(phone.session["refresh_token"])
    claims = phone.client.tokens.verify(refreshed.body["access_token"])
    assert claims["aal"] == "aal1"
    assert [each["method"] for each in claims["amr"]] == ["password"]
    assert phone.client.sql("select 1 from auth_private.totp_uses where factor_id = %s", factor) == []


async def test_a_factor_that_was_only_begun_can_be_dropped_at_any_time(phone: Phone):
    factor = (await phone.enrol()).body["id"]
    assert (await phone.client.delete(f"/factors/{factor}", bearer=phone.bearer)).status == 200
    assert "factors" not in (await phone.client.get("/user", bearer=phone.bearer)).body


async def test_an_administrator_takes_a_lost_phones_factor_away(phone: Phone):
    factor = await phone.raised()
    user = phone.session["user"]["id"]
    removed = await phone.client.delete(f"/admin/users/{user}/factors/{factor}", bearer=phone.client.admin)
    assert (removed.status, removed.body["id"]) == (200, factor)
    left = await phone.client.get(f"/admin/users/{user}/factors", bearer=phone.client.admin)
    assert left.body == []


async def test_what_happened_is_in_the_audit_log(phone: Phone):
    factor = await phone.raised()
    await phone.client.delete(f"/factors/{factor}", bearer=phone.bearer)
    rows = phone.client.sql(
        "select payload ->> 'action' from auth.audit_log_entries where payload -> 'traits' ->> 'factor_id' = %s"
        " order by created_at",
        factor,
    )
    assert [action for (action,) in rows] == [
        "factor_in_progress",
        "challenge_created",
        "verification_attempted",
        "factor_unenrolled",
    ]


async def test_the_user_is_told_when_a_factor_is_there_and_when_it_is_gone(phone: Phone):
    factor = await phone.raised()
    assert (await phone.answer(factor)).status == 200
    phone.client.clock.forward(60)
    phone.session = (await phone.answer(factor)).body
    await phone.client.delete(f"/factors/{factor}", bearer=phone.bearer)
    email = phone.session["user"]["email"]
    told = [mail for mail in phone.client.mailbox.to(email) if mail.kind.startswith("mfa")]
    assert [mail.kind for mail in told] == ["mfa_factor_enrolled", "mfa_factor_unenrolled"]
    assert told[0].variables["FactorType"] == "totp"
