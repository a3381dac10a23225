"""Flask: who a request is, sessions renewed, cookies set, requests of other sites refused."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread
from typing import Any

import httpx
import pytest
from flask import Flask, Response, jsonify, request, stream_with_context
from werkzeug.serving import make_server

from gatepost.frameworks.cookies import PRIVATE, parse
from gatepost.frameworks.core import AuthServer, ResponseBegun
from gatepost.frameworks.core.carriers import Blocking
from gatepost.frameworks.core.wishes import Answer, Away, Call
from gatepost.frameworks.flask import Gatepost, client_of, csrf_token, current_identity, current_user
from gatepost.identity.keys import KeyRing, SigningKey, from_jwk, from_secret, generate
from gatepost.identity.tokens import Tokens
from tests.serving import Served
from tests.surfaces.frameworks.conftest import SITE, browsing, cookies_of, held, kept_session, session_of
from tests.surfaces.people import Person, newcomer

Expire = Callable[[Person], dict[str, Any]]
REFRESH = "grant_type=refresh_token"


@pytest.fixture(scope="module")
def ada(served_notes: Served) -> Person:
    return newcomer(served_notes)


def who() -> Response:
    found = {"role": current_identity.role, "sub": current_identity.subject}
    if "user" in request.args:
        found["email"] = current_user.email
    answer = jsonify(found)
    answer.headers["Cache-Control"] = "public, max-age=60"
    return answer


def leave() -> str:
    client_of().sign_out()
    return ""


def late() -> Response:
    """A session that is renewed while its response is already on the way."""

    def body() -> Iterator[str]:
        yield f"begun {current_identity.role} "
        yield "renewed" if client_of().refresh() else "ended"
        try:
            csrf_token()
        except ResponseBegun:
            yield ", no token"

    return Response(stream_with_context(body()))


def echo() -> bytes:
    return request.get_data()


def form() -> dict[str, str]:
    return request.form.to_dict()


def application(server: AuthServer, **options: Any) -> Flask:
    app = Flask("notes")
    Gatepost(app, server, **options)
    app.add_url_rule("/who", view_func=who, methods=["GET", "POST"])
    app.add_url_rule("/open/who", "open", who)
    app.add_url_rule("/leave", view_func=leave, methods=["POST"])
    app.add_url_rule("/late", view_func=late)
    app.add_url_rule("/token", view_func=csrf_token)
    app.add_url_rule("/echo", view_func=echo, methods=["POST"])
    app.add_url_rule("/form", view_func=form, methods=["POST"])
    return app


@pytest.fixture
def app(auth_server: AuthServer) -> Flask:
    return application(auth_server, open=["/open"])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the auth server is asked for what."""
    found: Counter[str] = Counter()
    ask = Blocking._ask

    def counted(self: Blocking, call: Call) -> Answer:
        found[call.path.partition("?")[2] or call.path] += 1
        time.sleep(0.02)  # so that others come meanwhile
        return ask(self, call)

    monkeypatch.setattr(Blocking, "_ask", counted)
    return found


