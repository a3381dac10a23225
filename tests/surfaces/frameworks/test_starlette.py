"""Starlette: who a request is, sessions renewed, cookies set, requests of other sites refused."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from gatepost.frameworks.cookies import PRIVATE, CookieOptions
from gatepost.frameworks.core import AuthServer, ResponseBegun, ServerClient
from gatepost.frameworks.core.carriers import Waiting
from gatepost.frameworks.core.wishes import Answer, Away, Call
from gatepost.frameworks.starlette import AuthMiddleware, client_of, csrf_token
from gatepost.identity.keys import KeyRing, SigningKey, from_jwk, from_secret, generate
from gatepost.identity.tokens import Tokens
from gatepost.problem import Problem
from tests.serving import Served
from tests.surfaces.frameworks.conftest import SITE, cookies_of, held, kept_session, session_of, visiting
from tests.surfaces.people import Person, newcomer

Expire = Callable[[Person], dict[str, Any]]


@pytest.fixture(scope="module")
def ada(served_notes: Served) -> Person:
    return newcomer(served_notes)


async def who(request: Request) -> Response:
    user = await client_of(request).get_user() if "user" in request.query_params else None
    identity = request.state.identity
    found = {"role": identity.role, "sub": identity.subject, "email": user.email if user else None}
    return JSONResponse(found, headers={"Cache-Control": "public, max-age=60"})


async def leave(request: Request) -> Response:
    await client_of(request).sign_out()
    return Response()


async def late(request: Request) -> Response:
    """A session that is renewed while its response is already on the way."""

    async def body():
        yield b"begun "
        session = await client_of(request).refresh()
        yield b"renewed" if session else b"ended"

    return StreamingResponse(body())


async def form(request: Request) -> Response:
    return JSONResponse({"token": csrf_token(request)})


async def echo(request: Request) -> Response:
    return Response(await request.body())


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(websocket.state.identity.subject)
    await websocket.close()


ROUTES = [
    Route("/who", who, methods=["GET", "POST"]),
    Route("/open/who", who),
    Route("/leave", leave, methods=["POST"]),
    Route("/late", late),
    Route("/form", form),
    Route("/echo", echo, methods=["POST"]),
    WebSocketRoute("/socket", socket),
]


def application(server: AuthServer, **options: Any) -> Starlette:
    app = Starlette(routes=ROUTES)
    app.add_middleware(AuthMiddleware, server=server, **options)
    return app


@pytest.fixture
def app(auth_server: AuthServer) -> Starlette:
    return application(auth_server, open=["/open"])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the auth server is asked for what."""
    found: Counter[str] = Counter()
    ask = Waiting._ask

    async def counted(self: Waiting, call: Call) -> Answer:
        found[call.path.partition("?")[2] or call.path] += 1
        return await ask(self, call)

    monkeypatch.setattr(Waiting, "_ask", counted)
    return found


REFRESH = "grant_type=refresh_token"


# ---------------------------------------------------------------------------------------------------------- who it is


async def test_nobody_without_a_proof(app: Starlette, asked: Counter[str]):
    async with visiting(app) as browser:
        assert (await browser.get("/who?user")).json() == {"role": "anon", "sub": "", "email": None}
    assert not asked


async def test_a_sessions_cookies_prove_by_the_token_inside(app: Starlette, auth_server: AuthServer, ada: Person):
    async with visiting(app, cookies_of(auth_server, session_of(ada))) as browser:
        answer = await browser.get("/who?user")
    assert answer.json() == {"role": "authenticated", "sub": ada.id, "email": ada.email}
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "public, max-age=60"


async def test_the_stored_user_proves_nothing(
    app: Starlette, auth_server: AuthServer, served_notes: Served, ada: Person
):
    boss = {"id": "00000000-0000-4000-8000-000000000001", "role": "service_role", "email": "boss@example.com"}
    async with visiting(app, cookies_of(auth_server, session_of(ada, user=boss))) as browser:
        assert (await browser.get("/who?user")).json()["email"] == ada.email


