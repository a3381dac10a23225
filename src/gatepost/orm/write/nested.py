"""Rows with their relations: a new row and what hangs on it.

In: Data. Out: the new row's key and the fields asked for.
Never: a child before the row that its foreign key names.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from gatepost.orm.arguments.data.changes import Chosen, ConnectOrCreate, Create, CreateMany, Data
from gatepost.orm.errors import NotFound, NotSupported
from gatepost.orm.write import link
from gatepost.orm.write.link import Parent
from gatepost.orm.write.rows.insert import insert, told
from gatepost.orm.write.rows.locate import locate, referenced
from gatepost.orm.write.rows.tables import Row
from gatepost.orm.write.rows.work import Work
from gatepost.query.tree import Conflict, Expression, Literal
from gatepost.zmodel.schema import Field, Model, Relation


async def create(work: Work, model: Model, data: Data, parent: Parent | None = None, fields: Iterable[str] = ()) -> Row:
    """A new row, tied to its parent; what hangs on it comes before or after, as foreign keys ask."""
    if model.discriminator is not None:
        raise NotSupported(f'Model "{model.name}" is a delegate and cannot be created directly', model.name)
    values = told(work, model, data.values)
    later: list[tuple[Field, list[tuple[str, Any]]]] = []
    for name, actions in data.links.items():
        field = model.fields[name]
        if field.relation is not None and field.relation.owner:
            values |= await _owned(work, field.relation, actions)
        else:
            later.append((field, actions))
    if parent is not None:
        values |= {name: Literal(value) for name, value in parent.keys_of_child().items()}
    wanted = {*fields, *_needed(later), *(parent.needed_of_child() if parent else ())}
    ahead = work.session.guard == "database"
    row = (await insert(work, model, [values], wanted, ahead=ahead))[0]
    for field, actions in later:
        await _hanging(work, Parent(work, model, field, row), actions)
    if parent is not None:
        await parent.take(row)
    return row


def _needed(later: Iterable[tuple[Field, object]]) -> set[str]:
    """Fields of the new row that its children's foreign keys will hold."""
    return {name for field, _ in later if field.relation for name in field.relation.fields}


async def _owned(work: Work, relation: Relation, actions: Iterable[tuple[str, Any]]) -> dict[str, Expression | None]:
    """The foreign key that the related row gives."""
    target = work.model(relation.model)
    keys: dict[str, Expression | None] = {}
    for _, what in actions:
        row = await _related(work, target, relation, what)
        keys |= {own: row[theirs] for own, theirs in zip(relation.fields, relation.references, strict=True)}
    return keys


async def _related(work: Work, target: Model, relation: Relation, what: Any) -> Mapping[str, Expression]:
    """The fields of a related row that a foreign key holds."""
    wanted = relation.references
    match what:
        case Create(rows):
            return _literals(await create(work, target, rows[0], None, wanted))
        case Chosen(wheres):
            where = (wheres or [])[0]
            known = referenced(work, where, wanted) if len(wanted) == 1 else None
            if known is not None:
                return known
            found = await locate(work, target, work.matching(target, where), wanted)
        case _:
            return await _connected_or_created(work, target, wanted, what[0])
    if found is None:
        raise NotFound("the related record to connect was not found", target.name)
    return _literals(found)


async def _connected_or_created(
    work: Work, target: Model, wanted: Iterable[str], what: ConnectOrCreate
) -> dict[str, Expression]:
    found = await locate(work, target, work.matching(target, what.where), wanted)
    return _literals(found or await create(work, target, what.create, None, wanted))


def _literals(row: Row) -> dict[str, Expression]:
    return {name: Literal(value) for name, value in row.items()}


async def _hanging(work: Work, parent: Parent, actions: Iterable[tuple[str, Any]]) -> None:
    """What hangs on a new row, once it is there."""
    for _, what in actions:
        await attach(work, parent, what)


async def attach(work: Work, parent: Parent, what: Any) -> None:
    """create, createMany, connect, connectOrCreate below a parent that is there."""
    child = parent.child
    match what:
        case Create(rows):
            for data in rows:
                await create(work, child, data, parent)
        case CreateMany():
            await create_many(work, child, what, parent)
        case Chosen(wheres):
            await link.connect(work, parent, [work.matching(child, where) for where in wheres or ()])
        case _:
            for each in what:
                await connect_or_create(work, parent, each)


async def connect_or_create(work: Work, parent: Parent, what: ConnectOrCreate) -> None:
    target = work.matching(parent.child, what.where)
    if await locate(work, parent.child, target) is None:
        await create(work, parent.child, what.create, parent)
    else:
        await link.connect(work, parent, [target])


async def create_many(
    work: Work, model: Model, what: CreateMany, parent: Parent | None = None, *, counted: bool = False
) -> list[Row]:
    """Many new rows without relations of their own, in one statement where there are not too many.

    Rows that are only `counted` need not be readable.
    """
    if model.discriminator is not None:
        raise NotSupported(f'Model "{model.name}" is a delegate and cannot be created directly', model.name)
    if not what.rows:
        return []
    keys = {name: Literal(value) for name, value in parent.keys_of_child().items()} if parent else {}
    rows = [{**told(work, model, values), **keys} for values in what.rows]
    wanted = None if counted and model.base is None else parent.needed_of_child() if parent else ()
    made = await insert(work, model, rows, wanted, skip=Conflict() if what.skip else None)
    if parent is not None and parent.through is not None:
        await parent.take_all(made)
    return made
