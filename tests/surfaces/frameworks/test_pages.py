"""Sign-in pages: a password, a link by mail, a second factor; nothing leads to another site."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pyotp
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.core.carriers import Waiting
from gatepost.frameworks.core.wishes import Answer, Away, Call
from gatepost.frameworks.pages import safe_next
from gatepost.frameworks.pages.starlette import sign_in_pages
from gatepost.frameworks.starlette import AuthMiddleware
from tests.serving import Served
from tests.surfaces.frameworks.conftest import SITE, held, kept_session, visiting
from tests.surfaces.people import PASSWORD, Person, newcomer

ALERT = re.compile(r'<p role="alert"[^>]*>([^<]*)</p>')


async def home(request: Request) -> Response:
    identity = request.state.identity
    return PlainTextResponse(f"{identity.subject} {identity.claims.get('aal')}")


def application(server: AuthServer, **options: object) -> Starlette:
    pages = sign_in_pages(**options)  # pyright: ignore
    app = Starlette(routes=[Route("/", home), Route("/notes", home), Mount("/account", app=pages)])
    app.add_middleware(AuthMiddleware, server=server, open=["/account"])
    return app


@pytest.fixture
async def browser(auth_server: AuthServer) -> AsyncIterator[httpx.AsyncClient]:
    async with visiting(application(auth_server, name="Notes"), Origin=SITE) as browser:
        yield browser


@pytest.fixture(scope="module")
def ada(served_notes: Served) -> Person:
    return newcomer(served_notes)


def form(person: Person, password: str = PASSWORD, **more: str) -> dict[str, str]:
    return {"email": person.email, "password": password, **more}


def alert(answer: httpx.Response) -> str:
    found = ALERT.search(answer.text)
    assert found is not None, answer.text
    return found[1]


async def test_a_password_and_on_to_where_one_came_from(browser: httpx.AsyncClient, ada: Person):
    page = await browser.get("/account/sign-in?next=/notes")
    assert 'name="next" value="/notes"' in page.text
    answer = await browser.post("/account/sign-in", data=form(ada, next="/notes"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/notes")
    assert (await browser.get("/notes")).text == f"{ada.id} aal1"
    answer = await browser.post("/account/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.get("/")).text == " None"


async def test_a_wrong_password_is_said_in_the_page(browser: httpx.AsyncClient, ada: Person, auth_server: AuthServer):
    answer = await browser.post("/account/sign-in", data=form(ada, "wrong", next="/notes"))
    assert (answer.status_code, alert(answer)) == (400, "Invalid login credentials")
    assert f'value="{ada.email}"' in answer.text
    assert 'name="next" value="/notes"' in answer.text
    assert "wrong" not in answer.text
    assert kept_session(browser, auth_server) is None


async def test_a_link_by_mail(browser: httpx.AsyncClient, served_notes: Served, auth_server: AuthServer):
    person = newcomer(served_notes)
    answer = await browser.post("/account/link", data={"email": person.email, "next": "/notes"})
    assert (answer.status_code, "a link is on its way" in answer.text) == (200, True)
    link = served_notes.inbox.read(person.email).link
    async with httpx.AsyncClient() as mail:
        led = await mail.get(link)
    assert led.status_code == 303
    place = urlsplit(led.headers["location"])
    assert (f"{place.scheme}://{place.netloc}", place.path) == (SITE, "/account/callback")
    # Another browser has no verifier: whoever reads the mail elsewhere gets no session.
    async with visiting(application(auth_server)) as other:
        stolen = await other.get(f"{place.path}?{place.query}")
        assert (stolen.status_code, alert(stolen)) == (400, "This browser did not ask for the link")
    back = await browser.get(f"{place.path}?{place.query}")
    assert (back.status_code, back.headers["location"]) == (303, "/notes")
    assert (await browser.get("/notes")).text == f"{person.id} aal1"
    assert not any("code-verifier" in name for name, value in held(browser) if value)


async def test_nothing_tells_whether_an_address_is_known(browser: httpx.AsyncClient):
    answer = await browser.post("/account/link", data={"email": "nobody@example.com"})
    assert (answer.status_code, "a link is on its way" in answer.text) == (200, True)


async def test_a_link_that_is_spent_says_so(browser: httpx.AsyncClient):
    answer = await browser.get("/account/callback?error=access_denied&error_description=Call+0190")
    assert (answer.status_code, alert(answer)) == (400, "The link is not valid any more")
    assert "0190" not in answer.text


async def test_a_second_factor(browser: httpx.AsyncClient, served_notes: Served):
    person = newcomer(served_notes)
    factor = person.ask("POST", "/auth/v1/factors", {"factor_type": "totp", "friendly_name": "phone"}).json()
    challenge = person.ask("POST", f"/auth/v1/factors/{factor['id']}/challenge", {}).json()
    generator = pyotp.TOTP(factor["totp"]["secret"])
    shown = {"challenge_id": challenge["id"], "code": generator.now()}
    assert person.ask("POST", f"/auth/v1/factors/{factor['id']}/verify", shown).status_code == 200
    answer = await browser.post("/account/sign-in", data=form(person, next="/notes"))
    assert answer.headers["location"] == "/account/code?next=%2Fnotes"
    assert 'autocomplete="one-time-code"' in (await browser.get(answer.headers["location"])).text
    wrong = await browser.post("/account/code", data={"code": "000000", "next": "/notes"})
    assert (wrong.status_code, bool(alert(wrong))) == (422, True)
    assert (await browser.get("/")).text == f"{person.id} aal1"
    later = generator.generate_otp(generator.timecode(datetime.now(tz=UTC)) + 1)
    right = await browser.post("/account/code", data={"code": f"{later[:3]} {later[3:]}", "next": "/notes"})
    assert (right.status_code, right.headers.get("location")) == (303, "/notes")
    assert (await browser.get("/")).text == f"{person.id} aal2"


async def test_who_has_no_second_factor_signs_in(browser: httpx.AsyncClient):
    answer = await browser.get("/account/code?next=/notes")
    assert answer.headers["location"] == "/account/sign-in?next=%2Fnotes"


@pytest.mark.parametrize("path", ["/account/sign-in", "/account/link", "/account/sign-out", "/account/code"])
async def test_no_other_site_signs_anybody_in_or_out(auth_server: AuthServer, ada: Person, path: str):
    app = application(auth_server)
    for headers in ({"Origin": "http://evil.test"}, {"Sec-Fetch-Site": "cross-site"}, {}):
        async with visiting(app, **headers) as browser:
            answer = await browser.post(path, data=form(ada))
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
            assert kept_session(browser, auth_server) is None


async def test_a_browser_that_does_not_say_where_from_sends_the_pages_token(auth_server: AuthServer, ada: Person):
    async with visiting(application(auth_server)) as browser:
        page = (await browser.get("/account/sign-in")).text
        token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
        answer = await browser.post("/account/sign-in", data=form(ada, csrf_token=token))
        assert answer.status_code == 303


async def test_pages_need_no_script_and_allow_none(browser: httpx.AsyncClient):
    page = await browser.get("/account/sign-in")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "cache-control" in page.headers
    assert not re.search(r"<script|<style|style=|javascript:|\son\w+=", page.text)
    for name in re.findall(r'<input id="([^"]+)"', page.text):
        assert f'for="{name}"' in page.text
    assert '<html lang="en">' in page.text
    assert "<title>Sign in – Notes</title>" in page.text
    style = await browser.get("/account/style.css")
    assert style.headers["content-type"].startswith("text/css")


async def test_a_page_of_ones_own_takes_the_place_of_ours(auth_server: AuthServer, tmp_path: Path):
    (tmp_path / "sent.html").write_text('{% extends "base.html" %}{% block title %}Sent to {{ email }}{% endblock %}')
    async with visiting(application(auth_server, templates=tmp_path), Origin=SITE) as browser:
        answer = await browser.post("/account/link", data={"email": "nobody@example.com"})
        assert "<h1>Sent to nobody@example.com</h1>" in answer.text
        assert "Sign in" in (await browser.get("/account/sign-in")).text


async def test_a_server_that_is_away_is_said_in_the_page(
    browser: httpx.AsyncClient, ada: Person, monkeypatch: pytest.MonkeyPatch
):
    async def away(self: Waiting, call: Call) -> Answer:
        raise Away()

    monkeypatch.setattr(Waiting, "_ask", away)
    answer = await browser.post("/account/sign-in", data=form(ada))
    assert (answer.status_code, alert(answer)) == (503, "The auth server cannot be reached now")


async def test_forms_have_an_end(browser: httpx.AsyncClient):
    assert (await browser.post("/account/sign-in", data={"email": "x" * 20_000})).status_code == 413
    assert (await browser.post("/account/sign-in", content=b"\xff\xfe")).status_code == 400


@pytest.mark.parametrize(
    ("path", "safe"),
    [
        ("/notes", True),
        ("/notes?a=1#b", True),
        ("/", True),
        ("", False),
        (None, False),
        ("notes", False),
        ("//evil.test", False),
        ("/\\evil.test", False),
        ("\\\\evil.test", False),
        ("https://evil.test", False),
        ("javascript:alert(1)", False),
        ("/\t/evil.test", False),
        ("/ok\r\nSet-Cookie: a=b", False),
        (" //evil.test", False),
    ],
)
def test_where_to_go_on_is_a_path_of_this_site(path: str | None, safe: bool):
    assert safe_next(path, "/otherwise") == (path if safe else "/otherwise")


@pytest.mark.parametrize(
    ("wanted", "on"),
    [
        ("//evil.test", "/"),
        (f"{SITE}.evil.test/notes", "/"),
        (f"{SITE}//evil.test", "/"),
        (f"{SITE}/notes?a=1", "/notes?a=1"),
        (SITE, "/"),
    ],
)
async def test_a_link_to_another_site_leads_home(browser: httpx.AsyncClient, wanted: str, on: str):
    page = await browser.get("/account/sign-in", params={"next": wanted})
    assert f'name="next" value="{on}"' in page.text
