"""`request.user`: whoever a verified token speaks for, as Django knows users.

In: an Identity. Out: what decorators, mixins and templates ask of a user. Never: a row of a table; a permission that
the server did not write.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser

from ...identity import Identity
from ..core import UnverifiedSession, User
from ..core.sessions import permissions_of, user_of
from .configuration import configured

BACKEND = "gatepost.frameworks.django.backends.GatepostBackend"


class _Key:
    """As `login()` asks for a model's primary key."""

    @staticmethod
    def value_to_string(user: "GatepostUser") -> str:
        return user.id


class _Meta:
    pk = _Key()


class GatepostUser:
    """A user of the auth server. There is no table of them here: a row's owner is `owner_id = request.user.id`."""

    is_authenticated = is_active = True
    is_anonymous = False
    _meta = _Meta()

    def __init__(self, identity: Identity, session: UnverifiedSession | None = None) -> None:
        """`session` is what `login()` keeps in cookies, where somebody has just signed in."""
        self.identity, self.session, self.backend = identity, session, BACKEND
        self.said: User = user_of(identity.claims, identity.subject)
        self.permissions = permissions_of(identity.claims)

    @property
    def id(self) -> str:
        return self.said.id

    @property
    def pk(self) -> str:
        return self.said.id

    @property
    def email(self) -> str:
        return self.said.email

    @property
    def username(self) -> str:
        return self.get_username()

    @property
    def app_metadata(self) -> Mapping[str, Any]:
        """The server's word."""
        return self.said.app_metadata

    @property
    def user_metadata(self) -> Mapping[str, Any]:
        """The user's own, which grants nothing."""
        return self.said.user_metadata

    @property
    def is_staff(self) -> bool:
        """Whoever holds the permission that GATEPOST["STAFF"] names."""
        return self._holds(configured().staff) or self.is_superuser

    @property
    def is_superuser(self) -> bool:
        """Whoever holds the permission that GATEPOST["SUPERUSER"] names: all of Django's questions are answered yes.
        PostgreSQL's are not.
        """
        return self._holds(configured().superuser)

    def _holds(self, permission: str) -> bool:
        return permission != "" and permission in self.permissions

    def get_username(self) -> str:
        return self.said.email or self.said.phone or self.said.id

    get_full_name = get_short_name = natural_key = __str__ = get_username

    def __repr__(self) -> str:
        return f"<GatepostUser {self.id}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GatepostUser) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def get_all_permissions(self, obj: object = None) -> set[str]:
        """Those of the token; rights on a single object are row level security's."""
        return set(self.permissions) if obj is None else set()

    get_user_permissions = get_all_permissions

    def get_group_permissions(self, obj: object = None) -> set[str]:
        """There are no groups."""
        return set()

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Whether the token holds a permission. `p:reports` is `p.reports`, too, as templates have to write it."""
        return self.is_superuser or (obj is None and not {perm, perm.replace(".", ":", 1)}.isdisjoint(self.permissions))

    def has_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        return all(self.has_perm(each, obj) for each in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        """Whether any begins so."""
        begins = (f"{app_label}.", f"{app_label}:")
        return self.is_superuser or any(each == app_label or each.startswith(begins) for each in self.permissions)

    async def ahas_perm(self, perm: str, obj: object = None) -> bool:
        return self.has_perm(perm, obj)

    async def ahas_perms(self, perm_list: Iterable[str], obj: object = None) -> bool:
        return self.has_perms(perm_list, obj)

    async def ahas_module_perms(self, app_label: str) -> bool:
        return self.has_module_perms(app_label)

    async def aget_all_permissions(self, obj: object = None) -> set[str]:
        return self.get_all_permissions(obj)

    def save(self, *_: Any, update_fields: Iterable[str] = (), **__: Any) -> None:
        """The auth server knows by itself when somebody has signed in; all else is changed there."""
        if list(update_fields) != ["last_login"]:
            raise NotImplementedError("Users are the auth server's: change them there")


def user_for(identity: Identity) -> GatepostUser | AnonymousUser:
    """Django's user of an identity."""
    return GatepostUser(identity) if identity.subject else AnonymousUser()
