"""Rows that change, and rows that go, in the tables that make up a model.

In: which rows, and values by field. Out: the keys of the rows.
Never: a row that the rules for update or delete do not give, or half of a chain of tables.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, cast
from typing import Literal as OneOf

import msgspec

from gatepost.orm.arguments.data.changes import Change
from gatepost.orm.errors import NotSupported
from gatepost.orm.write.rows import checks
from gatepost.orm.write.rows.defaults import clock, touched
from gatepost.orm.write.rows.tables import (
    Filter,
    Row,
    both,
    by_rows,
    chain,
    literal,
    parameter,
    sql_type,
    table,
    through_base,
    typed,
    unlisted,
    value_of,
)
from gatepost.orm.write.rows.watched import watched
from gatepost.orm.write.rows.work import Work
from gatepost.query.sql import Parameter
from gatepost.query.tree import (
    FALSE,
    NEW,
    TRUE,
    Both,
    Column,
    Compare,
    Condition,
    Delete,
    Exists,
    Expression,
    Literal,
    NewColumn,
    Operation,
    Output,
    Payload,
    Read,
    Select,
    Update,
)
from gatepost.zmodel.schema import Field, Model, Relation

ARITHMETIC = {"increment": "+", "decrement": "-", "multiply": "*", "divide": "/"}


class Beside(NamedTuple):
    """Rows that an update looks at, called NEW, and which of them belongs to a row that changes."""

    rows: Payload
    tie: Condition


async def update(
    work: Work,
    model: Model,
    target: Filter,
    values: Mapping[str, Expression],
    *,
    limit: int | None = None,
    beside: Callable[[Model], Beside] | None = None,
) -> list[Row]:
    """Change the rows that the filter means and the rules for update give, in the tables that make them up, the topmost
    base first; their keys. `beside` gives what the values look at, by table.
    """
    parts = levels(work, model, values)
    async with watched(work, model, "update", target) as written:
        for level, own in parts:
            meant = through_base(work.schema, model, level, target)
            meant = meant if limit is None else limited(work, level, meant, limit)
            changed = await _update_table(work, level, meant, own, beside(level) if beside else None)
            written.rows = [dict(zip(model.ids, row.values(), strict=True)) for row in changed]
            if not changed:
                break
            if len(parts) > 1:
                target = by_rows(model, written.rows)
    return written.rows


async def _update_table(
    work: Work, model: Model, target: Filter, values: Mapping[str, Expression], beside: Beside | None
) -> list[Row]:
    """Change rows of one table."""
    name = table(work.schema, model)
    permitted = work.rules.permit(model.name, "update", name.name)
    if permitted == FALSE or work.is_closed(model, "update"):
        return []
    await checks.before_update(work, model, values, target, permitted)
    before = await checks.image(work, model, target, permitted)
    node = Update(
        name,
        beside.rows if beside else None,
        values=tuple((model.fields[field].column or field, value) for field, value in values.items()),
        where=(both(target(name.name), permitted, beside.tie if beside else TRUE),),
        returning=tuple(model.fields[key].column or key for key in model.ids),
    )
    changed = [dict(zip(model.ids, row, strict=True)) for row in await work.fetch(node)]
    if before is not None:
        await checks.after_update(work, before, changed)
    return changed


async def update_each(work: Work, model: Model, rows: Sequence[tuple[Row, Row]]) -> list[Row]:
    """Change rows, each by values of its own (key, values), as far as the rules for update give them; their keys."""
    if not rows:
        return []
    values = {name: Column(f"new_{number}", NEW) for number, name in enumerate(rows[0][1])}
    if model.base is not None and not values.keys().isdisjoint(model.ids):
        raise NotSupported("The key of a polymorphic row cannot be changed by an expression", model.name)
    now = clock()
    moved = {field.name: literal(work.schema, field, now) for field in touched(model, values)}
    target = by_rows(model, [key for key, _ in rows])
    return await update(
        work, model, target, {**values, **moved}, beside=lambda level: _beside(work, level, model, rows)
    )


def _beside(work: Work, level: Model, model: Model, rows: Sequence[tuple[Row, Row]]) -> Beside:
    """The values, as rows that go with those of their keys."""
    fields = [model.fields[name] for name in rows[0][1]]
    kinds = [(f"key_{number}", level.fields[name]) for number, name in enumerate(level.ids)]
    kinds += [(f"new_{number}", field) for number, field in enumerate(fields)]
    columns = tuple(NewColumn(name, sql_type(work.schema, field)) for name, field in kinds)
    objects = [
        {
            name: checks.member(field, value)
            for (name, field), value in zip(kinds, (*key.values(), *new.values()), strict=True)
        }
        for key, new in rows
    ]
    own = table(work.schema, level).name
    pairs = [
        Compare(Column(level.fields[name].column or name, own), "equal", Column(f"key_{number}", NEW))
        for number, name in enumerate(level.ids)
    ]
    return Beside(Payload(msgspec.json.encode(objects), columns, many=True), Both(tuple(pairs)))


def levels(work: Work, model: Model, values: Mapping[str, Expression]) -> list[tuple[Model, dict[str, Expression]]]:
    """Values by the table that holds them, the topmost base first; a key changes at the top and goes down by itself."""
    parts: list[tuple[Model, dict[str, Expression]]] = []
    left = dict(values)
    for level in chain(work.schema, model):
        own = {name: left.pop(name) for name in list(left) if _is_own(level, name)}
        if own:
            parts.append((level, own))
    return parts


def _is_own(level: Model, name: str) -> bool:
    return name in level.fields and level.fields[name].inherited is None


def assigned(work: Work, model: Model, name: str, value: object) -> Expression:
    """What a column becomes."""
    field = model.fields[name]
    if not isinstance(value, Change):
        return literal(work.schema, field, value)
    column = Column(field.column or name, table(work.schema, _home(work, model, field)).name)
    if value.kind == "push":
        pushed: Any = value.value
        items = cast("list[Any]", pushed if isinstance(pushed, list) else [pushed])
        return Operation(column, "||", typed(work.schema, field, items))
    operand = Literal(parameter(work.schema, unlisted(field), value.value), sql_type(work.schema, field))
    return Operation(column, cast("Any", ARITHMETIC[value.kind]), operand)


def _home(work: Work, model: Model, field: Field) -> Model:
    return work.schema.models[field.inherited] if field.inherited else model


def limited(
    work: Work, model: Model, target: Filter, limit: int, operation: OneOf["update", "delete"] = "update"
) -> Filter:
    """At most so many of the rows that the rules give."""
    name = table(work.schema, model)
    inner = f"{name.name}_limited"
    permitted = work.rules.permit(model.name, operation, inner)
    chosen = Read(name, inner, (Output(Column("ctid", inner)),), where=(both(target(inner), permitted),), limit=limit)
    return lambda alias: Compare(Column("ctid", alias), "equal", Select(chosen, array=True), "any")


Key = tuple[str, tuple[Parameter, ...]]


class Way:
    """The relations that a deletion went along; where they go in a circle, the rows that it met."""

    def __init__(self, steps: frozenset[tuple[str, tuple[str, ...]]], met: set[Key]) -> None:
        self.steps, self.met = steps, met


async def delete(work: Work, model: Model, target: Filter, limit: int | None = None) -> list[Row]:
    """Delete the rows that the filter means and the rules for delete give; their keys. Of a sub-model's rows the
    topmost base's go, and take the others with them.
    """
    async with watched(work, model, "delete", target) as written:
        written.rows = await _delete(work, model, target, limit, Way(frozenset(), set()))
    return written.rows


async def _delete(work: Work, model: Model, target: Filter, limit: int | None, way: Way) -> list[Row]:
    if limit is not None and (model.base is not None or cascading(work, model)):
        raise NotSupported("Deleting with a limit is not supported for polymorphic models", model.name)
    top = chain(work.schema, model)[0]
    meant = through_base(work.schema, model, top, target)
    for level in chain(work.schema, model):
        await _delete_dependents(work, level, through_base(work.schema, model, level, target), way)
    name = table(work.schema, top)
    permitted = work.rules.permit(top.name, "delete", name.name)
    if permitted == FALSE or work.is_closed(top, "delete"):
        return []
    if limit is not None:
        meant = limited(work, top, meant, limit, "delete")
    keys = tuple(top.fields[key].column or key for key in top.ids)
    node = Delete(name, where=(both(meant(name.name), permitted),), returning=keys)
    return [dict(zip(model.ids, row, strict=True)) for row in await work.fetch(node)]


def cascading(work: Work, model: Model) -> list[tuple[Model, Relation]]:
    """Sub-models whose rows go when rows of this model go, with their relation to it."""
    found: list[tuple[Model, Relation]] = []
    for field in model.fields.values():
        if field.relation is None or field.relation.opposite is None or field.inherited is not None:
            continue
        other = work.model(field.relation.model)
        relation = other.fields[field.relation.opposite].relation
        if other.base is not None and relation and relation.owner and relation.on_delete == "Cascade":
            found.append((other, relation))
    return found


async def _delete_dependents(work: Work, level: Model, target: Filter, way: Way) -> None:
    """A cascade reaches a sub-model's own table only: the rows of its bases must go by hand."""
    for other, relation in cascading(work, level):
        dependents: Filter | None = _belonging(work, other, relation, level, target)
        step = (other.name, relation.fields)
        if step in way.steps:
            dependents = await _not_met(work, other, dependents, way)
        if dependents is not None:
            await _delete(work, other, dependents, None, Way(way.steps | {step}, way.met))


async def _not_met(work: Work, model: Model, target: Filter, way: Way) -> Filter | None:
    """The rows that the filter means and the way did not come by yet; None where there are none."""
    name = table(work.schema, model)
    outputs = tuple(Output(value_of(work.schema, model, key, name.name)) for key in model.ids)
    found = await work.fetch(Read(name, name.name, outputs, where=(target(name.name),)))
    fresh = [row for row in found if (model.name, row) not in way.met]
    way.met.update((model.name, row) for row in fresh)
    return by_rows(model, [dict(zip(model.ids, row, strict=True)) for row in fresh]) if fresh else None


def _belonging(work: Work, other: Model, relation: Relation, level: Model, target: Filter) -> Filter:
    """Rows of `other` whose relation leads to rows that the filter means."""
    name = table(work.schema, level)

    def condition(alias: str) -> Condition:
        inner = f"{alias}_{name.name}"
        tied = [
            Compare(value_of(work.schema, level, theirs, inner), "equal", value_of(work.schema, other, own, alias))
            for own, theirs in zip(relation.fields, relation.references, strict=True)
        ]
        return Exists(Read(name, inner, (), where=(*tied, target(inner))))

    return condition
