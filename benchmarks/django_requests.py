"""What Django pays: CPU of a request with and without the middleware, a statement's time with either engine; one run.

In: the login of requests (`AUTHENTICATOR_URL` of `gatepost status`). Out: microseconds, by who asks; by how a statement
runs. Never: the auth server: a token that was verified before is what most requests bring.
"""

import os
import sys
import time
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connections, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import path
from frameworks import SECRET, proofs

from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.django import as_identity
from gatepost.frameworks.django.postgresql import database
from gatepost.identity import Identity

REQUESTS, STATEMENTS, ROUNDS = 2_000, 1_000, 5
MIDDLEWARE = "gatepost.frameworks.django.middleware.GatepostMiddleware"
ADA = Identity("authenticated", {"sub": "9c6d1f2e-0000-4000-8000-000000000001", "role": "authenticated"})


def hello(_: HttpRequest) -> HttpResponse:
    return HttpResponse(b"hello")


urlpatterns = [path("", hello)]


def spent(headers: dict[str, str]) -> float:
    """Microseconds of CPU for a request."""
    handler, environ = WSGIHandler(), RequestFactory(headers=headers).get("/").environ
    started = time.process_time()
    for _ in range(REQUESTS):
        response = handler({**environ}, lambda *_: None)
        assert response.status_code == 200  # pyright: ignore
        response.close()  # pyright: ignore
    return (time.process_time() - started) / REQUESTS * 1e6


def taken(alias: str, work: Callable[[str], None]) -> float:
    """Microseconds for a statement."""
    with as_identity(ADA):
        work(alias)
        started = time.perf_counter()
        work(alias)
        return (time.perf_counter() - started) / STATEMENTS * 1e6


def alone(alias: str) -> None:
    for _ in range(STATEMENTS):
        with connections[alias].cursor() as cursor:
            cursor.execute("select %s", [1])


def within_one(alias: str) -> None:
    with transaction.atomic(using=alias):
        alone(alias)


def one_each(alias: str) -> None:
    for _ in range(STATEMENTS):
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            cursor.execute("select %s", [1])


def set_up(url: str) -> None:
    server = AuthServer("http://127.0.0.1:54321", secret=SECRET)
    logins: dict[str, Any] = {
        "default": database(url),
        "djangos": database(url, engine="django.db.backends.postgresql"),
    }
    needed = ["django.contrib.auth", "django.contrib.contenttypes"]
    settings.configure(
        ROOT_URLCONF=__name__, DATABASES=logins, INSTALLED_APPS=needed, GATEPOST={"SERVER": server}, ALLOWED_HOSTS=["*"]
    )
    django.setup()
    for name, pairs in proofs(server).items():
        headers = {each.decode(): value.decode() for each, value in pairs}
        found: list[tuple[float, float]] = []
        for _ in range(ROUNDS):
            bare = spent(headers)
            with override_settings(MIDDLEWARE=[MIDDLEWARE]):
                found.append((bare, spent(headers)))
        bare, guarded = (min(each) for each in zip(*found, strict=True))
        print(f"{name:10} {bare:6.0f} µs, with the middleware {guarded:6.0f} µs: {guarded - bare:+5.0f} µs")


def main() -> int:
    set_up(sys.argv[1] if len(sys.argv) > 1 else os.environ["AUTHENTICATOR_URL"])
    for name, work in {"alone": alone, "within a transaction": within_one, "a transaction each": one_each}.items():
        pairs = [(taken("djangos", work), taken("default", work)) for _ in range(ROUNDS)]
        djangos, ours = (min(each) for each in zip(*pairs, strict=True))
        print(f"{name:22} Django's engine {djangos:6.0f} µs, Gatepost's {ours:6.0f} µs: {ours / djangos:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