@pytest.mark.parametrize("role", ["authenticated", "service_role"])
@pytest.mark.parametrize("key", [from_secret("x" * 32, signs=True), from_jwk(generate(), signs=True)])
async def test_a_forged_cookie_is_nobody(
    app: Starlette, auth_server: AuthServer, ada: Person, key: SigningKey, role: str
):
    claims = {"sub": ada.id, "role": role, "aud": "authenticated", "exp": int(time.time()) + 3600}
    forged = session_of(ada, access_token=Tokens(KeyRing([key])).sign(claims))
    async with visiting(app, cookies_of(auth_server, forged)) as browser:
        assert (await browser.get("/who?user")).json() == {"role": "anon", "sub": "", "email": None}


@pytest.mark.parametrize("value", ["base64-e30", "base64-***", "{}", '{"access_token": 3}', "x.y.z"])
async def test_a_cookie_that_is_no_session_is_nobody(app: Starlette, auth_server: AuthServer, value: str):
    async with visiting(app, {auth_server.storage_key: value}) as browser:
        assert (await browser.get("/who?user")).json()["role"] == "anon"


@pytest.mark.parametrize("role", ["service_role", "postgres", "none"])
async def test_a_role_that_is_not_allowed_is_nobodys(
    app: Starlette, auth_server: AuthServer, ada: Person, signer: Tokens, role: str
):
    """Even where the server signed it."""
    token = signer.sign({**signer.verify(ada.token), "role": role})
    async with visiting(app, cookies_of(auth_server, session_of(ada, access_token=token))) as browser:
        assert (await browser.get("/who")).json()["role"] == "anon"
        assert (await browser.get("/who", headers={"Authorization": f"Bearer {token}"})).status_code == 401


async def test_a_token_without_an_end_is_refused(app: Starlette, ada: Person, signer: Tokens):
    claims = {name: value for name, value in signer.verify(ada.token).items() if name != "exp"}
    async with visiting(app, Authorization=f"Bearer {signer.sign(claims)}") as caller:
        assert (await caller.get("/who")).status_code == 401


async def test_a_bearer_wins_over_cookies(app: Starlette, auth_server: AuthServer, served_notes: Served, ada: Person):
    other = newcomer(served_notes)
    async with visiting(app, cookies_of(auth_server, session_of(ada)), Authorization=f"Bearer {other.token}") as caller:
        assert (await caller.get("/who?user")).json() == {
            "role": "authenticated",
            "sub": other.id,
            "email": other.email,
        }


async def test_a_bad_bearer_is_told_so_whatever_the_cookies_say(app: Starlette, auth_server: AuthServer, ada: Person):
    async with visiting(app, cookies_of(auth_server, session_of(ada)), Authorization="Bearer x.y.z") as caller:
        answer = await caller.get("/who")
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        assert (await caller.get("/open/who")).json()["role"] == "anon"


async def test_the_projects_key_as_bearer_is_nobody(app: Starlette, auth_server: AuthServer):
    """As supabase-js sends it where nobody has signed in."""
    async with visiting(app, Authorization=f"Bearer {auth_server.key}") as caller:
        assert (await caller.get("/who")).json()["role"] == "anon"


async def test_a_session_that_was_ended_elsewhere_has_no_user(
    app: Starlette, auth_server: AuthServer, served_notes: Served
):
    person = newcomer(served_notes)
    async with visiting(app, cookies_of(auth_server, session_of(person))) as browser:
        assert (await browser.get("/who?user")).json()["email"] == person.email
        assert person.ask("POST", "/auth/v1/logout").status_code == 204
        assert (await browser.get("/who?user")).json()["email"] is None
    async with visiting(app, Authorization=f"Bearer {person.token}") as caller:
        assert (await caller.get("/who?user")).status_code == 401


