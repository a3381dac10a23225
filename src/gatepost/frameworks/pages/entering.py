"""Pages by which one signs in and out: a password, a link by mail, the second factor.

In: a Page. Out: Steps to its answer. Never: a word on whether an address is known here.
"""

from contextlib import suppress
from typing import Any

from ...problem import Problem
from ..core import Away, User
from ..core.wishes import Steps
from .exchange import PageResponse
from .page import Page, lead

UNTOLD = frozenset(("over_email_send_rate_limit",))
"""What some auth servers say only of an address that somebody has: that a mail is on its way already."""
UNWANTED = frozenset(("otp_disabled", "user_not_found", "signup_disabled"))
"""What they say of an address that nobody has. Both are nobody's business."""


def sign_in(page: Page) -> Steps[PageResponse]:
    """The form; with a password in it, a session."""
    if not page.posted:
        return page.show("sign-in.html")
    email = page.field("email")
    try:
        user = yield from page.request.visit.sign_in_with_password(email, page.field("password"))
    except Problem as problem:
        return page.again("sign-in.html", problem, email=email)
    return signed_in(page, user)


def link(page: Page) -> Steps[PageResponse]:
    """A link by mail, which comes back to `callback`."""
    email, place = page.field("email"), page.request.origin + page.below("/callback")
    try:
        yield from page.request.visit.send_link(email, place, create_user=page.wanted.sign_up)
    except Problem as problem:
        if problem.code not in UNTOLD | UNWANTED:
            return page.again("sign-in.html", problem, email=email)
    return page.show("sent.html", email=email)


def callback(page: Page) -> Steps[PageResponse]:
    """Back from a link, with a code or with what was wrong."""
    given = page.request.given
    code = given.get("code")
    if not code:
        said = given.get("error_description") or "The link is not valid any more"
        return page.again("sign-in.html", Problem("invalid_link", 400, said[:200]))
    try:
        user = yield from page.request.visit.exchange_code(code)
    except Problem as problem:
        if problem.code == "flow_state_not_found" and given.get("confirmed"):  # the link was opened elsewhere
            return page.show("sign-in.html", notice="Your address is confirmed. Sign in with your password.")
        return page.again("sign-in.html", problem)
    if given.get("recovered") and page.wanted.recovery:
        return signed_in(page, user, "/password")
    return signed_in(page, user)


def code(page: Page) -> Steps[PageResponse]:
    """The second factor."""
    on, visit = page.on, page.request.visit
    user = yield from visit.user()
    factor = factor_of(user)
    if factor is None:
        return lead(page.below("/sign-in"))
    if not page.posted:
        return page.show("code.html")
    try:
        yield from visit.show_code(page.field("code").replace(" ", ""), factor)
    except Problem as problem:
        return page.again("code.html", problem)
    return lead(on)


def sign_out(page: Page) -> Steps[PageResponse]:
    """The end of a session. Where the auth server is away, its cookies go all the same."""
    on = page.on
    with suppress(Away):
        yield from page.request.visit.sign_out()
    return lead(on)


def signed_in(page: Page, user: User, to: str = "") -> PageResponse:
    """On, or to a page of ours; whoever has a second factor shows it first."""
    if factor_of(user) is not None:
        return lead(page.below("/code", back=to))
    return lead(page.below(to) if to else page.on)


def factor_of(user: User | None) -> str | None:
    """The id of the user's authenticator."""
    factors: Any = (user.said.get("factors") if user else None) or []
    for each in factors:
        if each.get("status") == "verified" and each.get("factor_type") == "totp":
            return str(each["id"])
    return None
