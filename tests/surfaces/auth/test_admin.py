"""What administrators do with users."""

from typing import Any
from uuid import uuid4

import pytest

from gatepost.auth.endpoints import AuthSurface
from gatepost.identity.api_keys import ApiKey, ApiKeys, create, digest
from gatepost.settings import Seconds
from tests.surfaces.auth.conftest import PASSWORD, SITE, Client, Open, address


async def test_only_administrators(client: Client) -> None:
    session = await client.signed_in()
    for bearer, status, code in (
        (None, 401, "no_authorization"),
        (session["access_token"], 403, "not_admin"),
        (client.tokens.sign({"role": "anon"}), 403, "not_admin"),
        ("nonsense", 403, "bad_jwt"),
        (create("secret"), 403, "bad_jwt"),
    ):
        for path in ("/admin/users", f"/admin/users/{session['user']['id']}"):
            answer = await client.get(path, bearer=bearer)
            assert (answer.status, answer.code) == (status, code)
    assert (await client.get("/admin/users", bearer=client.admin)).status == 200


async def test_a_secret_key_administers_and_a_publishable_one_does_not(client: Client) -> None:
    secret, publishable = create("secret"), create("publishable")
    keys = ApiKeys(
        [
            ApiKey("1", digest(secret), "service_role"),
            ApiKey("2", digest(publishable), "anon"),
        ]
    )
    auth = client.surface.auth
    database = _Only(auth.scope)
    surface = AuthSurface(
        auth.settings,
        database,
        client.tokens,
        client.mailbox,
        client.clock,
        api_keys=keys,
        hasher=auth.hasher,  # type: ignore[arg-type]
    )
    client.surface = surface
    assert (await client.get("/admin/users", bearer=secret)).status == 200
    assert (await client.get("/admin/users", bearer=publishable)).code == "not_admin"
    assert (await client.get("/user", bearer=secret)).code == "bad_jwt"


class _Only:
    """A database with one login."""

    def __init__(self, scope: Any) -> None:
        self._scope = scope

    def system(self, name: str) -> Any:
        assert name == "auth"
        return self._scope


async def test_an_administrators_session_must_be_alive(client: Client) -> None:
    session = await client.signed_in(role="supabase_admin")
    assert (await client.get("/admin/users", bearer=session["access_token"])).status == 200
    await client.post("/logout", bearer=session["access_token"])
    answer = await client.get("/admin/users", bearer=session["access_token"])
    assert (answer.status, answer.code) == (403, "session_not_found")


async def test_an_administrator_who_is_banned_or_gone_administers_no_more(client: Client) -> None:
    session = await client.signed_in(role="supabase_admin")
    path = f"/admin/users/{session['user']['id']}"
    await client.put(path, {"ban_duration": "1h"}, bearer=client.admin)
    assert (await client.get("/admin/users", bearer=session["access_token"])).code == "user_banned"
    await client.delete(path, bearer=client.admin)
    answer = await client.get("/admin/users", bearer=session["access_token"])
    assert (answer.status, answer.code) == (403, "user_not_found")


@pytest.mark.parametrize("limit", ["timebox", "inactivity_timeout", "allow_low_aal"])
async def test_an_administrators_session_must_be_one_that_could_go_on(open_client: Open, limit: str) -> None:
    client = open_client(**{f"sessions_{limit}": Seconds(600)})
    session = await client.signed_in(role="supabase_admin")
    client.sql(
        "insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at, secret, friendly_name)"
        " values (gen_random_uuid(), %s, 'totp', 'verified', now(), now(), 'x', 'phone')",
        session["user"]["id"],
    )
    client.clock.forward(500)
    session = (await client.refresh(session["refresh_token"])).body
    assert (await client.get("/admin/users", bearer=session["access_token"])).status == 200
    bearer = client.tokens.sign(dict(client.tokens.verify(session["access_token"])) | {"exp": 2**33})
    client.clock.forward(650)
    answer = await client.get("/admin/users", bearer=bearer)
    assert (answer.status, answer.code, answer.message) == (403, "session_expired", "Session is no longer valid")


