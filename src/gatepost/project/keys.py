"""A project's keys, made: fresh ones, or those every Supabase project in development has.

In: a secret. Out: Keys. Never: demo keys for anything but an unmodified Supabase project on this machine.
"""

import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64encode

import msgspec

from gatepost.identity import api_keys

from .state import Keys

# Published with Supabase's own tools, and written into the environment files of projects that use them.
DEMO_SECRET = "super-secret-jwt-token-with-at-least-32-characters-long"  # noqa: S105
DEMO_PUBLISHABLE = "sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH"
DEMO_API_SECRET = "sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz"  # noqa: S105
DEMO_EXPIRY = 1983812996
TEN_YEARS = 10 * 365 * 24 * 3600


def demo(secret: str = "") -> Keys:
    """What `supabase start` gives a project; `secret` where its configuration names one of its own."""
    secret = secret or DEMO_SECRET
    claims = {"iss": "supabase-demo"}
    return Keys(
        jwt_secret=secret,
        anon=_legacy(secret, claims | {"role": "anon", "exp": DEMO_EXPIRY}),
        service_role=_legacy(secret, claims | {"role": "service_role", "exp": DEMO_EXPIRY}),
        publishable=DEMO_PUBLISHABLE,
        secret=DEMO_API_SECRET,
    )


def generate(secret: str = "") -> Keys:
    """Keys that nobody else has; `secret` where the settings name one. Signing keys are made elsewhere."""
    secret = secret or secrets.token_urlsafe(48)
    now = int(time.time())
    claims = {"iss": "gatepost", "iat": now, "exp": now + TEN_YEARS}
    return Keys(
        jwt_secret=secret,
        anon=_legacy(secret, claims | {"role": "anon"}),
        service_role=_legacy(secret, claims | {"role": "service_role"}),
        publishable=api_keys.create("publishable"),
        secret=api_keys.create("secret"),
    )


def _legacy(secret: str, claims: dict[str, str | int]) -> str:
    """A JWT signed with HS256 (RFC 7515). The members' order is the one of the published demo keys."""
    order = ("iss", "role", "iat", "exp")
    header = {"alg": "HS256", "typ": "JWT"}
    signed = _encoded(header) + b"." + _encoded({name: claims[name] for name in order if name in claims})
    return (signed + b"." + _base64(hmac.digest(secret.encode(), signed, hashlib.sha256))).decode()


def _encoded(value: object) -> bytes:
    return _base64(msgspec.json.encode(value))


def _base64(value: bytes) -> bytes:
    return urlsafe_b64encode(value).rstrip(b"=")
