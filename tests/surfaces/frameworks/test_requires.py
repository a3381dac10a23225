"""`request.user`, `request.auth` and `starlette.authentication.requires`, of verified claims alone."""

import pytest
from starlette.applications import Starlette
from starlette.authentication import requires
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.websockets import WebSocket

from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.pages.starlette import sign_in_pages
from gatepost.frameworks.starlette import AuthMiddleware
from tests.serving import Served
from tests.surfaces.frameworks.conftest import cookies_of, session_of, visiting
from tests.surfaces.frameworks.test_starlette import opened
from tests.surfaces.people import Person, newcomer


@pytest.fixture(scope="module")
def clerk(served_notes: Served) -> Person:
    return newcomer(served_notes, app_metadata={"permissions": ["p:reports"]})


async def who(request: Request) -> Response:
    user = request.user
    return JSONResponse([user.is_authenticated, user.identity, user.display_name, request.auth.scopes])


@requires("authenticated", redirect="account:sign-in")
async def inside(request: Request) -> Response:
    return Response("inside")


@requires(["authenticated", "p:reports"])
def reports(request: Request) -> Response:
    return Response("reports")


@requires("p:reports")
async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


ROUTES = [
    Route("/who", who),
    Route("/inside", inside),
    Route("/reports", reports),
    WebSocketRoute("/socket", socket),
    Mount("/account", app=sign_in_pages(), name="account"),
]


def application(server: AuthServer) -> Starlette:
    app = Starlette(routes=ROUTES)
    app.add_middleware(AuthMiddleware, server=server, open=["/account"])
    return app


async def test_who_it_is(auth_server: AuthServer, clerk: Person):
    async with visiting(application(auth_server), cookies_of(auth_server, session_of(clerk))) as browser:
        assert (await browser.get("/who")).json() == [True, clerk.id, clerk.email, ["authenticated", "p:reports"]]
        assert (await browser.get("/inside")).text == "inside"
        assert (await browser.get("/reports")).text == "reports"


async def test_nobody_is_led_to_the_pages_and_comes_back(auth_server: AuthServer):
    async with visiting(application(auth_server)) as nobody:
        assert (await nobody.get("/who")).json() == [False, "", "", []]
        led = await nobody.get("/inside")
        assert (led.status_code, led.headers["location"].split("?")[0]) == (303, "http://notes.test/account/sign-in")
        assert 'name="next" value="/inside"' in (await nobody.get(led.headers["location"])).text
        assert (await nobody.get("/reports")).status_code == 403


async def test_what_a_user_says_of_himself_grants_nothing(auth_server: AuthServer, served_notes: Served):
    person = newcomer(served_notes)
    made_up = {"id": person.id, "app_metadata": {"permissions": ["p:reports"]}}
    cookies = cookies_of(auth_server, session_of(person, user=made_up))
    async with visiting(application(auth_server), cookies) as browser:
        assert (await browser.get("/who")).json()[3] == ["authenticated"]
        assert (await browser.get("/reports")).status_code == 403


async def test_a_socket(auth_server: AuthServer, clerk: Person):
    app = application(auth_server)
    told = await opened(app, {}, authorization=f"Bearer {clerk.token}")
    assert [message["type"] for message in told] == ["websocket.accept", "websocket.close"]
    [refused] = await opened(app, {})
    assert refused["type"] == "websocket.close"