async def test_a_user_is_stored_as_given(client: Client) -> None:
    email, chosen = address(), str(uuid4())
    body = {
        "id": chosen,
        "email": email.upper(),
        "password": "x",
        "user_metadata": {"name": "Ann"},
        "app_metadata": {"team": 1},
        "email_confirm": True,
        "role": "editor",
    }
    answer = await client.post("/admin/users", body, bearer=client.admin)
    assert answer.status == 200
    user = answer.body
    assert user["id"] == chosen
    assert user["email"] == email
    assert user["role"] == "editor"
    assert user["user_metadata"] == {"name": "Ann", "email_verified": True}
    assert user["app_metadata"] == {"provider": "email", "providers": ["email"], "team": 1}
    assert user["email_confirmed_at"]
    assert user["confirmed_at"]
    assert [each["provider"] for each in user["identities"]] == ["email"]
    assert client.mailbox.mails == []
    assert (await client.password(email, "x")).status == 200


async def test_a_user_is_not_confirmed_unless_that_is_said(client: Client) -> None:
    answer = await client.post("/admin/users", {"email": address(), "user_metadata": {"a": 1}}, bearer=client.admin)
    assert "email_confirmed_at" not in answer.body
    assert answer.body["user_metadata"] == {"a": 1}
    assert answer.body["phone"] == ""


def nested(levels: int) -> list[object]:
    found: list[object] = []
    for _ in range(levels):
        found = [found]
    return found


async def test_what_is_said_of_a_user_may_be_nested_and_stays_readable(client: Client) -> None:
    said = {"a": nested(150)}
    user = await client.new_user(user_metadata=said)
    found = await client.get(f"/admin/users/{user['id']}", bearer=client.admin)
    assert found.body["user_metadata"]["a"] == said["a"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "validation_failed"),
        ({"email": "nobody"}, 400, "validation_failed"),
        ({"phone": "call me"}, 400, "validation_failed"),
        ({"email": "a@example.com", "id": "one"}, 400, "validation_failed"),
        ({"email": "a@example.com", "id": "00000000-0000-0000-0000-000000000000"}, 400, "validation_failed"),
        ({"email": "a@example.com", "password": "x" * 73}, 400, "validation_failed"),
        ({"email": "a@example.com", "password_hash": "plain"}, 400, "validation_failed"),
        ({"email": "a@example.com", "password": "x", "password_hash": "y"}, 400, "validation_failed"),
        ({"email": "a@example.com", "ban_duration": "a while"}, 400, "validation_failed"),
        ({"email": "a@example.com", "ban_duration": "99999999999999h"}, 400, "validation_failed"),
        ({"email": "a@example.com", "user_metadata": {"a": "\0"}}, 400, "validation_failed"),
        ({"email": "a@example.com", "user_metadata": "text"}, 400, "bad_json"),
        ({"email": "a@example.com", "user_metadata": {"a": nested(250)}}, 400, "bad_json"),
        ({"email": ["a@example.com"]}, 400, "bad_json"),
    ],
)
async def test_what_is_no_user(client: Client, body: object, status: int, code: str) -> None:
    answer = await client.post("/admin/users", body, bearer=client.admin)
    assert (answer.status, answer.code) == (status, code)


async def test_an_address_and_an_id_belong_to_one_user(client: Client) -> None:
    user = await client.new_user(phone="+491511111111")
    for body, code in (
        ({"email": user["email"]}, "email_exists"),
        ({"phone": "491511111111"}, "phone_exists"),
        ({"email": address(), "id": user["id"]}, "user_already_exists"),
    ):
        answer = await client.post("/admin/users", body, bearer=client.admin)
        assert (answer.status, answer.code) == (422, code)
    other = await client.new_user()
    answer = await client.put(f"/admin/users/{other['id']}", {"email": user["email"]}, bearer=client.admin)
    assert (answer.status, answer.code) == (422, "email_exists")


