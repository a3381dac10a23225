"""What clients compare: error shapes, headers, what the server says of itself, and bad input."""

import pytest

from gatepost.auth.endpoints import ROUTES
from gatepost.auth.limits import Rate
from gatepost.database.scope import Database
from gatepost.problem import Problem
from gatepost.settings import Seconds
from tests.surfaces.auth.conftest import API, MODERN, PASSWORD, Answer, Client, Open, address

NAME = "00000000-0000-4000-8000-000000000000"


async def test_the_current_error_shape_is_announced_by_its_header(client: Client) -> None:
    answer = await client.post("/token?grant_type=password", {"email": address(), "password": "x"})
    assert answer.body == {"code": "invalid_credentials", "message": "Invalid login credentials"}
    assert answer.headers["x-supabase-api-version"] == "2024-01-01"
    assert answer.headers["x-sb-error-code"] == "invalid_credentials"
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("version", [None, b"2023-12-31", b"tomorrow", b""])
async def test_older_clients_get_the_older_shape(client: Client, version: bytes | None) -> None:
    headers = [] if version is None else [(b"x-supabase-api-version", version)]
    answer = await client.post("/token?grant_type=password", {"email": address(), "password": "x"}, headers=headers)
    assert answer.status == 400
    assert answer.body == {"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}
    assert "x-supabase-api-version" not in answer.headers
    assert answer.headers["x-sb-error-code"] == "invalid_credentials"


async def test_a_weak_password_in_the_older_shape(client: Client) -> None:
    answer = await client.post("/signup", {"email": address(), "password": "x"}, headers=[])
    assert answer.body["code"] == 422
    assert answer.body["error_code"] == "weak_password"
    assert answer.body["weak_password"] == {"reasons": ["length"]}


@pytest.mark.parametrize("grant", ["", "password2", "client_credentials"])
async def test_unknown_grants(client: Client, grant: str) -> None:
    answer = await client.post(f"/token?grant_type={grant}", {})
    assert (answer.status, answer.code, answer.message) == (400, "invalid_credentials", "unsupported_grant_type")


PUBLIC_POSTS = [
    "/signup",
    "/token?grant_type=password",
    "/token?grant_type=refresh_token",
    "/token?grant_type=pkce",
    "/otp",
    "/magiclink",
    "/recover",
    "/resend",
    "/verify",
]


@pytest.mark.parametrize("path", PUBLIC_POSTS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"12",
        b"\xff\xfe",
        b'{"email": 5}',
        b'{"email": {"a": 1}}',
        b'{"a":' * 3000,
        b'{"email": "\\ud800@example.com"}',
        b"{}}",
    ],
)
async def test_bodies_that_are_none(client: Client, path: str, body: bytes) -> None:
    answer = await client.send("POST", path, raw=body)
    assert 400 <= answer.status < 500, answer
    assert answer.code in ("bad_json", "validation_failed")
    assert answer.message


async def test_null_counts_as_absent_and_unknown_members_are_ignored(client: Client) -> None:
    nulls = {"code_challenge": None, "code_challenge_method": None, "data": None, "phone": None, "unheard": [1]}
    for path in ("/signup", "/otp", "/magiclink", "/recover"):
        body = {"email": address(), "password": PASSWORD, **nulls}
        assert (await client.post(path, body)).status == 200, path
    user = await client.new_user(phone=None, app_metadata=None, ban_duration=None)
    assert (
        await client.post("/token?grant_type=password", {"email": user["email"], "password": PASSWORD, **nulls})
    ).status == 200


async def test_a_body_over_a_megabyte(client: Client) -> None:
    answer = await client.send("POST", "/signup", raw=b'{"email": "' + b"a" * 1024 * 1024 + b'"}')
    assert (answer.status, answer.code) == (413, "request_entity_too_large")


