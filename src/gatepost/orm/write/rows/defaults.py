"""What a row gets that its author left out.

In: a model and the given values. Out: values for fields with a default of the client's, and for @updatedAt.
Never: autoincrement and dbgenerated: those are the database's.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from gatepost.orm.values import JsonNull
from gatepost.orm.write.rows import identifiers
from gatepost.orm.write.rows.tables import parameter, stored
from gatepost.orm.write.rows.work import Work
from gatepost.query.tree import Expression, Literal
from gatepost.zmodel.schema import Default, Field, Model

LEFT_TO_DATABASE = frozenset({"autoincrement", "dbgenerated"})
NOTHING = object()


def fill(work: Work, model: Model, given: Mapping[str, Expression | None], now: datetime) -> dict[str, Expression]:
    """The given values and the defaults of the other fields of the model's own table."""
    filled = {name: value for name, value in given.items() if value is not None}
    for field in stored(model):
        if field.name not in given:
            value = default(work, field, now)
            if value is not NOTHING:
                filled[field.name] = Literal(parameter(work.schema, field, value))
    return filled


def default(work: Work, field: Field, now: datetime) -> object:
    """What the client fills in, or NOTHING."""
    if field.default is not None:
        return _value(work, field, field.default, now)
    return now if field.updated_at is not None else NOTHING


def _value(work: Work, field: Field, given: Default, now: datetime) -> object:
    match given.function:
        case None:
            return JsonNull if given.value is None and field.type.name == "Json" else literal(field, given.value)
        case "now":
            return now
        case "auth":
            return asked(work.auth, given.path)
        case name if name in LEFT_TO_DATABASE:
            return NOTHING
        case name:
            return identifiers.make(name, given.arguments)


def literal(field: Field, value: Any) -> Any:
    """A literal default as the field's Python value."""
    if isinstance(value, list) and field.type.array:
        return [literal(field, item) for item in cast("list[Any]", value)]
    if field.type.name == "Decimal" and isinstance(value, int | float | str):
        return Decimal(str(value))
    return float(value) if field.type.name == "Float" and isinstance(value, int) else cast("Any", value)


def asked(auth: Any, path: Iterable[str]) -> Any:
    """A member of `auth()`; None where anything on the way is missing."""
    for step in path:
        auth = cast("Mapping[str, Any]", auth).get(step) if isinstance(auth, Mapping) else None
    return auth


def touched(model: Model, names: Iterable[str]) -> list[Field]:
    """The @updatedAt fields that a change of those fields moves on."""
    given = set(names)
    scalars = {name for name in given if model.fields[name].relation is None}
    return [
        field
        for field in model.fields.values()
        if field.updated_at is not None and field.name not in given and scalars - set(field.updated_at)
    ]


def clock() -> datetime:
    """Now, to the millisecond, which is what a DateTime holds."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
