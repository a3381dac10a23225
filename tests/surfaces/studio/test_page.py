"""The inbox page in a browser: it shows what arrived, and a mail cannot act."""

import asyncio
import socket
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import uvicorn

from gatepost.gateway import Gateway, Mount
from gatepost.studio.inbox import Inbox, refuse, surface
from tests.conftest import Needs

SCRIPTED = """<html><head></head><body><p>Hello</p><img src="x" onerror="document.title='taken'">
<script>parent.document.title = 'taken'; fetch('/inbox/api/v1/messages', {method: 'DELETE'})</script></body></html>"""


def mail(subject: str, html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "Todo <auth@example.org>"
    message["To"] = "Ada <ada@example.org>"
    message.set_content("Type 123456")
    if html:
        message.add_alternative(html, subtype="html")
    return message


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def url(inbox: Inbox) -> AsyncIterator[str]:
    """The page, served on a port of its own."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    door = Gateway([Mount("/inbox", surface(inbox), refuse, lambda _: False)])
    server = uvicorn.Server(uvicorn.Config(door, log_config=None, lifespan="off"))  # pyright: ignore[reportArgumentType]
    serving = asyncio.create_task(server.serve([listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/inbox"
    server.should_exit = True
    await serving


async def page(needs: Needs, profile: Path, url: str) -> str:
    """What the page has become two seconds after it was opened."""
    browser = await asyncio.create_subprocess_exec(
        needs("chromium"), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
        "--virtual-time-budget=2500", "--dump-dom", url,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    async with asyncio.timeout(60):
        output, _ = await browser.communicate()
    return output.decode()


async def test_an_empty_inbox_says_so(needs: Needs, url: str, tmp_path: Path):
    shown = await page(needs, tmp_path, url)
    assert "0 mails, 0 unread" in shown
    assert '<p id="empty">No mail yet.' in shown


async def test_mails_are_listed_and_one_is_opened_by_its_address(needs: Needs, inbox: Inbox, url: str, tmp_path: Path):
    await inbox.deliver(mail("First <b>bold</b>"))
    await inbox.deliver(mail("Second", "<p>Hello</p>"))
    shown = await page(needs, tmp_path, f"{url}#latest")
    assert "2 mails, 1 unread" in shown
    assert "First &lt;b&gt;bold&lt;/b&gt;" in shown
    assert '<h2 id="subject">Second</h2>' in shown
    assert "Todo &lt;auth@example.org&gt;" in shown
    newest = next(iter(inbox))
    assert f"/inbox/view/{newest.id}.html?embed=1" in shown
    assert newest.read


async def test_a_mails_script_does_not_run(needs: Needs, inbox: Inbox, url: str, tmp_path: Path):
    await inbox.deliver(mail("Hostile", SCRIPTED))
    shown = await page(needs, tmp_path, f"{url}#latest")
    assert "<title>Inbox</title>" in shown
    assert '<h2 id="subject">Hostile</h2>' in shown
    view = await page(needs, tmp_path, f"{url}/view/latest.html")
    assert "taken" not in view.split("<body>")[0]
    assert len(inbox) == 1
