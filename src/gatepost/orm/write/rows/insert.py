"""New rows, in the tables that make up a model.

In: values by field, for one or many rows. Out: the fields asked for of each new row.
Never: a row in a sub-model's table without its base's, or the other way round.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from gatepost.orm.errors import NotSupported
from gatepost.orm.write.rows import checks
from gatepost.orm.write.rows.defaults import clock, fill
from gatepost.orm.write.rows.tables import Row, chain, parameter, table
from gatepost.orm.write.rows.watched import watched
from gatepost.orm.write.rows.work import Work
from gatepost.query.sql import Parameter, qualified
from gatepost.query.tree import Apply, Case, Conflict, Expression, Holds, Insert, Literal, Nothing, Output, Read
from gatepost.zmodel.schema import Field, Model

Values = Mapping[str, Expression | None]
MOST_PARAMETERS = 30_000


async def insert(
    work: Work,
    model: Model,
    rows: Sequence[Values],
    fields: Iterable[str] | None,
    *,
    skip: Conflict | None = None,
    ahead: bool = False,
) -> list[Row]:
    """Insert rows and give their keys and those fields of each; None gives nothing. `skip` leaves out rows that are
    there already, and gives the others alone.

    `ahead` takes the rows' numbers beforehand: row level security lets nobody return a row that he may only read once
    more rows are there (a team whose first member is yet to come).
    """
    if model.base is not None and skip:
        raise NotSupported('"skipDuplicates" is not supported for a model with a delegate base', model.name)
    # who watches wants to see the rows, which row level security may not let everybody do
    unasked = fields is None and (work.session.watch is None or work.session.guard == "database")
    wanted = () if unasked else tuple(dict.fromkeys((*model.ids, *(fields or ()))))
    async with watched(work, model, "create") as written:
        written.rows = await _insert(work, model, rows, wanted, skip=skip, ahead=ahead)
    return written.rows


async def _insert(
    work: Work, model: Model, rows: Sequence[Values], wanted: tuple[str, ...], *, skip: Conflict | None, ahead: bool
) -> list[Row]:
    """Insert rows into the tables that make them up, the topmost base first."""
    now = clock()
    made: list[Row] = [{} for _ in rows]
    levels = chain(work.schema, model)
    for level, below in zip(levels, (*levels[1:], None), strict=True):
        which = _which(work, level, below)
        own = [_own(level, row, known) | which for row, known in zip(rows, made, strict=True)]
        given = [name for name in wanted if name in level.fields and level.fields[name].inherited is None]
        found = await _insert_level(work, level, own, given, now, skip=skip, ahead=ahead)
        made = found if skip else [{**known, **row} for known, row in zip(made, found, strict=True)]
    return made


def _which(work: Work, level: Model, below: Model | None) -> dict[str, Expression | None]:
    """Which of its sub-models a level's row belongs to."""
    name = level.discriminator
    if name is None or below is None or level.fields[name].inherited is not None:
        return {}
    value = below.discriminator_value or below.name
    return {name: Literal(parameter(work.schema, level.fields[name], value))}


def _own(level: Model, row: Values, known: Row) -> dict[str, Expression | None]:
    """What of a row goes into one level's table: its own fields and the key."""
    own: dict[str, Expression | None] = {
        name: value for name, value in row.items() if name in level.fields and level.fields[name].inherited is None
    }
    own |= {name: Literal(value) for name, value in known.items() if name in level.ids}
    return own


async def _insert_level(
    work: Work,
    level: Model,
    rows: Sequence[Values],
    fields: Sequence[str],
    now: datetime,
    *,
    skip: Conflict | None,
    ahead: bool,
) -> list[Row]:
    """The rows of one table."""
    filled = [fill(work, level, row, now) for row in rows]
    await checks.before_create(work, level, filled)
    if ahead:
        filled = await _numbered(work, level, filled)
    names = list(dict.fromkeys(name for row in filled for name in row)) or list(level.ids)
    step = max(1, MOST_PARAMETERS // max(1, len(names)))
    made: list[Row] = []
    for start in range(0, len(filled), step):
        some = filled[start : start + step]
        made += await _insert_some(work, level, names, some, fields, skip=skip, numbered=ahead)
    return made


async def _numbered(
    work: Work, level: Model, rows: Sequence[Mapping[str, Expression]]
) -> list[Mapping[str, Expression]]:
    """Rows with the numbers that their counters would give them."""
    fields = (level.fields[name] for name in level.ids)
    counted = [f for f in fields if f.default and f.default.function == "autoincrement"]
    numbered: list[Mapping[str, Expression]] = []
    for row in rows:
        missing = [field for field in counted if row.get(field.name) is None]
        outputs = tuple(Output(_next(work, level, field)) for field in missing)
        found = (await work.fetch(Read(Nothing(), "numbers", outputs)))[0] if missing else ()
        pairs = zip(missing, found, strict=True)
        numbered.append({**row, **{field.name: Literal(value) for field, value in pairs if value is not None}})
    return numbered


def _next(work: Work, level: Model, field: Field) -> Expression:
    """The next number of a column's counter; null where the counter is not the column's own, or not whoever asks may
    use it (inserting into an identity column asks for no such right).
    """
    place = Literal(qualified(*table(work.schema, level)), "text"), Literal(field.column or field.name, "text")
    counter = Apply("pg_get_serial_sequence", place)
    usable = Holds(Apply("has_sequence_privilege", (counter, Literal("usage", "text"))))
    return Case(((usable, Apply("nextval", (counter,))),), Literal(None))


async def _insert_some(
    work: Work,
    level: Model,
    names: Sequence[str],
    rows: Sequence[Mapping[str, Expression]],
    fields: Sequence[str],
    *,
    skip: Conflict | None,
    numbered: bool,
) -> list[Row]:
    known = [{name: _value(row.get(name)) for name in fields} for row in rows]
    complete = all(value is not None for row in known for value in row.values())
    if complete and not skip and work.session.guard == "database":
        fields = ()  # a row that returns nothing need not be readable yet
    node = Insert(
        table(work.schema, level),
        returning=tuple(level.fields[name].column or name for name in fields),
        conflict=skip,
        columns=tuple(level.fields[name].column or name for name in names),
        rows=tuple(tuple(row.get(name) for name in names) for row in rows),
        numbered=numbered,
    )
    found = await work.fetch(node)
    return [dict(zip(fields, row, strict=False)) for row in found] if fields or skip else known


def _value(node: Expression | None) -> Parameter:
    """A value that is the same before and after it was stored."""
    return node.value if isinstance(node, Literal) and isinstance(node.value, bytes) else None


def told(work: Work, model: Model, values: Mapping[str, object]) -> dict[str, Expression | None]:
    """Checked values by field, ready to be inserted."""
    fields = model.fields
    return {name: Literal(parameter(work.schema, fields[name], value)) for name, value in values.items()}