async def test_a_wrong_key_makes_nobody_of_nobody(auth_server: AuthServer, ada: Person, signer: Tokens):
    """It is the application that is wrong, not the visitor."""
    server = replace(auth_server, key="sb_publishable_wrong")
    async with visiting(application(server), cookies_of(server, session_of(ada))) as browser:
        answer = await browser.get("/who?user")
        assert (answer.status_code, answer.json()["code"]) == (503, "auth_server_unavailable")
    await server.aclose()


async def test_the_server_is_not_asked_where_it_is_told_so(
    auth_server: AuthServer, served_notes: Served, ada: Person, asked: Counter[str]
):
    server = replace(auth_server, ask_user=False)
    async with visiting(application(server), cookies_of(server, session_of(ada))) as browser:
        assert (await browser.get("/who?user")).json()["email"] == ada.email
    assert set(asked) == {"/.well-known/jwks.json"}
    await server.aclose()


async def test_keys_are_asked_for_once(auth_server: AuthServer, ada: Person, asked: Counter[str]):
    cookies = cookies_of(auth_server, session_of(ada))
    async with visiting(application(auth_server), cookies) as browser:
        answers = await asyncio.gather(*(browser.get("/who") for _ in range(20)))
    assert {answer.json()["sub"] for answer in answers} == {ada.id}
    assert asked == {"/.well-known/jwks.json": 1}


async def test_nothing_of_one_request_is_anothers(app: Starlette, auth_server: AuthServer, served_notes: Served):
    people = [newcomer(served_notes) for _ in range(3)]

    async def ask(person: Person | None) -> str:
        cookies = cookies_of(auth_server, session_of(person)) if person else {}
        async with visiting(app, cookies) as browser:
            return (await browser.get("/who?user")).json()["sub"]

    order = [*people, None] * 8
    assert await asyncio.gather(*map(ask, order)) == [person.id if person else "" for person in order]


# ----------------------------------------------------------------------------------------------------------- renewing


async def test_an_expired_session_is_renewed_once_though_twenty_requests_come(
    app: Starlette, auth_server: AuthServer, served_notes: Served, expired: Expire, asked: Counter[str]
):
    person = newcomer(served_notes)
    session = expired(person)
    async with visiting(app, cookies_of(auth_server, session)) as browser:
        answers = await asyncio.gather(*(browser.get("/who") for _ in range(20)))
        kept = kept_session(browser, auth_server)
    assert [answer.json()["sub"] for answer in answers] == [person.id] * 20
    assert asked[REFRESH] == 1
    assert len({answer.headers["set-cookie"] for answer in answers}) == 1
    assert kept is not None
    assert kept["refresh_token"] not in ("", session["refresh_token"])
    for answer in answers:
        assert {name: answer.headers[name] for name in PRIVATE} == dict(PRIVATE)


async def test_who_comes_a_moment_later_with_the_old_cookies_has_the_same_session(
    app: Starlette, auth_server: AuthServer, served_notes: Served, expired: Expire, asked: Counter[str]
):
    """A second tab, whose request was on its way."""
    session = expired(newcomer(served_notes))
    kept: list[Any] = []
    for _ in range(2):
        async with visiting(app, cookies_of(auth_server, session)) as tab:
            assert (await tab.get("/who")).json()["role"] == "authenticated"
            kept.append(kept_session(tab, auth_server))
    assert kept[0] == kept[1]
    assert asked[REFRESH] == 1


async def test_chunks_of_a_longer_session_are_cleared(
    app: Starlette, auth_server: AuthServer, served_notes: Served, expired: Expire
):
    session = expired(newcomer(served_notes)) | {"provider_token": "x" * 6000}
    cookies = cookies_of(auth_server, session)
    assert len(cookies) == 3
    async with visiting(app, cookies) as browser:
        await browser.get("/who")
        assert kept_session(browser, auth_server) is not None
        assert f"{auth_server.storage_key}.2" in cookies
        assert f"{auth_server.storage_key}.2" not in dict(held(browser))


