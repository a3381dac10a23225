"""Whether a request that cookies prove was meant by who sends it.

In: its method, its headers, its cookies. Out: nothing, or a Problem (403). Never: asked of a request that brings a
bearer, which no foreign page can make a browser send.
"""

import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from ...problem import Problem
from .server import AuthServer

SAFE = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))
HEADER = "x-csrf-token"


def cookie_name(server: AuthServer) -> str:
    """The cookie that holds the token for browsers that do not say where a request comes from."""
    return f"{server.storage_key}-csrf"


def new_token() -> str:
    """A token to be set as that cookie, and sent along with a form or in a header."""
    return secrets.token_urlsafe(24)


def check(server: AuthServer, headers: Mapping[str, str], cookies: Mapping[str, str], sent: str | None = None) -> None:
    """Problem 403 where a request that changes something comes from elsewhere. `headers` have lower-case names; `sent`
    is the token of a form.

    Browsers say where a request comes from (Sec-Fetch-Site, else Origin); the few that do not have to send the token.
    """
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None and origin in server.origins:
        return
    if site is not None:
        meant = site in ("same-origin", "none")
    elif origin is not None:
        meant = _host(origin) == headers.get("host", "").lower()
    else:
        meant = _same(sent or headers.get(HEADER), cookies.get(cookie_name(server)))
    if not meant:
        hint = "Send it from a page of this site, or with an Authorization header in the place of cookies"
        raise Problem("csrf", 403, "The request did not come from this site", None, hint)


def _host(origin: str) -> str:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return parts.netloc.lower() if parts.scheme in ("http", "https") else ""


def _same(sent: str | None, held: str | None) -> bool:
    return bool(sent and held) and hmac.compare_digest(str(sent).encode(), str(held).encode())
