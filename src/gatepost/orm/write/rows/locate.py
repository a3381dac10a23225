"""Rows that are there already, as the asking identity may read them.

In: which rows. Out: their keys and the fields asked for, as parameters.
Never: a row that a rule for read hides.
"""

from collections.abc import Iterable, Mapping

from gatepost.orm.arguments.shapes import Compared, Every, Where
from gatepost.orm.write.rows.tables import Filter, Row, both, table, value_of
from gatepost.orm.write.rows.work import Work
from gatepost.query.tree import Expression, Literal, Output, Read
from gatepost.zmodel.schema import Model


async def locate(work: Work, model: Model, target: Filter, fields: Iterable[str] = ()) -> Row | None:
    """The first of the rows, or None."""
    found = await locate_all(work, model, target, fields, limit=1)
    return found[0] if found else None


async def locate_all(
    work: Work, model: Model, target: Filter, fields: Iterable[str] = (), limit: int | None = None
) -> list[Row]:
    """All of the rows."""
    wanted = tuple(dict.fromkeys((*model.ids, *fields)))
    name = table(work.schema, model)
    outputs = tuple(Output(value_of(work.schema, model, field, name.name)) for field in wanted)
    readable = work.rules.permit(model.name, "read", name.name)
    where = (both(target(name.name), readable),)
    rows = await work.fetch(Read(name, name.name, outputs, where=where, limit=limit))
    return [dict(zip(wanted, row, strict=True)) for row in rows]


async def complete(work: Work, model: Model, row: Row, fields: Iterable[str], target: Filter) -> None:
    """Fields of a row that are not known yet."""
    missing = [name for name in fields if name not in row]
    if missing:
        row |= await locate(work, model, target, missing) or {}


def referenced(work: Work, where: Where, fields: Iterable[str]) -> Mapping[str, Expression] | None:
    """What a condition itself says about those fields, where it is no more than that: nothing needs to be looked up."""
    known: dict[str, Expression] = {}
    for part in where.parts if isinstance(where, Every) else (where,):
        nested = part.parts if isinstance(part, Every) else (part,)
        for each in nested:
            if isinstance(each, Compared) and each.operator == "equals" and not each.insensitive:
                known[each.field] = Literal(work.values[each.value])
    return {name: known[name] for name in fields} if all(name in known for name in fields) else None
