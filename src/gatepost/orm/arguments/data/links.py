"""What a call says about related rows: connect, create, set and the others.

In: a call's objects below a relation field. Out: (action, what) in the order of the call.
Never: an action that the kind of relation, or the model at its end, does not allow.
"""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, cast

from gatepost.orm.arguments.conditions.where import unique_where, where
from gatepost.orm.arguments.data.changes import (
    Chosen,
    ConnectOrCreate,
    Create,
    CreateMany,
    Data,
    UpdateMany,
    UpdateOne,
    Upsert,
)
from gatepost.orm.arguments.lexicon import Visible, boolean, list_of, mapping, unknown
from gatepost.orm.arguments.shapes import Where
from gatepost.orm.arguments.walk import Walk, options
from gatepost.orm.errors import InvalidInput, Path
from gatepost.orm.values import check_int
from gatepost.zmodel.schema import Field, Model, Schema

Action = tuple[str, Any]


class ReadData(Protocol):
    """`create_data` and `update_data` of `data`, which call back here."""

    def __call__(
        self,
        walk: Walk,
        visible: Visible,
        given: object,
        path: Path,
        without: frozenset[str],
        *,
        relations: bool = True,
    ) -> Data: ...


SPELLINGS = {
    "create_many": "createMany",
    "connect_or_create": "connectOrCreate",
    "update_many": "updateMany",
    "delete_many": "deleteMany",
}


class LinkReader:
    """Reads one relation field's object."""

    def __init__(self, walk: Walk, field: Field, create: ReadData, update: ReadData) -> None:
        self.walk, self.field = walk, field
        self.model = walk.lexicon.schema.models[field.type.name]
        self.visible = walk.lexicon.visible(field.type.name)
        self.without = way_back(walk.lexicon.schema, field)
        self.many = field.type.array
        self._create, self._update = create, update

    def read(self, given: object, path: Path, *, new: bool) -> list[Action]:
        """All actions."""
        known = self.actions(new=new)
        found: list[Action] = []
        for key, value in mapping(given, path).items():
            action = SPELLINGS.get(key, key)
            if action not in known:
                raise self._refused(key, known, path)
            result = known[action](value, (*path, key))
            if result is not None:
                found.append((action, result))
        return found

    def _refused(self, key: str, known: Mapping[str, object], path: Path) -> InvalidInput:
        return unknown(key, known, (*path, key), f'action on "{self.field.name}"')

    def actions(self, *, new: bool) -> dict[str, Callable[[object, Path], Any]]:
        """The actions that are open here."""
        can_create = is_creatable(self.model)
        known: dict[str, Callable[[object, Path], Any]] = {"connect": self.connect}
        if can_create:
            known |= {"create": self.create, "connectOrCreate": self.connect_or_create}
            known |= {"createMany": self.create_many} if self.many else {}
        if new:
            return known
        if self.field.type.optional or self.many:
            known |= {"disconnect": self.disconnect, "delete": self.delete}
        known["update"] = self.update_of_many if self.many else self.update
        if can_create:
            known["upsert"] = self.upsert
        if self.many:
            known |= {"set": self.connect, "updateMany": self.update_many, "deleteMany": self.delete_many}
        return known

    # -------------------------------------------------------------- new rows

    def create(self, given: object, path: Path) -> Create:
        items = self._items(given, path, many=self.many)
        return Create([self._create(self.walk, self.visible, item, at, self.without) for item, at in items])

    def create_many(self, given: object, path: Path) -> CreateMany:
        return create_many(self.walk, self.visible, given, path, self._create, self.without)

    def connect_or_create(self, given: object, path: Path) -> list[ConnectOrCreate]:
        found: list[ConnectOrCreate] = []
        for item, at in self._items(given, path, many=self.many):
            members = required(item, ("where", "create"), frozenset(("where", "create")), at)
            condition = self._one(members["where"], (*at, "where"))
            data = self._create(self.walk, self.visible, members["create"], (*at, "create"), self.without)
            found.append(ConnectOrCreate(condition, data))
        return found

    # -------------------------------------------------------------- rows that are there

    def connect(self, given: object, path: Path) -> Chosen:
        return Chosen([self._one(item, at) for item, at in self._items(given, path, many=self.many)])

    def disconnect(self, given: object, path: Path) -> Chosen | None:
        return self._whichever(given, path, unique=False)

    def delete(self, given: object, path: Path) -> Chosen | None:
        return self._whichever(given, path, unique=True)

    def _whichever(self, given: object, path: Path, *, unique: bool) -> Chosen | None:
        """Rows of a list by what tells them; of a single relation also whichever is there."""
        if self.many:
            return self.connect(given, path)
        if isinstance(given, bool):
            return Chosen(None) if given else None
        if given == {}:
            return Chosen(None)
        return Chosen([self._one(given, path) if unique else where(self.walk, self.visible, given, path)])

    def delete_many(self, given: object, path: Path) -> Chosen:
        items = self._items(given, path, many=True)
        return Chosen([where(self.walk, self.visible, item, at) for item, at in items])

    def update(self, given: object, path: Path) -> list[UpdateOne]:
        """Of a single relation: the data itself, or `where` and `data`."""
        members = mapping(given, path)
        nested = isinstance(members.get("data"), Mapping) and set(members) <= {"where", "data"}
        if nested and not ("data" in self.visible.fields and "where" not in members):
            condition = (
                where(self.walk, self.visible, members["where"], (*path, "where")) if members.get("where") else None
            )
            return [UpdateOne(condition, self._changes(members["data"], (*path, "data")))]
        return [UpdateOne(None, self._changes(members, path))]

    def update_of_many(self, given: object, path: Path) -> list[UpdateOne]:
        found: list[UpdateOne] = []
        for item, at in self._items(given, path, many=True):
            members = required(item, ("where", "data"), frozenset(("where", "data")), at)
            condition = self._one(members["where"], (*at, "where"))
            found.append(UpdateOne(condition, self._changes(members["data"], (*at, "data"))))
        return found

    def upsert(self, given: object, path: Path) -> list[Upsert]:
        known = frozenset(("where", "create", "update"))
        needed = ("where", "create", "update") if self.many else ("create", "update")
        found: list[Upsert] = []
        for item, at in self._items(given, path, many=True):
            members = required(item, needed, known, at)
            condition = self._one(members["where"], (*at, "where")) if "where" in members else None
            create = self._create(self.walk, self.visible, members["create"], (*at, "create"), self.without)
            found.append(Upsert(condition, create, self._changes(members["update"], (*at, "update"))))
        return found

    def update_many(self, given: object, path: Path) -> list[UpdateMany]:
        found: list[UpdateMany] = []
        for item, at in self._items(given, path, many=True):
            members = required(item, ("where", "data"), frozenset(("where", "data", "limit")), at)
            condition = where(self.walk, self.visible, members["where"], (*at, "where"), relations=False)
            data = self._changes(members["data"], (*at, "data"), relations=False)
            found.append(UpdateMany(condition, data, limit(members, at)))
        return found

    # -------------------------------------------------------------- parts

    def _one(self, given: object, path: Path) -> Where:
        return unique_where(self.walk, self.visible, given, path)

    def _changes(self, given: object, path: Path, *, relations: bool = True) -> Data:
        return self._update(self.walk, self.visible, given, path, self.without, relations=relations)

    def _items(self, given: object, path: Path, *, many: bool) -> list[tuple[object, Path]]:
        """One object, or a list of them where there may be several."""
        if many and isinstance(given, list | tuple):
            items = list_of(cast("list[object]", given), path, self.walk.items)
            return [(item, (*path, index)) for index, item in enumerate(items)]
        return [(given, path)]


