"""Cursors whose statements are signed in.

In: statements of the ORM and of programs. Out: the same, each in a transaction that is signed in as whoever acts now.
Never: a statement outside of one; rows of a cursor read as somebody else than who opened it.

A statement with which a transaction begins goes out with its signing in, in one round trip. Outside of `atomic()` both
are a transaction of their own.
"""

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, Self

import psycopg
from django.db.backends.postgresql.base import CursorMixin
from psycopg.abc import Params
from psycopg.client_cursor import ClientCursorMixin

from ....identity import Identity
from .signing import IDLE, Connection, acting, fits_together, is_wanted, look_after, sign_in, together


@contextmanager
def signed_in(connection: Connection) -> Generator[Identity]:
    """A transaction for what cannot share a round trip with its signing in: the open one, or one of its own."""
    identity = acting()
    own = connection.autocommit and connection.pgconn.transaction_status == IDLE
    with connection.transaction() if own else nullcontext():
        if is_wanted(connection, identity):
            sign_in(connection, identity)
        yield identity


class Signing(psycopg.Cursor[Any]):
    """What an ordinary cursor does."""

    def execute(self, query: Any, params: Params | None = None, **options: Any) -> Self:
        """In one round trip with the signing in, where a transaction begins with it."""
        connection = self.connection
        if not query or not is_wanted(connection, identity := acting()):  # '' asks whether the connection is alive
            super().execute(query, params, **options)
            look_after(self)
        elif fits_together(connection, query):
            self._execute_first(identity, query, params, options)
        else:
            with signed_in(connection):
                super().execute(query, params, **options)
                look_after(self)
        return self

    def _execute_first(self, identity: Identity, query: Any, params: Params | None, options: dict[str, Any]) -> None:
        """The first statement of a transaction: of several, PostgreSQL makes one."""
        text, told = together(identity, query, params)
        super().execute(text, told, **options)
        look_after(self, identity)

    def executemany(self, query: Any, params_seq: Iterable[Params], **options: Any) -> None:
        """All of them in one transaction."""
        with signed_in(self.connection):
            super().executemany(query, params_seq, **options)

    def stream(self, query: Any, params: Params | None = None, **options: Any) -> Iterator[Any]:
        """The transaction is open until the last row."""
        with signed_in(self.connection):
            yield from super().stream(query, params, **options)

    @contextmanager
    def copy(self, statement: Any, params: Params | None = None, **options: Any) -> Generator[psycopg.Copy]:
        """COPY, which PostgreSQL refuses into tables with row level security."""
        with signed_in(self.connection), super().copy(statement, params, **options) as copy:
            yield copy


class ClientBound(Signing, CursorMixin, psycopg.ClientCursor[Any]):
    """Parameters are put in here, as Django wants it."""


class ServerBound(Signing, CursorMixin):
    """Parameters are put in by the server, with `server_side_binding`: of one statement at a time."""

    def _execute_first(self, identity: Identity, query: Any, params: Params | None, options: dict[str, Any]) -> None:
        """Behind each other in a pipeline: without a Sync in between they are one transaction, too."""
        with self.connection.pipeline():
            sign_in(self.connection, identity)
            psycopg.Cursor.execute(self, query, params, **options)
        look_after(self)


class Opened(psycopg.ServerCursor[Any]):
    """A cursor of the server's (`iterator()`). Outside of a transaction its rows are ready once it is declared, and
    kept; within one they are made as they are fetched, so that is done as whoever opened it.
    """

    opener: Identity | None = None

    def execute(self, query: Any, params: Params | None = None, **options: Any) -> Self:
        with signed_in(self.connection) as self.opener:
            return super().execute(query, params, **options)

    def fetchone(self) -> Any:
        self._as_opener()
        return super().fetchone()

    def fetchmany(self, size: int = 0) -> list[Any]:
        self._as_opener()
        return super().fetchmany(size)

    def fetchall(self) -> list[Any]:
        self._as_opener()
        return super().fetchall()

    def __next__(self) -> Any:
        self._as_opener()
        return super().__next__()

    def scroll(self, value: int, mode: str = "relative") -> None:
        self._as_opener()
        super().scroll(value, mode)

    def _as_opener(self) -> None:
        if self.opener is not None and not self.withhold and is_wanted(self.connection, self.opener):
            sign_in(self.connection, self.opener)


class ServerSide(Opened, CursorMixin):
    """With `server_side_binding`."""


class ClientBoundServerSide(Opened, CursorMixin, ClientCursorMixin[Any, Any]):
    """Without."""
