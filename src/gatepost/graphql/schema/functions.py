"""Functions of the database: queries at the root, computed fields of rows, mutations.

In: a function's resource. Out: its field, with its arguments or its input and payload. Never: a function whose arguments or
result have no type in GraphQL; it is left out with a warning.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLOutputType,
    get_named_type,
    is_leaf_type,
    is_output_type,
)

from gatepost.graphql.meaning import FunctionField, FunctionMutation, Many, ParameterArgument, Part
from gatepost.graphql.registry.model import Codec, Parameter, Resource

from . import arguments, connections
from .draft import Draft, Fields, Use, deprecation, means
from .mutations import Members, mutation, payload
from .types import element, input_type, is_composite, nullable_output_type

Named = Iterator[tuple[str, GraphQLField]]
VARIANTS = {"input": Use.INPUT, "patch": Use.PATCH, "base": Use.BASE}


@dataclass(frozen=True, slots=True)
class Given:
    """A parameter as a client gives it."""

    name: str
    type: GraphQLInputType
    meaning: ParameterArgument


def declare(draft: Draft) -> None:
    """Let the connections of functions be there whose nodes are no table's rows."""
    for resource in draft.registry.resources.values():
        if resource.is_function and not resource.volatile and _has_own_connection(resource):
            name, edge = draft.names.function_connection_type(resource), draft.names.function_edge_type(resource)
            sure = is_composite(resource.codec) and not draft.options.setof_functions_contain_nulls
            connections.declare(draft, connections.Connection(name, edge, resource.codec, sure, resource))


def root_fields(draft: Draft) -> Named:
    """The queries."""
    for resource in draft.registry.resources.values():
        if resource.is_function and draft.registry.may(resource, "queryField"):
            yield from _fields(draft, resource, computed=False)


def computed_fields(draft: Draft, codec: Codec) -> Named:
    """What functions compute of a row."""
    for resource in codec.functions.values():
        if draft.registry.may(resource, "typeField"):
            yield from _fields(draft, resource, computed=True)


# ---------------------------------------------------------------- parameters


def _parameters(draft: Draft, resource: Resource, computed: bool = False) -> list[Given] | None:
    """What a client gives; the row that a computed field stands in is not among it. None where something has no type."""
    skipped = int(computed)
    found: list[Given] = []
    for index, parameter in list(enumerate(resource.parameters or ()))[skipped:]:
        given = _parameter(draft, resource, parameter, index, draft.names.argument(parameter, index - skipped))
        if given is None:
            draft.warn(f"nothing in GraphQL stands for an argument of {resource.id}; it is left out")
            return None
        found.append(given)
    return found


def _parameter(draft: Draft, resource: Resource, parameter: Parameter, index: int, name: str) -> Given | None:
    variant = parameter.variant or ("nodeId" if _by_node_id(draft, resource, parameter.codec) else "input")
    if variant == "nodeId":
        table = draft.node_table(parameter.codec)
        kind: GraphQLInputType | None = GraphQLID if table else None
    else:
        table = None
        kind = input_type(draft, parameter.codec, VARIANTS[variant]) if variant in VARIANTS else None
    if kind is None:
        return None
    needed = parameter.not_null and parameter.required
    return Given(name, GraphQLNonNull(kind) if needed else kind, ParameterArgument(index, table))


def _by_node_id(draft: Draft, resource: Resource, codec: Codec) -> bool:
    """Whether a row is told by its node id without anybody having asked for that."""
    preferred = draft.options.functions_prefer_node_id and not resource.volatile
    return preferred and is_composite(codec) and draft.node_table(codec) is not None


def _arguments(given: list[Given]) -> arguments.Arguments:
    return {one.name: GraphQLArgument(one.type, extensions=means(one.meaning)) for one in given}


# ---------------------------------------------------------------- queries and computed fields


def _fields(draft: Draft, resource: Resource, computed: bool) -> Named:
    kind = nullable_output_type(draft, resource.codec)
    given = None if kind is None else _parameters(draft, resource, computed)
    if kind is None or given is None:
        return
    if resource.returns_array and not resource.returns_set:
        yield from _array(draft, resource, computed, kind, given)
    elif resource.returns_set:
        yield from _connection(draft, resource, computed, given)
        yield from _list(draft, resource, computed, kind, given)
    else:
        yield from _single(draft, resource, computed, kind, given)


def _single(draft: Draft, resource: Resource, computed: bool, kind: GraphQLOutputType, given: list[Given]) -> Named:
    name = draft.names.computed(resource) if computed else draft.names.custom_query(resource)
    yield name, _field(resource, computed, None, _unless_sure(resource, kind), _arguments(given))


