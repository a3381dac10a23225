"""One-time codes, links, how often; all without a database."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from gatepost.auth import one_time
from gatepost.auth.one_time import PKCE, action_link, check_authorized, check_frequency, digest, matches, new_code
from gatepost.problem import Problem
from gatepost.settings import AuthSettings

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = AuthSettings(external_url="https://api.example.com/auth/v1")


def test_only_a_hash_over_address_and_code_is_kept() -> None:
    code = new_code("ann@example.com", SETTINGS)
    assert len(code.code) == 6
    assert code.code.isdigit()
    assert code.hash == hashlib.sha224(b"ann@example.com" + code.code.encode()).hexdigest()
    marked = new_code("ann@example.com", SETTINGS, pkce=True)
    assert marked.hash.startswith(PKCE)
    assert marked.link.startswith(PKCE)


def test_a_link_says_nothing_of_its_code() -> None:
    codes = [new_code("ann@example.com", SETTINGS) for _ in range(100)]
    assert len({code.link for code in codes}) == 100
    assert all(len(code.link) == 56 and code.link != code.hash for code in codes)


@pytest.mark.parametrize(("asked", "length"), [(1, 6), (6, 6), (8, 8), (20, 10)])
def test_a_code_has_six_to_ten_digits(asked: int, length: int) -> None:
    assert len(new_code("a", AuthSettings(mailer_otp_length=asked)).code) == length


def test_codes_do_not_repeat() -> None:
    assert len({new_code("a", AuthSettings(mailer_otp_length=10)).code for _ in range(200)}) == 200


@pytest.mark.parametrize("stored", [digest("a", "1"), PKCE + digest("a", "1")])
def test_a_code_matches_with_and_without_the_mark(stored: str) -> None:
    assert matches(digest("a", "1"), stored, NOW, NOW, 60)
    assert not matches(digest("a", "2"), stored, NOW, NOW, 60)


@pytest.mark.parametrize(
    ("stored", "sent_at"), [(None, NOW), ("", NOW), ("x", None), ("x", NOW - timedelta(seconds=61))]
)
def test_what_matches_nothing(stored: str | None, sent_at: datetime | None) -> None:
    assert not matches("x", stored, sent_at, NOW, 60)
    assert not matches("", stored, sent_at, NOW, 60)


def test_a_code_is_bound_to_its_address() -> None:
    assert digest("ann@example.com", "123456") != digest("bob@example.com", "123456")


def test_how_often_a_mail_may_be_asked_for() -> None:
    check_frequency(None, NOW, 60)
    check_frequency(NOW - timedelta(seconds=60), NOW, 60)
    with pytest.raises(Problem, match="only request this after 50 seconds") as refused:
        check_frequency(NOW - timedelta(seconds=10), NOW, 60)
    assert refused.value.status == 429
    assert refused.value.headers["Retry-After"] == "51"


def test_a_link_begins_with_the_configured_url() -> None:
    assert action_link(SETTINGS, "signup", "abc", "https://app.example.com/x?a=1") == (
        "https://api.example.com/auth/v1/verify?token=abc&type=signup&redirect_to=https%3A%2F%2Fapp.example.com%2Fx%3Fa%3D1"
    )


@pytest.mark.parametrize("kind", list(one_time.PATHS))
def test_every_kind_of_link_may_lead_elsewhere(kind: str) -> None:
    elsewhere = AuthSettings(
        mailer_urlpaths_confirmation="https://app.example.com/go",
        mailer_urlpaths_invite="https://app.example.com/go",
        mailer_urlpaths_recovery="https://app.example.com/go",
        mailer_urlpaths_email_change="https://app.example.com/go",
    )
    assert action_link(elsewhere, kind, "abc", "x").startswith(f"https://app.example.com/go?token=abc&type={kind}&")


def test_named_addresses_with_labels() -> None:
    only = AuthSettings(external_email_authorized_addresses=("Ann@example.com",))
    check_authorized("ann+test@example.com", only)
    check_authorized("anybody@example.com", AuthSettings())
    with pytest.raises(Problem, match="not authorized"):
        check_authorized("bob@example.com", only)
