"""Ways in that this server does not have: each says so in GoTrue's words.

In: a request for one of them. Out: a Problem. Never: a 404 that reads as if the address were wrong.
"""

from collections.abc import Mapping

import msgspec

from ...exchange import Response
from ...problem import Problem
from ..errors import fault, invalid
from .about import PROVIDERS
from .call import Auth, Call

OFF: Mapping[str, tuple[str, str]] = {
    "/sso": ("saml_provider_disabled", "SAML 2.0 is disabled"),
    "/admin/sso": ("saml_provider_disabled", "SAML 2.0 is disabled"),
    "/passkeys": ("passkey_disabled", "Passkeys are disabled"),
    "/oauth": ("feature_disabled", "OAuth server is disabled"),
    "/user/oauth": ("feature_disabled", "OAuth server is disabled"),
    "/admin/oauth": ("feature_disabled", "OAuth server is disabled"),
    "/.well-known/oauth-authorization-server": ("feature_disabled", "OAuth server is disabled"),
    "/admin/custom-providers": ("feature_disabled", "Custom OAuth providers are disabled"),
    "/scim": ("feature_disabled", "SCIM server is disabled"),
}
"""Paths of features that are off, by how they begin."""

KNOWN = frozenset((*PROVIDERS, "x", "vercel_marketplace"))


class IdToken(msgspec.Struct):
    provider: str = ""
    id_token: str = ""
    issuer: str = ""
    client_id: str = ""


def switched_off(path: str) -> Problem | None:
    """The 404 of a feature that is off, or None where the path belongs to none."""
    for start, (code, message) in OFF.items():
        if path == start or path.startswith(start + "/"):
            return Problem(code, 404, message)
    return None


async def authorize(auth: Auth, call: Call) -> Response:
    """`GET /authorize`: no provider is configured."""
    raise unsupported(call)


def unsupported(call: Call) -> Problem:
    """The 400 of a provider that is asked for: a known one is off, which is what clients tell people to look for."""
    name = call.parameter("provider").lower()
    words = "provider is not enabled" if name in KNOWN else f"Provider {name} could not be found"
    return invalid(f"Unsupported provider: {words}")


async def id_token(auth: Auth, call: Call) -> Response:
    """`POST /token?grant_type=id_token`: no provider is configured."""
    body = call.body(IdToken)
    raise fault("provider_disabled", f'Provider (issuer "{body.issuer or body.provider}") is not enabled')


async def web3(auth: Auth, call: Call) -> Response:
    """`POST /token?grant_type=web3`."""
    raise Problem("web3_provider_disabled", 422, "Web3 provider is disabled")