def _array(draft: Draft, resource: Resource, computed: bool, kind: GraphQLOutputType, given: list[Given]) -> Named:
    """An array of rows: all of them, as they come."""
    if draft.registry.may(resource, f"{_scope(computed)}:resource:array"):
        item = _unless_sure(resource, kind)
        yield from _single(draft, resource, computed, GraphQLList(item), given)


def _connection(draft: Draft, resource: Resource, computed: bool, given: list[Given]) -> Named:
    scope = f"{_scope(computed)}:resource:connection"
    kind = _connection_type(draft, resource)
    if kind is None or resource.returns_array or not draft.registry.may(resource, scope):
        return
    names = draft.names
    name = names.computed_connection(resource) if computed else names.custom_query_connection(resource)
    given_all = _arguments(given) | arguments.of_rows(draft, resource, Many.CONNECTION, scope)
    yield name, _field(resource, computed, Many.CONNECTION, GraphQLNonNull(kind) if computed else kind, given_all)


def _list(draft: Draft, resource: Resource, computed: bool, kind: GraphQLOutputType, given: list[Given]) -> Named:
    scope = f"{_scope(computed)}:resource:{'array' if resource.returns_array else 'list'}"
    if not draft.registry.may(resource, scope):
        return
    name = draft.names.computed_list(resource) if computed else draft.names.custom_query_list(resource)
    sure = resource.tags.get("notNull") or not draft.options.setof_functions_contain_nulls
    item = GraphQLList(GraphQLNonNull(kind) if sure else kind)
    given_all = _arguments(given) | arguments.of_rows(draft, resource, Many.LIST, scope)
    yield name, _field(resource, computed, Many.LIST, _unless_sure(resource, item), given_all)


def _scope(computed: bool) -> str:
    return "typeField" if computed else "queryField"


def _unless_sure(resource: Resource, kind: GraphQLOutputType) -> GraphQLOutputType:
    return GraphQLNonNull(kind) if resource.tags.get("notNull") else kind


def _has_own_connection(resource: Resource) -> bool:
    """Sets of plain values and of anonymous records are called by their function."""
    plain = resource.codec.anonymous or not is_composite(resource.codec)
    return resource.returns_set and not resource.returns_array and plain and element(resource.codec) is None


def _connection_type(draft: Draft, resource: Resource) -> GraphQLOutputType | None:
    if _has_own_connection(resource):
        kind = draft.named(draft.names.function_connection_type(resource))
    else:
        kind = draft.find(resource.codec, Use.CONNECTION)
    return kind if is_output_type(kind) else None


def _field(
    resource: Resource, computed: bool, many: Many | None, kind: GraphQLOutputType, given: arguments.Arguments
) -> GraphQLField:
    reason, meaning = deprecation(resource.tags), FunctionField(resource, computed, many)
    return GraphQLField(kind, given, None, None, resource.description, reason, means(meaning))


# ---------------------------------------------------------------- mutations


def mutation_fields(draft: Draft) -> Named:
    for resource in draft.registry.resources.values():
        if resource.is_function and draft.registry.may(resource, "mutationField"):
            yield from _mutation(draft, resource)


def _mutation(draft: Draft, resource: Resource) -> Named:
    given = _parameters(draft, resource)
    if given is None:
        return
    names = draft.names
    giving = payload(draft, names.function_payload_type(resource), resource, partial(_result, draft, resource))
    taking = (names.function_input_type(resource), lambda: _members(given))
    meaning, reason = FunctionMutation(resource), deprecation(resource.tags)
    field = giving and mutation(draft, taking, giving, meaning, resource.description, reason)
    if field:
        yield names.custom_mutation(resource), field


def _members(given: list[Given]) -> Members:
    return {one.name: GraphQLInputField(one.type, extensions=means(one.meaning)) for one in given}


def _result(draft: Draft, resource: Resource) -> Fields:
    """What the function gave, whole: a set is a list here."""
    kind = None if resource.returns_void else nullable_output_type(draft, resource.codec)
    if kind is None:
        return {}
    named = get_named_type(kind)
    name = draft.names.function_result_field(resource, named.name)
    if resource.returns_set or resource.returns_array:
        sure = not is_leaf_type(named) and not draft.options.setof_functions_contain_nulls
        kind = GraphQLList(GraphQLNonNull(kind) if sure else kind)
    field = GraphQLField(
        _unless_sure(resource, kind), description="What the function gave.", extensions=means(Part.PAYLOAD_RESULT)
    )
    return {name: field}
