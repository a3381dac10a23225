"""Starlette: middleware that knows who asks, and renews sessions.

In: an ASGI application, an AuthServer. Out: `request.state.identity` (verified), `request.state.db` (bound to it),
`request.user` and `request.auth` as Starlette has them, `scope["gatepost"]`, a client for the request; cookies on the
response. Never: a request let through with a proof that is false; a response held back.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any

from starlette.authentication import BaseUser
from starlette.requests import HTTPConnection

from ..identity import ANON, Identity
from ..problem import Problem
from .cookies import PRIVATE, parse
from .core import AuthServer, ServerClient, csrf
from .core.door import Bindable, Door, bearer_of, refusal
from .core.jar import Jar
from .core.sessions import permissions_of

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

KEPT_APART = frozenset(name.lower().encode() for name in PRIVATE)


class Visitor(BaseUser):
    """`request.user`: whose request it is, of verified claims alone. The client's `get_user()` asks the auth server."""

    __slots__ = ("_identity",)

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    @property
    def is_authenticated(self) -> bool:
        return bool(self._identity.subject)

    @property
    def display_name(self) -> str:
        """The address of mail; '' for who has none."""
        return str(self._identity.claims.get("email") or "")

    @property
    def identity(self) -> str:
        """The user's id; '' for nobody."""
        return self._identity.subject


class Granted:
    """`request.auth`, for `starlette.authentication.requires`: `authenticated`, and permissions the server wrote."""

    __slots__ = ("_identity",)

    def __init__(self, identity: Identity) -> None:
        self._identity = identity

    @property
    def scopes(self) -> list[str]:
        """In no order of importance; nobody has none."""
        identity = self._identity
        return ["authenticated", *sorted(permissions_of(identity.claims))] if identity.subject else []


class AuthMiddleware:
    """Who asks, for each request and each WebSocket.

    A bad bearer is answered with 401, a request with cookies that comes from another site with 403, and one whose
    session cannot be renewed because the auth server is away with 503: behind it nothing runs. On paths below one of
    `open` a proof that fails is nobody instead (sign-in pages, files). `db` is bound to the identity as
    `request.state.db`.

    `app_state` names the cookie in which an application says whether somebody is signed in (`{"loggedIn": true}`): a
    request that says so and has no valid session is answered with INVALID SESSION, one that does not is nobody's.
    """

    def __init__(
        self,
        app: Application,
        server: AuthServer,
        *,
        db: Bindable | None = None,
        open: Iterable[str] = (),
        app_state: str = "",
    ) -> None:
        self.app, self.server, self.db = app, server, db
        self.door = Door(open, app_state)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Who it is; then the application; on the way back, cookies."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, self._ending(send))
            return
        cookies, bearer = _proofs(scope["headers"])
        jar = Jar(cookies)
        http = scope["type"] == "http"
        peer = scope.get("client")
        client = ServerClient(self.server, jar.get_all, jar.set_all if http else None, bearer, peer[0] if peer else "")
        answer = _Answer(send, jar) if http else _Closing(send)
        try:
            if not cookies and bearer is None:
                identity = ANON
            else:
                if csrf.concerns(client.visit, scope.get("method", "POST")):
                    receive = await self._check_origin(scope, receive, jar.held)
                identity = await self.server.waiting.run(self.door.identity(client.visit, scope["path"], jar.held))
            state: dict[str, Any] = {**scope.get("state", {}), "identity": identity}
            if self.db is not None:
                state["db"] = self.db.set_auth(identity)
            scope["gatepost"], scope["gatepost.jar"], scope["state"] = client, jar, state
            scope["user"], scope["auth"] = Visitor(identity), Granted(identity)
            await self.app(scope, receive, answer.send)
        except Problem as problem:
            if answer.begun:
                raise
            await answer.refuse(problem)

    def _ending(self, send: Send) -> Send:
        """With the application the connections to the auth server end."""

        async def ending(message: Message) -> None:
            if message["type"].startswith("lifespan.shutdown"):
                await self.server.aclose()
            await send(message)

        return ending

    async def _check_origin(self, scope: Scope, receive: Receive, held: Mapping[str, str]) -> Receive:
        named = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        sent = None
        if csrf.in_form(named):
            receive, sent = await _form_token(receive)
        csrf.check(self.server, named, held, sent)
        return receive


def _proofs(headers: Iterable[tuple[bytes, bytes]]) -> tuple[list[tuple[str, str]], str | None]:
    """The cookies and the bearer of a request."""
    cookies, bearer = "", None
    for name, value in headers:
        if name == b"cookie":  # HTTP/2 may send several
            cookies = f"{cookies}; {value.decode('latin-1')}" if cookies else value.decode("latin-1")
        elif name == b"authorization":
            bearer = bearer_of(value.decode("latin-1"))
    return parse(cookies) if cookies else [], bearer


async def _form_token(receive: Receive) -> tuple[Receive, str | None]:
    """The token of a form, and the form once more for whoever reads it then."""
    messages, size, more = list[Message](), 0, True
    while more and size <= csrf.LONGEST_FORM:
        messages.append(await receive())
        size += len(messages[-1].get("body", b""))
        more = messages[-1].get("more_body", False)

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    return again, csrf.token_in(b"".join(each.get("body", b"") for each in messages))


class _Answer:
    """The response, which takes the cookies along that were set until it begins."""

    __slots__ = ("_jar", "_send", "begun")

    def __init__(self, send: Send, jar: Jar) -> None:
        self._send, self._jar, self.begun = send, jar, False

    async def send(self, message: Message) -> None:
        if not self.begun and message["type"] == "http.response.start":
            self.begun = self._jar.begun = True
            added = [(name.lower().encode(), value.encode("latin-1")) for name, value in self._jar.headers()]
            if added:
                kept = [each for each in message.get("headers", ()) if each[0].lower() not in KEPT_APART]
                message = {**message, "headers": [*kept, *added]}
        await self._send(message)

    async def refuse(self, problem: Problem) -> None:
        status, named, body = refusal(problem)
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in named]
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


class _Closing:
    """A socket, which is closed before it is accepted."""

    __slots__ = ("_send", "begun")

    def __init__(self, send: Send) -> None:
        self._send, self.begun = send, False

    async def send(self, message: Message) -> None:
        self.begun = True
        await self._send(message)

    async def refuse(self, problem: Problem) -> None:
        await self._send({"type": "websocket.close", "code": 1008, "reason": problem.message})


def client_of(connection: HTTPConnection) -> ServerClient:
    """The client of a request: `get_user()`, `get_session()`, signing in and out."""
    try:
        return connection.scope["gatepost"]
    except KeyError:
        raise RuntimeError("AuthMiddleware of gatepost.frameworks.starlette is not installed") from None


def csrf_token(connection: HTTPConnection) -> str:
    """A token to be sent along as `csrf_token` with a form, or in the header X-CSRF-Token, by browsers that do not say
    where a request comes from; its cookie is set.
    """
    return csrf.token_for(client_of(connection).server, connection.scope["gatepost.jar"])
