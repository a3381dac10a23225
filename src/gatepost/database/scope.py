"""The only doors to data.

In: an Identity and Statements (or one of our own logins by name). Out: Results of one transaction that ran with that
role and those claims. Never: a statement that runs with a role left over from somebody else.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Protocol

from msgspec.structs import replace

from ..identity import Identity
from ..problem import Problem, Unavailable
from ..query.sql import Statement
from ..settings import DatabaseSettings
from .connection import Batch, Command, Connection, command, resolve
from .entrance import AS_THEY_ARE, Entrance, Way
from .errors import CANCELLED, LOST_STATEMENTS
from .lanes import TIMEOUT_MS, Lanes
from .pool import Pool
from .prelude import prelude
from .values import Context, Result
from .wash import ROLLBACK

SERVICE_ROLE = "service_role"
NO_CONTEXT = Context()
# The catalog is open to every login.
SHARED = {"catalog": "authenticator"}
FORCE_CONSTRAINTS = Command("set constraints all immediate", silent=True)
RETIRE_SECONDS = 30.0
WATCH_SECONDS = 5.0
CATALOG_SECONDS = 60.0
"""How long the database may take to tell what it contains."""


class Transaction(Protocol):
    """Several round trips in one transaction; leaving the block commits, an exception rolls back."""

    async def run(self, *statements: Statement) -> list[Result]: ...


class Scope(Protocol):
    """One of our own logins: the same two doors, without an identity."""

    async def run(self, *statements: Statement) -> list[Result]: ...

    def transaction(self, isolation: str | None = None) -> AbstractAsyncContextManager[Transaction]: ...


class Database:
    """The doors. `logins` maps `authenticator`, `service` (optional), `auth` … to conninfos.

    `role_settings` holds what `ALTER ROLE … SET` gave the API roles, `login_timeout` what their login's statements may
    take (ms) where our own settings do not say; the catalog's owner keeps both current. `options` are session defaults
    of every connection (`-c TimeZone=UTC`). `entrance` is what claims pass before they count, None where they count as
    they are.
    """

    def __init__(
        self, logins: Mapping[str, str], settings: DatabaseSettings | None = None, *, options: str = ""
    ) -> None:
        self.settings = settings or DatabaseSettings()
        self._options = options
        self.role_settings: Mapping[str, tuple[tuple[str, str], ...]] = {}
        self.login_timeout = 0
        self.entrance: Entrance | None = None
        self._pools = {name: self._pool(name, conninfo) for name, conninfo in logins.items()}
        self._lanes: dict[tuple[str, str], Lanes] = {}
        self._timeout = int(self.settings.statement_timeout * 1000)
        self._keepers: list[asyncio.Task[None]] = []

    def _pool(self, name: str, conninfo: str) -> Pool:
        size = self.settings.pool_size if name == "authenticator" else max(2, self.settings.pool_size // 2)
        named, timeout = self.settings.prepared_statements, self.settings.acquire_timeout
        return Pool(conninfo, size, timeout, named=named, options=self._options)

    async def run(
        self, identity: Identity, statements: Sequence[Statement], context: Context = NO_CONTEXT
    ) -> list[Result]:
        """Run statements as `identity` in one transaction and one round trip.

        DatabaseProblem where PostgreSQL refuses (everything is undone), Unavailable (503) where it went away, Problem
        504 `pool_timeout` where no connection came free.
        """
        reading = self.reading(identity, statements[0], context) if len(statements) == 1 else None
        if reading is not None:
            answer: asyncio.Future[list[Result]] = asyncio.get_running_loop().create_future()
            if self.read(reading, partial(resolve, answer)):
                try:
                    return await answer
                except Problem as error:
                    if not is_worth_another_try(error):
                        raise
        return await self.run_alone(identity, statements, context)

    async def run_alone(
        self,
        identity: Identity,
        statements: Sequence[Statement],
        context: Context = NO_CONTEXT,
        *,
        compiled: bool = False,
    ) -> list[Result]:
        """As `run`, on a connection that nobody else uses meanwhile. `compiled` says that a compiler made those that
        are not foreign, and that no caller chose what functions they run.
        """
        login = self._login(identity)
        thorough = not compiled and not all(statement.inert for statement in statements)
        async with self._pools[login].connection(thorough=thorough) as connection:
            _mark(connection, statements)
            try:
                return await connection.send(*self._segments(connection, identity, statements, context))
            except Problem as error:
                if error.code not in LOST_STATEMENTS:
                    raise
            return await connection.send(*self._segments(connection, identity, statements, context))

    def reading(self, identity: Identity, statement: Statement, context: Context) -> "Reading | None":
        """One inert statement, to be sent along with others'; None where it is not for company."""
        if not statement.inert or context.isolation is not None or context.rollback or self.settings.lanes == 0:
            return None
        if self.entrance is not None and not self.entrance.shared:
            return None
        lanes = self._find_lanes(self._login(identity), identity.role)
        return Reading(lanes, identity, statement, context if context.read_only else replace(context, read_only=True))

    def read(self, reading: "Reading", done: Callable[[Batch], None]) -> bool:
        """Send a reading; `done` is told of its results or its error, without a task.

        False where nothing was sent, since the lanes are full. That, and an error that `is_worth_another_try`, is for
        `run_alone`.
        """
        lane = reading.lanes.free()
        if lane is None:
            return False
        settings = self.role_settings.get(reading.identity.role, ())
        prelude = reading.prelude(settings, lane.timezone, self.way(reading.identity))
        reading.lanes.run(lane, prelude, reading.command, done)
        return True

    def _find_lanes(self, login: str, role: str) -> Lanes:
        lanes = self._lanes.get((login, role))
        if lanes is None:
            pool = self._pools[login]
            lanes = self._lanes[login, role] = Lanes(pool.conninfo, self.settings.lanes, pool.timeout, named=pool.named)
        return lanes

    def _segments(
        self, connection: Connection, identity: Identity, statements: Sequence[Statement], context: Context
    ) -> list[list[Command]]:
        """Prelude and statements as one implicit transaction; an explicit one where the context asks for more."""
        body = [
            self._prelude(connection, identity, context),
            *(command(each, identity.role, context.search_path) for each in statements),
        ]
        if context.isolation is None and not context.rollback:
            return [body]
        end = (
            [FORCE_CONSTRAINTS, Command("rollback", silent=True)]
            if context.rollback
            else [Command("commit", silent=True)]
        )
        # The rollback in a segment of its own ends what an error left open.
        return [[_begin(context.isolation), *body, *end], ROLLBACK]

    def _prelude(self, connection: Connection, identity: Identity, context: Context) -> Command:
        settings = self.role_settings.get(identity.role, ())
        timezone, way = connection.timezone, self.way(identity)
        timeout = self._timeout or self.login_timeout
        return prelude(identity, context, settings, timezone=timezone, timeout=timeout, way=way)

    def way(self, identity: Identity) -> Way:
        """What the claims of an identity pass at the door, now."""
        return AS_THEY_ARE if self.entrance is None else self.entrance.way(identity)

    @asynccontextmanager
    async def transaction(
        self,
        identity: Identity,
        context: Context = NO_CONTEXT,
        *,
        isolation: str | None = None,
        rollback: bool = False,
        compiled: bool = False,
    ) -> AsyncGenerator[Transaction]:
        """Several round trips as `identity`; `rollback` undoes everything at the end, after forcing constraints.
        `compiled` as for `run_alone`.
        """
        async with self._pools[self._login(identity)].connection(thorough=not compiled) as connection:
            begin = [_begin(isolation or context.isolation), self._prelude(connection, identity, context)]
            opened = _Transaction(connection, begin, identity.role, context.search_path)
            async with opened.ended(rollback or context.rollback):
                yield opened

    def system(self, name: str, *, washed: bool = True, limit: float | None = None) -> Scope:
        """One of our own logins by name; a Problem where this server was not given it. Not `washed`: a compiler makes
        every statement that is not foreign, and the login is one program's own. What runs longer than `limit` seconds
        is Unavailable: nobody stands by to end what a server does for itself.
        """
        if limit is None and name == "catalog":
            limit = CATALOG_SECONDS
        name = SHARED.get(name, name)
        if name not in self._pools:
            raise Problem("login_missing", 500, f"The server has no login for {name}", None, "Run gatepost doctor")
        return _System(self._pools[name], washed, limit)

    def _login(self, identity: Identity) -> str:
        return "service" if identity.role == SERVICE_ROLE and "service" in self._pools else "authenticator"

    def conninfo(self, name: str) -> str:
        """How to reach the database as one of our logins, for a connection of its own (LISTEN)."""
        return self._pools[name].conninfo

    def start(self) -> None:
        """Close idle connections and silent lanes from now on."""
        loop = asyncio.get_running_loop()
        self._keepers = [loop.create_task(work()) for work in (self._keep, self._watch)]

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(RETIRE_SECONDS)
            for pool in self._pools.values():
                pool.retire()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            for lanes in self._lanes.values():
                lanes.watch()

    async def close(self) -> None:
        """End all connections; what is under way is waited for by whoever started it."""
        for keeper in self._keepers:
            keeper.cancel()
        for lanes in self._lanes.values():
            lanes.close()
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))


