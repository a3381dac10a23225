"""One exchange with another server: a request out, a bounded answer back.

In: an address from the settings, or one that such an address named. Out: status, headers, body. Never: plain HTTP
beyond this machine, a redirect followed, more bytes than asked for, more seconds than allowed; never a word of a body
in an error.
"""

import asyncio
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx

from ..problem import Problem

SECONDS = 5.0
LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
# The certificates this machine trusts, read at the start: it takes longer than an exchange.
TRUSTED = httpx.create_ssl_context()
NO_PROXY: Mapping[str, None] = {"all://localhost": None, "all://127.0.0.1": None, "all://[::1]": None}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Failed(Exception):
    """There was no answer; `late` where that was a matter of time."""

    def __init__(self, reason: str, *, late: bool = False) -> None:
        super().__init__(reason)
        self.late = late


class TooLong(Failed):
    """The answer was longer than allowed."""


def check_address(url: str, setting: str, *, loopback: bool = True) -> str:
    """`url`, where it may be spoken to: https, or http on this machine (where `loopback` allows it)."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    secure = parts.scheme == "https" or (loopback and parts.scheme == "http" and host in LOOPBACK)
    if not host or not secure or parts.username is not None or parts.fragment:
        hint = "Write an https:// address; http:// is for this machine only"
        raise Problem("invalid_setting", 500, f"{setting}: the address cannot be used", None, hint)
    return url


def is_loopback(url: str) -> bool:
    """Whether an address that can be used is this machine's."""
    return urlsplit(url).hostname in LOOPBACK


def opened() -> httpx.AsyncClient:
    """What keeps connections for several exchanges; to be closed."""
    return httpx.AsyncClient(verify=TRUSTED, follow_redirects=False, mounts=NO_PROXY)


async def ask(
    method: str,
    url: str,
    longest: int,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    seconds: float = SECONDS,
    within: httpx.AsyncClient | None = None,
) -> Answer:
    """The answer; Failed where there is none within `seconds`, TooLong where it has more than `longest` bytes. `within`
    keeps connections; without it the exchange has one of its own.
    """
    sent = {"user-agent": "gatepost", "accept": "application/json", "accept-encoding": "identity", **(headers or {})}
    try:
        async with asyncio.timeout(seconds), opened() if within is None else nullcontext(within) as client:
            request = client.build_request(method, url, content=body, headers=sent, timeout=seconds)
            return await _answered(client, request, longest)
    except TimeoutError:
        raise Failed("it took too long", late=True) from None
    except httpx.TimeoutException:
        raise Failed("it took too long", late=True) from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
        raise Failed(type(error).__name__) from None


async def _answered(client: httpx.AsyncClient, request: httpx.Request, longest: int) -> Answer:
    response = await client.send(request, stream=True)
    try:
        received = bytearray()
        async for chunk in response.aiter_raw():
            received += chunk
            if len(received) > longest:
                raise TooLong(f"the answer has more than {longest} bytes")
        return Answer(response.status_code, response.headers, bytes(received))
    finally:
        await response.aclose()


def max_age(headers: Mapping[str, str]) -> float:
    """How many seconds an answer says that it is good (RFC 9111 §5.2.2.1); without a word of it, for good."""
    for part in headers.get("cache-control", "").split(","):
        name, _, value = part.strip().partition("=")
        if name.lower() == "max-age" and value.strip('"').isdigit():
            return float(value.strip('"'))
    return float("inf")
