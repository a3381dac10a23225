"""supabase-py as an application uses it: clients, people who signed up, links followed as a browser would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pyotp
from supabase import AsyncClient, AsyncClientOptions, acreate_client

from tests.compatibility.conftest import Place

PASSWORD = "correct horse battery staple"


def new_address(name: str = "reader") -> str:
    """An address that nobody has used."""
    return f"{name}.{token_hex(4)}@example.com"


@asynccontextmanager
async def connected(place: Place, key: str = "", **options: Any) -> AsyncIterator[AsyncClient]:
    """A client of its own: with the publishable key unless another is given, closed at the end."""
    async with httpx.AsyncClient(timeout=20, follow_redirects=True) as http:
        settings = AsyncClientOptions(httpx_client=http, auto_refresh_token=False, **options)
        yield await acreate_client(place.url, key or place.key, settings)


@asynccontextmanager
async def reader(place: Place, email: str = "", **options: Any) -> AsyncIterator[AsyncClient]:
    """A client that somebody new has signed in with."""
    async with connected(place, **options) as client:
        await sign_up(place, client, email or new_address())
        yield client


async def sign_up(place: Place, client: AsyncClient, email: str, data: dict[str, Any] | None = None) -> None:
    """Sign up; where the project wants the address confirmed, with the code of the mail."""
    given = await client.auth.sign_up({"email": email, "password": PASSWORD, "options": {"data": data or {}}})
    if place.confirms:
        assert given.session is None
        code = place.server.inbox.read(email).code
        given = await client.auth.verify_otp({"type": "signup", "email": email, "token": code})
    assert given.session is not None


def follow(link: str) -> tuple[str, dict[str, str]]:
    """Where a link of a mail leads: the page, and what it is told in its query and fragment."""
    response = httpx.get(link, follow_redirects=False)
    assert response.status_code == 303, response.text
    target = urlsplit(response.headers["location"])
    told = {**parse_qs(target.query), **parse_qs(target.fragment)}
    return f"{target.scheme}://{target.netloc}{target.path}", {name: values[0] for name, values in told.items()}


async def user_id(client: AsyncClient) -> str:
    """The id of who is signed in."""
    session = await client.auth.get_session()
    assert session is not None
    return str(session.user.id)


async def claims(client: AsyncClient) -> dict[str, Any]:
    """The claims of the session's token, verified by the client in its own way."""
    found = await client.auth.get_claims()
    assert found is not None
    return dict(found["claims"])


async def enrolled(client: AsyncClient, name: str = "phone") -> tuple[str, pyotp.TOTP]:
    """A new, unverified authenticator: its id, and the device."""
    factor = await client.auth.mfa.enroll({"factor_type": "totp", "friendly_name": name, "issuer": "Library"})
    assert factor.totp is not None
    return factor.id, pyotp.TOTP(factor.totp.secret)
