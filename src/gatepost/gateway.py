"""The front door.

In: ASGI. Out: one Request to the surface its path names, one Response back, with request id, CORS headers and length.
Never: an opinion about who may see what: it hands each surface the raw Proof, and lets the surface word its refusals.
"""

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from . import observe
from .exchange import ANSWER, HEAD, Finish, Head, Headers, Request, Response, Surface
from .identity import Credential, Proof
from .identity.identify import Identifier
from .problem import Problem, Stopping
from .sockets import Socket, Talk

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Named = dict[bytes, bytes]
Refuse = Callable[[Request, Problem], Response]
Answer = Callable[[int, str | None, Headers, bytes], None]

JSON: Headers = [(b"content-type", b"application/json; charset=utf-8")]
BODILESS = frozenset((204, 304))
METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
EXPOSED = (
    b"Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, "
    b"Range-Unit, Preference-Applied, X-Total-Count, Link, X-Supabase-Api-Version, X-Request-Id, Retry-After"
)

# What Supabase serves and this server does not.
ELSEWHERE = {
    "/graphql/v1": "This is pg_graphql's address; Gatepost speaks another GraphQL dialect",
    "/storage/v1": "Storage is not served",
    "/realtime/v1": "Realtime is not served",
    "/functions/v1": "Edge functions are not served",
}


@dataclass(frozen=True, slots=True)
class Mount:
    """A surface under a prefix. `refuse` words the door's own refusals in the surface's dialect; `needs_key` says for
    a path below the prefix whether a request must bring a key; `begin` answers what it can of requests by `methods`
    without a task, once they are all there, and is False, having done nothing, for all else. `talk` is for sockets; it
    asks for keys itself, since a browser's first message is the first place where one can stand.
    """

    prefix: str
    surface: Surface
    refuse: Refuse
    needs_key: Callable[[str], bool] = field(default=lambda path: True)
    begin: Callable[[Request, Finish], bool] | None = None
    methods: tuple[str, ...] = ("GET", "HEAD")
    talk: Talk | None = None


class Caller(msgspec.Struct, frozen=True):
    """What the head of a request says of who sends it."""

    named: Named
    proof: Proof
    browser: bool
    origin: bytes | None
    authority: str
    sends: bool
    """Whether a body follows."""


def refuse(request: Request, problem: Problem) -> Response:
    """The door's own dialect; clients of a storage that is not there look for two more words."""
    body = {"code": problem.code, "message": problem.message, "details": problem.details, "hint": problem.hint}
    if request.path.startswith("/storage/v1"):
        body |= {"error": problem.code, "statusCode": str(problem.status)}
    headers = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
    return Response(problem.status, msgspec.json.encode(body), JSON + headers)


