"""Somebody who asks: by SQL, over REST, with the Python client; through the doors that everybody goes through.

In: an Identity, a test's database. Out: rows as that identity sees them. Never: a way past a policy; a role or claims
that one statement leaves to the next.
"""

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import httpx
import psycopg
from psycopg.abc import QueryNoTemplate as Query

from gatepost.database.entrance import Entrance
from gatepost.database.prelude import prelude
from gatepost.database.scope import SERVICE_ROLE
from gatepost.database.values import Context
from gatepost.identity import Identity
from gatepost.orm.sync import Portal, SyncClient
from gatepost.problem import Problem
from gatepost.rest.endpoint import search_path
from gatepost.settings import believed
from gatepost.zmodel.schema import Schema

from .accounts import Accounts
from .databases import Parameters, Row, TestDatabase, rows_of
from .denial import Statement, witnessed
from .serving import AuthServer

Who = str | Mapping[str, Any] | Identity
USER = {"role": "authenticated"}


class World:
    """What people of one test share. `serve` gives the server, started where none runs."""

    def __init__(
        self,
        database: TestDatabase,
        accounts: Accounts,
        portal: Portal,
        serve: Callable[[], AuthServer],
        schema: Schema | None,
    ) -> None:
        self.database, self.serve, self.opened = database, serve, ExitStack()
        self.settings = accounts.settings
        self._accounts, self._portal, self._schema = accounts, portal, schema
        claims, issuer = self.settings.claims, self.settings.auth.jwt_issuer
        self.entrance = Entrance(believed(claims.freshness), bool(claims.per_request), issuer)
        rest = self.settings.rest
        self.context = Context(search_path=search_path(rest.schemas[0], rest.extra_search_path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.opened.close()
        self._portal.run(self._accounts.close())

    def user(
        self,
        who: Who,
        *,
        permissions: Sequence[str] = (),
        role: str | None = None,
        aal: str | None = None,
        password: str | None = None,
        app_metadata: Mapping[str, Any] | None = None,
        user_metadata: Mapping[str, Any] | None = None,
    ) -> "Person":
        """A person: a user by address, or whoever claims say."""
        said = dict(app_metadata or {}) | ({"permissions": list(permissions)} if permissions else {})
        if isinstance(who, str):
            given = {"role": role, "password": password, "app_metadata": said, "user_metadata": user_metadata}
            token = self._signed_in(who, {name: value for name, value in given.items() if value})
        else:
            token = self._vouched(who, role, said, user_metadata)
        if aal is not None:
            token = self._accounts.sign({**self._accounts.identify(token).claims, "aal": aal})
        identity = self._accounts.identify(token)
        return Person(identity, token, who if isinstance(who, str) else identity.subject or identity.role, self)

    def _signed_in(self, email: str, given: Mapping[str, Any]) -> str:
        self._portal.run(self._accounts.put(email, given))
        return self._portal.run(self._accounts.token(email))

    def _vouched(
        self, who: Mapping[str, Any] | Identity, role: str | None, said: Mapping[str, Any], user_metadata: Any
    ) -> str:
        """A token over what a program says."""
        claims: dict[str, Any] = USER | dict(who.claims if isinstance(who, Identity) else who)
        claims |= {"role": role} if role else {}
        claims |= {"app_metadata": {**claims.get("app_metadata", {}), **said}} if said else {}
        claims |= {"user_metadata": user_metadata} if user_metadata else {}
        self._portal.run(self._accounts.open())
        return self._accounts.sign({"exp": int(time.time()) + 3600, **claims})

    @cached_property
    def client(self) -> Any:
        """The Python client of the project's schema, bound to nobody."""
        if self._schema is None:
            raise Problem("no_schema", 500, "The project has no schema.zmodel that a client could be opened with")
        login = self.database.state.logins["authenticator"]
        return self.opened.enter_context(SyncClient.connect(self._schema, login))


@dataclass
class Person:
    """An identity with ways to ask. `token` is None for who shows a key alone: nobody the publishable one, the service
    role the secret one.
    """

    identity: Identity
    token: str | None = field(repr=False)
    name: str
    _world: World = field(repr=False)

    @property
    def id(self) -> str:
        """The user's id, '' for an identity that is nobody's."""
        return self.identity.subject

    def sql(self, statement: Query, parameters: Parameters = None) -> int:
        """Run a statement (`%s`, `%(name)s`) under role and claims, and commit; how many rows it touched or gave."""
        with self._asking(statement, parameters) as cursor:
            return max(cursor.rowcount, 0)

    def rows(self, statement: Query, parameters: Parameters = None) -> list[Row]:
        """The same, for the rows it gives, by column."""
        with self._asking(statement, parameters) as cursor:
            return rows_of(cursor)

    def value(self, statement: Query, parameters: Parameters = None) -> Any:
        """The same, for the first column of the first row; None where there is no row."""
        with self._asking(statement, parameters) as cursor:
            first = cursor.fetchone()
            return first[0] if first else None

    @contextmanager
    def transaction(self) -> "Generator[psycopg.Connection[Any]]":
        """A transaction under role and claims, as psycopg's connection."""
        with self._connection.transaction():
            self._enter()
            yield self._connection

    @cached_property
    def rest(self) -> httpx.Client:
        """A client of `/rest/v1` with this identity's proof, closed when the test ends."""
        server = self._world.serve()
        key = server.secret_key if self.identity.role == SERVICE_ROLE and not self.token else server.publishable_key
        headers = {"apikey": key} | ({"Authorization": f"Bearer {self.token}"} if self.token else {})
        hooks: dict[str, list[Callable[..., Any]]] = {"response": [witnessed]}
        client = httpx.Client(base_url=f"{server.url}/rest/v1", headers=headers, event_hooks=hooks)
        return self._world.opened.enter_context(client)

    @cached_property
    def orm(self) -> Any:
        """The Python client for the project's schema.zmodel, bound to this identity; its calls do not await."""
        return self._world.client.set_auth(self.identity)

    @contextmanager
    def _asking(self, statement: Query, parameters: Parameters) -> "Generator[psycopg.Cursor[Any]]":
        with self.transaction() as connection:
            cursor = connection.execute(statement, parameters)
            yield cursor
        path, control = self._world.context.search_path, self._world.database.state.logins["admin"]
        witnessed(Statement(self.name, statement, parameters, self.identity, cursor.rowcount, path, control))

    def _enter(self) -> None:
        world, identity = self._world, self.identity
        command = prelude(identity, world.context, way=world.entrance.way(identity))
        texts = [value.decode() if isinstance(value, bytes) else value for value in command.params]
        psycopg.RawCursor(self._connection).execute(command.text.encode(), texts)

    @cached_property
    def _connection(self) -> "psycopg.Connection[Any]":
        logins = self._world.database.state.logins
        login = logins["service" if self.identity.role == SERVICE_ROLE else "authenticator"]
        return self._world.opened.enter_context(closing(psycopg.connect(login, autocommit=True)))
