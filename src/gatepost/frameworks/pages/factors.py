"""Pages for second factors: authenticators that come and go.

In: a Page. Out: Steps to its answer. Never: a secret in an address or a log; a picture that needs a script, a style or
another server.
"""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from qrcode.constants import ERROR_CORRECT_M
from qrcode.exceptions import DataOverflowError
from qrcode.main import QRCode

from ...problem import Problem
from ..core.wishes import Steps
from .entering import own_factors
from .exchange import PageResponse
from .page import Page, lead

BORDER, LONGEST = 4, 1_000


def listed(page: Page) -> Steps[PageResponse]:
    """The authenticators there are."""
    return (yield from _list(page))


def add(page: Page) -> Steps[PageResponse]:
    """A new authenticator, which does not count before it has shown a code."""
    wanted, name = page.wanted, page.field("name").strip()
    try:
        yield from _forget_unfinished(page, name)
        made = yield from page.request.visit.enroll(name, wanted.name)
        given: Any = made.get("totp") or {}
        return _shown(page, str(made.get("id", "")), str(given.get("uri", "")))
    except Problem as problem:
        return (yield from _refused(page, problem))


def verify(page: Page) -> Steps[PageResponse]:
    """Its first code: from now on it is asked for."""
    factor, code = page.field("factor"), page.field("code").replace(" ", "")
    try:
        yield from page.request.visit.show_code(code, factor)
    except Problem as problem:
        return _shown(page, factor, page.field("uri"), problem)
    return lead(page.below("/factors"))


def remove(page: Page) -> Steps[PageResponse]:
    """One is no more. It takes a session that showed a second factor."""
    try:
        yield from page.request.visit.unenroll(page.field("factor"))
    except Problem as problem:
        return (yield from _refused(page, problem))
    return lead(page.below("/factors"))


def _forget_unfinished(page: Page, name: str) -> Steps[None]:
    """Whoever comes back to a page that was left before its code was shown begins anew."""
    for each in (yield from page.request.visit.factors()):
        if each.name == name and not each.verified:
            yield from page.request.visit.unenroll(each.id)


def _refused(page: Page, problem: Problem) -> Steps[PageResponse]:
    """Where a second factor is wanted first, there; else the list, with what was wrong."""
    if problem.code == "insufficient_aal":
        return lead(page.below("/code", back="/factors"))
    return (yield from _list(page, problem))


def _list(page: Page, problem: Problem | None = None) -> Steps[PageResponse]:
    found = yield from own_factors(page)
    if found is None:
        return lead(page.below("/sign-in", back="/factors"))
    if problem is None:
        return page.show("factors.html", factors=found)
    return page.again("factors.html", problem, factors=found)


def _shown(page: Page, factor: str, uri: str, problem: Problem | None = None) -> PageResponse:
    """The secret as a picture and as text; once more where the code was wrong."""
    size, path = picture(uri)
    given: dict[str, Any] = {"factor": factor, "uri": uri, "secret": secret_of(uri), "size": size, "path": path}
    return page.show("enrol.html", **given) if problem is None else page.again("enrol.html", problem, **given)


def secret_of(uri: str) -> str:
    """The secret within an `otpauth:` address, in groups of four."""
    secret = parse_qs(urlsplit(uri).query).get("secret", [""])[0]
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


def picture(uri: str) -> tuple[int, str]:
    """An `otpauth:` address as a QR code: its width, and the path that draws it; no path where it cannot be one."""
    if not uri.startswith("otpauth://totp/") or len(uri) > LONGEST:
        return 1, ""
    code: Any = QRCode(error_correction=ERROR_CORRECT_M, border=BORDER)
    code.add_data(uri)
    try:
        rows: list[list[bool]] = code.get_matrix()
    except DataOverflowError:
        return 1, ""
    path = "".join(f"M{x},{y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return len(rows), path
