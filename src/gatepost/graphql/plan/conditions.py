"""What a client filters by.

In: the `condition` of a field, the rows it is about. Out: conditions. Never: an operator: conditions are equalities.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from graphql import GraphQLError, GraphQLInputObjectType, get_named_type

from gatepost.catalog import Name
from gatepost.query.tree import FALSE, TRUE, Both, Compare, Condition, Expression, Invoke, Literal, State, Truth

from ..meaning import MEANING, Argument, AttributeField, ComputedCondition, NodeIdCondition
from ..registry.model import Attribute, Codec, Kind, Relation, Resource
from ..values.identifiers import as_text, node_id
from ..values.leaves import known
from .context import Context, Source
from .selection import Field

BOOLEAN = Name("pg_catalog", "bool")


def conditions(context: Context, field: Field, source: Source) -> tuple[Condition, ...]:
    """Every condition of the field's `condition` argument over a source."""
    for name, argument in field.definition.args.items():
        if field.argument_meaning(name) is Argument.CONDITION:
            given: Mapping[str, Any] | None = field.arguments.get(name)
            type_ = cast(GraphQLInputObjectType, get_named_type(cast(Any, argument).type))
            return tuple(_condition(context, type_, key, value, source) for key, value in (given or {}).items())
    return ()


def _condition(context: Context, type_: GraphQLInputObjectType, key: str, value: Any, source: Source) -> Condition:
    match type_.fields[key].extensions[MEANING]:
        case AttributeField(attribute):
            return equal(context, source.column(attribute.name), attribute.codec, value)
        case ComputedCondition(resource):
            return equal(context, Invoke(resource.id, ((None, source.row()),)), resource.codec, value)
        case NodeIdCondition(relation, resource):
            return refers(context, source, key_of(relation, resource), resource, value)
        case other:
            raise TypeError(f"no condition: {other}")


def equal(context: Context, left: Expression, codec: Codec, value: Any) -> Condition:
    """Equality; null is equal to NULL. True and false are no parameters: PostgreSQL does not compare with them then."""
    if value is None:
        return State(left, "null")
    if codec.id == BOOLEAN and isinstance(value, bool):
        return Compare(left, "equal", Truth(TRUE if value else FALSE))
    given = context.input(codec, value)
    # A label is of the type that it is compared with: a cast to a type of the project's would not be for company.
    return Compare(left, "equal", Literal(given.value) if codec.kind is Kind.ENUM else given)


def key_of(relation: Relation | None, resource: Resource) -> Sequence[tuple[str, str]]:
    """(own column, column of the row that a node id names): of a relation, or of the row itself."""
    if relation is None:
        return [(name, name) for name in resource.primary_key]
    return relation.pairs


def refers(
    context: Context, source: Source, pairs: Sequence[tuple[str, str]], resource: Resource, value: Any
) -> Condition:
    """That a row has the key which a node id names; GraphQLError where it is of another type, or none at all."""
    if value is None:
        return State(source.column(pairs[0][0]), "null")
    parts = key(context, resource, value)
    if parts is None:
        raise GraphQLError(f"Invalid node identifier for '{context.known.type_name(resource)}'")
    tests = [Compare(source.column(own), "equal", parts[theirs]) for own, theirs in pairs]
    return Both(tuple(tests))


def key(context: Context, resource: Resource, value: Any) -> Mapping[str, Expression] | None:
    """The primary key that a node id names, by column; None where it names no row of the resource."""
    codec = context.options.node_id_codec
    found = node_id(known(value), codec)
    columns = resource.primary_key
    if found is None or found[0] != context.known.identifiers.get(resource) or len(found[1]) != len(columns):
        return None

    def part(place: int, attribute: Attribute) -> Expression:
        def encode(given: Any) -> str | None:
            again = node_id(given, codec)
            return as_text(again[1][place]) if again and again[1][place] is not None else None

        return context.literal(value, encode, attribute.codec.sql)

    return {name: part(place, resource.codec.attributes[name]) for place, name in enumerate(columns)}
