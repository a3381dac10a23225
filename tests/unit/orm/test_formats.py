"""Texts of a known form, as validators know them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.orm.arguments.data import formats

RIGHT = {
    "isEmail": ["a@b.io", "a.b+c@x-y.z.com", "o'neil@example.org"],
    "isUrl": ["http://a", "https://user@a.b:8080/x?y#z", "mailto:a@b.io", " https://a.io ", "urn:isbn:1"],
    "isPhone": ["+15555555555", "+4412345"],
    "isDate": ["2024-02-29", "1999-12-31"],
    "isDateTime": ["2024-02-29T00:00:00Z", "2024-01-01T23:59Z", "2024-01-01T00:00:00.123456Z"],
}
WRONG = {
    "isEmail": ["", "a@b", "a..b@c.io", ".a@b.io", "a@b..io", "a b@c.io", "a@b.io\n", "ä@b.io"],
    "isUrl": ["", "a.io", "http://", "http:// a", "http://a:99999999", "//a.io"],
    "isPhone": ["15555555555", "+1", "+1 555 555", "+1555555555512345"],
    "isDate": ["2023-02-29", "2024-13-01", "2024-1-1", "2024-01-01T00:00:00Z", "٢٠٢٤-01-01"],
    "isDateTime": ["2024-01-01", "2024-01-01T00:00:00", "2024-01-01T24:00:00Z", "2024-01-01T00:00:00+02:00"],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in RIGHT.items() for text in texts])
def test_what_has_the_form(name: str, text: str) -> None:
    assert formats.FORMS[name](text)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in WRONG.items() for text in texts])
def test_what_does_not(name: str, text: str) -> None:
    assert not formats.FORMS[name](text)


@pytest.mark.parametrize(
    ("precision", "right", "wrong"),
    [
        (None, ["03:15", "03:15:00", "03:15:00.1"], ["24:00", "3:15", "03:60"]),
        (-1, ["03:15"], ["03:15:00"]),
        (0, ["03:15:00"], ["03:15", "03:15:00.1"]),
        (3, ["03:15:00.123"], ["03:15:00.12"]),
    ],
)
def test_times_by_precision(precision: int | None, right: list[str], wrong: list[str]) -> None:
    assert all(formats.is_time(text, precision) for text in right)
    assert not any(formats.is_time(text, precision) for text in wrong)


def test_patterns_are_javascript_s() -> None:
    assert formats.matches("^x.*z$", "x..z")
    assert not formats.matches("^x.*z$", "x..z\n")
    assert formats.matches(r"(?<first>a)b", "ab")
    assert formats.matches(r"b[$]", "b$")
    assert formats.matches(r"(?<=a)b", "ab")
    assert formats.matches(r"\d", "5")
    assert not formats.matches(r"\d", "٥")


@given(st.text(max_size=200))
def test_no_text_makes_a_form_fail(text: str) -> None:
    for form in formats.FORMS.values():
        form(text)
    formats.is_time(text)


def test_long_texts_are_judged_quickly() -> None:
    assert not formats.is_email("a" * 100_000)
    assert not formats.is_email("a@" + "a." * 450 + "1")
    assert not formats.is_phone("+" + "1" * 100_000)
