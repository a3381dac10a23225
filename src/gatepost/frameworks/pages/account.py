"""Pages for an account of one's own: signing up, a forgotten password, a new one.

In: a Page. Out: Steps to its answer. Never: a word on whether an address is known here, where the auth server keeps it
to itself: it does where new addresses are confirmed by mail.
"""

from ...problem import Problem
from ..core.wishes import Steps
from .entering import UNTOLD, UNWANTED, signed_in
from .exchange import PageResponse
from .page import Page, lead


def sign_up(page: Page) -> Steps[PageResponse]:
    """The form; then a session, or a mail whose link comes back to `callback`."""
    if not page.posted:
        return page.show("sign-up.html")
    email, place = page.field("email"), page.request.origin + page.below("/callback") + "&confirmed=1"
    try:
        user = yield from page.request.visit.sign_up(email, page.field("password"), place)
    except Problem as problem:
        if problem.code not in UNTOLD:
            return page.again("sign-up.html", problem, email=email)
        user = None
    return page.show("sent.html", email=email) if user is None else signed_in(page, user)


def forgotten(page: Page) -> Steps[PageResponse]:
    """The form; then a mail whose link leads to `password`."""
    if not page.posted:
        return page.show("forgotten.html", email=page.request.given.get("email", ""))
    email, place = page.field("email"), page.request.origin + page.below("/callback") + "&recovered=1"
    try:
        yield from page.request.visit.recover(email, place)
    except Problem as problem:
        if problem.code not in UNTOLD | UNWANTED:
            return page.again("forgotten.html", problem, email=email)
    return page.show("sent.html", email=email)


def password(page: Page) -> Steps[PageResponse]:
    """A new password. Some auth servers want the old one, or a code by mail, with it."""
    on, visit = page.on, page.request.visit
    user = yield from visit.user()
    if user is None:
        return lead(page.below("/sign-in", back="/password"))
    if not page.posted:
        return page.show("password.html", email=user.email)
    proofs = {name: page.field(name) for name in ("current_password", "nonce") if page.field(name)}
    try:
        yield from visit.update_user({"password": page.field("password"), **proofs})
    except Problem as problem:
        return (yield from _once_more(page, user.email, problem))
    return lead(on)


def _once_more(page: Page, email: str, problem: Problem) -> Steps[PageResponse]:
    """What is to be given beside a new password."""
    if problem.code == "insufficient_aal":
        return lead(page.below("/code", back="/password"))
    nonce = bool(page.field("nonce"))
    if problem.code == "reauthentication_needed" and not nonce:
        yield from page.request.visit.reauthenticate()
        nonce = True
    current = problem.code.startswith("current_password") or bool(page.field("current_password"))
    return page.again("password.html", problem, email=email, wants_current=current, wants_nonce=nonce)
