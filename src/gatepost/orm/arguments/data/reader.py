"""One object of `data`: what a row shall hold → values by field, and what is to be done about related rows.

In: a call's objects. Out: checked values (Change where a value is worked out), Links for relations, Wheres whose values
are numbers. Never: a computed field, a discriminator, or a foreign key beside the relation that sets it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from gatepost.orm.arguments.data.changes import Change, Data
from gatepost.orm.arguments.data.constraints import constrained, listed
from gatepost.orm.arguments.data.links import Action, LinkReader
from gatepost.orm.arguments.data.validations import validate
from gatepost.orm.arguments.lexicon import Visible, mapping, unknown
from gatepost.orm.arguments.walk import Walk
from gatepost.orm.errors import InvalidInput, Path
from gatepost.orm.values import DbNull, JsonNull, check
from gatepost.zmodel.schema import Field, Model
from gatepost.zmodel.terms import Type

NUMBERS = frozenset(("Int", "BigInt", "Float", "Decimal"))
ARITHMETIC = ("set", "increment", "decrement", "multiply", "divide")
NO_FIELDS: frozenset[str] = frozenset()


class Reader:
    """Reads one object of `data`. `without` are fields that the place decides: the way back to the parent."""

    def __init__(self, walk: Walk, visible: Visible, path: Path, without: frozenset[str], *, relations: bool) -> None:
        self.walk, self.visible, self.path, self.without = walk, visible, path, without
        self.relations = relations
        self.findings: list[tuple[Path, str]] = []

    def create(self, given: object) -> Data:
        """A new row: what is required must be there."""
        data = self._read(given, new=True)
        self._require(data)
        return self._finished(data)

    def update(self, given: object) -> Data:
        """Changes: every field may be left out."""
        return self._finished(self._read(given, new=False))

    def _finished(self, data: Data) -> Data:
        if self.findings:
            raise InvalidInput(self.findings[0][1], self.findings[0][0], self.visible.model.name, self.findings)
        if self.walk.lexicon.options.validate_input:
            validate(self.visible.model.validations, data.values, self.path, self.visible.model.name)
        return data

    def _read(self, given: object, *, new: bool) -> Data:
        data = Data({}, {})
        self.walk.deeper(self.path)
        for key, value in mapping(given, self.path).items():
            try:
                self._take(data, key, value, new=new)
            except InvalidInput as error:
                self.findings += error.findings
        self.walk.depth -= 1
        self._refuse_mixture(data)
        return data

    def _take(self, data: Data, key: str, value: object, *, new: bool) -> None:
        path = (*self.path, key)
        field = self._field(key, path)
        if field.relation is None:
            data.values[key] = (self._scalar if new else self._changed)(field, value, path)
        elif value is None and field.type.optional and not field.type.array:
            return
        else:
            data.links[key] = self._links(field, value, path, new=new)

    def _field(self, key: str, path: Path) -> Field:
        """The field, if it may be written here."""
        field = self.visible.model.fields.get(key) if key in self.visible.fields else None
        if field is None or not self._is_open(field):
            raise unknown(key, self.names(), path, f"field to write of {self.visible.model.name}")
        return field

    def _is_open(self, field: Field) -> bool:
        if field.computed or field.discriminator or field.name in self.without:
            return False
        return self.relations or field.relation is None

    def names(self) -> list[str]:
        return [name for name in self.visible.fields if self._is_open(self.visible.model.fields[name])]

    # -------------------------------------------------------------- values

    def _scalar(self, field: Field, value: object, path: Path) -> Any:
        """A whole value."""
        if field.type.array:
            return self._list(field, value, path)
        if value is None or value is DbNull or value is JsonNull:
            return null(field, value, path)
        checked = check(self.walk.lexicon.schema, field.type, value, path)
        return self._constrained(field, checked, path)

    def _list(self, field: Field, value: object, path: Path) -> Any:
        items: object = value
        if isinstance(value, Mapping) and field.type.kind != "type":
            items = single(cast("Mapping[str, object]", value), ("set",), path)[1]
        if field.type.kind == "type" and (value is None or value is DbNull or value is JsonNull):
            return null(field, value, path)
        checked = check(self.walk.lexicon.schema, field.type, items, path)
        return listed(field.constraints, checked, path) if self.walk.lexicon.options.validate_input else checked

    def _constrained(self, field: Field, value: Any, path: Path) -> Any:
        if field.constraints and self.walk.lexicon.options.validate_input:
            return constrained(field.constraints, value, path)
        return value

    def _changed(self, field: Field, value: object, path: Path) -> Any:
        """A whole value, or how it changes."""
        if not isinstance(value, Mapping) or field.type.name == "Json" or field.type.kind == "type":
            return self._scalar(field, cast("object", value), path)
        given = cast("Mapping[str, object]", value)
        if field.type.array:
            return self._list_change(field, given, path)
        if field.type.name in NUMBERS:
            return self._arithmetic(field, given, path)
        return self._scalar(field, given, path)

    def _arithmetic(self, field: Field, value: Mapping[str, object], path: Path) -> Any:
        kind, operand = single(value, ARITHMETIC, path)
        if kind == "set":
            return self._scalar(field, operand, (*path, kind))
        return Change(kind, check(self.walk.lexicon.schema, field.type, operand, (*path, kind)))

    def _list_change(self, field: Field, value: Mapping[str, object], path: Path) -> Any:
        kind, items = single(value, ("set", "push"), path)
        if kind == "set":
            return self._list(field, items, (*path, kind))
        one = Type(field.type.name, field.type.kind, array=isinstance(items, list | tuple))
        return Change(kind, check(self.walk.lexicon.schema, one, items, (*path, kind)))

    def _links(self, field: Field, value: object, path: Path, *, new: bool) -> list[Action]:
        return LinkReader(self.walk, field, create_data, update_data).read(value, path, new=new)

    # -------------------------------------------------------------- the whole

    def _refuse_mixture(self, data: Data) -> None:
        """A row is tied by relations or by foreign keys, not by both."""
        fields = self.visible.model.fields
        keys = [name for name in data.values if fields[name].foreign_key_for]
        owned = [name for name in data.links if is_owner(fields[name])]
        if keys and owned:
            told = f'"{keys[0]}" sets a foreign key and "{owned[0]}" a relation: use either keys or relations, not both'
            self.findings.append(((*self.path, keys[0]), told))

    def _require(self, data: Data) -> None:
        """Everything that neither the client nor the database fills in."""
        model = self.visible.model
        by_relation = any(is_owner(model.fields[name]) for name in data.links)
        bad = {path[len(self.path)] for path, _ in self.findings if len(path) > len(self.path)}
        for field in model.fields.values():
            if field.name in bad or field.name not in self.visible.fields or not self._is_open(field):
                continue
            if field.relation is not None:
                missing = by_relation and is_required_relation(model, field) and field.name not in data.links
            else:
                covered = by_relation and bool(field.foreign_key_for)
                missing = not covered and is_required(field) and field.name not in data.values
            if missing:
                self.findings.append(((*self.path, field.name), "is required"))


def null(field: Field, value: object, path: Path) -> Any:
    """A null that the field can hold: the database's where it is optional, JSON's own in JSON."""
    is_json = field.type.kind == "type" or field.type.name == "Json"
    if value is JsonNull and is_json and (field.type.kind != "type" or field.type.optional):
        return JsonNull
    plain_allowed = not is_json or field.type.kind == "type"
    if field.type.optional and (value is DbNull if is_json and not plain_allowed else True):
        return DbNull if is_json else None
    hint = " (use DbNull or JsonNull)" if field.type.name == "Json" and value is None else ""
    raise InvalidInput(f"expected {field.type.name}, received null{hint}", path)


def single(value: Mapping[str, object], known: Iterable[str], path: Path) -> tuple[str, object]:
    """The one operation that an object names."""
    names = tuple(known)
    for key in value:
        if key not in names:
            raise unknown(key, names, (*path, key), "operation")
    if len(value) != 1:
        raise InvalidInput(f"Only one of {', '.join(names)} can be provided", path)
    return next(iter(value.items()))


def is_owner(field: Field) -> bool:
    """Whether the relation's foreign key is on this side."""
    return field.relation is not None and field.relation.owner


def is_required(field: Field) -> bool:
    """Whether a new row must bring the value."""
    filled = field.default is not None or field.updated_at is not None
    return not (field.type.optional or field.type.array or filled)


def is_required_relation(model: Model, field: Field) -> bool:
    """Whether a new row must bring the related one: unless its foreign key may be left out."""
    if field.relation is None or not field.relation.owner or field.type.optional:
        return False
    keys = [model.fields[name] for name in field.relation.fields]
    return not all(key.type.optional or key.default is not None for key in keys)


def create_data(
    walk: Walk,
    visible: Visible,
    given: object,
    path: Path,
    without: frozenset[str] = NO_FIELDS,
    *,
    relations: bool = True,
) -> Data:
    """What a new row shall hold."""
    return Reader(walk, visible, path, without, relations=relations).create(given)


def update_data(
    walk: Walk,
    visible: Visible,
    given: object,
    path: Path,
    without: frozenset[str] = NO_FIELDS,
    *,
    relations: bool = True,
) -> Data:
    """How a row shall change."""
    return Reader(walk, visible, path, without, relations=relations).update(given)
