"""Whose tokens are believed, how long, what they say: settings of identities and claims.

In: nothing. Out: sections of frozen settings with their defaults. Never: read from anywhere; `reading` does that.
"""

from typing import Annotated, Literal

import msgspec

from .option import Freshness, Option, Seconds, Section


class TrustedIssuer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An issuer whose tokens are believed; `docs/howto/other-identity-providers.md` tells what its members mean."""

    issuer: str
    audience: tuple[str, ...]
    jwks_url: str = ""
    role: str = "authenticated"
    role_claim: str = ""
    roles: dict[str, str] = {}
    subject: str = "derived"
    app_metadata: str = ""


class IdentitySettings(Section, frozen=True):
    """Whose tokens are believed beside the server's own."""

    issuers: Annotated[
        tuple[TrustedIssuer, ...],
        Option(
            "Issuers ([[identity.issuers]]), each with issuer, audience (a list; `*`: any), and jwks_url, role, "
            "role_claim, roles, subject, app_metadata where they differ from what is usual"
        ),
    ] = ()
    keys_max_age: Annotated[
        Seconds, Option("How long an issuer's keys are believed without asking again: a key it withdrew ends by then")
    ] = Seconds(300)
    keys_grace: Annotated[Seconds, Option("How much longer they are believed while the issuer cannot be reached")] = (
        Seconds(3600)
    )
    keys_pause: Annotated[
        Seconds, Option("Least time between two requests to one issuer, whatever tokens come and however it answers")
    ] = Seconds(10)


class ClaimsSettings(Section, frozen=True):
    """How old what a token says may be, and what each request's claims pass through."""

    freshness: Annotated[
        Freshness,
        Option(
            "How long a token's claims count without a look at its session and user: cached (until it expires),"
            " bounded:N (its first N seconds), strict (not at all). Projects of Gatepost's: bounded:60"
        ),
    ] = Freshness("cached")
    per_request: Annotated[
        str,
        Option(
            "A function schema.name (jsonb to jsonb) that each request's claims pass through, as its owner; empty: none"
        ),
    ] = ""


class TenancySettings(Section, frozen=True):
    claims_in: Annotated[
        Literal["app_metadata", "user_metadata"],
        Option(
            "Where a token has the server's claims: app_metadata alone, or user_metadata too, whose keys of that name"
            " users can then not write"
        ),
    ] = "app_metadata"


class PushSettings(Section, frozen=True):
    """Claims told to another system when they change."""

    url: Annotated[str, Option("https:// address that each change is posted to; empty: nobody is told")] = ""
    secrets: Annotated[
        str, Option("What signs the messages (Standard Webhooks): v1,whsec_BASE64, several joined by `|`", secret=True)
    ] = ""
    timeout: Annotated[Seconds, Option("How long the other system may take to answer")] = Seconds(5)
    poll: Annotated[Seconds, Option("How often changes are looked for where no notification came")] = Seconds(5)
    max_age: Annotated[
        Seconds, Option("How long a change is tried to be told; then it waits for the next one, and doctor says so")
    ] = Seconds(3 * 24 * 3600)
