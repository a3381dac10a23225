"""A schema on a real database, read without a client around it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import psycopg

from gatepost.evolve import push_now
from gatepost.orm.auth import bind
from gatepost.orm.read import plan, read
from gatepost.orm.session import Door, Guard, Options, Session
from gatepost.policy import Rules
from gatepost.zmodel.schema import Schema

DATASOURCE = 'datasource db { provider = "postgresql" url = env("DATABASE_URL") }\n'


class World:
    """One schema, its tables, and reads as anybody."""

    def __init__(self, schema: Schema, dsn: str, door: Door) -> None:
        self.schema, self.dsn, self._door = schema, dsn, door
        self._sessions: dict[tuple[Guard, bool, int], Session] = {}
        self.statements: list[str] = []
        push_now(schema, dsn, policies=False)

    def sql(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a statement of the test's own."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            done = connection.execute(text.encode(), values or None)
            return done.fetchall() if done.description else []

    def session(
        self,
        user: Mapping[str, Any] | None = None,
        guard: Guard = "none",
        options: Options | None = None,
        compat: bool = False,
    ) -> Session:
        """Who asks, under which guard."""
        options = options or Options()
        key = (guard, compat, id(options))
        if key not in self._sessions:
            rules = Rules(self.schema, guard=guard, compat=compat)
            self._sessions[key] = Session(self.schema, rules, guard, self._door, compat, options)
        identity, auth = bind(self.schema, user)
        return replace(self._sessions[key], identity=identity, claims=identity.claims, auth=auth)

    async def read(self, model: str, operation: str, arguments: object = None, **who: Any) -> Any:
        """One read; without `guard` no rule holds."""
        return await read(self.session(**who), model, operation, arguments)

    async def ids(self, model: str, where: object, **who: Any) -> list[Any]:
        """The ids of the rows that fulfil a condition, in order."""
        arguments = {"where": where, "select": {"id": True}, "orderBy": {"id": "asc"}}
        return [row["id"] for row in await self.read(model, "findMany", arguments, **who)]

    def text(self, model: str, operation: str, arguments: object = None, **who: Any) -> str:
        """The SQL of a read."""
        return plan(self.session(**who), model, operation, arguments)[0].text
