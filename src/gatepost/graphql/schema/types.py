"""The GraphQL type of a PostgreSQL type: scalars, enums, domains, ranges, and lists of anything.

In: codecs. Out: what stands for their values, going out and coming in. Never: the types of rows, which `rows` and `inputs`
make; here they are only looked up.
"""

from collections.abc import Iterator
from functools import partial

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    is_input_type,
    is_output_type,
)

from gatepost.graphql.meaning import Part
from gatepost.graphql.registry.model import Codec, Kind, Registry

from . import scalars
from .draft import Draft, Use, means


def element(codec: Codec) -> Codec | None:
    """What an array holds, also where a domain is around it; None for all others."""
    return codec.base.of if codec.base.kind is Kind.ARRAY else None


def is_composite(codec: Codec) -> bool:
    return codec.base.kind is Kind.COMPOSITE


def output_type(draft: Draft, codec: Codec, not_null: bool = False) -> GraphQLOutputType | None:
    """The type of a field that gives such a value."""
    inner = element(codec)
    if inner:
        of = output_type(draft, inner)
        kind = GraphQLList(of) if of else None
    else:
        kind = nullable_output_type(draft, codec)
    return GraphQLNonNull(kind) if kind and (not_null or codec.not_null) else kind


def nullable_output_type(draft: Draft, codec: Codec) -> GraphQLOutputType | None:
    """The same of what may be null whatever its type says: what functions give, what connections hold."""
    inner = element(codec)
    if inner:
        of = nullable_output_type(draft, inner)
        return GraphQLList(of) if of else None
    found = draft.find(codec, Use.OUTPUT)
    return found if is_output_type(found) else None


def input_type(draft: Draft, codec: Codec, use: Use = Use.INPUT) -> GraphQLInputType | None:
    """The type of an argument or a member of an input that takes such a value; never one that requires it."""
    inner = element(codec)
    if inner:
        of = input_type(draft, inner, use)
        return GraphQLList(of) if of else None
    found = draft.find(codec, use)
    return found if is_input_type(found) else None


def has_type(draft: Draft, codec: Codec, use: Use) -> bool:
    """Whether there is such a type, asked while types are still being made."""
    inner = element(codec)
    return has_type(draft, inner, use) if inner else draft.has(codec, use)


# ---------------------------------------------------------------- declarations


def every_codec(registry: Registry) -> Iterator[Codec]:
    """All types, the inner ones before those made of them, in the order in which relations and functions need them."""
    seen: set[Codec] = set()
    for resource in registry.resources.values():
        yield from _walk(resource.codec, seen)
        for parameter in resource.parameters or ():
            yield from _walk(parameter.codec, seen)
    for codec in registry.codecs.values():
        yield from _walk(codec, seen)


def _walk(codec: Codec, seen: set[Codec]) -> Iterator[Codec]:
    if codec in seen:
        return
    seen.add(codec)
    if codec.of:
        yield from _walk(codec.of, seen)
    for attribute in codec.attributes.values():
        yield from _walk(attribute.codec, seen)
    yield codec


def declare(draft: Draft, codec: Codec) -> None:
    """Let there be a type for what is no row and no array."""
    kind = codec.base.kind
    if codec.alias and codec.of:
        _declare_alias(draft, codec, codec.of)
    elif kind is Kind.ENUM:
        name = draft.names.type_name(codec)
        if draft.declare(name, partial(_enum, draft, name, codec), codec, Use.OUTPUT):
            draft.stand_for(codec, name, Use.INPUT)
    elif kind is Kind.RANGE:
        _declare_range(draft, codec)
    elif kind is Kind.SCALAR and codec.kind is Kind.DOMAIN:
        _declare_domain(draft, codec)
    elif kind is Kind.SCALAR:
        _declare_scalar(draft, codec)


def _declare_alias(draft: Draft, codec: Codec, of: Codec) -> None:
    for use in (Use.OUTPUT, Use.INPUT):
        name = draft.name_of(of, use)
        if name:
            draft.stand_for(codec, name, use)


def _declare_scalar(draft: Draft, codec: Codec) -> None:
    name = scalars.name_for(draft, codec)
    if name is None:
        draft.warn(f"nothing in GraphQL stands for the type {codec.id}; what has it is left out")
        return
    draft.stand_for(codec, name, Use.OUTPUT)
    draft.stand_for(codec, draft.names.input_type(name) if name in scalars.STRUCTURES else name, Use.INPUT)


