"""What rules say about a write, asked of the database before and after it.

In: rows as they shall be, or that were changed. Out: nothing, or RejectedByPolicy with the rules' places.
Never: a rule read in Python: conditions come from `policy` and PostgreSQL decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

import msgspec

from gatepost.orm.errors import RejectedByPolicy
from gatepost.orm.write.rows.refusals import AFTERWARDS, NOT_READABLE, rejected
from gatepost.orm.write.rows.tables import (
    Filter,
    Row,
    both,
    by_rows,
    sql_type,
    stored,
    table,
    value_of,
)
from gatepost.orm.write.rows.work import Work
from gatepost.query.sql import Parameter
from gatepost.query.tree import (
    FALSE,
    TRUE,
    Aggregate,
    Column,
    Compare,
    Condition,
    Exists,
    Expression,
    Literal,
    NewColumn,
    Not,
    Output,
    Payload,
    Read,
    State,
    Truth,
)
from gatepost.zmodel.schema import Field, Model

BEFORE = "gatepost_before"
FIELD_RULES = "some rows cannot be updated due to field policies"
MISMATCH = (
    "Before-update and after-update rows do not match. If you have post-update policies on a model, updating id fields "
    "is not supported."
)


def cannot_read_back(work: Work, model: str) -> RejectedByPolicy:
    """The write is done, and its author may not see the result."""
    places = [rule.place for rule in work.schema.models[model].rules if "read" in rule.operations]
    return RejectedByPolicy(NOT_READABLE, model, "cannot-read-back", places)


# ------------------------------------------------------------------ create


async def before_create(work: Work, model: Model, rows: Sequence[Mapping[str, Expression | None]]) -> None:
    """The rules for create, of the given values: one statement for all rows."""
    name = table(work.schema, model)
    rule = work.rules.permit(model.name, "create", name.name)
    if work.is_closed(model, "create"):
        raise rejected(work.schema, model.name, "create")
    if rule == TRUE or not rows:
        return
    if rule == FALSE:
        raise rejected(work.schema, model.name, "create")
    fields = list(stored(model))
    columns = tuple(NewColumn(field.column or field.name, sql_type(work.schema, field)) for field in fields)
    objects = [{field.column: _told(field, row.get(field.name)) for field in fields} for row in rows]
    payload = Payload(msgspec.json.encode(objects), columns, many=True)
    read = Read(payload, name.name, (Output(Aggregate("count")),), where=(rule,))
    counted = await work.fetch(read)
    if int(counted[0][0] or b"0") != len(rows):
        raise rejected(work.schema, model.name, "create")


def _told(field: Field, value: Expression | None) -> object:
    """A given value as a member of the payload; one that the database makes is null."""
    if not isinstance(value, Literal) or not isinstance(value.value, bytes):
        return None
    return member(field, value.value)


def member(field: Field, value: Parameter) -> object:
    """A stored value as a member of a JSON payload: PostgreSQL reads text as the column's type, JSON as JSON."""
    if value is None:
        return None
    is_json = field.type.kind == "type" or (field.type.name == "Json" and not field.type.array)
    return msgspec.Raw(value) if is_json else value.decode()


# ------------------------------------------------------------------ update


async def before_update(work: Work, model: Model, names: Iterable[str], target: Filter, rule: Condition) -> None:
    """The fields' own rules for update: no row that would be changed may break one of an assigned field."""
    name = table(work.schema, model)
    rules = [work.rules.assign(model.name, field, name.name) for field in names]
    asked = [each for each in rules if each is not None and each != TRUE]
    if not asked:
        return
    broken = Not(State(Truth(both(*asked)), "true"))
    read = Read(name, name.name, (Output(Literal("1", "int")),), where=(target(name.name), rule, broken), limit=1)
    if await work.fetch(read):
        raise rejected(work.schema, model.name, "update", FIELD_RULES)


class Image:
    """Rows as they were before an update, and the rule that they are held against afterwards."""

    def __init__(self, model: Model, rule: Condition, fields: tuple[str, ...], rows: list[Row] | None) -> None:
        self.model, self.rule, self.fields, self.rows = model, rule, fields, rows


