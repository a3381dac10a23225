"""Pages of an account: signing up, a forgotten password, second factors that come and go."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html import unescape
from secrets import token_hex
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
import pytest

from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.core.carriers import Waiting
from gatepost.frameworks.core.wishes import Answer, Call
from gatepost.frameworks.pages.factors import picture
from tests.serving import Served
from tests.surfaces.frameworks.conftest import SITE, kept_session, visiting
from tests.surfaces.frameworks.test_pages import alert, application, form
from tests.surfaces.people import PASSWORD, Person, newcomer

CHANGING = ("sign-up", "forgotten", "password", "factors/add", "factors/verify", "factors/remove")
NEW = "a new password for an old door"


@pytest.fixture
async def browser(auth_server: AuthServer) -> AsyncIterator[httpx.AsyncClient]:
    app = application(auth_server, name="Notes", sign_up=True, recovery=True, factors=True)
    async with visiting(app, Origin=SITE) as browser:
        yield browser


async def followed(link: str) -> str:
    """Where a mail's link leads, on the application's site."""
    async with httpx.AsyncClient() as mail:
        led = await mail.get(link)
    assert (led.status_code, led.headers["location"].startswith(SITE)) == (303, True)
    place = urlsplit(led.headers["location"])
    return f"{place.path}?{place.query}"


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None, page.text
    return unescape(found[1])


def later(secret: str, steps: int) -> str:
    """The code that an authenticator shows in so many half minutes."""
    generator = pyotp.TOTP(secret.replace(" ", ""))
    return generator.generate_otp(generator.timecode(datetime.now(tz=UTC)) + steps)


# ------------------------------------------------------------------------------------------------------- signing up


async def test_signing_up_and_confirming_the_address(browser: httpx.AsyncClient, served_notes: Served):
    email = f"new.{token_hex(4)}@example.com"
    assert "/account/sign-up?next=/notes" in (await browser.get("/account/sign-in?next=/notes")).text
    assert 'autocomplete="new-password"' in (await browser.get("/account/sign-up?next=/notes")).text
    sent = await browser.post("/account/sign-up", data={"email": email, "password": PASSWORD, "next": "/notes"})
    assert (sent.status_code, "a link is on its way" in sent.text) == (200, True)
    assert (await browser.get("/")).text == " None"
    back = await browser.get(await followed(served_notes.inbox.read(email).link))
    assert (back.status_code, back.headers.get("location")) == (303, "/notes")
    assert (await browser.get("/")).text.endswith("aal1")


async def test_a_confirmation_that_is_opened_elsewhere_leads_to_the_password(
    browser: httpx.AsyncClient, served_notes: Served, auth_server: AuthServer
):
    email = f"new.{token_hex(4)}@example.com"
    await browser.post("/account/sign-up", data={"email": email, "password": PASSWORD})
    place = await followed(served_notes.inbox.read(email).link)
    async with visiting(application(auth_server, sign_up=True), Origin=SITE) as phone:
        page = await phone.get(place)
        assert (page.status_code, "Your address is confirmed" in page.text) == (200, True)
        assert kept_session(phone, auth_server) is None
        assert (await phone.post("/account/sign-in", data={"email": email, "password": PASSWORD})).status_code == 303


async def test_who_is_known_is_not_told_apart(browser: httpx.AsyncClient, served_notes: Served):
    known = newcomer(served_notes)
    pages = list[tuple[int, str]]()
    for email in (known.email, f"new.{token_hex(4)}@example.com"):
        for path, data in (("sign-up", {"password": NEW}), ("forgotten", {}), ("link", {})):
            answer = await browser.post(f"/account/{path}", data={"email": email, **data})
            pages.append((answer.status_code, re.sub(r'value="[^"]*"', "", answer.text.replace(email, "ADDRESS"))))
    assert pages[:3] == pages[3:]
    assert {status for status, _ in pages} == {200}
    assert (await browser.post("/account/sign-in", data=form(known))).status_code == 303  # the password is the old one


async def test_a_weak_password_is_said_in_the_page(browser: httpx.AsyncClient):
    answer = await browser.post("/account/sign-up", data={"email": "new@example.com", "password": "abc"})
    assert (answer.status_code, alert(answer)) == (422, "Password should be at least 6 characters.")
    assert "abc" not in answer.text


async def test_who_confirms_itself_is_signed_in_at_once(
    browser: httpx.AsyncClient, served_notes: Served, auth_server: AuthServer, monkeypatch: pytest.MonkeyPatch
):
    """Where the auth server asks for no confirmation it answers a sign-up as it does a sign-in."""
    person, ask = newcomer(served_notes), Waiting._ask

    async def confirmed(self: Waiting, call: Call) -> Answer:
        if call.path.startswith("/signup"):
            body = {"email": person.email, "password": PASSWORD}
            call = Call("POST", "/token?grant_type=password", body)
        return await ask(self, call)

    monkeypatch.setattr(Waiting, "_ask", confirmed)
    answer = await browser.post("/account/sign-up", data=form(person, next="/notes"))
    assert (answer.status_code, answer.headers.get("location")) == (303, "/notes")
    assert not any("code-verifier" in each.name for each in browser.cookies.jar)


# ------------------------------------------------------------------------------------------------ a forgotten password


async def test_a_forgotten_password(browser: httpx.AsyncClient, served_notes: Served, auth_server: AuthServer):
    person = newcomer(served_notes)
    assert "/account/forgotten?next=/notes" in (await browser.get("/account/sign-in?next=/notes")).text
    sent = await browser.post("/account/forgotten", data={"email": person.email, "next": "/notes"})
    assert (sent.status_code, "a link is on its way" in sent.text) == (200, True)
    back = await browser.get(await followed(served_notes.inbox.read(person.email).link))
    assert (back.status_code, back.headers.get("location")) == (303, "/account/password?next=%2Fnotes")
    page = await browser.get(back.headers["location"])
    assert f'autocomplete="username" value="{person.email}"' in page.text
    weak = await browser.post("/account/password", data={"password": "abc", "next": "/notes"})
    assert (weak.status_code, alert(weak)) == (422, "Password should be at least 6 characters.")
    done = await browser.post("/account/password", data={"password": NEW, "next": "/notes"})
    assert (done.status_code, done.headers.get("location")) == (303, "/notes")
    assert (await browser.get("/")).text == f"{person.id} aal1"
    async with visiting(application(auth_server), Origin=SITE) as other:
        assert (await other.post("/account/sign-in", data=form(person))).status_code == 400
        assert (await other.post("/account/sign-in", data=form(person, NEW))).status_code == 303


async def test_a_new_password_is_for_who_is_signed_in(browser: httpx.AsyncClient):
    for answer in (await browser.get("/account/password"), await browser.post("/account/password", data={})):
        assert answer.headers["location"] == "/account/sign-in?next=%2Faccount%2Fpassword%3Fnext%3D%252F"


@pytest.mark.parametrize(
    ("code", "field"), [("reauthentication_needed", "nonce"), ("current_password_required", "current_password")]
)
async def test_what_an_auth_server_wants_with_a_new_password(
    browser: httpx.AsyncClient, served_notes: Served, monkeypatch: pytest.MonkeyPatch, code: str, field: str
):
    person, ask, asked = newcomer(served_notes), Waiting._ask, list[Call]()
    await browser.post("/account/sign-in", data=form(person))

    async def strict(self: Waiting, call: Call) -> Answer:
        asked.append(call)
        if call.method == "PUT" and field not in (call.body or {}):
            return Answer(400, b'{"code": "%s", "message": "More is needed"}' % code.encode())
        if call.path == "/reauthenticate":
            return Answer(200, b"{}")
        return await ask(self, Call(call.method, call.path, {"password": NEW} if call.body else None, call.bearer))

    monkeypatch.setattr(Waiting, "_ask", strict)
    page = await browser.post("/account/password", data={"password": NEW})
    assert (page.status_code, alert(page), f'name="{field}"' in page.text) == (400, "More is needed", True)
    assert ("/reauthenticate" in [each.path for each in asked]) is (field == "nonce")
    done = await browser.post("/account/password", data={"password": NEW, field: "given"})
    assert done.status_code == 303
    assert next(each for each in reversed(asked) if each.method == "PUT").body == {"password": NEW, field: "given"}


# ---------------------------------------------------------------------------------------------------- second factors


async def test_an_authenticator_comes_and_goes(browser: httpx.AsyncClient, served_notes: Served):
    person = newcomer(served_notes)
    await browser.post("/account/sign-in", data=form(person))
    assert "Add one" in (await browser.get("/account/factors?next=/notes")).text
    page = await browser.post("/account/factors/add", data={"name": "Phone", "next": "/notes"})
    uri, factor = hidden(page, "uri"), hidden(page, "factor")
    secret = parse_qs(urlsplit(uri).query)["secret"][0]
    assert parse_qs(urlsplit(uri).query)["issuer"] == ["Notes"]
    size, path = picture(uri)
    assert f'viewBox="0 0 {size} {size}"' in page.text
    assert f'd="{path}"' in page.text
    assert f"<code>{secret[:4]} {secret[4:8]}" in page.text
    wrong = await browser.post("/account/factors/verify", data={"factor": factor, "uri": uri, "code": "000000"})
    assert (wrong.status_code, bool(alert(wrong)), f'd="{path}"' in wrong.text) == (422, True, True)
    shown = {"factor": factor, "uri": uri, "code": later(secret, 0), "next": "/notes"}
    done = await browser.post("/account/factors/verify", data=shown)
    assert (done.status_code, done.headers.get("location")) == (303, "/account/factors?next=%2Fnotes")
    assert (await browser.get("/")).text == f"{person.id} aal2"
    assert ">Phone</span>" in (await browser.get("/account/factors")).text

    again = await browser.post("/account/sign-in", data=form(person))  # a new session, of the password alone
    assert again.headers["location"].startswith("/account/code")
    for path, data in (("remove", {"factor": factor}), ("add", {"name": "Other"})):
        refused = await browser.post(f"/account/factors/{path}", data=data)
        assert refused.headers["location"].startswith("/account/code?next=%2Faccount%2Ffactors")
    assert (await browser.post("/account/code", data={"code": later(secret, 1)})).status_code == 303
    assert (await browser.post("/account/factors/remove", data={"factor": factor})).status_code == 303
    assert "Add one" in (await browser.get("/account/factors")).text


@pytest.mark.parametrize("asks", [True, False])
async def test_one_of_several_authenticators(served_notes: Served, asks: bool):
    """Whether or not `get_user()` asks the auth server, which alone knows of them."""
    server = AuthServer(served_notes.url, served_notes.publishable, ask_user=asks)
    person = newcomer(served_notes)
    secrets = {name: await enrolled(person, name) for name in ("Phone", "Tablet")}
    async with visiting(application(server), Origin=SITE) as browser:
        await browser.post("/account/sign-in", data=form(person))
        page = await browser.get("/account/code")
        ids = dict(re.findall(r'<option value="([^"]+)">(\w+)</option>', page.text))
        tablet = next(factor for factor, name in ids.items() if name == "Tablet")
        wrong = await browser.post("/account/code", data={"code": later(secrets["Phone"], 1), "factor": tablet})
        assert (wrong.status_code, f'value="{tablet}" selected' in wrong.text) == (422, True)
        right = await browser.post("/account/code", data={"code": later(secrets["Tablet"], 1), "factor": tablet})
        assert right.status_code == 303
        assert (await browser.get("/")).text == f"{person.id} aal2"
    await server.aclose()


async def enrolled(person: Person, name: str) -> str:
    """The secret of a new authenticator; the session has shown it."""
    made = person.ask("POST", "/auth/v1/factors", {"factor_type": "totp", "friendly_name": name}).json()
    challenge = person.ask("POST", f"/auth/v1/factors/{made['id']}/challenge", {}).json()
    shown = {"challenge_id": challenge["id"], "code": later(made["totp"]["secret"], 0)}
    answer = person.ask("POST", f"/auth/v1/factors/{made['id']}/verify", shown).json()
    person.token, person.refresh_token = answer["access_token"], answer["refresh_token"]
    return made["totp"]["secret"]


async def test_a_page_that_was_left_before_its_code_was_shown(browser: httpx.AsyncClient, served_notes: Served):
    await browser.post("/account/sign-in", data=form(newcomer(served_notes)))
    first = await browser.post("/account/factors/add", data={"name": "Phone"})
    second = await browser.post("/account/factors/add", data={"name": "Phone"})
    assert (first.status_code, second.status_code) == (200, 200)
    assert hidden(first, "uri") != hidden(second, "uri")
    assert "Add one" in (await browser.get("/account/factors")).text


async def test_authenticators_are_of_who_is_signed_in(browser: httpx.AsyncClient, served_notes: Served):
    asked = [await browser.get("/account/factors")]
    asked += [await browser.post(f"/account/factors/{path}", data={"factor": "x"}) for path in ("add", "remove")]
    assert {each.headers["location"].partition("?")[0] for each in asked} == {"/account/sign-in"}
    stranger = newcomer(served_notes)
    theirs = stranger.ask("POST", "/auth/v1/factors", {"factor_type": "totp", "friendly_name": "x"}).json()["id"]
    await browser.post("/account/sign-in", data=form(newcomer(served_notes)))
    answer = await browser.post("/account/factors/remove", data={"factor": theirs})
    assert (answer.status_code, alert(answer)) == (404, "Factor not found")
    odd = await browser.post("/account/factors/remove", data={"factor": "../../user"})
    assert (odd.status_code, bool(alert(odd))) == (404, True)


async def test_what_is_no_address_of_a_secret_is_no_picture(browser: httpx.AsyncClient):
    assert picture("https://evil.test") == (1, "")
    assert picture("otpauth://totp/" + "x" * 2_000) == (1, "")
    data = {"factor": "x", "uri": 'otpauth://totp/x?secret="><script>', "code": "1"}
    page = await browser.post("/account/factors/verify", data=data)
    assert "<script" not in page.text


# ---------------------------------------------------------------------------------------------------------- all of it


async def test_pages_are_there_where_they_are_wanted(auth_server: AuthServer):
    async with visiting(application(auth_server), Origin=SITE) as browser:
        for path in ("sign-up", "forgotten", "password", "factors", "factors/add"):
            assert (await browser.get(f"/account/{path}")).status_code == 404
        page = (await browser.get("/account/sign-in")).text
        assert not re.search("sign-up|forgotten", page)


async def test_no_other_site_changes_an_account(browser: httpx.AsyncClient, served_notes: Served):
    await browser.post("/account/sign-in", data=form(newcomer(served_notes)))
    data = {"email": "x@example.com", "password": NEW, "factor": "x"}
    for path in CHANGING:
        answer = await browser.post(f"/account/{path}", data=data, headers={"Origin": "http://evil.test"})
        assert (answer.status_code, answer.json()["code"]) == (403, "csrf")


async def test_no_page_needs_a_script_or_a_style_of_its_own(browser: httpx.AsyncClient, served_notes: Served):
    await browser.post("/account/sign-in", data=form(newcomer(served_notes)))
    pages = [await browser.get(f"/account/{path}") for path in ("sign-up", "forgotten", "password", "factors")]
    pages.append(await browser.post("/account/factors/add", data={"name": "Phone"}))
    for page in pages:
        assert page.status_code == 200
        assert "no-store" in page.headers["cache-control"]
        assert not re.search(r"<script|<style|style=|javascript:|\son\w+=|src=", page.text)
        for name in re.findall(r'<input id="([^"]+)"', page.text):
            assert f'for="{name}"' in page.text


async def test_an_auth_server_that_is_away_is_said_in_a_page(
    browser: httpx.AsyncClient, served_notes: Served, monkeypatch: pytest.MonkeyPatch
):
    await browser.post("/account/sign-in", data=form(newcomer(served_notes)))

    async def away(self: Waiting, call: Call) -> Answer:
        return Answer(502)

    monkeypatch.setattr(Waiting, "_ask", away)
    answer = await browser.get("/account/factors")
    assert (answer.status_code, alert(answer)) == (503, "The auth server cannot be reached now")
