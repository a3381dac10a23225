"""New rows, in the tables that make up a model.

In: values by field, for one or many rows. Out: the fields asked for of each new row.
Never: a row in a sub-model's table without its base's, or the other way round.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from gatepost.orm.errors import NotSupported
from gatepost.orm.write import checks
from gatepost.orm.write.defaults import clock, fill
from gatepost.orm.write.tables import Row, chain, parameter, table
from gatepost.orm.write.work import Work
from gatepost.query.tree import Conflict, Expression, Insert, Literal
from gatepost.zmodel.schema import Model

Values = Mapping[str, Expression | None]
MOST_PARAMETERS = 30_000


async def insert(
    work: Work, model: Model, rows: Sequence[Values], fields: Iterable[str], *, skip: bool = False
) -> list[Row]:
    """Insert rows and give those fields of each. `skip` leaves out rows that are there already."""
    if model.base is not None and skip:
        raise NotSupported('"skipDuplicates" is not supported for a model with a delegate base', model.name)
    now = clock()
    wanted = tuple(dict.fromkeys((*model.ids, *fields)))
    made: list[Row] = [{} for _ in rows]
    for level in chain(work.schema, model):
        own = [_own(level, model, row, known) for row, known in zip(rows, made, strict=True)]
        given = [name for name in wanted if name in level.fields and level.fields[name].inherited is None]
        found = await _insert_level(work, level, own, given, now, skip=skip)
        made = found if skip else [{**known, **row} for known, row in zip(made, found, strict=True)]
    return made


def _own(level: Model, model: Model, row: Values, known: Row) -> dict[str, Expression | None]:
    """What of a row goes into one level's table: its own fields, the key, and which sub-model it is."""
    own: dict[str, Expression | None] = {
        name: value for name, value in row.items() if name in level.fields and level.fields[name].inherited is None
    }
    own |= {name: Literal(value) for name, value in known.items() if name in level.ids}
    if level.discriminator is not None and level.fields[level.discriminator].inherited is None:
        own[level.discriminator] = Literal((model.discriminator_value or model.name).encode())
    return own


async def _insert_level(
    work: Work, level: Model, rows: Sequence[Values], fields: Sequence[str], now: datetime, *, skip: bool
) -> list[Row]:
    """The rows of one table."""
    filled = [fill(work, level, row, now) for row in rows]
    await checks.before_create(work, level, filled)
    names = list(dict.fromkeys(name for row in filled for name in row)) or list(level.ids)
    step = max(1, MOST_PARAMETERS // max(1, len(names)))
    made: list[Row] = []
    for start in range(0, len(filled), step):
        made += await _insert_some(work, level, names, filled[start : start + step], fields, skip=skip)
    return made


async def _insert_some(
    work: Work,
    level: Model,
    names: Sequence[str],
    rows: Sequence[Mapping[str, Expression]],
    fields: Sequence[str],
    *,
    skip: bool,
) -> list[Row]:
    node = Insert(
        table(work.schema, level),
        returning=tuple(level.fields[name].column or name for name in fields),
        conflict=Conflict() if skip else None,
        columns=tuple(level.fields[name].column or name for name in names),
        rows=tuple(tuple(row.get(name) for name in names) for row in rows),
    )
    found = await work.fetch(node)
    return [dict(zip(fields, row, strict=False)) for row in found]


def told(work: Work, model: Model, values: Mapping[str, object]) -> dict[str, Expression | None]:
    """Checked values by field, ready to be inserted."""
    fields = model.fields
    return {name: Literal(parameter(work.schema, fields[name], value)) for name, value in values.items()}
