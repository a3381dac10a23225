"""One exchange of a page, as every framework can make and take it.

In: a request, an answer in the making. Out: its form, checked and bounded; where the visitor goes on. Never: a
framework; a form that another site's page sent; a way to another site.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import parse_qs, urlsplit

from ...problem import Problem
from ..core import csrf
from ..core.door import refusal
from ..core.jar import Jar
from ..core.visit import Visit

LONGEST_FORM = 16 * 1024


@dataclass(frozen=True)
class PageRequest:
    """What a visitor asks. `path` is below the pages' `root` (`/sign-in` of `/account/sign-in`), which has no slash at
    its end; `origin` is the application's as the visitor knows it (`https://notes.example`); `query` is as in the
    address; names in `headers` are in lower case. Of the body more than LONGEST_FORM + 1 bytes need not be read.
    """

    method: str
    path: str
    root: str
    origin: str
    query: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    visit: Visit = field(repr=False)
    jar: Jar = field(repr=False)

    @cached_property
    def given(self) -> Mapping[str, str]:
        """The members of the address's query."""
        return _first(self.query)

    @cached_property
    def form(self) -> Mapping[str, str]:
        """What was sent, once it is checked."""
        if len(self.body) > LONGEST_FORM:
            raise Problem("too_large", 413, "The form is too long")
        try:
            return _first(self.body.decode())
        except (UnicodeDecodeError, ValueError):
            raise Problem("invalid_form", 400, "The form cannot be read") from None

    def check_form(self) -> None:
        """Problem where no page of this site sent it: nobody is signed in, or out, by another's."""
        csrf.check(self.visit.server, self.headers, self.jar.held, self.form.get(csrf.FIELD))


@dataclass(frozen=True, slots=True)
class PageResponse:
    """What to answer; cookies are in the request's jar."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(default=b"", repr=False)

    @classmethod
    def of_problem(cls, problem: Problem) -> "PageResponse":
        """What is no page's matter."""
        status, headers, body = refusal(problem)
        return cls(status, dict(headers), body)


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


def _first(encoded: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(encoded, keep_blank_values=True).items()}
