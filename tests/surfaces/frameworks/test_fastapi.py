"""FastAPI: dependencies that know who asks, what they require, and the page's user-bound client."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Request, Response, Security

from gatepost.frameworks.core import AuthServer, ServerClient, UnverifiedUserWarning, User
from gatepost.frameworks.fastapi import (
    CurrentIdentity,
    CurrentUser,
    Db,
    OptionalUser,
    current_identity,
    current_user,
    install,
    require,
)
from gatepost.identity import ANON, Identity
from gatepost.orm import Client
from tests.serving import Served
from tests.surfaces.frameworks.conftest import SITE, cookies_of, kept_session, session_of, visiting
from tests.surfaces.people import Person, newcomer

Expire = Callable[[Person], dict[str, Any]]


@pytest.fixture(scope="module")
def ada(served_notes: Served) -> Person:
    return newcomer(served_notes, app_metadata={"permissions": ["p:reports"]})


@pytest.fixture
def app(auth_server: AuthServer, db: Client) -> FastAPI:
    app = FastAPI()
    install(app, auth_server, db=db)

    @app.get("/me")
    async def me(user: CurrentUser) -> str:
        return user.email

    @app.get("/perhaps")
    async def perhaps(user: OptionalUser) -> str | None:
        return user.email if user else None

    @app.get("/identity")
    async def identity(identity: CurrentIdentity) -> str:
        return identity.role

    @app.get("/notes")
    async def notes(db: Db) -> list[Any]:
        return await db.note.find_many(select={"body": True})

    @app.post("/notes")
    async def note(db: Db, user: CurrentUser, body: str) -> None:
        await db.note.create(data={"body": body})

    @app.get("/reports")
    async def reports(identity: Annotated[Identity, Depends(require("p:reports"))]) -> str:
        return identity.subject

    @app.get("/admin", dependencies=[Depends(require("p:admin"))])
    async def admin() -> None: ...

    @app.get("/vault", dependencies=[Depends(require(aal="aal2"))])
    async def vault() -> None: ...

    @app.get("/both", dependencies=[Security(require(), scopes=["p:admin"])])
    async def both(identity: Annotated[Identity, Security(require("p:reports"), scopes=["p:more"])]) -> None: ...

    @app.get("/scoped")
    async def scoped(identity: Annotated[Identity, Security(require(), scopes=["p:reports"])]) -> str:
        return identity.subject

    @app.get("/staff", dependencies=[Depends(require(role="staff"))])
    async def staff() -> None: ...

    @app.get("/plain")
    async def plain() -> None: ...

    return app


async def test_the_user_is_asked_for(app: FastAPI, auth_server: AuthServer, ada: Person):
    async with visiting(app) as nobody:
        refused = await nobody.get("/me")
        assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert set(refused.json()) == {"code", "message", "details", "hint"}
        assert (await nobody.get("/perhaps")).json() is None
        assert (await nobody.get("/identity")).json() == "anon"
    async with visiting(app, cookies_of(auth_server, session_of(ada))) as browser:
        assert (await browser.get("/me")).json() == ada.email
        assert (await browser.get("/perhaps")).json() == ada.email
        assert (await browser.get("/identity")).json() == "authenticated"


async def test_the_client_is_bound_to_who_asks(
    app: FastAPI, auth_server: AuthServer, served_notes: Served, ada: Person
):
    other = newcomer(served_notes)
    async with visiting(app, cookies_of(auth_server, session_of(ada)), Origin=SITE) as browser:
        assert (await browser.post("/notes?body=hers")).status_code == 200
        assert (await browser.get("/notes")).json() == [{"body": "hers"}]
    async with visiting(app, Authorization=f"Bearer {other.token}") as caller:
        assert (await caller.get("/notes")).json() == []
    async with visiting(app) as nobody:
        assert (await nobody.get("/notes")).json() == []


async def test_what_is_required_is_checked(app: FastAPI, ada: Person, served_notes: Served):
    async with visiting(app, Authorization=f"Bearer {ada.token}") as caller:
        assert (await caller.get("/reports")).json() == ada.id
        assert (await caller.get("/scoped")).json() == ada.id
        for path, code in (("/admin", "permission"), ("/both", "permission"), ("/vault", "aal"), ("/staff", "role")):
            answer = await caller.get(path)
            assert (answer.status_code, answer.json()["code"]) == (403, f"insufficient_{code}")
    async with visiting(app) as nobody:
        for path in ("/reports", "/scoped", "/both", "/admin", "/vault", "/staff"):
            assert (await nobody.get(path)).status_code == 401
    plain = newcomer(served_notes)
    async with visiting(app, Authorization=f"Bearer {plain.token}") as caller:
        assert (await caller.get("/reports")).status_code == 403
    plain.show_second_factor()
    async with visiting(app, Authorization=f"Bearer {plain.token}") as caller:
        assert (await caller.get("/vault")).status_code == 200


async def test_what_users_write_of_themselves_permits_nothing(app: FastAPI, served_notes: Served):
    person = newcomer(served_notes)
    assert person.ask("PUT", "/auth/v1/user", {"data": {"permissions": ["p:reports"]}}).status_code == 200
    person.refresh()
    async with visiting(app, Authorization=f"Bearer {person.token}") as caller:
        assert (await caller.get("/reports")).status_code == 403


async def test_dependencies_can_be_overridden(app: FastAPI):
    claims = {"sub": "x", "app_metadata": {"permissions": ["p:admin"]}}
    app.dependency_overrides[current_identity] = lambda: Identity("authenticated", claims)
    app.dependency_overrides[current_user] = lambda: User("x", "someone@example.com")
    async with visiting(app) as anybody:
        assert (await anybody.get("/admin")).status_code == 200
        assert (await anybody.get("/me")).json() == "someone@example.com"


async def test_the_document_says_what_proofs_are_taken(app: FastAPI, auth_server: AuthServer):
    async with visiting(app) as reader:
        document = (await reader.get("/openapi.json")).json()
    schemes = document["components"]["securitySchemes"]
    assert schemes == {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "session": {"type": "apiKey", "in": "cookie", "name": auth_server.storage_key},
    }
    for path in ("/me", "/perhaps", "/identity", "/notes", "/vault"):
        assert document["paths"][path]["get"]["security"] == [{"bearer": []}, {"session": []}]
    wanted = {"/reports": ["p:reports"], "/admin": ["p:admin"], "/both": ["p:admin", "p:more", "p:reports"]}
    for path, permissions in wanted.items():
        for scheme, named in zip(("bearer", "session"), document["paths"][path]["get"]["security"], strict=True):
            assert sorted(named[scheme]) == permissions
    assert "parameters" not in document["paths"]["/me"]["get"]
    refused = document["paths"]["/me"]["get"]["responses"]["401"]["content"]["application/json"]["schema"]
    assert refused == {"$ref": "#/components/schemas/Problem"}
    assert "403" in document["paths"]["/me"]["get"]["responses"]
    assert "401" not in document["paths"]["/plain"]["get"]["responses"]


async def test_without_a_database_there_is_a_problem(auth_server: AuthServer):
    app = FastAPI()
    install(app, auth_server)

    @app.get("/notes")
    async def notes(db: Db) -> None: ...

    async with visiting(app) as reader:
        assert (await reader.get("/notes")).json()["code"] == "not_configured"


# ----------------------------------------------------------------------------------------------------- document 1


@pytest.fixture
def page(auth_server: AuthServer, db: Client) -> FastAPI:
    """The page's example: a client from cookies, a validated user, a user-bound client; no middleware."""
    app = FastAPI()

    def create_client(request: Request, response: Response) -> ServerClient:
        def set_all(cookies: list[Any], headers: Any) -> None:
            for each in cookies:
                response.headers.append("Set-Cookie", each.header)
            response.headers.update(headers)

        return ServerClient(auth_server, request.cookies.items, set_all)

    async def get_user_db(client: Annotated[ServerClient, Depends(create_client)]) -> Client:
        user = await client.get_user()
        # Only what the rules need of the user goes into their context.
        return db.set_auth({"id": user.id} if user else None)

    @app.get("/notes")
    async def notes(db: Annotated[Client, Depends(get_user_db)]) -> list[Any]:
        return await db.note.find_many(select={"body": True})

    return app