@contextmanager
def running(app: Flask) -> Iterator[str]:
    """The address of an application in werkzeug's server, a thread for each request."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def at_once(url: str, cookies: list[dict[str, str]]) -> list[httpx.Response]:
    """Answers to requests that come together, each with its own cookies."""

    def get(held: dict[str, str]) -> httpx.Response:
        sent = "; ".join(f"{name}={value}" for name, value in held.items())
        return httpx.get(url, headers={"Cookie": sent}, timeout=20)

    with ThreadPoolExecutor(len(cookies)) as pool:
        return list(pool.map(get, cookies))


# ---------------------------------------------------------------------------------------------------------- who it is


def test_nobody_without_a_proof(app: Flask, asked: Counter[str]):
    with browsing(app) as browser:
        assert browser.get("/who?user").json() == {"role": "anon", "sub": "", "email": ""}
    assert not asked


def test_a_sessions_cookies_prove_by_the_token_inside(app: Flask, auth_server: AuthServer, ada: Person):
    boss = {"id": "00000000-0000-4000-8000-000000000001", "role": "service_role", "email": "boss@example.com"}
    for session in (session_of(ada), session_of(ada, user=boss)):
        with browsing(app, cookies_of(auth_server, session)) as browser:
            answer = browser.get("/who?user")
        assert answer.json() == {"role": "authenticated", "sub": ada.id, "email": ada.email}
        assert "set-cookie" not in answer.headers
        assert answer.headers["cache-control"] == "public, max-age=60"


@pytest.mark.parametrize("role", ["authenticated", "service_role"])
@pytest.mark.parametrize("key", [from_secret("x" * 32, signs=True), from_jwk(generate(), signs=True)])
def test_a_forged_cookie_is_nobody(app: Flask, auth_server: AuthServer, ada: Person, key: SigningKey, role: str):
    claims = {"sub": ada.id, "role": role, "aud": "authenticated", "exp": int(time.time()) + 3600}
    forged = session_of(ada, access_token=Tokens(KeyRing([key])).sign(claims))
    with browsing(app, cookies_of(auth_server, forged)) as browser:
        assert browser.get("/who?user").json() == {"role": "anon", "sub": "", "email": ""}


@pytest.mark.parametrize("value", ["base64-e30", "base64-***", "{}", '{"access_token": 3}', "x.y.z"])
def test_a_cookie_that_is_no_session_is_nobody(app: Flask, auth_server: AuthServer, value: str):
    with browsing(app, {auth_server.storage_key: value}) as browser:
        assert browser.get("/who?user").json()["role"] == "anon"


def test_a_role_that_is_not_allowed_is_nobodys(app: Flask, auth_server: AuthServer, ada: Person, signer: Tokens):
    """Even where the server signed it."""
    token = signer.sign({**signer.verify(ada.token), "role": "service_role"})
    with browsing(app, cookies_of(auth_server, session_of(ada, access_token=token))) as browser:
        assert browser.get("/who").json()["role"] == "anon"
        assert browser.get("/who", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_bearer_wins_over_cookies(app: Flask, auth_server: AuthServer, served_notes: Served, ada: Person):
    other = newcomer(served_notes)
    with browsing(app, cookies_of(auth_server, session_of(ada)), Authorization=f"Bearer {other.token}") as caller:
        assert caller.get("/who?user").json() == {"role": "authenticated", "sub": other.id, "email": other.email}


def test_a_bad_bearer_is_told_so_whatever_the_cookies_say(app: Flask, auth_server: AuthServer, ada: Person):
    with browsing(app, cookies_of(auth_server, session_of(ada)), Authorization="Bearer x.y.z") as caller:
        answer = caller.get("/who")
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        assert answer.headers["content-type"] == "application/json"
        assert caller.get("/nowhere").status_code == 401
        assert caller.get("/open/who").json()["role"] == "anon"
        assert caller.get("/who", headers={"Authorization": f"Bearer {auth_server.key}"}).json()["role"] == "anon"


def test_a_session_that_was_ended_elsewhere_has_no_user(app: Flask, auth_server: AuthServer, served_notes: Served):
    person = newcomer(served_notes)
    with browsing(app, cookies_of(auth_server, session_of(person))) as browser:
        assert browser.get("/who?user").json()["email"] == person.email
        assert person.ask("POST", "/auth/v1/logout").status_code == 204
        assert browser.get("/who?user").json()["email"] == ""
    with browsing(app, Authorization=f"Bearer {person.token}") as caller:
        assert caller.get("/who?user").status_code == 401


def test_the_server_is_asked_for_a_user_when_one_is_looked_at(
    app: Flask, auth_server: AuthServer, ada: Person, asked: Counter[str]
):
    with browsing(app, cookies_of(auth_server, session_of(ada))) as browser:
        browser.get("/who")
        assert asked == {"/.well-known/jwks.json": 1}
        browser.get("/who?user")
        assert asked == {"/.well-known/jwks.json": 1, "/user": 1}


def test_the_server_is_told_for_whom_it_is_asked(app: Flask, ada: Person, monkeypatch: pytest.MonkeyPatch):
    visitors, ask = list[str](), Blocking._ask

    def noted(self: Blocking, call: Call) -> Answer:
        visitors.extend([call.visitor] * (call.path == "/user"))
        return ask(self, call)

    monkeypatch.setattr(Blocking, "_ask", noted)
    with browsing(app, Authorization=f"Bearer {ada.token}") as caller:
        assert caller.get("/who?user").json()["email"] == ada.email
    assert visitors == ["127.0.0.1"]


def test_nothing_of_one_request_is_anothers(app: Flask, auth_server: AuthServer, served_notes: Served):
    people = [newcomer(served_notes) for _ in range(3)]
    order = [*people, None] * 4
    cookies = [cookies_of(auth_server, session_of(person)) if person else {} for person in order]
    with running(app) as url:
        answers = at_once(f"{url}/who?user", cookies)
    assert [answer.json()["sub"] for answer in answers] == [person.id if person else "" for person in order]
    assert [answer.json()["email"] for answer in answers] == [person.email if person else "" for person in order]


def test_a_request_within_another_leaves_it_its_own(app: Flask, auth_server: AuthServer, served_notes: Served):
    """Flask gives them one `g` where an application's context is around both."""
    outer, inner = newcomer(served_notes), newcomer(served_notes)

    def nested() -> list[str]:
        with browsing(app, cookies_of(auth_server, session_of(inner))) as browser:
            found = browser.get("/who").json()["sub"]
        return [found, current_identity.subject, current_user.email]

    app.add_url_rule("/nested", view_func=nested)
    with app.app_context(), browsing(app, cookies_of(auth_server, session_of(outer))) as browser:
        assert browser.get("/nested").json() == [inner.id, outer.id, outer.email]
        with pytest.raises(RuntimeError, match="outside of request context"):
            str(current_identity)


