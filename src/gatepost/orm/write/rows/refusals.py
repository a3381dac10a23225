"""Row level security's no, as a call's.

In: a failure of the database, and the write that it was about. Out: RejectedByPolicy with the rules that are known.
Never: a failure that no policy made.
"""

from collections.abc import Sequence

from gatepost.orm.errors import DatabaseError, OrmError, RejectedByPolicy
from gatepost.orm.write.rows.tables import table
from gatepost.policy import Rules
from gatepost.policy.rls.helpers import ROW, Helpers
from gatepost.policy.rls.hoist import Hoist
from gatepost.policy.rls.rejection import Rejection, rejection
from gatepost.query.tree import FALSE, Delete, Insert, Read, Update, Write
from gatepost.zmodel.schema import Model, Operation, Schema
from gatepost.zmodel.terms import Place

NO_ACCESS = "operation is rejected by access policies"
NOT_READABLE = "result is not allowed to be read back"
AFTERWARDS = "some or all updated rows failed to pass post-update policy check"
OPERATIONS: dict[type, Operation] = {Insert: "create", Update: "update", Delete: "delete"}


def rejected(schema: Schema, model: str, operation: Operation, message: str = NO_ACCESS) -> RejectedByPolicy:
    """No access, and where the rules stand that had a say."""
    places = [rule.place for rule in schema.models[model].rules if operation in rule.operations]
    return RejectedByPolicy(_with_places(message, model, operation, places), model, "no-access", places)


def _with_places(message: str, model: str, operation: Operation, places: Sequence[Place]) -> str:
    where = ", ".join(map(str, places))
    return f"{message} (rules of {model} for {operation}: {where})" if places else message


def refused(schema: Schema, error: DatabaseError, kind: type[Read | Write]) -> OrmError:
    """What the failure of a statement of that kind means to a call.

    Where a model has no rules for post-update, a row that an update may not leave is one that may not be read; where it
    has some, PostgreSQL does not say which it was.
    """
    problem = error.problem
    found = rejection(schema, error.db_error_code or "", problem.message, problem.details)
    if found is None:
        return error
    if found.model is None:
        return RejectedByPolicy("one side of the relation cannot be updated")
    operation = found.operation or OPERATIONS.get(kind, "read")
    if found.operation is None and found.granted and kind is Update:
        if not _has_rules(schema.models[found.model], "post-update"):
            return RejectedByPolicy(NOT_READABLE, found.model, "cannot-read-back")
        operation = "post-update"
    message = _told(found, operation)
    if not found.rules:
        return rejected(schema, found.model, operation, message)
    places = [rule.place for rule in found.rules if rule.place is not None]
    message = _with_places(message, found.model, operation, places)
    return RejectedByPolicy(message, found.model, "no-access", places)


def _told(found: Rejection, operation: Operation) -> str:
    if found.field is not None:
        return f'field "{found.field}" cannot be updated by its policies'
    return AFTERWARDS if operation == "post-update" else NO_ACCESS


def _has_rules(model: Model, operation: Operation) -> bool:
    return any(operation in rule.operations for rule in model.rules)


def is_closed(schema: Schema, model: Model, operation: Operation, compat: bool) -> bool:
    """Whether the rules can allow the operation to nobody: then nobody was given the right, and asking would fail."""
    permit = Rules(schema, compat=compat).permit(model.name, operation, ROW)
    return Hoist(table(schema, model), Helpers("")).condition(permit) == FALSE
