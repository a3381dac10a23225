"""What `@supabase/ssr` keeps in cookies, read and written.

In: a request's cookies, an item of the client's storage. Out: the item; or the cookies to set and to clear, and the
headers that must go with them. Never: trust in what a cookie says. It proves nothing but by the access token inside,
verified.

The format: the item is JSON in base64url behind the word `base64-` (or plain, as older clients write it), cut into
`NAME.0`, `NAME.1` … where it is longer than 3,180 characters; in headers it is percent-encoded.
"""

import json
import re
import warnings
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import quote, unquote, urlsplit

CHUNK = 3180
"""Characters of a cookie's value, percent-encoded; with name and attributes it stays within what browsers keep."""
MOST_BYTES = 4096
"""A browser drops a cookie whose name and value are longer (RFC 6265 §6.1)."""
PREFIX = "base64-"
# What encodeURIComponent leaves as it is, beside letters and digits.
PLAIN = "-_.!~*'()"
NUMBER = re.compile(r"0|[1-9][0-9]*")

PRIVATE: Mapping[str, str] = {
    "Cache-Control": "private, no-cache, no-store, must-revalidate, max-age=0",
    "Expires": "0",
    "Pragma": "no-cache",
}
"""Headers of every answer that sets a cookie, lest a cache hands one person's session to the next."""


class CookieTooLarge(UserWarning):
    """A cookie that browsers will drop."""


@dataclass(frozen=True, slots=True)
class CookieOptions:
    """How cookies are set; the defaults are those of `@supabase/ssr`. `max_age` is in seconds. A client in the browser
    must read them: `http_only` is for pages that have none.
    """

    path: str = "/"
    domain: str | None = None
    same_site: Literal["lax", "strict", "none"] = "lax"
    secure: bool = False
    http_only: bool = False
    max_age: int = 400 * 24 * 60 * 60


DEFAULT = CookieOptions()


@dataclass(frozen=True, slots=True)
class SetCookie:
    """A cookie to set, or to clear where `options.max_age` is 0."""

    name: str
    value: str
    options: CookieOptions = DEFAULT

    @property
    def header(self) -> str:
        """The value of its Set-Cookie header."""
        options = self.options
        parts = [f"{self.name}={quote(self.value, safe=PLAIN)}", f"Max-Age={options.max_age}"]
        parts += [f"Domain={options.domain}"] if options.domain else []
        parts += [f"Path={options.path}"]
        parts += ["HttpOnly"] * options.http_only + ["Secure"] * options.secure
        return "; ".join([*parts, f"SameSite={options.same_site.capitalize()}"])


def storage_key(url: str) -> str:
    """The name under which clients of a server keep their session: `sb-REF-auth-token`, REF being the first label of
    its host.
    """
    return f"sb-{(urlsplit(url).hostname or '').split('.')[0]}-auth-token"


def parse(header: str) -> list[tuple[str, str]]:
    """Names and values of a Cookie header, values percent-decoded; of two with one name the first counts (RFC 6265)."""
    pairs = (part.partition("=") for part in header.split(";"))
    found: dict[str, str] = {}
    for name, equals, value in pairs:
        if equals and name.strip() not in found:
            found[name.strip()] = unquote(value.strip().strip('"'))
    return list(found.items())


def read_item(cookies: Iterable[tuple[str, str]], key: str) -> str | None:
    """The stored text under `key`, None where there is none, or what is there is no whole: chunks of two writings,
    a part that is missing.
    """
    value = joined(dict(cookies), key)
    if not value.startswith(PREFIX):
        return value or None
    text = decoded(value)
    try:
        json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    return text


def joined(held: Mapping[str, str], key: str) -> str:
    """What stands in the cookies of an item, its chunks put together; '' where there are none."""
    return held.get(key) or "".join(_chunks(held, key))


def decoded(value: str) -> str | None:
    """The text of an item's cookies, which need not be JSON; None where it can't be read."""
    if not value.startswith(PREFIX):
        return value
    try:
        encoded = value[len(PREFIX) :].encode("ascii")
        return urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4)).decode()
    except ValueError:
        return None


def write_item(
    cookies: Iterable[tuple[str, str]],
    key: str,
    text: str,
    options: CookieOptions = DEFAULT,
    *,
    encoding: Literal["base64url", "raw"] = "base64url",
) -> list[SetCookie]:
    """What to set so that `key` holds `text`: first what clears the chunks that are left of a longer item, then what
    differs from the cookies there are. A CookieTooLarge warning where browsers would drop one.
    """
    held = dict(cookies)
    value = PREFIX + urlsafe_b64encode(text.encode()).decode().rstrip("=") if encoding == "base64url" else text
    wanted = dict(_cut(key, value))
    stale = [name for name in held if is_part(name, key) and name not in wanted]
    fresh = [SetCookie(name, part, options) for name, part in wanted.items() if held.get(name) != part]
    for each in fresh:
        _check_size(each)
    return _cleared(stale, options) + fresh


def remove_item(cookies: Iterable[tuple[str, str]], key: str, options: CookieOptions = DEFAULT) -> list[SetCookie]:
    """What to set so that nothing of `key` is left."""
    return _cleared([name for name, _ in cookies if is_part(name, key)], options)


def is_part(name: str, key: str) -> bool:
    """Whether a cookie is the item `key`, or a chunk of it."""
    return name == key or (name.startswith(f"{key}.") and NUMBER.fullmatch(name, len(key) + 1) is not None)


def _chunks(held: Mapping[str, str], key: str) -> Iterator[str]:
    number = 0
    while part := held.get(f"{key}.{number}"):
        yield part
        number += 1


def _cut(key: str, value: str) -> Sequence[tuple[str, str]]:
    """The item whole, or in parts none of which is longer than CHUNK when it is percent-encoded."""
    if len(quote(value, safe=PLAIN)) <= CHUNK:
        return [(key, value)]
    parts, begin, size = list[str](), 0, 0
    for index, character in enumerate(value):
        length = len(quote(character, safe=PLAIN))
        if size + length > CHUNK:
            parts.append(value[begin:index])
            begin, size = index, 0
        size += length
    return [(f"{key}.{number}", part) for number, part in enumerate([*parts, value[begin:]])]


def _cleared(names: Iterable[str], options: CookieOptions) -> list[SetCookie]:
    """With a domain, the cookies of the host alone are cleared too, and first: a client that knows one cookie by a name
    keeps the last.
    """
    names, gone = list(names), replace(options, max_age=0)
    alone = [SetCookie(name, "", replace(gone, domain=None)) for name in names] if options.domain else []
    return alone + [SetCookie(name, "", gone) for name in names]


def _check_size(cookie: SetCookie) -> None:
    size = len(cookie.name) + len(quote(cookie.value, safe=PLAIN))
    if size > MOST_BYTES:
        name = cookie.name[:60]
        warnings.warn(
            f"The cookie {name} takes {size} bytes and browsers keep {MOST_BYTES}: give it a shorter name",
            CookieTooLarge,
            stacklevel=3,
        )


def session_text(session: Mapping[str, Any]) -> str:
    """A session as JavaScript's clients write it."""
    return json.dumps(session, separators=(",", ":"), ensure_ascii=False)
