"""Where the auth server is, once for an application.

In: an address and a key. Out: an AuthServer, which cannot be changed and is shared by all requests; from it a client
for each request. Never: anything of one request's that another could meet.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Literal, Self

from ...identity.issuers import Trust
from ...outside.exchange import check_address
from ...problem import Problem
from ..cookies import DEFAULT, CookieOptions, storage_key
from .carriers import Application, Blocking, Place, Waiting
from .flights import Flights
from .proofs import IssuersTokens, OwnTokens, Proofs

STRICT = CookieOptions(secure=True, http_only=True)


@dataclass(frozen=True, slots=True, eq=False)
class AuthServer:
    """A Gatepost or Supabase at `url`, with its publishable `key`. Its tokens are verified with its public keys, which
    are fetched and kept, or with the project's JWT `secret` where that is given. `app`: it is served within this
    process, by that ASGI application.

    With a `secret_key` the server is told for which visitor it is asked, so that its limits count each alone; the key
    goes nowhere else.

    `mode` "compat": cookies as `@supabase/ssr` sets them, which scripts of the page can read; "strict": HttpOnly and
    Secure. `host_prefix`: in names that no other host can set (`__Host-`). `ask_user`: whether `get_user()` asks the
    server beside verifying the token. `roles` are those a token may name. `origins` may send requests with cookies
    beside the application's own. `plain_http`: the address may be http:// beyond this machine.
    """

    url: str
    key: str = field(default="", repr=False)
    _: KW_ONLY
    secret: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    app: Application | None = field(default=None, repr=False)
    mode: Literal["compat", "strict"] = "compat"
    cookies: CookieOptions | None = None
    cookie_name: str = ""
    host_prefix: bool = False
    ask_user: bool = True
    audience: str | None = "authenticated"
    roles: Iterable[str] = ("authenticated",)
    origins: tuple[str, ...] = ()
    auth_path: str = "/auth/v1"
    plain_http: bool = False
    trust: Trust | None = None
    jwks_url: str = ""
    clock: Callable[[], float] = field(default=time.time, repr=False)
    options: CookieOptions = field(init=False)
    storage_key: str = field(init=False)
    proofs: Proofs = field(init=False, repr=False)
    flights: Flights = field(init=False, repr=False)
    waiting: Waiting = field(init=False, repr=False)
    blocking: Blocking = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.plain_http and self.app is None:
            check_address(self.url, "url")
        if self.mode not in ("compat", "strict"):
            raise Problem("invalid_setting", 500, f'mode is "compat" or "strict", not {self.mode!r}')
        options = self.cookies or (STRICT if self.mode == "strict" else DEFAULT)
        if options.same_site == "none" and not options.secure:
            raise Problem("invalid_setting", 500, "Browsers drop a cookie with SameSite=None that is not Secure")
        if self.host_prefix and (not options.secure or options.domain or options.path != "/"):
            hint = 'Take mode="strict", without a domain or a path'
            raise Problem("invalid_setting", 500, "host_prefix needs cookies that are Secure", None, hint)
        plain = self.app is not None or (self.url.startswith("http:") and self.trust is None)
        base, flights = self.url.rstrip("/") + self.auth_path, Flights()
        place = Place(base, self.key, self.app, plain, self.secret_key)
        self._fix("options", options)
        self._fix("storage_key", "__Host-" * self.host_prefix + (self.cookie_name or storage_key(self.url)))
        self._fix("proofs", self._proofs())
        self._fix("flights", flights)
        self._fix("waiting", Waiting(place, flights))
        self._fix("blocking", Blocking(place, flights))

    def _fix(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _proofs(self) -> Proofs:
        if self.trust is not None:
            return IssuersTokens(self.trust, self.jwks_url, self.clock)
        return OwnTokens(self.secret, self.audience, self.roles, self.clock)

    @classmethod
    def of_issuer(
        cls,
        issuer: str,
        audience: str | tuple[str, ...],
        *,
        role: str = "authenticated",
        role_claim: str = "",
        roles: Mapping[str, str] | None = None,
        subject: str = "derived",
        app_metadata: str = "",
        jwks_url: str = "",
        clock: Callable[[], float] = time.time,
    ) -> Self:
        """Verification alone: bearers of any OpenID Connect issuer, whose keys it publishes (or are at `jwks_url`).

        What the arguments mean is what they mean in a project's `identity.issuers`.
        """
        audiences = (audience,) if isinstance(audience, str) else audience
        trust = Trust(issuer, audiences, role, role_claim, roles or {}, subject, app_metadata)
        return cls(issuer, ask_user=False, trust=trust, jwks_url=jwks_url, clock=clock)

    @property
    def asks(self) -> bool:
        """Whether the server is asked about users."""
        return self.ask_user and self.trust is None

    async def aclose(self) -> None:
        """End the connections of this event loop."""
        await self.waiting.close()

    def close(self) -> None:
        """End the connections of threads."""
        self.blocking.close()