async def test_users_are_listed_newest_first_page_by_page(client: Client) -> None:
    audience = f"list-{uuid4().hex[:6]}"
    made = []
    for _ in range(5):
        made.append((await client.new_user(aud=audience))["id"])
        client.clock.forward(1)
    headers = [(b"x-jwt-aud", audience.encode())]
    answer = await client.get("/admin/users?page=1&per_page=2", bearer=client.admin, headers=headers)
    assert [user["id"] for user in answer.body["users"]] == made[:-3:-1]
    assert answer.body["aud"] == audience
    assert answer.body["users"][0]["identities"] is None
    assert answer.headers["x-total-count"] == "5"
    assert answer.headers["link"] == (
        '</admin/users?page=2&per_page=2>; rel="next", </admin/users?page=3&per_page=2>; rel="last"'
    )
    last = await client.get("/admin/users?page=3&per_page=2", bearer=client.admin, headers=headers)
    assert [user["id"] for user in last.body["users"]] == made[:1]
    assert last.headers["link"] == '</admin/users?page=3&per_page=2>; rel="last"'
    eldest = await client.get("/admin/users?sort=created_at asc", bearer=client.admin, headers=headers)
    assert [user["id"] for user in eldest.body["users"]] == made


async def test_users_are_found_by_address_or_name(client: Client) -> None:
    name = uuid4().hex
    user = await client.new_user(user_metadata={"full_name": f"Ann {name.upper()}"})
    for text in (user["email"][:9], name):
        answer = await client.get(f"/admin/users?filter={text}", bearer=client.admin)
        assert [each["id"] for each in answer.body["users"]] == [user["id"]]


@pytest.mark.parametrize(
    "query", ["page=-1", "per_page=x", "page=1e3", "sort=email", "page=999999999999999999&per_page=999999999999"]
)
async def test_pages_that_are_none(client: Client, query: str) -> None:
    answer = await client.get(f"/admin/users?{query}", bearer=client.admin)
    assert (answer.status, answer.code) == (400, "validation_failed")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_a_user_is_named_by_a_uuid(client: Client, method: str) -> None:
    for name in ("me", "1", f"{uuid4()}x", "..%2f..", uuid4().hex):
        answer = await client.send(method, f"/admin/users/{name}", {}, bearer=client.admin)
        assert (answer.status, answer.code) == (404, "validation_failed")
    answer = await client.send(method, f"/admin/users/{uuid4()}", {}, bearer=client.admin)
    assert (answer.status, answer.code) == (404, "user_not_found")


async def test_changes_take_effect_at_once(client: Client) -> None:
    session = await client.signed_in(user_metadata={"a": 1}, app_metadata={"b": 1})
    path, email = f"/admin/users/{session['user']['id']}", address()
    body = {"email": email, "role": "editor", "user_metadata": {"a": None, "c": 2}, "app_metadata": {"b": 2}}
    user = (await client.put(path, body, bearer=client.admin)).body
    assert user["email"] == user["identities"][0]["email"] == email
    assert user["identities"][0]["identity_data"]["email_verified"] is False
    assert user["role"] == "editor"
    assert user["user_metadata"] == {"c": 2, "email_verified": True}
    assert user["app_metadata"] == {"provider": "email", "providers": ["email"], "b": 2}
    assert (await client.get("/user", bearer=session["access_token"])).status == 200


async def test_a_new_password_from_an_administrator_ends_all_sessions(client: Client) -> None:
    session = await client.signed_in()
    path = f"/admin/users/{session['user']['id']}"
    assert (await client.put(path, {"password": "short"}, bearer=client.admin)).code == "weak_password"
    assert (await client.put(path, {"password": "long enough"}, bearer=client.admin)).status == 200
    assert (await client.get("/user", bearer=session["access_token"])).code == "session_not_found"
    assert (await client.password(session["user"]["email"], "long enough")).status == 200


async def test_links_to_an_address_that_was_replaced_are_void(client: Client) -> None:
    user = await client.new_user()
    await client.post("/recover", {"email": user["email"]})
    await client.put(f"/admin/users/{user['id']}", {"email": address()}, bearer=client.admin)
    answer = await client.follow(client.mailbox.last(user["email"]).link)
    assert answer.fragment["error_code"] == "otp_expired"


async def test_a_ban_takes_effect_on_tokens_that_are_out(client: Client) -> None:
    session = await client.signed_in()
    path = f"/admin/users/{session['user']['id']}"
    banned = await client.put(path, {"ban_duration": "1h30m"}, bearer=client.admin)
    assert banned.body["banned_until"]
    answer = await client.get("/user", bearer=session["access_token"])
    assert (answer.status, answer.code) == (403, "user_banned")
    lifted = await client.put(path, {"ban_duration": "none"}, bearer=client.admin)
    assert "banned_until" not in lifted.body
    assert (await client.get("/user", bearer=session["access_token"])).status == 200


