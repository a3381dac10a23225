"""Functions of the database: queries at the root, computed fields of rows, mutations.

In: the functions of a draft. Out: their fields, with arguments or an input and a payload. Never: a function whose
arguments or result have no type in GraphQL; it is left out with a warning.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from graphql import GraphQLField, GraphQLID, is_leaf_type

from gatepost.graphql.meaning import FunctionField, FunctionMutation, Many, ParameterArgument, Part
from gatepost.graphql.registry.model import Codec, Parameter, Resource

from . import arguments, connections
from .draft import Arguments, Draft, Fields, Kind, Use, argument, deprecation, field, member, required, several
from .mutations import mutation, payload
from .types import element, innermost, input_type, is_composite, nullable_type

Named = Iterator[tuple[str, GraphQLField]]
VARIANTS = {"input": Use.INPUT, "patch": Use.PATCH, "base": Use.BASE}


@dataclass(frozen=True, slots=True)
class Given:
    """A parameter as a client gives it."""

    name: str
    kind: Kind
    meaning: ParameterArgument


@dataclass(frozen=True, slots=True)
class Call:
    """A function as a field: what it gives (each, where it gives several), and what a client gives it.

    `computed`: of the row that the field stands in.
    """

    function: Resource
    computed: bool
    kind: Kind
    given: tuple[Given, ...]

    @property
    def arguments(self) -> Arguments:
        return {one.name: argument(one.kind, one.meaning) for one in self.given}

    @property
    def sure(self) -> bool:
        """Whether somebody has said that it never gives null."""
        return bool(self.function.tags.get("notNull"))

    def scope(self, shown: str) -> str:
        """The place of its field among behaviours."""
        return f"{'typeField' if self.computed else 'queryField'}:resource:{shown}"


def declare(draft: Draft) -> None:
    """Let the connections of functions be there whose nodes are no table's rows."""
    for function in draft.functions:
        if not function.volatile and _has_own_connection(function):
            name, edge = draft.names.function_connection_type(function), draft.names.function_edge_type(function)
            sure = is_composite(function.codec) and not draft.options.setof_functions_contain_nulls
            connections.declare(draft, connections.Connection(name, edge, function.codec, sure, function))


def root_fields(draft: Draft) -> Named:
    """The queries."""
    for function in draft.functions:
        if draft.may(function, "queryField"):
            yield from _fields(draft, function, computed=False)


def computed_fields(draft: Draft, codec: Codec) -> Named:
    """What functions compute of a row."""
    for function in draft.functions_of(codec):
        if draft.may(function, "typeField"):
            yield from _fields(draft, function, computed=True)


# ---------------------------------------------------------------- parameters


def _parameters(draft: Draft, function: Resource, computed: bool = False) -> tuple[Given, ...] | None:
    """What a client gives: not the row that a computed field stands in. None where something has no type."""
    skipped = int(computed)
    found: list[Given] = []
    for index, parameter in list(enumerate(function.parameters or ()))[skipped:]:
        name = draft.names.argument(parameter, index - skipped)
        given = _parameter(draft, function, parameter, index, name)
        if given is None:
            draft.warn(f"nothing in GraphQL stands for the argument {name!r} of {function.id}; it is left out")
            return None
        found.append(given)
    return tuple(found)


def _parameter(draft: Draft, function: Resource, parameter: Parameter, index: int, name: str) -> Given | None:
    variant = parameter.variant or ("nodeId" if _by_node_id(draft, function, parameter.codec) else "input")
    table = draft.node_table(parameter.codec) if variant == "nodeId" else None
    use = VARIANTS.get(variant)
    kind = GraphQLID if table else use and input_type(draft, parameter.codec, use)
    if kind is None:
        return None
    needed = parameter.not_null and parameter.required
    return Given(name, required(kind, needed), ParameterArgument(index, table))


def _by_node_id(draft: Draft, function: Resource, codec: Codec) -> bool:
    """Whether a row is told by its node id without anybody having asked for that: then only one that has an id."""
    preferred = draft.options.functions_prefer_node_id and not function.volatile
    return preferred and is_composite(codec) and draft.may(codec, "type:node")