class Gateway:
    """An ASGI application over mounts. Without an `identifier` no mount needs a key (a surface that runs alone)."""

    def __init__(
        self,
        mounts: list[Mount],
        *,
        identifier: Identifier | None = None,
        body_limit: int = 50 * 1024 * 1024,
        origins: tuple[str, ...] = (),
        cors: bool = True,
        on_start: Callable[[], Awaitable[None]] | None = None,
        on_stop: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.mounts = {mount.prefix: mount for mount in mounts}
        self.identifier = identifier
        self.body_limit = body_limit
        self.origins = frozenset(origin.encode() for origin in origins)
        self.cors = cors
        self._on_start, self._on_stop = on_start, on_stop
        self._stem = secrets.token_hex(6)
        self._serial = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The order of the steps: route, preflight, key, body, surface, send."""
        if scope["type"] != "http":
            await self._serve_other(scope, receive, send)
            return
        mount = self._route(scope["path"])
        request, caller = self._open(scope, mount)
        named = caller.named
        if caller.origin is not None and request.method == "OPTIONS" and b"access-control-request-method" in named:
            response = self._preflight(named)
        else:
            response = await self._ask(mount, request, caller, receive)
        body = self.complete(request, caller, response)
        answer = scope.get(ANSWER)
        if answer is not None:
            await answer(response.status, response.reason, response.headers, body)
            return
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
        await send({"type": "http.response.body", "body": body})

    def begin(self, scope: Scope, body: bytes, answer: Answer) -> bool:
        """Answer a request without a task, where its surface can; what ASGI asks else is done in the same order. False
        where nothing was done.
        """
        mount = self._route(scope["path"])
        if mount is None or mount.begin is None or scope["method"] not in mount.methods or len(body) > self.body_limit:
            return False
        request, caller = self._open(scope, mount)
        request.body = body
        if self.identifier is not None and mount.needs_key(request.path):
            try:
                self.identifier.check_key(caller.proof, browser=caller.browser)
            except Problem:
                return False  # the other way words it
        answering = Answering(self, mount, request, caller, answer)
        try:
            return mount.begin(request, answering)
        except Exception as error:
            answering(self.fail(mount, request, error))
            return True

    def wait(self, response: Coroutine[Any, Any, Response], answering: "Answering") -> None:
        """What needs a task after all."""

        async def wait() -> None:
            try:
                answering(await response)
            except asyncio.CancelledError:
                answering(answering.mount.refuse(answering.request, Stopping()))
            except Exception as error:
                answering(self.fail(answering.mount, answering.request, error))

        task = asyncio.get_running_loop().create_task(wait())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve_other(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await self._talk({**scope, "method": "GET"}, Socket(scope, receive, send))

    def upgrades(self, path: str) -> bool:
        """Whether somebody speaks over sockets there."""
        mount = self._route(path)
        return mount is not None and mount.talk is not None

    @property
    def talks(self) -> bool:
        """Whether anybody does anywhere."""
        return any(mount.talk is not None for mount in self.mounts.values())

    async def _talk(self, scope: Scope, socket: Socket) -> None:
        mount = self._route(scope["path"])
        request, caller = self._open(scope, mount)
        if mount is None or mount.talk is None:
            await socket.refuse(refuse(request, _nowhere(request)))
        elif not self._admits(caller.named):
            reason = "Scripts of this origin may not call here"
            await socket.refuse(mount.refuse(request, Problem("forbidden", 403, reason)))
        else:
            await mount.talk(request, socket)

    def _admits(self, named: Named) -> bool:
        """Whether scripts of a page's origin may speak over a socket, which browsers leave to the server: those that
        may call, and the server's own.
        """
        origin = named.get(b"origin")
        if origin is None or (self.cors and (not self.origins or origin in self.origins)):
            return True
        return origin.partition(b"://")[2] == named.get(b"host")

    def _open(self, scope: Scope, mount: Mount | None) -> tuple[Request, Caller]:
        path: str = scope["path"]
        head: Head = scope.get(HEAD) or Head(scope["headers"])
        caller: Caller | None = head.kept.get("gateway")
        if caller is None:
            caller = head.kept["gateway"] = self._caller(head.headers, scope)
        prefix = "" if mount is None else mount.prefix
        cut = len(prefix)
        raw: bytes = scope.get("raw_path") or path.encode()
        client = scope.get("client")
        request = Request(
            scope["method"],
            path[cut:] or "/",
            scope["query_string"],
            head.headers,
            b"",
            caller.proof,
            client[0] if client else "",
            raw[cut:] or b"/",
            prefix,
            caller.authority,
            self._identify_request(caller.named.get(b"x-request-id")),
            head.kept,
        )
        return request, caller

    def _caller(self, headers: Headers, scope: Scope) -> Caller:
        named = dict(headers)
        host = named.get(b"host")
        return Caller(
            named,
            self._proof(named),
            _is_browser(named),
            named.get(b"origin") if self.cors else None,
            f"{scope.get('scheme', 'http')}://{host.decode('latin-1')}" if host else "",
            b"content-length" in named or b"transfer-encoding" in named,
        )

    def _proof(self, named: Named) -> Proof:
        given, bearer = named.get(b"apikey"), named.get(b"authorization")
        key = given.decode("latin-1").strip() or None if given is not None else None
        token = _bearer(bearer) if bearer is not None else None
        # Behind a door with keys, a key alone is a bearer too: clients of the originals' gateway may leave it out.
        if token is None and self.identifier is not None:
            token = key
        return Proof(Credential(key) if key else None, Credential(token) if token is not None else None)

    def _route(self, path: str) -> Mount | None:
        """The mount whose prefix the path starts with; `/rest/v1x` is not below `/rest/v1`."""
        mounts = self.mounts
        second = path.find("/", 1)
        third = path.find("/", second + 1) if second > 0 else -1
        found = mounts.get(path if third < 0 else path[:third])
        return found or mounts.get(path if second < 0 else path[:second]) or mounts.get("")

    def _identify_request(self, given: bytes | None) -> str:
        """A client's own id where it is harmless to print, else one of ours."""
        if given is not None and 0 < len(given) <= 128 and given.isascii() and given.decode().isprintable():
            return given.decode()
        return f"{self._stem}-{next(self._serial):x}"

    async def _ask(self, mount: Mount | None, request: Request, caller: Caller, receive: Receive) -> Response:
        if mount is None:
            return refuse(request, _nowhere(request))
        try:
            if self.identifier is not None:
                if self.identifier.fetch is not None:
                    await self.identifier.prepare(request.proof)
                if mount.needs_key(request.path):
                    self.identifier.check_key(request.proof, browser=caller.browser)
            if caller.sends:
                request.body = await self._read(caller.named.get(b"content-length"), receive)
            return await mount.surface(request)
        except Problem as problem:
            return mount.refuse(request, problem)
        except asyncio.CancelledError:  # its time was over when the server was told to stop
            return mount.refuse(request, Stopping())
        except Exception as error:
            return self.fail(mount, request, error)

    def fail(self, mount: Mount, request: Request, error: Exception) -> Response:
        """A defect of ours."""
        observe.LOGGER.error("request %s failed", request.id, exc_info=error)
        observe.emit("request.failed", id=request.id, error=type(error).__name__)
        return mount.refuse(request, _internal(request))

    async def _read(self, length: bytes | None, receive: Receive) -> bytes:
        """The whole body, or Problem 413 as soon as it is known to be too long."""
        if length is not None and length.isdigit() and int(length) > self.body_limit:
            raise self._too_large()
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Problem("client_disconnected", 400, "The client went away before its request was complete")
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > self.body_limit:
                raise self._too_large()
            chunks.append(chunk)
            if not message.get("more_body"):
                return b"".join(chunks) if len(chunks) > 1 else chunk

    def _too_large(self) -> Problem:
        return Problem(
            "request_entity_too_large",
            413,
            f"The request body is larger than {self.body_limit} bytes",
            None,
            "Send less at once, or raise the setting server.body_limit",
        )

    def _preflight(self, named: Named) -> Response:
        asked = named.get(b"access-control-request-headers")
        headers: Headers = [
            (b"access-control-allow-methods", METHODS),
            (b"access-control-allow-headers", asked or b"authorization, apikey, content-type, x-client-info, prefer"),
            (b"access-control-max-age", b"86400"),
            (b"vary", b"Access-Control-Request-Headers"),
        ]
        return Response(200, b"", headers)

    def _allow(self, response: Response, origin: bytes) -> None:
        """Any origin may call without credentials (keys travel in headers); listed ones with."""
        allowed: Headers = [(b"access-control-expose-headers", EXPOSED)]
        if not self.origins:
            allowed.append((b"access-control-allow-origin", b"*"))
        else:
            allowed.append((b"vary", b"Origin"))
            if origin in self.origins:
                allowed += [(b"access-control-allow-origin", origin), (b"access-control-allow-credentials", b"true")]
        response.headers = [each for each in response.headers if not each[0].startswith(b"access-control-allow-o")]
        response.headers += allowed

    def complete(self, request: Request, caller: Caller, response: Response) -> bytes:
        """The headers that every answer has; the body that goes out."""
        if caller.origin is not None:
            self._allow(response, caller.origin)
        headers, body = response.headers, response.body
        headers.append((b"x-request-id", request.id.encode()))
        if request.method == "HEAD":
            return b""
        if response.status not in BODILESS:
            headers.append((b"content-length", b"%d" % len(body)))
        return body

    async def _live(self, receive: Receive, send: Send) -> None:
        """ASGI's lifespan: start before the first request, stop after the last answer."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    await self.start()
                except Problem as problem:
                    await send({"type": "lifespan.startup.failed", "message": str(problem)})
                    return
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def start(self) -> None:
        """What the first request needs; a Problem where it cannot be had."""
        if self._on_start is not None:
            await self._on_start()

    async def stop(self) -> None:
        """After the last answer, or when time is over for those that are still to come."""
        for task in self._tasks:
            task.cancel()
        if self._on_stop is not None:
            await self._on_stop()


def _bearer(value: bytes) -> str | None:
    """The token of `Authorization: Bearer …`, the scheme in any case; another scheme is no proof."""
    scheme, _, token = value.decode("latin-1").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _is_browser(named: Named) -> bool:
    """Browsers name themselves Mozilla, and send an Origin across sites; server-side clients do neither."""
    return b"origin" in named or named.get(b"user-agent", b"").startswith(b"Mozilla/")


async def nowhere(request: Request) -> Response:
    """What is served at an address of another system's, below one of ours."""
    return refuse(request, _nowhere(request))


def _nowhere(request: Request) -> Problem:
    path = request.prefix + request.path
    for prefix, words in ELSEWHERE.items():
        if path.startswith(prefix):
            return Problem("not_found", 404, words)
    return Problem("not_found", 404, f"There is nothing at {path[:200]}", None, "See /health, /auth/v1, /rest/v1")


def _internal(request: Request) -> Problem:
    return Problem("internal_error", 500, "The server failed on this request", f"request {request.id}", "See its log")


class Answering:
    """Takes the answer to a request that has no task, and sends it."""

    __slots__ = ("answer", "caller", "gateway", "mount", "request")

    def __init__(self, gateway: Gateway, mount: Mount, request: Request, caller: Caller, answer: Answer) -> None:
        self.gateway, self.mount, self.request, self.caller, self.answer = gateway, mount, request, caller, answer

    def __call__(self, response: Response | Coroutine[Any, Any, Response]) -> None:
        gateway = self.gateway
        if not isinstance(response, Response):
            gateway.wait(response, self)
            return
        try:
            self._send(response)
        except ValueError as error:
            self._send(gateway.fail(self.mount, self.request, error))

    def _send(self, response: Response) -> None:
        body = self.gateway.complete(self.request, self.caller, response)
        self.answer(response.status, response.reason, response.headers, body)
