"""`login()` and `logout()` of django.contrib.auth, whose sessions are in Gatepost's cookies.

In: what Django says when somebody logs in or out. Out: a session in cookies, or none; whoever acts from then on. Never:
a user in Django's session, or a row in its table.
"""

from contextlib import suppress
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ImproperlyConfigured

from ...identity import ANON
from ..core import Away
from .acting import act_as
from .users import GatepostUser

LOGIN_KEYS = frozenset((SESSION_KEY, BACKEND_SESSION_KEY, HASH_SESSION_KEY))


class NoSession(SessionBase):
    """`request.session` where Django's sessions are not installed: for `login()`, which wants one."""

    def __setitem__(self, key: str, value: Any) -> None:
        if key not in LOGIN_KEYS:
            raise ImproperlyConfigured(
                f"{key} is to be kept in a session: put django.contrib.sessions.middleware.SessionMiddleware before "
                "GatepostMiddleware"
            )

    def load(self) -> dict[str, Any]:
        return {}

    def exists(self, session_key: str) -> bool:
        return False

    def create(self) -> None:
        """There is nothing to keep."""

    def save(self, must_create: bool = False) -> None:
        """There is nothing to keep."""

    def delete(self, session_key: str | None = None) -> None:
        """There is nothing to keep."""


def _began(*, request: Any, user: Any, **_: Any) -> None:
    if not isinstance(user, GatepostUser) or not hasattr(request, "gatepost"):
        return
    if user.session is not None:
        request.gatepost.visit.keep(user.session)
    for key in LOGIN_KEYS:
        request.session.pop(key, None)
    if not list(request.session.keys()):
        request.session.flush()
    request.identity = user.identity
    act_as(user.identity)


def _ended(*, request: Any, user: Any, **_: Any) -> None:
    if not isinstance(user, GatepostUser) or not hasattr(request, "gatepost"):
        return
    with suppress(Away):  # its cookies go all the same
        request.gatepost.sign_out()
    request.identity = ANON
    act_as(ANON)


user_logged_in.connect(_began, dispatch_uid="gatepost")
user_logged_out.connect(_ended, dispatch_uid="gatepost")
