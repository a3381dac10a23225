"""The cookies of @supabase/ssr: cut, joined, cleared. That its own code agrees is shown by tests/compatibility."""

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.frameworks.cookies import (
    CHUNK,
    DEFAULT,
    CookieOptions,
    CookieTooLarge,
    SetCookie,
    is_part,
    parse,
    read_item,
    remove_item,
    storage_key,
    write_item,
)

KEY = "sb-127-auth-token"
GONE = replace(DEFAULT, max_age=0)


def applied(cookies: dict[str, str], changes: list[SetCookie]) -> dict[str, str]:
    """What a browser holds afterwards."""
    held = dict(cookies)
    for each in changes:
        held.pop(each.name, None)
        if each.options.max_age:
            held[each.name] = each.value
    return held


@given(st.text(max_size=6000), st.sampled_from(["base64url", "raw"]))
def test_what_is_written_is_read(text: str, encoding: str):
    item = json.dumps(text)
    held = applied({}, write_item([], KEY, item, encoding=encoding))  # pyright: ignore
    assert read_item(held.items(), KEY) == item
    assert all(len(quote(part, safe="-_.!~*'()")) <= CHUNK for part in held.values())


@pytest.mark.parametrize(
    ("size", "ends"), [(100, [""]), (3180, [""]), (3181, [".0", ".1"]), (6361, [".0", ".1", ".2"])]
)
def test_an_item_is_cut_where_it_is_longer_than_a_cookie(size: int, ends: list[str]):
    assert [each.name for each in write_item([], KEY, "x" * size, encoding="raw")] == [KEY + end for end in ends]


def test_no_character_is_cut_in_two():
    text = "x" * 3175 + "\N{GRINNING FACE}"
    first, second = write_item([], KEY, text, encoding="raw")
    assert (first.value, second.value) == ("x" * 3175, "\N{GRINNING FACE}")


def test_chunks_of_a_longer_item_are_cleared():
    held = applied({}, write_item([], KEY, json.dumps("x" * 9000)))
    assert len(held) == 4
    changes = write_item(held.items(), KEY, '"short"')
    assert [(each.name, each.options) for each in changes] == [*((name, GONE) for name in held), (KEY, DEFAULT)]
    assert read_item(applied(held, changes).items(), KEY) == '"short"'


def test_what_is_there_already_is_not_set_again():
    held = applied({}, write_item([], KEY, '"same"'))
    assert write_item(held.items(), KEY, '"same"') == []


def test_other_cookies_are_left_alone():
    held = {KEY: "base64-IjEi", f"{KEY}-code-verifier": "v", "theme": "dark", f"{KEY}.01": "no chunk"}
    assert [each.name for each in remove_item(held.items(), KEY)] == [KEY]


def test_with_a_domain_the_hosts_own_cookie_is_cleared_first():
    options = CookieOptions(domain="example.com")
    assert [each.options.domain for each in remove_item([(KEY, "x")], KEY, options)] == [None, "example.com"]


@pytest.mark.parametrize(
    "cookies",
    [
        {},
        {KEY: ""},
        {f"{KEY}.1": "base64-IjEi"},
        {KEY: "base64-***"},
        {KEY: "base64-\N{BULLET}"},
        {KEY: "base64-" + urlsafe_b64encode(b"\xff\xfe").decode()},
        {KEY: "base64-" + urlsafe_b64encode(b'{"half').decode()},
        {KEY: "base64-" + urlsafe_b64encode(b"[" * 100_000).decode()},
    ],
)
def test_what_is_no_whole_is_nothing(cookies: dict[str, str]):
    assert read_item(cookies.items(), KEY) is None


@pytest.mark.parametrize(
    ("end", "part"), [("", True), (".0", True), (".10", True), (".", False), (".01", False), (".1.2", False)]
)
def test_which_names_are_parts_of_an_item(end: str, part: bool):
    assert is_part(KEY + end, KEY) is part


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://abcdef.supabase.co", "sb-abcdef-auth-token"),
        ("http://127.0.0.1:54321", "sb-127-auth-token"),
        ("http://localhost:54321/", "sb-localhost-auth-token"),
    ],
)
def test_the_name_follows_from_the_servers_address(url: str, key: str):
    assert storage_key(url) == key


def test_a_header_is_read_as_browsers_write_it():
    assert parse('a=1; b="%7B%22c%22%3A1%7D" ; a=2; no; d=x=y') == [("a", "1"), ("b", '{"c":1}'), ("d", "x=y")]


def test_a_header_is_written_as_browsers_read_it():
    options = CookieOptions(domain="example.com", secure=True, http_only=True, same_site="strict", max_age=5)
    assert SetCookie("a", '{"b":1}', options).header == (
        "a=%7B%22b%22%3A1%7D; Max-Age=5; Domain=example.com; Path=/; HttpOnly; Secure; SameSite=Strict"
    )


def test_a_cookie_that_browsers_drop_is_warned_of():
    with pytest.warns(CookieTooLarge, match="takes 4106 bytes and browsers keep 4096"):
        write_item([], "x" * 1000, "y" * 3106, encoding="raw")
