"""The auth surface over a real PostgreSQL: a client that speaks to it, a mailbox, a clock that can be set forward."""

import asyncio
import base64
import hashlib
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import msgspec
import psycopg
import pytest

from gatepost.auth.endpoints import AuthSurface
from gatepost.auth.hashing import Hasher
from gatepost.auth.limits import Limits, Rate
from gatepost.database.scope import Database
from gatepost.embedded import Server
from gatepost.exchange import Request, Response
from gatepost.identity import Proof
from gatepost.identity.keys import KeyRing, from_jwk, from_secret, generate
from gatepost.identity.tokens import Tokens
from gatepost.outside.hooks import Remote
from gatepost.settings import AuthSettings, Seconds, remote_hooks
from tests.conftest import Connect

API = "https://api.example.com/auth/v1"
SITE = "https://app.example.com"
PASSWORD = "correct horse"

UNLIMITED = {
    name: Rate(1e9, 1.0, 1_000_000)
    for name in ("token", "verify", "otp", "magiclink", "recover", "resend", "signup", "user")
}


@dataclass
class Mail:
    """A mail as a flow handed it over."""

    kind: str
    to: str
    variables: Mapping[str, Any]

    @property
    def code(self) -> str:
        return str(self.variables["Token"])

    @property
    def hash(self) -> str:
        return str(self.variables["TokenHash"])

    @property
    def link(self) -> str:
        return str(self.variables["ConfirmationURL"])


class Mailbox:
    """Takes mails, after `delay` seconds; `refusing` makes it fail as a broken SMTP server does."""

    notifications = frozenset(("password_changed",))

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.refusing: Exception | None = None
        self.delay = 0.0

    async def send(self, kind: str, to: str, variables: Mapping[str, object]) -> None:
        await asyncio.sleep(self.delay)
        if self.refusing is not None:
            raise self.refusing
        self.mails.append(Mail(kind, to, variables))

    async def notify(self, kind: str, to: str, variables: Mapping[str, object]) -> None:
        self.mails.append(Mail(kind, to, variables))

    def to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.to == address]

    def last(self, address: str) -> Mail:
        return self.to(address)[-1]


@dataclass
class Clock:
    """The present, and as far beyond it as a test wants."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

    def forward(self, seconds: float) -> None:
        self.ahead += seconds


@dataclass
class Answer:
    """A Response, read."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def location(self) -> str:
        return self.headers["location"]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.location).query, keep_blank_values=True))

    @property
    def fragment(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.location).fragment, keep_blank_values=True))

    @property
    def code(self) -> str:
        return str(self.body["code"])

    @property
    def message(self) -> str:
        return str(self.body["message"])


MODERN = ((b"x-supabase-api-version", b"2024-01-01"),)


