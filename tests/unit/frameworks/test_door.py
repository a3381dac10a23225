"""Paths on which everybody may come in."""

from collections.abc import Iterable

import pytest

from gatepost.frameworks.core.door import Door


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
