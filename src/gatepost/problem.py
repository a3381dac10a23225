"""The one error type.

In: what went wrong, in words a caller can act on. Out: an exception that every surface renders in its own dialect.
Never: a secret, a token, a stack trace, or a decision about how a surface's body looks.
"""

from collections.abc import Mapping

Details = str | list[object] | dict[str, object] | None


class Problem(Exception):
    """A failure that is an answer.

    `code` is the dialect's own code (`PGRST205`, `invalid_credentials`, an SQLSTATE), `status` the HTTP status,
    `message` what was wrong, `details` where, `hint` what to do about it. `headers` go out with the answer.
    """

    def __init__(
        self,
        code: str,
        status: int,
        message: str,
        details: Details = None,
        hint: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.details = details
        self.hint = hint
        self.headers: Mapping[str, str] = headers or {}

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message} ({self.hint})"


class DatabaseProblem(Problem):
    """What PostgreSQL said no to: `code` is the SQLSTATE, `status` the general answer to that class of states.

    A surface may map the SQLSTATE to another status (PostgREST's table, GoTrue's codes). `constraint`, `table` and
    `column` are filled where PostgreSQL names them.
    """

    def __init__(
        self,
        code: str,
        message: str,
        details: str | None = None,
        hint: str | None = None,
        *,
        status: int = 500,
        constraint: str | None = None,
        table: str | None = None,
        column: str | None = None,
    ) -> None:
        super().__init__(code, status, message, details, hint)
        self.constraint = constraint
        self.table = table
        self.column = column


class Unavailable(Problem):
    """The database cannot be reached, or the connection broke while the request was under way: worth another try."""

    def __init__(self, message: str = "The database is not reachable right now", details: str | None = None) -> None:
        super().__init__("database_unavailable", 503, message, details, "Try again in a moment", {"Retry-After": "1"})


class Stopping(Unavailable):
    """The server ends before there is an answer."""

    def __init__(self) -> None:
        super().__init__("The server is stopping")
