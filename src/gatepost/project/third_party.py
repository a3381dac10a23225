"""`[auth.third_party.…]` of a Supabase project: issuers whose tokens are believed, in our settings' words.

In: the keys of the sections, by their dotted path. Out: a TrustedIssuer for each that is enabled, and notes on what
that lets in. Never: a role that a token names for itself beyond those that Supabase's own users have.
"""

from collections.abc import Callable, Mapping

from gatepost.problem import Problem
from gatepost.settings import TrustedIssuer

PREFIX = "auth.third_party."
# As Supabase reads a token: its role is the claim's, that of nobody where there is none.
ROLES = {"authenticated": "authenticated", "anon": "anon", "": "anon"}

Given = Mapping[str, str]


def _auth0(given: Given) -> str:
    region = f".{given['tenant_region']}" if given.get("tenant_region") else ""
    return f"https://{given['tenant']}{region}.auth0.com/"


# What has to be given, and the issuer that follows from it.
KINDS: Mapping[str, tuple[tuple[str, ...], Callable[[Given], str]]] = {
    "firebase": (("project_id",), lambda given: f"https://securetoken.google.com/{given['project_id']}"),
    "auth0": (("tenant",), _auth0),
    "aws_cognito": (
        ("user_pool_id", "user_pool_region"),
        lambda given: f"https://cognito-idp.{given['user_pool_region']}.amazonaws.com/{given['user_pool_id']}",
    ),
    "clerk": (("domain",), lambda given: f"https://{given['domain']}"),
    "workos": (("issuer_url",), lambda given: given["issuer_url"]),
}
KEYS = frozenset(
    f"{PREFIX}{kind}.{key}" for kind, (keys, _) in KINDS.items() for key in (*keys, "enabled", "tenant_region")
)


def issuers(given: Mapping[str, object], notes: list[str]) -> tuple[TrustedIssuer, ...]:
    """The issuers that are enabled; a Problem where one lacks what it is found by."""
    found: list[TrustedIssuer] = []
    for kind, (required, name_of) in KINDS.items():
        if given.get(f"{PREFIX}{kind}.enabled") is not True:
            continue
        own = {path.rpartition(".")[2]: str(value) for path, value in given.items() if path.startswith(PREFIX + kind)}
        missing = [key for key in required if not own.get(key)]
        if missing:
            message = f"supabase/config.toml, {PREFIX}{kind} is enabled without {' and '.join(missing)}"
            raise Problem("invalid_setting", 500, message)
        audience = own["project_id"] if kind == "firebase" else "*"
        if audience == "*":
            notes.append(
                f"config.toml, [{PREFIX}{kind}]: tokens of that issuer for any audience are good here; "
                "name yours in gatepost.toml, [[identity.issuers]]"
            )
        found.append(_trusted(name_of(own), audience))
    return tuple(found)


def _trusted(name: str, audience: str) -> TrustedIssuer:
    return TrustedIssuer(
        issuer=name,
        audience=(audience,),
        role_claim="role",
        roles=ROLES,
        subject="token",
        app_metadata="app_metadata",
    )
