"""What `manage.py check` says.

In: the settings; with `--database`, the logins. Out: what is wrong with them and what to do. Never: a request that is
let through because nobody ran it: what matters is refused when it happens, too.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections

from ...identity import ANON, Identity
from .acting import as_identity
from .configuration import configured
from .postgresql.base import DatabaseWrapper

MIDDLEWARE = "gatepost.frameworks.django.middleware.GatepostMiddleware"
BACKEND = "gatepost.frameworks.django.backends.GatepostBackend"
BEFORE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
)
AFTER = ("django.contrib.auth.middleware.LoginRequiredMiddleware",)
NEEDED = ("django.contrib.auth", "django.contrib.contenttypes")


def check_settings(**_: Any) -> list[CheckMessage]:
    """GATEPOST, MIDDLEWARE, INSTALLED_APPS, AUTHENTICATION_BACKENDS."""
    return [*_configuration(), *_order(settings.MIDDLEWARE), *_applications(), *_backends()]


def check_databases(*, databases: Iterable[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Whether logins are such that policies bind them, and may take the roles of requests."""
    ours = [alias for alias in databases or () if isinstance(connections[alias], DatabaseWrapper)]
    return [message for alias in ours for message in _login(alias)]


def _configuration() -> Iterator[CheckMessage]:
    try:
        configured()
    except ImproperlyConfigured as error:
        yield Error(str(error), id="gatepost.E001")


def _order(installed: Sequence[str]) -> Iterator[CheckMessage]:
    if MIDDLEWARE not in installed:
        yield Error(f"{MIDDLEWARE} is not in MIDDLEWARE: every request is nobody's", id="gatepost.E002")
        return
    place = installed.index(MIDDLEWARE)
    for name in BEFORE:
        if name in installed[place:]:
            hint = "It would put Django's own user in the place of the one that was verified"
            yield Error(f"{name} has to stand before {MIDDLEWARE}", hint, id="gatepost.E003")
    for name in AFTER:
        if name in installed[:place]:
            hint = "It asks for a user who is not known yet"
            yield Error(f"{name} has to stand after {MIDDLEWARE}", hint, id="gatepost.E003")


def _applications() -> Iterator[CheckMessage]:
    for name in NEEDED:
        if name not in settings.INSTALLED_APPS:
            hint = "Its tables are not needed"
            yield Error(f"{name} is not in INSTALLED_APPS: AnonymousUser is there", hint, id="gatepost.E004")


def _backends() -> Iterator[CheckMessage]:
    named = list(settings.AUTHENTICATION_BACKENDS)
    if BACKEND in named[1:]:
        hint = f"Put {BACKEND} first"
        yield Warning(
            "Passwords of the auth server's users are shown to another backend first", hint, id="gatepost.W005"
        )


def _login(alias: str) -> Iterator[CheckMessage]:
    connection = connections[alias]
    try:
        for identity in (ANON, Identity("authenticated", {"role": "authenticated"})):
            with as_identity(identity), connection.cursor() as cursor:
                cursor.execute("select 1")
    except ImproperlyConfigured as error:
        yield Error(f"{alias}: {error}", id="gatepost.E006")
    except DatabaseError as error:
        hint = "Use the login authenticator of a database that Gatepost has set up"
        yield Error(f"{alias}: the login may not take the roles of requests: {error}", hint, id="gatepost.E007")
