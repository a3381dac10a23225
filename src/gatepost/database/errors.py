"""What PostgreSQL says no with, as a Problem.

In: the fields of an error result. Out: a DatabaseProblem, or Unavailable where the server went away.
Never: the statement's text or its parameters.
"""

from psycopg import pq

from ..problem import DatabaseProblem, Problem, Unavailable

FIELD = pq.DiagnosticField
LOST = ("08", "57P01", "57P02", "57P03", "57P05")
# SQLSTATE or its class -> the general HTTP status; a surface may know better.
STATUS = {"23503": 409, "23505": 409, "42501": 403, "53": 503, "57": 500, "40": 500, "XX": 500, "22": 400, "23": 400}
CANCELLED = "57014"
REFUSED, DOOR = "PT401", "gatepost.enter"
"""What the door says where somebody may not come in, and the constraint it names: the whole request is refused then."""
# invalid_sql_statement_name: the server does not know the name (any more); feature_not_supported is what a plan whose
# result type changed under it says.
LOST_STATEMENTS = ("26000", "0A000")


def problem(result: pq.abc.PGresult) -> Problem:
    """The error of a failed result (protocol fields in UTF-8)."""
    code = text(result, FIELD.SQLSTATE) or "XX000"
    message = text(result, FIELD.MESSAGE_PRIMARY) or result.get_error_message()
    if code.startswith(LOST):
        return Unavailable("The database ended the connection", message)
    if code == REFUSED and text(result, FIELD.CONSTRAINT_NAME) == DOOR:
        return Problem(code, 401, message, text(result, FIELD.MESSAGE_DETAIL), text(result, FIELD.MESSAGE_HINT))
    return DatabaseProblem(
        code,
        message,
        text(result, FIELD.MESSAGE_DETAIL),
        text(result, FIELD.MESSAGE_HINT),
        status=STATUS.get(code) or STATUS.get(code[:2]) or 400,
        constraint=text(result, FIELD.CONSTRAINT_NAME),
        table=text(result, FIELD.TABLE_NAME),
        column=text(result, FIELD.COLUMN_NAME),
    )


def text(result: pq.abc.PGresult, field: pq.DiagnosticField) -> str | None:
    """One field of an error, decoded, or None where the server did not send it."""
    value = result.error_field(field)
    return None if value is None else value.decode("utf-8", "replace")
