"""Functions as fields.

In: a field that stands for a function, at the root or of a row. Out: one expression. Never: an argument that was left
out: the function's own default applies.
"""

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLInputObjectType, is_leaf_type

from gatepost.query.tree import (
    Column,
    Compare,
    Condition,
    Expression,
    Invoke,
    Json,
    Literal,
    Not,
    Nothing,
    Output,
    Read,
    Select,
    State,
)

from ..meaning import MEANING, FunctionField, ParameterArgument
from ..registry.model import Codec, Kind, Resource
from .conditions import key
from .context import VALUE, Context, Direct, Source, whole_row
from .output import shown
from .selection import Field
from .sets import RowSet, rows


def function(context: Context, field: Field, means: FunctionField, source: Source | None = None) -> Expression:
    """What a function gives, as its field shows it; `source` is the row of a computed field."""
    resource = means.resource
    call = invoke(context, resource, from_arguments(context, field), source)
    if means.many is not None:
        return rows(context, field, row_set(context, resource, call), means.many)
    if resource.returns_array or resource.codec.kind is not Kind.COMPOSITE or is_leaf_type(field.type):
        return value(context, resource, call, field)
    return row(context, resource, call, field)


def row_set(context: Context, resource: Resource, call: Invoke) -> RowSet:
    """The rows, or values, of a function that gives a set."""
    if resource.codec.kind is Kind.COMPOSITE:
        sparse = context.options.setof_functions_contain_nulls
        return RowSet(call, resource.codec, name=resource.name, sparse=sparse)
    return RowSet(values(call), resource.codec, name=resource.name, scalar=True)


def values(call: Invoke) -> Read:
    """What a function gives, as the one column `VALUE`."""
    return Read(Nothing(), "", (Output(call, VALUE),))


def value(context: Context, resource: Resource, call: Invoke, field: Field) -> Expression:
    """A scalar, or an array."""
    alias = context.alias()
    result = Column(VALUE, alias)
    codec = result_codec(resource)
    found = shown(context, codec, result, field)
    if isinstance(found, Json) and found.value is result:
        return Json(call, found.form)
    return Select(Read(values(call), alias, (Output(found),)))


def row(context: Context, resource: Resource, call: Invoke, field: Field) -> Expression:
    """One row; where all of it is NULL there is none."""
    alias = context.alias()
    source = Direct(alias, resource.codec)
    there: Condition = Not(State(whole_row(alias, resource.codec), "null"))
    shown_row = context.row(context, source, field.below())
    return Select(Read(call, alias, (Output(shown_row),), where=(there,)))


def result_codec(resource: Resource) -> Codec:
    """The type of what a function gives, but for a set's being one."""
    if not resource.returns_array:
        return resource.codec
    return Codec(resource.codec.id, f"{resource.codec.sql}[]", Kind.ARRAY, resource.codec)


# ------------------------------------------------------------------ arguments

Given = Mapping[int, Any]
"""Values by the index of the parameter they are for; what is not there was left out."""


def from_arguments(context: Context, field: Field) -> dict[int, Any]:
    """The arguments of a field that are parameters."""
    return _given(context, {name: (field.argument_meaning(name), value) for name, value in field.arguments.items()})


def from_input(context: Context, type_: GraphQLInputObjectType, given: Mapping[str, Any]) -> dict[int, Any]:
    """The members of a mutation's input that are parameters."""
    return _given(context, {name: (type_.fields[name].extensions.get(MEANING), each) for name, each in given.items()})


def _given(context: Context, members: Mapping[str, tuple[Any, Any]]) -> dict[int, Any]:
    found: dict[int, Any] = {}
    for means, given in members.values():
        match means:
            case ParameterArgument(index, None):
                found[index] = given
            case ParameterArgument(index, Resource() as resource):
                found[index] = None if given is None else row_of(context, resource, given)
            case _:
                pass
    return found


def row_of(context: Context, resource: Resource, given: Any) -> Select | None:
    """The row that a node id names, as a value; None where it names none of that type."""
    parts = key(context, resource, given)
    if parts is None:
        return None
    alias = context.alias()
    where = tuple(Compare(Column(name, alias), "equal", part) for name, part in parts.items())
    return Select(Read(resource.id, alias, (Output(whole_row(alias, resource.codec)),), where=where))


def invoke(context: Context, resource: Resource, given: Given, source: Source | None = None) -> Invoke:
    """The call. Arguments go by position up to the last that has no name, and by name from the first that is left out
    after it, so that defaults apply.
    """
    parameters = resource.parameters or ()
    by_place = max((index for index in given if parameters[index].name is None), default=-1)
    arguments: list[tuple[str | None, Expression]] = []
    gap = False
    for index, parameter in enumerate(parameters):
        if index == 0 and source is not None:
            arguments.append((None, source.row()))
        elif index in given:
            found = given[index] if isinstance(given[index], Select) else context.input(parameter.codec, given[index])
            arguments.append((parameter.name if gap else None, found))
        elif index <= by_place or (parameter.required and not gap):
            arguments.append((None, Literal(None, parameter.codec.sql)))
        elif parameter.required:
            arguments.append((parameter.name, Literal(None, parameter.codec.sql)))
        else:
            gap = True
    return Invoke(resource.id, tuple(arguments))
