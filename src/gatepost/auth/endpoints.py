"""The auth surface: a path and a method become a flow.

In: a Request below `/auth/v1`. Out: a Response, errors included. Never: a bearer looked at where the endpoint is
public; clients send their API key there.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from uuid import UUID

from ..database.scope import Database
from ..exchange import Request, Response
from ..identity.api_keys import ApiKeys
from ..identity.tokens import Tokens
from ..observe import emit
from ..problem import Problem
from ..settings import AuthSettings, FactorSettings
from . import hooks, redirects
from .callers import Callers, TokenCallers
from .errors import answer, fault, invalid
from .flows import about, otp, recover, resend, signup, unserved, verify
from .flows.account import identities, logout, reauthenticate, user
from .flows.admin import audit as admin_audit
from .flows.admin import factors as admin_factors
from .flows.admin import generate_link, invite
from .flows.admin import users as admin_users
from .flows.call import Auth, Call, Caller
from .flows.factors import enrol as factors
from .flows.factors import verify as challenges
from .flows.token import password, pkce, refresh
from .hashing import Hasher
from .issue import Issuer
from .limits import Limits
from .mail import Mailer

BODY_LIMIT = 1024 * 1024
FORWARDED_FOR = b"sb-forwarded-for"

Flow = Callable[[Auth, Call], Awaitable[Response]]
PUBLIC, USER, ADMIN, INVITER = "public", "user", "admin", "inviter"

Parts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: who may call it, and which limit per client address counts its calls."""

    flow: Flow
    needs: str = PUBLIC
    limit: str = ""


async def token(auth: Auth, call: Call) -> Response:
    """`POST /token`: by grant type; all share one limit."""
    grant = GRANTS.get(call.parameter("grant_type"))
    if grant is None:
        raise fault("invalid_credentials", "unsupported_grant_type")
    return await grant(auth, call)


GRANTS: Mapping[str, Flow] = {
    "password": password.sign_in,
    "refresh_token": refresh.refresh,
    "pkce": pkce.exchange,
    "id_token": unserved.id_token,
    "web3": unserved.web3,
}

ROUTES: Mapping[str, Mapping[str, Route]] = {
    "/health": {"GET": Route(about.health)},
    "/settings": {"GET": Route(about.show_settings)},
    "/.well-known/jwks.json": {"GET": Route(about.jwks)},
    "/.well-known/openid-configuration": {"GET": Route(about.discovery)},
    "/authorize": {"GET": Route(unserved.authorize)},
    "/signup": {"POST": Route(signup.sign_up)},
    "/token": {"POST": Route(token, limit="token")},
    "/otp": {"POST": Route(otp.send_otp, limit="otp")},
    "/magiclink": {"POST": Route(otp.send_magic_link, limit="magiclink")},
    "/verify": {
        "GET": Route(verify.follow_link, limit="verify"),
        "POST": Route(verify.verify, limit="verify"),
    },
    "/recover": {"POST": Route(recover.recover, limit="recover")},
    "/resend": {"POST": Route(resend.resend, limit="resend")},
    "/logout": {"POST": Route(logout.log_out, USER)},
    "/reauthenticate": {"GET": Route(reauthenticate.reauthenticate, USER)},
    "/user": {"GET": Route(user.show, USER), "PUT": Route(user.update, USER, "user")},
    "/user/identities/authorize": {"GET": Route(identities.link, USER)},
    "/user/identities/{identity_id}": {"DELETE": Route(identities.unlink, USER)},
    "/factors": {"POST": Route(factors.enrol, USER)},
    "/factors/{factor_id}": {"DELETE": Route(factors.unenrol, USER)},
    "/factors/{factor_id}/challenge": {"POST": Route(challenges.challenge, USER, "factor_challenge")},
    "/factors/{factor_id}/verify": {"POST": Route(challenges.verify, USER, "factor_verify")},
    "/invite": {"POST": Route(invite.invite, INVITER)},
    "/admin/audit": {"GET": Route(admin_audit.list_all, ADMIN)},
    "/admin/generate_link": {"POST": Route(generate_link.generate_link, ADMIN)},
    "/admin/users": {"GET": Route(admin_users.list_all, ADMIN), "POST": Route(admin_users.create, ADMIN)},
    "/admin/users/{user_id}": {
        "GET": Route(admin_users.show, ADMIN),
        "PUT": Route(admin_users.update, ADMIN),
        "DELETE": Route(admin_users.delete, ADMIN),
    },
    "/admin/users/{user_id}/factors": {"GET": Route(admin_factors.list_all, ADMIN)},
    "/admin/users/{user_id}/factors/{factor_id}": {
        "PUT": Route(admin_factors.update, ADMIN),
        "DELETE": Route(admin_factors.delete, ADMIN),
    },
}

PATTERNS = [
    (re.compile(re.sub(r"\{\w+\}", "([^/]+)", path)), re.findall(r"\{(\w+)\}", path), methods)
    for path, methods in ROUTES.items()
    if "{" in path
]