def create_many(
    walk: Walk,
    visible: Visible,
    given: object,
    path: Path,
    read: ReadData,
    without: frozenset[str],
    more: frozenset[str] = frozenset(),
) -> CreateMany:
    """`{data, skipDuplicates}`: rows without relations; `more` are options that are read elsewhere."""
    spelled = {
        {"skip_duplicates": "skipDuplicates"}.get(key, key): value for key, value in mapping(given, path).items()
    }
    members = required(spelled, ("data",), frozenset(("data", "skipDuplicates")) | more, path)
    data, at = members["data"], (*path, "data")
    if isinstance(data, list | tuple):
        items = list_of(cast("list[object]", data), at, walk.lexicon.options.limits.rows)
        rows = [read(walk, visible, item, (*at, index), without, relations=False) for index, item in enumerate(items)]
    else:
        rows = [read(walk, visible, data, at, without, relations=False)]
    skip = boolean(members.get("skipDuplicates", False), (*path, "skipDuplicates"))
    return CreateMany([row.values for row in rows], skip)


def required(given: object, names: tuple[str, ...], known: frozenset[str], path: Path) -> Mapping[str, Any]:
    """An object with at least those members."""
    members = options(given, known, path)
    for name in names:
        if name not in members:
            raise InvalidInput("is required", (*path, name))
    return members


def limit(members: Mapping[str, Any], path: Path) -> int | None:
    """`limit`: how many rows at most."""
    if members.get("limit") is None:
        return None
    value = check_int(members["limit"], (*path, "limit"))
    if value < 0:
        raise InvalidInput("expected a number of at least 0", (*path, "limit"))
    return value


def way_back(schema: Schema, field: Field) -> frozenset[str]:
    """What of the related row the parent decides: the opposite relation and its foreign key."""
    relation = field.relation
    if relation is None or relation.opposite is None:
        return frozenset()
    opposite = schema.models[relation.model].fields[relation.opposite].relation
    keys = opposite.fields if opposite is not None and opposite.owner else ()
    return frozenset((relation.opposite, *keys))


def is_creatable(model: Model) -> bool:
    """Whether the client can make rows of it: no delegate base, no required value of a type that it cannot write."""
    if model.discriminator is not None or model.view:
        return False
    return not any(
        field.unsupported is not None and not field.type.optional and field.default is None
        for field in model.fields.values()
    )