async def test_a_session_that_is_refused_is_cleared(
    app: Starlette, auth_server: AuthServer, served_notes: Served, expired: Expire
):
    session = expired(newcomer(served_notes)) | {"refresh_token": "aaaaaaaaaaaa"}
    async with visiting(app, cookies_of(auth_server, session)) as browser:
        answer = await browser.get("/who")
        assert answer.json()["role"] == "anon"
        assert "Max-Age=0" in answer.headers["set-cookie"]
        assert answer.headers["cache-control"] == PRIVATE["Cache-Control"]
        assert held(browser) == []


async def test_a_server_that_is_away_ends_no_session(
    app: Starlette, auth_server: AuthServer, served_notes: Served, expired: Expire, monkeypatch: pytest.MonkeyPatch
):
    session = expired(newcomer(served_notes))
    ask, status = Waiting._ask, [503]

    async def broken(self: Waiting, call: Call) -> Answer:
        if "refresh_token" not in call.path:
            return await ask(self, call)
        if not status:
            raise Away("ConnectError")
        return Answer(status[0], b"{}")

    monkeypatch.setattr(Waiting, "_ask", broken)
    async with visiting(app, cookies_of(auth_server, session)) as browser:
        for status[:] in ([503], [429], [401], []):
            answer = await browser.get("/who")
            assert (answer.status_code, answer.json()["code"]) == (503, "auth_server_unavailable")
            assert "set-cookie" not in answer.headers
            assert "retry-after" in answer.headers
            assert (await browser.get("/open/who")).json()["role"] == "anon"
        monkeypatch.undo()
        assert (await browser.get("/who")).json()["role"] == "authenticated"


async def test_a_session_that_is_good_for_a_moment_outlasts_a_server_that_is_away(
    auth_server: AuthServer, signer: Tokens, ada: Person, monkeypatch: pytest.MonkeyPatch
):
    soon = int(time.time()) + 20
    token = signer.sign({**signer.verify(ada.token), "exp": soon})

    async def away(self: Waiting, call: Call) -> Answer:
        raise Away()

    async with visiting(application(auth_server), cookies_of(auth_server, session_of(ada))) as browser:
        await browser.get("/who")
    monkeypatch.setattr(Waiting, "_ask", away)
    cookies = cookies_of(auth_server, session_of(ada, access_token=token, expires_at=soon))
    async with visiting(application(auth_server), cookies) as browser:
        assert (await browser.get("/who")).json()["sub"] == ada.id


async def test_cookies_that_come_too_late_are_let_be(
    app: Starlette, auth_server: AuthServer, served_notes: Served, expired: Expire
):
    session = session_of(newcomer(served_notes))
    async with visiting(app, cookies_of(auth_server, session)) as browser:
        answer = await browser.get("/late")
        assert (answer.text, "set-cookie" in answer.headers) == ("begun renewed", False)
        # The server makes up for it: the old token is the parent of the one that was lost.
        assert (await browser.get("/late")).text == "begun renewed"


async def test_a_session_is_not_renewed_where_it_cannot_be_kept(
    auth_server: AuthServer, served_notes: Served, expired: Expire, asked: Counter[str]
):
    session = expired(newcomer(served_notes))

    def too_late(*_: Any) -> None:
        raise ResponseBegun

    reading = ServerClient(auth_server, cookies_of(auth_server, session).items)
    assert (await reading.identity()).role == "anon"
    assert asked[REFRESH] == 0
    late = ServerClient(auth_server, cookies_of(auth_server, session).items, too_late)
    assert (await late.identity()).role == "authenticated"


async def test_signing_out_ends_the_session_everywhere(app: Starlette, auth_server: AuthServer, served_notes: Served):
    person = newcomer(served_notes)
    async with visiting(app, cookies_of(auth_server, session_of(person)), Origin=SITE) as browser:
        answer = await browser.post("/leave")
        assert (answer.status_code, held(browser)) == (200, [])
        assert answer.headers["cache-control"] == PRIVATE["Cache-Control"]
    assert person.ask("GET", "/auth/v1/user").status_code == 403


