"""A blocking connection for set-up: whole scripts at once, errors with their position.

In: a connection string. Out: rows as text, notices, DatabaseProblems. Never: used to answer a request.
"""

import os
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from ..problem import DatabaseProblem, Unavailable

Row = tuple[str | None, ...]
Notice = Callable[[str], None]

CONNECT_SECONDS = 10
SUCCESS = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.EMPTY_QUERY)


class ScriptProblem(DatabaseProblem):
    """What a script stumbled over.

    `position` counts characters of the script from 1, 0 where it is not known; `statement` counts the statements that
    went through before. `internal` is the statement inside a function, `context` the way there.
    """

    position: int = 0
    statement: int = 0
    internal: str | None = None
    context: str | None = None


class Connection:
    """One session. Statements run one after the other; nothing is prepared, nothing retried."""

    def __init__(self, dsn: str, on_notice: Notice | None = None) -> None:
        self._raw = pq.PGconn.connect(patient(dsn).encode())
        if self._raw.status != pq.ConnStatus.OK:
            message = self._raw.get_error_message().strip()
            self._raw.finish()
            raise Unavailable("The database cannot be reached", message)
        self._raw.notice_handler = self._noticed
        self._on_notice = on_notice
        self._raw.exec_(b"set client_encoding = 'UTF8'")

    def _noticed(self, result: pq.abc.PGresult) -> None:
        if self._on_notice:
            self._on_notice(_text(result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY)) or "")

    def script(self, text: str) -> None:
        """Run any number of statements in one message: one transaction, unless they say otherwise."""
        self._raw.send_query(text.encode())
        failure: ScriptProblem | None = None
        count = 0
        while result := self._raw.get_result():
            if result.status in SUCCESS:
                count += 1
            elif failure is None:
                failure = self._failure(result)
                failure.statement = count
        if failure:
            raise failure

    def rows(self, text: str, *parameters: str | None) -> list[Row]:
        """Run one statement with parameters $1 … and return its rows."""
        values: Sequence[bytes | None] = [None if value is None else value.encode() for value in parameters]
        result = self._checked(self._raw.exec_params(text.encode(), values))
        return [
            tuple(_text(result.get_value(row, column)) for column in range(result.nfields))
            for row in range(result.ntuples)
        ]

    def value(self, text: str, *parameters: str | None) -> str | None:
        """The first column of the first row, or None."""
        found = self.rows(text, *parameters)
        return found[0][0] if found else None

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Everything in the block, or nothing of it."""
        self.script("begin")
        try:
            yield
        except BaseException:
            if self.usable:
                self.script("rollback")
            raise
        self.script("commit")

    @property
    def usable(self) -> bool:
        """False once the connection is gone."""
        return self._raw.status == pq.ConnStatus.OK

    @property
    def in_transaction(self) -> bool:
        """True where a script left a transaction open (or failed)."""
        return self._raw.transaction_status in (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR)

    def encrypted(self, password: str, role: str) -> str:
        """The password as a SCRAM verifier: the server never sees the password itself."""
        return self._raw.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()

    def close(self) -> None:
        self._raw.finish()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _checked(self, result: pq.abc.PGresult) -> pq.abc.PGresult:
        if result.status in SUCCESS:
            return result
        raise self._failure(result)

    def _failure(self, result: pq.abc.PGresult) -> ScriptProblem:
        if not self.usable:
            raise Unavailable("The connection to the database broke", self._raw.get_error_message().strip())
        if result.status in (pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT):
            self._raw.finish()
            raise ScriptProblem("0A000", "COPY FROM STDIN needs psql, and cannot be in a file run here", status=500)
        return _problem(result)


def _problem(result: pq.abc.PGresult) -> ScriptProblem:
    def field(name: pq.DiagnosticField) -> str | None:
        return _text(result.error_field(name))

    problem = ScriptProblem(
        field(pq.DiagnosticField.SQLSTATE) or "XX000",
        field(pq.DiagnosticField.MESSAGE_PRIMARY) or "",
        field(pq.DiagnosticField.MESSAGE_DETAIL),
        field(pq.DiagnosticField.MESSAGE_HINT),
        status=500,
        constraint=field(pq.DiagnosticField.CONSTRAINT_NAME),
        table=field(pq.DiagnosticField.TABLE_NAME),
        column=field(pq.DiagnosticField.COLUMN_NAME),
    )
    problem.position = int(field(pq.DiagnosticField.STATEMENT_POSITION) or 0)
    problem.internal = field(pq.DiagnosticField.INTERNAL_QUERY)
    problem.context = field(pq.DiagnosticField.CONTEXT)
    return problem


def patient(dsn: str) -> str:
    """The connection string with an end to the wait for a server that is silent, unless something else was said."""
    try:
        said = "connect_timeout" in conninfo_to_dict(dsn) or "PGCONNECT_TIMEOUT" in os.environ
    except psycopg.Error:
        return dsn  # libpq says what is wrong with it
    return dsn if said else make_conninfo(dsn, connect_timeout=CONNECT_SECONDS)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("utf-8", "replace")