def _declare_domain(draft: Draft, codec: Codec) -> None:
    """A domain is what is below it, under another name."""
    below = scalars.name_for(draft, codec.base)
    if below is None:
        return
    name = draft.names.type_name(codec)
    if below in scalars.STRUCTURES:
        own_input = draft.names.input_type(name)
        draft.declare(name, partial(scalars.structure, draft, below, name, codec.description), codec, Use.OUTPUT)
        draft.declare(
            own_input, partial(scalars.structure_input, draft, below, own_input, codec.description), codec, Use.INPUT
        )
    elif draft.declare(name, partial(_domain, draft, name, below, codec.description), codec, Use.OUTPUT):
        draft.stand_for(codec, name, Use.INPUT)


def _domain(draft: Draft, name: str, below: str, description: str | None) -> GraphQLNamedType | None:
    scalar = draft.named(below)
    return scalars.renamed(scalar, name, description) if isinstance(scalar, GraphQLScalarType) else None


def _enum(draft: Draft, name: str, codec: Codec) -> GraphQLNamedType | None:
    """Each value is the label as PostgreSQL has it."""
    values: dict[str, GraphQLEnumValue] = {}
    for label in codec.base.labels:
        value = GraphQLEnumValue(label.value, description=label.description, deprecation_reason=label.deprecated)
        draft.add(name, values, draft.names.enum_value(codec, label), value)
    return GraphQLEnumType(name, values, description=codec.description) if values else None


# ---------------------------------------------------------------- ranges


def _declare_range(draft: Draft, codec: Codec) -> None:
    """Ranges over the same GraphQL type are the same type."""
    of = codec.base.of
    output, given = (draft.name_of(of, Use.OUTPUT), draft.name_of(of, Use.INPUT)) if of else (None, None)
    if of is None or output is None or given is None:
        return
    names = draft.names
    name, bound = names.range_type(output), names.range_bound_type(output)
    if not draft.is_declared(name):
        draft.declare(bound, partial(_bound, draft, bound, of))
        draft.declare(names.input_type(bound), partial(_bound_input, draft, names.input_type(bound), of))
        draft.declare(name, partial(_range, draft, name, bound))
        draft.declare(
            names.input_type(name), partial(_range_input, draft, names.input_type(name), names.input_type(bound))
        )
    draft.stand_for(codec, name, Use.OUTPUT)
    draft.stand_for(codec, names.input_type(name), Use.INPUT)


def _range(draft: Draft, name: str, bound: str) -> GraphQLNamedType:
    def fields() -> dict[str, GraphQLField]:
        end = draft.named(bound)
        assert isinstance(end, GraphQLObjectType)
        return {
            "start": GraphQLField(end, description="Where the range begins.", extensions=means(Part.RANGE_START)),
            "end": GraphQLField(end, description="Where it ends.", extensions=means(Part.RANGE_END)),
        }

    return GraphQLObjectType(name, fields, description="All values between two bounds.")


def _range_input(draft: Draft, name: str, bound: str) -> GraphQLNamedType:
    def fields() -> dict[str, GraphQLInputField]:
        end = draft.named(bound)
        assert isinstance(end, GraphQLInputObjectType)
        return {
            "start": GraphQLInputField(end, description="Where the range begins.", extensions=means(Part.RANGE_START)),
            "end": GraphQLInputField(end, description="Where it ends.", extensions=means(Part.RANGE_END)),
        }

    return GraphQLInputObjectType(name, fields, description="All values between two bounds.")


VALUE = "The value at this end."
INCLUSIVE = "Whether the range contains that value."


def _bound(draft: Draft, name: str, of: Codec) -> GraphQLNamedType:
    def fields() -> dict[str, GraphQLField]:
        kind = output_type(draft, of, not_null=True)
        assert kind
        return {
            "value": GraphQLField(kind, description=VALUE, extensions=means(Part.BOUND_VALUE)),
            "inclusive": GraphQLField(
                GraphQLNonNull(GraphQLBoolean), description=INCLUSIVE, extensions=means(Part.BOUND_INCLUSIVE)
            ),
        }

    return GraphQLObjectType(name, fields, description="One end of a range.")


def _bound_input(draft: Draft, name: str, of: Codec) -> GraphQLNamedType:
    def fields() -> dict[str, GraphQLInputField]:
        kind = input_type(draft, of)
        assert kind
        return {
            "value": GraphQLInputField(GraphQLNonNull(kind), description=VALUE, extensions=means(Part.BOUND_VALUE)),
            "inclusive": GraphQLInputField(
                GraphQLNonNull(GraphQLBoolean), description=INCLUSIVE, extensions=means(Part.BOUND_INCLUSIVE)
            ),
        }

    return GraphQLInputObjectType(name, fields, description="One end of a range.")
