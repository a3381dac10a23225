"""Notes of one's own as a JSON API, with Starlette: a middleware that knows who asks, sign-in pages beside it.

`uvicorn app:app`, in this folder, beside `gatepost dev`; README.md says how the one is told of the other.
"""

import os
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.core.door import Requirement
from gatepost.frameworks.pages.starlette import sign_in_pages
from gatepost.frameworks.starlette import AuthMiddleware, client_of
from gatepost.orm import Client

HERE = Path(__file__).parent

server = AuthServer(os.environ["API_URL"], os.environ["PUBLISHABLE_KEY"], mode="strict")
notes = Client.connect(HERE / "schema.zmodel", os.environ["AUTHENTICATOR_URL"])
signed_in, for_reports = Requirement(), Requirement("p:reports", aal="aal2")


async def me(request: Request) -> JSONResponse:
    """The user, of whom the auth server was asked; null for nobody."""
    user = await client_of(request).get_user()
    return JSONResponse(user and {"id": user.id, "email": user.email})


async def read(request: Request) -> JSONResponse:
    """Whoever asks sees what is theirs: row level security decides."""
    found = await request.state.db.note.find_many(select={"id": True, "body": True}, order_by={"id": "asc"})
    return JSONResponse(found)


async def add(request: Request) -> JSONResponse:
    signed_in.check(request.state.identity)  # else the middleware answers with 401
    try:
        body = (await request.json())["body"]
    except (ValueError, KeyError, TypeError):
        return JSONResponse({"message": 'A note is JSON: {"body": "…"}'}, 400)
    made = await request.state.db.note.create(data={"body": body}, select={"id": True})
    return JSONResponse(made, 201)


async def reports(request: Request) -> JSONResponse:
    """For those with the permission who showed a second factor."""
    for_reports.check(request.state.identity)
    return JSONResponse({"for": request.state.identity.subject})


@asynccontextmanager
async def lifespan(_: Starlette):
    async with notes:
        yield


api = [
    Route("/me", me),
    Route("/notes", read),
    Route("/notes", add, methods=["POST"]),
    Route("/reports", reports),
]
app = Starlette(
    routes=[Mount("/api", routes=api), Mount("/account", app=sign_in_pages(name="Notes", after="/api/me"))],
    middleware=[Middleware(AuthMiddleware, server=server, db=notes, open=["/account"])],
    lifespan=lifespan,
)
