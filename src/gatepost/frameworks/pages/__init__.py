"""Sign-in pages for Starlette and FastAPI: password, link by mail, second factor. They need no script.

In: forms. Out: pages of templates that can be overridden, sessions in cookies, a way on to where the visitor came from.
Never: a way to another site; a word on whether an address is known here; a script or a style within a page.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route, Router

from ...problem import Problem
from ..core import Away, User, csrf
from ..core.csrf import FIELD
from ..starlette import client_of, csrf_token

HERE = Path(__file__).parent
LONGEST = 16 * 1024
POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
# What the auth server says of an address that nobody has, which is nobody's business.
UNKNOWN = frozenset(("otp_disabled", "user_not_found", "signup_disabled"))


def safe_next(path: str | None, otherwise: str) -> str:
    """Where to go on: a path of this site, else `otherwise`."""
    if not path or not path.startswith("/") or path.startswith("//") or "\\" in path:
        return otherwise
    if any(ord(letter) < 33 or ord(letter) == 127 for letter in path):
        return otherwise
    try:
        parts = urlsplit(path)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc else path


def sign_in_pages(
    *, after: str = "/", templates: Path | str | None = None, name: str = "", sign_up: bool = False
) -> Router:
    """An application to be mounted below a path of its own, which AuthMiddleware has among its `open` ones.

    `/sign-in`, `/code` (the second factor), `/sign-out` (POST). `after` is where to go where nothing else was asked
    for; a folder `templates` may hold pages in the place of ours (`base.html`, `sign-in.html`, `sent.html`,
    `code.html`); `name` stands in titles; with `sign_up` a link makes a user of an address that is new.
    """
    folders = [FileSystemLoader(folder) for folder in ([templates] if templates else []) + [HERE / "templates"]]
    environment = Environment(loader=ChoiceLoader(folders), autoescape=True)
    return _Pages(environment, after, name, sign_up).router()


class _Pages:
    """The pages of one application."""

    def __init__(self, environment: Environment, after: str, name: str, sign_up: bool) -> None:
        self._environment, self._after, self._name, self._sign_up = environment, after, name, sign_up

    def router(self) -> Router:
        return Router(
            [
                Route("/sign-in", self.sign_in, methods=["GET", "POST"]),
                Route("/link", self.link, methods=["POST"]),
                Route("/callback", self.callback, methods=["GET"]),
                Route("/code", self.code, methods=["GET", "POST"]),
                Route("/sign-out", self.sign_out, methods=["POST"]),
                Route("/style.css", style, methods=["GET"]),
            ]
        )

    async def sign_in(self, request: Request) -> Response:
        """The form; with a password in it, a session."""
        if request.method == "GET":
            return self._page(request, "sign-in.html", self._next(request.query_params))
        form = await _form(request)
        on = self._next(form)
        try:
            user = await client_of(request).sign_in_with_password(form.get("email", ""), form.get("password", ""))
        except Problem as problem:
            return self._again(request, "sign-in.html", on, problem, email=form.get("email", ""))
        return self._on(request, user, on)

    async def link(self, request: Request) -> Response:
        """A link by mail, which comes back to `callback`."""
        form = await _form(request)
        on, email = self._next(form), form.get("email", "")
        place = f"{request.url.scheme}://{request.url.netloc}{_root(request)}/callback?next={quote(on, safe='')}"
        try:
            await client_of(request).send_link(email, place, create_user=self._sign_up)
        except Problem as problem:
            if problem.code not in UNKNOWN:
                return self._again(request, "sign-in.html", on, problem, email=email)
        return self._page(request, "sent.html", on, email=email)

    async def callback(self, request: Request) -> Response:
        """Back from a link, with a code or with what was wrong."""
        on, code = self._next(request.query_params), request.query_params.get("code")
        if not code:
            said = request.query_params.get("error_description") or "The link is not valid any more"
            return self._again(request, "sign-in.html", on, Problem("invalid_link", 400, said[:200]))
        try:
            user = await client_of(request).exchange_code(code)
        except Problem as problem:
            return self._again(request, "sign-in.html", on, problem)
        return self._on(request, user, on)

    async def code(self, request: Request) -> Response:
        """The second factor."""
        client = client_of(request)
        form = await _form(request) if request.method == "POST" else dict(request.query_params)
        on, user = self._next(form), await client.get_user()
        factor = _factor(user)
        if user is None or factor is None:
            return RedirectResponse(f"{_root(request)}/sign-in?next={quote(on, safe='')}", 303)
        if request.method == "GET":
            return self._page(request, "code.html", on)
        try:
            await client.show_code(form.get("code", "").replace(" ", ""), factor)
        except Problem as problem:
            return self._again(request, "code.html", on, problem)
        return RedirectResponse(on, 303)

    async def sign_out(self, request: Request) -> Response:
        """The end of a session. Where the auth server is away, its cookies go all the same."""
        form = await _form(request)
        with suppress(Away):
            await client_of(request).sign_out()
        return RedirectResponse(self._next(form), 303)

    def _next(self, given: Mapping[str, str]) -> str:
        return safe_next(given.get("next"), self._after)

    def _on(self, request: Request, user: User, on: str) -> Response:
        """Whoever has a second factor shows it first."""
        if _factor(user) is None:
            return RedirectResponse(on, 303)
        return RedirectResponse(f"{_root(request)}/code?next={quote(on, safe='')}", 303)

    def _again(self, request: Request, template: str, on: str, problem: Problem, **given: Any) -> Response:
        """The form once more, with what was wrong."""
        return self._page(request, template, on, problem.status, error=problem.message, **given)

    def _page(self, request: Request, template: str, on: str, status: int = 200, **given: Any) -> Response:
        known = {"root": _root(request), "next": on, "name": self._name, "error": "", "email": ""}
        known |= {"csrf_token": csrf_token(request), "field": FIELD}
        return HTMLResponse(self._environment.get_template(template).render(known | given), status, HEADERS)


async def style(_: Request) -> Response:
    """The pages' style, which a template may leave."""
    return Response((HERE / "templates" / "style.css").read_bytes(), media_type="text/css")


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", "")).rstrip("/")


def _factor(user: User | None) -> str | None:
    """The id of the user's authenticator."""
    factors: Any = (user.said.get("factors") if user else None) or []
    for each in factors:
        if each.get("status") == "verified" and each.get("factor_type") == "totp":
            return str(each["id"])
    return None


async def _form(request: Request) -> dict[str, str]:
    """A form that this site's page sent: nobody is signed in, or out, by another's."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LONGEST:
            raise Problem("too_large", 413, "The form is too long")
    try:
        found = parse_qs(body.decode(), keep_blank_values=True)
    except (UnicodeDecodeError, ValueError):
        raise Problem("invalid_form", 400, "The form cannot be read") from None
    form = {name: values[0] for name, values in found.items()}
    headers = {name.lower(): value for name, value in request.headers.items()}
    csrf.check(client_of(request).server, headers, request.cookies, form.get(FIELD))
    return form