class Reading:
    """An inert statement as an identity; it may be sent again and again."""

    __slots__ = ("_prelude", "_settings", "_timezone", "_way", "command", "context", "identity", "lanes")

    def __init__(self, lanes: Lanes, identity: Identity, statement: Statement, context: Context) -> None:
        self.lanes, self.identity, self.context = lanes, identity, context
        self.command = command(statement, identity.role, context.search_path)
        self._prelude: Command | None = None
        self._settings: tuple[tuple[str, str], ...] = ()
        self._timezone = ""
        self._way = AS_THEY_ARE

    def again(self, statement: Statement) -> "Reading":
        """Another inert statement, as the same identity and in the same context."""
        made = Reading(self.lanes, self.identity, statement, self.context)
        made._prelude, made._settings = self._prelude, self._settings
        made._timezone, made._way = self._timezone, self._way
        return made

    def prelude(self, settings: tuple[tuple[str, str], ...], timezone: str, way: Way = AS_THEY_ARE) -> Command:
        """Its prelude; a new one where the role's settings are others than before, or its token has grown old."""
        made = self._prelude
        if made is None or settings is not self._settings or timezone != self._timezone or way != self._way:
            made = prelude(self.identity, self.context, settings, timezone=timezone, most=TIMEOUT_MS, way=way)
            self._prelude, self._settings, self._timezone, self._way = made, settings, timezone, way
        return made


