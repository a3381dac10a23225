"""Keys of other issuers: fetched when a token first needs them, kept, and fetched again.

In: the issuers of the settings. Out: Issuers whose keys `Tokens` verifies with. Never: two requests to one issuer at
once, or more than one in a few seconds, whatever tokens come; never an end of the keys because an issuer is away for a
while, nor their life beyond what the settings say.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from .. import observe
from ..identity import is_role
from ..identity.issuers import ALGORITHMS, Issuer, Trust
from ..identity.keys import KeyRing, SigningKey, from_jwk
from ..identity.tokens import Tokens
from ..problem import Problem
from ..settings import IdentitySettings, TrustedIssuer
from .exchange import Answer, Failed, ask, check_address, is_loopback, max_age

LONGEST = 256 * 1024
MOST_KEYS = 64
LEAST_RSA_BITS = 2048
# Names that this server's own tokens and keys bear.
OURS = frozenset(("", "gatepost", "supabase", "supabase-demo"))


class Discovery(msgspec.Struct):
    """What is read of an issuer's configuration (OpenID Connect Discovery §3)."""

    issuer: str
    jwks_uri: str


class KeySet(msgspec.Struct):
    """A JWKS (RFC 7517 §5)."""

    keys: list[dict[str, Any]]


@dataclass(slots=True)
class Source:
    """Where an issuer's keys come from (`configured`, or `discovered` by its name), and how that went: `fetched` when
    they last came (epoch seconds), `good` how long they are, `failed` whether the last try was in vain.
    """

    issuer: Issuer
    configured: str
    loopback: bool
    discovered: str = ""
    fetched: float = 0.0
    good: float = 0.0
    failed: bool = False
    task: asyncio.Task[None] | None = None


class Issuers:
    """The keys of all issuers. `clock` gives epoch seconds, as that of `tokens` does."""

    def __init__(
        self, settings: IdentitySettings, tokens: Tokens, own: str = "", clock: Callable[[], float] = time.time
    ) -> None:
        self._tokens, self._clock = tokens, clock
        self._max_age, self._grace, self._pause = settings.keys_max_age, settings.keys_grace, settings.keys_pause
        self._sources = {entry.issuer: _source(entry) for entry in settings.issuers}
        if len(self._sources) != len(settings.issuers):
            raise _invalid("an issuer stands there twice", "")
        for name in OURS | {own}:
            if name in self._sources:
                raise _invalid("an issuer has the name that this server's own tokens bear", name)
        tokens.issuers = {name: source.issuer for name, source in self._sources.items()}

    async def fetch(self, issuer: Issuer) -> None:
        """Have keys that are good for now, where they can be had. Nobody waits for keys that are to be renewed soon, or
        that stay while the issuer is away.
        """
        source, now = self._sources[issuer.trust.name], self._clock()
        if source.task is None and now >= issuer.ask_again:
            source.task = asyncio.create_task(self._renew(source))
        end = source.fetched + (source.good + self._grace if source.failed else source.good)
        if issuer.until <= now < end:
            issuer.until = min(now + self._pause, end)
        elif source.task is not None:
            await asyncio.shield(source.task)

    def stop(self) -> None:
        """Fetch nothing more."""
        for source in self._sources.values():
            if source.task is not None:
                source.task.cancel()

    async def _renew(self, source: Source) -> None:
        issuer = source.issuer
        try:
            keys, source.good = await self._keys(source)
        except (Failed, msgspec.MsgspecError, Problem, ValueError, RecursionError) as error:
            self._keep(source, error)
        else:
            source.fetched, source.failed = self._clock(), False
            issuer.until = source.fetched + source.good / 2
            if names(keys) != names(issuer.keys.keys):
                issuer.keys = KeyRing(keys)
                self._tokens.forget()
            observe.emit("issuer.keys", issuer=issuer.trust.name, keys=len(keys))
        finally:
            issuer.ask_again = self._clock() + self._pause
            source.task = None

    def _keep(self, source: Source, error: Exception) -> None:
        """The keys that were there go on for a while; then they are none."""
        issuer, now = source.issuer, self._clock()
        source.failed, source.discovered = True, ""
        end = source.fetched + source.good + self._grace
        issuer.until = min(now + self._pause, end)
        if now >= end:
            issuer.keys, issuer.until = KeyRing(()), 0.0
            self._tokens.forget()
        observe.emit("issuer.failed", issuer=issuer.trust.name, reason=str(error), keys=len(issuer.keys.keys))

    async def _keys(self, source: Source) -> tuple[list[SigningKey], float]:
        """What the issuer has now, and for how many seconds."""
        if not source.configured and not source.discovered:
            source.discovered = await _discovered(source)
        answer = await _got(source.configured or source.discovered)
        keys = usable(msgspec.json.decode(answer.body, type=KeySet).keys)
        if not keys:
            raise Failed("it has no key that can be used")
        return keys, max(min(max_age(answer.headers), self._max_age), self._pause)


