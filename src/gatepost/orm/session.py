"""What every call of a client works with: the schema, its rules, who asks, and the way to the database.

In: statements. Out: results of one transaction that ran for the right identity.
Never: a call in a transaction that runs as somebody bound by another call.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol

from gatepost.database.entrance import AS_THEY_ARE
from gatepost.database.prelude import prelude
from gatepost.database.scope import Database, Transaction
from gatepost.database.values import Context, Result
from gatepost.identity import ANON, Identity
from gatepost.orm.errors import DatabaseError, OrmError, Unreachable
from gatepost.orm.slicing import Slicing
from gatepost.policy.claims import claimed
from gatepost.problem import DatabaseProblem, Problem, Unavailable
from gatepost.query.sql import Parameter, Statement
from gatepost.zmodel.schema import Schema

if TYPE_CHECKING:
    from gatepost.policy import Rules

Guard = Literal["query", "database", "none"]
ComputedField = Callable[[str], str]
"""SQL text of a computed field's value, given the quoted name by which the query calls the model's row."""

LOGIN = "orm"
CONTEXT = Context(timezone="UTC", search_path='"public", "extensions"')
EMPTY: Mapping[str, Any] = MappingProxyType({})
# The door is the login's to call, not the role's that the transaction has by then.
AS_LOGIN = Statement("set local role none")


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a call may be: levels of nesting, items of one list, rows of one create_many."""

    depth: int = 40
    items: int = 30_000
    rows: int = 50_000


@dataclass(frozen=True, slots=True)
class Options:
    """What was said when the client was opened. `omit` and `computed_fields` are by model, then field."""

    limits: Limits = Limits()
    omit: Mapping[str, Mapping[str, bool]] = field(default_factory=dict[str, Mapping[str, bool]])
    allow_query_time_omit_override: bool = True
    computed_fields: Mapping[str, Mapping[str, ComputedField]] = field(
        default_factory=dict[str, Mapping[str, ComputedField]]
    )
    validate_input: bool = True
    slicing: Slicing | None = None


Action = Literal["create", "update", "delete"]
Load = Callable[[], Awaitable[list[dict[str, Any]]]]


class Watch(Protocol):
    """Who is told of each write of a model's rows. `load` reads them: those that it will touch, those that it left."""

    async def before(self, model: str, action: Action, load: Load) -> Any: ...

    async def after(self, told: Any, load: Load) -> None:
        """`told` is what `before` gave."""


class Door:
    """The way to the database: `identities` tells whether each call runs in its identity's role (guard="database"),
    or all run as the login's own user.
    """

    def __init__(self, database: Database, *, identities: bool) -> None:
        self._database, self._identities = database, identities

    async def run(self, identity: Identity, statements: tuple[Statement, ...]) -> list[Result]:
        """One round trip, one transaction."""
        if self._identities:
            return await self._database.run_alone(identity, statements, CONTEXT, compiled=True)
        return await self._database.system(LOGIN, washed=False).run(*statements)

    def transaction(self, identity: Identity, isolation: str | None) -> AbstractAsyncContextManager[Transaction]:
        """Several round trips in one transaction."""
        if self._identities:
            return self._database.transaction(identity, CONTEXT, isolation=isolation, compiled=True)
        return self._database.system(LOGIN, washed=False).transaction(isolation)

    def enter(self, identity: Identity) -> tuple[Statement, ...]:
        """What makes an open transaction go on as another identity; nothing where the login's user runs everything."""
        if not self._identities:
            return ()
        way = self._database.way(identity)
        command = prelude(identity, CONTEXT, way=way)
        entering = Statement(command.text, command.params)
        return (entering,) if way == AS_THEY_ARE else (AS_LOGIN, entering)

    async def close(self) -> None:
        await self._database.close()


class Running:
    """An open transaction, who its last statement ran as, and what is to be done once it has been committed."""

    def __init__(self, door: Door, transaction: Transaction, identity: Identity) -> None:
        self._door, self._transaction, self._identity = door, transaction, identity
        self.ended = False
        self.afterwards: list[Callable[[], Awaitable[None]]] = []

    async def run(self, identity: Identity, statements: tuple[Statement, ...]) -> list[Result]:
        """One round trip; as `identity`, whoever the calls before were bound to."""
        if self.ended:
            raise OrmError("The transaction has ended: a call came after its commit or rollback")
        entering = self._door.enter(identity) if identity is not self._identity else ()
        self._identity = identity
        return (await self._transaction.run(*entering, *statements))[len(entering) :]


@dataclass(frozen=True, slots=True)
class Session:
    """One client's state, bound to an identity. Derived with `bound`; shared parts are shared.

    `guard` "query": rules stand in the SQL; "database": row level security holds them; "none": unguarded. `identity`
    is who asks, `auth` the same as rules see it (`auth()`; None is nobody). `plans` keeps what planners worked out,
    by their own keys; it is shared by all sessions of the same schema, rules and options. `watch` is told of writes.
    """

    schema: Schema
    rules: "Rules"
    guard: Guard
    door: Door
    compat: bool = False
    options: Options = Options()
    identity: Identity = ANON
    claims: Mapping[str, Any] | None = None
    auth: Mapping[str, Any] | None = None
    running: Running | None = None
    plans: dict[Any, Any] = field(default_factory=dict[Any, Any])
    watch: Watch | None = None

    async def run(self, *statements: Statement) -> list[Result]:
        """Statements in one round trip, in the open transaction or one of their own. DatabaseError, Unreachable."""
        try:
            if self.running is not None:
                return await self.running.run(self.identity, statements)
            return await self.door.run(self.identity, statements)
        except Problem as problem:
            raise database_error(problem) from None

    @asynccontextmanager
    async def transaction(self, isolation: str | None = None) -> "AsyncGenerator[Session]":
        """A session whose calls share one transaction; the open one where there is one. Leaving by an exception undoes
        everything.
        """
        if self.running is not None:
            yield self
            return
        own: Problem | None = None
        try:
            async with self.door.transaction(self.identity, isolation) as opened:
                running = Running(self.door, opened, self.identity)
                try:
                    yield replace(self, running=running)
                except Problem as problem:
                    own = problem
                    raise
                finally:
                    running.ended = True
        except Problem as problem:
            if problem is own:
                raise
            raise database_error(problem) from None
        for work in running.afterwards:
            await work()

    def claim(self, path: tuple[str, ...], type: str) -> Parameter:
        """What the claims hold under `path`, as a parameter of that type."""
        return claimed(self.claims, path, type)


def database_error(problem: Problem) -> OrmError:
    """A failure of the database as a call's; a call's as it is."""
    if isinstance(problem, OrmError):
        return problem
    if isinstance(problem, DatabaseProblem):
        return DatabaseError(problem)
    if isinstance(problem, Unavailable) or problem.code == "pool_timeout":
        return Unreachable(problem)
    return DatabaseError(problem)