async def image(work: Work, model: Model, target: Filter, permitted: Condition) -> Image | None:
    """What a check after the update will need; None where there is nothing to check."""
    name = table(work.schema, model)
    rule = work.rules.post(model.name, name.name, BEFORE)
    if rule == TRUE:
        return None
    columns = columns_of(rule, BEFORE)
    fields = tuple(field.name for field in model.fields.values() if field.column in columns)
    if not fields:
        return Image(model, rule, (), None)
    wanted = tuple(dict.fromkeys((*model.ids, *fields)))
    outputs = tuple(Output(value_of(work.schema, model, field, name.name)) for field in wanted)
    found = await work.fetch(Read(name, name.name, outputs, where=(target(name.name), permitted), lock=True))
    return Image(model, rule, wanted, [dict(zip(wanted, row, strict=True)) for row in found])


async def after_update(work: Work, before: Image, changed: list[Row]) -> None:
    """The rules for post-update, of the rows that were changed."""
    model = before.model
    if not changed:
        return
    rows = changed if before.rows is None else _matched(before, changed)
    fields = before.fields or model.ids
    columns = [model.fields[field] for field in fields]
    kinds = tuple(NewColumn(field.column or field.name, sql_type(work.schema, field)) for field in columns)
    objects = [{field.column: member(field, row[field.name]) for field in columns} for row in rows]
    name = table(work.schema, model)
    same = [
        Compare(Column(column, name.name), "equal", Column(column, BEFORE))
        for column in (model.fields[key].column or key for key in model.ids)
    ]
    holds = Exists(Read(name, name.name, (), where=(*same, before.rule)))
    payload = Payload(msgspec.json.encode(objects), kinds, many=True)
    counted = await work.fetch(Read(payload, BEFORE, (Output(Aggregate("count")),), where=(holds,)))
    if int(counted[0][0] or b"0") != len(rows):
        raise rejected(work.schema, model.name, "post-update", AFTERWARDS)


def _matched(before: Image, changed: list[Row]) -> list[Row]:
    """The rows as they were, each of which must still have its key."""
    keys = before.model.ids
    known = {tuple(row[key] for key in keys): row for row in before.rows or ()}
    found = [known.get(tuple(row[key] for key in keys)) for row in changed]
    if len(known) != len(changed) or None in found:
        raise RejectedByPolicy(MISMATCH, before.model.name, "other")
    return cast("list[Row]", found)


def columns_of(node: object, alias: str) -> set[str]:
    """The columns of `alias` that a condition names."""
    if isinstance(node, Column):
        return {node.name} if node.of == alias else set()
    if isinstance(node, msgspec.Struct):
        parts: Iterable[object] = (getattr(node, name) for name in node.__struct_fields__)
    else:
        parts = cast("tuple[object, ...]", node) if isinstance(node, tuple) else ()
    return {name for part in parts for name in columns_of(part, alias)}


# ------------------------------------------------------------------ many-to-many


async def before_link(work: Work, sides: Sequence[tuple[Model, list[Row]]]) -> None:
    """Both ends of a new link must be open to update; `sides` are A and B."""
    rules = [work.rules.permit(model.name, "update", table(work.schema, model).name) for model, _ in sides]
    for (model, rows), rule, first in zip(sides, rules, (True, False), strict=True):
        if rule == TRUE:
            continue
        keys = {tuple(row[key] for key in model.ids) for row in rows}
        if rule == FALSE or await _count(work, model, rows, rule) != len(keys):
            error = rejected(
                work.schema, model.name, "update", f'many-to-many participant "{model.name}" not updatable'
            )
            if first:  # ZenStack's word for this side
                error.rejected_by_policy_reason = "cannot-read-back"
            raise error


async def _count(work: Work, model: Model, rows: list[Row], rule: Condition) -> int:
    name = table(work.schema, model)
    target = by_rows(model, rows)
    read = Read(name, name.name, (Output(Aggregate("count")),), where=(target(name.name), rule))
    counted = await work.fetch(read)
    return int(counted[0][0] or b"0")
