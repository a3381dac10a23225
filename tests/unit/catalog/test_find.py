"""'Did you mean': the nearest name, as FuzzySet finds it."""

import pytest

from gatepost.catalog.find import NEAR, distance, nearest, ranking


@pytest.mark.parametrize(
    ("name", "candidates", "least", "found"),
    [
        ("testt", ("test", "another"), NEAR, "test"),
        ("film", ("films", "roles"), 0.33, "films"),
        ("role", ("directors", "roles", "actors"), 0.33, "roles"),
        ("noclosealternative", ("roles", "films"), 0.33, None),
        ("othr", ("test",), NEAR, None),
        ("(nam, pqaram, vall)", ("(name, param, val)", "(attr, id)"), 0.33, "(name, param, val)"),
        ("(id)", ("(name, param, val)", "(attr, id)"), 0.33, "(attr, id)"),
        ("x", (), 0.33, None),
        ("", ("a",), 0.33, None),
    ],
)
def test_the_nearest(name: str, candidates: tuple[str, ...], least: float, found: str | None) -> None:
    assert nearest(name, candidates, least) == found


def test_an_equal_name_scores_one() -> None:
    assert ranking("Films", ("films", "film")) == [(1.0, "films")]


def test_distance() -> None:
    assert [distance(*pair) for pair in (("", "ab"), ("kitten", "sitting"), ("same", "same"))] == [2, 3, 0]
