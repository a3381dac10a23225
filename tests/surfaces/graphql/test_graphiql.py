"""GraphiQL in a real browser: it asks as whoever is chosen; and it is for this machine only."""

import json
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, async_playwright, expect

from gatepost import web
from gatepost.exchange import Request
from gatepost.studio.graphiql import GraphiQL
from tests.conftest import Needs
from tests.serving import Served
from tests.surfaces.graphql.conftest import new_room
from tests.surfaces.people import Person, newcomer

QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
ROOMS = "{ rooms { nodes { name } } }"
PAGE = {"accept": "text/html"}


@pytest.fixture
async def page(needs: Needs, front_end: None, server: Served) -> AsyncIterator[Page]:
    """The page, opened; whatever a script of it complains of fails the test."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=needs("chromium"), args=[*QUIET])
        page = await browser.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        await page.goto(f"{server.url}/graphql")
        await page.wait_for_selector(".graphiql-query-editor .CodeMirror")
        yield page
        await browser.close()
    assert complaints == []


async def run(page: Page, query: str) -> None:
    """Write a query and run it, by the keyboard."""
    await page.click(".graphiql-query-editor .CodeMirror")
    await page.keyboard.press("Control+A")
    await page.keyboard.press("Delete")
    await page.keyboard.insert_text(query)
    await page.keyboard.press("Control+Enter")


async def act_as(page: Page, email: str) -> None:
    await page.fill("#who", email)
    await page.press("#who", "Enter")


async def shown(page: Page, text: str) -> None:
    await expect(page.locator(".result-window")).to_contain_text(text)


async def test_requests_are_those_of_whom_one_acts_as(page: Page, server: Served):
    person = newcomer(server)
    new_room(server, person)
    await expect(page.locator("#acting-as")).to_have_text("Requests are anonymous")
    await run(page, ROOMS)
    await shown(page, "permission denied for table rooms")
    await act_as(page, person.email)
    await expect(page.locator("#acting-as")).to_have_text(f"Requests are those of {person.email}")
    await run(page, ROOMS)
    await shown(page, '"name": "A room"')
    await act_as(page, "")
    await expect(page.locator("#acting-as")).to_have_text("Requests are anonymous")
    await run(page, ROOMS)
    await shown(page, "permission denied for table rooms")


async def test_users_are_suggested(page: Page, server: Served):
    person = newcomer(server)
    await page.fill("#who", person.email[:12])
    await expect(page.locator(f'#people option[value="{person.email}"]')).to_be_attached()


async def test_a_subscription_shows_its_events(page: Page, server: Served):
    person = newcomer(server)
    room = new_room(server, person)
    await act_as(page, person.email)
    await expect(page.locator("#acting-as")).to_contain_text(person.email)
    await run(page, f'subscription {{ roomNote(roomId: "{room}") {{ note {{ body }} }} }}')
    await page.wait_for_timeout(1000)
    server.sql("insert into public.notes (room_id, author, body) values (%s, %s, 'seen live')", (room, person.id))
    await shown(page, '"body": "seen live"')


async def test_what_goes_on_is_told_from_what_does_not(page: Page):
    texts = {
        "{ a }": False,
        "subscription { a }": True,
        'query A { a(x: "} subscription { b }") } # subscription {': False,
        "fragment subscription on A { a } { b }": False,
        "query B { a } subscription A($x: T = {y: 1}) { b }": True,
        """query B { a(x: \"\"\"subscription\"\"\") } subscription A { b }""": True,
    }
    told = await page.evaluate(
        """async (texts) => {
          const { isSubscription } = await import("/graphql/graphiql/transport.js");
          return texts.map((text) => isSubscription(text, text.includes("subscription A") ? "A" : null));
        }""",
        list(texts),
    )
    assert dict(zip(texts, told, strict=True)) == texts


async def test_what_is_chosen_is_reached_by_the_keyboard(page: Page):
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.id") == "who"


async def test_it_is_dark_where_the_machine_is(page: Page):
    async def background() -> str:
        return await page.evaluate("getComputedStyle(document.body).backgroundColor")

    await page.emulate_media(color_scheme="light")
    assert await background() == "rgb(255, 255, 255)"
    await page.emulate_media(color_scheme="dark")
    assert await background() == "rgb(24, 24, 27)"


async def test_no_token_is_kept(page: Page, server: Served):
    person = newcomer(server)
    await act_as(page, person.email)
    await expect(page.locator("#acting-as")).to_contain_text(person.email)
    await run(page, "{ __typename }")
    await shown(page, '"Query"')
    kept = await page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert "eyJ" not in kept


# ------------------------------------------------------------------ who may see it


def test_the_page_needs_no_key_and_everything_else_does(front_end: None, server: Served):
    assert httpx.get(f"{server.url}/graphql", headers=PAGE).status_code == 200
    assert httpx.get(f"{server.url}/graphql/graphiql/graphiql.js").status_code == 200
    assert httpx.post(f"{server.url}/graphql", json={"query": "{ __typename }"}).status_code == 401
    assert httpx.get(f"{server.url}/graphql/graphiql/../../inbox.css").status_code == 404
    assert httpx.get(f"{server.url}/graphql/graphiql/%2e%2e/package.json").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"x-forwarded-for": "10.0.0.1"},
    ],
)
@pytest.mark.parametrize("path", ["/graphiql/act", "/graphiql/people", ""])
def test_neither_another_site_nor_another_machine_sees_it(server: Served, headers: dict[str, str], path: str):
    url = f"{server.url}/graphql{path}"
    if path == "/graphiql/act":
        answer = httpx.post(url, json={"email": "ada@example.org"}, headers=headers)
    else:
        answer = httpx.get(url, headers=PAGE | headers)
    assert answer.status_code == 403
    assert "token" not in answer.json()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", b'{"email": "x"}'),
        ("application/x-www-form-urlencoded", b"email=x"),
        ("application/json", b"[]"),
        ("application/json", b'{"email": 5}'),
    ],
)
def test_a_form_cannot_ask_for_a_token(server: Served, kind: str, body: bytes):
    answer = httpx.post(f"{server.url}/graphql/graphiql/act", content=body, headers={"content-type": kind})
    assert answer.status_code == 400


