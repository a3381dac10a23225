"""Written rows read back, as the asking identity may see them.

In: keys, or a condition, and what shall be shown. Out: rows as a read gives them.
Never: a row that a rule for read hides.
"""

from collections.abc import Sequence
from typing import Any

from gatepost.orm.arguments.shapes import ALWAYS, AnyOf, Compared, Every, Find, Page, Shown, Where
from gatepost.orm.read.plan import reader_of
from gatepost.orm.write.rows.tables import Row
from gatepost.orm.write.rows.work import Work
from gatepost.query.sql import array_literal
from gatepost.zmodel.schema import Model


async def read_back(work: Work, model: Model, rows: Sequence[Row] | Where, show: Shown) -> list[dict[str, Any]]:
    """The rows, in no order of their own when they are several."""
    if isinstance(rows, Sequence):
        if not rows:
            return []
        rows = _keyed(work, model, rows)
    plan = reader_of(work.session).shaped(work.session, "findMany", Find(model.name, rows, show, Page()))
    [result] = await work.session.run(plan.statement(work.session, work.values))
    return plan.decode(result)


def _keyed(work: Work, model: Model, rows: Sequence[Row]) -> Where:
    """Any of the rows, by key."""
    ids: Sequence[str] = model.ids
    if len(rows) > 1 and len(ids) == 1:
        texts = [(row[ids[0]] or b"").decode() for row in rows]
        return Compared(ids[0], "in", _number(work, array_literal(texts)))
    each = tuple(_one(work, model, row) for row in rows)
    return each[0] if len(each) == 1 else AnyOf(each)


def _one(work: Work, model: Model, row: Row) -> Where:
    parts = tuple(Compared(key, "equals", _number(work, row[key])) for key in model.ids)
    return parts[0] if len(parts) == 1 else Every(parts) if parts else ALWAYS


def _number(work: Work, value: bytes | None) -> int:
    work.values.append(value)
    return len(work.values) - 1
