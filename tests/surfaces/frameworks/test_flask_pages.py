"""The sign-in pages within Flask: what they do is told in test_pages, here that a blueprint brings them there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from flask import Flask

from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.flask import Gatepost, current_identity, login_required
from gatepost.frameworks.pages.flask import sign_in_pages
from tests.serving import Served
from tests.surfaces.frameworks.conftest import SITE, browsing, held, kept_session
from tests.surfaces.people import PASSWORD, Person, newcomer


def application(server: AuthServer, **options: Any) -> Flask:
    app = Flask("notes")
    Gatepost(app, server, open=["/account"], sign_in="/account/sign-in")
    app.register_blueprint(sign_in_pages(name="Notes", **options), url_prefix="/account")
    app.add_url_rule("/", "home", lambda: f"{current_identity.subject} {current_identity.claims.get('aal')}")
    app.add_url_rule("/notes", "notes", login_required(lambda: f"notes of {current_identity.subject}"))
    return app


@pytest.fixture
def browser(auth_server: AuthServer) -> Iterator[httpx.Client]:
    with browsing(application(auth_server), Origin=SITE, Accept="text/html") as browser:
        yield browser


@pytest.fixture(scope="module")
def ada(served_notes: Served) -> Person:
    return newcomer(served_notes)


def test_signing_in_leads_to_what_was_asked_for_and_out_again(browser: httpx.Client, ada: Person):
    page = browser.get(browser.get("/notes").headers["location"])
    assert 'name="next" value="/notes"' in page.text
    assert "<title>Sign in – Notes</title>" in page.text
    assert 'action="/account/sign-in"' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    wrong = browser.post("/account/sign-in", data={"email": ada.email, "password": "wrong", "next": "/notes"})
    assert (wrong.status_code, "Invalid login credentials" in wrong.text) == (400, True)
    answer = browser.post("/account/sign-in", data={"email": ada.email, "password": PASSWORD, "next": "/notes"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/notes")
    assert browser.get("/notes").text == f"notes of {ada.id}"
    answer = browser.post("/account/sign-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.get("/").text == " None"


def test_a_link_by_mail_comes_back(browser: httpx.Client, served_notes: Served):
    person = newcomer(served_notes)
    answer = browser.post("/account/link", data={"email": person.email, "next": "/notes"})
    assert (answer.status_code, "a link is on its way" in answer.text) == (200, True)
    led = httpx.get(served_notes.inbox.read(person.email).link)
    place = urlsplit(led.headers["location"])
    assert (f"{place.scheme}://{place.netloc}", place.path) == (SITE, "/account/callback")
    back = browser.get(f"{place.path}?{place.query}")
    assert (back.status_code, back.headers["location"]) == (303, "/notes")
    assert browser.get("/").text == f"{person.id} aal1"
    assert not any("code-verifier" in name for name, value in held(browser) if value)


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.test"}, {"Sec-Fetch-Site": "cross-site"}, {}])
def test_no_other_site_signs_anybody_in(auth_server: AuthServer, ada: Person, headers: dict[str, str]):
    with browsing(application(auth_server), **headers) as browser:
        answer = browser.post("/account/sign-in", data={"email": ada.email, "password": PASSWORD})
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf")
        assert kept_session(browser, auth_server) is None


def test_a_browser_that_does_not_say_where_from_sends_the_pages_token(auth_server: AuthServer, ada: Person):
    with browsing(application(auth_server)) as browser:
        token = re.findall(r'name="csrf_token" value="([^"]+)"', browser.get("/account/sign-in").text)[0]
        form = {"email": ada.email, "password": PASSWORD, "csrf_token": token}
        assert browser.post("/account/sign-in", data=form).status_code == 303
        # Now cookies prove who it is, so the extension looks at the form before the page does.
        assert browser.post("/account/sign-out", data={"csrf_token": "another"}).status_code == 403
        assert browser.post("/account/sign-out", data={"csrf_token": token}).status_code == 303


class Endless:
    """A body without an end."""

    def __init__(self) -> None:
        self.read_so_far = 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0
        self.read_so_far += size
        return b"x" * size


def test_forms_have_an_end_and_pages_their_methods(browser: httpx.Client, auth_server: AuthServer):
    assert browser.post("/account/sign-in", data={"email": "x" * 20_000}).status_code == 413
    app, endless = application(auth_server), Endless()
    for given, content in (({"CONTENT_LENGTH": "1000000000"}, b""), ({"wsgi.input_terminated": True}, iter([b""]))):
        sent = {"wsgi.input": endless, **given}
        with browsing(lambda environ, start, sent=sent: app(environ | sent, start)) as caller:
            assert caller.post("/account/sign-in", content=content).status_code == 413
    assert endless.read_so_far < 64 * 1024
    assert browser.get("/account/sign-out").status_code == 405
    assert browser.head("/account/sign-in").status_code == 200
    assert browser.get("/account/style.css").headers["content-type"].startswith("text/css")


def test_pages_of_ones_own_and_below_another_path(auth_server: AuthServer, ada: Person, tmp_path: Path):
    (tmp_path / "sent.html").write_text('{% extends "base.html" %}{% block title %}Sent to {{ email }}{% endblock %}')
    app = application(auth_server, templates=tmp_path, after="/notes/mine")

    def mounted(environ: dict[str, Any], start_response: Any) -> Any:
        moved = {"SCRIPT_NAME": "/notes", "PATH_INFO": environ["PATH_INFO"].removeprefix("/notes")}
        return app({**environ, **moved}, start_response)

    with browsing(mounted, Origin=SITE) as browser:
        answer = browser.post("/notes/account/link", data={"email": "nobody@example.com"})
        assert "<h1>Sent to nobody@example.com</h1>" in answer.text
        assert 'href="/notes/account/style.css"' in answer.text
        answer = browser.post("/notes/account/sign-in", data={"email": ada.email, "password": PASSWORD})
        assert answer.headers["location"] == "/notes/mine"
