"""Ways to ask the museum, through the whole surface but for the socket.

In: an operation, who asks. Out: what a client would read. Never: an answer that is not well-formed GraphQL.
"""

import asyncio
import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import psycopg

from gatepost.exchange import Request, Response
from gatepost.graphql.mounted import Mounted
from gatepost.identity import Identity, Proof
from gatepost.problem import Problem

Claims = dict[str, Any]
ANON: Claims = {"role": "anon"}


def user(name: str, **claims: Any) -> Claims:
    """The claims of somebody who is signed in."""
    return {"role": "authenticated", "sub": name, **claims}


ANN, BEA = user("ann"), user("bea")


def admit(proof: Proof, _: Request) -> Identity:
    """Whom a bearer names, whose claims it is."""
    claims: Claims = msgspec.json.decode(proof.bearer or "{}") or ANON
    return Identity(claims["role"], claims)


@dataclass
class Told:
    """A Response, read as a client reads it."""

    response: Response
    body: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.body = well_formed(self.response)

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def data(self) -> Any:
        """What an operation gave that went well."""
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        return self.body["errors"]

    @property
    def messages(self) -> list[str]:
        return [error["message"] for error in self.errors]


def no_json(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


def well_formed(response: Response) -> dict[str, Any]:
    """The body of a GraphQL response; it fails where it is none."""
    body: dict[str, Any] = json.loads(response.body.decode(), parse_constant=no_json)
    assert response.status < 500, body
    assert body.keys() <= {"data", "errors", "extensions"}, body
    assert "data" in body or body["errors"], body
    errors = body.get("errors", [{"message": "none"}])
    assert errors, body
    assert all(isinstance(error["message"], str) and error["message"] for error in errors), body
    return body


class Museum:
    """The surface over a database of museum.sql."""

    def __init__(self, mounted: Mounted, admin: psycopg.Connection[Any], dsn: str) -> None:
        self.mounted, self.admin, self.dsn, self.turn = mounted, admin, dsn, 0

    async def send(self, body: object, claims: Claims = ANN) -> Told:
        """Any JSON as the body of a request."""
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        bearer = msgspec.json.encode(claims).decode()
        headers = [(b"content-type", b"application/json")]
        request = Request("POST", "/", b"", headers, raw, Proof(bearer=bearer))
        try:
            return Told(await self.answer(request))
        except Problem as problem:  # as the front door does
            return Told(self.mounted.refuse(request, problem))

    async def answer(self, request: Request) -> Response:
        """Through either door, in turn: the one without a task, and the one that takes all requests."""
        self.turn += 1
        waiting: asyncio.Future[Response | Coroutine[Any, Any, Response]] = asyncio.get_running_loop().create_future()
        if self.turn % 2 == 0 or not self.mounted.begin(request, waiting.set_result):
            return await self.mounted(request)
        given = await waiting
        return given if isinstance(given, Response) else await given

    async def tell(
        self,
        query: str,
        variables: dict[str, Any] | None = None,
        claims: Claims = ANN,
        operation: str | None = None,
    ) -> Told:
        """The answer to an operation, whatever it is."""
        return await self.send({"query": query, "variables": variables, "operationName": operation}, claims)

    async def ask(self, query: str, variables: dict[str, Any] | None = None, claims: Claims = ANN) -> Any:
        """What an operation gave, that has to go well."""
        return (await self.tell(query, variables, claims)).data

    async def refusal(self, query: str, variables: dict[str, Any] | None = None, claims: Claims = ANN) -> str:
        """The one message of an operation that has to go wrong."""
        [message] = (await self.tell(query, variables, claims)).messages
        return message

    def sql(self, text: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a statement that the database's owner runs."""
        cursor = self.admin.execute(text.encode(), parameters or None)
        return cursor.fetchall() if cursor.description else []

    def seen(self, claims: Claims, text: str) -> list[tuple[Any, ...]]:
        """The rows that psql shows to somebody: the same role, the same claims."""
        with psycopg.connect(self.dsn) as connection:
            settings = "select set_config('request.jwt.claims', %s, true), set_config('role', %s, true)"
            connection.execute(settings, (msgspec.json.encode(claims).decode(), claims["role"]))
            return connection.execute(text.encode()).fetchall()


__all__ = ["ANN", "ANON", "BEA", "Museum", "Told", "admit", "user", "well_formed"]
