"""Calls: made first, run when awaited, alone or as one of a transaction's.

In: a model, an operation, arguments. Out: its result, through the client's plugins.
Never: a call that runs as anybody but the client it was made on.
"""

from collections.abc import Generator, Mapping, Sequence
from types import TracebackType
from typing import Any, Generic, TypeVar

from gatepost.orm.calling.operations import NAMES, SNAKE, lacks
from gatepost.orm.calling.plugins import Caller
from gatepost.orm.errors import InvalidInput

T = TypeVar("T")
C = TypeVar("C", bound=Caller)
Arguments = Mapping[str, Any]
Row = dict[str, Any]


class Call(Generic[T]):
    """A call that waits to be awaited, or to be given to `transaction([…])`."""

    __slots__ = ("args", "client", "model", "operation")

    def __init__(self, client: Caller, model: str, operation: str, args: Arguments) -> None:
        self.client, self.model, self.operation, self.args = client, model, operation, args

    def __await__(self) -> Generator[Any, None, T]:
        return self.client.perform(self.model, self.operation, self.args).__await__()

    def __repr__(self) -> str:
        return f"<{self.model}.{SNAKE[self.operation]}: not awaited>"


class ModelAccess:
    """The operations of one model. Each takes its arguments by keyword, or as one dictionary."""

    __slots__ = ("_client", "_model")

    def __init__(self, client: Caller, model: str) -> None:
        self._client, self._model = client, model

    def _call(self, operation: str, args: Arguments | None, given: Row) -> Call[Any]:
        if args is None:
            return Call(self._client, self._model, operation, given)
        if not isinstance(args, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidInput("arguments are given by keyword, or as one dictionary", (), self._model)
        return Call(self._client, self._model, operation, {**args, **given} if given else args)

    def find_many(self, args: Arguments | None = None, /, **given: Any) -> Call[list[Row]]:
        """The rows that match: where, select | include, omit, order_by, skip, take, cursor, distinct."""
        return self._call("findMany", args, given)

    def find_first(self, args: Arguments | None = None, /, **given: Any) -> Call[Row | None]:
        """The first row that matches, or None."""
        return self._call("findFirst", args, given)

    def find_first_or_throw(self, args: Arguments | None = None, /, **given: Any) -> Call[Row]:
        """The first row that matches; NotFound where there is none."""
        return self._call("findFirstOrThrow", args, given)

    def find_unique(self, args: Arguments | None = None, /, **given: Any) -> Call[Row | None]:
        """The row of a unique `where`, or None."""
        return self._call("findUnique", args, given)

    def find_unique_or_throw(self, args: Arguments | None = None, /, **given: Any) -> Call[Row]:
        """The row of a unique `where`; NotFound where there is none."""
        return self._call("findUniqueOrThrow", args, given)

    def create(self, args: Arguments | None = None, /, **given: Any) -> Call[Row]:
        """A new row, with its relations' rows: data, select | include, omit."""
        return self._call("create", args, given)

    def create_many(self, args: Arguments | None = None, /, **given: Any) -> Call[Row]:
        """New rows: data, skip_duplicates. `{"count": …}`."""
        return self._call("createMany", args, given)

    def create_many_and_return(self, args: Arguments | None = None, /, **given: Any) -> Call[list[Row]]:
        """New rows, read back: data, skip_duplicates, select, omit."""
        return self._call("createManyAndReturn", args, given)

    def update(self, args: Arguments | None = None, /, **given: Any) -> Call[Row]:
        """One row changed, with its relations' rows: where, data, select | include, omit. NotFound."""
        return self._call("update", args, given)

    def update_many(self, args: Arguments | None = None, /, **given: Any) -> Call[Row]:
        """Rows changed: where, data, limit. `{"count": …}`."""
        return self._call("updateMany", args, given)

    def update_many_and_return(self, args: Arguments | None = None, /, **given: Any) -> Call[list[Row]]:
        """Rows changed and read back: where, data, limit, select, omit."""
        return self._call("updateManyAndReturn", args, given)

    def upsert(self, args: Arguments | None = None, /, **given: Any) -> Call[Row]:
        """The row of `where` changed by `update`, or made by `create`: where, create, update, select | include."""
        return self._call("upsert", args, given)

    def delete(self, args: Arguments | None = None, /, **given: Any) -> Call[Row]:
        """One row taken away, as it was: where, select | include, omit. NotFound."""
        return self._call("delete", args, given)

    def delete_many(self, args: Arguments | None = None, /, **given: Any) -> Call[Row]:
        """Rows taken away: where, limit. `{"count": …}`."""
        return self._call("deleteMany", args, given)

    def count(self, args: Arguments | None = None, /, **given: Any) -> Call[Any]:
        """How many rows match: where, skip, take; with `select` a number for each field."""
        return self._call("count", args, given)

    def aggregate(self, args: Arguments | None = None, /, **given: Any) -> Call[Row]:
        """Figures over the rows that match: _count, _sum, _avg, _min, _max, where, skip, take, order_by."""
        return self._call("aggregate", args, given)

    def group_by(self, args: Arguments | None = None, /, **given: Any) -> Call[list[Row]]:
        """Figures for each group: by, where, having, order_by, skip, take, and aggregate's."""
        return self._call("groupBy", args, given)

    def exists(self, args: Arguments | None = None, /, **given: Any) -> Call[bool]:
        """Whether a row matches."""
        return self._call("exists", args, given)


class SlicedAccess(ModelAccess):
    """The operations of one model that a client was opened with."""

    __slots__ = ()

    def __getattribute__(self, name: str) -> Any:
        operation = NAMES.get(name)
        if operation is not None:
            client, model = object.__getattribute__(self, "_client"), object.__getattribute__(self, "_model")
            if operation in client.session.options.slicing.operations[model]:
                raise AttributeError(lacks(model, name), name=name, obj=self)
        return object.__getattribute__(self, name)


def access(client: Caller, model: str) -> ModelAccess:
    """The operations of a model."""
    slicing = client.session.options.slicing
    if slicing is None or not slicing.operations[model]:
        return ModelAccess(client, model)
    return SlicedAccess(client, model)


class TransactionBlock(Generic[C]):
    """`async with db.transaction() as tx` commits at the end and undoes everything on an exception;
    `await db.transaction([call, call])` runs calls one after the other and gives their results.
    """

    def __init__(self, client: C, calls: Sequence[Call[Any]] | None, isolation: str | None) -> None:
        self._client, self._calls, self._isolation = client, calls, isolation

    async def __aenter__(self) -> C:
        if self._calls is not None:
            raise InvalidInput("a transaction of given calls is awaited, not entered")
        self._opened = self._client.session.transaction(self._isolation)
        return self._client.within(await self._opened.__aenter__())

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._opened.__aexit__(kind, error, trace)

    def __await__(self) -> Generator[Any, None, list[Any]]:
        return self._run().__await__()

    async def _run(self) -> list[Any]:
        calls = self._calls
        if calls is None or not all(isinstance(each, Call) for each in calls):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidInput("a transaction is entered with `async with`, or given a list of calls not yet awaited")
        async with self._client.session.transaction(self._isolation) as opened:
            return [await each.client.within(opened).perform(each.model, each.operation, each.args) for each in calls]
