"""All pages of an application.

In: how it wants them, requests. Out: Steps to answers. Never: a request of a method that a page does not have.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypedDict, Unpack

from jinja2 import ChoiceLoader, Environment, FileSystemLoader

from ...problem import Problem
from ..core.wishes import Steps
from . import entering
from .exchange import PageRequest, PageResponse
from .page import Page, Wanted

TEMPLATES = Path(__file__).parent / "templates"
READ, WRITE = ("GET", "HEAD"), ("POST",)
Handler = Callable[[Page], Steps[PageResponse]]


class Options(TypedDict, total=False):
    """What each framework's `sign_in_pages` takes."""

    after: str
    """Where to go where nothing else was asked for; else `/`."""
    templates: Path | str | None
    """A folder of pages that take the place of ours of the same name."""
    name: str
    """The application's, for titles."""
    sign_up: bool
    """Whether a link makes a user of an address that is new."""


class Pages:
    """The pages of one application."""

    def __init__(self, **options: Unpack[Options]) -> None:
        own = options.get("templates")
        folders = [FileSystemLoader(folder) for folder in ([own] if own else []) + [TEMPLATES]]
        environment = Environment(loader=ChoiceLoader(folders), autoescape=True)
        after, name = options.get("after", "/"), options.get("name", "")
        self._wanted = Wanted(environment, after, name, options.get("sign_up", False))
        self._handlers = self._table()

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
        try:
            return (yield from handler(Page(request, self._wanted)))
        except Problem as problem:
            return PageResponse.of_problem(problem)

    def _table(self) -> dict[str, tuple[tuple[str, ...], Handler]]:
        return {
            "/sign-in": (READ + WRITE, entering.sign_in),
            "/link": (WRITE, entering.link),
            "/callback": (READ, entering.callback),
            "/code": (READ + WRITE, entering.code),
            "/sign-out": (WRITE, entering.sign_out),
            "/style.css": (READ, _style),
        }


def _style(_: Page) -> Steps[PageResponse]:
    """The pages' style, which a template may leave."""
    return PageResponse(200, {"Content-Type": "text/css; charset=utf-8"}, (TEMPLATES / "style.css").read_bytes())
    yield  # a generator, as the others are
