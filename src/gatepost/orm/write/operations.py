"""The operations of a model that change rows, as calls name them.

In: a call's arguments. Out: the written rows as a read gives them, or how many there were.
Never: a write before all of its arguments are understood.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from gatepost.orm.arguments import Visible, Walk, unique_where, where
from gatepost.orm.arguments.data import create_data, update_data
from gatepost.orm.arguments.data.changes import CreateMany, Data
from gatepost.orm.arguments.data.links import create_many, is_creatable, limit, required
from gatepost.orm.arguments.selection import SELECTION, shown
from gatepost.orm.arguments.shapes import ALWAYS, Shown, Where
from gatepost.orm.errors import InvalidInput, NotFound, NotSupported, OrmError
from gatepost.orm.session import Session
from gatepost.orm.write import nested, quick, update
from gatepost.orm.write.rows import change
from gatepost.orm.write.rows.back import read_back
from gatepost.orm.write.rows.checks import cannot_read_back
from gatepost.orm.write.rows.tables import Filter, Row
from gatepost.orm.write.rows.work import Work, walk
from gatepost.zmodel.schema import Model

ONE = SELECTION | {"data"}
UPDATE = ONE | {"where"}
UPSERT = SELECTION | {"where", "create", "update"}
DELETE = SELECTION | {"where"}
MANY = frozenset(("where", "data", "limit"))
RETURNED = frozenset(("select", "omit"))


class Arguments:
    """One call's arguments as they are read."""

    def __init__(self, session: Session, model: str, args: object) -> None:
        self.session, self.args = session, args
        self.walk: Walk = walk(session)
        self.visible: Visible = self.walk.lexicon.visible(model)
        self.model: Model = self.visible.model

    def options(self, needed: tuple[str, ...], known: frozenset[str]) -> Mapping[str, Any]:
        return required({} if self.args is None else self.args, needed, known, ())

    def shown(self, found: Mapping[str, Any]) -> Shown:
        return shown(self.walk, self.visible, found, ())

    def one(self, found: Mapping[str, Any]) -> Where:
        return unique_where(self.walk, self.visible, found["where"], ("where",))

    def many(self, found: Mapping[str, Any]) -> Where:
        given = found.get("where")
        return ALWAYS if given is None else where(self.walk, self.visible, given, ("where",))

    def created(self, found: Mapping[str, Any], name: str) -> Data:
        self.creatable()
        return create_data(self.walk, self.visible, found[name], (name,))

    def changed(self, found: Mapping[str, Any], name: str, *, relations: bool = True) -> Data:
        return update_data(self.walk, self.visible, found[name], (name,), relations=relations)

    def creatable(self) -> None:
        if self.model.discriminator is not None:
            raise NotSupported(
                f'Model "{self.model.name}" is a delegate and cannot be created directly', self.model.name
            )
        if not is_creatable(self.model):
            told = (
                f'rows of "{self.model.name}" cannot be created: a required field has a type that has no client value'
            )
            raise InvalidInput(told, (), self.model.name)

    def work(self, session: Session) -> Work:
        return Work(session, self.walk.values)


async def create(session: Session, model: str, args: object) -> Any:
    call = Arguments(session, model, args)
    found = call.options(("data",), ONE)
    data, show = call.created(found, "data"), call.shown(found)
    row = await quick.create(call.work(session), call.model, data, show)
    if row is not quick.NOT_QUICK:
        return row

    async def do(work: Work) -> Row:
        return await nested.create(work, call.model, data)

    return await _one(call, show, do)


async def update_one(session: Session, model: str, args: object) -> Any:
    call = Arguments(session, model, args)
    found = call.options(("where", "data"), UPDATE)
    condition, data, show = call.one(found), call.changed(found, "data"), call.shown(found)
    row = await quick.update(call.work(session), call.model, condition, data, show)
    if row is not quick.NOT_QUICK:
        return row

    async def do(work: Work) -> Row:
        row = await update.update(work, call.model, work.matching(call.model, condition), data)
        if row is None:
            raise NotFound(model=model)
        return row

    return await _one(call, show, do)


async def upsert(session: Session, model: str, args: object) -> Any:
    call = Arguments(session, model, args)
    found = call.options(("where", "create", "update"), UPSERT)
    condition, show = call.one(found), call.shown(found)
    creating, changing = call.created(found, "create"), call.changed(found, "update")

    async def do(work: Work) -> Row:
        row = await update.update(work, call.model, work.matching(call.model, condition), changing)
        return row or await nested.create(work, call.model, creating)

    return await _one(call, show, do)


