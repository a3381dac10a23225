"""Notes of one's own, with FastAPI: sign-in pages, row level security behind the client, a route for some.

`uvicorn app:app`, in this folder. Gatepost and its PostgreSQL run within the application.
"""

import os
from contextlib import asynccontextmanager
from html import escape
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, Form
from fastapi.responses import HTMLResponse, RedirectResponse

import gatepost
from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.fastapi import CurrentUser, Db, OptionalUser, install, require
from gatepost.frameworks.pages.starlette import sign_in_pages
from gatepost.identity import Identity
from gatepost.orm import Client

HERE = Path(__file__).parent
URL = os.environ.get("NOTES_URL", "http://127.0.0.1:8000")

project = gatepost.asgi(HERE, url=URL)
server = AuthServer(URL, project.publishable_key, app=project, mode="strict")
notes = Client.connect(HERE / "schema.zmodel", project.dsn)


@asynccontextmanager
async def lifespan(_: FastAPI):
    async with project.lifespan(), notes:
        yield


app = FastAPI(title="Notes", lifespan=lifespan)
install(app, server, db=notes, open=["/account", *project.paths])
app.mount("/account", sign_in_pages(name="Notes", sign_up=True, recovery=True, factors=True))


@app.get("/", response_class=HTMLResponse)
async def home(user: OptionalUser, db: Db) -> str:
    if user is None:
        return page('<p><a href="/account/sign-in">Sign in</a></p>')
    items = "".join(f"<li>{escape(each['body'])}</li>" for each in await db.note.find_many(order_by={"id": "asc"}))
    return page(
        f"<p>{escape(user.email)}</p><ul>{items}</ul>"
        '<form method="post" action="/notes"><label>Note <input name="body" required></label>'
        "<button>Add</button></form>"
        '<p><a href="/account/factors">Authenticators</a></p>'
        '<form method="post" action="/account/sign-out"><button>Sign out</button></form>'
    )


@app.post("/notes")
async def add(_: CurrentUser, db: Db, body: Annotated[str, Form()]) -> RedirectResponse:
    await db.note.create(data={"body": body})
    return RedirectResponse("/", 303)


@app.get("/api/notes")
async def read(db: Db) -> list[dict[str, object]]:
    """Who asks with a bearer sees the same."""
    return await db.note.find_many(select={"id": True, "body": True}, order_by={"id": "asc"})


@app.get("/api/reports")
async def reports(identity: Annotated[Identity, Depends(require("p:reports", aal="aal2"))]) -> dict[str, str]:
    """For those with the permission who showed a second factor."""
    return {"for": identity.subject}


def page(content: str) -> str:
    return f'<!doctype html><html lang="en"><title>Notes</title><h1>Notes</h1>{content}</html>'


# What is not the application's own: /auth/v1, /rest/v1, /inbox.
app.mount("/", project)
