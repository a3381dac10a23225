"""FastAPI: who asks, as dependencies.

In: a FastAPI application, an AuthServer. Out: `CurrentUser`, `OptionalUser`, `CurrentIdentity`, `Db`, `require(…)`;
what they take in the OpenAPI document. Never: a user or an identity that was not verified.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response, Security
from fastapi.security import APIKeyCookie, HTTPBearer, SecurityScopes
from starlette.requests import HTTPConnection
from typing_extensions import TypeVar

from ..identity import Identity
from ..problem import Problem
from .core import AuthServer, ServerClient, User
from .core.door import Bindable, Requirement, refusal, unauthorized
from .starlette import AuthMiddleware, client_of

__all__ = [
    "CurrentIdentity",
    "CurrentUser",
    "Db",
    "OptionalUser",
    "current_identity",
    "current_user",
    "database",
    "install",
    "optional_user",
    "require",
]

BEARER, COOKIE = "bearer", "session"
COOKIE_NAME = "sb-auth-token"
REFUSALS = {"401": "Who asks is nobody, or brings a proof that is false", "403": "Who asks may not"}
T = TypeVar("T", default=Any)
SCHEMES: list[Any] = [
    Depends(HTTPBearer(scheme_name=BEARER, bearerFormat="JWT", auto_error=False)),
    Depends(APIKeyCookie(name=COOKIE_NAME, scheme_name=COOKIE, auto_error=False)),
]


async def _documented(_bearer: Annotated[Any, SCHEMES[0]], _cookie: Annotated[Any, SCHEMES[1]]) -> None:
    """That a proof is taken, for the OpenAPI document. The middleware has looked at it."""


Documented = Annotated[None, Depends(_documented)]


def install(
    app: FastAPI,
    server: AuthServer,
    *,
    db: Bindable | None = None,
    open: Iterable[str] = (),
    app_state: str = "",
) -> None:
    """The middleware, answers to Problems; both in the OpenAPI document. Arguments are those of `AuthMiddleware`."""
    app.add_middleware(AuthMiddleware, server=server, db=db, open=open, app_state=app_state)  # pyright: ignore[reportArgumentType]
    app.add_exception_handler(Problem, _answer)
    written = app.openapi

    def openapi() -> dict[str, Any]:
        document = written()
        scheme = document.get("components", {}).get("securitySchemes", {}).get(COOKIE)
        if scheme is not None:
            scheme["name"] = server.storage_key
            _document_refusals(document)
        return document

    app.openapi = openapi


def _document_refusals(document: dict[str, Any]) -> None:
    """What operations that take proofs answer, where they do not say so themselves."""
    text: Any = {"type": ["string", "null"]}
    members = {"code": {"type": "string"}, "message": {"type": "string"}, "details": text, "hint": text}
    document["components"].setdefault("schemas", {})["Problem"] = {"type": "object", "properties": members}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for path in document["paths"].values():
        for operation in path.values():
            for status, words in REFUSALS.items() if "security" in operation else ():
                operation["responses"].setdefault(status, {"description": words, "content": content})


def _answer(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)  # noqa: S101 - it is registered for no other
    status, headers, body = refusal(problem)
    return Response(body, status, dict(headers))


async def client(connection: HTTPConnection) -> ServerClient:
    """The client of the request."""
    return client_of(connection)


Client = Annotated[ServerClient, Depends(client)]


async def current_identity(connection: HTTPConnection, _: Documented) -> Identity:
    """Whoever asks: anonymous visitors too."""
    client_of(connection)
    return connection.state.identity


async def optional_user(client: Client, _: Documented) -> User | None:
    """The user; None for nobody."""
    return await client.get_user()


async def current_user(user: Annotated[User | None, Depends(optional_user)]) -> User:
    """The user; 401 for nobody."""
    if user is None:
        raise unauthorized()
    return user


async def database(connection: HTTPConnection, _: Documented) -> Any:
    """The database's client, bound to whoever asks."""
    try:
        return connection.state.db
    except AttributeError:
        hint = "Give install(…) or AuthMiddleware a db"
        raise Problem("not_configured", 500, "The application has no database for requests", None, hint) from None


CurrentIdentity = Annotated[Identity, Depends(current_identity)]
OptionalUser = Annotated[User | None, Depends(optional_user)]
CurrentUser = Annotated[User, Depends(current_user)]
Db = Annotated[T, Depends(database)]
"""The database's client; `Db[Client]` where its type is to be known."""


def require(
    permission: str | None = None, *, role: str | None = None, aal: str | None = None
) -> Callable[..., Awaitable[Identity]]:
    """A dependency that gives the Identity where all that is named holds: 401 for nobody, 403 for who may not.

    `permission` stands in `app_metadata.permissions`, which the server writes; `aal="aal2"` asks for a second factor.
    With `Security(require(), scopes=[…])` permissions may be named as scopes, of routers too.
    """
    wanted = Requirement(permission, role, aal)
    documented: Any = Security(_documented, scopes=[permission] if permission else [])

    async def required(identity: CurrentIdentity, scopes: SecurityScopes, _: Annotated[None, documented]) -> Identity:
        wanted.check(identity)
        for each in scopes.scopes:
            Requirement(each).check(identity)
        return identity

    return required
