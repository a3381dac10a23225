"""Paths on which everybody may come in; what is required of those who do; words that would open more than meant."""

from base64 import urlsafe_b64encode
from collections.abc import Iterable

import pytest

from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.core.door import Door, Requirement, says_logged_in
from gatepost.frameworks.core.sessions import UnverifiedSession
from gatepost.frameworks.core.wishes import Answer
from gatepost.identity import Identity
from gatepost.problem import Problem


@pytest.mark.parametrize("given", [["/account"], ("/account/",), "/account"])
@pytest.mark.parametrize(
    ("path", "open"),
    [
        ("/account/sign-in", True),
        ("/account/", True),
        ("/accounts", False),
        ("/", False),
        ("/notes", False),
        ("", False),
    ],
)
def test_a_path_is_open_below_one_that_is_named(given: Iterable[str], path: str, open: bool):
    assert Door(given).is_open(path) == open


def test_what_is_given_is_kept_whatever_becomes_of_it():
    door = Door(iter(["/account"]))
    assert [door.is_open("/account") for _ in range(2)] == [True, True]


@pytest.mark.parametrize("wanted", ["AAL2", "2", "", "aal", "aal9"])
def test_a_level_that_is_none_is_refused_where_it_is_written(wanted: str):
    with pytest.raises(ValueError, match="aal is one of aal1, aal2, aal3"):
        Requirement(aal=wanted)


@pytest.mark.parametrize(
    ("said", "enough"), [("aal2", True), ("aal3", True), ("aal1", False), ("b", False), (2, False), (["aal2"], False)]
)
def test_a_token_is_of_a_level_only_where_it_says_so(said: object, enough: bool):
    somebody = Identity("authenticated", {"sub": "1", "aal": said})
    if enough:
        Requirement(aal="aal2").check(somebody)
    else:
        with pytest.raises(Problem, match="sessions of aal2"):
            Requirement(aal="aal2").check(somebody)


def test_cookies_that_are_nested_too_deeply_say_nothing():
    nested = '{"more":' + "[" * 20_000 + "]" * 20_000 + "}"
    token = "a." + urlsafe_b64encode(nested.encode()).decode() + ".c"
    assert says_logged_in(nested) is False
    assert UnverifiedSession(token, "r", "{}", 0).expires_at == 0
    assert Answer(200, nested.encode()).json() == {}


def test_a_mode_that_is_none_is_refused():
    with pytest.raises(Problem, match='mode is "compat" or "strict", not \'strct\''):
        AuthServer("https://auth.notes.test", mode="strct")  # pyright: ignore[reportArgumentType]
