"""Whatever a client sends: an answer below 500, never an exception."""

import random
from typing import Any

from gatepost.auth.endpoints import ROUTES
from tests.surfaces.auth.conftest import PASSWORD, Client, Open, address

TEXTS = [
    "",
    " ",
    "x",
    "0",
    "null",
    "a@b",
    "a@example.com,b@example.com",
    "<a@example.com>",
    "+49 151 1",
    "'; drop table x; --",
    "%00",
    "%",
    "\\",
    "\u0000",
    "\u202e",
    "ü" * 400,
    "A" * 3000,
    "true",
    "-1",
    "99999999999999999999",
    "signup",
    "email",
    "recovery",
    "email_change",
    "pkce_",
    "s256",
    "plain",
    "1h",
    "none",
    "00000000-0000-0000-0000-000000000000",
    "../..",
]
VALUES: list[Any] = [*TEXTS, None, True, False, 0, -1, 1.5, 1e308, [], [1], {}, {"a": {"b": [None]}}, [["x"]]]
FIELDS = [
    "email",
    "phone",
    "password",
    "password_hash",
    "data",
    "channel",
    "code_challenge",
    "code_challenge_method",
    "create_user",
    "type",
    "token",
    "token_hash",
    "redirect_to",
    "refresh_token",
    "auth_code",
    "code_verifier",
    "nonce",
    "current_password",
    "id",
    "aud",
    "role",
    "user_metadata",
    "app_metadata",
    "ban_duration",
    "email_confirm",
    "new_email",
    "should_soft_delete",
    "friendly_name",
    "factor_type",
    "challenge_id",
    "code",
    "issuer",
]
QUERIES = ["grant_type", "scope", "page", "per_page", "sort", "filter", "query", "token", "type", "redirect_to"]
HEADERS = [b"x-jwt-aud", b"referer", b"redirect_to", b"user-agent", b"x-supabase-api-version"]


async def test_nothing_a_client_sends_is_an_error_of_the_server(open_client: Open) -> None:
    client = open_client(external_anonymous_users_enabled=True, external_phone_enabled=True, sms_autoconfirm=True)
    dice = random.Random(20260101)
    session = await client.signed_in()
    for _ in range(1500):
        path, methods = dice.choice(list(ROUTES.items()))
        method = dice.choice(list(methods))
        if methods[method].needs == "user" and method == "POST" and path == "/logout":
            continue
        answer = await _ask(client, dice, method, path, session)
        assert answer.status < 500, (method, path, answer)
        if answer.status == 404 and answer.body["code"] == "user_not_found":
            continue
        if (await client.get("/user", bearer=session["access_token"])).status != 200:
            session = await client.signed_in()


async def _ask(client: Client, dice: random.Random, method: str, path: str, session: dict[str, Any]) -> Any:
    bearer = client.admin if path.startswith(("/admin", "/invite")) else session["access_token"]
    for name in ("user_id", "identity_id", "factor_id"):
        path = path.replace(f"{{{name}}}", dice.choice([session["user"]["id"], dice.choice(TEXTS[:20]) or "x"]))
    body: dict[str, Any] = {dice.choice(FIELDS): dice.choice(VALUES) for _ in range(dice.randrange(5))}
    if dice.random() < 0.6:
        body |= {"email": dice.choice([address(), session["user"]["email"]])}
    if dice.random() < 0.4:
        body |= {"password": dice.choice([PASSWORD, "another password"])}
    fields = "&".join(f"{dice.choice(QUERIES)}={dice.choice(TEXTS)[:50]}" for _ in range(dice.randrange(3)))
    grant = f"grant_type={dice.choice(['password', 'refresh_token', 'pkce', 'id_token'])}&" if path == "/token" else ""
    headers = [(dice.choice(HEADERS), dice.choice(TEXTS).encode()) for _ in range(dice.randrange(3))]
    return await client.send(method, f"{path}?{grant}{fields}", body, bearer=bearer, headers=headers)
