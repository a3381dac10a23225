"""django.contrib.auth over Gatepost: signing in and out, who may, templates."""

from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import authenticate, get_user
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.test import override_settings

from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.core.carriers import Blocking
from gatepost.frameworks.core.wishes import Answer
from gatepost.frameworks.django.users import GatepostUser, user_for
from gatepost.identity import ANON, Identity
from gatepost.problem import Problem
from tests.serving import Served
from tests.surfaces.frameworks.conftest import SITE, cookies_of, kept_session, session_of
from tests.surfaces.people import PASSWORD, Person, newcomer

from .conftest import Visit

SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"


# ------------------------------------------------------------------------------------------------- signing in and out


@pytest.mark.parametrize("a", ["", "a"], ids=["sync view", "async view"])
async def test_login_and_logout_are_of_gatepost_sessions(visit: Visit, server: AuthServer, ada: Person, a: str):
    async with visit(Origin=SITE) as browser:
        assert (await browser.post(f"/{a}enter", data={"email": ada.email, "password": "wrong"})).status_code == 400
        assert kept_session(browser, server) is None
        told = await browser.post(f"/{a}enter", data={"email": ada.email, "password": PASSWORD})
        assert (told.json()["user"], told.json()["sub"]) == (ada.email, ada.id)
        assert a or told.json()["acting"] == f"authenticated {ada.id}"
        session = kept_session(browser, server)
        assert session is not None
        assert "sessionid" not in dict(browser.cookies)
        assert (await browser.get("/who?user")).json()["email"] == ada.email
        left = (await browser.post(f"/{a}logout")).json()
        assert (left["user"], left["role"]) == ("AnonymousUser", "anon")
        assert kept_session(browser, server) is None
        assert (await browser.get("/who")).json()["role"] == "anon"
    ended = Person(ada.server, token=session["access_token"])
    assert ended.ask("GET", "/auth/v1/user").status_code == 403


async def test_beside_djangos_sessions_no_user_is_kept_in_them(visit: Visit, server: AuthServer, ada: Person):
    """What else is there stays, and its key is another than before."""
    with override_settings(
        MIDDLEWARE=[SESSIONS, *settings.MIDDLEWARE], SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies"
    ):
        async with visit(Origin=SITE) as browser:
            await browser.post("/enter", data={"email": ada.email, "password": PASSWORD})
            assert not browser.cookies.get("sessionid")
            assert kept_session(browser, server) is not None
            await browser.get("/keep")
            before = browser.cookies["sessionid"]
            await browser.post("/enter", data={"email": ada.email, "password": PASSWORD})
            assert browser.cookies["sessionid"] != ""
            assert before != ""
            request: Any = type("Request", (), {"session": SessionStore(browser.cookies["sessionid"])})
            assert request.session["basket"] == "milk"
            assert get_user(request) == AnonymousUser()
            assert not [key for key in request.session.keys() if key.startswith("_auth")]  # noqa: SIM118 - its own kind


async def test_without_djangos_sessions_what_needs_one_says_so(visit: Visit):
    async with visit() as browser:
        with override_settings(DEBUG_PROPAGATE_EXCEPTIONS=False):
            assert (await browser.get("/keep")).status_code == 500


def test_a_password_alone_begins_no_session_of_a_visitor(ada: Person):
    user = authenticate(None, username=ada.email, password=PASSWORD)
    assert isinstance(user, GatepostUser)
    assert (user.pk, user.backend) == (ada.id, "gatepost.frameworks.django.backends.GatepostBackend")
    assert authenticate(None, username=ada.email, password="wrong") is None
    assert authenticate(None, token="something else") is None
    assert ada.token not in repr(user)


def test_a_wrong_password_is_shown_to_no_other_backend(ada: Person):
    """Django's own would look for it in a table of its own."""
    backends = [*settings.AUTHENTICATION_BACKENDS, "django.contrib.auth.backends.ModelBackend"]
    with override_settings(AUTHENTICATION_BACKENDS=backends):
        assert authenticate(None, username=ada.email, password="wrong") is None


@pytest.mark.parametrize("answer", [Answer(503), Answer(429, b'{"code":"over_request_rate_limit"}')])
def test_a_server_that_does_not_answer_is_no_wrong_password(
    monkeypatch: pytest.MonkeyPatch, ada: Person, answer: Answer
):
    monkeypatch.setattr(Blocking, "_ask", lambda self, call: answer)
    with pytest.raises(Problem) as caught:
        authenticate(None, username=ada.email, password=PASSWORD)
    assert caught.value.status == answer.status


# ------------------------------------------------------------------------------------------------------------ who may


