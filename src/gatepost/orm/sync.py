"""The client for programs that do not await: the same members, each call waited for.

In: calls from any thread. Out: what the asynchronous client gives, once it is there.
Never: a second client; every member is taken from the asynchronous one, on an event loop of its own.
"""

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from types import TracebackType
from typing import Any, Literal, Self, TypeVar, Unpack, cast

from gatepost.orm.auth import User
from gatepost.orm.calling.calls import ModelAccess, TransactionBlock
from gatepost.orm.calling.procedures import Procedures
from gatepost.orm.client import BaseClient, Client
from gatepost.orm.errors import InvalidInput
from gatepost.orm.opening import Opening
from gatepost.zmodel.load import Given
from gatepost.zmodel.schema import Schema

T = TypeVar("T")


class Portal:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="gatepost-orm", daemon=True)
        self._thread.start()

    def run(self, work: Awaitable[T]) -> T:
        """Wait for it; whoever is interrupted while waiting takes the work back."""
        if threading.current_thread() is self._thread:
            raise InvalidInput("what a blocking client runs is given the asynchronous one, and uses that")
        if not self._thread.is_alive():
            raise InvalidInput("the client is closed, or was opened in the process that this one was forked from")
        future = asyncio.run_coroutine_threadsafe(_awaited(work), self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _awaited(work: Awaitable[T]) -> T:
    return await work


async def _made(make: Callable[[], T]) -> T:
    return make()


class BlockingTransaction:
    """`with db.transaction() as tx`."""

    def __init__(self, portal: Portal, block: TransactionBlock[Any]) -> None:
        self._portal, self._block = portal, block

    def __enter__(self) -> Any:
        return _blocking(self._portal, self._portal.run(self._block.__aenter__()))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._portal.run(self._block.__aexit__(kind, error, trace))


class Blocking:
    """An object of the asynchronous client, whose members wait."""

    def __init__(self, portal: Portal, held: Any) -> None:
        self._portal, self._held = portal, held

    def __getattr__(self, name: str) -> Any:
        return _blocking(self._portal, getattr(self._held, name))

    def __getitem__(self, name: str) -> Any:
        return _blocking(self._portal, self._held[name])

    def __dir__(self) -> list[str]:
        return dir(self._held)


class SyncClient(Blocking):
    """The blocking client. Calls run as they are made: `transaction()` is entered with `with`, and takes no list."""

    _opener: type[BaseClient] = Client

    @classmethod
    def connect(
        cls,
        schema: Given | Schema,
        dsn: str,
        *,
        guard: Literal["database", "query"] = "database",
        **options: Unpack[Opening],
    ) -> Self:
        """As Client.connect."""
        return cls._opened(lambda: cls._opener.connect(schema, dsn, guard=guard, **options))

    @classmethod
    def unguarded(cls, schema: Given | Schema, dsn: str, **options: Unpack[Opening]) -> Self:
        """As Client.unguarded."""
        return cls._opened(lambda: cls._opener.unguarded(schema, dsn, **options))

    @classmethod
    def _opened(cls, make: Callable[[], BaseClient]) -> Self:
        portal = Portal()
        try:
            return cls(portal, portal.run(_made(make)))
        except BaseException:
            portal.close()
            raise

    def set_auth(self, user: User) -> Self:
        """As Client.set_auth."""
        return type(self)(self._portal, self._held.set_auth(user))

    def around(self, make: Callable[[Any], Any]) -> Any:
        """What is made of the asynchronous client, blocking: `db.around(Builder).query("select …")`."""
        return Blocking(self._portal, make(self._held))

    def transaction(self, *, isolation: str | None = None) -> BlockingTransaction:
        """`with db.transaction() as tx` commits at the end and undoes everything on an exception."""
        return BlockingTransaction(self._portal, self._held.transaction(isolation=isolation))

    def close(self) -> None:
        """End all connections, and the thread."""
        work: Coroutine[Any, Any, None] = self._held.close()
        self._portal.run(work)
        self._portal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _blocking(portal: Portal, value: Any) -> Any:
    """A value of the asynchronous client as the blocking one gives it."""
    if isinstance(value, BaseClient):
        return SyncClient(portal, value)
    if isinstance(value, ModelAccess | Procedures):
        return Blocking(portal, value)
    if isinstance(value, Awaitable):
        return _blocking(portal, portal.run(cast("Awaitable[Any]", value)))
    if inspect.ismethod(value) or inspect.isfunction(value):
        return partial(_called, portal, value)
    return value


def _called(portal: Portal, method: Callable[..., Any], /, *args: Any, **given: Any) -> Any:
    return _blocking(portal, method(*args, **given))
