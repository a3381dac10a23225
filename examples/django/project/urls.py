"""Addresses."""

from django.urls import include, path
from notes import views

from gatepost.frameworks.pages.django import sign_in_pages

urlpatterns = [
    path("", views.home),
    path("notes", views.add),
    path("api/notes", views.read),
    path("api/reports", views.reports),
    path("account/", include(sign_in_pages(name="Notes"))),
]
