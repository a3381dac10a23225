"""Whose tokens are believed: keys that rotate, secrets that we have or have not, issuers that are no Gatepost."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from gatepost.frameworks.core import AuthServer, ServerClient
from gatepost.identity import ANON
from gatepost.identity.keys import KeyRing, from_jwk, from_secret, generate
from gatepost.identity.tokens import Tokens
from gatepost.problem import Problem
from tests.surfaces.issuers.issuer import AUDIENCE, KEYS, Issuer, running

SECRET = "a secret of at least thirty-two bytes"
USER = "9c6d1f2e-0000-4000-8000-000000000001"


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


class Supabase:
    """An auth server of which only keys and `GET /user` matter, as an ASGI application."""

    def __init__(self) -> None:
        self.keys = [generate("first")]
        self.asked: list[str] = []
        self.status = 200

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"].removeprefix("/auth/v1")
        self.asked.append(path)
        public = KeyRing([from_jwk(jwk) for jwk in self.keys[:1]]).jwks()
        body = json.dumps(public if path.endswith("jwks.json") else {"id": USER, "email": "ada@example.com"}).encode()
        await send({"type": "http.response.start", "status": self.status, "headers": []})
        await send({"type": "http.response.body", "body": body if self.status == 200 else b'{"code": "bad_jwt"}'})

    def token(self, jwk: dict[str, Any] | None = None, **claims: Any) -> str:
        return signed([from_jwk(jwk or self.keys[0], signs=True)], **claims)


def signed(keys: list[Any], **claims: Any) -> str:
    usual = {"sub": USER, "role": "authenticated", "aud": "authenticated", "exp": int(time.time()) + 86400}
    return Tokens(KeyRing(keys)).sign({**usual, **claims})


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def supabase() -> Supabase:
    return Supabase()


@pytest.fixture
async def server(supabase: Supabase, clock: Clock) -> AsyncIterator[AuthServer]:
    server = AuthServer("https://ref.supabase.co", "key", app=supabase, clock=clock)
    yield server
    await server.aclose()


async def who(server: AuthServer, token: str) -> str:
    return (await ServerClient(server, list, None, token).identity()).subject


async def renewed(supabase: Supabase, times: int) -> None:
    """Keys were fetched so often; nobody waited for the last time."""
    for _ in range(200):
        await asyncio.sleep(0)
    assert len(supabase.asked) == times


async def refused(server: AuthServer, token: str) -> str:
    with pytest.raises(Problem) as caught:
        await who(server, token)
    return caught.value.code


async def test_keys_are_kept_and_asked_for_again(server: AuthServer, supabase: Supabase, clock: Clock):
    for _ in range(3):
        assert await who(server, supabase.token()) == USER
    assert len(supabase.asked) == 1
    clock.now += 601
    assert await who(server, supabase.token()) == USER
    assert await who(server, supabase.token()) == USER
    await renewed(supabase, 2)


async def test_a_new_key_is_asked_for_and_the_old_one_forgotten(server: AuthServer, supabase: Supabase, clock: Clock):
    old = supabase.keys[0]
    assert await who(server, supabase.token()) == USER
    supabase.keys = [generate("second")]
    clock.now += 11
    assert await asyncio.gather(*(who(server, supabase.token()) for _ in range(5))) == [USER] * 5
    assert await refused(server, supabase.token(old)) == "invalid_token"
    assert len(supabase.asked) == 2


async def test_a_key_that_was_withdrawn_while_nobody_came_proves_nothing(
    server: AuthServer, supabase: Supabase, clock: Clock
):
    old = supabase.token(exp=int(clock.now) + 86400)
    assert await who(server, old) == USER
    supabase.keys = [generate("second")]
    clock.now += 1300
    assert await refused(server, old) == "invalid_token"


async def test_forged_tokens_make_nobody_ask(server: AuthServer, supabase: Supabase):
    forged = [supabase.token(generate(f"forged-{number}")) for number in range(5)]
    assert await who(server, supabase.token()) == USER
    for token in forged:
        assert await refused(server, token) == "invalid_token"
    assert len(supabase.asked) == 1


async def test_keys_outlast_a_server_that_is_away_for_an_hour(server: AuthServer, supabase: Supabase, clock: Clock):
    token = supabase.token()
    assert await who(server, token) == USER
    supabase.status = 503
    clock.now += 700
    assert await who(server, token) == USER
    await renewed(supabase, 2)
    clock.now += 3600
    assert await refused(server, token) == "auth_server_unavailable"
    asked = len(supabase.asked)
    assert await refused(server, token) == "auth_server_unavailable"
    assert len(supabase.asked) == asked
    supabase.status = 200
    clock.now += 3
    assert await who(server, token) == USER


async def test_with_the_secret_nothing_is_asked(supabase: Supabase):
    server = AuthServer("https://ref.supabase.co", "key", secret=SECRET, app=supabase)
    assert await who(server, signed([from_secret(SECRET, signs=True)])) == USER
    assert await refused(server, signed([from_secret(SECRET[::-1], signs=True)])) == "invalid_token"
    assert await refused(server, supabase.token()) == "invalid_token"
    assert supabase.asked == []


async def test_without_the_secret_the_server_vouches(server: AuthServer, supabase: Supabase, clock: Clock):
    """A project whose tokens are signed with a secret that only it has."""
    token = signed([from_secret(SECRET, signs=True)])
    assert await who(server, token) == USER
    assert await who(server, token) == USER
    assert supabase.asked == ["/.well-known/jwks.json", "/user"]
    ended = signed([from_secret(SECRET, signs=True)], exp=int(clock.now) - 1)
    assert await refused(server, ended) == "invalid_token"
    supabase.status = 403
    assert await refused(server, signed([from_secret(SECRET, signs=True)], jti="another")) == "invalid_token"
    supabase.status = 503
    assert await refused(server, signed([from_secret(SECRET, signs=True)], jti="a third")) == "auth_server_unavailable"


async def test_keys_of_the_project_are_nobodys_tokens(server: AuthServer, supabase: Supabase):
    anon = supabase.token(role="anon", sub=None)
    assert await ServerClient(server, list, None, anon).identity() is ANON
    assert await refused(server, supabase.token(role="service_role", sub=None)) == "invalid_token"
    assert await refused(server, supabase.token(aud="another")) == "invalid_token"


async def test_roles_of_ones_own_are_allowed_by_name(supabase: Supabase):
    server = AuthServer("https://ref.supabase.co", app=supabase, roles=("authenticated", "editor"))
    identity = await ServerClient(server, list, None, supabase.token(role="editor")).identity()
    assert identity.role == "editor"
    await server.aclose()


# ------------------------------------------------------------------------------------------------------ any issuer


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running() as issuer:
        yield issuer


async def test_tokens_of_any_issuer(issuer: Issuer):
    server = AuthServer.of_issuer(issuer.url, AUDIENCE, role_claim="groups", roles={"staff": "staff", "": "guest"})
    client = ServerClient(server, list, None, issuer.token(groups=["staff"], email="ada@example.com"))
    identity, user = await client.identity(), await client.get_user()
    assert user is not None
    assert (identity.role, identity.claims["external_sub"], user.email) == ("staff", "person-1", "ada@example.com")
    assert identity.subject != "person-1"
    assert await refused(server, issuer.token(aud="another")) == "invalid_token"
    assert await refused(server, issuer.token(iss="https://another.example.com")) == "invalid_token"
    assert issuer.asked.count(KEYS) == 1
    await server.aclose()


async def test_an_issuers_new_key_is_asked_for(issuer: Issuer):
    clock = Clock()
    server = AuthServer.of_issuer(issuer.url, AUDIENCE, subject="token", clock=clock)
    assert await who(server, issuer.token()) == "person-1"
    old = issuer.rotate("second")
    assert await refused(server, issuer.token()) == "invalid_token"
    clock.now += 11
    assert await who(server, issuer.token()) == "person-1"
    assert await refused(server, issuer.token(old)) == "invalid_token"
    await server.aclose()


async def test_an_issuers_key_that_was_withdrawn_while_nobody_came_proves_nothing(issuer: Issuer):
    clock = Clock()
    server = AuthServer.of_issuer(issuer.url, AUDIENCE, subject="token", clock=clock)
    old = issuer.token(exp=int(clock.now) + 86400)
    assert await who(server, old) == "person-1"
    issuer.rotate("second")
    clock.now += 1300
    assert await refused(server, old) == "invalid_token"
    await server.aclose()


async def test_an_issuers_keys_are_renewed_while_nobody_waits(issuer: Issuer):
    clock = Clock()
    server = AuthServer.of_issuer(issuer.url, AUDIENCE, subject="token", clock=clock)
    token = issuer.token(exp=int(clock.now) + 86400)
    assert await who(server, token) == "person-1"
    clock.now += 601
    issuer.gate.clear()
    assert await who(server, token) == "person-1"
    issuer.gate.set()
    assert await who(server, token) == "person-1"
    async with asyncio.timeout(10):
        await server.waiting.run(server.proofs._source.fetch(server.proofs._keys_address, waits=True))  # pyright: ignore
    assert issuer.asked.count(KEYS) == 2
    issuer.down = True
    clock.now += 4300
    assert await refused(server, token) == "auth_server_unavailable"
    await server.aclose()


async def test_an_issuer_that_is_away(issuer: Issuer):
    issuer.down = True
    server = AuthServer.of_issuer(issuer.url, AUDIENCE)
    assert await refused(server, issuer.token()) == "auth_server_unavailable"
    assert (await ServerClient(server, list).identity()) is ANON
    await server.aclose()
