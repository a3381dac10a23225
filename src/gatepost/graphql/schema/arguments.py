"""The arguments of fields that give several rows: the page, the order, the condition.

In: what the rows are, and how they are shown. Out: arguments, the same objects wherever they mean the same; the enum of the
orders of a type. Never: arguments of functions (`functions`).
"""

from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    Undefined,
    is_input_type,
)

from gatepost.graphql.meaning import Argument, Many, Ordering, OrderTerm
from gatepost.graphql.registry.model import Attribute, Codec, Resource

from .draft import Draft, Use, means
from .inputs import computed_scalars

Arguments = dict[str, GraphQLArgument]
Values = dict[str, GraphQLEnumValue]

FIRST = GraphQLArgument(GraphQLInt, description="At most so many, from the start.", extensions=means(Argument.FIRST))
LAST = GraphQLArgument(GraphQLInt, description="At most so many, from the end.", extensions=means(Argument.LAST))
OFFSET = GraphQLArgument(GraphQLInt, description="Skip so many.", extensions=means(Argument.OFFSET))


def of_rows(draft: Draft, resource: Resource, many: Many, scope: str) -> Arguments:
    """The arguments of a field that gives rows of a resource; `scope` is the field's place among behaviours."""
    return _page(draft, resource, many) | _order(draft, resource, many) | _condition(draft, resource, scope)


# ---------------------------------------------------------------- pages


def _page(draft: Draft, resource: Resource, many: Many) -> Arguments:
    if many is Many.LIST:
        return {"first": FIRST, "offset": OFFSET}
    backwards = draft.registry.may(resource, "resource:connection:backwards")
    after = _cursor(draft, Argument.AFTER, "Only what comes after this place.")
    if not backwards:
        return {"first": FIRST, "offset": OFFSET, "after": after}
    before = _cursor(draft, Argument.BEFORE, "Only what comes before this place.")
    return {"first": FIRST, "last": LAST, "offset": OFFSET, "before": before, "after": after}


def _cursor(draft: Draft, argument: Argument, description: str) -> GraphQLArgument:
    return _shared(draft, argument, draft.named("Cursor"), argument, description)


def _shared(
    draft: Draft, key: object, kind: object, argument: Argument, description: str, default: Any = Undefined
) -> GraphQLArgument:
    """One argument for all fields that have the same."""
    if key not in draft.arguments:
        assert is_input_type(kind)
        draft.arguments[key] = GraphQLArgument(kind, default, description, extensions=means(argument))
    return draft.arguments[key]


# ---------------------------------------------------------------- conditions


def _condition(draft: Draft, resource: Resource, scope: str) -> Arguments:
    if not draft.registry.may(resource, f"{scope}:filter"):
        return {}
    kind = draft.find(resource.codec, Use.CONDITION)
    if kind is None:
        return {}
    description = "Only rows that are so."
    return {"condition": _shared(draft, kind, kind, Argument.CONDITION, description)}


# ---------------------------------------------------------------- orders


def declare_order(draft: Draft, codec: Codec, type_name: str) -> None:
    """Let the orders of rows of `type_name` be there when needed."""
    if draft.registry.may(codec, "order"):
        name = draft.names.order_by_type(type_name)
        draft.declare(name, lambda: _orders(draft, codec, name, type_name), codec, Use.ORDER)


def payload_order(draft: Draft, codec: Codec) -> Arguments:
    """The order that an edge's cursor is of."""
    kind = draft.find(codec, Use.ORDER)
    assert is_input_type(kind)
    wrapped = GraphQLNonNull(GraphQLList(GraphQLNonNull(kind)))
    return {"orderBy": _order_argument(draft, ("payload", codec), wrapped, kind, True)}


def _order(draft: Draft, resource: Resource, many: Many) -> Arguments:
    kind = draft.find(resource.codec, Use.ORDER)
    if kind is None or not draft.registry.may(resource, "order"):
        return {}
    assert is_input_type(kind)
    with_default = many is Many.CONNECTION and not resource.is_function
    wrapped = GraphQLList(GraphQLNonNull(kind))
    return {"orderBy": _order_argument(draft, (with_default, resource.codec), wrapped, kind, with_default)}


def _order_argument(
    draft: Draft, key: object, wrapped: GraphQLInputType, kind: GraphQLNamedType, with_default: bool
) -> GraphQLArgument:
    assert isinstance(kind, GraphQLEnumType)
    default = [_default(kind)] if with_default else Undefined
    return _shared(draft, key, wrapped, Argument.ORDER_BY, "By what the rows are ordered.", default)


def _default(kind: GraphQLEnumType) -> Ordering:
    """By the primary key, or as the rows come."""
    value = kind.values.get("PRIMARY_KEY_ASC") or next(iter(kind.values.values()))
    return value.value


def _orders(draft: Draft, codec: Codec, name: str, type_name: str) -> GraphQLNamedType:
    values: Values = {"NATURAL": GraphQLEnumValue(Ordering())}
    draft.add_all(name, values, _by_columns(draft, codec))
    draft.add_all(name, values, _by_functions(draft, codec))
    draft.add_all(name, values, _by_primary_key(draft, codec))
    return GraphQLEnumType(name, values, description=f"The orders that `{type_name}` can be in.")


def _by_columns(draft: Draft, codec: Codec) -> Iterator[tuple[str, GraphQLEnumValue]]:
    table = draft.table(codec)
    unique = {one.attributes[0] for one in table.uniques if len(one.attributes) == 1} if table else set[str]()
    for attribute in codec.base.attributes.values():
        if draft.registry.may(attribute, "attribute:orderBy"):
            for descending in (False, True):
                ordering = Ordering((OrderTerm(attribute, descending),), attribute.name in unique)
                yield draft.names.order_by_attribute_enum(attribute, descending), GraphQLEnumValue(ordering)


def _by_functions(draft: Draft, codec: Codec) -> Iterator[tuple[str, GraphQLEnumValue]]:
    for resource in computed_scalars(draft, codec, "proc:orderBy"):
        for descending in (False, True):
            ordering = Ordering((OrderTerm(resource, descending),))
            yield draft.names.order_by_computed_enum(resource, descending), GraphQLEnumValue(ordering)


def _by_primary_key(draft: Draft, codec: Codec) -> Iterator[tuple[str, GraphQLEnumValue]]:
    table = draft.table(codec)
    key: list[Attribute] = [codec.base.attributes[name] for name in table.primary_key] if table else []
    for descending in (False, True) if key else ():
        ordering = Ordering(tuple(OrderTerm(attribute, descending) for attribute in key), unique=True)
        yield f"PRIMARY_KEY_{'DESC' if descending else 'ASC'}", GraphQLEnumValue(ordering)
