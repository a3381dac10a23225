"""Functions of an application that the auth surface asks: before a user is stored, after a password or a code, for a
mail. Their events and what their answers mean are GoTrue's.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest

from gatepost.problem import Problem
from gatepost.settings import AuthSettings
from tests.conftest import Connect
from tests.surfaces.auth.conftest import API, PASSWORD, SITE, Client, Open, address
from tests.surfaces.auth.test_factors import Phone

Owner = Any
NAMES = (
    "custom_access_token", "before_user_created", "password_verification_attempt", "mfa_verification_attempt",
    "send_email", "send_sms",
)  # fmt: skip

# One function for all: it notes what it is told, by whom, and answers what the test has put down for it.
HOOKS = """
create table public.hook_log (id serial, event jsonb, by_whom text, path text);
create table public.hook_answers (hook text, answer jsonb);
alter table public.hook_log disable row level security;
alter table public.hook_answers disable row level security;
grant insert, select on public.hook_log to supabase_auth_admin;
grant select on public.hook_answers to supabase_auth_admin;
grant usage on all sequences in schema public to supabase_auth_admin;
grant usage on schema public to supabase_auth_admin;
create function public.hook(event jsonb) returns jsonb language plpgsql as $$
begin
    insert into public.hook_log (event, by_whom, path) values (event, current_user, current_setting('search_path'));
    return (select answer from public.hook_answers where hook = event #>> '{metadata,name}');
end $$;
create function public.pass_on(event jsonb) returns jsonb language sql as 'select event';
create function public.of_nobody(event jsonb) returns jsonb language sql as
    $$ select jsonb_set(event, '{claims,sub}', '"00000000-0000-0000-0000-000000000001"') $$;
create function public.of_the_server(event jsonb) returns jsonb language sql as
    $$ select jsonb_set(event, '{claims,role}', '"service_role"') $$;
create function public.secret_hook(event jsonb) returns jsonb language sql as 'select event';
grant execute on function public.hook, public.pass_on, public.of_nobody, public.of_the_server to supabase_auth_admin;
revoke execute on function public.secret_hook from public;
"""


@pytest.fixture(scope="module")
def owner(connect: Connect, database_name: str) -> Owner:
    connection = connect("postgres", database_name)
    connection.execute(HOOKS)
    return connection


@pytest.fixture
def hooked(open_client: Open, owner: Owner) -> Iterator[Open]:
    """`hooked("send_email", …)`: a client of a surface that asks these hooks."""

    def open_one(*names: str, function: str = "hook", **settings: Any) -> Client:
        assert set(names) <= set(NAMES)
        on = {f"hook_{name}_enabled": True for name in names}
        where = {f"hook_{name}_uri": f"pg-functions://postgres/public/{function}" for name in names}
        return open_client(**on, **where, **settings)

    yield open_one
    owner.execute("truncate public.hook_log, public.hook_answers")


def answering(owner: Owner, hook: str, answer: str) -> None:
    owner.execute("insert into public.hook_answers values (%s, %s)", (hook, answer))


def told(owner: Owner) -> list[dict[str, Any]]:
    return [event for (event,) in owner.execute("select event from public.hook_log order by id").fetchall()]


async def test_a_hook_runs_as_the_auth_server_on_its_path(hooked: Open, owner: Owner) -> None:
    client = hooked("before_user_created")
    assert (await client.post("/signup", {"email": address(), "password": PASSWORD})).status == 200
    assert owner.execute("select by_whom, path from public.hook_log").fetchall() == [("supabase_auth_admin", "auth")]


async def test_before_a_user_is_stored_the_application_is_asked(hooked: Open, owner: Owner) -> None:
    client, email = hooked("before_user_created"), address()
    answer = await client.post("/signup", {"email": email, "password": PASSWORD, "data": {"name": "Ann"}})
    [event] = told(owner)
    assert str(UUID(event["metadata"].pop("uuid")))
    assert event["metadata"].pop("time").endswith("Z")
    assert event["metadata"] == {"name": "before-user-created", "ip_address": "192.0.2.1"}
    assert event["user"] == {
        "id": answer.body["id"], "aud": "authenticated", "role": "", "email": email, "phone": "",
        "app_metadata": {"provider": "email", "providers": ["email"]}, "user_metadata": {"name": "Ann"},
        "identities": [], "created_at": "0001-01-01T00:00:00Z", "updated_at": "0001-01-01T00:00:00Z",
        "is_anonymous": False,
    }  # fmt: skip


async def test_an_application_may_refuse_a_new_user(hooked: Open, owner: Owner) -> None:
    client, email = hooked("before_user_created", external_anonymous_users_enabled=True), address()
    answering(owner, "before-user-created", '{"error": {"http_code": 403, "message": "members only"}}')
    for path, body, bearer in (
        ("/signup", {"email": email, "password": PASSWORD}, None),
        ("/signup", {}, None),
        ("/otp", {"email": email}, None),
        ("/invite", {"email": email}, client.admin),
        ("/admin/generate_link", {"type": "signup", "email": email, "password": PASSWORD}, client.admin),
        ("/admin/generate_link", {"type": "invite", "email": email}, client.admin),
    ):
        answer = await client.post(path, body, bearer=bearer)
        assert (answer.status, answer.code, answer.message) == (403, "unknown", "members only"), path
    older = await client.post("/signup", {"email": email, "password": PASSWORD}, headers=[])
    assert older.body == {"code": 403, "error_code": "unknown", "msg": "members only"}
    assert client.sql("select 1 from auth.users where email = %s or is_anonymous", email) == []
    assert client.mailbox.mails == []


async def test_who_is_there_already_is_no_new_user(hooked: Open, owner: Owner) -> None:
    client = hooked("before_user_created")
    email = (await client.new_user())["email"]
    assert (await client.post("/otp", {"email": email})).status == 200
    assert told(owner) == [], "an administrator makes users as they wish"


async def test_each_password_is_told_right_or_wrong(hooked: Open, owner: Owner) -> None:
    client = hooked("password_verification_attempt")
    user = await client.new_user()
    answering(owner, "password-verification", '{"decision": "continue"}')
    assert (await client.password(user["email"])).status == 200
    assert (await client.password(user["email"], "wrong")).message == "Invalid login credentials"
    assert (await client.password(address())).code == "invalid_credentials"
    assert [(event["user_id"], event["valid"]) for event in told(owner)] == [(user["id"], True), (user["id"], False)]


@pytest.mark.parametrize(
    ("answer", "message", "sessions"),
    [
        ('{"decision": "reject", "message": "Too often."}', "Too often.", 1),
        ('{"decision": "reject"}', "Further password verification attempts will be rejected.", 1),
        (
            '{"decision": "reject", "should_logout_user": true}',
            "Further password verification attempts will be rejected.",
            0,
        ),
    ],
)
async def test_a_right_password_may_be_refused(
    hooked: Open, owner: Owner, answer: str, message: str, sessions: int
) -> None:
    client = hooked("password_verification_attempt")
    user = (await client.signed_in())["user"]
    answering(owner, "password-verification", answer)
    refused = await client.password(user["email"])
    assert (refused.status, refused.code, refused.message) == (400, "invalid_credentials", message)
    assert client.sql("select count(*) from auth.sessions where user_id = %s", user["id"]) == [(sessions,)]


async def test_each_code_of_a_factor_is_told_and_may_be_refused(hooked: Open, owner: Owner) -> None:
    client = hooked("mfa_verification_attempt")
    phone = Phone(client, await client.signed_in())
    factor = await phone.raised()
    assert (await phone.answer(factor, "000000")).code == "mfa_verification_failed"
    attempts = [{name: event[name] for name in event if name != "metadata"} for event in told(owner)]
    user_id = phone.session["user"]["id"]
    same = {"user_id": user_id, "factor_id": factor, "factor_type": "totp"}
    assert attempts == [same | {"valid": True}, same | {"valid": False}]
    answering(owner, "mfa-verification", '{"decision": "reject"}')
    refused = await phone.answer(factor)
    assert (refused.status, refused.code) == (403, "mfa_verification_rejected")
    assert refused.message == "Further MFA verification attempts will be rejected."
    assert client.sql("select 1 from auth.sessions where user_id = %s", user_id) == [], "signed out everywhere"


async def test_mails_may_be_the_applications_to_send(hooked: Open, owner: Owner) -> None:
    client, email = hooked("send_email"), address()
    signed_up = await client.post(f"/signup?redirect_to={SITE}/welcome", {"email": email, "password": PASSWORD})
    assert signed_up.status == 200
    [event] = told(owner)
    assert event["metadata"]["name"] == "send-email"
    assert (event["user"]["id"], event["user"]["email"]) == (signed_up.body["id"], email)
    data = event["email_data"]
    assert {name: value for name, value in data.items() if not name.startswith("token")} == {
        "redirect_to": f"{SITE}/welcome", "email_action_type": "signup", "site_url": API,
        "old_email": "", "old_phone": "", "provider": "", "factor_type": "",
    }  # fmt: skip
    assert (data["token_new"], data["token_hash_new"]) == ("", "")
    assert client.mailbox.mails == []
    by_hash = await client.post("/verify", {"type": "signup", "token_hash": data["token_hash"]})
    assert by_hash.body["user"]["email"] == email
    await client.post("/otp", {"email": email})
    by_code = {"type": "email", "email": email, "token": told(owner)[-1]["email_data"]["token"]}
    assert (await client.post("/verify", by_code)).status == 200


async def test_both_codes_of_a_change_of_address_come_in_one_event(hooked: Open, owner: Owner) -> None:
    client, wanted = hooked("send_email"), address()
    session = await client.signed_in()
    before = session["user"]["email"]
    assert (await client.put("/user", {"email": wanted}, bearer=session["access_token"])).status == 200
    [event] = told(owner)
    data = event["email_data"]
    assert (data["email_action_type"], event["user"]["new_email"]) == ("email_change", wanted)
    first = {"type": "email_change", "email": before, "token": data["token"]}
    assert (await client.post("/verify", first)).status == 200
    second = {"type": "email_change", "token_hash": data["token_hash"]}
    assert (await client.post("/verify", second)).body["user"]["email"] == wanted


async def test_a_notification_is_told_where_the_project_wants_it_sent(hooked: Open, owner: Owner) -> None:
    client = hooked("send_email")
    session = await client.signed_in()
    answering(owner, "send-email", '{"error": {"http_code": 500, "message": "no"}}')
    changed = await client.put("/user", {"password": "another " + PASSWORD}, bearer=session["access_token"])
    assert changed.status == 200, "what has happened stays so, whether it can be told or not"
    owner.execute("truncate public.hook_answers")
    await client.put("/user", {"password": PASSWORD}, bearer=session["access_token"])
    kinds = [event["email_data"]["email_action_type"] for event in told(owner)]
    assert kinds == ["password_changed_notification"] * 2, "a hook's answer does not undo what it wrote by itself"


async def test_a_mail_that_the_application_does_not_send_undoes_the_sign_up(hooked: Open, owner: Owner) -> None:
    client, email = hooked("send_email"), address()
    answering(owner, "send-email", '{"error": {"http_code": 422, "message": "no mail today"}}')
    answer = await client.post("/signup", {"email": email, "password": PASSWORD})
    assert (answer.status, answer.message) == (422, "no mail today")
    assert client.sql("select 1 from auth.users where email = %s", email) == []
    assert told(owner) == [], "what the hook wrote is undone with it"


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        ("public/nowhere", "function public.nowhere(jsonb) does not exist"),
        ("auth/hook", "function auth.hook(jsonb) does not exist"),
        ("other/hook", 'schema "other" does not exist'),
        ("public/secret_hook", "permission denied for function secret_hook"),
    ],
)
async def test_a_hook_that_cannot_be_called_is_said_plainly(
    open_client: Open, owner: Owner, function: str, reason: str
) -> None:
    uri = f"pg-functions://postgres/{function}"
    client = open_client(hook_custom_access_token_enabled=True, hook_custom_access_token_uri=uri)
    user = await client.new_user()
    answer = await client.password(user["email"])
    assert (answer.status, answer.code) == (500, "unexpected_failure")
    assert answer.message.startswith(f"Error running hook URI: {uri} ({reason}; ")
    assert "supabase_auth_admin" in answer.message


async def test_a_hook_of_claims_is_told_what_it_is(hooked: Open, owner: Owner) -> None:
    client = hooked("custom_access_token", function="pass_on")
    session = await client.signed_in()
    assert client.tokens.verify(session["access_token"])["email"] == session["user"]["email"]
    client = hooked("custom_access_token")
    user = await client.new_user()
    refused = await client.password(user["email"])
    assert (refused.status, refused.message) == (500, "output claims field is missing")


@pytest.mark.parametrize("function", ["of_nobody", "of_the_server"])
async def test_a_hook_makes_nobody_somebody_else(hooked: Open, function: str) -> None:
    client = hooked("custom_access_token", function=function)
    user = await client.new_user()
    answer = await client.password(user["email"])
    message = "output claims are another user's, or the server's own"
    assert (answer.status, answer.code, answer.message) == (500, "unexpected_failure", message)


async def test_a_hook_that_answers_no_object_is_an_error(hooked: Open, owner: Owner) -> None:
    client = hooked("before_user_created")
    answering(owner, "before-user-created", "[1]")
    answer = await client.post("/signup", {"email": address(), "password": PASSWORD})
    assert (answer.status, answer.message) == (500, "Error unmarshaling JSON output.")


@pytest.mark.parametrize("uri", ["", "ftp://example.com/hook", "pg-functions://postgres/hook"])
async def test_a_hook_that_is_no_function_stops_the_start(open_client: Open, uri: str) -> None:
    with pytest.raises(Problem, match=r"auth.hook_send_email_uri must be pg-functions://postgres/SCHEMA/FUNCTION"):
        open_client(hook_send_email_enabled=True, hook_send_email_uri=uri)
    assert AuthSettings(hook_send_email_uri=uri).hook_send_email_enabled is False


TEXTS = {"external_phone_enabled": True}


def number() -> str:
    """A phone nobody has had before."""
    return f"49151{uuid4().int % 10**8:08d}"


def sent(owner: Owner) -> dict[str, Any]:
    """What the last message to a phone is made of."""
    return told(owner)[-1]["sms"]


async def test_a_phone_is_confirmed_by_a_code_that_the_application_sends(hooked: Open, owner: Owner) -> None:
    client, phone = hooked("send_sms", **TEXTS), number()
    signed_up = await client.post("/signup", {"phone": f"+{phone}", "password": PASSWORD})
    assert (signed_up.status, signed_up.body["phone"]) == (200, phone)
    [event] = told(owner)
    assert (event["metadata"]["name"], event["user"]["id"]) == ("send-sms", signed_up.body["id"])
    assert event["sms"] == {"otp": sent(owner)["otp"], "phone": phone}
    assert len(sent(owner)["otp"]) == 6
    early = await client.post("/token?grant_type=password", {"phone": phone, "password": PASSWORD})
    assert early.code == "phone_not_confirmed"
    code = {"type": "sms", "phone": phone, "token": sent(owner)["otp"]}
    session = await client.post("/verify", code)
    assert (session.status, session.body["user"]["phone"]) == (200, phone)
    assert session.body["user"]["phone_confirmed_at"]
    assert (await client.post("/verify", code)).code == "otp_expired", "a code works once"
    assert (await client.post("/token?grant_type=password", {"phone": phone, "password": PASSWORD})).status == 200


async def test_a_code_to_a_phone_signs_in_and_signs_up(hooked: Open, owner: Owner) -> None:
    client, phone = hooked("send_sms", **TEXTS), number()
    refused = await client.post("/otp", {"phone": phone, "create_user": False})
    assert refused.code == "otp_disabled"
    for _ in range(2):
        assert (await client.post("/otp", {"phone": phone})).body == {}
        session = await client.post("/verify", {"type": "sms", "phone": phone, "token": sent(owner)["otp"]})
        assert session.body["user"]["phone"] == phone
        client.clock.forward(61)
    assert client.sql("select count(*) from auth.users where phone = %s", phone) == [(1,)]


async def test_a_code_to_a_phone_is_good_for_that_phone_and_a_minute(hooked: Open, owner: Owner) -> None:
    client, phone = hooked("send_sms", **TEXTS), number()
    await client.post("/otp", {"phone": phone})
    token = sent(owner)["otp"]
    for wrong in (
        {"type": "sms", "phone": phone, "token": f"{(int(token) + 1) % 10**6:06d}"},
        {"type": "signup", "phone": phone, "token": token},
        {"type": "sms", "email": "a@example.com", "token": token},
        {"type": "phone_change", "phone": phone, "token": token},
    ):
        assert (await client.post("/verify", wrong)).code == "otp_expired", wrong
    client.clock.forward(61)
    late = await client.post("/verify", {"type": "sms", "phone": phone, "token": token})
    assert (late.status, late.code) == (403, "otp_expired")
    assert (await client.post("/resend", {"type": "sms", "phone": phone})).status == 200
    again = await client.post("/resend", {"type": "sms", "phone": phone})
    assert (again.status, again.code) == (429, "over_sms_send_rate_limit")
    assert (await client.post("/verify", {"type": "sms", "phone": phone, "token": sent(owner)["otp"]})).status == 200


@pytest.mark.parametrize("channel", ["whatsapp", "pigeon"])
async def test_how_a_code_gets_to_a_phone_is_the_applications_matter(
    hooked: Open, open_client: Open, owner: Owner, channel: str
) -> None:
    client, phone = hooked("send_sms", **TEXTS), number()
    assert (await client.post("/otp", {"phone": phone, "channel": channel})).status == 200
    session = (await client.post("/verify", {"type": "sms", "phone": phone, "token": sent(owner)["otp"]})).body
    body = {"phone": number(), "channel": channel}
    assert (await client.put("/user", body, bearer=session["access_token"])).status == 200
    # Where no function sends, whoever is nobody is told that first; there is one way at most, and an address by mail
    # has nothing to do with it.
    alone = open_client(**TEXTS, sms_autoconfirm=True)
    assert (await alone.post("/otp", {"phone": number(), "create_user": False})).code == "otp_disabled"
    mailed = await alone.post("/signup", {"email": address(), "password": PASSWORD, "channel": channel})
    assert mailed.status == 200
    user = await alone.signed_in()
    for refused in (
        await alone.post("/signup", {"phone": number(), "password": PASSWORD, "channel": channel}),
        await alone.put("/user", body, bearer=user["access_token"]),
    ):
        assert (refused.status, refused.code) == (400, "validation_failed")
        assert refused.message.startswith("Invalid channel, supported values are 'sms' or 'whatsapp'.")


async def with_phone(client: Client, owner: Owner) -> dict[str, Any]:
    """A session of somebody who has a phone and no address."""
    phone = number()
    await client.post("/otp", {"phone": phone})
    return (await client.post("/verify", {"type": "sms", "phone": phone, "token": sent(owner)["otp"]})).body


async def test_a_change_of_number_is_confirmed_from_the_new_one(hooked: Open, owner: Owner) -> None:
    client, wanted = hooked("send_sms", **TEXTS), number()
    session = await with_phone(client, owner)
    before = session["user"]["phone"]
    asked = await client.put("/user", {"phone": wanted}, bearer=session["access_token"])
    assert (asked.status, asked.body["phone"], asked.body["new_phone"]) == (200, before, wanted)
    assert sent(owner)["phone"] == wanted
    client.clock.forward(61)
    assert (await client.post("/resend", {"type": "phone_change", "phone": before})).status == 200
    code = {"type": "phone_change", "phone": wanted, "token": sent(owner)["otp"]}
    wrong = await client.post("/verify", code | {"type": "sms"})
    assert wrong.code == "otp_expired", "a code of one kind is none of another"
    changed = await client.post("/verify", code)
    assert (changed.status, changed.body["user"]["phone"]) == (200, wanted)
    assert changed.body["user"]["identities"][0]["identity_data"]["phone"] == wanted
    assert (await client.post("/verify", code)).code == "otp_expired"


async def test_a_number_that_somebody_has_is_not_to_be_had(hooked: Open, owner: Owner) -> None:
    client = hooked("send_sms", **TEXTS)
    first, second = await with_phone(client, owner), await with_phone(client, owner)
    answer = await client.put("/user", {"phone": first["user"]["phone"]}, bearer=second["access_token"])
    assert (answer.status, answer.code) == (422, "phone_exists")


async def test_who_has_no_address_proves_themselves_again_by_phone(hooked: Open, owner: Owner) -> None:
    client = hooked("send_sms", update_password_require_reauthentication=True, **TEXTS)
    session = await with_phone(client, owner)
    client.clock.forward(25 * 3600)
    session = (await client.refresh(session["refresh_token"])).body
    assert (await client.get("/reauthenticate", bearer=session["access_token"])).status == 200
    wanted = {"password": "another " + PASSWORD, "nonce": sent(owner)["otp"]}
    assert (await client.put("/user", wanted, bearer=session["access_token"])).status == 200


async def test_without_a_hook_nothing_is_sent_to_phones(open_client: Open) -> None:
    client, phone = open_client(**TEXTS), number()
    for path, body in (("/signup", {"phone": phone, "password": PASSWORD}), ("/otp", {"phone": phone})):
        answer = await client.post(path, body)
        assert (answer.status, answer.code) == (422, "sms_send_failed"), path
    assert client.sql("select 1 from auth.users where phone = %s", phone) == []
