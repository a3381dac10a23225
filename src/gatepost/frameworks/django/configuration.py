"""What `GATEPOST` of Django's settings says.

In: the dict. Out: a Configuration, made once. Never: a name that is not known, a value of another type.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from ...problem import Problem
from ..cookies import CookieOptions
from ..core import AuthServer
from ..core.door import Door

SERVER: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "URL": ("url", str),
    "KEY": ("key", str),
    "SECRET": ("secret", str),
    "SECRET_KEY": ("secret_key", str),
    "MODE": ("mode", str),
    "COOKIES": ("cookies", CookieOptions),
    "COOKIE_NAME": ("cookie_name", str),
    "HOST_PREFIX": ("host_prefix", bool),
    "ASK_USER": ("ask_user", bool),
    "AUDIENCE": ("audience", (str, type(None))),
    "ROLES": ("roles", (list, tuple)),
    "ORIGINS": ("origins", (list, tuple)),
    "AUTH_PATH": ("auth_path", str),
    "PLAIN_HTTP": ("plain_http", bool),
}
"""What an AuthServer is made of; its arguments are described there."""
OWN: dict[str, type | tuple[type, ...]] = {
    "SERVER": AuthServer,
    "OPEN": (list, tuple),
    "APP_STATE": str,
    "DJANGO_USERS": (list, tuple),
    "STAFF": str,
    "SUPERUSER": str,
    "WITHOUT_IDENTITY": str,
}
ANON, REFUSE = "anon", "refuse"


@dataclass(frozen=True, slots=True)
class Configuration:
    """`beside` are paths where Django's own users and sessions count (its admin). `staff` and `superuser` name
    permissions whose holders are that to Django. `refuses`: the database is not asked without an identity.
    """

    server: AuthServer
    door: Door
    beside: Door
    staff: str
    superuser: str
    refuses: bool


@lru_cache(1)
def configured() -> Configuration:
    """What the settings say; ImproperlyConfigured where that cannot be."""
    said = _said()
    without = said.get("WITHOUT_IDENTITY", ANON)
    if without not in (ANON, REFUSE):
        raise ImproperlyConfigured(f'GATEPOST["WITHOUT_IDENTITY"] is "{ANON}" or "{REFUSE}", not {without!r}')
    return Configuration(
        _server(said),
        Door(said.get("OPEN", ()), said.get("APP_STATE", "")),
        Door(said.get("DJANGO_USERS", ())),
        said.get("STAFF", ""),
        said.get("SUPERUSER", ""),
        without == REFUSE,
    )


def _said() -> dict[str, Any]:
    said: Any = getattr(settings, "GATEPOST", None)
    if not isinstance(said, dict):
        raise ImproperlyConfigured('Say where the auth server is: GATEPOST = {"URL": "https://…", "KEY": "…"}')
    known = {name: kind for name, (_, kind) in SERVER.items()} | OWN
    checked = cast("dict[str, Any]", said)
    for name, value in checked.items():
        if name not in known:
            near = "".join(f"; did you mean {each}?" for each in get_close_matches(name, known, 1))
            raise ImproperlyConfigured(f"GATEPOST[{name!r}] is not known{near}")
        if not isinstance(value, known[name]):
            raise ImproperlyConfigured(f"GATEPOST[{name!r}] is a {type(value).__name__}, which does not do")
    return checked


def _server(said: dict[str, Any]) -> AuthServer:
    given = {argument: said[name] for name, (argument, _) in SERVER.items() if name in said}
    if ("SERVER" in said) == ("URL" in said) or ("SERVER" in said and given):
        raise ImproperlyConfigured('GATEPOST names the auth server by "URL" and what belongs to it, or by "SERVER"')
    given |= {"origins": tuple(given["origins"])} if "origins" in given else {}
    try:
        return said.get("SERVER") or AuthServer(**given)
    except Problem as problem:
        raise ImproperlyConfigured(f"GATEPOST: {problem}") from None


def _forget(*, setting: str, **_: Any) -> None:
    if setting == "GATEPOST":
        configured.cache_clear()


setting_changed.connect(_forget, dispatch_uid="gatepost")
