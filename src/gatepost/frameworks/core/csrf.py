"""Whether a request that cookies prove was meant by who sends it.

In: its method, its headers, its cookies, the token of a form. Out: nothing, or a Problem (403). Never: asked of a
request that brings a bearer, which no foreign page can make a browser send.
"""

import hmac
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from ...problem import Problem
from ..cookies import PRIVATE, CookieOptions, SetCookie
from .jar import Jar
from .server import AuthServer
from .visit import Visit

SAFE = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))
HEADER, FIELD = "x-csrf-token", "csrf_token"
FORM, LONGEST_FORM = "application/x-www-form-urlencoded", 64 * 1024


def concerns(visit: Visit, method: str) -> bool:
    """Whether a request has to be checked. A socket is opened by any page: its method counts as POST."""
    return method not in SAFE and visit.by_cookie()


def in_form(headers: Mapping[str, str]) -> bool:
    """Whether a request does not say where it comes from, and its form may hold the token: read as `token_in` wants it,
    and leave it to whoever reads it then.
    """
    silent = "origin" not in headers and "sec-fetch-site" not in headers
    return silent and headers.get("content-type", "").startswith(FORM)


def token_in(form: bytes) -> str | None:
    """The token of a form, which is up to LONGEST_FORM long."""
    found = parse_qs(form.decode("latin-1")).get(FIELD) if len(form) <= LONGEST_FORM else None
    return found[0] if found else None


def token_for(server: AuthServer, jar: Jar) -> str:
    """The token that forms of a page bring along; its cookie is set where the visitor has none."""
    name, options = cookie_name(server), server.options
    token = jar.held.get(name) or new_token()
    hidden = CookieOptions(options.path, options.domain, "lax", options.secure, http_only=True)
    jar.set_all([SetCookie(name, token, hidden)] * (name not in jar.held), PRIVATE)
    return token


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
