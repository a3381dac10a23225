"""What PostgreSQL says no with, understood: which rule it was where a trigger of ours said so, else which model.

In: an SQLSTATE, a message and its details. Out: a Rejection, or None where no policy had a say.
Never: a guess about which of several operations in one statement was refused.
"""

import json
import re
from typing import Any, cast

from msgspec import Struct

from gatepost.zmodel.schema import Operation, Schema
from gatepost.zmodel.terms import Place

from .triggers import one_line

REFUSED = "42501"
NEW_ROW = re.compile(r'new row violates row-level security policy .*for table "(.*)"\Z', re.DOTALL)
NO_GRANT = re.compile(r"permission denied for (?:table|view) (.*)\Z", re.DOTALL)
NO_NUMBER = re.compile(r"permission denied for sequence (.*)\Z", re.DOTALL)


class Refusing(Struct, frozen=True):
    """A rule that said no, as written, and where the schema has it."""

    effect: str
    text: str
    place: Place | None


class Rejection(Struct, frozen=True):
    """`rules` are known where a trigger looked at them. `operation` is None where a policy refused a new row (created,
    updated, or read back); `granted` False where no rule allows the operation to anybody. `table` is the table's name.
    """

    table: str
    model: str | None
    operation: Operation | None = None
    field: str | None = None
    rules: tuple[Refusing, ...] = ()
    granted: bool = True


def rejection(schema: Schema, code: str, message: str, details: object = None) -> Rejection | None:
    """What a refusal is about; None for errors that no policy made. English messages are understood."""
    if code != REFUSED:
        return None
    told = _told(details)
    if told is not None:
        return _by_trigger(schema, told)
    number = NO_NUMBER.match(message)
    if number is not None:
        return _of_counter(schema, number[1])
    row, grant = NEW_ROW.match(message), NO_GRANT.match(message)
    found = row or grant
    if found is None:
        return None
    return Rejection(found[1], _model_of(schema, found[1]), granted=row is not None)


def _of_counter(schema: Schema, name: str) -> Rejection | None:
    """A column's counter gives its numbers to those who may create rows; it is named after its table."""
    models = [model for model in schema.models.values() if name.startswith(f"{model.table}_")]
    if not models:
        return None
    model = max(models, key=lambda each: len(each.table))
    return Rejection(model.table, model.name, "create", granted=False)


def _told(details: object) -> dict[str, Any] | None:
    """What a trigger of ours says in DETAIL, alone on its line."""
    for line in details.splitlines() if isinstance(details, str) else ():
        if line.startswith('{"model": '):
            try:
                return cast(dict[str, Any], json.loads(line))
            except ValueError:
                return None
    return None


def _by_trigger(schema: Schema, told: dict[str, Any]) -> Rejection:
    model, field = str(told["model"]), told["field"]
    known = schema.models.get(model)
    own = known.fields[field].rules if known and field in known.fields else known.rules if known else ()
    places = {(rule.effect, one_line(rule.text)): rule.place for rule in reversed(own)}
    found = ((str(each["effect"]), str(each["text"])) for each in told["rules"])
    rules = tuple(Refusing(effect, text, places.get((effect, text))) for effect, text in found)
    return Rejection(known.table if known else model, model, told["operation"], field, rules)


def _model_of(schema: Schema, table: str) -> str | None:
    """The model of a table; of two with one name in two schemas, and of a join table: None."""
    found = [model.name for model in schema.models.values() if model.table == table]
    return found[0] if len(found) == 1 else None
