"""Notes of one's own. No view says whose notes it wants: row level security does."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from gatepost.frameworks.django import require

from .models import Note


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "notes.html", {"notes": Note.objects.all()})


@require_POST
@login_required
def add(request: HttpRequest) -> HttpResponse:
    Note.objects.create(body=request.POST["body"], owner_id=request.user.pk)
    return redirect("/")


@require_GET
def read(request: HttpRequest) -> JsonResponse:
    """Who asks with a bearer sees the same."""
    return JsonResponse(list(Note.objects.values("id", "body")), safe=False)


@require_GET
@require("p:reports", aal="aal2")
def reports(request: HttpRequest) -> JsonResponse:
    """For those with the permission who showed a second factor."""
    return JsonResponse({"for": request.user.pk})
