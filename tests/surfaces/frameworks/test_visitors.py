"""What the auth server is told of whom it is asked for, and how much of its answers is read."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from gatepost.frameworks.core import AuthServer, Away
from gatepost.frameworks.core import carriers as carrying
from gatepost.frameworks.core.carriers import Place
from gatepost.frameworks.core.wishes import Call
from gatepost.frameworks.pages.starlette import sign_in_pages
from gatepost.frameworks.starlette import AuthMiddleware
from tests.serving import Served
from tests.surfaces.frameworks.conftest import SITE
from tests.surfaces.frameworks.test_pages import form
from tests.surfaces.people import Person, newcomer

VISITOR = "198.51.100.7"
ADDRESS = "select host(ip) from auth.sessions where user_id = %s order by created_at desc limit 1"


async def sign_in(server: AuthServer, person: Person) -> None:
    """By a browser at VISITOR."""
    pages: Any = sign_in_pages()
    app: Any = AuthMiddleware(pages, server, open=["/"])
    transport = httpx.ASGITransport(app, client=(VISITOR, 4711))
    async with httpx.AsyncClient(transport=transport, base_url=SITE, headers={"Origin": SITE}) as browser:
        assert (await browser.post("/sign-in", data=form(person))).status_code == 303
    await server.aclose()


async def test_with_a_secret_key_the_server_knows_the_visitors_address(served_notes: Served):
    person = newcomer(served_notes)
    await sign_in(AuthServer(served_notes.url, served_notes.publishable, secret_key=served_notes.secret), person)
    assert served_notes.sql(ADDRESS, (person.id,)) == [(VISITOR,)]


async def test_without_one_it_knows_the_applications(served_notes: Served):
    person = newcomer(served_notes)
    await sign_in(AuthServer(served_notes.url, served_notes.publishable), person)
    assert served_notes.sql(ADDRESS, (person.id,)) == [("127.0.0.1",)]


@pytest.mark.parametrize("secret", ["", "secret"])
async def test_an_application_within_this_process_is_asked_as_by_the_visitor(secret: str):
    seen = list[tuple[str, Any]]()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        seen.append((scope["client"][0], headers.get(b"apikey")))
        await Starlette()(scope, receive, send)

    server = AuthServer("http://notes.test", "publishable", secret_key=secret, app=app)
    for visitor in (VISITOR, ""):
        await server.waiting.run(asked(Call("POST", "/token", {}, visitor=visitor)))
    assert seen == [(VISITOR, (secret or "publishable").encode()), ("127.0.0.1", b"publishable")]
    await server.aclose()


def asked(call: Call) -> Any:
    """Steps of one call."""
    return (yield call)


@pytest.mark.parametrize("visitor", ["", "testclient", "/run/app.sock", "198.51.100.7\r\nx: y"])
def test_what_is_no_address_is_not_passed_on(visitor: str):
    _, headers, _ = Place("https://notes.test", "publishable", None, False, "secret").request(
        Call("POST", "/token", {}, visitor=visitor)
    )
    assert headers["apikey"] == "publishable"
    assert "Sb-Forwarded-For" not in headers


def test_the_secret_key_goes_to_its_server_alone():
    place = Place("https://notes.test", "publishable", None, False, "secret")
    assert "secret" not in repr(place)
    assert place.request(Call("GET", "/user", visitor=VISITOR))[1]["apikey"] == "secret"
    assert place.request(Call("GET", "/.well-known/jwks.json"))[1]["apikey"] == "publishable"
    elsewhere = place.request(Call("GET", "https://issuer.test/keys", visitor=VISITOR))[1]
    assert not {"apikey", "Sb-Forwarded-For"} & set(elsewhere)


# ------------------------------------------------------------------------------------------------- answers have an end


@asynccontextmanager
async def answering(body: bytes, *, again: bool) -> AsyncIterator[AuthServer]:
    """A server that answers with `body`, and goes on sending it where told to, a little at a time."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + body)
        try:
            while again:
                await asyncio.sleep(0.02)
                writer.write(b" ")
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    serving = await asyncio.start_server(answer, "127.0.0.1", 0)
    server = AuthServer(f"http://127.0.0.1:{serving.sockets[0].getsockname()[1]}")
    async with serving:
        yield server
        await server.aclose()
        server.close()


@pytest.mark.parametrize(("body", "again", "reason"), [(b" " * 5_000, False, "more than"), (b"{", True, "too long")])
async def test_an_answer_has_an_end(monkeypatch: pytest.MonkeyPatch, body: bytes, again: bool, reason: str):
    monkeypatch.setattr(carrying, "LONGEST", 4_000)
    monkeypatch.setattr(carrying, "SECONDS", 0.2)
    async with answering(body, again=again) as server:
        with pytest.raises(Away) as waited:
            await server.waiting.run(asked(Call("GET", "/user")))
        with pytest.raises(Away) as blocked:
            await asyncio.to_thread(server.blocking.run, asked(Call("GET", "/user")))
    assert reason in str(waited.value.details)
    assert reason in str(blocked.value.details)
