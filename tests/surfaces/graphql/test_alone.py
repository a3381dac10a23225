"""GraphQL in PostGraphile's place: one login, its options, its tokens; and the schema as text."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from graphql import build_schema
from websockets.sync.client import connect

from gatepost.embedded import Server
from gatepost.identity.keys import KeyRing, from_secret
from gatepost.identity.tokens import Tokens
from tests.serving import free_port

SECRET = "a secret of more than thirty-two bytes"
SQL = """
create schema api;
grant usage on schema api to anon, authenticated;
create table api.books (id int primary key, title text not null, price numeric);
insert into api.books values (1, 'Emma', 5), (2, 'Persuasion', 6);
alter table api.books disable row level security;
grant select (id, title) on api.books to anon, authenticated;
create function api.setting(name text) returns text language sql stable as 'select current_setting(name, true)';
create function api.who() returns text language sql stable as 'select current_user::text';
create function api.fail() returns int language plpgsql stable as
  $$ begin raise exception 'a secret of the database' using errcode = '30000'; end $$;
grant execute on all functions in schema api to anon, authenticated;
"""
OPTIONS = {"schemas": ["api"], "anonRole": "anon", "jwtSecret": SECRET}


class Alone:
    """A server that runs."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process, self.url = process, f"http://127.0.0.1:{port}/graphql"

    def ask(self, query: str, token: str | None = None, **claims: Any) -> dict[str, Any]:
        bearer = token or (sign(claims) if claims else None)
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        return httpx.post(self.url, json={"query": query}, headers=headers).json()

    def ready(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.process.stderr and self.process.stderr.read()
            try:
                if httpx.post(self.url, json={"query": "{ __typename }"}).status_code != 503:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the server was not ready")


Start = Callable[..., Alone]


def sign(claims: dict[str, Any]) -> str:
    return Tokens(KeyRing([from_secret(SECRET, signs=True)])).sign(claims)


def command(*arguments: str, environ: dict[str, str] | None = None) -> dict[str, Any]:
    return {"args": [sys.executable, "-m", "gatepost.cli.main", *arguments], "env": {**os.environ, **(environ or {})}}


def ended(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(**command(*arguments), capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def dsn(cluster: Server, database_name: str) -> str:
    with psycopg.connect(cluster.dsn(dbname=database_name), autocommit=True) as admin:
        admin.execute(SQL)
    return cluster.dsn(dbname=database_name)


@pytest.fixture(scope="module")
def start(dsn: str) -> Iterator[Start]:
    """`start(options, …)`: a server with these options, given as a file's name or as JSON."""
    running: list[Alone] = []

    def serve(options: dict[str, Any] | Path, environ: dict[str, str] | None = None) -> Alone:
        port = free_port()
        given = str(options) if isinstance(options, Path) else json.dumps(options)
        asked = command("serve", "graphql", "--db", dsn, "--port", str(port), "--options", given, environ=environ)
        process = subprocess.Popen(**asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.append(Alone(process, port))
        running[-1].ready()
        return running[-1]

    yield serve
    for each in running:
        each.process.terminate()
        _, errors = each.process.communicate(timeout=20)
        assert "Traceback" not in errors, errors


@pytest.fixture(scope="module")
def books(start: Start) -> Alone:
    return start(OPTIONS)


def test_it_answers_without_a_key_at_its_originals_address(books: Alone):
    told = {"data": {"allBooks": {"nodes": [{"title": "Emma"}, {"title": "Persuasion"}]}}}
    assert books.ask("{ allBooks { nodes { title } } }") == told
    assert httpx.post(books.url.removesuffix("graphql"), json={}).status_code == 404


def test_the_role_is_the_tokens_or_that_of_nobody(books: Alone):
    assert books.ask("{ who }") == {"data": {"who": "anon"}}
    assert books.ask("{ who }", role="authenticated") == {"data": {"who": "authenticated"}}
    assert books.ask("{ who }", sub="1") == {"data": {"who": "anon"}}


def test_a_token_that_proves_nothing_is_a_401(books: Alone):
    answer = httpx.post(books.url, json={"query": "{ who }"}, headers={"authorization": "Bearer x.y.z"})
    assert answer.status_code == 401
    assert answer.json()["errors"][0]["message"].startswith("Invalid token")


def test_claims_are_settings_together_and_singly(books: Alone):
    claims = {"sub": "7", "role": "authenticated", "aud": "readers", "email": "ada@example.org", "team": {"id": 1}}
    query = """{ all: setting(name: "request.jwt.claims") one: setting(name: "request.jwt.claim")
      sub: setting(name: "request.jwt.claim.sub") aud: setting(name: "request.jwt.claim.aud")
      email: setting(name: "request.jwt.claim.email") }"""
    told = books.ask(query, **claims)["data"]
    assert json.loads(told["all"]) == json.loads(told["one"]) == claims
    assert (told["sub"], told["aud"], told["email"]) == ("7", "readers", "ada@example.org")


def test_nothing_of_a_caller_is_left_for_the_next(books: Alone):
    books.ask("{ who }", sub="7", role="authenticated", email="ada@example.org")
    query = '{ sub: setting(name: "request.jwt.claim.sub") email: setting(name: "request.jwt.claim.email") }'
    assert books.ask(query) == {"data": {"sub": "", "email": ""}}


def test_what_the_database_says_is_told_unless_it_is_masked(books: Alone, start: Start):
    [error] = books.ask("{ fail }")["errors"]
    assert (error["message"], error["path"]) == ("a secret of the database", ["fail"])
    [error] = start(OPTIONS | {"maskErrors": True}).ask("{ fail }")["errors"]
    assert error["message"].startswith("An error occurred")
    assert "secret" not in json.dumps(error)


def test_sockets_are_at_the_same_address(books: Alone):
    url = books.url.replace("http://", "ws://")
    who = {"Authorization": f"Bearer {sign({'role': 'authenticated'})}"}
    with connect(url, subprotocols=["graphql-transport-ws"]) as socket:  # pyright: ignore[reportArgumentType]
        socket.send(json.dumps({"type": "connection_init", "payload": who}))
        assert json.loads(socket.recv()) == {"type": "connection_ack"}
        socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": "{ who }"}}))
        assert json.loads(socket.recv())["payload"] == {"data": {"who": "authenticated"}}


def test_a_page_of_another_origin_opens_no_socket(books: Alone):
    url = books.url.replace("http://", "ws://")
    own = books.url.removesuffix("/graphql")
    with connect(url, origin=own, subprotocols=["graphql-transport-ws"]):  # pyright: ignore[reportArgumentType]
        pass
    with pytest.raises(Exception, match="403"), connect(url, origin="https://evil.example"):  # pyright: ignore[reportArgumentType]
        pass


def test_options_come_from_a_file_and_the_secret_from_the_environment(start: Start, tmp_path: Path):
    file = tmp_path / "options.json"
    file.write_text(
        json.dumps({"schemas": ["api"], "anonRole": "anon", "preset": "v4+simplify", "subscriptions": False})
    )
    server = start(file, {"GATEPOST_JWT_SECRET": SECRET})
    assert (
        server.ask("{ booksList: books { nodes { id } } who }", role="authenticated")["data"]["who"] == "authenticated"
    )
    with pytest.raises(Exception, match="405"), connect(server.url.replace("http://", "ws://")):
        pass


def test_without_a_role_for_nobody_the_login_stands_for_it(start: Start):
    server = start({"schemas": ["api"]})
    assert server.ask("{ who }") == {"data": {"who": "supabase_admin"}}
    server.process.terminate()
    output = "".join(server.process.communicate(timeout=20))
    assert "anonRole is not set" in output


def test_a_site_that_rebinds_its_name_does_not_become_the_login(start: Start):
    alone = start({"schemas": ["api"]})
    ask = {"json": {"query": "{ who }"}, "headers": {"host": "rebound.example:4000"}}
    answer = httpx.post(alone.url, **ask)
    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (
        403,
        "Without anonRole this server is for its own machine, by its own name",
    )
    named = httpx.post(start(OPTIONS).url, **ask)
    assert (named.status_code, named.json()["data"]) == (200, {"who": "anon"})


def test_settings_of_the_file_hold_for_everybody(start: Start):
    server = start(OPTIONS | {"pgSettings": {"app.tenant": "red", "role": "authenticated"}, "anonRole": None})
    told = server.ask('{ who tenant: setting(name: "app.tenant") }')
    assert told == {"data": {"who": "authenticated", "tenant": "red"}}


def test_rights_count_where_that_is_asked_for(start: Start):
    options = OPTIONS | {"options": {"ignoreRBAC": False}, "introspectionRole": "anon"}
    server = start(options)
    assert "errors" in server.ask("{ allBooks { nodes { price } } }")
    assert server.ask("{ allBooks { nodes { id } } }")["data"]["allBooks"]["nodes"] == [{"id": 1}, {"id": 2}]


def test_limits_are_off_unless_the_environment_sets_them(books: Alone, start: Start):
    query = "{ " + " ".join(f"a{i}: who" for i in range(100)) + " }"
    assert "errors" not in books.ask(query)
    assert "graphql.max_root_fields" in str(start(OPTIONS, {"GATEPOST_GRAPHQL_MAX_ROOT_FIELDS": "10"}).ask(query))


def test_the_schema_is_read_again_when_it_changes(books: Alone, dsn: str):
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(
            "create table api.authors (id int primary key); grant select on api.authors to anon; notify pgrst"
        )
    deadline = time.monotonic() + 15
    while "errors" in books.ask("{ allAuthors { nodes { id } } }"):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert books.ask("{ allAuthors { nodes { id } } }") == {"data": {"allAuthors": {"nodes": []}}}


# ------------------------------------------------------------------ what is wrong is named


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ('{"shemas": ["api"]}', "shemas"),
        ('{"options": {"simpleCollection": "both"}}', "options.simpleCollection"),
        ('{"subscriptions": [{"field": "x"}]}', "x"),
        ("[1]", "--options"),
        ("{", "--options"),
        ("/nowhere/options.json", "--options"),
    ],
)
def test_options_that_cannot_be_end_with_their_name(dsn: str, options: str, named: str):
    told = ended("serve", "graphql", "--db", dsn, "--port", str(free_port()), "--options", options)
    assert told.returncode == 3
    assert named in told.stderr + told.stdout
    assert "Traceback" not in told.stderr


def test_a_schema_that_cannot_be_made_is_told_to_who_asks(start: Start):
    broken = {
        "field": "said", "channel": "said", "authorize": "none",
        "payload": {"row": {"row": "api.nowhere", "by": {"id": "id"}}},
    }  # fmt: skip
    [error] = start(OPTIONS | {"subscriptions": [broken]}).ask("{ __typename }")["errors"]
    assert "api.nowhere" in error["message"]
    assert error["extensions"]["statusCode"] == 500


def test_options_belong_to_this_surface(dsn: str):
    told = ended("serve", "rest", "--options", "{}")
    assert told.returncode == 3
    assert "serve graphql" in told.stderr + told.stdout


# ------------------------------------------------------------------ the schema as text


def test_the_schema_of_a_database_is_printed(dsn: str):
    told = ended("graphql", "schema", "--db", dsn, "--options", '{"schemas": ["api"]}')
    assert told.returncode == 0, told.stderr
    schema = build_schema(told.stdout)
    assert "allBooks" in schema.query_type.fields  # pyright: ignore
    assert set(schema.type_map) >= {"Book", "BooksConnection"}


def test_without_a_project_or_a_database_there_is_nothing_to_print(tmp_path: Path):
    told = ended("graphql", "schema", str(tmp_path))
    assert told.returncode == 3
    assert "not a project" in told.stderr