async def test_a_session_that_was_left_does_not_come_back_by_its_old_token(
    app: Starlette, auth_server: AuthServer, served_notes: Served, expired: Expire
):
    old = cookies_of(auth_server, expired(newcomer(served_notes)))
    async with visiting(app, old, Origin=SITE) as browser:
        await browser.get("/who")
        await browser.post("/leave")
    async with visiting(app, old) as browser:
        assert (await browser.get("/who")).json()["role"] == "anon"


# --------------------------------------------------------------------------------------------------------- other sites


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": SITE}, 200),
        ({"Origin": SITE, "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "https://friend.test", "Sec-Fetch-Site": "cross-site"}, 200),
        ({}, 403),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": f"{SITE}.evil.test"}, 403),
        ({"Origin": f"{SITE}:8080"}, 403),
        ({"Origin": "http://evil.notes.test", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": SITE, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "http://["}, 403),
    ],
)
async def test_a_request_with_cookies_has_to_come_from_the_site(
    auth_server: AuthServer, ada: Person, headers: dict[str, str], status: int
):
    server = replace(auth_server, origins=("https://friend.test",))
    async with visiting(application(server), cookies_of(server, session_of(ada))) as browser:
        answer = await browser.post("/who", headers=headers)
        assert answer.status_code == status
        assert status == 200 or answer.json()["code"] == "csrf"
        assert (await browser.get("/who", headers=headers)).status_code == 200
        bearer = {**headers, "Authorization": f"Bearer {ada.token}"}
        assert (await browser.post("/who", headers=bearer)).status_code == 200
    async with visiting(application(server)) as stranger:
        assert (await stranger.post("/who", headers=headers)).status_code == 200
    await server.aclose()


async def test_browsers_that_do_not_say_where_from_send_a_token(app: Starlette, auth_server: AuthServer, ada: Person):
    async with visiting(app, cookies_of(auth_server, session_of(ada))) as browser:
        first = await browser.get("/form")
        token = first.json()["token"]
        assert "HttpOnly" in first.headers["set-cookie"]
        assert (await browser.get("/form")).json()["token"] == token
        assert (await browser.post("/who", headers={"X-CSRF-Token": token})).status_code == 200
        assert (await browser.post("/who", headers={"X-CSRF-Token": "another"})).status_code == 403
        form = await browser.post("/echo", data={"a": "1", "csrf_token": token})
        assert (form.status_code, form.text) == (200, f"a=1&csrf_token={token}")
        assert (await browser.post("/echo", data={"csrf_token": "another"})).status_code == 403
        assert (await browser.post("/echo", data={"csrf_token": token, "long": "x" * 80_000})).status_code == 403
        assert (
            await browser.post("/who", headers={"X-CSRF-Token": token, "Origin": "http://a.test"})
        ).status_code == 403


# -------------------------------------------------------------------------------------------------------------- modes


async def test_strict_cookies_are_for_the_server_alone(auth_server: AuthServer, served_notes: Served, expired: Expire):
    server = replace(auth_server, mode="strict", host_prefix=True)
    assert server.storage_key == f"__Host-{auth_server.storage_key}"
    cookies = "; ".join(
        f"{name}={value}" for name, value in cookies_of(server, expired(newcomer(served_notes))).items()
    )
    async with visiting(application(server), Cookie=cookies) as browser:
        answer = await browser.get("/who")
        for each in answer.headers.get_list("set-cookie"):
            assert each.startswith("__Host-sb-")
            assert {"HttpOnly", "Secure", "Path=/", "SameSite=Lax"} <= set(each.split("; "))
            assert "Domain" not in each
    await server.aclose()


def test_a_host_prefix_needs_secure_cookies(auth_server: AuthServer):
    with pytest.raises(Exception, match="host_prefix needs cookies that are Secure"):
        replace(auth_server, host_prefix=True)
    with pytest.raises(Exception, match="host_prefix"):
        replace(auth_server, host_prefix=True, cookies=CookieOptions(secure=True, domain="notes.test"))


def test_cookies_for_other_sites_are_secure(auth_server: AuthServer):
    with pytest.raises(Problem, match="SameSite=None that is not Secure"):
        replace(auth_server, cookies=CookieOptions(same_site="none"))
    replace(auth_server, cookies=CookieOptions(same_site="none", secure=True))


def test_the_object_of_an_application_cannot_be_changed(auth_server: AuthServer):
    with pytest.raises(AttributeError):
        auth_server.url = "https://evil.test"  # pyright: ignore
    assert auth_server.key not in repr(auth_server)


# ----------------------------------------------------------------------------------------------------- document 2


LOGGED_IN, LOGGED_OUT = '{"loggedIn":true}', '{"loggedIn":false}'


@pytest.mark.parametrize(
    ("state", "session", "role"),
    [
        (LOGGED_IN, True, "authenticated"),
        (LOGGED_IN, False, "INVALID SESSION"),
        (LOGGED_OUT, True, "anon"),
        (LOGGED_OUT, False, "anon"),
        (None, True, "anon"),
        (None, False, "anon"),
        ("no JSON", True, "anon"),
        ("[]", True, "anon"),
    ],
)
async def test_the_applications_state_and_the_session_have_to_agree(
    auth_server: AuthServer, ada: Person, state: str | None, session: bool, role: str
):
    """Document 2's middleware: the cookie of a session is there even after signing out."""
    app = application(auth_server, app_state="appState", open=["/open"])
    cookies = cookies_of(auth_server, session_of(ada)) if session else {}
    sent = "; ".join(f"{name}={value}" for name, value in (cookies | ({"appState": state} if state else {})).items())
    async with visiting(app, Cookie=sent) as browser:
        answer = await browser.get("/who?user")
        if role == "INVALID SESSION":
            assert (answer.status_code, answer.json()["message"]) == (401, "INVALID SESSION")
            assert (await browser.get("/open/who")).json()["role"] == "anon"
        else:
            assert answer.json()["role"] == role
            assert answer.json()["email"] == (ada.email if role == "authenticated" else None)


async def test_a_forged_session_of_one_who_says_signed_in_is_invalid(auth_server: AuthServer, ada: Person):
    app = application(auth_server, app_state="appState")
    cookies = cookies_of(auth_server, session_of(ada, access_token="x.y.z"))
    async with visiting(app, {**cookies, "appState": "%7B%22loggedIn%22%3Atrue%7D"}) as browser:
        assert (await browser.get("/who")).json()["message"] == "INVALID SESSION"


# ------------------------------------------------------------------------------------------------------------ sockets


async def opened(app: Starlette, cookies: dict[str, str], **headers: str) -> list[dict[str, Any]]:
    """What a socket is told."""
    sent: list[Any] = []
    messages = [{"type": "websocket.connect"}]
    cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
    named = {
        "host": "notes.test",
        "cookie": cookie,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    scope = {
        "type": "websocket", "path": "/socket", "raw_path": b"/socket", "query_string": b"", "root_path": "",
        "scheme": "ws", "subprotocols": [],
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }  # fmt: skip

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


async def test_a_socket_knows_who_opened_it_from_where(app: Starlette, auth_server: AuthServer, ada: Person):
    cookies = cookies_of(auth_server, session_of(ada))
    told = await opened(app, cookies, origin=SITE)
    assert [message["type"] for message in told] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert told[1]["text"] == ada.id
    [refused] = await opened(app, cookies, origin="http://evil.test")
    assert (refused["type"], refused["code"]) == ("websocket.close", 1008)
    [refused] = await opened(app, {}, authorization="Bearer x.y.z")
    assert refused["type"] == "websocket.close"


async def test_a_response_that_fails_half_way_is_not_begun_anew(auth_server: AuthServer):
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise Away

    with pytest.raises(Away):
        async with visiting(AuthMiddleware(app, auth_server)) as browser:
            await browser.get("/")