async def test_deleting(client: Client) -> None:
    session = await client.signed_in()
    path = f"/admin/users/{session['user']['id']}"
    assert (await client.delete(path, bearer=client.admin)).body == {}
    assert (await client.get(path, bearer=client.admin)).status == 404
    assert (await client.get("/user", bearer=session["access_token"])).code == "user_not_found"
    for table in ("sessions", "identities", "mfa_factors", "one_time_tokens"):
        assert client.sql(f"select 1 from auth.{table} where user_id = %s", session["user"]["id"]) == []


async def test_deleting_softly_leaves_a_row_nobody_can_use(client: Client) -> None:
    session = await client.signed_in(user_metadata={"name": "Ann"})
    user = session["user"]
    path = f"/admin/users/{user['id']}"
    assert (await client.delete(path, {"should_soft_delete": True}, bearer=client.admin)).body == {}
    kept = (await client.get(path, bearer=client.admin)).body
    assert kept["deleted_at"]
    assert kept["user_metadata"] == {}
    assert user["email"] not in repr(kept)
    assert (await client.password(user["email"])).status == 400
    assert (await client.refresh(session["refresh_token"])).status == 400
    assert (await client.delete(path, {"should_soft_delete": True}, bearer=client.admin)).status == 200
    assert (await client.post("/signup", {"email": user["email"], "password": PASSWORD})).body["identities"] != []


async def test_an_invitation(client: Client) -> None:
    email = address()
    answer = await client.post("/invite", {"email": email, "data": {"team": 3}}, bearer=client.admin)
    assert answer.status == 200
    assert answer.body["invited_at"]
    assert answer.body["user_metadata"] == {"team": 3}
    mail = client.mailbox.last(email)
    assert mail.kind == "invite"
    accepted = await client.follow(mail.link)
    assert accepted.fragment["type"] == "invite"
    bearer = accepted.fragment["access_token"]
    assert (await client.put("/user", {"password": PASSWORD}, bearer=bearer)).status == 200
    assert (await client.password(email)).status == 200
    again = await client.post("/invite", {"email": email}, bearer=client.admin)
    assert (again.status, again.code) == (422, "email_exists")


async def test_an_invited_user_who_signs_up_sees_nothing_of_the_invitation(client: Client) -> None:
    email = address()
    await client.post("/invite", {"email": email, "data": {"secret": 1}}, bearer=client.admin)
    client.clock.forward(61)
    answer = await client.post("/signup", {"email": email, "password": PASSWORD})
    assert answer.status == 200
    assert answer.body["user_metadata"] == {}
    assert answer.body["identities"] == []


@pytest.mark.parametrize("kind", ["signup", "invite", "magiclink", "recovery"])
async def test_generated_links_work_and_are_not_mailed(client: Client, kind: str) -> None:
    email = address() if kind in ("signup", "invite") else (await client.new_user())["email"]
    body = {"type": kind, "email": email, "password": PASSWORD, "redirect_to": f"{SITE}/in"}
    body |= {"data": {"plan": "x"}} if kind == "signup" else {}
    answer = await client.post("/admin/generate_link", body, bearer=client.admin)
    assert answer.status == 200
    made = answer.body
    assert made["email"] == email
    assert made["verification_type"] == kind
    assert made["redirect_to"] == f"{SITE}/in"
    assert made["hashed_token"] in made["action_link"]
    assert made["action_link"].endswith(f"&type={kind}&redirect_to={SITE}/in")
    assert client.mailbox.mails == []
    if kind == "signup":
        assert made["user_metadata"] == {"plan": "x"}
    opened = await client.follow(made["action_link"])
    assert opened.location.startswith(f"{SITE}/in#access_token=")


async def test_a_generated_code_works_as_well(client: Client) -> None:
    user = await client.new_user()
    body = {"type": "magiclink", "email": user["email"]}
    made = (await client.post("/admin/generate_link", body, bearer=client.admin)).body
    given = {"type": "email", "email": user["email"], "token": made["email_otp"]}
    assert (await client.post("/verify", given)).status == 200


async def test_a_magic_link_for_nobody_is_a_sign_up(client: Client) -> None:
    email = address()
    made = (await client.post("/admin/generate_link", {"type": "magiclink", "email": email}, bearer=client.admin)).body
    assert made["verification_type"] == "signup"
    assert (await client.follow(made["action_link"])).fragment["type"] == "signup"


