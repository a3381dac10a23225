"""A row that changes, with its relations.

In: which row, and Data. Out: its key, once everything is done.
Never: a related row touched that hangs on another parent.
"""

from typing import Any

from gatepost.orm.arguments.data.changes import Chosen, Data, UpdateMany, UpdateOne, Upsert
from gatepost.orm.errors import NotFound, NotSupported
from gatepost.orm.write import link, nested
from gatepost.orm.write.link import Parent
from gatepost.orm.write.rows import change
from gatepost.orm.write.rows.defaults import clock, touched
from gatepost.orm.write.rows.locate import locate
from gatepost.orm.write.rows.tables import Filter, Row, by_row, every, literal
from gatepost.orm.write.rows.work import Work
from gatepost.query.tree import Expression, Literal
from gatepost.zmodel.schema import Model


async def update(work: Work, model: Model, target: Filter, data: Data) -> Row | None:
    """Change one row; its key afterwards, or None where there is no such row to be changed."""
    values = assigned(work, model, data)
    row: Row | None = None
    if data.links or model.base is not None or not values:
        row = await locate(work, model, target, _needed(model, data))
        if row is None:
            return None
        target = by_row(model, row)
    if row is not None and data.links:
        values |= await _relations(work, model, row, data)
    if not values:
        return row
    return await _write(work, model, target, with_clock(work, model, values), row)


async def _write(
    work: Work, model: Model, target: Filter, values: dict[str, Expression], row: Row | None
) -> Row | None:
    """Change the row; its key is another one where that changes."""
    changed = await change.update(work, model, target, values)
    return {**(row or {}), **changed[0]} if changed else None


def assigned(work: Work, model: Model, data: Data) -> dict[str, Expression]:
    """What the given values make of columns."""
    return {name: change.assigned(work, model, name, value) for name, value in data.values.items()}


def with_clock(work: Work, model: Model, values: dict[str, Expression]) -> dict[str, Expression]:
    """The @updatedAt fields that those values move on, too."""
    now = clock()
    return values | {field.name: literal(work.schema, field, now) for field in touched(model, values)}


def _needed(model: Model, data: Data) -> set[str]:
    """Fields of the row that its children's foreign keys hold, or that hold its own."""
    relations = (model.fields[name].relation for name in data.links)
    return {name for relation in relations if relation for name in relation.fields}


# ------------------------------------------------------------------ relations


async def _relations(work: Work, model: Model, row: Row, data: Data) -> dict[str, Expression]:
    """Everything that happens to related rows; what the row's own foreign keys become."""
    keys: dict[str, Expression] = {}
    for name, actions in data.links.items():
        parent = Parent(work, model, model.fields[name], row)
        for action, what in actions:
            await _act(work, parent, action, what)
        keys |= {own: Literal(value) for own, value in parent.own_keys.items()}
    return keys


async def _act(work: Work, parent: Parent, action: str, what: Any) -> None:
    match action:
        case "disconnect":
            await link.disconnect(work, parent, _filters(work, parent, what))
        case "set":
            await link.set_all(work, parent, _filters(work, parent, what) or [])
        case "delete" | "deleteMany":
            await _delete(work, parent, what, must=action == "delete")
        case "update":
            for each in what:
                await _update_child(work, parent, each)
        case "upsert":
            for each in what:
                await _upsert_child(work, parent, each)
        case "updateMany":
            for each in what:
                await _update_children(work, parent, each)
        case _:
            await nested.attach(work, parent, what)


def _filters(work: Work, parent: Parent, what: Chosen) -> list[Filter] | None:
    return None if what.wheres is None else [work.matching(parent.child, where) for where in what.wheres]


async def _update_child(work: Work, parent: Parent, what: UpdateOne) -> None:
    target = work.matching(parent.child, what.where) if what.where is not None else None
    row = await update(work, parent.child, every(parent.children(), target), what.data)
    if row is None:
        raise NotFound("the related record to update was not found", parent.child.name)


async def _upsert_child(work: Work, parent: Parent, what: Upsert) -> None:
    target = work.matching(parent.child, what.where) if what.where is not None else None
    row = await update(work, parent.child, every(parent.children(), target), what.update)
    if row is None:
        await nested.create(work, parent.child, what.create, parent)


async def _update_children(work: Work, parent: Parent, what: UpdateMany) -> None:
    target = every(parent.children(), work.matching(parent.child, what.where))
    await update_many(work, parent.child, target, what.data, what.limit)


async def _delete(work: Work, parent: Parent, what: Chosen, *, must: bool) -> None:
    """`must`: each condition stands for one row, and all of them must go."""
    filters = _filters(work, parent, what)
    if filters == []:
        return
    target = parent.children() if filters is None else every(parent.children(), link.any_of(filters))
    gone = await change.delete(work, parent.child, target)
    expected = 1 if filters is None else len(filters)
    if must and len(gone) < expected:
        raise NotFound("the related record to delete was not found", parent.child.name)


# ------------------------------------------------------------------ many


async def update_many(work: Work, model: Model, target: Filter, data: Data, limit: int | None = None) -> list[Row]:
    """Change all the rows that the rules give; their keys afterwards."""
    if model.base is not None and limit is not None:
        raise NotSupported("Updating with a limit is not supported for polymorphic models", model.name)
    values = assigned(work, model, data)
    if not values:
        return []
    return await change.update(work, model, target, with_clock(work, model, values), limit=limit)
