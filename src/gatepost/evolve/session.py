"""The connection that changes a schema: one transaction, one at a time.

In: the owner's connection string. Out: statements run, SQLAlchemy's view of the same transaction.
Never: a part of a change kept.
"""

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager

import psycopg
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from gatepost.problem import DatabaseProblem, Unavailable

LOCK = 7310214402654
# As for migrations: names written by hand are found where people expect them.
SEARCH_PATH = '"$user", public, extensions'

Row = tuple[object, ...]


class Session:
    """A transaction on one connection. `execute` runs SQL as it is; `attach` lets SQLAlchemy read through it too."""

    def __init__(self, raw: psycopg.Connection[Row]) -> None:
        self._raw = raw
        self._sqlalchemy: Connection | None = None

    def execute(self, text: str) -> None:
        """One or more statements without parameters."""
        try:
            self._raw.execute(text.encode())
        except psycopg.Error as error:
            raise problem(error, text) from None

    def run(self, statements: Iterable[str]) -> None:
        """Statements one after the other; a Problem names the one that failed."""
        for statement in statements:
            self.execute(statement)

    def rows(self, text: str, parameters: Sequence[object] = ()) -> list[Row]:
        """What a query answers; parameters are written %s."""
        try:
            return self._raw.execute(text.encode(), parameters or None).fetchall()
        except psycopg.Error as error:
            raise problem(error, text) from None

    def value(self, text: str, parameters: Sequence[object] = ()) -> object:
        """The first column of the first row, or None."""
        found = self.rows(text, parameters)
        return found[0][0] if found else None

    def prepare(self) -> None:
        """Settings of this transaction, and the lock: others who change a schema wait."""
        self.execute("set local client_min_messages = warning; set local lock_timeout = '30s'")
        self.rows("select set_config('search_path', %s, true)", (SEARCH_PATH,))
        self.rows("select pg_advisory_xact_lock(%s)", (LOCK,))

    def attach(self) -> Connection:
        """The same connection, for SQLAlchemy and Alembic. To be called before anything is changed: SQLAlchemy looks
        around when it connects, and rolls back what it finds.
        """
        if self._sqlalchemy is None:
            engine = create_engine("postgresql+psycopg://", creator=lambda: self._raw, poolclass=NullPool)
            with self.pinned():
                self._sqlalchemy = engine.connect()
            self.prepare()
        return self._sqlalchemy

    def close(self) -> None:
        """Let SQLAlchemy go; the connection goes with it."""
        if self._sqlalchemy is not None:
            self._sqlalchemy.close()

    @contextmanager
    def pinned(self, search_path: str = "pg_catalog") -> Generator[None]:
        """For reading: names come back qualified, whatever the database's owner has set."""
        before = self.value("select current_setting('search_path')")
        self.rows("select set_config('search_path', %s, true)", (search_path,))
        yield
        self.rows("select set_config('search_path', %s, true)", (before,))


class Undone(Exception):
    """Raised in a session to leave it without a trace."""


@contextmanager
def session(dsn: str) -> Generator[Session]:
    """A transaction that commits at the end; `Undone` or any error rolls it back. Others who change a schema wait."""
    try:
        raw = psycopg.connect(dsn, autocommit=False, prepare_threshold=None)
    except psycopg.OperationalError as error:
        raise Unavailable("The database cannot be reached", str(error).strip()) from None
    with raw:
        opened = Session(raw)
        try:
            opened.prepare()
            yield opened
            raw.commit()
        except Undone:
            raw.rollback()
        except psycopg.Error as error:  # a deferred constraint that fails in the end
            raise problem(error, "commit") from None
        finally:
            opened.close()


def problem(error: psycopg.Error, statement: str) -> DatabaseProblem | Unavailable:
    """PostgreSQL's error with the statement that it stumbled over."""
    diagnostic = error.diag
    if diagnostic.sqlstate is None:
        return Unavailable("The connection to the database broke", str(error).strip())
    shown = statement if len(statement) <= 500 else statement[:500] + " …"
    details = "\n".join(each for each in (diagnostic.message_detail, shown) if each)
    return DatabaseProblem(
        diagnostic.sqlstate,
        diagnostic.message_primary or str(error),
        details,
        diagnostic.message_hint,
        constraint=diagnostic.constraint_name,
        table=diagnostic.table_name,
        column=diagnostic.column_name,
    )