class AuthSurface:
    """The surface: `await surface(request)`.

    A Problem names a hook that cannot be called, or a redirect pattern that is none. `api_keys` lets a secret key be an
    administrator's bearer; `hasher` and `limits` can be shared or set for tests; `remote` asks hooks over HTTP;
    `owned_keys` of user_metadata are the server's claims', None where those do not stand there.
    """

    def __init__(
        self,
        settings: AuthSettings,
        database: Database,
        tokens: Tokens,
        mailer: Mailer,
        clock: Callable[[], float] = time.time,
        *,
        api_keys: ApiKeys | None = None,
        hasher: Hasher | None = None,
        limits: Limits | None = None,
        factors: FactorSettings | None = None,
        remote: hooks.Remote | None = None,
        owned_keys: tuple[str, ...] | None = None,
    ) -> None:
        hooks.check(settings)
        redirects.check_patterns(settings.uri_allow_list)
        self.auth = Auth(
            settings=settings,
            scope=database.system("auth"),
            tokens=tokens,
            issuer=Issuer(settings, tokens, clock, remote, owned_keys),
            hasher=hasher or Hasher(),
            mailer=mailer,
            limits=limits or Limits(),
            clock=clock,
            factors=factors or FactorSettings(),
        )
        self._callers: Callers = TokenCallers(self.auth, api_keys)

    async def __call__(self, request: Request) -> Response:
        try:
            async with asyncio.timeout(self.auth.settings.max_request_duration or None):
                return await self._answer(request)
        except TimeoutError:
            emit("request.failed", surface="auth", id=request.id, code="request_timeout", cause="")
            return answer(fault("request_timeout", "The request took too long; try again in a moment"), request)
        except Problem as error:
            if error.status >= 500:
                emit("request.failed", surface="auth", id=request.id, code=error.code, cause=_cause(error))
            return answer(error, request)

    def refuse(self, request: Request, problem: Problem) -> Response:
        """A refusal of the front door, in this surface's words."""
        return answer(problem, request)

    def close(self) -> None:
        """End the threads that hash passwords."""
        self.auth.hasher.close()

    async def _answer(self, request: Request) -> Response:
        if len(request.body) > BODY_LIMIT:
            raise fault("request_entity_too_large", f"Request body too large (max {BODY_LIMIT} bytes)")
        route, parts = find_route(request.method, request.path)
        request.visitor = self._visitor(request)
        if route.limit:
            self.auth.limits.check(route.limit, request)
        # Whoever is nobody learns nothing about ids.
        caller = await self._find_caller(route, request)
        return await route.flow(self.auth, Call(request, self.auth.settings, read_ids(parts), caller))

    def _visitor(self, request: Request) -> str:
        """For whom an application asks, as it says: where it brings a secret key, with which it could do anything."""
        said = request.header(FORWARDED_FOR)
        if said is None or not (self.auth.limits.forwarded or self._callers.is_secret(request.proof.api_key)):
            return ""
        try:
            return str(ip_address(said.partition(",")[0].partition("%")[0].strip()))
        except ValueError:
            return ""

    async def _find_caller(self, route: Route, request: Request) -> Caller | None:
        bearer = request.proof.bearer
        if route.needs == PUBLIC:
            return None
        if route.needs == ADMIN:
            return await self._callers.admin(bearer)
        if route.needs == INVITER:
            return await self._callers.inviter(bearer)
        # A key alone may administer, but is nobody's session.
        alone = bearer == request.proof.api_key and request.header(b"authorization") is None
        return await self._callers.user(None if alone else bearer)


def find_route(method: str, path: str) -> tuple[Route, Parts]:
    """The endpoint and the parts of its path that have a name, unread; 404 and 405 as Problems."""
    known = path.rstrip("/") or "/"
    methods, parts = ROUTES.get(known), ()
    if methods is None or "{" in known:
        methods, parts = _match(known)
    route = methods.get(method)
    if route is None:
        allowed = ", ".join(sorted(methods))
        raise Problem("method_not_allowed", 405, f"This endpoint answers {allowed}", None, None, {"Allow": allowed})
    return route, parts


def _match(path: str) -> tuple[Mapping[str, Route], Parts]:
    for pattern, names, methods in PATTERNS:
        found = pattern.fullmatch(path)
        if found:
            return methods, tuple(zip(names, found.groups(), strict=True))
    raise unserved.switched_off(path) or Problem("not_found", 404, "There is no such endpoint")


def read_ids(parts: Parts) -> tuple[str, ...]:
    """The ids of a path; 404 where one is none."""
    return tuple(_id(name, text) for name, text in parts)


def _id(name: str, text: str) -> str:
    """An id in its usual form, so that nothing else ever stands there."""
    try:
        usual = str(UUID(text))
    except ValueError:
        usual = ""
    if usual != text.lower():
        raise invalid(f"{name} must be an UUID", 404)
    return usual


def _cause(error: Problem) -> str:
    """What lies behind a failure, for the log: the database's code and words, never a parameter."""
    cause = error.__cause__ or error
    code = cause.code if isinstance(cause, Problem) else type(cause).__name__
    return f"{code}: {cause}"
