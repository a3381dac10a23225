"""A user and a session become claims; what a hook may answer."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from gatepost.auth.hooks import read, statement
from gatepost.auth.issue import REQUIRED, build_claims, check_claims
from gatepost.auth.sessions import Method, Session, has_ended
from gatepost.auth.users import Factor, ServerClaims, User
from gatepost.problem import Problem
from gatepost.settings import AuthSettings, Seconds

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def session(*methods: str, created_at: datetime = NOW) -> Session:
    amr = [Method(method=name, at=NOW + timedelta(seconds=i)) for i, name in enumerate(methods)]
    return Session(id="s", user_id="u", created_at=created_at, amr=amr)


def test_claims_of_a_user_with_nothing() -> None:
    claims = build_claims(AuthSettings(), User(id="u"), session("password"), NOW)
    assert claims == {
        "sub": "u",
        "aud": "",
        "exp": int(NOW.timestamp()) + 3600,
        "iat": int(NOW.timestamp()),
        "email": "",
        "phone": "",
        "app_metadata": {},
        "user_metadata": {},
        "role": "",
        "aal": "aal1",
        "amr": [{"method": "password", "timestamp": int(NOW.timestamp())}],
        "session_id": "s",
        "is_anonymous": False,
    }
    assert build_claims(AuthSettings(jwt_issuer="me"), User(id="u"), session("otp"), NOW)["iss"] == "me"


@pytest.mark.parametrize(
    ("methods", "aal"), [(("password",), "aal1"), (("password", "totp"), "aal2"), (("mfa/phone", "otp"), "aal2")]
)
def test_the_level_follows_the_methods_newest_first(methods: tuple[str, ...], aal: str) -> None:
    claims = build_claims(AuthSettings(), User(id="u"), session(*methods), NOW)
    assert claims["aal"] == aal
    assert [each["method"] for each in claims["amr"]] == list(reversed(methods))


def test_user_metadata_says_nothing_about_role_or_level() -> None:
    user = User(id="u", role="authenticated", raw_user_meta_data={"role": "service_role", "aal": "aal2", "sub": "v"})
    claims = build_claims(AuthSettings(), user, session("password"), NOW)
    assert (claims["role"], claims["aal"], claims["sub"]) == ("authenticated", "aal1", "u")


def test_without_the_second_factor_a_token_ends_early() -> None:
    settings = AuthSettings(sessions_allow_low_aal=Seconds(600))
    factor = Factor(id="f", status="verified", factor_type="totp")
    has_one = User(id="u", factors=[factor])
    assert build_claims(settings, has_one, session("password"), NOW)["exp"] == int(NOW.timestamp()) + 600
    assert build_claims(settings, has_one, session("totp"), NOW)["exp"] == int(NOW.timestamp()) + 3600
    assert build_claims(settings, User(id="u"), session("password"), NOW)["exp"] == int(NOW.timestamp()) + 3600


def test_a_session_ends_by_itself_or_by_the_settings() -> None:
    user, factor = User(id="u"), Factor(id="f", status="verified", factor_type="totp")

    def ended(after: float, given: Session, of: User = user, **settings: float) -> bool:
        limits = {f"sessions_{name}": Seconds(value) for name, value in settings.items()}
        return has_ended(given, of, NOW + timedelta(seconds=after), AuthSettings(**limits))

    assert not ended(60, session("otp"), timebox=60)
    assert ended(61, session("otp"), timebox=60)
    assert not ended(900 * 86400, session("otp"))
    assert ended(1, msgspec.structs.replace(session("otp"), not_after=NOW))
    # As PostgreSQL gives it: without a time zone.
    used = msgspec.structs.replace(session("otp"), refreshed_at=(NOW + timedelta(seconds=30)).replace(tzinfo=None))
    assert not ended(90, used, inactivity_timeout=60)
    assert ended(91, used, inactivity_timeout=60)
    assert ended(61, session("otp"), inactivity_timeout=60)
    has_one = User(id="u", factors=[factor])
    assert ended(61, session("password"), has_one, allow_low_aal=60)
    assert not ended(61, session("totp"), has_one, allow_low_aal=60)
    assert not ended(61, session("password"), allow_low_aal=60)


def whole(**changes: Any) -> dict[str, Any]:
    claims = build_claims(AuthSettings(), User(id="u", aud="a"), session("password"), NOW)
    return claims | changes


def test_a_hook_may_add_and_change_claims() -> None:
    claims = whole(tenant=7, role="tenant_user", aud=["a", "b"])
    assert check_claims(read(msgspec.json.encode({"claims": claims}))) == claims


@pytest.mark.parametrize("name", list(REQUIRED))
def test_a_hook_may_not_leave_out_what_a_token_needs(name: str) -> None:
    claims = whole()
    del claims[name]
    with pytest.raises(Problem, match=name):
        check_claims({"claims": claims})
    with pytest.raises(Problem, match=name):
        check_claims({"claims": {**claims, name: {}}})


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        (b'{"error": {"http_code": 403, "message": "no"}}', 403, "no"),
        (b'{"error": {"message": "no"}}', 500, "no"),
        (b'{"error": {"http_code": 200, "message": "no"}}', 500, "no"),
        (b'{"error": {"http_code": "x", "message": "no"}}', 500, "no"),
        (b"{}", 500, "output claims field is missing"),
        (b"[]", 500, "Error unmarshaling JSON output."),
        (None, 500, "output claims field is missing"),
    ],
)
def test_a_hook_that_answers_something_else(answer: bytes | None, status: int, message: str) -> None:
    with pytest.raises(Problem, match=message) as refused:
        check_claims(read(answer))
    assert refused.value.status == status


def test_a_hooks_name_is_an_identifier() -> None:
    called = statement('pg-functions://postgres/my schema/f"; drop table x; --', {"a": 1})
    assert called.text == 'select "my schema"."f""; drop table x; --"($1::jsonb)'
    assert called.params == (b'{"a":1}',)
    with pytest.raises(Problem, match="pg-functions"):
        statement("https://example.com/hook", {})


def test_what_the_server_says_of_a_user_wins_over_app_metadata() -> None:
    said = ServerClaims(claims={"tenant_id": "t", "permissions": ["p:todo"]})
    user = User(id="u", raw_app_meta_data={"provider": "email", "tenant_id": "other"}, server_claims=said)
    claims = build_claims(AuthSettings(), user, session("password"), NOW)
    assert claims["app_metadata"] == {"provider": "email", "tenant_id": "t", "permissions": ["p:todo"]}
    assert claims["user_metadata"] == {}


@pytest.mark.parametrize(("seconds", "life"), [(600, 600), (7200, 3600), (None, 3600)])
def test_a_token_does_not_outlive_what_the_server_says(seconds: int | None, life: int) -> None:
    until = None if seconds is None else NOW + timedelta(seconds=seconds)
    user = User(id="u", server_claims=ServerClaims(claims={}, valid_until=until))
    assert build_claims(AuthSettings(), user, session("password"), NOW)["exp"] == int(NOW.timestamp()) + life


def test_claims_end_at_the_moment_itself() -> None:
    said = ServerClaims(claims={}, valid_until=NOW)
    assert said.has_ended(NOW)
    assert not said.has_ended(NOW - timedelta(microseconds=1))
    assert not ServerClaims(claims={}).has_ended(NOW)
