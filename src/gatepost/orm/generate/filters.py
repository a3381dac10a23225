"""Shapes of filters.

In: scalar types and models. Out: a filter's shape for each, `where` of each model.
Never: an operator that the type does not have.
"""

from collections.abc import Iterator

from gatepost.orm.generate.shapes import (
    ANY,
    BOOLEAN,
    NULL,
    STRING,
    Many,
    Member,
    Null,
    Ref,
    Scalar,
    Shape,
    TypeOf,
    Words,
    either,
    maybe,
    one_or_many,
    option,
)
from gatepost.zmodel.schema import Field, Model, Schema
from gatepost.zmodel.terms import Type

ORDERED = ("Int", "BigInt", "Float", "Decimal", "DateTime", "String")
MODE = Words(("default", "insensitive"))


def scalar_of(type: Type) -> TypeOf:
    """The type of one value of a field."""
    if type.kind in ("enum", "type"):
        return Ref(type.name)
    return Scalar(type.name)


def filter_shapes(schema: Schema) -> Iterator[Shape]:
    """A filter for each scalar and enum, nullable or not, and for lists of them."""
    builtin = [Type(name) for name in (*ORDERED, "Boolean", "Bytes")]
    for type in (*builtin, *(Type(name, "enum") for name in schema.enums)):
        for nullable in (False, True):
            yield value_filter(type, nullable)
        yield list_filter(type)
    yield json_filter()


def value_filter(type: Type, nullable: bool) -> Shape:
    value = scalar_of(type)
    own = Ref(f"{type.name}{'Nullable' if nullable else ''}Filter")
    members = [option("equals", maybe(value, nullable))]
    if type.name != "Boolean":
        members += [option("in", Many(value)), option("notIn", Many(value))]
    members.append(option("not", either(maybe(value, nullable), own)))
    if type.kind == "scalar" and type.name in ORDERED:
        members += [option(name, value) for name in ("lt", "lte", "gt", "gte")]
        members.append(option("between", Many(value)))
    if type.kind == "scalar" and type.name == "String":
        members += [option(name, STRING) for name in ("contains", "startsWith", "endsWith")]
        members.append(option("mode", MODE))
    return Shape(own.name, tuple(members), f"What a {type.name} must be.")


def list_filter(type: Type) -> Shape:
    value = scalar_of(type)
    members = [option("equals", either(Many(value), NULL)), option("has", either(value, NULL))]
    members += [option(name, Many(value)) for name in ("hasEvery", "hasSome")]
    return Shape(f"{type.name}ListFilter", (*members, option("isEmpty", BOOLEAN)), f"What a list of {type.name} holds.")


def json_filter() -> Shape:
    text = ("string_contains", "string_starts_with", "string_ends_with")
    value = either(ANY, Null(json=True))
    members = [option("path", STRING), option("equals", value), option("not", value), option("mode", MODE)]
    members += [option(name, STRING) for name in text]
    members += [option(name, ANY) for name in ("array_contains", "array_starts_with", "array_ends_with")]
    return Shape("JsonFilter", tuple(members), "What a JSON value must be, or what stands in it under a path.")


def where_shapes(schema: Schema, model: Model) -> Iterator[Shape]:
    """`where` of a model, its unique `where`, and the filters of its relations."""
    own = Ref(f"{model.name}WhereInput")
    logic = (option("AND", one_or_many(own)), option("OR", Many(own)), option("NOT", one_or_many(own)))
    fields = tuple(Member(field.name, filter_of(schema, field)) for field in model.fields.values() if filterable(field))
    yield Shape(own.name, (*logic, *fields), f"Which rows of {model.name}.")
    compounds = [key for key in model.keys if len(key.fields) > 1]
    for key in compounds:
        parts = tuple(Member(name, scalar_of(model.fields[name].type), required=True) for name in key.fields)
        yield Shape(f"{model.name}_{key.name}", parts)
    selectors = tuple(Member(key.name, Ref(f"{model.name}_{key.name}")) for key in compounds)
    yield Shape(f"{model.name}WhereUniqueInput", (*logic, *fields, *selectors), f"One row of {model.name}.")
    yield Shape(
        f"{model.name}ListRelationFilter",
        tuple(option(name, own) for name in ("some", "every", "none")),
        f"What related rows of {model.name} must be.",
    )
    yield Shape(
        f"{model.name}RelationFilter",
        tuple(option(name, either(own, NULL)) for name in ("is", "isNot")),
        f"What the related row of {model.name} must be.",
    )


def filterable(field: Field) -> bool:
    return not field.ignored and field.unsupported is None


def filter_of(schema: Schema, field: Field) -> TypeOf:
    """What `where` says about a field."""
    type = field.type
    if field.relation is not None:
        target = field.relation.model
        if type.array:
            return Ref(f"{target}ListRelationFilter")
        return maybe(either(Ref(f"{target}WhereInput"), Ref(f"{target}RelationFilter")), type.optional)
    if type.kind == "type" or type.name == "Json":
        return ANY if type.kind == "type" else either(Ref("JsonFilter"), Null(json=True))
    value = scalar_of(type)
    if type.array:
        return either(Many(value), Ref(f"{type.name}ListFilter"))
    return either(maybe(value, type.optional), Ref(f"{type.name}{'Nullable' if type.optional else ''}Filter"))
