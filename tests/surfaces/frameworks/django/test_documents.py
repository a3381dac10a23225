"""The page about Django, laid out as the project that it tells of; and document 1's example, in Django."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, JsonResponse
from django.test import RequestFactory

from gatepost.cli.status import as_url
from gatepost.frameworks.core import AuthServer, SyncServerClient
from gatepost.orm import SyncClient
from gatepost.project.state import State
from tests.serving import Served
from tests.surfaces.frameworks.conftest import NOTES, cookies_of, session_of
from tests.surfaces.people import PASSWORD, Person, newcomer

REPOSITORY = Path(__file__).parents[4]
BLOCK = re.compile(r'^```python title="([^"]+)"\n(.*?)^```', re.MULTILINE | re.DOTALL)
# What somebody does with it; the rest is the page's.
VISIT = """
import json, os, sys
import django
django.setup()
from django.core.management import call_command
from django.test import Client
from django.test.runner import DiscoverRunner

call_command("migrate", database="owner", verbosity=0)
call_command("check", databases=["default"])
token, email, password = sys.argv[1:]
signed_in, nobody = Client(headers={"Authorization": f"Bearer {token}"}), Client(enforce_csrf_checks=True)
found = {path: (each := signed_in.get(path)).status_code and each.content.decode()
         for path in ("/me", "/role", "/user", "/vault")}
found["write"] = signed_in.post("/notes/new", {"body": "milk"}).status_code
found["notes"] = signed_in.get("/notes").json(), nobody.get("/notes").status_code
found["nobody"] = [nobody.get(path).status_code for path in ("/me", "/role", "/reports", "/vault", "/account/sign-in")]
found["refused"] = nobody.post("/own/sign-in", {"email": email, "password": password}).status_code
browser = Client()
found["sign-in"] = browser.post("/own/sign-in", {"email": email, "password": password}).content.decode()
found["then"] = browser.get("/notes").json()
found["sign-out"] = browser.post("/own/sign-out").content.decode(), browser.get("/role").content.decode()
runner = DiscoverRunner(keepdb=True, verbosity=0)
found["tests"] = runner.build_suite(["notes"]).countTestCases(), runner.run_tests(["notes"])
from notes.api import reports
from notes.bound import db, notes_of
from gatepost.identity import ANON
from types import SimpleNamespace
found["bound"] = notes_of(SimpleNamespace(identity=ANON))
db.close()
print(json.dumps(found))
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """Its blocks as files; one that goes on is one file."""
    for name, text in BLOCK.findall((REPOSITORY / "docs" / "howto" / "django.md").read_text()):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        (file.parent / "__init__.py").touch()
        file.write_text((file.read_text() if file.exists() else "") + text)
    (tmp_path / "__init__.py").unlink(missing_ok=True)
    (tmp_path / "schema.zmodel").write_bytes((REPOSITORY / "examples" / "django" / "schema.zmodel").read_bytes())
    return tmp_path


@pytest.fixture
def environment(served_notes: Served, logins: State) -> Iterator[dict[str, str]]:
    """What `gatepost status` told."""
    urls = {name: as_url(dsn) for name, dsn in (("AUTHENTICATOR_URL", logins.logins["authenticator"]),)}
    said = {"API_URL": served_notes.url, "PUBLISHABLE_KEY": served_notes.publishable, "DJANGO_SECRET_KEY": "x", **urls}
    yield {**os.environ, **said, "DB_URL": as_url(served_notes.owner), "DJANGO_SETTINGS_MODULE": "project.settings"}
    served_notes.sql("drop table if exists notes_note, django_migrations")


def test_djangos_page(page: Path, environment: dict[str, str], served_notes: Served):
    person = newcomer(served_notes, app_metadata={"permissions": ["p:reports"]})
    command = [sys.executable, "-W", "error", "-c", VISIT, person.token, person.email, PASSWORD]
    done = subprocess.run(command, cwd=page, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert json.loads(found["/me"]) == {"id": person.id, "email": person.email}
    assert (found["/role"], found["/user"]) == ("authenticated", person.email)
    assert json.loads(found["/vault"])["code"] == "insufficient_aal"
    assert (found["write"], found["notes"]) == (201, [["milk"], 403])
    assert found["nobody"] == [302, 200, 403, 401, 200]
    assert (found["refused"], found["sign-in"], found["then"]) == (403, f"Welcome {person.email}", ["milk"])
    assert found["sign-out"] == ["Goodbye", "anon"]
    assert (found["tests"], found["bound"]) == ([1, 0], [])


# ----------------------------------------------------------------------------------------------------- document 1


@pytest.fixture(scope="module")
def db(logins: State) -> Iterator[SyncClient]:
    """The example's client, bound to nobody."""
    with SyncClient.connect((NOTES / "schema.zmodel").read_text(), logins.logins["authenticator"]) as client:
        yield client


View = Callable[[HttpRequest], JsonResponse]


@pytest.fixture
def notes(server: AuthServer, db: SyncClient) -> View:
    """The page's example: a client from cookies, a validated user, a user-bound client; no middleware."""

    def create_client(request: HttpRequest, response: JsonResponse) -> SyncServerClient:
        def set_all(cookies: list[Any], headers: Any) -> None:
            for each in cookies:
                response.set_cookie(each.name, each.value, max_age=each.options.max_age, samesite="Lax")
            for name, value in headers.items():
                response.headers[name] = value

        return SyncServerClient(server, request.COOKIES.items, set_all)

    def get_user_db(client: SyncServerClient) -> Any:
        user = client.get_user()
        # Only what the rules need of the user goes into their context.
        return db.set_auth({"id": user.id} if user else None)

    def view(request: HttpRequest) -> JsonResponse:
        response = JsonResponse({})
        bound = get_user_db(create_client(request, response))
        response.content = json.dumps(bound.note.find_many(select={"body": True}))
        return response

    return view


def asked(view: View, server: AuthServer, session: dict[str, Any]) -> JsonResponse:
    cookies = "; ".join(f"{name}={value}" for name, value in cookies_of(server, session).items())
    return view(RequestFactory().get("/notes", headers={"Cookie": cookies}))


def test_the_pages_user_sees_their_rows(
    notes: View,
    server: AuthServer,
    db: SyncClient,
    served_notes: Served,
    expired: Callable[[Person], dict[str, Any]],
):
    person = newcomer(served_notes)
    db.set_auth({"id": person.id}).note.create(data={"body": "mine"})
    assert json.loads(asked(notes, server, session_of(person)).content) == [{"body": "mine"}]
    answer = asked(notes, server, expired(person))
    assert json.loads(answer.content) == [{"body": "mine"}]
    assert answer.headers["cache-control"].startswith("private")
    assert answer.cookies[server.storage_key].value.startswith("base64-")


def test_the_pages_forger_is_nobody(notes: View, server: AuthServer, db: SyncClient, served_notes: Served):
    victim = newcomer(served_notes)
    db.set_auth({"id": victim.id}).note.create(data={"body": "hers"})
    forged = session_of(victim, access_token=victim.token[:-8] + "AAAAAAAA")
    assert json.loads(asked(notes, server, forged).content) == []
