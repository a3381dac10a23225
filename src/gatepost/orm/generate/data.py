"""Shapes of what is written.

In: models. Out: `data` of create and update with all that nests in it.
Never: a field that only the database or the client fills.
"""

from collections.abc import Iterator

from gatepost.orm.generate.filters import scalar_of
from gatepost.orm.generate.shapes import (
    BOOLEAN,
    Many,
    Member,
    Null,
    Ref,
    Scalar,
    Shape,
    TypeOf,
    either,
    maybe,
    one_or_many,
    option,
)
from gatepost.zmodel.schema import Field, Model, Schema

NUMBERS = ("Int", "BigInt", "Float", "Decimal")
SCALARS = (*NUMBERS, "String", "Boolean", "DateTime", "Bytes", "Json")
ARITHMETIC = ("set", "increment", "decrement", "multiply", "divide")


def data_shapes(model: Model) -> Iterator[Shape]:
    """`data` of a model, and what a relation to it may hold."""
    yield Shape(
        f"{model.name}CreateInput",
        tuple(Member(each.name, _new(each), required=_needed(each)) for each in writable(model)),
        f"A new row of {model.name}, with rows that belong to it.",
    )
    yield Shape(
        f"{model.name}UpdateInput",
        tuple(Member(each.name, _changed(each)) for each in writable(model)),
        f"What changes in a row of {model.name}.",
    )
    yield from _nested(model)


def number_shapes() -> Iterator[Shape]:
    """Arithmetic on numbers."""
    for name in NUMBERS:
        for nullable in (False, True):
            members = tuple(option(word, maybe(Scalar(name), nullable and word == "set")) for word in ARITHMETIC)
            yield Shape(f"{name}{'Nullable' if nullable else ''}Change", members, f"A new {name}: one of these.")


def writable(model: Model) -> Iterator[Field]:
    """Fields that a caller may give."""
    for field in model.fields.values():
        if not (field.ignored or field.computed or field.discriminator or field.unsupported):
            yield field


def _needed(field: Field) -> bool:
    """Whether a new row must say it; keys and relations may stand for each other."""
    filled = field.default is not None or field.updated_at is not None or field.foreign_key_for
    return field.scalar and not (field.type.optional or field.type.array or filled)


def _new(field: Field) -> TypeOf:
    if field.relation is not None:
        return Ref(f"{field.relation.model}Create{_number(field)}Nested")
    return _value(field)


def _value(field: Field) -> TypeOf:
    """A value of a field, whole."""
    value = scalar_of(field.type)
    if field.type.array:
        return Many(value)
    if field.type.name == "Json":
        return either(value, Null(json=True))
    return maybe(value, field.type.optional)


def _changed(field: Field) -> TypeOf:
    if field.relation is not None:
        return Ref(f"{field.relation.model}Update{_number(field)}Nested")
    if field.type.array and field.type.kind != "type":
        return either(_value(field), Ref(f"{field.type.name}ListChange"))
    if field.type.name in NUMBERS and not field.type.array:
        return either(_value(field), Ref(f"{field.type.name}{'Nullable' if field.type.optional else ''}Change"))
    return _value(field)


def _number(field: Field) -> str:
    return "Many" if field.type.array else "One"


def list_shapes(schema: Schema) -> Iterator[Shape]:
    """Changes of scalar lists."""
    for name in (*SCALARS, *schema.enums):
        value: TypeOf = Ref(name) if name in schema.enums else Scalar(name)
        members = (option("set", Many(value)), option("push", one_or_many(value)))
        yield Shape(f"{name}ListChange", members, f"A new list of {name}, or what is added to it.")


def _nested(model: Model) -> Iterator[Shape]:
    """What a relation to a model may hold, for one row and for many, in create and in update."""
    name = model.name
    unique, where = Ref(f"{name}WhereUniqueInput"), Ref(f"{name}WhereInput")
    create, update = Ref(f"{name}CreateInput"), Ref(f"{name}UpdateInput")
    linked = Ref(f"{name}ConnectOrCreate")
    yield Shape(linked.name, (option("where", unique, required=True), option("create", create, required=True)))
    rows = Ref(f"{name}CreateManyRows")
    yield Shape(rows.name, (option("data", one_or_many(create), required=True), option("skipDuplicates", BOOLEAN)))
    one = (option("create", create), option("connect", unique), option("connectOrCreate", linked))
    many = (
        option("create", one_or_many(create)),
        option("createMany", rows),
        option("connect", one_or_many(unique)),
        option("connectOrCreate", one_or_many(linked)),
    )
    yield Shape(f"{name}CreateOneNested", one)
    yield Shape(f"{name}CreateManyNested", many)
    changed, filtered = Ref(f"{name}NestedUpdate"), Ref(f"{name}NestedUpdateMany")
    replaced, single = Ref(f"{name}NestedUpsert"), Ref(f"{name}NestedUpdateOne")
    yield Shape(changed.name, (option("where", unique, required=True), option("data", update, required=True)))
    yield Shape(single.name, (option("where", where), option("data", update, required=True)))
    yield Shape(filtered.name, (option("where", where, required=True), option("data", update, required=True)))
    both = (option("create", create, required=True), option("update", update, required=True))
    yield Shape(replaced.name, (option("where", unique), *both))
    gone = either(BOOLEAN, where)
    yield Shape(
        f"{name}UpdateOneNested",
        (
            *one,
            option("update", either(update, single)),
            option("upsert", replaced),
            option("disconnect", gone),
            option("delete", gone),
        ),
    )
    yield Shape(
        f"{name}UpdateManyNested",
        (
            *many,
            option("set", one_or_many(unique)),
            option("disconnect", one_or_many(unique)),
            option("delete", one_or_many(unique)),
            option("update", one_or_many(changed)),
            option("upsert", one_or_many(replaced)),
            option("updateMany", one_or_many(filtered)),
            option("deleteMany", one_or_many(where)),
        ),
    )