def test_a_token_is_the_users_and_ends_within_minutes(server: Served):
    person = newcomer(server, app_metadata={"team": "red"})
    answer = httpx.post(f"{server.url}/graphql/graphiql/act", json={"email": person.email})
    token = answer.json()["token"]
    mine = Person(server, person.id, person.email, token)
    told = mine.ask("POST", "/graphql", {"query": "{ __typename }"}).json()
    assert told == {"data": {"__typename": "Query"}}
    claims = _claims(token)
    assert (claims["sub"], claims["role"], claims["app_metadata"]["team"]) == (person.id, "authenticated", "red")
    assert claims["exp"] - claims["iat"] <= 600
    assert "session_id" not in claims
    assert answer.headers["cache-control"] == "no-store"


def test_nobody_has_no_token(server: Served):
    answer = httpx.post(f"{server.url}/graphql/graphiql/act", json={"email": "nobody@example.org"})
    assert (answer.status_code, answer.json()) == (404, {"message": "There is no such user"})


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    return json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


async def test_without_its_packages_the_page_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(web, "INSTALLED", tmp_path)

    async def none(_: str) -> list[str]:
        return []

    async def no_token(_: str) -> str:
        return ""

    page = GraphiQL(none, no_token, "key")
    asked = Request("GET", "/", headers=[(b"host", b"localhost")], client="127.0.0.1", prefix="/graphql")
    answer = await page(asked)
    assert answer.status == 200
    assert b"gatepost assets" in answer.body
    assert b"graphiql.js" not in answer.body
