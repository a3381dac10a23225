"""The pages about GraphQL, followed to the letter: their SQL, their settings, their operations and the answers."""

import json
import re
import tomllib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from graphql import parse, validate
from joserfc import jwt
from joserfc.jwk import OctKey

from gatepost.database.scope import Database
from gatepost.embedded import Server
from gatepost.exchange import Request
from gatepost.graphql import configuration
from gatepost.graphql.configuration import Configuration, from_settings, read
from gatepost.graphql.mounted import mounted
from gatepost.graphql.registry import read_tags_file
from gatepost.identity import Proof
from gatepost.settings import GraphQLSettings
from tests.conftest import FreshDatabase

DOCS = Path(__file__).parents[3] / "docs"
BLOCK = re.compile(r"^```(\w+(?: options)?)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NOT_OURS = ("console", "ts")
SECRET = "a secret of at least thirty-two characters"
ADA = {
    "sub": "11111111-1111-4111-8111-111111111111",
    "role": "authenticated",
    "aud": "authenticated",
    "email": "ada@example.com",
    "user_metadata": {"permissions": ["p:todo"]},
}


class Reader:
    """Somebody who does what a page says. `done` counts it by kind."""

    def __init__(self, admin: "psycopg.Connection[Any]", database: Database) -> None:
        self.admin, self.database = admin, database
        self.asked = ""
        self.done: list[str] = []
        self.configure(GraphQLSettings())

    def configure(self, settings: GraphQLSettings) -> None:
        """As a project, in development."""
        development = msgspec.structs.replace(settings, mask_errors=False)
        self.use(from_settings(development, ("public",)))

    def use(self, configuration: Configuration) -> None:
        self.surface = mounted(self.database, replace(configuration, jwt_secret=SECRET), GraphQLSettings())

    async def follow(self, page: str) -> None:
        for kind, text in BLOCK.findall((DOCS / page).read_text("utf-8")):
            self.done.append(kind)
            match kind:
                case "sql":
                    self.admin.execute(text.encode())
                case "toml":
                    self.configure(msgspec.convert(tomllib.loads(text)["graphql"], GraphQLSettings, strict=False))
                case "json options":
                    self.use(read(json.loads(text)))
                case "json5":
                    assert read_tags_file(text)
                case "graphql":
                    await self.ask(text)
                case "json":
                    assert await self.answer() == json.loads(text), self.asked
                case _:
                    assert kind in NOT_OURS

    async def ask(self, text: str) -> None:
        """Its answer follows, unless it is a subscription: that it is of the schema is all that is looked at."""
        await self.surface.load()
        prepared = self.surface.executor.prepared
        assert prepared is not None
        assert validate(prepared.known.schema, parse(text)) == [], text
        self.asked = text

    async def answer(self) -> Any:
        proof = Proof(bearer=jwt.encode({"alg": "HS256"}, ADA, OctKey.import_key(SECRET)))
        sent = json.dumps({"query": self.asked}).encode()
        request = Request("POST", "/", headers=[(b"content-type", b"application/json")], body=sent, proof=proof)
        return json.loads((await self.surface(request)).body)


@pytest.fixture
async def reader(cluster: Server, fresh_database: FreshDatabase) -> AsyncIterator[Reader]:
    dsn = cluster.dsn(dbname=fresh_database())
    database = Database({"authenticator": dsn})
    with psycopg.connect(dsn, autocommit=True) as admin:
        yield Reader(admin, database)
    await database.close()


async def test_the_reference(reader: Reader) -> None:
    await reader.follow("reference/graphql.md")
    assert reader.done.count("json") >= 8
    assert reader.done.count("graphql") == reader.done.count("json") + 1


def test_the_reference_is_complete() -> None:
    text = (DOCS / "reference/graphql.md").read_text("utf-8")
    settings = [each.name for each in msgspec.structs.fields(GraphQLSettings)]
    told = (*settings, *configuration.OPTIONS, *configuration.BUILD, *configuration.GATHER)
    assert [name for name in told if not re.search(rf"`[\w.]*{name}`|\b{name} =|graphql\.{name}\]", text)] == []


async def test_moving_from_postgraphile(reader: Reader) -> None:
    await reader.follow("howto/from-postgraphile.md")
    assert reader.done.count("json") == 1
    await reader.surface.load()  # its last settings can be served


async def test_the_project(reader: Reader) -> None:
    await reader.follow("howto/graphql.md")


@pytest.mark.parametrize("page", ["../README.md", "tutorial/first-project.md"])
async def test_first_steps(reader: Reader, page: str) -> None:
    """Their table, their policy, and what they ask."""
    text = (DOCS / page).read_text("utf-8")
    reader.admin.execute("insert into auth.users (id, email) values (%s, %s)", (ADA["sub"], ADA["email"]))
    for statement in re.findall(r"^    ((?:create table|create policy|grant).*?;)$", text, re.DOTALL | re.MULTILINE):
        reader.admin.execute(statement.encode())
    operations = re.findall(r'"query": "(.*?)"|^    ((?:mutation )?\{ .* \})$', text, re.MULTILINE)
    for sent, written in operations:
        await reader.ask(sent or written)
        answer = await reader.answer()
        assert "errors" not in answer, answer
    assert operations
