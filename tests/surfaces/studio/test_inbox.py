"""The development inbox: Mailpit's API and a page, for this machine alone."""

import asyncio
import stat
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from gatepost.gateway import Gateway, Mount
from gatepost.studio.inbox import Inbox, refuse, surface

ORIGIN = "http://127.0.0.1:54321"


def mail(
    subject: str = "Your sign-in link", to: str = "Ada <ada@example.org>", html: str = "", text: str = ""
) -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "Todo <auth@example.org>"
    message["To"] = to
    message["Message-ID"] = "<1@example.org>"
    if text or not html:
        message.set_content(text or "Type 123456 or follow http://127.0.0.1:54321/auth/v1/verify?token=abc")
    if html and text:
        message.add_alternative(html, subtype="html")
    elif html:
        message.set_content(html, subtype="html")
    return message


class Clock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


@pytest.fixture
def inbox() -> Inbox:
    return Inbox(now=Clock())


@pytest.fixture
async def client(inbox: Inbox):
    """A client on this machine, through the front door."""
    async with browser(inbox) as client:
        yield client


def browser(inbox: Inbox, address: str = "127.0.0.1", base: str = ORIGIN) -> httpx.AsyncClient:
    door = Gateway([Mount("/inbox", surface(inbox), refuse, lambda _: False)])
    return httpx.AsyncClient(transport=httpx.ASGITransport(door, client=(address, 4711)), base_url=base)


async def get(client: httpx.AsyncClient, path: str) -> Any:
    response = await client.get(f"/inbox/api/v1/{path}")
    assert response.status_code == 200, response.text
    return response.json()


async def test_a_list_is_mailpits_newest_first(inbox: Inbox, client: httpx.AsyncClient):
    await inbox.deliver(mail("First"))
    await inbox.deliver(mail("Second"))
    body = await get(client, "messages")
    assert {name: body[name] for name in body if name != "messages"} == {
        "total": 2,
        "unread": 2,
        "count": 2,
        "messages_count": 2,
        "messages_unread": 2,
        "start": 0,
        "tags": [],
    }
    first = body["messages"][0]
    assert first["Subject"] == "Second"
    assert first["MessageID"] == "1@example.org"
    assert first["From"] == {"Name": "Todo", "Address": "auth@example.org"}
    assert first["To"] == [{"Name": "Ada", "Address": "ada@example.org"}]
    assert (first["Cc"], first["Bcc"], first["ReplyTo"], first["Tags"]) == ([], [], [], [])
    assert (first["Read"], first["Attachments"]) == (False, 0)
    assert first["Created"] == "2026-05-01T12:00:02.000Z"
    assert first["Snippet"].startswith("Type 123456")
    assert first["Size"] > 100


async def test_a_list_comes_in_pages(inbox: Inbox, client: httpx.AsyncClient):
    for number in range(60):
        await inbox.deliver(mail(str(number)))
    assert len((await get(client, "messages"))["messages"]) == 50
    page = await get(client, "messages?start=10&limit=2")
    assert [one["Subject"] for one in page["messages"]] == ["49", "48"]
    assert (page["start"], page["count"], page["total"]) == (10, 2, 60)
    assert len((await get(client, "messages?limit=nonsense&start=-1"))["messages"]) == 50


async def test_a_message_has_its_bodies_and_is_read_from_then_on(inbox: Inbox, client: httpx.AsyncClient):
    await inbox.deliver(mail(text="Hello", html="<p>Hello</p>"))
    id = (await get(client, "messages"))["messages"][0]["ID"]
    message = await get(client, f"message/{id}")
    assert message["ID"] == id
    assert message["Text"].strip() == "Hello"
    assert message["HTML"].strip() == "<p>Hello</p>"
    assert message["To"] == [{"Name": "Ada", "Address": "ada@example.org"}]
    assert (message["ReturnPath"], message["Attachments"], message["Inline"]) == ("auth@example.org", [], [])
    assert (await get(client, "messages"))["unread"] == 0


