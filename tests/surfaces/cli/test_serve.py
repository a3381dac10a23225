"""`gatepost serve`, a PostgreSQL of somebody else's, a Supabase project: the other ways to be served."""

import http.client
import json
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gatepost.embedded import Server
from gatepost.identity.keys import KeyRing, from_secret
from gatepost.identity.tokens import Tokens
from gatepost.project import keys

from .conftest import Command, answers, eventually, free_port

SECRET = "a secret of more than thirty-two characters"
FreshDatabase = Callable[..., str]


def ask(port: int, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
    """Status and decoded body of one exchange."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        sent = {"Content-Type": "application/json"} | headers
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text[:1] in (b"{", b"[") else text
    finally:
        connection.close()


@pytest.fixture
def alone(place: Path) -> Iterator[Command]:
    """A place to serve one surface from; no project."""
    command = Command(place / "alone", free_port())
    command.folder.mkdir(exist_ok=True)
    yield command
    command.end()


def test_a_project_for_others_has_no_inbox_and_applies_nothing_by_itself(another: Command):
    process = another.start("serve", str(another.folder), "--port", str(another.port))
    eventually(lambda: process.poll() is not None or answers(another.port), "the server answers")
    assert "new keys were made" in another.output()
    status, _ = ask(another.port, "GET", "/inbox/api/v1/messages")
    assert status == 404
    known = json.loads(another.run("status", "-o", "json").stdout)
    assert "MAILPIT_URL" not in known
    assert ask(another.port, "GET", "/rest/v1/todos", apikey=known["SECRET_KEY"])[0] == 404
    assert another.run("migrate", "apply").returncode == 0
    eventually(
        lambda: ask(another.port, "GET", "/rest/v1/todos", apikey=known["SECRET_KEY"]) == (200, []),
        "what was applied is served",
        20,
    )
    assert json.loads(another.run("status", "-o", "json").stdout) == known


def test_rest_alone_in_postgrests_place(alone: Command, cluster: Server, fresh_database: FreshDatabase):
    name = fresh_database()
    with psycopg.connect(cluster.dsn("postgres", name)) as connection:
        connection.execute("create table public.things (id int); insert into public.things values (1)")
        connection.execute("create policy seen on public.things for select using (id = 1)")
        connection.execute("grant select on public.things to anon")
    alone.environment |= {
        "PGRST_DB_URI": cluster.dsn("authenticator", name),
        "PGRST_DB_ANON_ROLE": "anon",
        "PGRST_JWT_SECRET": SECRET,
        "PGRST_SERVER_PORT": str(alone.port),
        "PGRST_DB_CHANNEL": "news",
        "PGRST_MOON_PHASE": "full",
    }
    process = alone.start("serve", "rest")
    eventually(lambda: process.poll() is not None or answers(alone.port, "/things"), "the server answers")
    assert ask(alone.port, "GET", "/things") == (200, [{"id": 1}])
    status, problem = ask(alone.port, "GET", "/things", Authorization="Bearer nonsense")
    assert (status, problem["code"][:5]) == (401, "PGRST")
    assert "PGRST_MOON_PHASE has no effect here" in alone.output()
    with psycopg.connect(cluster.dsn(dbname=name), autocommit=True) as admin:
        listener = "select from pg_stat_activity where datname = current_database() and query = 'listen \"news\"'"
        eventually(lambda: admin.execute(listener).fetchall() != [], "the server listens there")


def empty_database(cluster: Server) -> str:
    """A database that its owner may do anything in, as GoTrue is given one; nothing of ours is there."""
    name = f"alone_{secrets.token_hex(4)}"
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        admin.execute(f"create database {name} template template0 owner postgres")  # pyright: ignore
    return cluster.dsn("postgres", name)


@pytest.mark.parametrize("found", ["an empty database", "an installed one", "one it was served from before"])
def test_auth_alone_in_gotrues_place(alone: Command, cluster: Server, fresh_database: FreshDatabase, found: str):
    installed = cluster.dsn("supabase_auth_admin", fresh_database())
    alone.environment |= {
        "DATABASE_URL": installed if found == "an installed one" else empty_database(cluster),
        "API_EXTERNAL_URL": f"http://127.0.0.1:{alone.port}",
        "GOTRUE_SITE_URL": "http://127.0.0.1:3000",
        "GOTRUE_JWT_SECRET": SECRET,
        "GOTRUE_JWT_AUD": "authenticated",
        "GOTRUE_MAILER_AUTOCONFIRM": "true",
        "PORT": str(alone.port),
    }
    for number in range(2 if found == "one it was served from before" else 1):
        process = alone.start("serve", "auth")
        eventually(lambda: answers(alone.port, "/health"), f"the server answers:\n{alone.output()}")
        user = {"email": f"ada{number}@example.com", "password": "long enough"}
        status, session = ask(alone.port, "POST", "/signup", user)
        assert status == 200, session
        renewed = {"refresh_token": session["refresh_token"]}
        status, session = ask(alone.port, "POST", "/token?grant_type=refresh_token", renewed)
        assert status == 200, session
        claims = Tokens(KeyRing([from_secret(SECRET)])).verify(session["access_token"])
        assert (claims["email"], claims["aud"]) == (user["email"], "authenticated")
        process.terminate()
        process.wait(15)


def test_somebody_elses_postgresql(another: Command, cluster: Server):
    name = f"cli_{another.port}"
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        admin.execute(f"create database {name} template template0")  # pyright: ignore
    for _ in range(2):
        another.served("--database-url", cluster.dsn(dbname=name))
        known = json.loads(another.run("status", "-o", "json").stdout)
        assert ask(another.port, "GET", "/rest/v1/leaderboard?limit=1", apikey=known["PUBLISHABLE_KEY"])[0] == 200
        another.started[-1].terminate()
        another.started[-1].wait(15)
    assert not (another.folder / ".gatepost" / "postgres").exists()
    assert another.run("doctor", "--database-url", cluster.dsn(dbname=name)).returncode == 0


def test_a_supabase_project_as_it_is(another: Command):
    folder = another.folder / "supabase"
    (folder / "migrations").mkdir(parents=True)
    (folder / "config.toml").write_text(
        'project_id = "shop"\n[db]\nport = 0\n[api]\nschemas = ["public"]\n[auth]\nenable_anonymous_sign_ins = true\n'
        "[storage]\nenabled = true\n[realtime]\nenabled = true\n"
    )
    (folder / "migrations" / "20240101000000_init.sql").write_text(
        'create extension if not exists "uuid-ossp";\n'
        "create table items (id uuid primary key default uuid_generate_v4(), owner uuid references auth.users);\n"
        "alter table items enable row level security;\n"
        'create policy "mine" on items for all using (auth.uid() = owner);\n'
        "create table open_to_all (id int);\ninsert into storage.buckets (id, name) values ('a', 'a');\n"
    )
    (folder / "seed.sql").write_text("insert into open_to_all values (7);\n")
    (another.folder / "gatepost.toml").unlink()
    another.served()
    demo = keys.demo()
    assert ask(another.port, "GET", "/rest/v1/open_to_all", apikey=demo.anon) == (200, [{"id": 7}])
    assert ask(another.port, "GET", "/rest/v1/items", apikey=demo.anon) == (200, [])
    status, session = ask(another.port, "POST", "/auth/v1/signup", {}, apikey=demo.publishable)
    assert status == 200, session
    bearer = {"apikey": demo.anon, "Authorization": f"Bearer {session['access_token']}"}
    assert ask(another.port, "POST", "/rest/v1/items", {"owner": session["user"]["id"]}, **bearer)[0] == 201
    assert len(ask(another.port, "GET", "/rest/v1/items", **bearer)[1]) == 1
    assert len(ask(another.port, "GET", "/rest/v1/items", apikey=demo.service_role)[1]) == 1
    assert "open_to_all has no row level security" in another.output()
    assert "[storage] is not served yet" in another.output()
    assert json.loads(another.run("status", "-o", "json").stdout)["ANON_KEY"] == demo.anon
