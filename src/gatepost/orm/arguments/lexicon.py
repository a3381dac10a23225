"""What may be said about each model: the fields that calls see, and how their values are checked and sent.

In: a Schema and the client's options. Out: facts by model and field, worked out once.
Never: a value of a call.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from functools import partial
from typing import Any, Literal

from gatepost.orm import values
from gatepost.orm.errors import InvalidInput, Path, legible
from gatepost.orm.session import Options
from gatepost.query.sql import array_literal
from gatepost.zmodel.schema import Field, Key, Model, Schema
from gatepost.zmodel.terms import Type

Kind = Literal["string", "ordered", "boolean", "bytes", "enum", "json", "shape"]

KINDS: Mapping[str, Kind] = {
    "String": "string",
    "Boolean": "boolean",
    "Int": "ordered",
    "BigInt": "ordered",
    "Float": "ordered",
    "Decimal": "ordered",
    "DateTime": "ordered",
    "Bytes": "bytes",
    "Json": "json",
}
TIMES = ("Time", "Timetz")
UNRESTRICTED: Mapping[str, frozenset[str]] = {}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A field that holds a value. `check` and `text` are about one element; `text` is PostgreSQL's text form."""

    name: str
    type: Type
    kind: Kind
    optional: bool
    array: bool
    check: Callable[[object, Path], Any]
    text: Callable[[Any], str]
    searches: frozenset[str] = frozenset()

    def parameter(self, value: object, path: Path) -> bytes:
        """One checked value as PostgreSQL is told."""
        return self.text(self.check(value, path)).encode()

    def list_parameter(self, value: object, path: Path, most: int) -> bytes:
        """A list of values as one array."""
        items = list_of(value, path, most)
        return array_literal([self.text(self.check(item, (*path, number))) for number, item in enumerate(items)])


@dataclass(frozen=True, slots=True)
class Related:
    """A field that holds rows."""

    name: str
    model: str
    array: bool
    optional: bool


@dataclass(frozen=True, slots=True)
class Visible:
    """A model as calls see it. `compounds` are the unique selectors of several fields, `uniques` all selectors.

    `filters` are the kinds of filters that a field has, where the client was opened without others.
    """

    model: Model
    fields: Mapping[str, Scalar | Related]
    compounds: Mapping[str, Key]
    uniques: frozenset[str]
    omitted: Mapping[str, bool]
    filters: Mapping[str, frozenset[str]]

    @property
    def scalars(self) -> Iterable[Scalar]:
        return (field for field in self.fields.values() if isinstance(field, Scalar))

    @property
    def lists(self) -> tuple[str, ...]:
        """The to-many relations."""
        return tuple(f.name for f in self.fields.values() if isinstance(f, Related) and f.array)

    def field(self, name: object, path: Path) -> Scalar | Related:
        """The field of that name, or InvalidInput with what is near."""
        found = self.fields.get(name) if isinstance(name, str) else None
        if found is None:
            raise unknown(name, self.fields, path, f"field of {self.model.name}", self.model.name)
        return found

    def scalar(self, name: object, path: Path) -> Scalar:
        """The same, where a relation will not do."""
        found = self.field(name, path)
        if isinstance(found, Related):
            raise InvalidInput(f'"{found.name}" is a relation, expected a field with a value', path, self.model.name)
        return found