@pytest.mark.parametrize("text", ["a\0b@example.com", "ann@example.com\0", "bob@exam\0ple.com"])
async def test_text_that_postgresql_cannot_hold(client: Client, text: str) -> None:
    for path in ("/signup", "/recover", "/otp"):
        answer = await client.post(path, {"email": text, "password": PASSWORD})
        assert (answer.status, answer.code) == (400, "validation_failed")
    answer = await client.post("/token?grant_type=password", {"email": text, "password": "a\0b"})
    assert (answer.status, answer.code) == (400, "validation_failed")


async def test_metadata_that_postgresql_cannot_hold(client: Client) -> None:
    session = await client.signed_in()
    for data in ({"a": "\0"}, {"\0": 1}):
        answer = await client.put("/user", {"data": data}, bearer=session["access_token"])
        assert (answer.status, answer.code) == (400, "validation_failed")
        answer = await client.post("/signup", {"email": address(), "password": PASSWORD, "data": data})
        assert (answer.status, answer.code) == (400, "validation_failed")


async def test_paths_and_methods_that_are_none(client: Client) -> None:
    assert (await client.get("/nothing")).status == 404
    assert (await client.get("/")).status == 404
    assert (await client.get("/admin/users/{user_id}", bearer=client.admin)).status == 404
    answer = await client.send("PATCH", "/user")
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, PUT"


async def test_public_endpoints_do_not_look_at_the_bearer(client: Client) -> None:
    user = await client.new_user()
    for bearer in ("sb_publishable_whatever", "nonsense", client.tokens.sign({"role": "anon", "exp": 1})):
        body = {"email": user["email"], "password": PASSWORD}
        assert (await client.post("/token?grant_type=password", body, bearer=bearer)).status == 200
        assert (await client.get("/settings", bearer=bearer)).status == 200


async def test_every_other_endpoint_asks_for_one(client: Client) -> None:
    for path, methods in ROUTES.items():
        filled = path.replace("{user_id}", NAME).replace("{factor_id}", NAME).replace("{identity_id}", NAME)
        for method, route in methods.items():
            if route.needs != "public":
                assert (await client.send(method, filled)).status == 401, (method, path)
                # Nor what is wrong with an id.
                assert (await client.send(method, path)).status == 401, (method, path)


async def test_health(client: Client) -> None:
    answer = await client.get("/health")
    assert answer.status == 200
    assert answer.body["name"] == "GoTrue"
    assert answer.body["description"] == "GoTrue is a user registration and authentication API"
    assert answer.body["version"]


async def test_settings(open_client: Open) -> None:
    answer = await open_client(external_anonymous_users_enabled=True, mailer_autoconfirm=True).get("/settings")
    assert answer.body["external"]["email"] is True
    assert answer.body["external"]["phone"] is False
    assert answer.body["external"]["anonymous_users"] is True
    assert answer.body["external"]["google"] is False
    assert answer.body["mailer_autoconfirm"] is True
    assert answer.body["disable_signup"] is False
    assert set(answer.body) >= {"phone_autoconfirm", "sms_provider", "saml_enabled", "passkeys_enabled"}


async def test_the_public_keys(client: Client) -> None:
    answer = await client.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=600"
    [key] = answer.body["keys"]
    assert key["kty"] == "EC"
    assert key["use"] == "sig"
    assert key["key_ops"] == ["verify"]
    assert "d" not in key


@pytest.mark.parametrize("issuer", [API, "https://app.example.com/", ""])
async def test_the_keys_are_found_from_the_issuer_alone(open_client: Open, issuer: str) -> None:
    client = open_client(jwt_issuer=issuer)
    answer = await client.get("/.well-known/openid-configuration")
    assert answer.headers["cache-control"] == "public, max-age=600"
    assert answer.body["issuer"] == (issuer or API)  # as tokens have it, to the letter
    assert answer.body["jwks_uri"] == (issuer or API).rstrip("/") + "/.well-known/jwks.json"
    assert answer.body["id_token_signing_alg_values_supported"][0] == "ES256"
    [(_, page)] = [(name, url) for name, url in answer.body.items() if name == "token_endpoint"]
    assert (await client.post(page.removeprefix((issuer or API).rstrip("/")), {})).code == "feature_disabled"


