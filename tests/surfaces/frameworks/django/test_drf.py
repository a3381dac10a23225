"""Django REST framework: bearers and cookies, and permissions of the token."""

from typing import Any

import pytest
from django.test import override_settings
from django.urls import path
from rest_framework.decorators import api_view, authentication_classes, permission_classes, renderer_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.django.drf import GatepostAuthentication, HasPermission, RequireAAL
from tests.surfaces.frameworks.conftest import SITE, cookies_of, session_of
from tests.surfaces.people import Person

from .conftest import Visit


def view(*permissions: Any) -> Any:
    @api_view(["GET", "POST"])
    @renderer_classes([JSONRenderer])
    @authentication_classes([GatepostAuthentication])
    @permission_classes([*permissions])
    def answer(request: Any) -> Response:
        identity = request.auth
        return Response({"user": str(request.user), "role": identity.role if identity else None})

    return answer


urlpatterns = [
    path("any", view()),
    path("members", view(IsAuthenticated)),
    path("reports", view(HasPermission("p:reports"))),
    path("either", view(HasPermission("p:other") | HasPermission("p:reports"))),
    path("vault", view(RequireAAL("aal2"))),
]


@pytest.fixture(autouse=True)
def addresses() -> Any:
    with override_settings(ROOT_URLCONF=__name__):
        yield


async def test_a_bearer_is_who_it_says(visit: Visit, ada: Person):
    async with visit(Authorization=f"Bearer {ada.token}") as caller:
        for path in ("/any", "/members", "/reports", "/either"):
            assert (await caller.post(path)).json() == {"user": ada.email, "role": "authenticated"}
        answer = await caller.get("/vault")
        assert (answer.status_code, answer.json()) == (403, {"detail": "This is for sessions of aal2"})
    async with visit(Authorization="Bearer x.y.z") as caller:
        answer = await caller.get("/any")
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')


async def test_nobody_is_told_how_to_prove_themselves(visit: Visit):
    async with visit() as nobody:
        assert (await nobody.get("/any")).json() == {"user": "AnonymousUser", "role": None}
        for path in ("/members", "/reports", "/vault"):
            answer = await nobody.get(path)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_who_lacks_a_permission_is_told_which(visit: Visit, bob: Person):
    async with visit(Authorization=f"Bearer {bob.token}") as caller:
        answer = await caller.get("/reports")
        assert (answer.status_code, answer.json()) == (403, {"detail": "The permission p:reports is missing"})


async def test_cookies_prove_what_comes_from_this_site(visit: Visit, server: AuthServer, ada: Person):
    """Though DRF's views are exempt from Django's own check."""
    async with visit(cookies_of(server, session_of(ada))) as browser:
        assert (await browser.get("/members")).status_code == 200
        assert (await browser.post("/members", headers={"Origin": SITE})).status_code == 200
        assert (await browser.post("/members", headers={"Origin": "http://evil.test"})).json()["code"] == "csrf"
        assert (await browser.post("/members")).status_code == 403


def test_without_the_middleware_it_says_so():
    with pytest.raises(Exception, match="needs GatepostMiddleware"):
        view()(APIRequestFactory().get("/any"))
