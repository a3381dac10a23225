"""Flask's views: what they know, what they require, the page's user-bound client; applications made by factories."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Blueprint, Flask, copy_current_request_context, jsonify, render_template_string, request

from gatepost.frameworks.core import AuthServer, SyncServerClient
from gatepost.frameworks.flask import (
    Gatepost,
    client_of,
    current_db,
    current_identity,
    current_user,
    login_required,
    require,
)
from gatepost.orm import SyncClient
from gatepost.problem import Problem
from gatepost.project import state
from tests.serving import Served
from tests.surfaces.frameworks.conftest import NOTES, SITE, browsing, cookies_of, kept_session, session_of
from tests.surfaces.people import PASSWORD, Person, newcomer

Expire = Callable[[Person], dict[str, Any]]
HTML = "text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.fixture(scope="module")
def ada(served_notes: Served) -> Person:
    return newcomer(served_notes, app_metadata={"permissions": ["p:reports"]})


@pytest.fixture(scope="module")
def notes(served_notes: Served) -> Iterator[SyncClient]:
    """The example's client, for code that blocks."""
    known = state.read(served_notes.folder / ".gatepost")
    assert known is not None
    with SyncClient.connect((NOTES / "schema.zmodel").read_text(), known.logins["authenticator"]) as client:
        yield client


def read_notes() -> Any:
    return jsonify(current_db.note.find_many(select={"body": True}))


@pytest.fixture
def app(auth_server: AuthServer, notes: SyncClient) -> Flask:
    app = Flask("notes")
    Gatepost(app, auth_server, db=notes, sign_in="/account/sign-in")

    @app.get("/me")
    @login_required
    def me() -> str:
        return current_user.email

    @app.post("/notes")
    @login_required
    def note() -> str:
        current_db.note.create(data={"body": request.args["body"]})
        return ""

    app.add_url_rule("/notes", view_func=read_notes)
    app.add_url_rule("/reports", "reports", require("p:reports")(lambda: current_identity.subject))
    app.add_url_rule("/admin", "admin", require("p:admin")(lambda: ""))
    app.add_url_rule("/vault", "vault", require(aal="aal2")(lambda: ""))
    app.add_url_rule("/staff", "staff", require(role="staff")(lambda: ""))
    return app


# ------------------------------------------------------------------------------------------------- what views require


def test_who_has_to_sign_in_is_told_so(app: Flask, auth_server: AuthServer, ada: Person, served_notes: Served):
    with browsing(app) as nobody:
        refused = nobody.get("/me", headers={"Accept": "*/*"})
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert refused.json() == {
            "code": "not_authenticated",
            "message": "Sign in first",
            "details": None,
            "hint": None,
        }
    with browsing(app, cookies_of(auth_server, session_of(ada))) as browser:
        assert browser.get("/me").text == ada.email
    left = newcomer(served_notes)
    left.ask("POST", "/auth/v1/logout")
    with browsing(app, cookies_of(auth_server, session_of(left))) as browser:
        assert browser.get("/me").status_code == 401


def test_browsers_are_led_to_the_sign_in_page(app: Flask, auth_server: AuthServer):
    plain = Flask("plain")
    Gatepost(plain, auth_server)
    plain.add_url_rule("/me", view_func=login_required(lambda: ""), endpoint="me")
    with browsing(app, Accept=HTML) as browser:
        answer = browser.get("/me?a=1&b=ä")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/account/sign-in?next=%2Fme%3Fa%3D1%26b%3D%25C3%25A4"
        assert browser.get("/reports").headers["location"] == "/account/sign-in?next=%2Freports"
        assert browser.post("/notes?body=x").headers["location"] == "/account/sign-in"
        assert browser.get("/reports", headers={"Authorization": "Bearer x.y.z"}).status_code == 401
    with browsing(plain, Accept=HTML) as browser:
        assert browser.get("/me").status_code == 401


