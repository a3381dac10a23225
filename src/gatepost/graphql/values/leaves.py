"""Values that a client may change without changing what is asked.

In: variables as graphql-core coerced them. Out: the same with a Leaf in each place whose value does not decide what the
statement looks like, and the shape of the rest: operations of one document and one shape share one plan.
Never: a value in a plan that other requests of the same shape will use.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
)

from .identifiers import cursor_shape, node_id_shape

Path = tuple[str | int, ...]
Values = Mapping[str, Any]


@dataclass(slots=True)
class Leaf:
    """A value by where it stands in the variables; `value` is the first request's, for its shape alone, and only until
    the plan is made.
    """

    path: Path
    value: Any


def opened(type_: Any, value: Any, path: Path) -> tuple[Any, Hashable]:
    """A coerced value of a GraphQL input type with Leaves in it, and its shape."""
    match type_:
        case GraphQLNonNull():
            return opened(cast(Any, type_).of_type, value, path)
        case _ if value is None:
            return None, None
        case GraphQLList():
            return _list(_inner(type_), value, path)
        case GraphQLInputObjectType():
            return _object(type_, value, path)
        case GraphQLEnumType():
            return value, value
        case _:
            return _scalar(type_, value, path)


def _inner(type_: Any) -> Any:
    """The type of a list's parts, which may be null here: what they may be was checked before."""
    inner = type_.of_type
    return cast(Any, inner).of_type if isinstance(inner, GraphQLNonNull) else inner


def _list(type_: Any, value: Sequence[Any], path: Path) -> tuple[Any, Hashable]:
    """A list of objects or enum values part by part; one of scalars as a whole."""
    if isinstance(type_, GraphQLScalarType):
        return Leaf(path, value), "list"
    parts = [opened(type_, each, (*path, place)) for place, each in enumerate(value)]
    return [part for part, _ in parts], tuple(shape for _, shape in parts)


def _object(type_: GraphQLInputObjectType, value: Mapping[str, Any], path: Path) -> tuple[Any, Hashable]:
    parts = {name: opened(type_.fields[name].type, each, (*path, name)) for name, each in value.items()}
    return {name: part for name, (part, _) in parts.items()}, tuple((name, s) for name, (_, s) in parts.items())


def _scalar(type_: GraphQLScalarType, value: Any, path: Path) -> tuple[Any, Hashable]:
    """Truths decide what is included; of numbers their sign matters to a page, of ids and cursors what they are of."""
    if isinstance(value, bool):
        return value, value
    shape: Hashable = type_.name
    if type_.name == "Int":
        shape = (value > 0) - (value < 0)
    elif type_.name == "ID":
        shape = node_id_shape(value)
    elif type_.name == "Cursor":
        shape = cursor_shape(value)
    return Leaf(path, value), shape


def is_open(value: Any) -> bool:
    """Whether a Leaf stands in it."""
    match value:
        case Leaf():
            return True
        case dict():
            return any(map(is_open, cast(dict[str, Any], value).values()))
        case list():
            return any(map(is_open, cast(list[Any], value)))
        case _:
            return False


def closed(value: Any, values: Values) -> Any:
    """The value with what this request's variables hold in its Leaves' places."""
    match value:
        case Leaf(path):
            found: Any = values
            for step in path:
                found = found[step]
            return found
        case dict():
            return {key: closed(each, values) for key, each in cast(dict[str, Any], value).items()}
        case list():
            return [closed(each, values) for each in cast(list[Any], value)]
        case _:
            return value


def known(value: Any) -> Any:
    """A value as the first request gave it: only for what its shape tells."""
    return value.value if isinstance(value, Leaf) else value


def forget(value: Any) -> None:
    """Leave nothing of the first request in what others will use."""
    match value:
        case Leaf():
            value.value = None
        case dict():
            for each in cast(dict[str, Any], value).values():
                forget(each)
        case list():
            for each in cast(list[Any], value):
                forget(each)
        case _:
            pass


def amount(type_: Any, value: Any) -> int:
    """How many values somebody sent as a GraphQL input type, lists and objects among them; one of a scalar is one,
    whatever it holds.
    """
    match type_:
        case GraphQLNonNull():
            return amount(cast(Any, type_).of_type, value)
        case GraphQLList() if isinstance(value, list):
            inner, parts = _inner(type_), cast(list[Any], value)
            leaves = isinstance(inner, GraphQLScalarType | GraphQLEnumType)
            return 1 + (len(parts) if leaves else sum(amount(inner, each) for each in parts))
        case GraphQLInputObjectType() if isinstance(value, dict):
            members, fields = cast(dict[str, Any], value).items(), type_.fields
            return 1 + sum(amount(fields[name].type if name in fields else None, each) for name, each in members)
        case _:
            return 1
