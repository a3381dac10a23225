"""One page in the making.

In: a request, how the application wants its pages. Out: a template filled, or a way on. Never: a script or a style
within a page; a page that a cache keeps or a frame shows.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from jinja2 import Environment

from ...problem import Problem
from ..core import csrf
from .exchange import PageRequest, PageResponse, safe_next

POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
ENCODED = "%/?#:@!$&'()*+,;=[]~"
HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """How an application wants its pages: see `Options`."""

    environment: Environment
    after: str = "/"
    name: str = ""
    sign_up: bool = False
    recovery: bool = False
    factors: bool = False


@dataclass(frozen=True)
class Page:
    """What handlers are given."""

    request: PageRequest
    wanted: Wanted

    @property
    def posted(self) -> bool:
        """Whether a form was sent."""
        return self.request.method == "POST"

    @cached_property
    def on(self) -> str:
        """Where the visitor goes on. Frameworks name it with the site's own origin, too."""
        given = self.request.form if self.posted else self.request.given
        return safe_next(given.get("next", "").removeprefix(self.request.origin), self.wanted.after)

    def field(self, name: str) -> str:
        """A field of the form; '' where it was left out."""
        return self.request.form.get(name, "")

    def below(self, path: str, *, back: str = "") -> str:
        """A page of ours that leads on to where this one does; by way of the page `back`, where one is named."""
        on = self.below(back) if back else self.on
        return f"{self.request.root}{path}?next={quote(on, safe='')}"

    def show(self, template: str, status: int = 200, **given: Any) -> PageResponse:
        """A page."""
        request, wanted = self.request, self.wanted
        token = csrf.token_for(request.visit.server, request.jar)
        known = {"root": request.root, "next": self.on, "name": wanted.name, "wanted": wanted}
        known |= {"csrf_token": token, "field": csrf.FIELD, "error": "", "hint": "", "notice": "", "email": ""}
        text = wanted.environment.get_template(template).render(known | given)
        return PageResponse(status, HEADERS, text.encode())

    def again(self, template: str, problem: Problem, **given: Any) -> PageResponse:
        """The form once more, with what was wrong."""
        return self.show(template, problem.status, error=problem.message, hint=problem.hint or "", **given)


def lead(to: str) -> PageResponse:
    """On to another page; in a header only ASCII goes (RFC 3986), and what is encoded already stays."""
    return PageResponse(303, {"Location": quote(to, safe=ENCODED)})
