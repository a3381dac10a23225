"""Cookies that @supabase/ssr wrote are read by us, and ours by it: sessions of one to five chunks."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatepost.frameworks.cookies import SetCookie, read_item, remove_item, session_text, storage_key, write_item
from gatepost.identity.keys import KeyRing, from_secret
from gatepost.identity.tokens import Tokens
from tests.conftest import NODE

KEY = storage_key("http://127.0.0.1:54321")
SIZES = {1: 10, 2: 1_300, 3: 2_300, 4: 3_300, 5: 4_300}
"""Letters in the user's metadata for so many chunks."""

Ask = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def ask(packages: Path) -> Ask:
    def ask(*cases: dict[str, Any]) -> list[Any]:
        command, given = [NODE, "ssr.mjs"], json.dumps(cases)
        done = subprocess.run(
            command, cwd=packages, input=given, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return ask


@pytest.fixture(scope="module")
def sessions() -> dict[int, dict[str, Any]]:
    """By the number of their chunks; letters of several alphabets, for the cut must not damage one."""
    ends = int(time.time()) + 3600
    claims = {"sub": "9c6d1f2e-0000-4000-8000-000000000001", "exp": ends, "role": "authenticated"}
    token = Tokens(KeyRing([from_secret("x" * 32, signs=True)])).sign(claims)
    base = {"access_token": token, "token_type": "bearer", "expires_in": 3600, "expires_at": ends, "refresh_token": "r"}
    user = {"id": claims["sub"], "aud": "authenticated", "app_metadata": {}, "created_at": "2026-01-01T00:00:00Z"}
    return {
        count: {**base, "user": {**user, "user_metadata": {"note": ("aéж字🙂" * size)[:size]}}}
        for count, size in SIZES.items()
    }


def held(changes: list[SetCookie]) -> list[list[str]]:
    return [[each.name, each.value] for each in changes if each.options.max_age]


def test_what_it_writes_is_read(ask: Ask, sessions: dict[int, dict[str, Any]]):
    for session, written in zip(sessions.values(), ask(*({"write": each} for each in sessions.values())), strict=True):
        cookies = [(name, value) for name, value, _ in written]
        found = json.loads(read_item(cookies, KEY) or "null")
        assert found["user"] == session["user"]
        assert {name: found[name] for name in ("access_token", "refresh_token", "expires_at")} == {
            name: session[name] for name in ("access_token", "refresh_token", "expires_at")
        }


def test_what_we_write_is_read(ask: Ask, sessions: dict[int, dict[str, Any]]):
    ours = [held(write_item([], KEY, session_text(each))) for each in sessions.values()]
    assert [len(cookies) for cookies in ours] == list(sessions)
    assert ask(*({"read": cookies} for cookies in ours)) == list(sessions.values())


def test_both_write_the_same_cookies(ask: Ask, sessions: dict[int, dict[str, Any]]):
    for written in ask(*({"write": each} for each in sessions.values())):
        item = read_item([(name, value) for name, value, _ in written], KEY)
        assert item is not None
        assert held(write_item([], KEY, item)) == [[name, value] for name, value, _ in written]


def test_both_clear_what_a_longer_session_left(ask: Ask, sessions: dict[int, dict[str, Any]]):
    before = held(write_item([], KEY, session_text(sessions[5])))
    [written] = ask({"write": sessions[2], "cookies": before})
    item = read_item([(name, value) for name, value, age in written if age], KEY)
    assert item is not None
    ours = write_item([(name, value) for name, value in before], KEY, item)
    assert sorted([each.name, each.value, each.options.max_age] for each in ours) == sorted(written)
    assert [name for name, _, age in written if not age] == [f"{KEY}.{number}" for number in (2, 3, 4)]


def test_a_session_that_is_not_whole_is_none_for_both(ask: Ask, sessions: dict[int, dict[str, Any]]):
    whole = held(write_item([], KEY, session_text(sessions[5])))
    parts = [whole[:4], whole[1:], [*whole[:1], [whole[1][0], "x" + whole[1][1][1:]]]]
    assert ask(*({"read": each} for each in parts)) == [None, None, None]
    assert [read_item([(name, value) for name, value in each], KEY) for each in parts] == [None, None, None]


def test_nothing_is_left_after_signing_out(ask: Ask, sessions: dict[int, dict[str, Any]]):
    cookies = [(name, value) for name, value in held(write_item([], KEY, session_text(sessions[4])))]
    assert [each.name for each in remove_item(cookies, KEY)] == [name for name, _ in cookies]
    assert ask({"read": []}) == [None]
