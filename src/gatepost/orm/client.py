"""The client: a schema and a database as an object.

In: calls on models, as methods with keyword arguments or as dictionaries. Out: rows, or an OrmError.
Never: a client that changes: binding an identity, a plugin or an option gives another one.
"""

import asyncio
import importlib
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from types import TracebackType
from typing import Any, Literal, Self, Unpack

from gatepost.identity import Identity
from gatepost.orm.auth import User, bind
from gatepost.orm.calling.calls import Arguments, Call, ModelAccess, TransactionBlock, access
from gatepost.orm.calling.hooks import perform
from gatepost.orm.calling.operations import lacks, operation_named, snake, unknown
from gatepost.orm.calling.plugins import Plugin
from gatepost.orm.calling.procedures import Procedures
from gatepost.orm.calling.raw import execute_raw, query_raw
from gatepost.orm.calling.results import Results
from gatepost.orm.errors import ConfigError, InvalidInput, NotSupported, OrmError, RejectedByPolicy
from gatepost.orm.opening import (
    Opening,
    Setup,
    check_names,
    door,
    model_named,
    options_of,
    schema_of,
    setup_of,
)
from gatepost.orm.session import Guard, Session, database_error
from gatepost.problem import DatabaseProblem, Problem, Unavailable
from gatepost.zmodel.load import Given
from gatepost.zmodel.schema import Schema

SERVICE = Identity("service_role", {"role": "service_role"})
LEVELS = ("read uncommitted", "read committed", "repeatable read", "serializable")


class Unset:
    """What stands for an argument that was not given."""


UNSET = Unset()