def test_what_is_required_is_checked(app: Flask, ada: Person, served_notes: Served):
    with browsing(app, Authorization=f"Bearer {ada.token}", Accept=HTML) as caller:
        assert caller.get("/reports").text == ada.id
        for path, code in (("/admin", "permission"), ("/vault", "aal"), ("/staff", "role")):
            answer = caller.get(path)
            assert (answer.status_code, answer.json()["code"]) == (403, f"insufficient_{code}")
    with browsing(app) as nobody:
        for path in ("/reports", "/admin", "/vault", "/staff"):
            assert nobody.get(path).status_code == 401
    plain = newcomer(served_notes)
    assert plain.ask("PUT", "/auth/v1/user", {"data": {"permissions": ["p:reports"]}}).status_code == 200
    plain.show_second_factor()
    with browsing(app, Authorization=f"Bearer {plain.token}") as caller:
        assert caller.get("/reports").status_code == 403  # what users write of themselves permits nothing
        assert caller.get("/vault").status_code == 200


def test_a_blueprint_requires_it_of_all_its_views(app: Flask, ada: Person):
    staff = Blueprint("office", __name__, url_prefix="/office")
    staff.before_request(require("p:reports")(lambda: None))
    staff.add_url_rule("/", "home", lambda: "in")
    app.register_blueprint(staff)
    with browsing(app) as nobody:
        assert nobody.get("/office/").status_code == 401
    with browsing(app, Authorization=f"Bearer {ada.token}") as caller:
        assert caller.get("/office/").text == "in"


# ------------------------------------------------------------------------------------------------------ what they know


def test_the_client_is_bound_to_who_asks(app: Flask, auth_server: AuthServer, served_notes: Served):
    one, other = newcomer(served_notes), newcomer(served_notes)
    with browsing(app, cookies_of(auth_server, session_of(one)), Origin=SITE) as browser:
        assert browser.post("/notes?body=hers").status_code == 200
        assert browser.get("/notes").json() == [{"body": "hers"}]
    with browsing(app, Authorization=f"Bearer {other.token}") as caller:
        assert caller.get("/notes").json() == []
    with browsing(app) as nobody:
        assert nobody.get("/notes").json() == []
        assert nobody.post("/notes?body=nobodys").status_code == 401


def test_templates_know_it_too(app: Flask, auth_server: AuthServer, ada: Person):
    page = (
        "{% if current_user.is_authenticated %}{{ current_user.email }} {{ current_identity.role }}"
        "{% else %}nobody {{ current_user.is_anonymous }}{% endif %} {{ csrf_token()|length }}"
    )
    app.add_url_rule("/page", "page", lambda: render_template_string(page))
    with browsing(app) as browser:
        answer = browser.get("/page")
        assert (answer.text, f"{auth_server.storage_key}-csrf" in browser.cookies) == ("nobody True 32", True)
    with browsing(app, cookies_of(auth_server, session_of(ada))) as browser:
        assert browser.get("/page").text == f"{ada.email} authenticated 32"


def test_nobody_is_false_and_somebody_true(app: Flask, ada: Person):
    app.add_url_rule("/perhaps", "perhaps", lambda: [bool(current_user), current_user.is_authenticated])
    with browsing(app) as nobody:
        assert nobody.get("/perhaps").json() == [False, False]
    with browsing(app, Authorization=f"Bearer {ada.token}") as caller:
        assert caller.get("/perhaps").json() == [True, True]


def test_asynchronous_views_know_who_asks(app: Flask, auth_server: AuthServer, ada: Person):
    @app.get("/waiting")
    @login_required
    async def waiting() -> list[str]:
        async def subject() -> str:
            await asyncio.sleep(0)
            return current_identity.subject

        return [*await asyncio.gather(subject(), subject()), current_user.email]

    with browsing(app, cookies_of(auth_server, session_of(ada))) as browser:
        assert browser.get("/waiting").json() == [ada.id, ada.id, ada.email]
    with browsing(app) as nobody:
        assert nobody.get("/waiting").status_code == 401


