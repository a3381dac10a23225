"""Views of both colours, and addresses for them."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import admin
from django.contrib.auth import aauthenticate, alogin, alogout, authenticate, login, logout
from django.contrib.auth.decorators import login_required, permission_required, user_passes_test
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import connection, transaction
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.middleware.csrf import get_token
from django.template import engines
from django.urls import include, path
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from gatepost.frameworks.django import require
from gatepost.frameworks.pages.django import sign_in_pages
from gatepost.problem import Problem

from .notes.models import Note

ACTING = "select current_user || ' ' || coalesce(current_setting('request.jwt.claim.sub', true), '')"
TEMPLATE = (
    "{{ user }}|{{ user.is_authenticated }}|{{ perms.p.reports }}|{{ perms.p.admin }}|"
    '{% if "p:reports" in perms %}yes{% endif %}{% if perms.p %}p{% endif %}{% if perms.q %}q{% endif %}'
)


def acting() -> str:
    with connection.cursor() as cursor:
        cursor.execute(ACTING)
        return cursor.fetchone()[0].strip()


def told(request: Any, email: str | None, acting: str) -> JsonResponse:
    user, identity = request.user, request.identity
    found = {"role": identity.role, "sub": identity.subject, "email": email, "acting": acting}
    found |= {"user": str(user), "id": str(user.pk or ""), "authenticated": user.is_authenticated}
    return JsonResponse(found, headers={"Cache-Control": "public, max-age=60"})


def who(request: Any) -> HttpResponse:
    user = request.gatepost.get_user() if "user" in request.GET else None
    return told(request, user.email if user else None, acting())


async def awho(request: Any) -> HttpResponse:
    user = await request.agatepost.get_user() if "user" in request.GET else None
    assert await request.auser() == request.user
    return told(request, user.email if user else None, await sync_to_async(acting)())


def notes(request: Any) -> HttpResponse:
    if request.method == "POST":
        Note.objects.create(body=request.POST["body"], owner_id=request.POST.get("owner") or request.user.id)
    return JsonResponse(sorted(Note.objects.values_list("body", flat=True)), safe=False)


async def anotes(request: Any) -> HttpResponse:
    if request.method == "POST":
        await Note.objects.acreate(body=request.POST["body"], owner_id=request.POST.get("owner") or request.user.id)
    return JsonResponse(sorted([note.body async for note in Note.objects.all()]), safe=False)


def streamed(_: Any) -> HttpResponse:
    """What is read after the view has ended, by a cursor of the server's."""

    def rows() -> Iterator[str]:
        for note in Note.objects.order_by("body").iterator(chunk_size=1):
            yield f"{note.body} {acting()}\n"

    return StreamingHttpResponse(rows())


async def astreamed(_: Any) -> HttpResponse:
    async def rows() -> AsyncIterator[str]:
        async for note in Note.objects.order_by("body").aiterator(chunk_size=1):
            yield f"{note.body} {await Note.objects.acount()}\n"

    return StreamingHttpResponse(rows())


def late(request: Any) -> HttpResponse:
    """A session that is renewed while its response is already on the way."""

    def body() -> Iterator[str]:
        yield "begun "
        yield "renewed" if request.gatepost.refresh() else "ended"

    return StreamingHttpResponse(body())


def leave(request: Any) -> HttpResponse:
    request.gatepost.sign_out()
    return HttpResponse()


async def aleave(request: Any) -> HttpResponse:
    await request.agatepost.sign_out()
    return HttpResponse()


def enter(request: Any) -> HttpResponse:
    user = authenticate(request, username=request.POST["email"], password=request.POST["password"])
    if user is None:
        return HttpResponse("no", status=400)
    login(request, user)
    return told(request, user.email, acting())


async def aenter(request: Any) -> HttpResponse:
    user = await aauthenticate(request, email=request.POST["email"], password=request.POST["password"])
    if user is None:
        return HttpResponse("no", status=400)
    await alogin(request, user)
    return told(request, user.email, "")


def leave_by_django(request: Any) -> HttpResponse:
    logout(request)
    return told(request, None, acting())


async def aleave_by_django(request: Any) -> HttpResponse:
    await alogout(request)
    return told(request, None, "")


def page(request: Any) -> HttpResponse:
    return HttpResponse(engines["django"].from_string(TEMPLATE).render({}, request))


def keep(request: Any) -> HttpResponse:
    request.session["basket"] = "milk"
    return HttpResponse()


def token(request: Any) -> HttpResponse:
    return HttpResponse(get_token(request))


def wrong(_: Any) -> HttpResponse:
    raise Problem("teapot", 418, "Short and stout", None, "Pour elsewhere", {"X-Spout": "yes"})


def hello(request: Any) -> HttpResponse:
    return HttpResponse(f"hello {request.user.pk}")


async def ahello(request: Any) -> HttpResponse:
    return HttpResponse(f"hello {request.user.pk}")


class Members(LoginRequiredMixin, View):
    def get(self, request: Any) -> HttpResponse:
        return hello(request)


class Vault(View):
    @require(aal="aal2")
    def get(self, request: Any) -> HttpResponse:
        return hello(request)


def reports_only(user: Any) -> bool:
    return user.has_perm("p:reports")


urlpatterns = [
    *(path(place, view) for place in ("who", "open/who") for view in (who,)),
    path("awho", awho),
    path("notes", csrf_exempt(notes)),
    path("anotes", csrf_exempt(anotes)),
    path("atomic", csrf_exempt(transaction.atomic(notes))),
    path("guarded", notes),
    path("streamed", streamed),
    path("astreamed", astreamed),
    path("late", late),
    path("leave", csrf_exempt(leave)),
    path("aleave", csrf_exempt(aleave)),
    path("enter", csrf_exempt(enter)),
    path("aenter", csrf_exempt(aenter)),
    path("logout", csrf_exempt(leave_by_django)),
    path("alogout", csrf_exempt(aleave_by_django)),
    path("page", page),
    path("keep", keep),
    path("token", token),
    path("wrong", wrong),
    path("members", Members.as_view()),
    path("login_required", login_required(hello)),
    path("alogin_required", login_required(ahello)),
    path("permission_required", permission_required("p:reports", raise_exception=True)(hello)),
    path("apermission_required", permission_required("p:reports", raise_exception=True)(ahello)),
    path("user_passes_test", user_passes_test(reports_only)(hello)),
    path("require", require("p:reports")(hello)),
    path("arequire", require("p:reports")(ahello)),
    path("staff", require(role="staff")(hello)),
    path("vault", Vault.as_view()),
    path("account/", include(sign_in_pages(name="Notes"))),
    path("admin/", admin.site.urls),
]