# ---------------------------------------------------------------- queries and computed fields


def _fields(draft: Draft, function: Resource, computed: bool) -> Named:
    kind = nullable_type(draft, function.codec)
    given = _parameters(draft, function, computed) if kind else None
    if kind is None or given is None:
        return
    call = Call(function, computed, kind, given)
    if function.returns_set:
        yield from _connection(draft, call)
        yield from _list(draft, call)
    elif not function.returns_array:
        yield from _single(draft, call, required(kind, call.sure))
    elif draft.may(function, call.scope("array")):
        yield from _single(draft, call, required(several(kind, call.sure), call.sure))


def _single(draft: Draft, call: Call, kind: Kind) -> Named:
    """One value, or an array as it comes."""
    names, function = draft.names, call.function
    name = names.computed(function) if call.computed else names.custom_query(function)
    yield name, _field(call, kind, call.arguments)


def _connection(draft: Draft, call: Call) -> Named:
    names, function, scope = draft.names, call.function, call.scope("connection")
    kind = _connection_type(draft, function) if draft.may(function, scope) else None
    if kind and not function.returns_array:
        name = names.computed_connection(function) if call.computed else names.custom_query_connection(function)
        given = call.arguments | arguments.of_rows(draft, function, Many.CONNECTION, scope)
        yield name, _field(call, required(kind, call.computed), given, Many.CONNECTION)


def _list(draft: Draft, call: Call) -> Named:
    names, function = draft.names, call.function
    scope = call.scope("array" if function.returns_array else "list")
    if draft.may(function, scope):
        name = names.computed_list(function) if call.computed else names.custom_query_list(function)
        given = call.arguments | arguments.of_rows(draft, function, Many.LIST, scope)
        kind = several(call.kind, call.sure or not draft.options.setof_functions_contain_nulls)
        yield name, _field(call, required(kind, call.sure), given, Many.LIST)


def _has_own_connection(function: Resource) -> bool:
    """Sets of plain values and of anonymous records are called by their function."""
    plain = function.codec.anonymous or not is_composite(function.codec)
    return function.returns_set and not function.returns_array and plain and element(function.codec) is None


def _connection_type(draft: Draft, function: Resource) -> Kind | None:
    if _has_own_connection(function):
        return draft.named(draft.names.function_connection_type(function))
    return draft.find(function.codec, Use.CONNECTION)


def _field(call: Call, kind: Kind, given: Arguments, many: Many | None = None) -> GraphQLField:
    function = call.function
    meaning = FunctionField(function, call.computed, many)
    return field(kind, meaning, function.description, given, deprecation(function.tags))


# ---------------------------------------------------------------- mutations


def mutation_fields(draft: Draft) -> Named:
    for function in draft.functions:
        if draft.may(function, "mutationField"):
            yield from _mutation(draft, function)


def _mutation(draft: Draft, function: Resource) -> Named:
    given = _parameters(draft, function)
    if given is None:
        return
    names = draft.names
    giving = payload(draft, names.function_payload_type(function), function, partial(_result, draft, function))
    taking = (names.function_input_type(function), lambda: {one.name: member(one.kind, one.meaning) for one in given})
    meaning, reason = FunctionMutation(function), deprecation(function.tags)
    called = giving and mutation(draft, taking, giving, meaning, function.description, reason)
    if called:
        yield names.custom_mutation(function), called


def _result(draft: Draft, function: Resource) -> Fields:
    """What the function gave, whole: a set is a list here."""
    kind = None if function.returns_void else nullable_type(draft, function.codec)
    if kind is None:
        return {}
    each = draft.find(innermost(function.codec), Use.OUTPUT)
    name = draft.names.function_result_field(function, str(each))
    if function.returns_set or function.returns_array:
        kind = several(kind, not is_leaf_type(each) and not draft.options.setof_functions_contain_nulls)
    sure = bool(function.tags.get("notNull"))
    return {name: field(required(kind, sure), Part.PAYLOAD_RESULT, "What the function gave.")}