class _Transaction:
    """An explicit transaction on an exclusive connection; BEGIN travels with the first statement."""

    def __init__(self, connection: Connection, begin: list[Command], role: str = "", search_path: str = "") -> None:
        self._connection, self._begin = connection, begin
        self._role, self._search_path = role, search_path

    async def run(self, *statements: Statement) -> list[Result]:
        begin, self._begin = self._begin, []
        _mark(self._connection, statements)
        commands = [command(each, self._role, self._search_path) for each in statements]
        return await self._connection.send([*begin, *commands])

    @asynccontextmanager
    async def ended(self, rollback: bool) -> AsyncGenerator[None]:
        try:
            yield
        except asyncio.CancelledError:
            raise  # a database that is silent is not waited for: the pool ends what goes on
        except BaseException:
            await self._end([])
            raise
        await self._end([FORCE_CONSTRAINTS] if rollback else [Command("commit", silent=True)])

    async def _end(self, last: list[Command]) -> None:
        if self._begin or self._connection.closed:
            return  # nothing was ever sent, or nothing is left to end
        await self._connection.send(last, ROLLBACK) if last else await self._connection.send(ROLLBACK)


class _System:
    """A login of our own: no prelude, the session's own role."""

    def __init__(self, pool: Pool, washed: bool, limit: float | None) -> None:
        self._pool, self._washed, self._limit = pool, washed, limit

    async def run(self, *statements: Statement) -> list[Result]:
        try:
            async with asyncio.timeout(self._limit):
                return await self._run(statements)
        except TimeoutError:
            raise Unavailable("The database does not answer", f"No answer within {self._limit:g} s") from None

    async def _run(self, statements: Sequence[Statement]) -> list[Result]:
        async with self._pool.connection(washed=self._washed) as connection:
            _mark(connection, statements)
            try:
                return await connection.send([command(each) for each in statements])
            except Problem as error:
                if error.code not in LOST_STATEMENTS:
                    raise
            return await connection.send([command(each) for each in statements])

    @asynccontextmanager
    async def transaction(self, isolation: str | None = None) -> AsyncGenerator[Transaction]:
        async with self._pool.connection(washed=self._washed) as connection:
            opened = _Transaction(connection, [_begin(isolation)])
            async with opened.ended(rollback=False):
                yield opened


def is_worth_another_try(error: Problem) -> bool:
    """Whether a read failed for its company's sake: the lane broke, or it took too long there, or its plan was lost."""
    return isinstance(error, Unavailable) or error.code in (CANCELLED, *LOST_STATEMENTS)


def _mark(connection: Connection, statements: Sequence[Statement]) -> None:
    """What a program's own SQL leaves behind in a session nobody knows."""
    if any(each.foreign for each in statements):
        connection.soiled = True


def _begin(isolation: str | None) -> Command:
    """BEGIN, at one of PostgreSQL's isolation levels; another name is refused, since it stands in the text."""
    if isolation is None:
        return Command("begin", silent=True)
    level = isolation.lower()
    if level not in ("read uncommitted", "read committed", "repeatable read", "serializable"):
        raise Problem("invalid_isolation", 400, "There is no such isolation level", isolation)
    return Command(f"begin isolation level {level}", silent=True)
