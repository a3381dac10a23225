"""What a program may hang into a client: hooks around calls and procedures, computed members of results.

In: plugins in the order in which they were installed. Out: a call that runs through them, the last one outermost.
Never: a way past the rules: what a hook asks for is asked for by the same identity.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from gatepost.identity import Identity
from gatepost.orm.session import Session
from gatepost.zmodel.schema import Schema

Proceed = Callable[[Any], Awaitable[Any]]


class Caller(Protocol):
    """The client, as what runs below it sees it."""

    session: Session

    @property
    def plugins(self) -> "tuple[Plugin, ...]": ...

    @property
    def results(self) -> Any: ...

    @property
    def schema(self) -> Schema: ...

    @property
    def auth(self) -> Mapping[str, Any] | None: ...

    def set_auth(self, user: Identity | Mapping[str, Any] | None) -> Self: ...

    def within(self, session: Session) -> Self: ...

    def outside(self) -> Self: ...

    def with_plugins(self, plugins: "tuple[Plugin, ...]") -> Self: ...

    def call(self, model: str, operation: str, args: Mapping[str, Any] | None = None) -> Awaitable[Any]: ...

    async def perform(self, model: str, operation: str, args: Mapping[str, Any]) -> Any: ...


@dataclass(frozen=True, slots=True)
class Query:
    """A call on its way to the database, as `on_query` sees it.

    `operation` is spelled as the method (`find_many`), `args` are the caller's. `proceed(args)` goes on, maybe with
    other arguments, and gives the result.
    """

    model: str
    operation: str
    args: Mapping[str, Any]
    proceed: Proceed
    client: "Caller"


@dataclass(frozen=True, slots=True)
class ProcedureCall:
    """A procedure's call, as `on_procedure` sees it; `args` are by the parameters' names."""

    name: str
    mutation: bool
    args: Mapping[str, Any]
    proceed: Proceed
    client: "Caller"


@dataclass(frozen=True, slots=True)
class Mutation:
    """Rows of one model that are created, updated or deleted, as the mutation hooks see it.

    `operation` and `args` are those of the call that it is a part of, `action` is what happens to the rows. `load()`
    reads these: before the mutation those that it will touch, after it those that it left. `client` shares the
    mutation's transaction where there is one; what it mutates calls no mutation hooks.
    """

    model: str
    operation: str
    action: str
    args: Mapping[str, Any]
    load: Callable[[], Awaitable[list[dict[str, Any]]]]
    client: "Caller"
    before: list[dict[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class ResultField:
    """A member that results get from other members: `compute(row)` sees at least the fields in `needs`."""

    needs: tuple[str, ...]
    compute: Callable[[dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin, told apart by `id`.

    `members` are further members of the client. `results` are by model, then member. The mutation hooks run around
    every create, update and delete of rows, also of those that a call writes along relations; with
    `within_transaction` the one after runs before the commit, and its exception undoes the mutation.
    """

    id: str
    on_query: Callable[[Query], Awaitable[Any]] | None = None
    on_procedure: Callable[[ProcedureCall], Awaitable[Any]] | None = None
    before_mutation: Callable[[Mutation], Awaitable[None]] | None = None
    after_mutation: Callable[[Mutation], Awaitable[None]] | None = None
    within_transaction: bool = False
    members: Mapping[str, Any] = field(default_factory=dict[str, Any])
    results: Mapping[str, Mapping[str, ResultField]] = field(default_factory=dict[str, Mapping[str, ResultField]])
