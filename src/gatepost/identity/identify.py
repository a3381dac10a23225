"""The rules of key and bearer: a Proof in, an Identity out.

In: what a request carried, unread. Out: the Identity it proves. Never: a guess; what proves nothing is a Problem,
and only a request that brings no credential at all may be nobody.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..problem import Problem
from . import ANON, Identity, Proof
from .api_keys import SECRET, ApiKeys, is_api_key
from .issuers import Issuer, KeysWanted
from .tokens import InvalidToken, Tokens


@dataclass(slots=True)
class Identifier:
    """Who a request is, behind the front door: an API key is required, a user's token wins over the key's role. Where
    none is `required`, who brings no credential at all is nobody.

    `fetch` brings the keys of another issuer up to date, where tokens of others are believed; it never fails.
    """

    tokens: Tokens
    api_keys: ApiKeys
    fetch: Callable[[Issuer], Awaitable[None]] | None = None
    required: bool = True

    async def who(self, proof: Proof) -> Identity:
        """Who the request acts as, once the keys are there that its token is verified with."""
        await self.prepare(proof)
        return self.identify(proof)

    async def prepare(self, proof: Proof) -> None:
        """Have the keys at hand that `proof` is verified with. Whether it then proves anything is found out as ever."""
        for token in {proof.bearer, proof.api_key}:
            if self.fetch is None or token is None or self.tokens.issuer_of(token) is None:
                continue
            try:
                self.tokens.identify(token)
            except KeysWanted as wanted:
                await self.fetch(wanted.issuer)
            except Problem:
                pass

    def check_key(self, proof: Proof, *, browser: bool = False) -> Identity:
        """The identity of the key alone. 401 where there is none or it proves nothing; a secret key never comes from a
        browser, where every visitor could read it.
        """
        key = proof.api_key or proof.bearer
        if not key and not self.required:
            return ANON
        if not key:
            raise Problem(
                "no_api_key", 401, "No API key found in request", None, "Send the project's key in an `apikey` header"
            )
        if browser and (key.startswith(SECRET) or (proof.bearer or "").startswith(SECRET)):
            raise Problem(
                "secret_key_in_browser",
                401,
                "A secret API key must not be used in a browser",
                None,
                "Use the publishable key there, and revoke this one: whoever saw the page has it",
            )
        return self._key(key)

    def identify(self, proof: Proof) -> Identity:
        """Who the request acts as. InvalidToken or Problem (401) where the key or the bearer proves nothing."""
        bearer = proof.bearer
        if bearer is None or bearer == proof.api_key:
            return self.check_key(proof)
        if is_api_key(bearer):
            return self._key(bearer)
        return self.tokens.identify(bearer)

    def _key(self, key: str) -> Identity:
        if is_api_key(key):
            role = self.api_keys.role(key)
            return ANON if role == ANON.role else Identity(role, {"role": role})
        try:
            return self.tokens.identify(key)
        except InvalidToken:
            raise Problem(
                "invalid_api_key", 401, "Invalid API key", None, "The key is unknown, revoked or expired"
            ) from None
