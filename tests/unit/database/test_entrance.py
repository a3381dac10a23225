"""Whose claims are looked up when, and what the prelude asks of the door."""

from typing import Any

import pytest

from gatepost.database.entrance import AS_THEY_ARE, Entrance, Way, unchanging
from gatepost.database.prelude import claims_that_count, prelude
from gatepost.database.values import Context
from gatepost.identity import ANON, Identity

NOW, OURS = 10_000.0, "http://here/auth/v1"
SESSION = "00000000-0000-0000-0000-00000000005a"
CLAIMS = {"sub": "ann", "role": "authenticated", "session_id": SESSION, "iss": OURS, "iat": 9_990, "aal": "aal2"}


def somebody(issuer: str = "", **changes: Any) -> Identity:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    return Identity("authenticated", claims, issuer=issuer)


def entrance(after: float | None, **more: Any) -> Entrance:
    return Entrance(after, issuer=OURS, clock=lambda: NOW, **more)


@pytest.mark.parametrize(
    ("after", "issued", "look_up"),
    [
        (None, 0, ""),
        (0, 9_999, "enter"),
        (0, NOW, "enter"),
        (60, 9_990, ""),
        (60, 9_940, ""),
        (60, 9_939, "enter"),
        (60, 9_939.5, "enter"),
        (60, 10_001, "enter"),
        (60, None, "enter"),
        (60, "yesterday", "enter"),
    ],
)
def test_a_token_is_looked_up_once_it_is_old(after: float | None, issued: object, look_up: str) -> None:
    assert entrance(after).way(somebody(iat=issued)) == Way(look_up)


@pytest.mark.parametrize(
    ("who", "look_up"),
    [
        (ANON, ""),
        (Identity("service_role", {"role": "service_role"}), ""),
        (Identity("service_role", {"role": "service_role", "iss": "supabase-demo"}), ""),
        (somebody(), "enter"),
        (somebody(iss=None), "enter"),
        (somebody(session_id=None), "enter"),
        (somebody(session_id="00000000-0000-0000-0000-000000000000", iss=None), "admit"),
        (somebody(session_id=None, iss=None), "admit"),
        (somebody(session_id=None, iss="http://elsewhere"), "admit"),
        (somebody(session_id=7, iss=None), "admit"),
        (somebody("http://elsewhere"), "admit"),
    ],
)
def test_each_kind_of_token_has_its_rule(who: Identity, look_up: str) -> None:
    assert entrance(0).way(who) == Way(look_up)
    assert entrance(None).way(who) == AS_THEY_ARE
    assert entrance(None, per_request=True).way(who) == Way("", per_request=True)


def test_cached_claims_need_nothing() -> None:
    plain, cached = prelude(somebody(), Context()), prelude(somebody(), Context(), way=entrance(None).way(somebody()))
    assert (plain.text, plain.params) == (cached.text, cached.params)
    assert "auth_private" not in plain.text


def test_the_look_up_comes_before_the_role_and_is_told_what_it_needs() -> None:
    made = prelude(somebody(), Context(), (("app.x", "1"),), way=Way("enter"))
    subject, ready = made.text.index("'request.jwt.claim.sub', $1"), made.text.index("from auth_private.entrance e")
    door, role = made.text.index("auth_private.enter($2, $1, $13, $14, $15)"), made.text.index("'role', $13, true)")
    assert subject < ready < door < role
    assert made.params[1] == unchanging(somebody())
    assert b"aal2" not in (made.params[1] or b"")
    assert made.params[12:] == (b"authenticated", SESSION.encode(), b"aal2")


@pytest.mark.parametrize(
    ("way", "call"),
    [
        (Way("admit"), "auth_private.admit($2, $1)"),
        (Way("", True), "auth_private.per_request($2)"),
        (Way("admit", True), "auth_private.per_request(auth_private.admit($2, $1))"),
        (Way("enter", True), f"auth_private.per_request({claims_that_count(Way('enter'), 11)})"),
    ],
)
def test_the_projects_function_has_the_last_word(way: Way, call: str) -> None:
    assert f"set_config('request.jwt.claims', {call}, true)" in prelude(somebody(), Context(), way=way).text


def test_what_repeats_claims_is_read_from_what_came_of_them() -> None:
    told = Context(settings=(("request.jwt.claim", "{}"), ("request.jwt.claim.email", "old"), ("app.x", "1")))
    made = prelude(somebody(), told, way=Way("enter"))
    assert b"old" not in made.params
    assert "set_config('request.jwt.claim', pg_catalog.current_setting('request.jwt.claims'), true)" in made.text
    assert prelude(somebody(), told, way=Way("admit")).params.count(b"old") == 1
    assert "set_config('request.jwt.claim', '', true)" in prelude(somebody(), Context(), way=Way("enter")).text