# ----------------------------------------------------------------------------------------------------------- renewing


def test_an_expired_session_is_renewed_once_though_threads_come_together(
    app: Flask, auth_server: AuthServer, served_notes: Served, expired: Expire, asked: Counter[str]
):
    person = newcomer(served_notes)
    session = expired(person)
    with running(app) as url:
        answers = at_once(f"{url}/who", [cookies_of(auth_server, session)] * 12)
    assert [answer.json()["sub"] for answer in answers] == [person.id] * 12
    assert asked[REFRESH] == 1
    assert len({answer.headers["set-cookie"] for answer in answers}) == 1
    for answer in answers:
        assert {name: answer.headers[name] for name in PRIVATE} == dict(PRIVATE)


def test_a_second_tab_with_the_old_cookies_has_the_same_session(
    app: Flask, auth_server: AuthServer, served_notes: Served, expired: Expire, asked: Counter[str]
):
    session = expired(newcomer(served_notes))
    kept: list[Any] = []
    for _ in range(2):
        with browsing(app, cookies_of(auth_server, session)) as tab:
            assert tab.get("/who").json()["role"] == "authenticated"
            kept.append(kept_session(tab, auth_server))
    assert kept[0] == kept[1]
    assert kept[0]["refresh_token"] not in ("", session["refresh_token"])
    assert asked[REFRESH] == 1


def test_chunks_of_a_longer_session_are_cleared(
    app: Flask, auth_server: AuthServer, served_notes: Served, expired: Expire
):
    session = expired(newcomer(served_notes)) | {"provider_token": "x" * 6000}
    cookies = cookies_of(auth_server, session)
    with browsing(app, cookies) as browser:
        browser.get("/who")
        assert kept_session(browser, auth_server) is not None
        assert f"{auth_server.storage_key}.2" in cookies
        assert f"{auth_server.storage_key}.2" not in dict(held(browser))


def test_a_session_that_is_refused_is_cleared(
    app: Flask, auth_server: AuthServer, served_notes: Served, expired: Expire
):
    session = expired(newcomer(served_notes)) | {"refresh_token": "aaaaaaaaaaaa"}
    with browsing(app, cookies_of(auth_server, session)) as browser:
        answer = browser.get("/who")
        assert answer.json()["role"] == "anon"
        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert answer.headers["cache-control"] == PRIVATE["Cache-Control"]
        assert held(browser) == []


def test_a_server_that_is_away_ends_no_session(
    app: Flask, auth_server: AuthServer, served_notes: Served, expired: Expire, monkeypatch: pytest.MonkeyPatch
):
    session = expired(newcomer(served_notes))
    ask = Blocking._ask

    def away(self: Blocking, call: Call) -> Answer:
        if "refresh_token" in call.path:
            raise Away("ConnectError")
        return ask(self, call)

    monkeypatch.setattr(Blocking, "_ask", away)
    with browsing(app, cookies_of(auth_server, session)) as browser:
        answer = browser.get("/who")
        assert (answer.status_code, answer.json()["code"]) == (503, "auth_server_unavailable")
        assert "set-cookie" not in answer.headers
        assert "retry-after" in answer.headers
        assert browser.get("/open/who").json()["role"] == "anon"
        monkeypatch.undo()
        assert browser.get("/who").json()["role"] == "authenticated"


def test_cookies_that_come_too_late_are_let_be(app: Flask, auth_server: AuthServer, served_notes: Served):
    session = session_of(newcomer(served_notes))
    with browsing(app, cookies_of(auth_server, session)) as browser:
        answer = browser.get("/late")
        assert (answer.text, "set-cookie" in answer.headers) == ("begun authenticated renewed, no token", False)
        # The server makes up for it: the old token is the parent of the one that was lost.
        assert browser.get("/late").text == "begun authenticated renewed, no token"