class BaseClient:
    """The client without models as members: `gatepost generate` writes those down, so that their types are known."""

    def __init__(
        self,
        session: Session,
        setup: Setup,
        plugins: tuple[Plugin, ...] = (),
        ending: AsyncExitStack | None = None,
    ) -> None:
        self.session = session
        self.plugins = plugins
        self.results = Results(session.schema, plugins) if plugins else None
        self._setup = setup
        self._ending = ending

    # ------------------------------------------------------------------ opening and closing

    @classmethod
    def connect(
        cls,
        schema: Given | Schema,
        dsn: str,
        *,
        guard: Literal["database", "query"] = "database",
        **options: Unpack[Opening],
    ) -> Self:
        """A client; connections are opened when needed. ConfigError for anything it could not work with.

        `guard` "database": row level security holds the rules, and the dsn's login may set the API roles; "query":
        the rules stand in the SQL, which runs as the dsn's own user.
        """
        if guard not in ("database", "query"):
            raise ConfigError(f'guard is "database" or "query", not {guard!r}')
        return cls._open(schema, dsn, guard, options)

    @classmethod
    def unguarded(cls, schema: Given | Schema, dsn: str, **options: Unpack[Opening]) -> Self:
        """A client that no rule holds back, as the dsn's own user: for scripts, set-up and administration."""
        return cls._open(schema, dsn, "none", options)

    @classmethod
    def _open(cls, schema: Given | Schema, dsn: str, guard: Guard, options: Opening) -> Self:
        check_names(options)
        loaded = schema_of(schema)
        setup = setup_of(loaded, dsn, guard, options)
        chosen = options_of(loaded, options)
        way = door(dsn, guard, options)
        rules, plans = setup.rules(loaded, guard, chosen)
        session = Session(loaded, rules, guard, way, setup.compat, chosen, plans=plans)
        return cls(session, setup, tuple(options.get("plugins", ())))

    async def close(self) -> None:
        """End all connections."""
        await self.session.door.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _derived(self, session: Session | None = None, plugins: tuple[Plugin, ...] | None = None) -> Self:
        plugins = self.plugins if plugins is None else plugins
        return type(self)(session or self.session, self._setup, plugins, self._ending)

    # ------------------------------------------------------------------ who asks

    def set_auth(self, user: User) -> Self:
        """The client bound to an Identity, to a user that server code vouches for (`{"id": …}`), or to nobody (None).

        Inside a transaction: for the calls made on what this gives, in the same transaction.
        """
        identity, auth = bind(self.schema, user)
        return self._derived(replace(self.session, identity=identity, claims=identity.claims, auth=auth))

    @property
    def auth(self) -> Mapping[str, Any] | None:
        """The user as rules see it (`auth()`); None is nobody."""
        return self.session.auth

    @property
    def schema(self) -> Schema:
        """The schema that the client was opened with."""
        return self.session.schema

    # ------------------------------------------------------------------ calls

    def model(self, name: str) -> ModelAccess:
        """The operations of a model, by its name or a spelling of it; InvalidInput where there is none."""
        return access(self, self._model(name))

    def _model(self, name: str) -> str:
        found = self._found(name) if isinstance(name, str) else None  # pyright: ignore[reportUnnecessaryIsInstance]
        if found is None:
            raise InvalidInput(unknown("model", name, dict.fromkeys(self._known())))
        return found

    def _found(self, name: str) -> str | None:
        """A model that the client has, by one of its spellings."""
        found, slicing = model_named(self._setup.models, name), self.session.options.slicing
        return None if slicing is not None and found in slicing.models else found

    def _known(self) -> list[str]:
        """The models that the client has."""
        slicing = self.session.options.slicing
        return [name for name in self.schema.models if slicing is None or name not in slicing.models]

    def call(
        self,
        model: str,
        operation: str,
        args: Arguments | None = None,
        *,
        auth: "User | Unset" = UNSET,
        policy: bool | None = None,
        validate_input: bool | None = None,
    ) -> Call[Any]:
        """Any operation of any model by name, in ZenStack's spelling or in snake_case.

        For this call alone: another identity, policies off (or on, for an unguarded client), no validation of input.
        """
        client = self if isinstance(auth, Unset) else self.set_auth(auth)
        if policy is not None:
            client = client._with_policy(policy)
        if validate_input is not None:
            client = client.set_input_validation(validate_input)
        known, name = self._model(model), operation_named(operation)
        slicing = self.session.options.slicing
        if slicing is not None and name in slicing.operations[known]:
            raise InvalidInput(lacks(known, operation), (), known)
        return Call(client, known, name, {} if args is None else args)

    def _with_policy(self, on: bool) -> Self:
        """Off: as service_role where the database holds the rules. On: as the client was opened, else in the SQL."""
        opened = self._setup.guard
        if opened == "database":
            return self._derived(replace(self.session, identity=SERVICE)) if not on else self
        guard: Guard = "query" if on else "none"
        rules, plans = self._setup.rules(self.schema, guard, self.session.options)
        return self._derived(replace(self.session, guard=guard, rules=rules, plans=plans))

    async def perform(self, model: str, operation: str, args: Arguments) -> Any:
        """Run an operation (ZenStack's spelling) through the plugins."""
        return await perform(self, model, operation, args)

    @property
    def procs(self) -> Procedures:
        """The schema's procedures: `await db.procs.sign_up(name="Ada")`."""
        return Procedures(self, self._setup.procedures)

    # ------------------------------------------------------------------ options and plugins

    def use(self, plugin: Plugin) -> Self:
        """The client with a plugin more; the last one is outermost."""
        return self.with_plugins((*self.plugins, plugin))

    def unuse(self, id: str) -> Self:
        """The client without the plugins of that id."""
        return self.with_plugins(tuple(each for each in self.plugins if each.id != id))

    def unuse_all(self) -> Self:
        """The client without plugins; rules stay."""
        return self.with_plugins(())

    def with_plugins(self, plugins: tuple[Plugin, ...]) -> Self:
        """The client with these plugins and no others."""
        return self._derived(plugins=plugins)

    def set_input_validation(self, on: bool) -> Self:
        """The client with or without validation attributes and checks of arguments."""
        options = replace(self.session.options, validate_input=on)
        rules, plans = self._setup.rules(self.schema, self.session.guard, options)
        return self._derived(replace(self.session, options=options, rules=rules, plans=plans))

    # ------------------------------------------------------------------ transactions

    def transaction(
        self, calls: Sequence[Call[Any]] | None = None, *, isolation: str | None = None
    ) -> TransactionBlock[Self]:
        """`async with db.transaction() as tx`, or `await db.transaction([db.post.create(…), …])`.

        One inside another is the same. `isolation`: read uncommitted, read committed, repeatable read, serializable.
        """
        return TransactionBlock(self, calls, level(isolation))

    def within(self, session: Session) -> Self:
        """This client in the transaction of another session."""
        return self._derived(replace(self.session, running=session.running, watch=session.watch))

    def outside(self) -> Self:
        """This client outside of any transaction."""
        return self._derived(replace(self.session, running=None, watch=None))

    async def begin(self, *, isolation: str | None = None) -> Self:
        """A client in a new transaction, which `commit()` or `rollback()` ends."""
        if self.session.running is not None:
            raise NotSupported("The client is in a transaction already; there are no transactions within one")
        stack = AsyncExitStack()
        session = await stack.enter_async_context(self.session.transaction(level(isolation)))
        return type(self)(session, self._setup, self.plugins, stack)

    async def commit(self) -> None:
        """Keep what the transaction did."""
        await self._ended().aclose()

    async def rollback(self) -> None:
        """Undo what the transaction did."""
        undone = RolledBack()
        try:
            await self._ended().__aexit__(RolledBack, undone, None)
        except RolledBack:
            return

    def _ended(self) -> AsyncExitStack:
        running = self.session.running
        if self._ending is None or running is None:
            raise OrmError("There is no transaction that begin() opened")
        if running.ended:
            raise OrmError("The transaction has ended already")
        return self._ending

    # ------------------------------------------------------------------ SQL

    async def query_raw(self, sql: str, *values: object) -> list[dict[str, Any]]:
        """Rows of a statement with `$1 …`. Under rules that stand in the SQL it is refused, unless allowed."""
        self._check_raw()
        return await query_raw(self.session, sql, values)

    async def execute_raw(self, sql: str, *values: object) -> int:
        """How many rows a statement touched. Under rules that stand in the SQL it is refused, unless allowed."""
        self._check_raw()
        return await execute_raw(self.session, sql, values)

    def _check_raw(self) -> None:
        """Row level security holds for every SQL; rules in the query hold for none but the client's own."""
        guarded = self.session.guard == "query" or (self._setup.compat and self.session.guard != "none")
        if guarded and not self._setup.allow_raw_sql:
            raise RejectedByPolicy("non-CRUD queries are not allowed", reason="other")

    # ------------------------------------------------------------------ the database itself

    async def ping(self) -> None:
        """Unreachable where the database does not answer."""
        await query_raw(self.session, "select 1", ())

    async def push(
        self,
        *,
        dsn: str | None = None,
        policies: bool | None = None,
        accept_data_loss: bool = False,
        force_reset: bool = False,
        options: Any = None,
    ) -> Any:
        """Bring the database in line with the schema, as the owner (`dsn`; else the client's own): a report of changes.

        `policies`: with row level security [default: where the client's guard is the database]. `options`: whom the
        policies are for and what they leave to the client, a `gatepost.policy.rls.Options` [default: what the schema's
        `plugin policy` says].
        """
        evolve, given = self._evolve(policies, options)
        try:
            return await evolve.push(
                self.schema,
                dsn or self._setup.dsn,
                accept_data_loss=accept_data_loss,
                force_reset=force_reset,
                **given,
            )
        except Problem as problem:
            raise evolving_error(problem) from None

    async def check(self, *, dsn: str | None = None, policies: bool | None = None, options: Any = None) -> list[Any]:
        """What the database has and the schema does not say, and the other way round, each with `kind`, `name`,
        `where` and words; nothing where they agree. As the owner; nothing is changed. Arguments as for `push`.
        """
        evolve, given = self._evolve(policies, options)
        try:
            return await asyncio.to_thread(evolve.drift, self.schema, dsn or self._setup.dsn, **given)
        except Problem as problem:
            raise evolving_error(problem) from None

    def _evolve(self, policies: bool | None, options: Any) -> tuple[Any, dict[str, Any]]:
        """The room that changes databases, which is slow to load and seldom asked for, and what it is told."""
        evolve: Any = importlib.import_module("gatepost.evolve")
        guarded = self._setup.guard == "database" if policies is None else policies
        return evolve, {
            "policies": guarded,
            "options": options or evolve.options_of(self.schema, compat=self._setup.compat),
        }