async def test_links_for_both_halves_of_a_change(client: Client) -> None:
    user, new = await client.new_user(), address()
    links = []
    for kind in ("email_change_current", "email_change_new"):
        body = {"type": kind, "email": user["email"], "new_email": new}
        made = (await client.post("/admin/generate_link", body, bearer=client.admin)).body
        assert "type=email_change&" in made["action_link"]
        links.append(made["action_link"])
    answers = [await client.follow(link) for link in links]
    assert ["message" in answer.fragment for answer in answers] == [True, False]
    assert (await client.password(new)).status == 200


async def test_links_that_cannot_be_generated(open_client: Open) -> None:
    client = open_client(mailer_secure_email_change_enabled=False)
    user, other = await client.new_user(), await client.new_user()
    for body, status, code in (
        ({"type": "recovery", "email": address()}, 404, "user_not_found"),
        ({"type": "unheard", "email": user["email"]}, 400, "validation_failed"),
        ({"type": "signup", "email": user["email"], "password": PASSWORD}, 422, "email_exists"),
        ({"type": "invite", "email": user["email"]}, 422, "email_exists"),
        ({"type": "signup", "email": address()}, 400, "validation_failed"),
        ({"type": "signup", "email": address(), "password": "1"}, 422, "weak_password"),
        ({"type": "email_change_current", "email": user["email"], "new_email": address()}, 400, "validation_failed"),
        ({"type": "email_change_new", "email": user["email"], "new_email": other["email"]}, 422, "email_exists"),
        ({"type": "email_change_new", "email": user["email"], "new_email": "nobody"}, 400, "validation_failed"),
    ):
        answer = await client.post("/admin/generate_link", body, bearer=client.admin)
        assert (answer.status, answer.code) == (status, code), body


async def test_factors_of_a_user(client: Client) -> None:
    session = await client.signed_in()
    user_id = session["user"]["id"]
    path = f"/admin/users/{user_id}/factors"
    assert (await client.get(path, bearer=client.admin)).body == []
    factor = str(uuid4())
    client.sql(
        "insert into auth.mfa_factors (id, user_id, factor_type, status, created_at, updated_at, secret, friendly_name)"
        " values (%s, %s, 'totp', 'verified', now(), now(), 'hidden', 'phone')",
        factor,
        user_id,
    )
    [shown] = (await client.get(path, bearer=client.admin)).body
    assert shown["id"] == factor
    assert shown["factor_type"] == "totp"
    assert "hidden" not in repr(shown)
    named = await client.put(f"{path}/{factor}", {"friendly_name": "key"}, bearer=client.admin)
    assert named.body["friendly_name"] == "key"
    assert (await client.delete(f"{path}/{uuid4()}", bearer=client.admin)).code == "mfa_factor_not_found"
    assert (await client.delete(f"{path}/{factor}", bearer=client.admin)).body["id"] == factor
    assert (await client.get(path, bearer=client.admin)).body == []


async def test_the_audit_trail_is_listed_and_searched(client: Client) -> None:
    session = await client.signed_in()
    await client.post("/logout", bearer=session["access_token"])
    name = session["user"]["email"]
    answer = await client.get(f"/admin/audit?query=author:{name}", bearer=client.admin)
    assert [entry["payload"]["action"] for entry in answer.body] == ["logout", "login"]
    assert answer.body[0]["payload"]["actor_id"] == session["user"]["id"]
    assert answer.body[0]["created_at"].endswith("Z")
    assert answer.headers["x-total-count"] == "2"
    kinds = await client.get("/admin/audit?query=action:logout&per_page=1", bearer=client.admin)
    assert [entry["payload"]["log_type"] for entry in kinds.body] == ["account"]
    assert (await client.get("/admin/audit?query=who:me", bearer=client.admin)).status == 400


async def test_no_audit_rows_where_those_are_off(open_client: Open) -> None:
    client = open_client(audit_log_disable_postgres=True)
    session = await client.signed_in()
    await client.refresh(session["refresh_token"])
    text = (
        "select 1 from auth.audit_log_entries where payload ->> 'actor_id' = %s or payload #>> '{traits,user_id}' = %s"
    )
    assert client.sql(text, session["user"]["id"], session["user"]["id"]) == []
