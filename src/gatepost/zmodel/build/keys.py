"""Keys and indexes of a model.

In: a model of a checked program. Out: its primary key, unique selectors, indexes; the fields that identify a row.
Never: the name of a constraint that nobody wrote: that is for whoever makes tables.
"""

from collections.abc import Iterable

from gatepost.zmodel import nodes
from gatepost.zmodel.check.context import Context
from gatepost.zmodel.expressions.apply import Bound
from gatepost.zmodel.link import applied
from gatepost.zmodel.schema import Index, IndexField, Key
from gatepost.zmodel.terms import EnumValue


def primary_key(context: Context, model: nodes.Model) -> Key | None:
    """@id or @@id."""
    for owned in context.program.fields(model):
        bound = context.on_field(owned, model, "@id")
        if bound is not None:
            return _single(owned.field.name, bound)
    return next((_compound(bound) for _, bound in context.bound(model, "@@id")), None)


def all_keys(context: Context, model: nodes.Model) -> tuple[Key, ...]:
    """The primary key, then @unique fields, then @@unique, each selector once."""
    found: dict[str, Key] = {}
    primary = primary_key(context, model)
    for key in ([primary] if primary else []) + [*_unique_fields(context, model), *_unique_groups(context, model)]:
        found.setdefault(key.name, key)
    return tuple(found.values())


def identity(context: Context, model: nodes.Model) -> tuple[str, ...]:
    """The fields that tell a row: the key's, else the first unique field, else the first @@unique."""
    keys = all_keys(context, model)
    return keys[0].fields if keys else ()


def _unique_fields(context: Context, model: nodes.Model) -> Iterable[Key]:
    for owned in context.program.fields(model):
        bound = context.on_field(owned, model, "@unique")
        if bound is not None:
            yield _single(owned.field.name, bound)


def _unique_groups(context: Context, model: nodes.Model) -> Iterable[Key]:
    return (_compound(bound) for _, bound in context.bound(model, "@@unique"))


def _single(name: str, bound: Bound) -> Key:
    sort, length = bound.values.get("sort"), bound.literal("length")
    column = IndexField(
        name, sort.name if isinstance(sort, EnumValue) else None, length if isinstance(length, int) else None
    )
    return Key(name, (name,), bound.text("map"), (column,))


def _compound(bound: Bound) -> Key:
    fields = bound.names("fields")
    name = fields[0] if len(fields) == 1 else bound.text("name") or "_".join(fields)
    return Key(name, fields, bound.text("map"), tuple(_column(each) for each in bound.references("fields")))


def indexes(context: Context, model: nodes.Model) -> tuple[Index, ...]:
    """@@index and @@fulltext."""
    found: list[Index] = []
    for _, bound in context.bound(model, "@@index", "@@fulltext"):
        method = bound.values.get("type")
        found.append(
            Index(
                tuple(_column(each) for each in bound.references("fields")),
                method.name if isinstance(method, EnumValue) else "BTree",
                bound.text("map"),
                bound.text("name"),
                bound.application.name == "@@fulltext",
            )
        )
    return tuple(found)


def _column(reference: nodes.Reference) -> IndexField:
    options = {option.key: option.value for option in reference.options}
    sort, length, ops = options.get("sort"), options.get("length"), options.get("ops")
    raw = ops.arguments[0] if isinstance(ops, nodes.Call) and ops.function == "raw" and ops.arguments else None
    named = ops.name if isinstance(ops, nodes.Reference) else None
    return IndexField(
        reference.name,
        sort.name if isinstance(sort, nodes.Reference) else None,
        int(length.text) if isinstance(length, nodes.Number) and length.text.isdigit() else None,
        raw.value if isinstance(raw, nodes.Text) else named,
        raw is not None,
    )


def is_id(model: nodes.Model, key: Key | None, field: nodes.Field) -> bool:
    """Whether a field is part of the primary key."""
    return applied(field, "@id") is not None or (key is not None and field.name in key.fields)
