"""The GraphQL surface over HTTP.

In: a Request. Out: the Response that PostGraphile would give (GraphQL over HTTP), or the Problem as a GraphQL error.
Never: a decision about who may see a row; never an error of ours for a request of theirs.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol

import msgspec

from gatepost.database.values import Context
from gatepost.exchange import Finish, Headers, Request, Response
from gatepost.identity import Identity, Proof
from gatepost.problem import Problem, Unavailable

from .answer import Answer, Told, refused_for
from .callers import Acting, Admit, Pairs, settings_of
from .request import JSON, Documents, GraphQLRequest, accepted, accepts_page, read

CHARSET = b";charset=utf-8"
CONTEXT, ACTING = "graphql.context", "graphql.acting"
DEFAULT_PATH = Context().search_path

Page = Callable[[Request], Awaitable[Response]]


class Executor(Protocol):
    """What runs an operation as somebody."""

    async def execute(self, identity: Identity, request: GraphQLRequest, context: Context) -> Answer: ...

    def begin(self, acting: Acting, request: GraphQLRequest, told: Told) -> None: ...


class Surface:
    """GraphQL at `/`. `executor` and `admit` are None until the database was read; `page` shows itself to people.
    `trouble` is why there is no schema. No request is longer than `longest` bytes.
    """

    def __init__(
        self,
        *,
        settings: Pairs = (),
        documents: Documents | None = None,
        page: Page | None = None,
        longest: int = 0,
    ) -> None:
        self.executor: Executor | None = None
        self.admit: Admit | None = None
        self.search_path = DEFAULT_PATH
        self.trouble: Problem | None = None
        self.documents = documents
        self.page = page
        self._settings, self._longest = settings, longest

    def use(self, executor: Executor, admit: Admit, search_path: str = DEFAULT_PATH) -> None:
        """What the database says now; operations under way go on with what they began with."""
        self.executor, self.admit, self.search_path = executor, admit, search_path

    async def __call__(self, request: Request) -> Response:
        if request.path != "/" or (request.method == "GET" and accepts_page(request.header(b"accept"))):
            return await self._show(request)
        kind = accepted(request.header(b"accept"))
        if request.method != "POST":
            return self.refuse(request, _method())
        asked = read(request, self.documents, self._longest)
        answer = await self.execute(self.who(request.proof, request), asked, self.context(request))
        return _respond(answer, kind)

    def begin(self, request: Request, finish: Finish) -> bool:
        """Answer an operation without a task, where that can be. False where it is none: nothing was done then."""
        if request.path != "/" or self.executor is None or self.trouble is not None:
            return False
        try:
            kind = accepted(request.header(b"accept"))
            asked = read(request, self.documents, self._longest)
            acting = self._acting(request)
        except Problem:
            return False  # it is told of in the usual way

        def told(answer: Answer | Coroutine[Any, Any, Answer]) -> None:
            finish(_respond(answer, kind) if isinstance(answer, Answer) else _respond_later(answer, kind))

        self.executor.begin(acting, asked, told)
        return True

    def _acting(self, request: Request) -> Acting:
        identity, given = self.who(request.proof, request), self.context(request)
        known: Acting | None = request.kept.get(ACTING)
        if known is None or known.identity is not identity or known.given is not given:
            known = request.kept[ACTING] = Acting(identity, self.acting(given, identity), given)
        return known

    def who(self, proof: Proof, request: Request) -> Identity:
        """Who acts; a Problem where the proof proves nothing, or nobody can be known yet."""
        if self.admit is None:
            raise not_ready()
        return self.admit(proof, request)

    async def execute(self, identity: Identity, asked: GraphQLRequest, context: Context) -> Answer:
        if self.trouble is not None or self.executor is None:
            raise self.trouble or not_ready()
        return await self.executor.execute(identity, asked, self.acting(context, identity))

    def acting(self, context: Context, identity: Identity) -> Context:
        """A request's context, with the settings its caller's claims are read from."""
        settings = (*self._settings, *settings_of(identity.claims_json))
        return msgspec.structs.replace(context, settings=settings)

    def context(self, request: Request) -> Context:
        """What the request tells the database of itself; worked out once for all that send the same headers."""
        known: Context | None = request.kept.get(CONTEXT)
        if known is None or known.search_path != self.search_path:
            headers = {name.decode("latin-1"): value.decode("utf-8", "replace") for name, value in request.headers}
            known = request.kept[CONTEXT] = Context(
                method=request.method,
                path=request.prefix or "/",
                headers=msgspec.json.encode(headers),
                search_path=self.search_path,
            )
        return known

    async def _show(self, request: Request) -> Response:
        if self.page is not None:
            return await self.page(request)
        if request.path != "/":
            raise Problem("not_found", 404, f"There is nothing at {request.prefix}{request.path[:200]}")
        return self.refuse(request, _method())

    def refuse(self, _: Request, problem: Problem) -> Response:
        """What went wrong before anything could be executed, the front door's refusals among it."""
        headers: Headers = [(name.lower().encode(), value.encode()) for name, value in problem.headers.items()]
        return Response(problem.status, refused_for(problem).body, _content(JSON) + headers)


def _respond(answer: Answer, kind: str) -> Response:
    return Response(_status(answer, kind), answer.body, _content(kind))


async def _respond_later(answer: Coroutine[Any, Any, Answer], kind: str) -> Response:
    return _respond(await answer, kind)


def _status(answer: Answer, kind: str) -> int:
    """That of an error that has one; clients of before GraphQL over HTTP are told of others in a 200."""
    return answer.status or (200 if answer.executed or kind == JSON else 400)


def not_ready() -> Problem:
    return Unavailable("The database has not been read yet")


def _method() -> Problem:
    return Problem("method_not_allowed", 405, "Method not supported, please use POST", headers={"Allow": "POST"})


def _content(kind: str) -> Headers:
    return [(b"content-type", kind.encode() + CHARSET)]
