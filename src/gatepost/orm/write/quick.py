"""One row, one statement: a create, update or delete without relations, with its rules and what is read back.

In: a call's checked arguments. Out: the written row as a read gives it, or NOT_QUICK: the call needs more than that.
Never: a statement whose answer would not see its own row: a rule that looks at the row's table, or at what hangs on it.
"""

from collections.abc import Callable, Iterable
from typing import Any, cast

import msgspec

from gatepost.orm.arguments.data.changes import Change, Data
from gatepost.orm.arguments.shapes import ALWAYS, Counted, Find, Nested, Shown, Where
from gatepost.orm.errors import DatabaseError, NotFound, OrmError
from gatepost.orm.read.find import Finder
from gatepost.orm.read.plan import Plan, decoder, reader_of
from gatepost.orm.read.tables import Tables
from gatepost.orm.session import Session
from gatepost.orm.write.rows import change
from gatepost.orm.write.rows.checks import BEFORE, cannot_read_back, columns_of
from gatepost.orm.write.rows.defaults import clock, fill, touched
from gatepost.orm.write.rows.insert import MOST_PARAMETERS, told
from gatepost.orm.write.rows.refusals import refused, rejected
from gatepost.orm.write.rows.tables import both, parameter, sql_type, stored, table, unlisted
from gatepost.orm.write.rows.work import Work
from gatepost.query.answer import MARK, template
from gatepost.query.sql import Parameter, Slot
from gatepost.query.tree import (
    FALSE,
    NEW,
    TRUE,
    Column,
    Delete,
    Expression,
    Given,
    Insert,
    Literal,
    Name,
    Nothing,
    Operation,
    Output,
    Read,
    Update,
    Write,
)
from gatepost.query.whole import Answer, Guard
from gatepost.zmodel.schema import Field, Model

NOT_QUICK = object()
KEY = "gatepost.orm.write"
MOST_PLANS = 2000
UNREADABLE = "unreadable"


