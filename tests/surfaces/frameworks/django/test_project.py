"""A project around it: its settings, what `manage.py check` says, migrations, Django's admin beside."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connections, router
from django.db.migrations.recorder import MigrationRecorder, MigrationSchemaMissing
from django.test import override_settings

from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.django.checks import check_databases, check_settings
from gatepost.frameworks.django.configuration import configured as configuration
from gatepost.project.state import State
from tests.serving import Served
from tests.surfaces.frameworks.conftest import SITE, cookies_of, session_of
from tests.surfaces.people import PASSWORD, Person

from .conftest import Visit, aliased, connect, database
from .project import MIDDLEWARE

# ----------------------------------------------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (None, "Say where the auth server is"),
        ({}, 'by "URL" and what belongs to it, or by "SERVER"'),
        ({"URL": "http://127.0.0.1:1", "KEI": "x"}, "'KEI'] is not known; did you mean KEY?"),
        ({"URL": "http://127.0.0.1:1", "OPEN": "/account"}, "'OPEN'] is a str, which does not do"),
        ({"URL": "http://127.0.0.1:1", "MODE": "lax"}, '"compat" or "strict", not \'lax\''),
        ({"URL": "http://127.0.0.1:1", "WITHOUT_IDENTITY": "owner"}, '"anon" or "refuse", not \'owner\''),
        ({"URL": "http://elsewhere.test"}, "https"),
        ({"URL": "http://127.0.0.1:1", "HOST_PREFIX": True}, "host_prefix needs cookies that are Secure"),
    ],
)
def test_wrong_settings_are_told(said: Any, told: str):
    with override_settings(GATEPOST=said):
        with pytest.raises(ImproperlyConfigured, match=told.replace("?", r"\?")):
            configuration()
        [message] = check_settings()
        assert (message.id, told in message.msg) == ("gatepost.E001", True)


def test_settings_make_an_auth_server():
    said = {"URL": "http://127.0.0.1:1", "KEY": "k", "MODE": "strict", "ORIGINS": [SITE], "COOKIE_NAME": "c"}
    with override_settings(GATEPOST={**said, "OPEN": ["/account"], "DJANGO_USERS": ["/admin"]}):
        found = configuration()
    assert (found.server.url, found.server.origins, found.server.storage_key) == (said["URL"], (SITE,), "c")
    assert found.server.options.http_only
    assert (found.door.is_open("/account/sign-in"), found.door.is_open("/other")) == (True, False)
    assert found.beside.is_open("/admin/")


CONTRIB = "django.contrib."
SESSIONS, AUTHENTICATION = f"{CONTRIB}sessions.middleware.SessionMiddleware", f"{CONTRIB}auth.middleware.Authentication"


@pytest.mark.parametrize(
    ("changed", "ids"),
    [
        ({}, []),
        ({"MIDDLEWARE": [SESSIONS, f"{AUTHENTICATION}Middleware", MIDDLEWARE]}, []),
        ({"MIDDLEWARE": []}, ["gatepost.E002"]),
        ({"MIDDLEWARE": [MIDDLEWARE, SESSIONS, f"{AUTHENTICATION}Middleware"]}, ["gatepost.E003"] * 2),
        ({"MIDDLEWARE": [f"{CONTRIB}auth.middleware.LoginRequiredMiddleware", MIDDLEWARE]}, ["gatepost.E003"]),
        (
            {
                "AUTHENTICATION_BACKENDS": [
                    "django.contrib.auth.backends.ModelBackend",
                    "gatepost.frameworks.django.backends.GatepostBackend",
                ]
            },
            ["gatepost.W005"],
        ),
    ],
)
def test_what_check_says(changed: dict[str, Any], ids: list[str]):
    with override_settings(**changed):
        assert [message.id for message in check_settings()] == ids


def test_what_check_says_of_a_login_that_may_not_take_roles(logins: State):
    assert check_databases(databases=["default", "owner"]) == []
    with aliased("other", database(logins.logins["auth"])):
        assert {message.id for message in check_databases(databases=["other"])} == {"gatepost.E007"}


# ---------------------------------------------------------------------------------------------- migrations, the admin


@pytest.fixture(scope="module")
def with_admin(served_notes: Served) -> Iterator[None]:
    """Django's own tables, in a schema and by a login of their own; a superuser of its admin."""
    served_notes.sql("create schema django")
    own = {"OPTIONS": {"options": "-c search_path=django"}}
    connect("django", database(served_notes.owner, "django.db.backends.postgresql", **own))
    changed = {
        "DATABASE_ROUTERS": ["gatepost.frameworks.django.postgresql.router.GatepostRouter"],
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
        "AUTHENTICATION_BACKENDS": [
            "gatepost.frameworks.django.backends.GatepostBackend",
            "django.contrib.auth.backends.ModelBackend",
        ],
        "MIDDLEWARE": [
            SESSIONS,
            "django.middleware.csrf.CsrfViewMiddleware",
            f"{AUTHENTICATION}Middleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            MIDDLEWARE,
        ],
        "GATEPOST": {**settings.GATEPOST, "DJANGO_USERS": ["/admin"]},
    }
    with override_settings(**changed):
        call_command("migrate", database="django", verbosity=0)
        get_user_model().objects.create_superuser("boss", "boss@example.com", PASSWORD)
        connections.close_all()
        yield
        connections.close_all()
    del connections["django"], connections.settings["django"]
    served_notes.sql("drop schema django cascade")