@pytest.mark.parametrize(
    ("path", "nobody", "bobs"),
    [
        ("/login_required", 302, 200),
        ("/alogin_required", 302, 200),
        ("/members", 302, 200),
        ("/user_passes_test", 302, 302),
        ("/permission_required", 403, 403),
        ("/apermission_required", 403, 403),
        ("/require", 401, 403),
        ("/arequire", 401, 403),
    ],
)
async def test_djangos_own_questions_and_ours(
    visit: Visit, server: AuthServer, ada: Person, bob: Person, path: str, nobody: int, bobs: int
):
    async with visit() as browser:
        answer = await browser.get(path)
        assert answer.status_code == nobody
        if nobody == 302:
            assert answer.headers["location"] == f"/account/sign-in?next={path}"
        if nobody == 401:
            assert answer.json()["code"] == "not_authenticated"
    async with visit(cookies_of(server, session_of(bob))) as browser:
        assert (await browser.get(path)).status_code == bobs
    async with visit(cookies_of(server, session_of(ada))) as browser:
        assert (await browser.get(path)).text == f"hello {ada.id}"


async def test_a_role_and_a_second_factor(visit: Visit, served_notes: Served, ada: Person):
    person = newcomer(served_notes)
    async with visit(Authorization=f"Bearer {person.token}") as caller:
        for path, code in (("/vault", "insufficient_aal"), ("/staff", "insufficient_role")):
            answer = await caller.get(path)
            assert (answer.status_code, answer.json()["code"]) == (403, code)
    person.show_second_factor()
    async with visit(Authorization=f"Bearer {person.token}") as caller:
        assert (await caller.get("/vault")).text == f"hello {person.id}"


async def test_templates_know_user_and_perms(visit: Visit, ada: Person):
    async with visit(Authorization=f"Bearer {ada.token}") as caller:
        assert (await caller.get("/page")).text.replace("&#x27;", "'") == f"{ada.email}|True|True|False|yesp"
    async with visit() as nobody:
        assert (await nobody.get("/page")).text == "AnonymousUser|False|False|False|"


async def test_everybody_has_to_sign_in_where_django_is_told_so(visit: Visit, server: AuthServer, ada: Person):
    """But for the pages where that is done."""
    required = "django.contrib.auth.middleware.LoginRequiredMiddleware"
    with override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, required]):
        async with visit() as browser:
            assert (await browser.get("/page")).status_code == 302
            assert (await browser.get("/account/sign-in")).status_code == 200
        async with visit(cookies_of(server, session_of(ada))) as browser:
            assert (await browser.get("/page")).status_code == 200


def user(*permissions: Any, **claims: Any) -> GatepostUser:
    return GatepostUser(
        Identity("authenticated", {"sub": "1", "app_metadata": {"permissions": [*permissions]}, **claims})
    )


def test_what_users_write_of_themselves_permits_nothing(configured: Any):
    configured(STAFF="p:staff", SUPERUSER="p:root")
    boaster = user(user_metadata={"permissions": ["p:root", "p:staff"]}, permissions=["p:root"])
    assert not boaster.is_superuser
    assert not boaster.is_staff
    assert not boaster.has_perm("p:root")


def test_staff_and_superusers_are_whom_the_settings_name(configured: Any):
    plain = user("p:staff", "p:root", "")
    assert (plain.is_staff, plain.is_superuser) == (False, False)
    configured(STAFF="p:staff", SUPERUSER="p:root")
    assert (user("p:staff").is_staff, user("p:staff").is_superuser, user().is_staff) == (True, False, False)
    root = user("p:root")
    assert (root.is_staff, root.has_perm("any.thing"), root.has_module_perms("any")) == (True, True, True)


def test_a_user_is_what_django_asks_of_one():
    somebody = user("p:reports", "notes.add_note", email="ada@example.com")
    assert (somebody.get_username(), somebody.get_full_name(), str(somebody)) == ("ada@example.com",) * 3
    assert (somebody.is_authenticated, somebody.is_anonymous, somebody.is_active) == (True, False, True)
    assert somebody.has_perms(["p:reports", "p.reports", "notes.add_note"])
    assert not somebody.has_perm("notes.add_note", object())
    assert not somebody.has_perms(["p:reports", "p:other"])
    assert somebody.get_all_permissions() == {"p:reports", "notes.add_note"}
    assert somebody.get_group_permissions() == set()
    assert somebody == user()
    assert len({somebody, user(), user(sub="2")}) == 2
    assert user_for(ANON) == AnonymousUser()
    with pytest.raises(NotImplementedError):
        somebody.save()
    for name in ("set_password", "check_password", "delete", "groups"):
        assert not hasattr(somebody, name)


async def test_asynchronous_questions_are_answered_without_a_thread():
    somebody = user("p:reports")
    assert await somebody.ahas_perm("p:reports")
    assert not await somebody.ahas_perms(["p:other"])
    assert await somebody.ahas_module_perms("p")
    assert await somebody.aget_all_permissions() == {"p:reports"}
