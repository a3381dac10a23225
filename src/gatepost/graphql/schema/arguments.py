"""The arguments of fields that give several rows: the page, the condition, the order.

In: what the rows are, and how they are shown. Out: arguments, the same objects wherever they mean the same; the enum of
the orders of a type. Never: arguments of functions (`functions`).
"""

from collections.abc import Iterator

from graphql import GraphQLArgument, GraphQLEnumType, GraphQLEnumValue, GraphQLInt, GraphQLNamedType, Undefined

from gatepost.graphql.meaning import Argument, Many, Ordering, OrderTerm
from gatepost.graphql.registry.model import Attribute, Codec, Resource

from .draft import Arguments, Draft, Kind, Use, argument, required, several
from .inputs import computed_scalars

Value = tuple[str, GraphQLEnumValue]

FIRST = argument(GraphQLInt, Argument.FIRST, "At most so many, from the start.")
LAST = argument(GraphQLInt, Argument.LAST, "At most so many, from the end.")
OFFSET = argument(GraphQLInt, Argument.OFFSET, "Skip so many.")


def of_rows(draft: Draft, resource: Resource, many: Many, scope: str) -> Arguments:
    """The arguments of a field that gives rows of a resource; `scope` is the field's place among behaviours."""
    return _page(draft, resource, many) | _condition(draft, resource, scope) | _order(draft, resource, many)


def _shared(
    draft: Draft, key: object, kind: Kind, meaning: Argument, description: str, default: object = Undefined
) -> GraphQLArgument:
    """One argument for all fields that have the same."""
    if key not in draft.arguments:
        draft.arguments[key] = argument(kind, meaning, description, default)
    return draft.arguments[key]


# ---------------------------------------------------------------- pages


def _page(draft: Draft, resource: Resource, many: Many) -> Arguments:
    if many is Many.LIST:
        return {"first": FIRST, "offset": OFFSET}
    after = _cursor(draft, Argument.AFTER, "Only what comes after this place.")
    if not draft.may(resource, "resource:connection:backwards"):
        return {"first": FIRST, "offset": OFFSET, "after": after}
    before = _cursor(draft, Argument.BEFORE, "Only what comes before this place.")
    return {"first": FIRST, "last": LAST, "offset": OFFSET, "before": before, "after": after}


def _cursor(draft: Draft, meaning: Argument, description: str) -> GraphQLArgument:
    return _shared(draft, meaning, draft.named("Cursor"), meaning, description)


# ---------------------------------------------------------------- conditions


def _condition(draft: Draft, resource: Resource, scope: str) -> Arguments:
    kind = draft.find(resource.codec, Use.CONDITION) if draft.may(resource, f"{scope}:filter") else None
    if kind is None:
        return {}
    return {"condition": _shared(draft, kind, kind, Argument.CONDITION, "Only rows that are so.")}


# ---------------------------------------------------------------- orders


def declare_order(draft: Draft, codec: Codec, type_name: str) -> None:
    """Let the orders of rows of `type_name` be there when needed."""
    if draft.may(codec, "order"):
        name = draft.names.order_by_type(type_name)
        draft.declare(name, lambda: _orders(draft, codec, name, type_name), codec, Use.ORDER)


def _order(draft: Draft, resource: Resource, many: Many) -> Arguments:
    kind = draft.find(resource.codec, Use.ORDER) if draft.may(resource, "order") else None
    if kind is None:
        return {}
    usual = many is Many.CONNECTION and not resource.is_function
    return {"orderBy": _order_argument(draft, several(kind, sure=True), kind, (kind, usual), usual)}


def payload_order(draft: Draft, codec: Codec) -> Arguments:
    """The order that an edge's cursor is of."""
    kind = draft.find(codec, Use.ORDER)
    return {"orderBy": _order_argument(draft, required(several(kind, sure=True)), kind, (kind, "edge"), True)}


def _order_argument(draft: Draft, kind: Kind, orders: Kind, key: object, usual: bool) -> GraphQLArgument:
    """`usual`: where none is given, it is by the primary key, or as the rows come."""
    by_key = orders.values.get("PRIMARY_KEY_ASC") or next(iter(orders.values.values()))
    default = [by_key.value] if usual else Undefined
    return _shared(draft, key, kind, Argument.ORDER_BY, "By what the rows are ordered.", default)


def _orders(draft: Draft, codec: Codec, name: str, type_name: str) -> GraphQLNamedType:
    values = {"NATURAL": GraphQLEnumValue(Ordering())}
    draft.add(name, values, _by_functions(draft, codec))
    draft.add(name, values, _by_primary_key(draft, codec))
    draft.add(name, values, _by_columns(draft, codec))
    return GraphQLEnumType(name, values, description=f"The orders that `{type_name}` can be in.")


def _by_functions(draft: Draft, codec: Codec) -> Iterator[Value]:
    for resource in computed_scalars(draft, codec, "proc:orderBy"):
        for descending in (False, True):
            ordering = Ordering((OrderTerm(resource, descending),))
            yield draft.names.order_by_computed_enum(resource, descending), GraphQLEnumValue(ordering)


def _by_primary_key(draft: Draft, codec: Codec) -> Iterator[Value]:
    table = draft.table(codec)
    key: list[Attribute] = [codec.attributes[name] for name in table.primary_key] if table else []
    for descending in (False, True) if key else ():
        ordering = Ordering(tuple(OrderTerm(attribute, descending) for attribute in key))
        yield f"PRIMARY_KEY_{'DESC' if descending else 'ASC'}", GraphQLEnumValue(ordering)


def _by_columns(draft: Draft, codec: Codec) -> Iterator[Value]:
    for attribute in codec.base.attributes.values():
        if draft.may(attribute, "attribute:orderBy"):
            for descending in (False, True):
                ordering = Ordering((OrderTerm(attribute, descending),))
                yield draft.names.order_by_attribute_enum(attribute, descending), GraphQLEnumValue(ordering)
