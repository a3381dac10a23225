"""Where a browser may be sent: redirect targets, and what is appended to them.

In: the site's URL, its allow-list, what a request asked for. Out: a URL that is safe to send somebody to with a token.
Never: an error to the client (a target that is not allowed is silently the site), or a URL that browsers read
otherwise than this module does.
"""

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlencode

from . import globs

LONGEST = 8192
URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://([^/?#]*))?([^?#]*)(\?[^#]*)?(#.*)?", re.DOTALL)
HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]@%]*)(?::([0-9]*))?")
ORDINARY = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")
NUMERIC = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)")
MISREAD = re.compile(r"[\x00-\x20\x7f\\]")
"""Characters that browsers drop or turn into another (a backslash into a slash)."""

DOTS = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?=/|$)", re.IGNORECASE)
SCRIPTS = frozenset({"javascript", "vbscript", "data", "file", "blob", "about", "filesystem", "view-source"})
WEB = frozenset({"http", "https"})


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart: scheme and host in lower case, `path` as written."""

    scheme: str
    authority: str
    host: str
    port: str
    path: str

    @property
    def address(self) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
        try:
            return ipaddress.ip_address(self.host)
        except ValueError:
            return None


def choose(site_url: str, allow_list: Sequence[str], requested: str | None, referer: str | None) -> str:
    """The first of `requested` and `referer` that is allowed, else `site_url`."""
    for candidate in (requested, referer):
        if candidate and allowed(site_url, allow_list, candidate):
            return _encoded(candidate)
    return site_url


def allowed(site_url: str, allow_list: Sequence[str], url: str) -> bool:
    """Whether a browser may be sent to `url`.

    The site itself (scheme, host and port; on loopback any port, RFC 8252 §7.3), any loopback address, and what a
    pattern of the allow-list matches. Stricter than GoTrue where its patterns can be tricked: user information, other
    spellings of an IP address, encoded hosts, dot segments, and wildcards that would reach over the end of a host.
    """
    target = parse(url)
    if target is None:
        return False
    if _same_site(site_url, target):
        return True
    address = target.address
    if address is not None:
        return address.is_loopback
    if NUMERIC.fullmatch(target.host) or (target.scheme in WEB and not ORDINARY.fullmatch(target.host)):
        return False
    if DOTS.search(target.path):
        return False
    return any(_listed(pattern, url.partition("#")[0], target) for pattern in allow_list)


def check_patterns(allow_list: Iterable[str]) -> None:
    """Raises a Problem for the first pattern that is not one; for the start of a server."""
    for pattern in allow_list:
        globs.parse(pattern)


@lru_cache(maxsize=1024)
def parse(url: str) -> Target | None:
    """`url` taken apart, or None where it is not absolute, or could be read in two ways."""
    found = URL.fullmatch(url) if len(url) <= LONGEST and not MISREAD.search(url) else None
    if found is None:
        return None
    scheme, authority, path = found[1].lower(), found[2] or "", found[3]
    host = HOST.fullmatch(authority)
    if host is None or scheme in SCRIPTS or (scheme in WEB and not host[1]):
        return None
    return Target(scheme, authority, host[1].strip("[]").lower(), host[2] or "", path)


def _same_site(site_url: str, target: Target) -> bool:
    site = parse(site_url)
    if site is None or (site.scheme, site.host) != (target.scheme, target.host):
        return False
    return site.port == target.port or _is_loopback(target)


def _is_loopback(target: Target) -> bool:
    address = target.address
    return target.host == "localhost" or target.host.endswith(".localhost") or bool(address and address.is_loopback)


def _listed(pattern: str, url: str, target: Target) -> bool:
    """The pattern fits the whole URL, and its own host part fits the URL's, so that `**` cannot move the host."""
    if not globs.matches(pattern, url):
        return False
    _, mark, rest = pattern.partition("://")
    if not mark or not target.authority:
        return True
    return globs.matches(_host_pattern(rest.partition("/")[0]), target.authority)


def _host_pattern(host: str) -> str:
    """A wildcard that ends `https://example.com**` stands for what follows the host, never for more of it."""
    bare = host.rstrip("*")
    ends_host = bare and bare[-1] not in ".:" and (host.endswith("**") or ":" not in host)
    return bare if ends_host else host


def with_fragment(url: str, parameters: Mapping[str, str]) -> str:
    """`url` with the parameters as its fragment, form-encoded and in alphabetical order, instead of one it had."""
    return f"{url.partition('#')[0]}#{urlencode(sorted(parameters.items()))}"


def with_query(url: str, parameters: Mapping[str, str]) -> str:
    """`url` with the parameters in its query: they replace those of the same names; its fragment stays."""
    rest, mark, fragment = url.partition("#")
    base, _, query = rest.partition("?")
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in parameters]
    return f"{base}?{urlencode(sorted([*kept, *parameters.items()]))}{mark}{fragment}"


def _encoded(url: str) -> str:
    """Characters outside ASCII percent-encoded, so that the URL fits a Location header."""
    return quote(url, safe="".join(map(chr, range(0x21, 0x7F))))