async def test_too_many_requests_of_one_address(open_client: Open) -> None:
    client = open_client(rates={"token": Rate(2, 60, 2)})
    body = {"email": address(), "password": "x"}

    async def ask(name: bytes) -> Answer:
        headers = [*MODERN, (b"x-real-ip", name)]
        return await client.post("/token?grant_type=password", body, headers=headers)

    for _ in range(2):
        assert (await ask(b"192.0.2.7")).status == 400
    answer = await ask(b"192.0.2.7")
    assert (answer.status, answer.code) == (429, "over_request_rate_limit")
    assert int(answer.headers["retry-after"]) > 0
    assert (await ask(b"192.0.2.8")).status == 400


async def test_a_database_that_is_away_is_a_clear_503(client: Client) -> None:
    gone = Database({"auth": "host=/nowhere user=nobody dbname=none connect_timeout=1"})
    auth = client.surface.auth
    surface = type(client.surface)(auth.settings, gone, client.tokens, client.mailbox, hasher=auth.hasher)
    client.surface = surface
    answer = await client.post("/token?grant_type=password", {"email": address(), "password": "x"})
    assert answer.status == 503
    assert "nowhere" not in repr(answer.body)
    await gone.close()


async def test_nothing_secret_is_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    session = await client.signed_in()
    await client.post("/otp", {"email": session["user"]["email"]})
    mail = client.mailbox.last(session["user"]["email"])
    refreshed = await client.refresh(session["refresh_token"])
    await client.follow(mail.link)
    await client.put("/user", {"password": "secret password"}, bearer=refreshed.body["access_token"])
    secrets = (PASSWORD, "secret password", session["refresh_token"], session["access_token"], mail.hash, mail.code)
    assert not [secret for secret in secrets if secret in caplog.text]


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("POST", "/sso", 404, "SAML 2.0 is disabled"),
        ("GET", "/sso/saml/metadata", 404, "SAML 2.0 is disabled"),
        ("GET", "/admin/sso/providers", 404, "SAML 2.0 is disabled"),
        ("POST", "/passkeys/authentication/options", 404, "Passkeys are disabled"),
        ("GET", "/admin/oauth/clients", 404, "OAuth server is disabled"),
        ("GET", "/user/oauth/grants", 404, "OAuth server is disabled"),
        ("POST", "/token?grant_type=web3", 422, "Web3 provider is disabled"),
        ("POST", "/token?grant_type=id_token", 400, 'Provider (issuer "google") is not enabled'),
        ("GET", "/authorize?provider=google", 400, "Unsupported provider: provider is not enabled"),
        ("GET", "/authorize?provider=Nobody", 400, "Unsupported provider: Provider nobody could not be found"),
    ],
)
async def test_what_is_not_served_says_so(client: Client, method: str, path: str, status: int, message: str) -> None:
    answer = await client.send(method, path, {"provider": "google", "id_token": "x"})
    assert (answer.status, answer.message) == (status, message)


async def test_a_surface_with_a_redirect_pattern_that_is_none_does_not_open(open_client: Open) -> None:
    with pytest.raises(Problem, match="is not closed"):
        open_client(uri_allow_list=("https://fine.test/**", "https://{a,b.test/**["))


async def test_a_request_that_takes_too_long_is_told_so_and_holds_nothing_up(open_client: Open) -> None:
    client = open_client(max_request_duration=Seconds(0.2))
    with client.connect() as other:
        other.autocommit = False
        other.execute("lock table auth.users in access exclusive mode")
        answer = await client.post("/token?grant_type=password", {"email": address(), "password": PASSWORD})
        assert (answer.status, answer.code) == (504, "request_timeout")
        other.rollback()
    answer = await client.post("/token?grant_type=password", {"email": address(), "password": PASSWORD})
    assert answer.code == "invalid_credentials"