async def test_latest_is_the_newest_also_of_a_search(inbox: Inbox, client: httpx.AsyncClient):
    await inbox.deliver(mail("One", "eve@example.org"))
    await inbox.deliver(mail("Two"))
    assert (await get(client, "message/latest"))["Subject"] == "Two"
    assert (await get(client, "message/latest?query=to:eve"))["Subject"] == "One"
    assert (await get(client, "message/latest/headers"))["To"] == ["Ada <ada@example.org>"]
    raw = await client.get("/inbox/api/v1/message/latest/raw")
    assert b"Subject: Two\r\n" in raw.content


async def test_html_without_text_can_be_read_as_text(inbox: Inbox, client: httpx.AsyncClient):
    html = '<style>p{}</style><h1>Hello</h1><p>Follow <a href="https://x.test/?a=1&amp;b=2">the link</a></p>'
    await inbox.deliver(mail(html=html))
    assert (await get(client, "message/latest"))["Text"] == "Hello\n\nFollow the link ( https://x.test/?a=1&b=2 )"


@pytest.mark.parametrize(
    ("query", "subjects"),
    [
        ("to:ada@example.org", ["Invite", "Link"]),
        ('to:"ADA@example.org"', ["Invite", "Link"]),
        ("to:ada@example.org subject:link", ["Link"]),
        ("from:auth@example.org", ["Other", "Invite", "Link"]),
        ("subject:invite", ["Invite"]),
        ("-subject:invite", ["Other", "Link"]),
        ("!to:ada", ["Other"]),
        ("is:read", ["Link"]),
        ("is:unread", ["Other", "Invite"]),
        ("123456", ["Other", "Invite", "Link"]),
        ('"Type 123456"', ["Other", "Invite", "Link"]),
        ("addressed:bob", ["Other"]),
        ("message-id:1@example.org subject:o", ["Other"]),
        ("http://127.0.0.1:54321", ["Other", "Invite", "Link"]),
        ("has:attachment", []),
        ("nothing", []),
    ],
)
async def test_searching(inbox: Inbox, client: httpx.AsyncClient, query: str, subjects: list[str]):
    await inbox.deliver(mail("Link"))
    await get(client, "message/latest")
    await inbox.deliver(mail("Invite"))
    await inbox.deliver(mail("Other", "bob@example.org"))
    response = await client.get("/inbox/api/v1/search", params={"query": query})
    body = response.json()
    assert [one["Subject"] for one in body["messages"]] == subjects
    assert (body["total"], body["messages_count"]) == (3, len(subjects))


async def test_a_search_needs_a_query(client: httpx.AsyncClient):
    assert (await client.get("/inbox/api/v1/search")).status_code == 400


async def test_the_read_state_is_set_for_some_for_found_and_for_all(inbox: Inbox, client: httpx.AsyncClient):
    await inbox.deliver(mail("One"))
    await inbox.deliver(mail("Two"))
    ids = [one["ID"] for one in (await get(client, "messages"))["messages"]]

    async def put(body: dict[str, Any]) -> int:
        response = await client.put("/inbox/api/v1/messages", json=body)
        assert (response.status_code, response.text) == (200, "ok")
        return (await get(client, "messages"))["unread"]

    assert await put({"Read": True, "IDs": ids[:1]}) == 1
    assert await put({"Read": True}) == 0
    assert await put({"Read": False, "Search": "subject:one"}) == 1
    response = await client.put("/inbox/api/v1/messages", json={"Read": True, "IDs": ids, "Search": "x"})
    assert response.status_code == 400


