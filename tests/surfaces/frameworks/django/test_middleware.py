"""The middleware, under WSGI and ASGI and for views of both colours: who asks, sessions, requests of other sites."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from gatepost.frameworks.cookies import PRIVATE, CookieOptions
from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.core.carriers import Blocking, Waiting
from gatepost.frameworks.core.wishes import Answer, Call
from gatepost.identity.keys import KeyRing, from_secret
from gatepost.identity.tokens import Tokens
from tests.serving import Served
from tests.surfaces.frameworks.conftest import SITE, cookies_of, held, kept_session, session_of
from tests.surfaces.people import Person

from .conftest import Visit, once_more

Expire = Callable[[Person], dict[str, Any]]
BOTH = pytest.mark.parametrize("a", ["", "a"], ids=["sync view", "async view"])
# What Django says where a stream is of the other colour than the server.
OTHER_COLOUR = pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
REFRESH = "grant_type=refresh_token"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the auth server is asked for what, by either carrier."""
    found: Counter[str] = Counter()
    waiting, blocking = Waiting._ask, Blocking._ask

    async def waited(self: Waiting, call: Call) -> Answer:
        found[call.path.partition("?")[2] or call.path] += 1
        return await waiting(self, call)

    def blocked(self: Blocking, call: Call) -> Answer:
        found[call.path.partition("?")[2] or call.path] += 1
        return blocking(self, call)

    monkeypatch.setattr(Waiting, "_ask", waited)
    monkeypatch.setattr(Blocking, "_ask", blocked)
    return found


# ---------------------------------------------------------------------------------------------------------- who it is


@BOTH
async def test_nobody_without_a_proof(visit: Visit, asked: Counter[str], a: str):
    async with visit() as browser:
        answer = await browser.get(f"/{a}who?user")
        assert answer.json() == {
            "role": "anon", "sub": "", "email": None, "acting": "anon",
            "user": "AnonymousUser", "id": "", "authenticated": False,
        }  # fmt: skip
    assert not asked
    assert answer.headers["vary"] == "Cookie, Authorization"


@BOTH
async def test_a_sessions_cookies_prove_by_the_token_inside(visit: Visit, server: AuthServer, ada: Person, a: str):
    boss = {"id": "00000000-0000-4000-8000-000000000001", "role": "service_role", "email": "boss@example.com"}
    async with visit(cookies_of(server, session_of(ada, user=boss))) as browser:
        answer = await browser.get(f"/{a}who?user")
    assert answer.json() == {
        "role": "authenticated", "sub": ada.id, "email": ada.email, "acting": f"authenticated {ada.id}",
        "user": ada.email, "id": ada.id, "authenticated": True,
    }  # fmt: skip
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "public, max-age=60"


@BOTH
async def test_a_forged_cookie_is_nobody(visit: Visit, server: AuthServer, ada: Person, a: str):
    claims = {"sub": ada.id, "role": "service_role", "aud": "authenticated", "exp": int(time.time()) + 3600}
    forged = Tokens(KeyRing([from_secret("x" * 32, signs=True)])).sign(claims)
    for token in (forged, ada.token[:-6] + "AAAAAA"):
        async with visit(cookies_of(server, session_of(ada, access_token=token))) as browser:
            told = (await browser.get(f"/{a}who?user")).json()
            assert (told["role"], told["sub"], told["acting"]) == ("anon", "", "anon")


@BOTH
async def test_bearers(visit: Visit, server: AuthServer, ada: Person, bob: Person, a: str):
    async with visit(cookies_of(server, session_of(ada)), Authorization=f"Bearer {bob.token}") as caller:
        assert (await caller.get(f"/{a}who")).json()["acting"] == f"authenticated {bob.id}"
    async with visit(cookies_of(server, session_of(ada)), Authorization="Bearer x.y.z") as caller:
        answer = await caller.get(f"/{a}who")
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        assert (await caller.get("/open/who")).json()["role"] == "anon"
    async with visit(Authorization=f"Bearer {server.key}") as caller:
        assert (await caller.get(f"/{a}who")).json()["role"] == "anon"


@BOTH
async def test_nothing_of_one_request_is_anothers(visit: Visit, server: AuthServer, ada: Person, bob: Person, a: str):
    async def ask(person: Person | None) -> tuple[str, str]:
        async with visit(cookies_of(server, session_of(person)) if person else {}) as browser:
            told = (await browser.get(f"/{a}who")).json()
            return told["sub"], told["acting"]

    order = [ada, bob, None] * 4
    seen = [(each.id, f"authenticated {each.id}") if each else ("", "anon") for each in order]
    assert await asyncio.gather(*map(ask, order)) == seen


# ----------------------------------------------------------------------------------------------------------- sessions


