"""The sign-in pages within Django: what they do is told in another place, here that they are there."""

import asyncio
import re
from urllib.parse import urlsplit

import httpx

from gatepost.frameworks.core import AuthServer
from tests.serving import Served
from tests.surfaces.frameworks.conftest import SITE, cookies_of, held, kept_session, session_of
from tests.surfaces.people import PASSWORD, Person, newcomer

from .conftest import Visit


async def test_signing_in_leads_to_what_was_asked_for_and_out_again(visit: Visit, server: AuthServer, ada: Person):
    async with visit(Origin=SITE) as browser:
        page = await browser.get((await browser.get("/login_required")).headers["location"])
        assert 'name="next" value="/login_required"' in page.text
        assert "<title>Sign in – Notes</title>" in page.text
        assert 'action="/account/sign-in"' in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        form = {"email": ada.email, "password": "wrong", "next": "/login_required"}
        wrong = await browser.post("/account/sign-in", data=form)
        assert (wrong.status_code, "Invalid login credentials" in wrong.text) == (400, True)
        answer = await browser.post("/account/sign-in", data={**form, "password": PASSWORD})
        assert (answer.status_code, answer.headers["location"]) == (303, "/login_required")
        assert (await browser.get("/login_required")).text == f"hello {ada.id}"
        answer = await browser.post("/account/sign-out")
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert kept_session(browser, server) is None


async def test_a_link_by_mail_comes_back(visit: Visit, served_notes: Served):
    person = newcomer(served_notes)
    async with visit(Origin=SITE) as browser:
        answer = await browser.post("/account/link", data={"email": person.email, "next": "/who"})
        assert (answer.status_code, "a link is on its way" in answer.text) == (200, True)
        mail = served_notes.inbox.read(person.email)
        led = await asyncio.to_thread(httpx.get, mail.link, verify=False)
        place = urlsplit(led.headers["location"])
        assert (f"{place.scheme}://{place.netloc}", place.path) == (SITE, "/account/callback")
        back = await browser.get(f"{place.path}?{place.query}")
        assert (back.status_code, back.headers["location"]) == (303, "/who")
        assert (await browser.get("/who")).json()["sub"] == person.id
        assert not any("code-verifier" in name for name, value in held(browser) if value)


async def test_forms_are_the_pages_own(visit: Visit, server: AuthServer, ada: Person):
    """They check by themselves where they come from, though Django's own check leaves them alone."""
    form = {"email": ada.email, "password": PASSWORD}
    for headers in ({"Origin": "http://evil.test"}, {"Sec-Fetch-Site": "cross-site"}, {}):
        async with visit(**headers) as browser:
            answer = await browser.post("/account/sign-in", data=form)
            assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
            assert kept_session(browser, server) is None
    async with visit() as browser:
        page = await browser.get("/account/sign-in")
        token = re.findall(r'name="csrf_token" value="([^"]+)"', page.text)[0]
        assert (await browser.post("/account/sign-in", data={**form, "csrf_token": token})).status_code == 303
        signed_in = await browser.post("/account/sign-out", data={"csrf_token": token})
        assert (signed_in.status_code, kept_session(browser, server)) == (303, None)


async def test_other_forms_are_refused(visit: Visit, server: AuthServer, ada: Person):
    async with visit(cookies_of(server, session_of(ada)), Origin=SITE) as browser:
        long = await browser.post("/account/sign-in", data={"email": "x" * 20_000})
        assert (long.status_code, long.json()["code"]) == (413, "too_large")
        parts = await browser.post("/account/sign-in", files={"email": b"ada"})
        assert parts.status_code in (400, 422)
        assert (await browser.put("/account/sign-in")).status_code == 405
        assert (await browser.get("/account/other")).status_code == 404
        assert (await browser.get("/account/style.css")).headers["content-type"].startswith("text/css")