def test_a_thread_knows_it_where_the_request_is_taken_along(app: Flask, ada: Person):
    @app.get("/beside")
    def beside() -> list[str]:
        found = list[str]()
        for target in (copy_current_request_context(lambda: found.append(current_identity.subject)), alone(found)):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
        return found

    def alone(found: list[str]) -> Callable[[], None]:
        def work() -> None:
            with pytest.raises(RuntimeError, match="outside of request context"):
                str(current_identity)
            found.append("nothing")

        return work

    with browsing(app, Authorization=f"Bearer {ada.token}") as caller:
        assert caller.get("/beside").json() == [ada.id, "nothing"]


def test_a_problem_is_answered_as_one(app: Flask, auth_server: AuthServer):
    def refuse() -> None:
        raise Problem("no_milk", 409, "There is no milk", None, "Buy some", {"X-Milk": "0"})

    app.add_url_rule("/milk", view_func=refuse)
    with browsing(app, Accept=HTML) as browser:
        answer = browser.get("/milk")
        assert (answer.status_code, answer.headers["x-milk"]) == (409, "0")
        assert answer.json() == {"code": "no_milk", "message": "There is no milk", "details": None, "hint": "Buy some"}
    bare = Flask("bare")
    Gatepost(bare, auth_server)
    bare.add_url_rule("/notes", view_func=read_notes)
    with browsing(bare) as browser:
        assert (browser.get("/notes").status_code, browser.get("/notes").json()["code"]) == (500, "not_configured")


def test_a_view_signs_in_and_out(app: Flask, auth_server: AuthServer, ada: Person):
    @app.post("/in")
    def enter() -> str:
        client_of().sign_in_with_password(ada.email, PASSWORD)
        return current_user.email

    @app.post("/out")
    def leave() -> str:
        client_of().sign_out()
        return str(current_user.is_authenticated)

    with browsing(app, Origin=SITE) as browser:
        assert browser.post("/in").text == ada.email
        assert kept_session(browser, auth_server) is not None
        assert browser.get("/me").text == ada.email
        assert browser.post("/out").text == "False"
        assert kept_session(browser, auth_server) is None


# --------------------------------------------------------------------------------------------- applications, factories


def test_a_factory_makes_applications_that_share_nothing(served_notes: Served, notes: SyncClient, ada: Person):
    extension = Gatepost(open=["/open"])

    def create_app(name: str, **config: str) -> Flask:
        app = Flask(name)
        app.config.from_mapping(config)
        extension.init_app(app, db=notes if name == "first" else None)
        app.add_url_rule("/notes", view_func=read_notes)
        app.add_url_rule("/open", "open", lambda: current_identity.role)
        return app

    first = create_app("first", GATEPOST_URL=served_notes.url, GATEPOST_KEY=served_notes.publishable)
    second = create_app("second", GATEPOST_URL="http://localhost:1", GATEPOST_KEY="another")
    with browsing(first, Authorization=f"Bearer {ada.token}") as caller:
        assert caller.get("/notes").status_code == 200
        assert caller.get("/open").text == "authenticated"
    with browsing(second, Authorization=f"Bearer {ada.token}") as caller:
        assert caller.get("/notes").status_code == 503
        assert caller.get("/open").text == "anon"
    with browsing(second) as nobody:
        assert nobody.get("/notes").json()["code"] == "not_configured"
    with pytest.raises(Problem, match="does not say where its auth server is"):
        create_app("third")
    with pytest.raises(RuntimeError, match="installed already"):
        extension.init_app(first)
    with pytest.raises(TypeError, match="Gatepost has no option appstate"):
        Gatepost(Flask("fourth"), appstate="appState")  # pyright: ignore[reportCallIssue]
    for app in (first, second):
        app.extensions["gatepost"].server.close()


def test_without_the_extension_it_says_so():
    app = Flask("bare")
    app.testing = True
    app.add_url_rule("/notes", view_func=read_notes)
    with browsing(app) as browser, pytest.raises(RuntimeError, match="is not installed"):
        browser.get("/notes")


