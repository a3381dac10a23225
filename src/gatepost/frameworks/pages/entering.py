"""Pages by which one signs in and out: a password, a link by mail, the second factor.

In: a Page. Out: Steps to its answer. Never: a word on whether an address is known here.
"""

from contextlib import suppress

from ...problem import Problem
from ..core import Away, User
from ..core.sessions import Factor, factors_of
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
        # Not what the address says beside it: anybody can send somebody a link with any words.
        return page.again("sign-in.html", Problem("invalid_link", 400, "The link is not valid any more"))
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
    """The second factor; whoever has several says which."""
    on, found = page.on, (yield from own_factors(page))
    if not found:
        return lead(page.below("/sign-in"))
    if not page.posted:
        return page.show("code.html", factors=found)
    wanted = page.field("factor")
    factor = next((each.id for each in found if each.id == wanted), found[0].id)
    try:
        yield from page.request.visit.show_code(page.field("code").replace(" ", ""), factor)
    except Problem as problem:
        return page.again("code.html", problem, factors=found, factor=factor)
    return lead(on)


def sign_out(page: Page) -> Steps[PageResponse]:
    """The end of a session. Where the auth server is away, its cookies go all the same."""
    on = page.on
    with suppress(Away):
        yield from page.request.visit.sign_out()
    return lead(on)


def signed_in(page: Page, user: User, to: str = "") -> PageResponse:
    """On, or to a page of ours; whoever has a second factor shows it first."""
    if authenticators(factors_of(user.said)):
        return lead(page.below("/code", back=to))
    return lead(page.below(to) if to else page.on)


def own_factors(page: Page) -> Steps[list[Factor] | None]:
    """The visitor's authenticators, as the auth server has them now; None for nobody."""
    identity = yield from page.request.visit.identity()
    if not identity.subject:
        return None
    try:
        return authenticators((yield from page.request.visit.factors()))
    except Problem as problem:
        if problem.status not in (401, 403):
            raise
        return None


def authenticators(factors: list[Factor]) -> list[Factor]:
    """Those that count."""
    return [each for each in factors if each.kind == "totp" and each.verified]
