"""The GraphQL type of a PostgreSQL type: scalars, enums, domains, ranges, and lists of anything.

In: codecs. Out: what stands for their values, going out and coming in. Never: the types of rows, which `rows` and
`inputs` make; here they are only looked up.
"""

from collections.abc import Iterator
from functools import partial

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLObjectType,
)

from gatepost.graphql.meaning import Part
from gatepost.graphql.registry import model
from gatepost.graphql.registry.model import Codec, Registry

from . import scalars
from .draft import Draft, Fields, Kind, Members, Use, field, member, required, several


def element(codec: Codec) -> Codec | None:
    """What an array holds, also where a domain is around it; None for all others."""
    return codec.base.of if codec.base.kind is model.Kind.ARRAY else None


def innermost(codec: Codec) -> Codec:
    """What is below all arrays."""
    inner = element(codec)
    return innermost(inner) if inner else codec


def is_composite(codec: Codec) -> bool:
    return codec.base.kind is model.Kind.COMPOSITE


def output_type(draft: Draft, codec: Codec, not_null: bool = False) -> Kind | None:
    """The type of a field that gives such a value."""
    inner = element(codec)
    kind = output_type(draft, inner) if inner else draft.find(codec, Use.OUTPUT)
    return kind and required(several(kind) if inner else kind, not_null or codec.not_null)


def nullable_type(draft: Draft, codec: Codec) -> Kind | None:
    """The same of what may be null whatever its type says: what functions give, what connections hold."""
    inner = element(codec)
    kind = nullable_type(draft, inner) if inner else draft.find(codec, Use.OUTPUT)
    return kind and (several(kind) if inner else kind)


def input_type(draft: Draft, codec: Codec, use: Use = Use.INPUT) -> Kind | None:
    """The type of an argument or a member of an input that takes such a value; never one that requires it."""
    inner = element(codec)
    kind = input_type(draft, inner, use) if inner else draft.find(codec, use)
    return kind and (several(kind) if inner else kind)


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
    elif kind is model.Kind.ENUM:
        name = draft.names.type_name(codec)
        if draft.declare(name, partial(_enum, draft, name, codec), codec, Use.OUTPUT):
            draft.stand_for(codec, name, Use.INPUT)
    elif kind is model.Kind.RANGE:
        _declare_range(draft, codec)
    elif kind is model.Kind.SCALAR and codec.kind is model.Kind.DOMAIN:
        _declare_domain(draft, codec)
    elif kind is model.Kind.SCALAR:
        _declare_scalar(draft, codec)


def _declare_alias(draft: Draft, codec: Codec, of: Codec) -> None:
    for use in (Use.OUTPUT, Use.INPUT):
        name = draft.name_of(of, use)
        if name:
            draft.stand_for(codec, name, use)


def _declare_scalar(draft: Draft, codec: Codec) -> None:
    name = scalars.name_for(draft, codec)
    if name:
        draft.stand_for(codec, name, Use.OUTPUT)
        draft.stand_for(codec, draft.names.input_type(name) if name in scalars.STRUCTURES else name, Use.INPUT)


def _declare_domain(draft: Draft, codec: Codec) -> None:
    """A domain is what is below it, under another name."""
    below = scalars.name_for(draft, codec.base)
    if below is None:
        return
    name, said = draft.names.type_name(codec), codec.description
    if below in scalars.STRUCTURES:
        taken = draft.names.input_type(name)
        draft.declare(name, partial(scalars.structure, draft, below, name, said), codec, Use.OUTPUT)
        draft.declare(taken, partial(scalars.structure_input, draft, below, taken, said), codec, Use.INPUT)
    elif draft.declare(name, lambda: scalars.renamed(draft.named(below), name, said), codec, Use.OUTPUT):
        draft.stand_for(codec, name, Use.INPUT)


def _enum(draft: Draft, name: str, codec: Codec) -> GraphQLNamedType | None:
    """Each value is the label as PostgreSQL has it."""
    values = draft.add(
        name,
        dict[str, GraphQLEnumValue](),
        (
            (
                draft.names.enum_value(codec, label),
                GraphQLEnumValue(label.value, label.description, label.deprecated),
            )
            for label in codec.base.labels
        ),
    )
    return GraphQLEnumType(name, values, description=codec.description) if values else None


# ---------------------------------------------------------------- ranges

BEGINS = "Where the range begins."
ENDS = "Where it ends."
VALUE = "The value at this end."
INCLUSIVE = "Whether the range contains that value."


def _declare_range(draft: Draft, codec: Codec) -> None:
    """Ranges over the same GraphQL type are the same type."""
    of = codec.base.of
    below = draft.name_of(of, Use.OUTPUT) if of else None
    if of is None or below is None:
        return
    taken = draft.names.input_type
    name, bound = draft.names.range_type(below), draft.names.range_bound_type(below)
    if not draft.is_declared(name):
        draft.declare(bound, lambda: _bound(draft, bound, of))
        draft.declare(taken(bound), lambda: _bound_input(draft, taken(bound), of))
        draft.declare(name, lambda: _range(draft, name, bound))
        draft.declare(taken(name), lambda: _range_input(draft, taken(name), taken(bound)))
    draft.stand_for(codec, name, Use.OUTPUT)
    draft.stand_for(codec, taken(name), Use.INPUT)


def _range(draft: Draft, name: str, bound: str) -> GraphQLNamedType:
    def fields() -> Fields:
        end = draft.named(bound)
        return {"start": field(end, Part.RANGE_START, BEGINS), "end": field(end, Part.RANGE_END, ENDS)}

    return GraphQLObjectType(name, fields, description="All values between two bounds.")


def _range_input(draft: Draft, name: str, bound: str) -> GraphQLNamedType:
    def members() -> Members:
        end = draft.named(bound)
        return {"start": member(end, Part.RANGE_START, BEGINS), "end": member(end, Part.RANGE_END, ENDS)}

    return GraphQLInputObjectType(name, members, description="All values between two bounds.")


def _bound(draft: Draft, name: str, of: Codec) -> GraphQLNamedType:
    def fields() -> Fields:
        return {
            "value": field(output_type(draft, of, not_null=True), Part.BOUND_VALUE, VALUE),
            "inclusive": field(required(GraphQLBoolean), Part.BOUND_INCLUSIVE, INCLUSIVE),
        }

    return GraphQLObjectType(name, fields, description="One end of a range.")


def _bound_input(draft: Draft, name: str, of: Codec) -> GraphQLNamedType:
    def members() -> Members:
        return {
            "value": member(required(input_type(draft, of)), Part.BOUND_VALUE, VALUE),
            "inclusive": member(required(GraphQLBoolean), Part.BOUND_INCLUSIVE, INCLUSIVE),
        }

    return GraphQLInputObjectType(name, members, description="One end of a range.")
