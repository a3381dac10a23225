"""What a type checker says: a good program passes, a session in the place of an identity does not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = """
from typing import assert_type
from flask import Flask
from gatepost.frameworks.core import AuthServer, ServerClient, SyncServerClient, UnverifiedSession, User
from gatepost.frameworks.fastapi import CurrentIdentity, CurrentUser, Db, OptionalUser, require
from gatepost.frameworks import flask
from gatepost.identity import Identity
from gatepost.frameworks.sqlalchemy import as_identity, guard
from gatepost.orm import Client, SyncClient
from sqlalchemy import Engine, create_engine
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_scoped_session, create_async_engine
from sqlalchemy.orm import Session, scoped_session

async def main(server: AuthServer, db: Client, cookies: dict[str, str]) -> None:
    client = ServerClient(server, cookies.items)
    assert_type(await client.identity(), Identity)
    assert_type(await client.get_user(), User | None)
    assert_type(client.get_session(), UnverifiedSession | None)
    db.set_auth(await client.identity())
    user = await client.get_user()
    db.set_auth({"id": user.id} if user else None)
    assert_type(SyncServerClient(server, cookies.items).identity(), Identity)

async def route(user: CurrentUser, perhaps: OptionalUser, identity: CurrentIdentity, db: Db) -> str:
    assert_type(user, User)
    assert_type(perhaps, User | None)
    assert_type(identity, Identity)
    require("p:reports", aal="aal2")
    return user.email

def sql(identity: Identity, scope: scoped_session[Session], tasks: async_scoped_session[AsyncSession]) -> None:
    engine = guard(create_engine("postgresql+psycopg://"), without="refuse")
    assert_type(engine, Engine)
    assert_type(guard(create_async_engine("postgresql+asyncpg://")), AsyncEngine)
    with Session(engine) as session, as_identity(session, identity), as_identity(session.connection(), identity):
        session.commit()
    with as_identity(scope, identity), as_identity(tasks, identity), as_identity(AsyncSession(), identity):
        pass

@flask.require("p:reports")
@flask.login_required
def view(number: int) -> str:
    assert_type(flask.current_user, User)
    assert_type(flask.current_identity, Identity)
    assert_type(flask.client_of().get_user(), User | None)
    return flask.current_user.email

def install(app: Flask, server: AuthServer, db: SyncClient) -> None:
    flask.Gatepost(app, server, db=db, open=["/account"], sign_in="/account/sign-in")
    view(1)
"""

MISTAKES = {
    "db.set_auth(session)": "not assignable",
    "db.set_auth(session.user)": "not assignable",
    "Identity(session, {})": "not assignable",
    "wants_identity(session)": "not assignable",
    "session.role": "unknown",
    "session.claims": "unknown",
    "session.user['id']": "__getitem__",
    "server.url = 'https://evil.test'": "read-only",
    "(client.get_session()).access_token": "None",
    "wants_user(session.user)": "not assignable",
    "as_identity(sql, session)": "not assignable",
    "as_identity(sql, {'role': 'authenticated'})": "cannot be assigned",
    "as_identity(sql.get_bind().engine, wants())": "not assignable",
    "guard(sql)": "not assignable",
}


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[int, str]]:
    """What pyright says: file → line → message."""
    folder = tmp_path_factory.mktemp("typed")
    (folder / "good.py").write_text(GOOD)
    lines = "".join(f"    {line}\n" for line in MISTAKES)
    (folder / "bad.py").write_text(
        "from gatepost.frameworks.core import AuthServer, ServerClient, UnverifiedSession, User\n"
        "from gatepost.identity import Identity\n"
        "from gatepost.orm import Client\n"
        "from gatepost.frameworks.sqlalchemy import as_identity, guard\n"
        "from sqlalchemy.orm import Session\n"
        "def wants() -> Identity: ...\n"
        "def wants_identity(identity: Identity) -> None: ...\n"
        "def wants_user(user: User) -> None: ...\n"
        "def main(db: Client, server: AuthServer, client: ServerClient, session: UnverifiedSession, sql: Session):\n"
        + lines
    )
    program = Path(sys.executable).with_name("pyright")
    command = [str(program), "--outputjson", "--pythonpath", sys.executable, "good.py", "bad.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found: dict[str, dict[int, str]] = {"good.py": {}, "bad.py": {}}
    for each in json.loads(done.stdout)["generalDiagnostics"]:
        if each["severity"] == "error":
            messages, line = found[Path(each["file"]).name], each["range"]["start"]["line"]
            messages[line] = messages.get(line, "") + each["message"]
    return found


def test_a_good_program_passes(findings: dict[str, dict[int, str]]):
    assert findings["good.py"] == {}


@pytest.mark.parametrize(("number", "line"), list(enumerate(MISTAKES)), ids=list(MISTAKES))
def test_a_mistake_is_told(findings: dict[str, dict[int, str]], number: int, line: str):
    assert MISTAKES[line] in findings["bad.py"].get(number + 9, "nothing")
