"""What a write does, once it is checked.

In: nothing; these are only types. Out: values, changes of values, and what happens to related rows.
Never: a name that the schema does not have, or SQL.
"""

from typing import Any

from msgspec import Struct

from gatepost.orm.arguments.shapes import Where


class Change(Struct, frozen=True, gc=False):
    """A value worked out from the one that is there: increment, decrement, multiply, divide, push."""

    kind: str
    value: Any


class Data(Struct):
    """`values` by field; `links` by relation field: (action, what), in the order of the call."""

    values: dict[str, Any]
    links: "dict[str, list[tuple[str, Any]]]"

    def __bool__(self) -> bool:
        return bool(self.values or self.links)


class Create(Struct):
    """New related rows."""

    rows: list[Data]


class CreateMany(Struct):
    """New related rows that have no relations of their own."""

    rows: list[dict[str, Any]]
    skip: bool = False


class Chosen(Struct):
    """connect, disconnect, set, delete, deleteMany: related rows, each by a condition; `wheres` None is whichever."""

    wheres: list[Where] | None


class ConnectOrCreate(Struct):
    where: Where
    create: Data


class UpdateOne(Struct):
    """`where` None: the related row, or of a list one of them."""

    where: Where | None
    data: Data


class Upsert(Struct):
    where: Where | None
    create: Data
    update: Data


class UpdateMany(Struct):
    where: Where
    data: Data
    limit: int | None = None
