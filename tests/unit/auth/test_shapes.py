"""JSON shapes, error shapes, passwords, routes: the surface's pure parts."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest

import gatepost.auth
from gatepost.auth import QUERIES, parameter, responses
from gatepost.auth.endpoints import ROUTES, find_route, read_ids
from gatepost.auth.errors import STATUS, answer, fault, storing
from gatepost.auth.flows.admin.users import banned_until
from gatepost.auth.flows.strength import check, find_weakness, random_password
from gatepost.auth.users import Factor, User, UserIdentity
from gatepost.exchange import Request
from gatepost.problem import DatabaseProblem, Problem
from gatepost.settings import AuthSettings, Seconds

NOW = datetime(2026, 1, 1, 12, 30, 15, 250000, tzinfo=UTC)


def test_a_user_as_clients_know_them() -> None:
    identity = UserIdentity(id="row", provider_id="theirs", user_id="u", provider="email", email="a@example.com")
    user = User(
        id="u", email=None, encrypted_password="hash", confirmation_token="token", created_at=NOW, identities=[identity]
    )
    shape = msgspec.json.decode(msgspec.json.encode(responses.user(user)))
    assert shape["email"] == shape["phone"] == shape["role"] == shape["aud"] == ""
    assert shape["created_at"] == "2026-01-01T12:30:15.250000Z"
    assert shape["identities"][0]["identity_id"] == "row"
    assert shape["identities"][0]["id"] == "theirs"
    assert "last_sign_in_at" not in shape["identities"][0], "absent, as the clients' types have it"
    assert not {"encrypted_password", "confirmation_token", "is_sso_user", "factors", "new_email"} & set(shape)
    assert responses.user(user, listed=True)["identities"] is None


def test_times_are_utc_whatever_the_connection_said() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert responses.utc(elsewhere) == responses.utc(NOW.replace(tzinfo=None)) == NOW
    assert msgspec.json.encode(responses.utc(elsewhere)) == b'"2026-01-01T12:30:15.250000Z"'


def test_a_factor_shows_no_secret() -> None:
    shape = responses.factor(Factor(id="f", status="verified", factor_type="totp"))
    assert set(shape) == {"id", "created_at", "updated_at", "status", "factor_type", "phone", "last_challenged_at"}


@pytest.mark.parametrize(
    ("page", "total", "links"),
    [
        (1, 120, '</p?page=2&per_page=50&filter=x>; rel="next", </p?page=3&per_page=50&filter=x>; rel="last"'),
        (3, 120, '</p?page=3&per_page=50&filter=x>; rel="last"'),
        (1, 0, '</p?page=0&per_page=50&filter=x>; rel="last"'),
    ],
)
def test_links_to_pages(page: int, total: int, links: str) -> None:
    headers = dict(responses.page_headers("/p", [("page", "9"), ("filter", "x")], page, 50, total))
    assert headers == {b"link": links.encode(), b"x-total-count": str(total).encode()}


def test_an_error_of_the_server_carries_the_requests_id_in_the_older_shape() -> None:
    body = msgspec.json.decode(answer(fault("unexpected_failure", "oops"), Request("GET", "/", id="r1")).body)
    assert body == {"code": 500, "error_code": "unexpected_failure", "msg": "oops", "error_id": "r1"}


def test_what_the_database_says_stays_inside() -> None:
    error = DatabaseProblem("42P01", 'relation "auth.users" does not exist')
    for headers in ([], [(b"x-supabase-api-version", b"2024-01-01")]):
        response = answer(error, Request("GET", "/", headers=headers))
        assert response.status == 500
        assert b"relation" not in response.body
        assert b"check server logs" in response.body


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (DatabaseProblem("23505", "dup", constraint="users_email_partial_key"), "email_exists", 422),
        (DatabaseProblem("23505", "dup", constraint="users_phone_key"), "phone_exists", 422),
        (DatabaseProblem("23505", "dup", constraint="theirs"), "unexpected_failure", 500),
        (DatabaseProblem("22P05", "unsupported Unicode escape sequence"), "validation_failed", 400),
        (DatabaseProblem("P0001", "no"), "unexpected_failure", 500),
    ],
)
def test_why_something_could_not_be_stored(error: DatabaseProblem, code: str, status: int) -> None:
    problem = storing(error, "Database error saving new user")
    assert (problem.code, problem.status) == (code, status)


def test_every_code_has_a_status_that_is_an_error() -> None:
    assert all(400 <= status < 600 for status in STATUS.values())
    assert [code for code, status in STATUS.items() if status >= 500] == ["request_timeout", "unexpected_failure"]


def test_passwords() -> None:
    settings = AuthSettings(password_min_length=8, password_required_characters="abc:123:\\:!")
    assert find_weakness("a1!aaaaa", settings) is None
    assert find_weakness("a1:aaaaa", settings) is None
    weakness = find_weakness("a1aaaaaa", settings)
    assert weakness is not None
    assert weakness.details == {"reasons": ["characters"]}
    with pytest.raises(Problem, match="longer than 72"):
        check("ü" * 37, settings)


def test_a_random_password_is_as_strong_as_the_settings_want() -> None:
    settings = AuthSettings(password_min_length=40, password_required_characters="abc:123:!?")
    made = {random_password(settings) for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check(password, settings)


@pytest.mark.parametrize(
    ("text", "length"), [("1h30m", 5400), ("24h", 86400), ("10s", 10), ("1.5h", 5400), ("-1h", -3600)]
)
def test_bans(text: str, length: float) -> None:
    assert banned_until(text, NOW) == NOW + timedelta(seconds=length)


def test_bans_that_are_none() -> None:
    assert banned_until("none", NOW) is None
    assert banned_until("0", NOW) is None
    for text in ("a while", "10", "h", "1h ", "1 h", "1h30", "∞"):
        with pytest.raises(Problem, match="invalid format for ban duration"):
            banned_until(text, NOW)


def test_parameters_travel_as_text() -> None:
    assert [parameter(value) for value in (None, b"x", True, 3, 1.5, "ü", {"a": [None]}, ["x"], NOW, Seconds(2))] == [
        None,
        b"x",
        b"true",
        b"3",
        b"1.5",
        "ü".encode(),
        b'{"a":[null]}',
        b'["x"]',
        b"2026-01-01T12:30:15.250000+00:00",
        b"2",
    ]
    for text in ("a\0b", "\ud800"):
        with pytest.raises(Problem):
            parameter(text)


def test_every_path_finds_its_endpoint_with_and_without_a_slash_at_the_end() -> None:
    for path, methods in ROUTES.items():
        filled = path.replace("{user_id}", NAME).replace("{identity_id}", NAME).replace("{factor_id}", NAME)
        for method, route in methods.items():
            assert find_route(method, filled)[0] is route
            assert find_route(method, filled + "/")[0] is route


NAME = "1b4e28ba-2fa1-41d2-883f-0016d3cca427"


def test_ids_in_paths_are_uuids_in_their_usual_form() -> None:
    assert read_ids(find_route("GET", f"/admin/users/{NAME.upper()}")[1]) == (NAME,)
    for name in ("1", NAME[:-1], f"{{{NAME}}}", f"urn:uuid:{NAME}", NAME.replace("-", ""), "..", "{user_id}"):
        with pytest.raises(Problem) as refused:
            read_ids(find_route("GET", f"/admin/users/{name}")[1])
        assert refused.value.status == 404


def test_every_query_is_used() -> None:
    text = "".join(path.read_text() for path in Path(gatepost.auth.__file__).parent.rglob("*.py"))
    unused = {name for name in QUERIES if f'"{name}"' not in text}
    assert unused == {"set_email", "set_phone"} - {name for name in QUERIES if f'"{name}"' in text}
    assert 'f"set_{kind}"' in text
