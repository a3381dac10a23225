"""The FastAPI example, started: Gatepost within it, its pages in a browser, its notes under row level security."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pyotp
import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from gatepost import embedded
from gatepost.frameworks.cookies import read_item, session_text, storage_key, write_item
from gatepost.identity.keys import KeyRing, from_set
from gatepost.identity.tokens import Tokens
from gatepost.project import state
from gatepost.project.state import State
from tests.conftest import Needs
from tests.serving import PATIENCE, STOP_SECONDS, Inbox, free_port
from tests.surfaces.frameworks.conftest import NOTES
from tests.surfaces.people import PASSWORD

START_SECONDS = 60.0
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")


@dataclass(slots=True)
class Example:
    """The example as it runs."""

    url: str
    folder: Path

    @property
    def state(self) -> State:
        known = state.read(self.folder / ".gatepost")
        assert known is not None
        return known

    def new_user(self, email: str, **app_metadata: Any) -> None:
        body = {"email": email, "password": PASSWORD, "email_confirm": True, "app_metadata": app_metadata}
        made = httpx.post(f"{self.url}/auth/v1/admin/users", json=body, headers={"apikey": self.state.keys.secret})
        assert made.status_code == 200, made.text

    def token(self, email: str) -> str:
        grant = {"email": email, "password": PASSWORD}
        headers = {"apikey": self.state.keys.publishable}
        answer = httpx.post(f"{self.url}/auth/v1/token?grant_type=password", json=grant, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()["access_token"]

    def expired(self, session: dict[str, Any]) -> dict[str, Any]:
        """The session an hour later."""
        with psycopg.connect(self.state.logins["auth"]) as connection:
            [(jwk,)] = connection.execute(
                "select jwk from auth_private.signing_keys where status = 'active'"
            ).fetchall()
        tokens, now = Tokens(KeyRing(from_set(json.dumps([jwk])))), int(time.time())
        claims = {**tokens.verify(session["access_token"]), "iat": now - 3700, "exp": now - 60}
        return {**session, "access_token": tokens.sign(claims), "expires_at": now - 60}


@pytest.fixture(scope="module")
def example(scratch: Path, request: pytest.FixtureRequest) -> Iterator[Example]:
    """`uvicorn app:app` in a copy of the example's folder."""
    folder, port = scratch / "notes-example", free_port()
    shutil.copytree(NOTES, folder, ignore=shutil.ignore_patterns(".gatepost", "__pycache__"))
    url = f"http://127.0.0.1:{port}"
    variables = {**os.environ, **PATIENCE, "GATEPOST_DATABASE_PORT": "0", "NOTES_URL": url}
    if request.config.getoption("--postgres"):
        cluster = request.getfixturevalue("cluster")
        with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
            admin.execute("create database notes_example template template0")
        variables["GATEPOST_DATABASE_URL"] = cluster.dsn(dbname="notes_example")
    log = scratch / "notes-example.log"
    command = [sys.executable, "-m", "uvicorn", "app:app", "--port", str(port), "--log-level", "warning"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=output, stderr=output)
    try:
        await_answer(url, process, log)
        yield Example(url, folder)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        finally:
            process.kill()
        shutil.rmtree(embedded.project_home(folder), ignore_errors=True)
    assert "Traceback" not in log.read_text()