class Written(Tables):
    """The tables of an answer whose rows are those that the statement itself wrote."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._first = True

    def name(self, model: Model) -> Name | Given:
        first, self._first = self._first, False
        return Given() if first else super().name(model)


class Quick(msgspec.Struct, frozen=True):
    """A plan and the write that it holds."""

    plan: Plan
    node: Write


async def create(work: Work, model: Model, data: Data, show: Shown) -> Any:
    """A new row. RejectedByPolicy, DatabaseError."""
    if data.links or work.session.guard == "database" or not is_plain(work, model) or not is_flat(show):
        return NOT_QUICK
    values = fill(work, model, told(work, model, data.values), clock())
    key = ("create", model.name, tuple(values), show, work.session.running is None)
    made = plan_of(work, key, lambda: _create(work, model, tuple(values), show))
    if made is None:
        return NOT_QUICK
    work.values[:] = [cast("Parameter", cast("Literal", value).value) for value in values.values()]
    written, row = await run(work, model, made)
    if written == 0:
        raise rejected(work.schema, model.name, "create")
    return row


async def update(work: Work, model: Model, where: Where, data: Data, show: Shown) -> Any:
    """The changed row. NotFound, RejectedByPolicy, DatabaseError."""
    if data.links or not data.values or not is_plain(work, model) or not is_flat(show):
        return NOT_QUICK
    moved = touched(model, data.values)
    kinds = tuple(value.kind if isinstance(value, Change) else "" for value in data.values.values())
    key = ("update", model.name, where, tuple(data.values), kinds, show, work.session.running is None)
    start = len(work.values)
    made = plan_of(work, key, lambda: _update(work, model, where, data, show, start, moved))
    if made is None:
        return NOT_QUICK
    work.values += [_operand(work, model.fields[name], value) for name, value in data.values.items()]
    now = clock()
    work.values += [parameter(work.schema, field, now) for field in moved]
    written, row = await run(work, model, made)
    if written == 0:
        del work.values[start:]
        raise NotFound(model=model.name)
    return row


async def delete(work: Work, model: Model, where: Where, show: Shown) -> Any:
    """The row as it was. NotFound, RejectedByPolicy."""
    if not is_plain(work, model) or not deletes_alone(work, model):
        return NOT_QUICK
    key = ("delete", model.name, where, show, work.session.running is None)
    made = plan_of(work, key, lambda: _delete(work, model, where, show))
    if made is None:
        return NOT_QUICK
    written, row = await run(work, model, made)
    if written == 0:
        raise NotFound(model=model.name)
    return row


async def run(work: Work, model: Model, made: Quick) -> tuple[int, Any]:
    """How many rows were written, and the one that may be seen."""
    try:
        [result] = await work.session.run(made.plan.statement(work.session, work.values))
    except DatabaseError as error:
        raise failure(work, model, made.node, error) from None
    written = int(result.rows[0][-1] or b"0")
    row = made.plan.decode(result)
    if written and row is None and work.session.guard != "none":
        raise cannot_read_back(work, model.name)
    return written, row


def failure(work: Work, model: Model, node: Write, error: DatabaseError) -> OrmError:
    """What a failed statement means: ours, row level security's, or the database's own."""
    if MARK in (error.db_error_message or "") and UNREADABLE in (error.db_error_message or ""):
        return cannot_read_back(work, model.name)
    return refused(work.schema, error, type(node)) if work.session.guard == "database" else error


# ------------------------------------------------------------------ what is quick


def is_plain(work: Work, model: Model) -> bool:
    """Whether one table holds the row, whole, and nobody wants to know of it beforehand."""
    if model.base is not None or model.discriminator is not None or work.session.watch is not None:
        return False
    return not any(field.computed for field in model.fields.values())


def is_flat(show: Shown) -> bool:
    """Whether nothing of other rows is shown."""
    return not any(isinstance(item, Nested | Counted) for item in show.items)


def creates_alone(work: Work, model: Model, rows: int) -> bool:
    """Whether that many rows need one statement only."""
    if model.base is not None or rows * len(model.fields) > MOST_PARAMETERS:
        return False
    return work.rules.permit(model.name, "create", table(work.schema, model).name) == TRUE


def updates_alone(work: Work, model: Model, names: Iterable[str]) -> bool:
    """Whether those fields change by one statement: no rule looks before or after it."""
    name = table(work.schema, model).name
    changed = [*names, *(field.name for field in model.fields.values() if field.updated_at is not None)]
    if model.base is not None or work.rules.post(model.name, name, BEFORE) != TRUE:
        return False
    return all(work.rules.assign(model.name, each, name) in (None, TRUE) for each in changed)


def deletes_alone(work: Work, model: Model) -> bool:
    """Whether rows go by one statement."""
    return model.base is None and not change.cascading(work, model)


def looks_at(node: object, name: Name) -> bool:
    """Whether a condition reads a table."""
    if node == name:
        return True
    if isinstance(node, msgspec.Struct):
        return any(looks_at(getattr(node, each), name) for each in node.__struct_fields__)
    parts = cast("Iterable[object]", node) if isinstance(node, tuple) else ()
    return any(looks_at(part, name) for part in parts)


# ------------------------------------------------------------------ plans


def plan_of(work: Work, key: tuple[object, ...], make: Callable[[], Quick | None]) -> Quick | None:
    """The plan of a shape, made once; None where the shape is not for one statement."""
    plans: dict[object, Quick | None] = work.session.plans.setdefault(KEY, {})
    if key in plans:
        return plans[key]
    if len(plans) >= MOST_PLANS:
        plans.clear()
    made = plans[key] = make()
    return made


def _answer(work: Work, model: Model, node: Write, show: Shown, *, before: bool = False) -> Quick | None:
    """A write and its rows as the call shows them; `before`: other rows are seen as they were, which is right."""
    reader = reader_of(work.session)
    rows = Finder(Written(work.session), reader.lexicon).find(Find(model.name, ALWAYS, show))
    if not before and looks_at(rows.read, table(work.schema, model)):
        return None
    undoes = not work.session.compat and work.session.running is None and work.session.guard != "none"
    guards = (Guard(UNREADABLE, whole=True),) if undoes else ()
    made = template(Answer(rows.read, write=node, guards=guards, written=True))
    return Quick(Plan(model.name, made.text, made.params, decoder(rows.type), rows.finish, _first), node)


def _first(rows: list[dict[str, Any]]) -> Any:
    return rows[0] if rows else None


def _create(work: Work, model: Model, names: tuple[str, ...], show: Shown) -> Quick | None:
    """An INSERT whose one row passes the rules for create, or nothing is inserted."""
    rule = work.rules.permit(model.name, "create", NEW)
    if rule == FALSE:
        raise rejected(work.schema, model.name, "create")
    slots = {
        name: Literal(Slot(number), sql_type(work.schema, model.fields[name])) for number, name in enumerate(names)
    }
    columns = tuple(model.fields[name].column or name for name in names)
    if rule == TRUE or not names:
        if rule != TRUE:
            return None
        node = Insert(table(work.schema, model), returning=("*",), columns=columns, rows=(tuple(slots.values()),))
        return _answer(work, model, node, show)
    asked = columns_of(rule, NEW)
    outputs = [
        Output(slots.get(field.name) or Literal(None, sql_type(work.schema, field)), field.column)
        for field in stored(model)
        if field.name in slots or field.column in asked
    ]
    given = Read(Nothing(), "given", tuple(outputs))
    node = Insert(table(work.schema, model), returning=("*",), columns=columns, given=given, where=(rule,))
    return _answer(work, model, node, show)


def _update(
    work: Work, model: Model, where: Where, data: Data, show: Shown, start: int, moved: list[Field]
) -> Quick | None:
    """An UPDATE of the row that the condition and the rules give."""
    name = table(work.schema, model)
    names = [*data.values, *(field.name for field in moved)]
    permitted = work.rules.permit(model.name, "update", name.name)
    if permitted == FALSE or work.is_closed(model, "update") or not updates_alone(work, model, names):
        return None
    values = [_assigned(work, model, each, data.values.get(each), start + i) for i, each in enumerate(names)]
    meant = both(work.matching(model, where)(name.name), permitted)
    return _answer(work, model, Update(name, values=tuple(values), where=(meant,), returning=("*",)), show)


def _assigned(work: Work, model: Model, name: str, value: object, slot: int) -> tuple[str, Expression]:
    """A column and what it becomes, of a value that comes later."""
    field = model.fields[name]
    column = field.column or name
    if not isinstance(value, Change):
        return column, Literal(Slot(slot))
    there = Column(column, table(work.schema, model).name)
    operator = cast("Any", change.ARITHMETIC.get(value.kind, "||"))
    return column, Operation(there, operator, Literal(Slot(slot), sql_type(work.schema, field)))


def _operand(work: Work, field: Field, value: Any) -> Parameter:
    """A value, or what a change takes, as a parameter."""
    if not isinstance(value, Change):
        return parameter(work.schema, field, value)
    if value.kind != "push":
        return parameter(work.schema, unlisted(field), value.value)
    pushed: Any = value.value
    return parameter(work.schema, field, cast("Any", pushed if isinstance(pushed, list) else [pushed]))


def _delete(work: Work, model: Model, where: Where, show: Shown) -> Quick | None:
    """A DELETE of the row that the condition and the rules give; other rows are seen as they were before it."""
    name = table(work.schema, model)
    permitted = work.rules.permit(model.name, "delete", name.name)
    if permitted == FALSE or work.is_closed(model, "delete"):
        return None
    meant = both(work.matching(model, where)(name.name), permitted)
    return _answer(work, model, Delete(name, where=(meant,), returning=("*",)), show, before=True)
