"""When an issuer is asked for its keys, how long they are believed, and what its being away means."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from gatepost.identity import Identity, Proof
from gatepost.identity.api_keys import ApiKeys
from gatepost.identity.identify import Identifier
from gatepost.identity.issuers import KeysWanted
from gatepost.identity.keys import KeyRing, from_jwk, generate
from gatepost.identity.tokens import InvalidToken, Reason, Tokens
from gatepost.outside.issuers import Issuers
from gatepost.problem import Problem
from gatepost.settings import IdentitySettings, Seconds, TrustedIssuer

from .issuer import AUDIENCE, CONFIGURATION, KEYS, Issuer, new_key, running

MAX_AGE, GRACE, PAUSE = 300.0, 1000.0, 10.0


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running() as found:
        yield found


class Door:
    """What a server believes, at a time that the test says."""

    def __init__(self, *trusted: TrustedIssuer) -> None:
        self.now = 0.0
        self._began = time.time()
        self.tokens = Tokens(KeyRing([from_jwk(generate("own"), signs=True)]), clock=self.time)
        settings = IdentitySettings(
            issuers=trusted, keys_max_age=Seconds(MAX_AGE), keys_grace=Seconds(GRACE), keys_pause=Seconds(PAUSE)
        )
        self.issuers = Issuers(settings, self.tokens, "https://own", clock=self.time)
        self.identifier = Identifier(self.tokens, ApiKeys(), self.issuers.fetch)

    def time(self) -> float:
        return self._began + self.now

    async def identify(self, token: str) -> Identity:
        return await self.identifier.who(Proof(None, token))

    async def refuses(self, token: str) -> Reason:
        with pytest.raises(InvalidToken) as refused:
            await self.identify(token)
        return refused.value.reason

    async def settle(self) -> None:
        """Until nothing is asked for any more."""
        sources = self.issuers._sources.values()  # pyright: ignore[reportPrivateUsage]
        await asyncio.gather(*(source.task for source in sources if source.task))


@pytest.fixture
def door(issuer: Issuer) -> Iterator[Door]:
    made = Door(TrustedIssuer(issuer=issuer.url, audience=(AUDIENCE,)))
    yield made
    made.issuers.stop()


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "PS256", "EdDSA"])
async def test_a_token_is_verified_with_the_keys_that_its_issuer_publishes(
    issuer: Issuer, door: Door, algorithm: str
) -> None:
    issuer.published = [new_key("k", algorithm)]
    identity = await door.identify(issuer.token())
    assert (identity.role, identity.issuer) == ("authenticated", issuer.url)
    assert issuer.asked == [CONFIGURATION, KEYS]


async def test_keys_are_asked_for_once_however_many_want_them(issuer: Issuer, door: Door) -> None:
    tokens = [issuer.token(sub=f"person-{n}") for n in range(20)]
    identities = await asyncio.gather(*map(door.identify, tokens))
    assert len({identity.subject for identity in identities}) == 20
    assert issuer.asked == [CONFIGURATION, KEYS]


async def test_nothing_is_asked_for_before_a_token_comes(issuer: Issuer, door: Door) -> None:
    await door.refuses("x.y.z")
    own = door.tokens.sign({"sub": "u", "role": "authenticated"})
    assert (await door.identify(own)).issuer == ""
    assert issuer.asked == []


async def test_a_key_that_was_rotated_out_ends_within_the_maximum_age(issuer: Issuer, door: Door) -> None:
    token = issuer.token(exp=int(door.time()) + 10_000)
    await door.identify(token)
    issuer.rotate("second")
    door.now = MAX_AGE - 1
    await door.identify(token)  # believed meanwhile, and the keys asked for beside it
    await door.settle()
    assert await door.refuses(token) is Reason.KEY


async def test_a_key_that_was_rotated_out_ends_after_a_time_of_silence_too(issuer: Issuer, door: Door) -> None:
    token = issuer.token(exp=int(door.time()) + 10_000)
    await door.identify(token)
    issuer.rotate("second")
    door.now = MAX_AGE
    assert await door.refuses(token) is Reason.KEY


async def test_a_new_key_is_asked_for_when_it_is_first_used_and_the_old_one_ends_with_it(
    issuer: Issuer, door: Door
) -> None:
    before = issuer.token()
    await door.identify(before)
    issuer.rotate("second")
    door.now = PAUSE
    await door.identify(issuer.token())
    assert await door.refuses(before) is Reason.KEY


async def test_forged_key_ids_make_nobody_ask(issuer: Issuer, door: Door) -> None:
    await door.identify(issuer.token())
    door.now = PAUSE
    forger = new_key("forged")
    for n in range(200):
        assert await door.refuses(issuer.token(forger, {"kid": f"forged-{n}"})) is Reason.KEY
    assert issuer.asked == [CONFIGURATION, KEYS, KEYS]


async def test_a_known_key_id_with_a_wrong_signature_makes_nobody_ask(issuer: Issuer, door: Door) -> None:
    await door.identify(issuer.token())
    door.now = PAUSE
    assert await door.refuses(issuer.token(new_key("first"))) is Reason.KEY
    assert issuer.asked == [CONFIGURATION, KEYS]


async def test_an_issuer_that_is_away_keeps_its_keys_for_the_time_of_grace(issuer: Issuer, door: Door) -> None:
    token = issuer.token(exp=int(door.time()) + 10_000)
    await door.identify(token)
    issuer.down = True
    for door.now in (MAX_AGE - 1, MAX_AGE, MAX_AGE + GRACE - 1):
        assert (await door.identify(token)).issuer == issuer.url
        await door.settle()
    door.now = MAX_AGE + GRACE
    with pytest.raises(KeysWanted) as refused:
        await door.identify(token)
    assert (refused.value.status, refused.value.code) == (503, "issuer_unavailable")
    issuer.down = False
    door.now += PAUSE
    assert (await door.identify(token)).issuer == issuer.url


async def test_an_issuer_that_was_never_there_is_asked_once_in_a_while(issuer: Issuer, door: Door) -> None:
    issuer.down = True
    for _ in range(50):
        with pytest.raises(KeysWanted):
            await door.identify(issuer.token())
    assert issuer.asked == [CONFIGURATION]
    door.now = PAUSE
    issuer.down = False
    await door.identify(issuer.token())


async def test_an_issuer_that_does_not_answer_holds_up_nobody_else(issuer: Issuer, door: Door) -> None:
    own = door.tokens.sign({"sub": "u", "role": "authenticated"})
    known = issuer.token(exp=int(door.time()) + 10_000)
    await door.identify(known)
    issuer.gate.clear()
    door.now = MAX_AGE - 1
    async with asyncio.timeout(1):
        assert (await door.identify(own)).role == "authenticated"
        assert (await door.identify(known)).issuer == issuer.url
    issuer.gate.set()
    await door.settle()


async def test_what_an_answer_says_of_its_age_counts_where_it_is_less(issuer: Issuer, door: Door) -> None:
    issuer.headers = {"cache-control": "public, max-age=60"}
    token = issuer.token(exp=int(door.time()) + 10_000)
    await door.identify(token)
    issuer.rotate("second")
    door.now = 60
    assert await door.refuses(token) is Reason.KEY


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        (CONFIGURATION, 200, b'{"issuer": "http://127.0.0.1:1", "jwks_uri": "KEYS"}'),
        (CONFIGURATION, 200, b'{"issuer": "ISSUER", "jwks_uri": "http://example.com/keys"}'),
        (CONFIGURATION, 200, b'{"issuer": "ISSUER", "jwks_uri": "file:///etc/passwd"}'),
        (CONFIGURATION, 200, b"[]"),
        (CONFIGURATION, 302, b"{}"),
        (KEYS, 200, b"no json"),
        (KEYS, 200, b'{"keys": []}'),
        (KEYS, 200, b'{"keys": [1]}'),
        (KEYS, 200, b'{"keys": [' + b" " * 300_000 + b"]}"),
        (KEYS, 302, b"{}"),
        (KEYS, 500, b"{}"),
    ],
)
async def test_an_answer_that_is_none_is_no_key(
    issuer: Issuer, door: Door, path: str, status: int, body: bytes
) -> None:
    filled = body.replace(b"ISSUER", issuer.url.encode()).replace(b"KEYS", (issuer.url + KEYS).encode())
    issuer.headers = {"location": issuer.url + KEYS}
    issuer.replies[path] = status, filled
    with pytest.raises(KeysWanted):
        await door.identify(issuer.token())


async def test_of_a_key_set_only_what_may_verify_is_taken(issuer: Issuer, door: Door) -> None:
    secret = {"kty": "oct", "kid": "secret", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "alg": "HS256"}
    sealed = new_key("sealed").as_dict(private=False) | {"use": "enc"}
    curve = {"kty": "EC", "crv": "secp256k1", "kid": "coin", "x": "AA", "y": "AA"}
    good = issuer.published[0].as_dict(private=False)
    issuer.replies[KEYS] = 200, json.dumps({"keys": [secret, sealed, curve, {}, good]}).encode()
    await door.identify(issuer.token())
    held: Any = door.tokens.issuers[issuer.url].keys.keys
    assert [key.kid for key in held] == ["first"]


@pytest.mark.parametrize(
    ("trusted", "words"),
    [
        ({"issuer": "http://example.com"}, "cannot be used"),
        ({"issuer": "ftp://example.com"}, "cannot be used"),
        ({"issuer": "https://user:pass@example.com"}, "cannot be used"),
        ({"issuer": "no-address"}, "cannot be used"),
        ({"issuer": "https://example.com", "jwks_url": "http://example.com/keys"}, "cannot be used"),
        ({"issuer": "https://own"}, "this server's own"),
        ({"issuer": "supabase-demo", "jwks_url": "https://example.com/keys"}, "this server's own"),
        ({"issuer": "https://example.com", "audience": ()}, "audience is missing"),
        ({"issuer": "https://example.com", "role_claim": "groups"}, "needs roles"),
        ({"issuer": "https://example.com", "roles": {"a": "b"}}, "role_claim does not say"),
        ({"issuer": "https://example.com", "role": "none"}, "no role can be called so"),
        ({"issuer": "https://example.com", "role_claim": "r", "roles": {"a": ""}}, "no role can be called so"),
    ],
)
def test_settings_that_would_let_somebody_in_are_refused_at_the_start(trusted: dict[str, Any], words: str) -> None:
    with pytest.raises(Problem) as refused:
        Door(TrustedIssuer(**{"audience": (AUDIENCE,), **trusted}))
    assert refused.value.code == "invalid_setting"
    assert words in str(refused.value)


def test_a_server_that_believes_nobody_else_loads_nothing_of_this() -> None:
    rooms = "gatepost.app, gatepost.auth.endpoints, gatepost.rest.mounted, gatepost.graphql.mounted"
    code = f"import sys, {rooms}; print({{'httpx', 'gatepost.outside'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_an_issuer_stands_there_once() -> None:
    entry = TrustedIssuer(issuer="https://example.com", audience=(AUDIENCE,))
    with pytest.raises(Problem, match="twice"):
        Door(entry, entry)
