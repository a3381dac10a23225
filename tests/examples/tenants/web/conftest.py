"""The demonstration in real browsers: one server, a window for each person, and whatever a script complains of fails.

`GATEPOST_PICTURES=1` also writes the pictures of the documentation.
"""

import json
import os
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from gatepost import web
from gatepost.cli import assets
from tests.conftest import Needs
from tests.serving import Serve, Served

ROOT = Path(__file__).parents[4]
EXAMPLE = ROOT / "examples" / "tenants"
PICTURES = ROOT / "docs" / "images"
PROBES = Path(__file__).with_name("probes.js").read_text()
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
# A browser writes down each answer of 400 and more, and that it is not online; that is no complaint of a script.
ANSWER = re.compile(
    r"Failed to load resource: (the server responded with a status of 4\d\d|net::ERR_INTERNET_DISCONNECTED)"
)

# Before a page's own scripts, once.
KEEP = """(([origin, session]) => {
  if (location.origin !== origin || localStorage.getItem("kept")) return;
  localStorage.setItem("kept", "once");
  localStorage.setItem("sb-127-auth-token", session);
})(%s)"""

Open = Callable[..., Awaitable[Page]]
Picture = Callable[[Page, str], Awaitable[None]]

expect.set_options(timeout=8_000)


def lay_out(folder: Path) -> None:
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".gatepost"))


@pytest.fixture(scope="session")
def site(served: Serve) -> Served:
    """The example, as `gatepost dev examples/tenants` serves it."""
    if not web.is_installed():
        assets.run()
    return served(lay_out)


@pytest.fixture(scope="session")
async def browser(needs: Needs) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=needs("chromium"), args=[*QUIET])
        yield browser
        await browser.close()


@pytest.fixture
async def window(browser: Browser, site: Served) -> AsyncIterator[Open]:
    """`window("user-1a", route, …)`: a browser of that person's own, signed in; of nobody, where there is no name."""
    complaints: list[str] = []
    opened: list[Page] = []

    def complain(said: ConsoleMessage) -> None:
        if said.type == "error" and not ANSWER.match(said.text):
            complaints.append(said.text)

    async def open_window(who: str = "", route: str = "/", **options: Any) -> Page:
        context = await browser.new_context(**options)
        context.set_default_timeout(10_000)
        if who:
            await context.add_init_script(KEEP % json.dumps([site.url, session(site, who)]))
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", complain)
        opened.append(page)
        await page.goto(f"{site.url}/#{route}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        return page

    yield open_window
    for page in opened:
        await page.context.close()
    assert complaints == []


def session(site: Served, who: str) -> str:
    """What supabase-js keeps of a session, for somebody who signs in with a password elsewhere."""
    answer = httpx.post(
        f"{site.url}/auth/v1/token?grant_type=password",
        headers={"apikey": site.publishable},
        json={"email": f"{who}@example.com", "password": "demo-password"},
    )
    assert answer.status_code == 200, answer.text
    return json.dumps(answer.json())


@pytest.fixture
def picture() -> Picture:
    """Writes a picture of a window for the documentation, where one asks for it."""

    async def take(page: Page, name: str) -> None:
        if os.environ.get("GATEPOST_PICTURES"):
            PICTURES.mkdir(exist_ok=True)
            await page.screenshot(path=PICTURES / f"tenants-{name}.png")

    return take


async def probe(page: Page, name: str) -> Any:
    """What one of probes.js finds on a page."""
    return await page.evaluate(f"{PROBES}; {name}()")


async def told(page: Page, text: str) -> None:
    """What a message at the edge of the window says."""
    await expect(page.locator("#messages")).to_contain_text(text)


async def told_in_time(page: Page, text: str) -> None:
    """The same in a page whose clock stands still: it looks every three seconds, and waits for what it looks for."""
    for _ in range(300):
        await page.clock.run_for(3_100)
        if text in await page.locator("#messages").inner_text():
            return
    raise AssertionError(f"{text!r} is not told")


async def stand_still(page: Page, seen: str) -> None:
    """Load a page anew, wait until a text is seen, and stop its clock: then it does nothing by itself any more, only
    what its user or its server tells it.
    """
    await page.clock.install()
    await page.reload()
    await expect(page.get_by_text(seen).first).to_be_visible()
    await page.clock.pause_at(datetime.now() + timedelta(seconds=2))


async def titled(page: Page, text: str) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(text)