class Client(BaseClient):
    """A client of one schema and one database, bound to an identity (unbound: nobody).

    `db.post.find_many(where={…})` for a model Post; `db.model("Post")` for any name. Open it with `connect`.
    """

    def __getattr__(self, name: str) -> Any:
        """A model by one of its spellings, or a member that a plugin brings."""
        for plugin in reversed(self.__dict__.get("plugins", ())):
            if name in plugin.members:
                return plugin.members[name]
        if "_setup" not in self.__dict__:
            raise AttributeError(name, name=name, obj=self)
        found = self._found(name)
        if found is None:
            near = unknown("model or member", name, {snake(each): each for each in self._known()})
            raise AttributeError(near, name=name, obj=self)
        return access(self, found)


class RolledBack(Exception):
    """Ends a transaction that was begun and is not wanted."""


def evolving_error(problem: Problem) -> OrmError:
    """What stands in the way of a schema in a database, as a call's failure."""
    if isinstance(problem, DatabaseProblem | Unavailable | OrmError):
        return database_error(problem)
    return ConfigError(str(problem))


def level(name: str | None) -> str | None:
    """An isolation level as PostgreSQL spells it; `RepeatableRead` and `repeatable_read` are spellings too."""
    if name is None:
        return None
    words = snake(name.strip()).replace("_", " ").replace("-", " ")
    if words not in LEVELS:
        raise InvalidInput(unknown("isolation level", name, dict.fromkeys(LEVELS)))
    return words