def _source(entry: TrustedIssuer) -> Source:
    name = entry.issuer
    if not entry.audience or "" in entry.audience:
        raise _invalid("audience is missing; a token for somebody else would be good here", name)
    if not entry.role_claim and entry.roles:
        raise _invalid("roles are mapped, but role_claim does not say from which claim", name)
    if entry.role_claim and not entry.roles:
        raise _invalid("role_claim needs roles: what each of its values stands for here", name)
    if not all(role and is_role(role) for role in (entry.role, *entry.roles.values())):
        raise _invalid("no role can be called so", name)
    check_address(entry.jwks_url or name, f"identity.issuers, {name}")
    trust = Trust(
        name,
        entry.audience,
        entry.role,
        entry.role_claim,
        entry.roles,
        entry.subject,
        entry.app_metadata,
    )
    return Source(Issuer(trust), entry.jwks_url, is_loopback(entry.jwks_url or name))


def _invalid(what: str, name: str) -> Problem:
    return Problem("invalid_setting", 500, f"identity.issuers: {what}", name or None, "See the guide to other issuers")


async def _discovered(source: Source) -> str:
    """Where the issuer says that its keys are; it must call itself as we do."""
    name = source.issuer.trust.name
    answer = await _got(name.rstrip("/") + "/.well-known/openid-configuration")
    found = msgspec.json.decode(answer.body, type=Discovery)
    if found.issuer != name:
        raise Failed("its configuration is of another issuer")
    return check_address(found.jwks_uri, "jwks_uri", loopback=source.loopback)


async def _got(url: str) -> Answer:
    answer = await ask("GET", url, LONGEST)
    if answer.status != 200:
        raise Failed(f"it answered {answer.status}")
    return answer


def usable(jwks: Iterable[Mapping[str, Any]]) -> list[SigningKey]:
    """The keys of a set that can verify a token: public ones for signatures, of a kind and a size we trust."""
    found: list[SigningKey] = []
    for jwk in list(jwks)[:MOST_KEYS]:
        if jwk.get("kty") == "oct" or jwk.get("use", "sig") != "sig":
            continue
        try:
            key = from_jwk(jwk, signs=False)
        except Problem:
            continue  # it is for somebody who knows more
        if set(key.algorithms) <= ALGORITHMS and key.algorithms and not _is_short(jwk):
            found.append(key)
    return found


def _is_short(jwk: Mapping[str, Any]) -> bool:
    """An RSA key's modulus in base64url: 6 bits a letter."""
    return jwk.get("kty") == "RSA" and len(str(jwk.get("n"))) * 6 < LEAST_RSA_BITS


def names(keys: Iterable[SigningKey]) -> list[tuple[str | None, tuple[str, ...], str]]:
    """What tells one set of keys from another."""
    return [(key.kid, key.algorithms, key.key.thumbprint()) for key in keys]
