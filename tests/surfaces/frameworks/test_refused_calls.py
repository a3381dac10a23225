"""What a call of the schema's client fails with is an answer, whatever the framework, and no broken page."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from flask import Flask
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.fastapi import Db, install
from gatepost.frameworks.flask import Gatepost, current_db
from gatepost.frameworks.starlette import AuthMiddleware
from gatepost.orm import Client, SyncClient
from gatepost.problem import Problem
from gatepost.project import state
from tests.serving import Served
from tests.surfaces.frameworks.conftest import NOTES, browsing, visiting
from tests.surfaces.people import Person, newcomer

SOMEBODY = "00000000-0000-4000-8000-000000000001"
CALLS: dict[str, tuple[int, str, dict[str, Any]]] = {
    "create": (422, "invalid-input", {"data": {"body": ""}}),
    "create_for": (403, "rejected-by-policy", {"data": {"body": "x", "ownerId": SOMEBODY}}),
    "delete": (404, "not-found", {"where": {"id": 0}}),
}


@pytest.fixture(scope="module")
def bearer(served_notes: Served) -> dict[str, str]:
    ada: Person = newcomer(served_notes)
    return {"Authorization": f"Bearer {ada.token}"}


def call(db: Any, name: str) -> Any:
    return getattr(db.note, name.partition("_")[0])(**CALLS[name][2])


async def test_starlettes(auth_server: AuthServer, db: Client, bearer: dict[str, str]):
    async def do(request: Request) -> Response:
        return JSONResponse(await call(request.state.db, request.path_params["name"]))

    app = Starlette(routes=[Route("/{name}", do)])
    app.add_middleware(AuthMiddleware, server=auth_server, db=db)
    async with visiting(app, **bearer) as visitor:
        for name, (status, code, _) in CALLS.items():
            answer = await visitor.get(f"/{name}")
            assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_fastapis_and_a_routes_own_within_a_transaction(
    auth_server: AuthServer, db: Client, bearer: dict[str, str]
):
    app = FastAPI()
    install(app, auth_server, db=db)

    @app.get("/own")
    async def own(db: Db) -> None:
        async with db.transaction() as within:
            await within.note.create(data={"body": "undone"})
            raise Problem("teapot", 418, "No")

    @app.get("/{name}")
    async def do(name: str, db: Db) -> Any:
        async with db.transaction() as within:
            return await call(within, name)

    async with visiting(app, **bearer) as visitor:
        for name, (status, code, _) in CALLS.items():
            answer = await visitor.get(f"/{name}")
            assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert (await visitor.get("/own")).json()["code"] == "teapot"


@pytest.fixture
def notes(served_notes: Served) -> Iterator[SyncClient]:
    known = state.read(served_notes.folder / ".gatepost")
    assert known is not None
    with SyncClient.connect((NOTES / "schema.zmodel").read_text(), known.logins["authenticator"]) as client:
        yield client


def test_flasks(auth_server: AuthServer, notes: SyncClient, bearer: dict[str, str]):
    app = Flask("refused")
    Gatepost(app, auth_server, db=notes)
    app.add_url_rule("/<name>", view_func=lambda name: call(current_db, name))
    with browsing(app, **bearer) as visitor:
        for name, (status, code, _) in CALLS.items():
            answer = visitor.get(f"/{name}")
            assert (answer.status_code, answer.json()["code"]) == (status, code)
