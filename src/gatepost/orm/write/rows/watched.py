"""Writes that somebody wants to know of, before they happen and afterwards.

In: a model, what is done to which of its rows. Out: nothing; whoever watches is told.
Never: a row that may not be read; a cost where nobody watches.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from gatepost.orm.arguments.shapes import EVERYTHING
from gatepost.orm.session import Action
from gatepost.orm.write.rows.back import read_back
from gatepost.orm.write.rows.locate import locate_all
from gatepost.orm.write.rows.tables import Filter, Row
from gatepost.orm.write.rows.work import Work
from gatepost.zmodel.schema import Model


@dataclass
class Written:
    """The keys of the rows, once they are written."""

    rows: list[Row] = field(default_factory=list[Row])


@asynccontextmanager
async def watched(work: Work, model: Model, action: Action, target: Filter | None = None) -> AsyncGenerator[Written]:
    """What is done inside writes rows of the model: those that the filter means, or new ones."""
    watch, written = work.session.watch, Written()
    if watch is None:
        yield written
        return

    async def before() -> list[dict[str, Any]]:
        rows = [] if target is None else await locate_all(work, model, target)
        return await read_back(work, model, rows, EVERYTHING)

    async def after() -> list[dict[str, Any]]:
        known = [row for row in written.rows if all(name in row for name in model.ids)]
        return await read_back(work, model, known, EVERYTHING)

    told = await watch.before(model.name, action, before)
    yield written
    await watch.after(told, after)