def test_signing_out_ends_the_session_everywhere(
    app: Flask, auth_server: AuthServer, served_notes: Served, expired: Expire
):
    person = newcomer(served_notes)
    with browsing(app, cookies_of(auth_server, session_of(person)), Origin=SITE) as browser:
        answer = browser.post("/leave")
        assert (answer.status_code, held(browser)) == (200, [])
        assert answer.headers["cache-control"] == PRIVATE["Cache-Control"]
    assert person.ask("GET", "/auth/v1/user").status_code == 403
    old = cookies_of(auth_server, expired(newcomer(served_notes)))
    with browsing(app, old, Origin=SITE) as browser:
        browser.get("/who")
        browser.post("/leave")
    with browsing(app, old) as browser:  # nor does its old token bring it back
        assert browser.get("/who").json()["role"] == "anon"


# --------------------------------------------------------------------------------------------------------- other sites


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": SITE}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://friend.test", "Sec-Fetch-Site": "cross-site"}, 200),
        ({}, 403),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": SITE, "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_a_request_with_cookies_has_to_come_from_the_site(
    auth_server: AuthServer, ada: Person, headers: dict[str, str], status: int
):
    server = replace(auth_server, origins=("https://friend.test",))
    app = application(server)
    with browsing(app, cookies_of(server, session_of(ada))) as browser:
        answer = browser.post("/who", headers=headers)
        assert answer.status_code == status
        assert status == 200 or answer.json()["code"] == "csrf"
        assert browser.get("/who", headers=headers).status_code == 200
        bearer = {**headers, "Authorization": f"Bearer {ada.token}"}
        assert browser.post("/who", headers=bearer).status_code == 200
    with browsing(app) as stranger:
        assert stranger.post("/who", headers=headers).status_code == 200
    server.close()


def test_browsers_that_do_not_say_where_from_send_a_token(app: Flask, auth_server: AuthServer, ada: Person):
    with browsing(app, cookies_of(auth_server, session_of(ada))) as browser:
        first = browser.get("/token")
        token = first.text
        assert "HttpOnly" in first.headers["set-cookie"]
        assert first.headers["cache-control"] == PRIVATE["Cache-Control"]
        assert browser.get("/token").text == token
        assert browser.post("/who", headers={"X-CSRF-Token": token}).status_code == 200
        assert browser.post("/who", headers={"X-CSRF-Token": "another"}).status_code == 403
        raw = browser.post("/echo", data={"a": "1", "csrf_token": token})
        assert (raw.status_code, raw.text) == (200, f"a=1&csrf_token={token}")
        assert browser.post("/form", data={"a": "1", "csrf_token": token}).json() == {"a": "1", "csrf_token": token}
        assert browser.post("/form", data={"csrf_token": "another"}).status_code == 403
        assert browser.post("/form", data={"csrf_token": token, "long": "x" * 80_000}).status_code == 403
        assert browser.post("/who", headers={"X-CSRF-Token": token, "Origin": "http://a.test"}).status_code == 403


# ---------------------------------------------------------------------------------------------------------- document 2


LOGGED_IN, LOGGED_OUT = '{"loggedIn":true}', '{"loggedIn":false}'


@pytest.mark.parametrize(
    ("state", "session", "role"),
    [
        (LOGGED_IN, "good", "authenticated"),
        (LOGGED_IN, "forged", "INVALID SESSION"),
        (LOGGED_IN, "", "INVALID SESSION"),
        (LOGGED_OUT, "good", "anon"),
        (LOGGED_OUT, "", "anon"),
        (None, "good", "anon"),
        ("no JSON", "good", "anon"),
    ],
)
def test_the_applications_state_and_the_session_have_to_agree(
    auth_server: AuthServer, ada: Person, state: str | None, session: str, role: str
):
    """Document 2's middleware: the cookie of a session is there even after signing out."""
    app = application(auth_server, app_state="appState", open=["/open"])
    token = ada.token if session == "good" else ada.token[:-6] + "AAAAAA"
    cookies = cookies_of(auth_server, session_of(ada, access_token=token)) if session else {}
    sent = "; ".join(f"{name}={value}" for name, value in (cookies | ({"appState": state} if state else {})).items())
    with browsing(app, Cookie=sent) as browser:
        answer = browser.get("/who?user")
        if role == "INVALID SESSION":
            assert (answer.status_code, answer.json()["message"]) == (401, "INVALID SESSION")
            assert browser.get("/open/who").json()["role"] == "anon"
        else:
            assert answer.json()["role"] == role
            assert answer.json()["email"] == (ada.email if role == "authenticated" else "")


def test_strict_cookies_are_for_the_server_alone(auth_server: AuthServer, served_notes: Served, expired: Expire):
    server = replace(auth_server, mode="strict")
    with browsing(application(server), cookies_of(server, expired(newcomer(served_notes)))) as browser:
        cookie = browser.get("/who").headers["set-cookie"]
    assert "HttpOnly; Secure; SameSite=Lax" in cookie
    assert parse(cookie)[0][0] == server.storage_key
    server.close()
