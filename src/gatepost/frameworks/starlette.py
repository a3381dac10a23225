"""Starlette: middleware that knows who asks, and renews sessions.

In: an ASGI application, an AuthServer. Out: `request.state.identity` (verified), `request.state.db` (bound to it),
`scope["gatepost"]`, a client for the request; cookies on the response. Never: a request let through with a proof that
is false; a response held back.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, Protocol
from urllib.parse import parse_qs

from starlette.requests import HTTPConnection

from ..identity import ANON, Identity
from ..problem import Problem
from .cookies import PRIVATE, CookieOptions, SetCookie, parse
from .core import AuthServer, ServerClient, csrf
from .core.claims import body_of, invalid_session, says_logged_in
from .core.jar import Jar

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LONGEST_FORM = 64 * 1024
FORM = "application/x-www-form-urlencoded"
FIELD = "csrf_token"
KEPT_APART = frozenset(name.lower().encode() for name in PRIVATE)


class Bindable(Protocol):
    """A client of a database that can be bound to whoever asks: gatepost.orm's."""

    def set_auth(self, user: Identity) -> Any:
        """The client, bound."""
        ...


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
        self.open, self.app_state = tuple(open), app_state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Who it is; then the application; on the way back, cookies."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, self._ending(send))
            return
        cookies, bearer = _proofs(scope["headers"])
        jar = Jar(cookies)
        http = scope["type"] == "http"
        client = ServerClient(self.server, jar.get_all, jar.set_all if http else None, bearer)
        answer = _Answer(send, jar) if http else _Closing(send)
        try:
            if not cookies and bearer is None:
                identity = ANON
            else:
                if scope.get("method", "POST") not in csrf.SAFE and client.by_cookie:
                    receive = await self._check_origin(scope, receive, jar.held)
                identity = await self._identity(scope, client, jar)
            state: dict[str, Any] = {**scope.get("state", {}), "identity": identity}
            if self.db is not None:
                state["db"] = self.db.set_auth(identity)
            scope["gatepost"], scope["gatepost.jar"], scope["state"] = client, jar, state
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

    async def _identity(self, scope: Scope, client: ServerClient, jar: Jar) -> Identity:
        said = not self.app_state or says_logged_in(jar.held.get(self.app_state))
        if not said and client.visit.bearer is None:
            client.disregard_session()
        try:
            identity = await client.identity()
            if self.app_state and said and not identity.subject:
                raise invalid_session()
            return identity
        except Problem:
            if not self._is_open(scope["path"]):
                raise
            client.disregard_session()
            return ANON

    def _is_open(self, path: str) -> bool:
        return any(path == each or path.startswith(each.rstrip("/") + "/") for each in self.open)

    async def _check_origin(self, scope: Scope, receive: Receive, held: Mapping[str, str]) -> Receive:
        """A socket is opened by any page, and a method that changes something is sent by any form."""
        named = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        sent = None
        silent = "origin" not in named and "sec-fetch-site" not in named
        if silent and named.get("content-type", "").startswith(FORM):
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
            scheme, _, token = value.decode("latin-1").partition(" ")
            bearer = token.strip() if scheme.lower() == "bearer" else bearer
    return parse(cookies) if cookies else [], bearer


async def _form_token(receive: Receive) -> tuple[Receive, str | None]:
    """The token of a form, and the form once more for whoever reads it then."""
    messages, size, more = list[Message](), 0, True
    while more and size <= LONGEST_FORM:
        messages.append(await receive())
        size += len(messages[-1].get("body", b""))
        more = messages[-1].get("more_body", False)

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    body = b"".join(each.get("body", b"") for each in messages)
    found = parse_qs(body.decode("latin-1")).get(FIELD) if not more else None
    return again, found[0] if found else None


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
        body = body_of(problem)
        named = {"content-type": "application/json", "content-length": str(len(body)), **problem.headers}
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in named.items()]
        await self.send({"type": "http.response.start", "status": problem.status, "headers": headers})
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
    client, jar = client_of(connection), connection.scope["gatepost.jar"]
    name, options = csrf.cookie_name(client.server), client.server.options
    token = jar.held.get(name) or csrf.new_token()
    session_only = CookieOptions(options.path, options.domain, "lax", options.secure, http_only=True)
    jar.set_all([SetCookie(name, token, session_only)] * (name not in jar.held), PRIVATE)
    return token