@dataclass
class Client:
    """Speaks to a surface as the official clients do (API version 2024-01-01)."""

    surface: AuthSurface
    tokens: Tokens
    mailbox: Mailbox
    clock: Clock
    headers: Sequence[tuple[bytes, bytes]] = MODERN
    connect: Callable[[], "psycopg.Connection[tuple[Any, ...]]"] = field(repr=False, kw_only=True)

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        bearer: str | None = None,
        raw: bytes | None = None,
        headers: Sequence[tuple[bytes, bytes]] | None = None,
        client: str = "192.0.2.1",
        key: str = "anon",
    ) -> Answer:
        path, _, query = path.partition("?")
        payload = raw if raw is not None else b"" if body is None else msgspec.json.encode(body)
        given = list(self.headers if headers is None else headers)
        request = Request(method, path, query.encode(), given, payload, Proof(key, bearer), client, id="request-1")
        return read(await self.surface(request))

    async def get(self, path: str, **more: Any) -> Answer:
        return await self.send("GET", path, **more)

    async def post(self, path: str, body: object = None, **more: Any) -> Answer:
        return await self.send("POST", path, body, **more)

    async def put(self, path: str, body: object = None, **more: Any) -> Answer:
        return await self.send("PUT", path, body, **more)

    async def delete(self, path: str, body: object = None, **more: Any) -> Answer:
        return await self.send("DELETE", path, body, **more)

    async def follow(self, link: str) -> Answer:
        """Open a mail's link."""
        assert link.startswith(API + "/"), link
        return await self.get(link.removeprefix(API))

    async def password(self, email: str, password: str = PASSWORD) -> Answer:
        return await self.post("/token?grant_type=password", {"email": email, "password": password})

    async def refresh(self, token: str) -> Answer:
        return await self.post("/token?grant_type=refresh_token", {"refresh_token": token})

    @property
    def admin(self) -> str:
        """A service token, as older projects have it: without subject, audience or end."""
        return self.tokens.sign({"role": "service_role"})

    async def new_user(self, **more: Any) -> dict[str, Any]:
        """A confirmed user with PASSWORD, made by an administrator."""
        body = {"email": address(), "password": PASSWORD, "email_confirm": True} | more
        answer = await self.post("/admin/users", body, bearer=self.admin)
        assert answer.status == 200, answer
        return answer.body

    async def signed_in(self, **more: Any) -> dict[str, Any]:
        """A session of a new confirmed user."""
        user = await self.new_user(**more)
        answer = await self.password(user["email"])
        assert answer.status == 200, answer
        return answer.body

    def sql(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database itself, as the owner of the auth tables."""
        cursor = self.connect().execute(text, values)  # pyright: ignore
        return cursor.fetchall() if cursor.description else []


def read(response: Response) -> Answer:
    headers = {name.decode(): value.decode() for name, value in response.headers}
    body = msgspec.json.decode(response.body) if response.body else None
    return Answer(response.status, body, headers)


def address() -> str:
    """An address nobody has had before."""
    return f"{uuid4().hex[:10]}@example.com"


def pkce(method: str = "s256") -> tuple[str, dict[str, str]]:
    """A verifier, and the members of a body that announce it."""

    verifier = uuid4().hex + uuid4().hex
    challenge = verifier
    if method.lower() == "s256":
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return verifier, {"code_challenge": challenge, "code_challenge_method": method}


def url(path: str, **fields: str) -> str:
    return f"{path}?{urlencode(fields)}"


def links_in(text: str) -> list[str]:
    return re.findall(r"https?://\S+", text)


@pytest.fixture(scope="module")
async def database(cluster: Server, database_name: str) -> AsyncIterator[Database]:
    opened = Database({"auth": cluster.dsn("supabase_auth_admin", database_name)})
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def ring() -> KeyRing:
    return KeyRing([from_jwk(generate(), signs=True), from_secret("a legacy secret of at least 32 bytes")])


Open = Callable[..., Client]


@pytest.fixture(scope="module")
def hasher() -> Hasher:
    """Cheap hashes: what they are made of is tested elsewhere."""
    return Hasher(workers=4, queue=500, cost=4)


@pytest.fixture
def open_client(database: Database, database_name: str, connect: Connect, ring: KeyRing, hasher: Hasher) -> Open:
    """`open_client(disable_signup=True)`: a client of a surface with these settings, a mailbox and clock of its own."""

    def open_one(*, mails: Rate | None = None, rates: Mapping[str, Rate] | None = None, **settings: Any) -> Client:
        mailbox, clock = Mailbox(), Clock()
        tokens = Tokens(ring, clock=clock)
        given = AuthSettings(**{"site_url": SITE, "external_url": API, "smtp_max_frequency": Seconds(60)} | settings)
        limits = Limits({**UNLIMITED, **(rates or {})}, mails or Rate(1e9, 1.0, 1_000_000), header="X-Real-IP")
        remote = Remote(given) if remote_hooks(given) else None
        surface = AuthSurface(given, database, tokens, mailbox, clock, hasher=hasher, limits=limits, remote=remote)
        return Client(surface, tokens, mailbox, clock, connect=lambda: connect("supabase_auth_admin", database_name))

    return open_one


@pytest.fixture
def client(open_client: Open) -> Client:
    """A client of a surface with the usual settings."""
    return open_client()
