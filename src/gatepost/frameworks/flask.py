"""Flask: an extension that knows who asks, and renews sessions.

In: a Flask application, an AuthServer (or, in `app.config`, where one is). Out: `current_identity` (verified),
`current_user`, `current_db` (bound to the identity), `client_of()`; cookies on the response; Problems answered. Never:
a view reached with a proof that is false; anything kept beyond its request, or beside its application.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypedDict, Unpack, cast
from urllib.parse import quote

from flask import Flask, Response, current_app, redirect, request
from werkzeug.local import LocalProxy
from werkzeug.wrappers import Response as AnyResponse

from ..identity import ANON, Identity
from ..problem import Problem
from .cookies import parse
from .core import AuthServer, SyncServerClient, User, csrf
from .core.door import Bindable, Door, Requirement, bearer_of, refusal, unauthorized
from .core.jar import Jar

P = ParamSpec("P")

NAME = "gatepost"
# On the request, since `g` outlives it where an application's context is around it, and is of one's own use.
ASKING = "_gatepost"
NOBODY = User("", is_anonymous=True)
"""The user of a request without one: false, and not authenticated."""


class Options(TypedDict, total=False):
    """What an application may say beside its server. On paths below one of `open` a proof that fails is nobody
    (sign-in pages, files); `db` is bound to whoever asks; `app_state` names the cookie in which an application says
    whether somebody is signed in; `sign_in` is where browsers are sent that have to sign in first.
    """

    db: Bindable
    open: Iterable[str]
    app_state: str
    sign_in: str


class Gatepost:
    """`Gatepost(app, server, …)`, or `Gatepost(…)` and then `init_app(app)` for each application.

    A bad bearer is answered with 401, a request with cookies that comes from another site with 403, and one whose
    session cannot be renewed because the auth server is away with 503: no view runs then.
    """

    def __init__(self, app: Flask | None = None, server: AuthServer | None = None, **options: Unpack[Options]) -> None:
        self._server, self._options = server, options
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask, server: AuthServer | None = None, **options: Unpack[Options]) -> None:
        """Install it; what is given here wins. Without a server, `GATEPOST_URL` and `GATEPOST_KEY` of `app.config` say
        where it is. Before the application's own `before_request`, which then know who asks.
        """
        if NAME in app.extensions:
            raise RuntimeError("Gatepost is installed already in this application")
        said: Options = {**self._options, **options}
        if unknown := said.keys() - Options.__annotations__:
            raise TypeError(f"Gatepost has no option {', '.join(sorted(unknown))}")
        door = Door(said.get("open", ()), said.get("app_state", ""))
        server = server or self._server or _configured(app)
        installed = Installed(server, door, said.get("db"), said.get("sign_in", ""))
        app.extensions[NAME] = installed
        app.before_request(installed.admit)
        app.after_request(installed.set_cookies)
        app.register_error_handler(Problem, installed.answer)
        app.context_processor(_names)


@dataclass(frozen=True, slots=True)
class Installed:
    """What one application was given."""

    server: AuthServer
    door: Door
    db: Bindable | None
    sign_in: str

    def admit(self) -> None:
        """Who it is, before a view runs."""
        environ = request.environ
        jar = Jar(parse(environ.get("HTTP_COOKIE", "")))
        bearer = bearer_of(environ.get("HTTP_AUTHORIZATION", ""))
        client = SyncServerClient(self.server, jar.get_all, jar.set_all, bearer, environ.get("REMOTE_ADDR", ""))
        known = Asking(client, jar)
        setattr(request, ASKING, known)
        if jar.held or bearer is not None:
            if csrf.concerns(client.visit, request.method):
                self._check_origin(jar)
            known.identity = self.server.blocking.run(self.door.identity(client.visit, request.path, jar.held))
        if self.db is not None:
            known.db = self.db.set_auth(known.identity)

    def _check_origin(self, jar: Jar) -> None:
        named = {name.lower(): value for name, value in request.headers}
        csrf.check(self.server, named, jar.held, _form_token() if csrf.in_form(named) else None)

    def set_cookies(self, response: Response) -> Response:
        """Those that were set until the response begins."""
        known = getattr(request, ASKING, None)
        if known is not None:
            known.jar.begun = True
            for name, value in known.jar.headers():
                put = response.headers.add if name == "Set-Cookie" else response.headers.set
                put(name, value)
        return response

    def answer(self, problem: Problem) -> AnyResponse:
        """A Problem as JSON; browsers that have to sign in first are sent to where they can."""
        if self.sign_in and problem.code == "not_authenticated" and "text/html" in request.headers.get("Accept", ""):
            return redirect(self.sign_in + _way_back(), 303)
        status, headers, body = refusal(problem)
        return Response(body, status, headers)


@dataclass(slots=True)
class Asking:
    """What is known of the request under way."""

    client: SyncServerClient
    jar: Jar
    identity: Identity = ANON
    db: Any = None


def _configured(app: Flask) -> AuthServer:
    config = cast("dict[str, Any]", app.config)
    url = config.get("GATEPOST_URL")
    if not url:
        hint = "Give Gatepost(…) an AuthServer, or set GATEPOST_URL and GATEPOST_KEY in app.config"
        raise Problem("not_configured", 500, "The application does not say where its auth server is", None, hint)
    return AuthServer(url, config.get("GATEPOST_KEY", ""))


def _form_token() -> str | None:
    """The token of a form, which is kept for whoever reads it then."""
    if (request.content_length or csrf.LONGEST_FORM + 1) > csrf.LONGEST_FORM:
        return None
    request.get_data()
    return request.form.get(csrf.FIELD)


def _way_back() -> str:
    """Where to go on after signing in: the page that was asked for. What a form sent cannot be repeated."""
    if request.method != "GET":
        return ""
    place = quote(request.root_path + request.path)
    query = request.query_string.decode("latin-1")
    return "?next=" + quote(f"{place}?{query}" if query else place, safe="")


# ------------------------------------------------------------------------------------------------- within a request


def asking() -> Asking:
    """What is known of the request under way."""
    known = getattr(request, ASKING, None)
    if known is None:
        raise RuntimeError(
            "Gatepost of gatepost.frameworks.flask is not installed, or has not looked at the request yet"
        )
    return known


def client_of() -> SyncServerClient:
    """The client of the request: `get_user()`, `get_session()`, signing in and out."""
    return asking().client


def csrf_token() -> str:
    """A token to be sent along as `csrf_token` with a form, or in the header X-CSRF-Token, by browsers that do not say
    where a request comes from; its cookie is set.
    """
    known = asking()
    return csrf.token_for(known.client.server, known.jar)


def _user() -> User:
    return client_of().get_user() or NOBODY


def _identity() -> Identity:
    return asking().identity


def _db() -> Any:
    db = asking().db
    if db is None:
        hint = "Give Gatepost(…) a db"
        raise Problem("not_configured", 500, "The application has no database for requests", None, hint)
    return db


current_identity = cast("Identity", LocalProxy(_identity))
"""Whoever asks: role and verified claims; anonymous visitors too."""
current_user = cast("User", LocalProxy(_user))
"""The user, of whom the auth server is asked when something of them is first looked at; NOBODY for nobody."""
current_db: Any = LocalProxy(_db)
"""The database's client, bound to whoever asks."""


def _names() -> dict[str, Any]:
    """What templates know."""
    return {"current_user": current_user, "current_identity": current_identity, "csrf_token": csrf_token}


# ----------------------------------------------------------------------------------------------------- before a view


def login_required(view: Callable[P, Any]) -> Callable[P, Any]:
    """The view for those who have signed in: the token is verified, and the auth server asked whether its session is
    alive. Others: 401, or the way to the sign-in page for browsers.
    """
    return _after(_check_user, view)


def require(
    permission: str | None = None, *, role: str | None = None, aal: str | None = None
) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """The view where all that is named holds of the identity: nobody is answered as by `login_required`, who may not
    with 403.

    `permission` stands in `app_metadata.permissions`, which the server writes; `aal="aal2"` asks for a second factor.
    """
    wanted = Requirement(permission, role, aal)
    return lambda view: _after(lambda: wanted.check(_identity()), view)


def _check_user() -> None:
    if not _user():
        raise unauthorized()


def _after(check: Callable[[], None], view: Callable[P, Any]) -> Callable[P, Any]:
    @wraps(view)
    def checked(*args: P.args, **named: P.kwargs) -> Any:
        check()
        return current_app.ensure_sync(view)(*args, **named)

    return checked