async def delete(session: Session, model: str, args: object) -> Any:
    call = Arguments(session, model, args)
    found = call.options(("where",), DELETE)
    condition, show = call.one(found), call.shown(found)
    row = await quick.delete(call.work(session), call.model, condition, show)
    if row is not quick.NOT_QUICK:
        return row

    async def do(work: Work) -> tuple[Any, OrmError | None]:
        target = work.matching(call.model, condition)
        image = await read_back(work, call.model, condition, show)
        if not await change.delete(work, call.model, target):
            raise NotFound(model=model)
        return (image[0], None) if image else (None, cannot_read_back(work, model))

    return await _committed(call, do)


# ------------------------------------------------------------------ many


async def create_many_rows(session: Session, model: str, args: object) -> Any:
    call, what, _ = _creating(session, model, args, frozenset())
    async with _scope(session, alone=quick.creates_alone(call.work(session), call.model, len(what.rows))) as inner:
        return {"count": len(await nested.create_many(call.work(inner), call.model, what, counted=True))}


async def create_many_and_return(session: Session, model: str, args: object) -> Any:
    call, what, show = _creating(session, model, args, RETURNED)
    async with session.transaction() as inner:
        work = call.work(inner)
        rows = await nested.create_many(work, call.model, what)
        return await read_back(work, call.model, rows, show)


def _creating(session: Session, model: str, args: object, more: frozenset[str]) -> tuple[Arguments, CreateMany, Shown]:
    call = Arguments(session, model, args)
    call.creatable()
    given: Any = args or {"data": []}
    what = create_many(call.walk, call.visible, given, (), create_data, frozenset(), more)
    return call, what, call.shown(given)


async def update_many(session: Session, model: str, args: object) -> Any:
    call, rows, _, names = await _updating(session, model, args, MANY)
    async with _scope(session, alone=quick.updates_alone(call.work(session), call.model, names)) as inner:
        return {"count": len(await rows(call.work(inner)))}


async def update_many_and_return(session: Session, model: str, args: object) -> Any:
    call, rows, show, _ = await _updating(session, model, args, MANY | RETURNED)

    async def do(work: Work) -> tuple[Any, OrmError | None]:
        changed = await rows(work)
        found = await read_back(work, call.model, changed, show)
        hidden = work.session.guard != "none" and len(found) < len(changed)
        return found, cannot_read_back(work, model) if hidden else None

    return await _committed(call, do)


async def _updating(
    session: Session, model: str, args: object, known: frozenset[str]
) -> tuple[Arguments, Callable[[Work], Awaitable[list[Row]]], Shown, list[str]]:
    """What is to be done, what is shown, and the fields that change."""
    call = Arguments(session, model, args)
    found = call.options(("data",), known)
    condition, most, show = call.many(found), limit(found, ()), call.shown(found)
    data = call.changed(found, "data", relations=False)

    async def rows(work: Work) -> list[Row]:
        target = work.matching(call.model, condition)
        return await update.update_many(work, call.model, target, data, most)

    return call, rows, show, list(data.values)


async def delete_many(session: Session, model: str, args: object) -> Any:
    call = Arguments(session, model, args)
    found = call.options((), frozenset(("where", "limit")))
    condition, most = call.many(found), limit(found, ())
    async with _scope(session, alone=quick.deletes_alone(call.work(session), call.model)) as inner:
        work = call.work(inner)
        target: Filter = work.matching(call.model, condition)
        return {"count": len(await change.delete(work, call.model, target, most))}


# ------------------------------------------------------------------ how a call ends


def _scope(session: Session, *, alone: bool) -> AbstractAsyncContextManager[Session]:
    """One transaction for all; a statement that is alone is one by itself."""
    return nullcontext(session) if alone else session.transaction()


async def _one(call: Arguments, show: Shown, do: Callable[[Work], Awaitable[Row]]) -> Any:
    """A write of one row, read back."""

    async def done(work: Work) -> tuple[Any, OrmError | None]:
        row = await do(work)
        found = await read_back(work, call.model, [row], show)
        if found:
            return found[0], None
        return None, None if work.session.guard == "none" else cannot_read_back(work, call.model.name)

    return await _committed(call, done)


async def _committed(call: Arguments, do: Callable[[Work], Awaitable[tuple[Any, OrmError | None]]]) -> Any:
    """The write in one transaction. What cannot be read back undoes it; ZenStack keeps it and says so afterwards."""
    async with call.session.transaction() as inner:
        result, error = await do(call.work(inner))
        if error is not None and not call.session.compat:
            raise error
    if error is not None:
        raise error
    return result


OPERATIONS: Mapping[str, Callable[[Session, str, object], Awaitable[Any]]] = {
    "create": create,
    "createMany": create_many_rows,
    "createManyAndReturn": create_many_and_return,
    "update": update_one,
    "updateMany": update_many,
    "updateManyAndReturn": update_many_and_return,
    "upsert": upsert,
    "delete": delete,
    "deleteMany": delete_many,
}


async def write(session: Session, model: str, operation: str, args: object) -> Any:
    """Run an operation that changes rows: `model` and `operation` as the schema and ZenStack spell them."""
    return await OPERATIONS[operation](session, model, args)