@BOTH
async def test_an_expired_session_is_renewed_once(
    visit: Visit, server: AuthServer, ada: Person, expired: Expire, asked: Counter[str], a: str
):
    person = once_more(ada)
    session = expired(person) | {"provider_token": "x" * 6000}
    cookies = cookies_of(server, session)
    assert len(cookies) == 3
    async with visit(cookies) as browser:
        answers = await asyncio.gather(*(browser.get(f"/{a}who") for _ in range(5)))
        kept, left = kept_session(browser, server), dict(held(browser))
    assert [answer.json()["acting"] for answer in answers] == [f"authenticated {person.id}"] * 5
    assert asked[REFRESH] == 1
    assert kept is not None
    assert kept["refresh_token"] not in ("", session["refresh_token"])
    assert f"{server.storage_key}.2" not in left
    for answer in answers:
        assert {name: answer.headers[name] for name in PRIVATE} == dict(PRIVATE)


async def test_cookies_are_worded_as_the_core_words_them(
    visit: Visit, configured: Any, served_notes: Served, ada: Person, expired: Expire
):
    """Two of one name too: with a domain, the host's own is cleared beside."""
    server = configured(
        AuthServer(served_notes.url, served_notes.publishable, cookies=CookieOptions(domain="notes.test", secure=True))
    )
    session = expired(once_more(ada)) | {"refresh_token": "aaaaaaaaaaaa"}
    async with visit({}, Cookie="; ".join("=".join(each) for each in cookies_of(server, session).items())) as browser:
        answer = await browser.get("/who")
    name = server.storage_key
    assert [each.strip() for each in answer.headers.get_list("set-cookie")] == [
        f"{name}=; Max-Age=0; Path=/; Secure; SameSite=Lax",
        f"{name}=; Max-Age=0; Domain=notes.test; Path=/; Secure; SameSite=Lax",
    ]
    assert answer.json()["role"] == "anon"


async def test_a_server_that_is_away_ends_no_session(
    visit: Visit, server: AuthServer, ada: Person, expired: Expire, monkeypatch: pytest.MonkeyPatch
):
    session, waiting, blocking = expired(once_more(ada)), Waiting._ask, Blocking._ask

    async def waits(self: Waiting, call: Call) -> Answer:
        return Answer(503, b"{}") if "refresh" in call.path else await waiting(self, call)

    monkeypatch.setattr(Waiting, "_ask", waits)
    monkeypatch.setattr(
        Blocking, "_ask", lambda self, call: Answer(503, b"{}") if "refresh" in call.path else blocking(self, call)
    )
    async with visit(cookies_of(server, session)) as browser:
        answer = await browser.get("/who")
        assert (answer.status_code, answer.json()["code"]) == (503, "auth_server_unavailable")
        assert "set-cookie" not in answer.headers
        assert "retry-after" in answer.headers
        assert (await browser.get("/open/who")).json()["role"] == "anon"
        monkeypatch.undo()
        assert (await browser.get("/who")).json()["role"] == "authenticated"


@OTHER_COLOUR
async def test_a_session_that_is_renewed_too_late_is_renewed_again(visit: Visit, server: AuthServer, ada: Person):
    session = session_of(once_more(ada))
    async with visit(cookies_of(server, session)) as browser:
        answer = await browser.get("/late")
        assert (answer.text, "set-cookie" in answer.headers) == ("begun renewed", False)
        assert kept_session(browser, server) == session


@BOTH
async def test_signing_out(visit: Visit, server: AuthServer, ada: Person, a: str):
    person = once_more(ada)
    async with visit(cookies_of(server, session_of(person)), Origin=SITE) as browser:
        assert (await browser.post(f"/{a}leave")).status_code == 200
        assert kept_session(browser, server) is None
    assert person.ask("GET", "/auth/v1/user").status_code == 403


# ------------------------------------------------------------------------------------------- requests of other sites


@BOTH
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": SITE}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.test"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
async def test_what_changes_something_comes_from_this_site(
    visit: Visit, server: AuthServer, ada: Person, headers: dict[str, str], status: int, a: str
):
    """Though these views are exempt from Django's own check."""
    async with visit(cookies_of(server, session_of(ada)), **headers) as browser:
        answer = await browser.post(f"/{a}notes", data={"body": "milk"})
        assert answer.status_code == status
        assert status == 200 or answer.json()["code"] == "csrf"
        assert (await browser.get(f"/{a}notes")).status_code == 200


async def test_a_browser_that_does_not_say_where_from_shows_djangos_token(
    visit: Visit, server: AuthServer, ada: Person
):
    async with visit(cookies_of(server, session_of(ada))) as browser:
        token = (await browser.get("/token")).text
        assert (await browser.post("/notes", data={"body": "x", "csrfmiddlewaretoken": token})).status_code == 200
        assert (await browser.post("/notes", data={"body": "x"}, headers={"X-CSRFToken": token})).status_code == 200
        assert (await browser.post("/notes", data={"body": "x", "csrfmiddlewaretoken": "no"})).status_code == 403
        elsewhere = {"X-CSRFToken": token, "Sec-Fetch-Site": "cross-site"}
        assert (await browser.post("/notes", data={"body": "x"}, headers=elsewhere)).status_code == 403


