"""What a call can fail with: a class for each reason, named as ZenStack names them.

In: what went wrong, with the model, the rules and the database's own words. Out: an exception, which is a Problem: web
frameworks answer it. Never: a parameter's value or SQL text in a message.
"""

from collections.abc import Iterable
from typing import ClassVar, Literal

from gatepost.problem import DatabaseProblem, Problem
from gatepost.zmodel.terms import Place

Reason = Literal[
    "config-error",
    "invalid-input",
    "not-found",
    "rejected-by-policy",
    "db-query-error",
    "not-supported",
    "internal-error",
]
PolicyReason = Literal["no-access", "cannot-read-back", "other"]
Path = tuple[str | int, ...]
NAME_LENGTH = 100


class OrmError(Problem):
    """A call that failed. `reason` tells the kind, `model` what it was about; `status` is what a route that lets it
    pass answers, with `reason` as `code`.
    """

    reason: ClassVar[Reason] = "internal-error"
    answered: ClassVar[int] = 500
    rejected_by_policy_reason: PolicyReason | None = None
    db_error_code: str | None = None
    db_error_message: str | None = None

    def __init__(self, message: str, model: str | None = None) -> None:
        super().__init__(self.reason, self.answered, message)
        self.model = model

    @property
    def reject_reason(self) -> PolicyReason | None:
        """`rejected_by_policy_reason`, as the RPC answer calls it."""
        return self.rejected_by_policy_reason


class ConfigError(OrmError):
    """The client was opened with something it cannot work with."""

    reason: ClassVar[Reason] = "config-error"


class NotSupported(OrmError):
    """What was asked for cannot be done on this model or database."""

    reason: ClassVar[Reason] = "not-supported"
    answered = 400


class NotFound(OrmError):
    """No row matches, or none that the identity may touch."""

    reason: ClassVar[Reason] = "not-found"
    answered = 404

    def __init__(self, message: str = "Record not found", model: str | None = None) -> None:
        super().__init__(message, model)


class InvalidInput(OrmError):
    """An argument is wrong: `path` says which one, `findings` all of them as (path, message)."""

    reason: ClassVar[Reason] = "invalid-input"
    answered = 422

    def __init__(
        self,
        message: str,
        path: Path = (),
        model: str | None = None,
        findings: Iterable[tuple[Path, str]] = (),
    ) -> None:
        self.path = path
        self.findings: tuple[tuple[Path, str], ...] = tuple(findings) or ((path, message),)
        told = "; ".join(f'{text} at "{dotted(at)}"' if at else text for at, text in self.findings)
        super().__init__(f"Validation error: {told}", model)

    def of_call(self, model: str, operation: str) -> "InvalidInput":
        """The same, saying whose arguments they are."""
        self.model = self.model or model
        self.message = f'Invalid {operation.removesuffix("OrThrow")} args for model "{model}": {self.message}'
        self.args = (self.message,)
        return self


class RejectedByPolicy(OrmError):
    """A rule said no. `places` are where the rules stand that had a say."""

    reason: ClassVar[Reason] = "rejected-by-policy"
    answered = 403

    def __init__(
        self,
        message: str = "operation is rejected by access policies",
        model: str | None = None,
        reason: PolicyReason = "no-access",
        places: Iterable[Place] = (),
    ) -> None:
        super().__init__(message, model)
        self.rejected_by_policy_reason = reason
        self.places: tuple[Place, ...] = tuple(places)


class DatabaseError(OrmError):
    """PostgreSQL said no: `db_error_code` is the SQLSTATE; `constraint`, `table`, `column` where it names them."""

    reason: ClassVar[Reason] = "db-query-error"

    def __init__(self, problem: Problem, model: str | None = None) -> None:
        super().__init__(f"Failed to execute query: {problem.message}", model)
        self.problem, self.code, self.status, self.headers = problem, problem.code, problem.status, problem.headers
        self.db_error_code = problem.code
        self.db_error_message = problem.message
        named = problem if isinstance(problem, DatabaseProblem) else None
        self.constraint = named.constraint if named else None
        self.table = named.table if named else None
        self.column = named.column if named else None


class Unreachable(DatabaseError):
    """The database cannot be reached, or the connection broke: what was under way is undone."""


def dotted(path: Path) -> str:
    """`("where", "id", "in", 3)` → `where.id.in[3]`."""
    text = ""
    for step in path:
        name = f"[{step}]" if isinstance(step, int) else legible(step)
        text += name if isinstance(step, int) or not text else f".{name}"
    return text


def legible(name: object) -> str:
    """A word of a call in a message: not too long, on one line."""
    text = str(name)
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text[:NAME_LENGTH])
