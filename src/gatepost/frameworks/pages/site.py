"""All pages of an application.

In: how it wants them, requests. Out: Steps to answers. Never: a request of a method that a page does not have.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypedDict, Unpack

from jinja2 import ChoiceLoader, Environment, FileSystemLoader

from ...problem import Problem
from ..core.wishes import Away, Steps
from . import account, entering, factors
from .exchange import PageRequest, PageResponse
from .page import Page, Wanted

TEMPLATES = Path(__file__).parent / "templates"
READ, WRITE = ("GET", "HEAD"), ("POST",)
Handler = Callable[[Page], Steps[PageResponse]]


class Looks(TypedDict, total=False):
    """What an application may want of its pages."""

    after: str
    """Where to go where nothing else was asked for; else `/`."""
    name: str
    """The application's, for titles and authenticators."""
    sign_up: bool
    """Whether visitors make themselves users: by a page for it, and by a link to an address that is new."""
    recovery: bool
    """Whether there are pages for a forgotten password and for a new one."""
    factors: bool
    """Whether there is a page for authenticators of one's own."""


class Options(Looks, total=False):
    """What each framework's `sign_in_pages` takes."""

    templates: Path | str | None
    """A folder of pages that take the place of ours of the same name."""


class Pages:
    """The pages of one application."""

    def __init__(self, *, templates: Path | str | None = None, **options: Unpack[Looks]) -> None:
        folders = [FileSystemLoader(folder) for folder in ([templates] if templates else []) + [TEMPLATES]]
        self._wanted = Wanted(Environment(loader=ChoiceLoader(folders), autoescape=True), **options)
        self._handlers = _table(self._wanted)

    @property
    def paths(self) -> Mapping[str, tuple[str, ...]]:
        """Each path below the root, and its methods."""
        return {path: methods for path, (methods, _) in self._handlers.items()}

    def answer(self, request: PageRequest) -> Steps[PageResponse]:
        """The answer to a request: always one, never a Problem."""
        methods, handler = self._handlers.get(request.path, ((), None))
        if handler is None:
            return PageResponse.of_problem(Problem("not_found", 404, "There is no such page"))
        if request.method not in methods:
            allowed = {"Allow": ", ".join(methods)}
            return PageResponse.of_problem(Problem("method_not_allowed", 405, "Not so", None, None, allowed))
        page = Page(request, self._wanted)
        try:
            if page.posted:
                request.check_form()
            return (yield from handler(page))
        except Away as problem:
            return page.again("problem.html", problem)
        except Problem as problem:
            return PageResponse.of_problem(problem)


def _table(wanted: Wanted) -> dict[str, tuple[tuple[str, ...], Handler]]:
    both = READ + WRITE
    table: dict[str, tuple[tuple[str, ...], Handler]] = {
        "/sign-in": (both, entering.sign_in),
        "/link": (WRITE, entering.link),
        "/callback": (READ, entering.callback),
        "/code": (both, entering.code),
        "/sign-out": (WRITE, entering.sign_out),
        "/style.css": (READ, _style),
    }
    if wanted.sign_up:
        table["/sign-up"] = (both, account.sign_up)
    if wanted.recovery:
        table |= {"/forgotten": (both, account.forgotten), "/password": (both, account.password)}
    if wanted.factors:
        table |= {"/factors": (READ, factors.listed), "/factors/add": (WRITE, factors.add)}
        table |= {"/factors/verify": (WRITE, factors.verify), "/factors/remove": (WRITE, factors.remove)}
    return table


def _style(_: Page) -> Steps[PageResponse]:
    """The pages' style, which a template may leave."""
    return PageResponse(200, {"Content-Type": "text/css; charset=utf-8"}, (TEMPLATES / "style.css").read_bytes())
    yield  # a generator, as the others are