async def test_djangos_own_check_stays_but_for_bearers(visit: Visit, server: AuthServer, ada: Person):
    async with visit(cookies_of(server, session_of(ada)), Origin=SITE) as browser:
        assert "CSRF verification failed" in (await browser.post("/guarded", data={"body": "x"})).text
        token = (await browser.get("/token")).text
        assert (await browser.post("/guarded", data={"body": "x", "csrfmiddlewaretoken": token})).status_code == 200
    async with visit(Authorization=f"Bearer {ada.token}", Origin="http://elsewhere.test") as caller:
        assert (await caller.post("/guarded", data={"body": "x"})).status_code == 200
    async with visit() as nobody:
        assert "CSRF verification failed" in (await nobody.post("/guarded", data={"body": "x"})).text


# ------------------------------------------------------------------------------------------------------- the database


@pytest.fixture
def no_notes(served_notes: Served) -> None:
    served_notes.sql('delete from "Note"')


@BOTH
async def test_the_orm_sees_rows_of_who_asks(visit: Visit, no_notes: None, ada: Person, bob: Person, a: str):
    async with visit(Authorization=f"Bearer {ada.token}") as caller:
        assert (await caller.post(f"/{a}notes", data={"body": "hers"})).json() == ["hers"]
        refused = await caller.post(f"/{a}notes", data={"body": "for him", "owner": bob.id})
        assert refused.status_code == 403
    async with visit(Authorization=f"Bearer {bob.token}") as caller:
        assert (await caller.get(f"/{a}notes")).json() == []
        assert (await caller.post("/atomic", data={"body": "his"})).json() == ["his"]
    async with visit() as nobody:
        assert (await nobody.get(f"/{a}notes")).json() == []


@OTHER_COLOUR
@BOTH
async def test_what_is_streamed_is_read_as_who_asked(visit: Visit, no_notes: None, ada: Person, a: str):
    async with visit(Authorization=f"Bearer {ada.token}") as caller:
        for body in ("one", "two"):
            await caller.post("/notes", data={"body": body})
        told = "2" if a else f"authenticated {ada.id}"
        assert (await caller.get(f"/{a}streamed")).text == f"one {told}\ntwo {told}\n"
    async with visit() as nobody:
        assert (await nobody.get(f"/{a}streamed")).text == ""


async def test_requests_can_be_transactions(visit: Visit, no_notes: None, ada: Person, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    async with visit(Authorization=f"Bearer {ada.token}") as caller:
        assert (await caller.post("/notes", data={"body": "hers"})).json() == ["hers"]
        assert (await caller.get("/who")).json()["acting"] == f"authenticated {ada.id}"
    async with visit() as nobody:
        assert (await nobody.get("/notes")).json() == []


async def test_what_ends_in_a_problem_is_answered_so(visit: Visit):
    async with visit() as browser:
        answer = await browser.get("/wrong")
    assert (answer.status_code, answer.headers["x-spout"]) == (418, "yes")
    assert answer.json() == {"code": "teapot", "message": "Short and stout", "details": None, "hint": "Pour elsewhere"}


# --------------------------------------------------------------------------------------------------------- document 2


DOCUMENT_2 = [
    ('{"loggedIn":true}', "good", (200, ["hers"])),
    ('{"loggedIn":true}', "forged", (401, "INVALID SESSION")),
    ('{"loggedIn":true}', "", (401, "INVALID SESSION")),
    ('{"loggedIn":false}', "good", (200, [])),
    ("", "good", (200, [])),
]


async def test_document_2s_claims_reach_each_statement_of_the_orm(
    visit: Visit, configured: Any, served_notes: Served, no_notes: None, ada: Person
):
    """Its middleware and its context: who says signed in and is not never reaches the database."""
    server = configured(APP_STATE="appState")
    served_notes.sql('insert into "Note" (body, "ownerId") values (%s, %s)', ("hers", ada.id))
    for state, token, answer in DOCUMENT_2:
        session = session_of(ada, access_token=ada.token if token == "good" else ada.token[:-6] + "AAAAAA")
        cookies = (cookies_of(server, session) if token else {}) | ({"appState": state} if state else {})
        async with visit(Cookie="; ".join(f"{name}={value}" for name, value in cookies.items())) as browser:
            found = await browser.get("/notes")
            said = found.json()
            assert (found.status_code, said if found.status_code == 200 else said["message"]) == answer
