"""A client for one request, in two colours: `ServerClient` waits, `SyncServerClient` blocks.

In: an AuthServer, the request's cookies, where new ones go. Out: who the visitor is; sessions begun and ended. Never: a
rule of their own: both run the same Steps.
"""

from collections.abc import Mapping
from typing import Any

from ...identity import Identity
from .server import AuthServer
from .sessions import Factor, UnverifiedSession, User
from .visit import GetAll, SetAll, Visit


class BaseClient:
    """What needs nobody asked. `get_all` gives names and values of the request's cookies; `set_all` takes cookies to
    set and headers to send along, and raises ResponseBegun where it is too late. A `bearer` wins over cookies.
    `address` is the visitor's, for the auth server's limits.
    """

    __slots__ = ("server", "visit")

    def __init__(
        self,
        server: AuthServer,
        get_all: GetAll,
        set_all: SetAll | None = None,
        bearer: str | None = None,
        address: str = "",
    ) -> None:
        self.server = server
        self.visit = Visit(server, get_all, set_all, bearer, address)

    def get_session(self) -> UnverifiedSession | None:
        """What the cookies say: not verified, and no identity. For its tokens."""
        return self.visit.session()

    def disregard_session(self) -> None:
        """Be nobody, whatever session the cookies hold."""
        self.visit.disregard()

    @property
    def by_cookie(self) -> bool:
        """Whether cookies are what proves who it is."""
        return self.visit.by_cookie()


class ServerClient(BaseClient):
    """A visitor of an asynchronous application."""

    __slots__ = ()

    async def identity(self) -> Identity:
        """The verified identity: ANON without a proof and for a bad cookie, 401 for a bad bearer, 503 where a session
        has to be renewed and the auth server is away.
        """
        return await self.server.waiting.run(self.visit.identity())

    async def get_claims(self) -> Mapping[str, Any] | None:
        """The verified claims; None for nobody."""
        identity = await self.identity()
        return identity.claims if identity.subject else None

    async def get_user(self) -> User | None:
        """The user: the token is verified, and the auth server asked whether its session is alive."""
        return await self.server.waiting.run(self.visit.user())

    async def refresh(self) -> UnverifiedSession | None:
        """Renew the session now."""
        return await self.server.waiting.run(self.visit.refresh())

    async def sign_in_with_password(self, email: str, password: str) -> User:
        """Begin a session; Problem where the auth server says no."""
        return await self.server.waiting.run(self.visit.sign_in_with_password(email, password))

    async def sign_up(
        self, email: str, password: str, redirect_to: str, data: Mapping[str, Any] | None = None
    ) -> User | None:
        """Begin a session as somebody new; None where the link of a mail is to be followed first."""
        return await self.server.waiting.run(self.visit.sign_up(email, password, redirect_to, data))

    async def send_link(self, email: str, redirect_to: str, *, create_user: bool = False) -> None:
        """Mail a link that leads to `redirect_to?code=…`, for this browser alone."""
        await self.server.waiting.run(self.visit.send_link(email, redirect_to, create_user=create_user))

    async def recover(self, email: str, redirect_to: str) -> None:
        """Mail a link by which a forgotten password can be replaced."""
        await self.server.waiting.run(self.visit.recover(email, redirect_to))

    async def exchange_code(self, code: str) -> User:
        """Begin a session with the code of a link."""
        return await self.server.waiting.run(self.visit.exchange_code(code))

    async def show_code(self, code: str, factor: str) -> User:
        """Raise the session to aal2 with a code of the authenticator whose id is `factor`."""
        return await self.server.waiting.run(self.visit.show_code(code, factor))

    async def sign_out(self, scope: str = "local") -> None:
        """End the session; `scope` is GoTrue's: local, global, others. Away where the server could not be told."""
        await self.server.waiting.run(self.visit.sign_out(scope))

    async def update_user(self, changes: Mapping[str, Any]) -> User:
        """Change `password`, `email` or `data` (own metadata) of the user."""
        return await self.server.waiting.run(self.visit.update_user(changes))

    async def reauthenticate(self) -> None:
        """Mail the `nonce` that some auth servers want with a new password."""
        await self.server.waiting.run(self.visit.reauthenticate())

    async def factors(self) -> list[Factor]:
        """The user's second factors."""
        return await self.server.waiting.run(self.visit.factors())

    async def enroll(self, name: str = "", issuer: str = "") -> Mapping[str, Any]:
        """A new authenticator: `id`, `totp.secret`, `totp.uri`; `show_code` with its id makes it count."""
        return await self.server.waiting.run(self.visit.enroll(name, issuer))

    async def unenroll(self, factor: str) -> None:
        """Take a second factor off."""
        await self.server.waiting.run(self.visit.unenroll(factor))


class SyncServerClient(BaseClient):
    """A visitor of a blocking application."""

    __slots__ = ()

    def identity(self) -> Identity:
        """As `ServerClient.identity`."""
        return self.server.blocking.run(self.visit.identity())

    def get_claims(self) -> Mapping[str, Any] | None:
        """As `ServerClient.get_claims`."""
        identity = self.identity()
        return identity.claims if identity.subject else None

    def get_user(self) -> User | None:
        """As `ServerClient.get_user`."""
        return self.server.blocking.run(self.visit.user())

    def refresh(self) -> UnverifiedSession | None:
        """As `ServerClient.refresh`."""
        return self.server.blocking.run(self.visit.refresh())

    def sign_in_with_password(self, email: str, password: str) -> User:
        """As `ServerClient.sign_in_with_password`."""
        return self.server.blocking.run(self.visit.sign_in_with_password(email, password))

    def sign_up(
        self, email: str, password: str, redirect_to: str, data: Mapping[str, Any] | None = None
    ) -> User | None:
        """As `ServerClient.sign_up`."""
        return self.server.blocking.run(self.visit.sign_up(email, password, redirect_to, data))

    def send_link(self, email: str, redirect_to: str, *, create_user: bool = False) -> None:
        """As `ServerClient.send_link`."""
        self.server.blocking.run(self.visit.send_link(email, redirect_to, create_user=create_user))

    def recover(self, email: str, redirect_to: str) -> None:
        """As `ServerClient.recover`."""
        self.server.blocking.run(self.visit.recover(email, redirect_to))

    def exchange_code(self, code: str) -> User:
        """As `ServerClient.exchange_code`."""
        return self.server.blocking.run(self.visit.exchange_code(code))

    def show_code(self, code: str, factor: str) -> User:
        """As `ServerClient.show_code`."""
        return self.server.blocking.run(self.visit.show_code(code, factor))

    def sign_out(self, scope: str = "local") -> None:
        """As `ServerClient.sign_out`."""
        self.server.blocking.run(self.visit.sign_out(scope))

    def update_user(self, changes: Mapping[str, Any]) -> User:
        """As `ServerClient.update_user`."""
        return self.server.blocking.run(self.visit.update_user(changes))

    def reauthenticate(self) -> None:
        """As `ServerClient.reauthenticate`."""
        self.server.blocking.run(self.visit.reauthenticate())

    def factors(self) -> list[Factor]:
        """As `ServerClient.factors`."""
        return self.server.blocking.run(self.visit.factors())

    def enroll(self, name: str = "", issuer: str = "") -> Mapping[str, Any]:
        """As `ServerClient.enroll`."""
        return self.server.blocking.run(self.visit.enroll(name, issuer))

    def unenroll(self, factor: str) -> None:
        """As `ServerClient.unenroll`."""
        self.server.blocking.run(self.visit.unenroll(factor))