def test_migrations_run_by_the_owners_login_alone(with_admin: None, served_notes: Served):
    [(own,)] = served_notes.sql("select count(*) from pg_tables where schemaname = 'django'")
    assert own > 8
    assert served_notes.sql("select 1 from pg_tables where schemaname = 'public' and tablename like 'django%'") == []
    with pytest.raises(MigrationSchemaMissing, match="permission denied"):
        call_command("migrate", database="default", verbosity=0)
    call_command("migrate", database="owner", plan=True, verbosity=0)
    allowed = {
        (db, app): router.allow_migrate(db, app) for db in ("default", "owner", "django") for app in ("notes", "auth")
    }
    assert [pair for pair, may in allowed.items() if may] == [
        ("owner", "notes"),
        ("django", "notes"),
        ("django", "auth"),
    ]


def test_requests_do_not_see_the_owners_tables(served_notes: Served):
    """`runserver` asks for migrations that are not applied, by the login of requests."""
    served_notes.sql("create table public.django_migrations (id int)")
    try:
        assert MigrationRecorder(connections["default"]).applied_migrations() == {}
        assert "Note" in connections["default"].introspection.table_names()
    finally:
        served_notes.sql("drop table public.django_migrations")


async def test_djangos_admin_goes_on_beside(visit: Visit, with_admin: None, server: AuthServer, ada: Person):
    """With users, sessions and a login of its own; neither side's users are the other's."""
    async with visit(cookies_of(server, session_of(ada)), Referer=f"{SITE}/admin/") as browser:
        assert (await browser.get("/admin/")).status_code == 302
        page = await browser.get("/admin/login/")
        form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"], "next": "/admin/"}
        refused = await browser.post("/admin/login/", data={**form, "username": ada.email, "password": PASSWORD})
        assert (page.status_code, "Please enter the correct username" in refused.text) == (200, True)
        entered = await browser.post("/admin/login/", data={**form, "username": "boss", "password": PASSWORD})
        assert (entered.status_code, entered.headers["location"]) == (302, "/admin/")
        assert "Welcome" in (await browser.get("/admin/")).text
        assert "boss@example.com" in (await browser.get("/admin/auth/user/")).text
        assert (await browser.get("/who")).json()["user"] == ada.email
        form["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
        await browser.post("/admin/logout/", data=form)
        assert (await browser.get("/admin/")).status_code == 302
        assert (await browser.get("/who")).json()["user"] == ada.email


async def test_admins_are_nobody_elsewhere(visit: Visit, with_admin: None):
    async with visit(Origin=SITE) as browser:
        await browser.get("/admin/login/")
        form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"], "username": "boss", "password": PASSWORD}
        await browser.post("/admin/login/", data=form)
        assert (await browser.get("/admin/")).status_code == 200
        assert (await browser.get("/who")).json()["user"] == "AnonymousUser"
        answer = await browser.post("/enter", data={"email": "boss", "password": PASSWORD})
        assert answer.status_code == 400


def test_the_owners_login_is_djangos_to_use():
    with connections["owner"].cursor() as cursor:
        cursor.execute('select count(*) from "Note"')
        assert cursor.fetchone() is not None
    assert psycopg.ClientCursor in type(connections["owner"].connection.cursor()).__mro__