def test_below_a_path_of_another_application(auth_server: AuthServer):
    """As DispatcherMiddleware, or a server's SCRIPT_NAME, mounts it: `open` is within the application."""
    app = Flask("notes")
    Gatepost(app, auth_server, open=["/open"], sign_in="/notes/open/sign-in")
    app.add_url_rule("/open/who", "who", lambda: current_identity.role)
    app.add_url_rule("/me", "me", login_required(lambda: ""))

    def mounted(environ: dict[str, Any], start_response: Any) -> Any:
        moved = {"SCRIPT_NAME": "/notes", "PATH_INFO": environ["PATH_INFO"].removeprefix("/notes")}
        return app({**environ, **moved}, start_response)

    with browsing(mounted, Accept=HTML) as browser:
        assert browser.get("/notes/open/who", headers={"Authorization": "Bearer x.y.z"}).text == "anon"
        assert browser.get("/notes/me").headers["location"] == "/notes/open/sign-in?next=%2Fnotes%2Fme"


# ---------------------------------------------------------------------------------------------------------- document 1


@pytest.fixture
def page(auth_server: AuthServer, notes: SyncClient) -> Flask:
    """The page's example: a client from cookies, a validated user, a user-bound client; no extension."""
    app = Flask("page")

    def get_user_db(response: Any) -> Any:
        def set_all(cookies: list[Any], headers: Any) -> None:
            for each in cookies:
                response.headers.add("Set-Cookie", each.header)
            response.headers.update(headers)

        user = SyncServerClient(auth_server, request.cookies.items, set_all).get_user()
        # Only what the rules need of the user goes into their context.
        return notes.set_auth({"id": user.id} if user else None)

    @app.get("/notes")
    def read() -> Any:
        response = jsonify()
        response.set_data(app.json.dumps(get_user_db(response).note.find_many(select={"body": True})))
        return response

    return app


def test_the_pages_user_sees_their_rows_and_its_forger_none(
    page: Flask, auth_server: AuthServer, notes: SyncClient, served_notes: Served, expired: Expire
):
    person = newcomer(served_notes)
    notes.set_auth({"id": person.id}).note.create(data={"body": "mine"})
    with browsing(page, cookies_of(auth_server, session_of(person))) as browser:
        assert browser.get("/notes").json() == [{"body": "mine"}]
    with browsing(page, cookies_of(auth_server, expired(person))) as browser:
        answer = browser.get("/notes")
        assert answer.json() == [{"body": "mine"}]
        assert answer.headers["cache-control"].startswith("private")
        assert kept_session(browser, auth_server) is not None
    forged = session_of(person, access_token=person.token[:-8] + "AAAAAAAA")
    with browsing(page, cookies_of(auth_server, forged)) as browser:
        assert browser.get("/notes").json() == []


@pytest.mark.parametrize(
    ("state", "token", "answer"),
    [
        ('{"loggedIn":true}', "good", (200, [{"body": "hers"}])),
        ('{"loggedIn":true}', "forged", (401, "INVALID SESSION")),
        ('{"loggedIn":false}', "good", (200, [])),
    ],
)
def test_document_2s_claims_reach_each_call_of_the_database(
    auth_server: AuthServer, notes: SyncClient, served_notes: Served, state: str, token: str, answer: tuple[int, Any]
):
    """Its middleware and its context: who says signed in and is not never reaches the database."""
    app = Flask("notes")
    Gatepost(app, auth_server, db=notes, app_state="appState")
    app.add_url_rule("/notes", view_func=read_notes)
    person = newcomer(served_notes)
    notes.set_auth({"id": person.id}).note.create(data={"body": "hers"})
    session = session_of(person, access_token=person.token if token == "good" else person.token[:-6] + "AAAAAA")
    cookies = cookies_of(auth_server, session) | {"appState": state}
    with browsing(app, Cookie="; ".join(f"{name}={value}" for name, value in cookies.items())) as browser:
        found = browser.get("/notes")
        said = found.json()
        assert (found.status_code, said if found.status_code == 200 else said["message"]) == answer