async def test_mails_are_deleted_by_id_by_search_or_all(inbox: Inbox, client: httpx.AsyncClient):
    for subject in ("One", "Two", "Three"):
        await inbox.deliver(mail(subject))
    id = (await get(client, "messages"))["messages"][0]["ID"]
    await client.request("DELETE", "/inbox/api/v1/messages", json={"IDs": [id, "unknown"]})
    assert len(inbox) == 2
    await client.delete("/inbox/api/v1/search?query=subject:one")
    assert [one.subject for one in inbox] == ["Two"]
    response = await client.delete("/inbox/api/v1/messages")
    assert (response.status_code, response.text, len(inbox)) == (200, "ok", 0)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "api/v1/message/unknown", 404),
        ("GET", "api/v1/message/latest", 404),
        ("GET", "api/v1/message/latest/part/1", 404),
        ("GET", "api/v1/nothing", 404),
        ("POST", "api/v1/messages", 404),
        ("GET", "view/unknown.html", 404),
        ("GET", "other", 404),
        ("GET", "inbox.html", 404),
        ("GET", "../../etc/passwd", 404),
        ("POST", "", 405),
    ],
)
async def test_what_is_not_there_is_said_in_plain_text(client: httpx.AsyncClient, method: str, path: str, status: int):
    response = await client.request(method, f"/inbox/{path}")
    assert response.status_code == status
    assert response.headers["content-type"].startswith(("text/plain", "application/json"))


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"IDs":"x"}', b'{"Read":"yes"}', b"\xff"])
async def test_a_body_that_is_not_understood_changes_nothing(inbox: Inbox, client: httpx.AsyncClient, body: bytes):
    await inbox.deliver(mail())
    for method in ("PUT", "DELETE"):
        assert (await client.request(method, "/inbox/api/v1/messages", content=body)).status_code == 400
    assert [one.read for one in inbox] == [False]


async def test_only_the_newest_are_kept(tmp_path: Path):
    inbox = Inbox(tmp_path / "inbox.jsonl", kept=3)
    for number in range(5):
        await inbox.deliver(mail(str(number)))
    assert [one.subject for one in inbox] == ["4", "3", "2"]
    assert [one.subject for one in Inbox(tmp_path / "inbox.jsonl", kept=3)] == ["4", "3", "2"]


async def test_a_restart_keeps_mails_and_what_was_read(tmp_path: Path):
    file = tmp_path / "inbox.jsonl"
    inbox = Inbox(file)
    await inbox.deliver(mail("One", text="Grüße"))
    await inbox.deliver(mail("Two"))
    first = next(iter(inbox))
    inbox.mark([first.id], read=True)
    again = list(Inbox(file))
    assert [(one.id, one.subject, one.read) for one in again] == [(one.id, one.subject, one.read) for one in inbox]
    assert again[1].text.strip() == "Grüße"
    assert again[0].created == first.created


