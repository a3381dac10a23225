"""Notes of one's own, with Flask: sign-in pages, row level security behind the client, a route for some.

`flask run`, in this folder, beside `gatepost dev`; README.md says how the one is told of the other.
"""

import os
from pathlib import Path

from flask import Flask, redirect, render_template_string, request
from werkzeug.wrappers import Response

from gatepost.frameworks.core import AuthServer
from gatepost.frameworks.flask import Gatepost, current_db, current_identity, login_required, require
from gatepost.frameworks.pages.flask import sign_in_pages
from gatepost.orm import SyncClient

HERE = Path(__file__).parent
PAGE = """<!doctype html><html lang="en"><title>Notes</title><h1>Notes</h1>
{% if current_user.is_authenticated %}
<p>{{ current_user.email }}</p>
<ul>{% for note in notes %}<li>{{ note.body }}</li>{% endfor %}</ul>
<form method="post" action="/notes"><input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
<label>Note <input name="body" required></label><button>Add</button></form>
<form method="post" action="/account/sign-out"><input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
<button>Sign out</button></form>
{% else %}<p><a href="/account/sign-in">Sign in</a></p>{% endif %}</html>"""


def create_app() -> Flask:
    """The application; `flask run` finds it by this name."""
    app = Flask(__name__)
    server = AuthServer(os.environ["API_URL"], os.environ["PUBLISHABLE_KEY"], mode="strict")
    notes = SyncClient.connect(HERE / "schema.zmodel", os.environ["AUTHENTICATOR_URL"])
    Gatepost(app, server, db=notes, open=["/account"], sign_in="/account/sign-in")
    app.register_blueprint(sign_in_pages(name="Notes"), url_prefix="/account")
    app.add_url_rule("/", view_func=home)
    app.add_url_rule("/notes", view_func=add, methods=["POST"])
    app.add_url_rule("/api/notes", view_func=read)
    app.add_url_rule("/api/reports", view_func=reports)
    return app


def home() -> str:
    return render_template_string(PAGE, notes=current_db.note.find_many(order_by={"id": "asc"}))


@login_required
def add() -> Response:
    current_db.note.create(data={"body": request.form["body"]})
    return redirect("/", 303)


def read() -> list[dict[str, object]]:
    """Who asks with a bearer sees the same."""
    return current_db.note.find_many(select={"id": True, "body": True}, order_by={"id": "asc"})


@require("p:reports", aal="aal2")
def reports() -> dict[str, str]:
    """For those with the permission who showed a second factor."""
    return {"for": current_identity.subject}