def await_answer(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with suppress(httpx.HTTPError):
            if httpx.get(f"{url}/", timeout=20).status_code == 200:
                return
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def test_the_project_answers_within_the_application(example: Example):
    key = {"apikey": example.state.keys.publishable}
    assert httpx.get(f"{example.url}/health").json() == {"status": "ok"}
    assert httpx.get(f"{example.url}/auth/v1/settings", headers=key).status_code == 200
    assert httpx.get(f"{example.url}/rest/v1/Note", headers=key).json() == []
    assert httpx.get(f"{example.url}/inbox").status_code == 200
    service = example.state.keys.service_role  # nobody of the application's, and the project's own
    everything = {"apikey": service, "Authorization": f"Bearer {service}"}
    assert httpx.get(f"{example.url}/rest/v1/Note", headers=everything).status_code == 200
    assert httpx.get(f"{example.url}/auth/v1/admin/users", headers=everything).status_code == 200
    assert httpx.get(f"{example.url}/api/notes", headers=everything).status_code == 401


def test_its_routes_know_who_asks(example: Example):
    example.new_user("reader@example.com", permissions=["p:reports"])
    headers = {"Authorization": f"Bearer {example.token('reader@example.com')}"}
    assert httpx.get(f"{example.url}/api/notes").json() == []
    added = httpx.post(f"{example.url}/notes", data={"body": "by bearer"}, headers=headers)
    assert added.status_code == 303
    [note] = httpx.get(f"{example.url}/api/notes", headers=headers).json()
    assert note["body"] == "by bearer"
    assert httpx.get(f"{example.url}/api/notes").json() == []
    assert httpx.get(f"{example.url}/api/reports").status_code == 401
    refused = httpx.get(f"{example.url}/api/reports", headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_aal")


def test_a_served_project_is_not_served_twice(example: Example):
    command = [sys.executable, "-c", "import gatepost; print(gatepost.asgi('.').url)"]
    done = subprocess.run(command, cwd=example.folder, capture_output=True, text=True, timeout=60, check=False)
    assert "is served already by another process" in done.stderr


def test_gatepost_itself_is_light():
    program = "import sys, gatepost; print([name for name in sys.modules if name.startswith('gatepost.')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


# ------------------------------------------------------------------------------------------------------ in a browser


@pytest.fixture
async def context(needs: Needs) -> AsyncIterator[BrowserContext]:
    """A browser without scripts: nothing here needs one."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=needs("chromium"), args=[*QUIET])
        yield await browser.new_context(java_script_enabled=False)
        await browser.close()


async def sign_in(page: Page, url: str, email: str) -> None:
    await page.goto(url)
    await page.get_by_role("link", name="Sign in").click()
    await page.get_by_label("E-mail address").first.fill(email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()


async def session_in(context: BrowserContext, url: str) -> dict[str, Any]:
    cookies = [(each["name"], each["value"]) for each in await context.cookies(url)]  # pyright: ignore
    item = read_item(cookies, storage_key(url))
    assert item is not None
    return json.loads(item)


async def test_an_account_of_ones_own(example: Example, context: BrowserContext):
    """Signing up, a mail, an authenticator: without a script, under a policy that allows none."""
    page, said = await context.new_page(), list[str]()
    page.on("console", lambda message: said.append(message.text))
    await page.goto(f"{example.url}/account/sign-up")
    await page.get_by_label("E-mail address").fill("new@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign up").click()
    await expect(page.get_by_role("heading")).to_have_text("Look into your mail")
    await page.goto(Inbox(f"{example.url}/inbox").read("new@example.com").link)
    await page.get_by_role("link", name="Authenticators").click()
    await page.get_by_label("What you call it").fill("Phone")
    await page.get_by_role("button", name="Add").click()
    picture = await page.get_by_role("img").bounding_box()
    assert picture is not None
    assert picture["width"] > 150
    secret = await page.locator("code").inner_text()
    await page.get_by_label("The six digits").fill(pyotp.TOTP(secret.replace(" ", "")).now())
    await page.get_by_role("button", name="Use it from now on").click()
    await expect(page.get_by_role("listitem")).to_contain_text("Phone")
    assert not [text for text in said if "Policy" in text]


async def test_signing_in_renewing_in_two_tabs_signing_out(example: Example, context: BrowserContext):
    example.new_user("ada@example.com")
    first = await context.new_page()
    await sign_in(first, example.url, "ada@example.com")
    await expect(first.locator("body")).to_contain_text("ada@example.com")
    await first.get_by_label("Note").fill("milk")
    await first.get_by_role("button", name="Add").click()
    await expect(first.get_by_role("listitem")).to_have_text(["milk"])
    assert all(each["httpOnly"] and each["secure"] for each in await context.cookies(example.url))  # pyright: ignore

    before = example.expired(await session_in(context, example.url))
    old = write_item([], storage_key(example.url), session_text(before))
    await context.clear_cookies()
    await context.add_cookies([{"name": each.name, "value": each.value, "url": example.url} for each in old])
    second = await context.new_page()
    await asyncio.gather(first.goto(example.url), second.goto(example.url))
    for page in (first, second):
        await expect(page.get_by_role("listitem")).to_have_text(["milk"])
    after = await session_in(context, example.url)
    assert after["refresh_token"] != before["refresh_token"]
    assert after["expires_at"] > time.time()

    await second.get_by_role("button", name="Sign out").click()
    await expect(second.get_by_role("link", name="Sign in")).to_be_visible()
    await first.goto(example.url)
    await expect(first.get_by_role("link", name="Sign in")).to_be_visible()
    assert [each for each in await context.cookies(example.url) if "auth-token" in each["name"]] == []  # pyright: ignore
