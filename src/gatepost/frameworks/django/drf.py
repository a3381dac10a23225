"""Django REST framework: who asks, and what is required.

In: requests behind GatepostMiddleware. Out: `request.user`, `request.auth` (the Identity); permissions for views.
Never: a proof looked at twice: the middleware has, and has refused those that are false, or come from another site by
cookies.
"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from ...identity import Identity
from ...problem import Problem
from ..core.door import Requirement
from .users import GatepostUser


class GatepostAuthentication(BaseAuthentication):
    """Bearers and cookies; for DEFAULT_AUTHENTICATION_CLASSES. Nobody is answered with 401."""

    def authenticate(self, request: Request) -> tuple[Any, Identity] | None:
        """The user, and the Identity as `request.auth`; None for nobody."""
        identity = _identity(request)
        return (GatepostUser(identity), identity) if identity.subject else None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class _Required(BasePermission):
    """A requirement of the identity that DRF has authenticated."""

    wanted: Requirement
    message: str = ""
    code: str = ""

    def has_permission(self, request: Request, view: APIView) -> bool:
        try:
            self.wanted.check(_identity(request))
        except Problem as problem:
            self.message, self.code = problem.message, problem.code
            return False
        return True


def HasPermission(permission: str) -> type[BasePermission]:
    """For `permission_classes`: those with a permission in `app_metadata.permissions`, which the server writes."""
    return _required(Requirement(permission))


def RequireAAL(level: str) -> type[BasePermission]:
    """For `permission_classes`: sessions of that assurance level; `aal2` is those that have shown a second factor."""
    return _required(Requirement(aal=level))


def _required(wanted: Requirement) -> type[BasePermission]:
    class Required(_Required):
        pass

    Required.wanted = wanted
    return Required


def _identity(request: Request) -> Identity:
    try:
        return request._request.identity  # pyright: ignore
    except AttributeError:
        raise ImproperlyConfigured("GatepostAuthentication needs GatepostMiddleware in MIDDLEWARE") from None