class Lexicon:
    """Facts by model; worked out when first asked for."""

    def __init__(self, schema: Schema, options: Options) -> None:
        self.schema, self.options = schema, options
        self._visible: dict[str, Visible] = {}
        self._shapes: dict[str, Mapping[str, Scalar]] = {}

    def visible(self, name: str) -> Visible:
        """A model as calls see it."""
        found = self._visible.get(name)
        if found is None:
            model = self.schema.models.get(name)
            if model is None:
                raise unknown(name, self.schema.models, (), "model")
            found = self._visible[name] = self._see(model)
        return found

    def members(self, shape: str) -> Mapping[str, Scalar]:
        """The members of a JSON type."""
        found = self._shapes.get(shape)
        if found is None:
            fields = self.schema.types[shape].fields.values()
            found = self._shapes[shape] = {field.name: self.scalar(field) for field in fields}
        return found

    def _see(self, model: Model) -> Visible:
        slicing = self.options.slicing
        fields = {
            name: self._field(field)
            for name, field in model.fields.items()
            if is_visible(field) and not (slicing and field.relation and field.relation.model in slicing.models)
        }
        keys = [key for key in model.keys if all(name in fields for name in key.fields)]
        compounds = {key.name: key for key in keys if key.fields != (key.name,)}
        uniques = frozenset(key.name for key in keys)
        filters = slicing.filters[model.name] if slicing else UNRESTRICTED
        return Visible(model, fields, compounds, uniques, self._omitted(model), filters)

    def _field(self, field: Field) -> Scalar | Related:
        if field.relation is None:
            return self.scalar(field)
        return Related(field.name, field.relation.model, field.type.array, field.type.optional)

    def scalar(self, field: Field) -> Scalar:
        """A field that holds a value, of a model or a JSON type."""
        type = field.type
        one = Type(type.name, type.kind)
        kind: Kind = KINDS[type.name] if type.kind == "scalar" else "enum" if type.kind == "enum" else "shape"
        check = values.CHECKS[type.name] if type.kind == "scalar" else partial(values.check, self.schema, one)
        searches = frozenset(name for name, made in (("fuzzy", field.fuzzy), ("fts", field.full_text)) if made)
        return Scalar(field.name, one, kind, type.optional, type.array, check, self._text(field, kind), searches)

    def number(self, name: str, type: Type) -> Scalar:
        """A number of that type under a field's name: an aggregate of it."""
        return Scalar(name, type, "ordered", True, False, values.CHECKS[type.name], values.text)

    def _text(self, field: Field, kind: Kind) -> Callable[[Any], str]:
        if kind == "enum":
            return self.schema.enums[field.type.name].values.__getitem__
        if kind in ("json", "shape"):
            return json_text
        if field.native and field.native.name in TIMES:
            return time_text
        return str if kind == "string" else values.text

    def _omitted(self, model: Model) -> Mapping[str, bool]:
        """Fields that are left out, or not, unless a call says otherwise: by the schema, then by the client."""
        said = self.options.omit.get(model.name) or self.options.omit.get(uncapitalized(model.name)) or {}
        return {field.name: True for field in model.fields.values() if field.omit} | dict(said)


def is_visible(field: Field) -> bool:
    """Whether calls know the field at all."""
    return not field.ignored and field.unsupported is None


def uncapitalized(name: str) -> str:
    return name[:1].lower() + name[1:]


def json_text(value: object) -> str:
    return values.json(value).decode()


def time_text(value: datetime) -> str:
    """A time of day, of a moment in UTC."""
    return value.time().isoformat() + "+00:00"


# ------------------------------------------------------------------ wrong words


def unknown(name: object, known: Iterable[str], path: Path, what: str, model: str | None = None) -> InvalidInput:
    """A name that nothing has, with what is near."""
    text = legible(name)
    near = get_close_matches(text, list(known), 1)
    hint = f', did you mean "{near[0]}"?' if near else ""
    return InvalidInput(f'there is no {what} "{text}"{hint}', path, model)


def mapping(value: object, path: Path) -> Mapping[str, Any]:
    """An object, or InvalidInput."""
    if not isinstance(value, Mapping):
        raise values.expected("an object", value, path)
    return value  # pyright: ignore[reportUnknownVariableType] - the keys are looked up one by one


def list_of(value: object, path: Path, most: int) -> list[Any] | tuple[Any, ...]:
    """A list of at most so many items, or InvalidInput."""
    if isinstance(value, set | frozenset):
        value = list(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if not isinstance(value, list | tuple):
        raise values.expected("a list", value, path)
    if len(value) > most:  # pyright: ignore[reportUnknownArgumentType]
        raise InvalidInput(f"a list of at most {most} items is allowed", path)
    return value  # pyright: ignore[reportUnknownVariableType]


def boolean(value: object, path: Path) -> bool:
    if not isinstance(value, bool):
        raise values.expected("true or false", value, path)
    return value
