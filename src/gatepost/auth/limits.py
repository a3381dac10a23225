"""How often: token buckets per client address, and one for all mails.

In: a limit's name and a client's address. Out: nothing, or a Problem 429 with Retry-After.
Never: memory that grows with the number of clients, or a limit that one client uses up for another.
"""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..exchange import Request
from ..problem import Problem
from ..settings import LimitSettings, seconds

Clock = Callable[[], float]
BURST = 30
CLIENTS = 20_000
"""How many clients one limit remembers: past that, those that have been quiet the longest are forgotten."""


@dataclass(frozen=True, slots=True)
class Rate:
    """`events` in `seconds`, spread evenly, after `burst` at once. 0 events: always refused."""

    events: float
    seconds: float
    burst: int = BURST


FIVE_MINUTES, HOUR, MINUTE = 300.0, 3600.0, 60.0
RATES: Mapping[str, Rate] = {
    "token": Rate(150, FIVE_MINUTES),
    "verify": Rate(30, FIVE_MINUTES),
    "otp": Rate(30, FIVE_MINUTES),
    "magiclink": Rate(30, FIVE_MINUTES),
    "recover": Rate(30, FIVE_MINUTES),
    "resend": Rate(30, FIVE_MINUTES),
    "signup": Rate(30, FIVE_MINUTES),
    "user": Rate(30, FIVE_MINUTES),
    "anonymous": Rate(30, HOUR),
    "factor_challenge": Rate(15, MINUTE),
    "factor_verify": Rate(15, MINUTE),
}
"""GoTrue's limits and their defaults, each with buckets of its own."""


@dataclass(slots=True)
class Bucket:
    tokens: float
    at: float


@dataclass(slots=True)
class Buckets:
    """One limit for many clients, the most recently seen last."""

    rate: Rate
    clients: OrderedDict[str, Bucket] = field(default_factory=OrderedDict[str, Bucket])

    def take(self, client: str, now: float) -> float:
        """Takes one token: 0.0, or the seconds until there will be one."""
        if self.rate.events <= 0:
            return self.rate.seconds
        speed = self.rate.events / self.rate.seconds
        bucket = self.clients.pop(client, None) or Bucket(self.rate.burst, now)
        bucket.tokens = min(self.rate.burst, bucket.tokens + (now - bucket.at) * speed)
        bucket.at = now
        self.clients[client] = bucket
        if len(self.clients) > CLIENTS:
            self.clients.popitem(last=False)
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / speed
        bucket.tokens -= 1
        return 0.0


def mail_rate(text: str) -> Rate:
    """GoTrue's notation: `30` is 30 an hour; `10/1m` is 10 at once, then one a minute. ValueError for anything else."""
    number, slash, duration = text.partition("/")
    if not slash:
        events = float(number)
        return Rate(max(0.0, events), HOUR, int(events))
    return Rate(min(1, int(number)), seconds(duration), int(number))


class Limits:
    """All limits of the auth surface in this process.

    `rates` replaces some of RATES; `mails` and `texts` are for all mails, and all codes to phones, of this process
    together; `header` names the header that holds the client's address. `clock` gives seconds that never go back.
    `forwarded`: whoever asks may say for whom (`Sb-Forwarded-For`), since a proxy sees to it that it is true.
    """

    def __init__(
        self,
        rates: Mapping[str, Rate] | None = None,
        mails: Rate | None = None,
        clock: Clock = time.monotonic,
        header: str = "",
        texts: Rate | None = None,
        *,
        forwarded: bool = False,
    ) -> None:
        self.forwarded = forwarded
        self._header = header.lower().encode()
        self._limits = {name: Buckets(rate) for name, rate in {**RATES, **(rates or {})}.items()}
        self._mails = Buckets(mails or Rate(30, HOUR))
        self._texts = Buckets(texts or Rate(30, HOUR))
        self._clock = clock

    def check(self, name: str, request: Request) -> None:
        """Counts one request of that kind for its client; raises 429 `over_request_rate_limit`.

        As in GoTrue nothing counts unless the settings name a header, or an application says who its visitor is: behind
        a proxy all clients share one address.
        """
        value = request.visitor or (request.header(self._header) if self._header else None)
        address = value.partition(",")[0].strip() if value else ""
        if address:
            self.count(name, address)

    def count(self, name: str, address: str) -> None:
        """Counts one request for an address."""
        wait = self._limits[name].take(client(address), self._clock())
        if wait:
            raise _refused("over_request_rate_limit", "Request rate limit reached", wait)

    def check_mail(self) -> None:
        """Counts one mail; raises 429 `over_email_send_rate_limit`."""
        wait = self._mails.take("", self._clock())
        if wait:
            raise _refused("over_email_send_rate_limit", "email rate limit exceeded", wait)

    def check_text(self) -> None:
        """Counts one code sent to a phone; raises 429 `over_sms_send_rate_limit`."""
        wait = self._texts.take("", self._clock())
        if wait:
            raise _refused("over_sms_send_rate_limit", "SMS rate limit exceeded", wait)


def configured(settings: LimitSettings, clock: Clock = time.monotonic) -> Limits:
    """The limits the settings ask for; a Problem where the mail limit is not understood."""
    codes, factors = Rate(settings.otp, FIVE_MINUTES), Rate(settings.factors, MINUTE)
    rates = dict.fromkeys(("otp", "magiclink", "recover", "resend", "signup", "user"), codes)
    rates |= dict.fromkeys(("factor_challenge", "factor_verify"), factors)
    rates |= {"token": Rate(settings.token_refresh, FIVE_MINUTES), "verify": Rate(settings.verify, FIVE_MINUTES)}
    rates |= {"anonymous": Rate(settings.anonymous_users, HOUR, max(1, int(settings.anonymous_users)))}
    mails, texts = (_sent(name, getattr(settings, name)) for name in ("email_sent", "sms_sent"))
    return Limits(rates, mails, clock, settings.header, texts, forwarded=settings.forwarded)


def _sent(name: str, text: str) -> Rate:
    try:
        return mail_rate(text)
    except ValueError:
        hint = "30 is 30 an hour; 10/1m is 10, then one a minute"
        raise Problem("invalid_setting", 500, f"limits.{name}: {text!r} is not a rate", None, hint) from None


def client(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 network that an IPv6 user has to himself."""
    try:
        parsed = ipaddress.ip_address(address.strip().partition("%")[0])
    except ValueError:
        return address.strip()[:64]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))


def _refused(code: str, message: str, wait: float) -> Problem:
    return Problem(code, 429, message, headers={"Retry-After": str(max(1, math.ceil(wait)))})