async def test_the_pages_user_sees_their_rows(
    page: FastAPI, auth_server: AuthServer, db: Client, served_notes: Served, expired: Expire
):
    person = newcomer(served_notes)
    await db.set_auth({"id": person.id}).note.create(data={"body": "mine"})
    async with visiting(page, cookies_of(auth_server, session_of(person))) as browser:
        assert (await browser.get("/notes")).json() == [{"body": "mine"}]
    async with visiting(page, cookies_of(auth_server, expired(person))) as browser:
        answer = await browser.get("/notes")
        assert answer.json() == [{"body": "mine"}]
        assert answer.headers["cache-control"].startswith("private")
        assert kept_session(browser, auth_server) is not None


async def test_the_pages_forger_is_nobody(page: FastAPI, auth_server: AuthServer, db: Client, served_notes: Served):
    victim = newcomer(served_notes)
    await db.set_auth({"id": victim.id}).note.create(data={"body": "hers"})
    forged = session_of(victim, access_token=victim.token[:-8] + "AAAAAAAA")
    async with visiting(page, cookies_of(auth_server, forged)) as browser:
        assert (await browser.get("/notes")).json() == []


@pytest.mark.parametrize(
    ("state", "token", "answer"),
    [
        ('{"loggedIn":true}', "good", (200, [{"body": "hers"}])),
        ('{"loggedIn":true}', "forged", (401, "INVALID SESSION")),
        ('{"loggedIn":true}', "", (401, "INVALID SESSION")),
        ('{"loggedIn":false}', "good", (200, [])),
        ("", "good", (200, [])),
    ],
)
async def test_document_2s_claims_reach_each_call_of_the_database(
    auth_server: AuthServer, db: Client, served_notes: Served, state: str, token: str, answer: tuple[int, Any]
):
    """Its middleware and its context: who says signed in and is not never reaches the database."""
    app = FastAPI()
    install(app, auth_server, db=db, app_state="appState")

    @app.get("/notes")
    async def notes(db: Db) -> list[Any]:
        return await db.note.find_many(select={"body": True})

    person = newcomer(served_notes)
    await db.set_auth({"id": person.id}).note.create(data={"body": "hers"})
    session = session_of(person, access_token=person.token if token == "good" else person.token[:-6] + "AAAAAA")
    cookies = (cookies_of(auth_server, session) if token else {}) | ({"appState": state} if state else {})
    async with visiting(app, Cookie="; ".join(f"{name}={value}" for name, value in cookies.items())) as browser:
        found = await browser.get("/notes")
        said = found.json()
        assert (found.status_code, said if found.status_code == 200 else said["message"]) == answer


async def test_a_session_is_no_identity(auth_server: AuthServer, db: Client, ada: Person):
    client = ServerClient(auth_server, cookies_of(auth_server, session_of(ada)).items)
    session = client.get_session()
    assert session is not None
    assert session.access_token == ada.token
    with pytest.raises(TypeError):
        db.set_auth(session)  # pyright: ignore
    with pytest.raises(TypeError):
        Identity(session, {})  # pyright: ignore
    with pytest.warns(UnverifiedUserWarning, match="anybody can write one"):
        assert session.user
    for name in ("role", "claims", "subject", "sub"):
        assert not hasattr(session, name)
    assert ada.token not in repr(session)
    assert await client.identity() != ANON
    assert await client.get_claims() is not None