async def test_the_file_is_its_owners_alone_and_survives_a_torn_line(tmp_path: Path):
    file = tmp_path / "inbox.jsonl"
    inbox = Inbox(file)
    await inbox.deliver(mail("One"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open("ab") as stream:
        stream.write(b'{"id":"half')
    assert [one.subject for one in Inbox(file)] == ["One"]
    inbox.delete([next(iter(inbox)).id])
    assert file.read_bytes() == b""
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_mail_after_a_torn_line_is_not_lost(tmp_path: Path):
    file = tmp_path / "inbox.jsonl"
    await Inbox(file).deliver(mail("One"))
    with file.open("ab") as stream:
        stream.write(b'{"id":"half')
    await Inbox(file).deliver(mail("Two"))
    assert [one.subject for one in Inbox(file)] == ["Two", "One"]


async def test_strange_mails_are_taken_in(inbox: Inbox, client: httpx.AsyncClient):
    empty = EmailMessage()
    await inbox.deliver(empty)
    attached = mail("With a file")
    attached.add_attachment(b"x" * 10, maintype="application", subtype="pdf", filename="a.pdf")
    await inbox.deliver(attached)
    body = await get(client, "messages")
    assert [one["Attachments"] for one in body["messages"]] == [1, 0]
    assert body["messages"][1]["From"] == {"Name": "", "Address": ""}


# -- who may look --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["192.0.2.1", "10.0.0.5", "2001:db8::1", "::ffff:192.0.2.1", ""])
async def test_another_machine_sees_nothing(inbox: Inbox, address: str):
    async with browser(inbox, address) as client:
        for path in ("", "api/v1/messages", "view/latest.html", "inbox.js"):
            assert (await client.get(f"/inbox/{path}")).status_code == 403


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("base", ["http://localhost:54321", ORIGIN, "http://[::1]:54321", "http://app.localhost"])
async def test_this_machine_sees_the_inbox_under_any_of_its_names(inbox: Inbox, address: str, base: str):
    async with browser(inbox, address, base) as client:
        assert (await client.get("/inbox")).status_code == 200


STRANGE_HOSTS = ["", "[::1", "0.0.0.0", "192.0.2.1", "localhost@evil.test", "evil.test:54321"]


@pytest.mark.parametrize("host", ["evil.test", "127.0.0.1.evil.test", "localhost.evil.test", *STRANGE_HOSTS])
async def test_a_rebound_name_sees_nothing(client: httpx.AsyncClient, host: str):
    response = await client.get("/inbox/api/v1/messages", headers={"Host": host})
    assert response.status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
async def test_a_proxy_for_other_machines_sees_nothing(client: httpx.AsyncClient, header: str):
    assert (await client.get("/inbox", headers={header: "192.0.2.1"})).status_code == 403


@pytest.mark.parametrize(
    "origin",
    ["https://evil.test", "null", "http://localhost:3000", "http://127.0.0.1:1", "http://127.0.0.1:54321.evil.test"],
)
async def test_another_sites_script_sees_nothing(inbox: Inbox, client: httpx.AsyncClient, origin: str):
    await inbox.deliver(mail())
    for method in ("GET", "DELETE"):
        response = await client.request(method, "/inbox/api/v1/messages", headers={"Origin": origin})
        assert response.status_code == 403
        assert b"123456" not in response.content
    assert len(inbox) == 1


async def test_requests_another_site_starts_are_refused_but_a_visit_is_welcome(client: httpx.AsyncClient):
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert (
        await client.get("/inbox/api/v1/messages", headers=foreign | {"Sec-Fetch-Mode": "no-cors"})
    ).status_code == 403
    assert (await client.get("/inbox", headers=foreign | {"Sec-Fetch-Mode": "navigate"})).status_code == 200
    own = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Origin": ORIGIN}
    assert (await client.get("/inbox/api/v1/messages", headers=own)).status_code == 200


# -- the page ------------------------------------------------------------------------------------------------------


async def test_the_page_loads_nothing_from_elsewhere(client: httpx.AsyncClient):
    page = await client.get("/inbox")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'self'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    for name in ("inbox.css", "inbox.js"):
        assert f'"/inbox/{name}"' in page.text
        file = await client.get(f"/inbox/{name}")
        assert file.status_code == 200
        assert "://" not in file.text
    assert "://" not in page.text and "<script>" not in page.text and "onclick" not in page.text
    assert "{prefix}" not in page.text


async def test_a_mails_own_script_and_its_links_stay_in_the_frame(inbox: Inbox, client: httpx.AsyncClient):
    html = (
        "<html><head><title>x</title></head><body><script>alert(1)</script><a href='https://x.test'>x</a></body></html>"
    )
    await inbox.deliver(mail(html=html, text="x"))
    view = await client.get("/inbox/view/latest.html")
    assert view.text.strip() == html
    policy = view.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "allow-scripts" not in policy and "allow-same-origin" not in policy
    framed = await client.get("/inbox/view/latest.html?embed=1")
    assert '<head><base target="_blank">' in framed.text
    text = await client.get("/inbox/view/latest.txt")
    assert (text.headers["content-type"], text.text.strip()) == ("text/plain; charset=utf-8", "x")


async def test_mails_may_arrive_all_at_once(inbox: Inbox, client: httpx.AsyncClient):
    await asyncio.gather(*(inbox.deliver(mail(str(number))) for number in range(100)))
    assert (await get(client, "messages"))["total"] == 100
