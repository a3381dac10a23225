"""How much an operation may be.

In: settings. Out: Limits, and an error that says the limit, what was sent and which setting it is. Never: a limit that
cannot be turned off, but those without which a short text keeps a server busy.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import GraphQLError, Node

SETTING = "graphql."
DEPTH, FIELDS, PAIRS, FRAGMENTS, VALUES = 100, 20_000, 20_000, 400, 50_000
"""What is too much for anybody: levels, fields, pairs of fields of one name (each is compared with each), fragments,
values in variables.
"""
SCHEMA_FIELDS = 500
"""Fields that ask for the schema: each may be answered for every type there is. Tools ask with half of that."""
UNBOUNDED = 10
"""Rows that a list without a bound counts as, where nothing else is said."""
MOST_ERRORS = 50
"""No more are told of one request."""


@dataclass(frozen=True, slots=True)
class Limits:
    """0 turns a limit off.

    `depth`: levels of fields. `cost`: fields, each as often as its pages can hold it; a list without a bound
    holds `unbounded` rows. `page`: `first` and `last`.
    `roots`: fields of the operation itself, aliases included. `length`: characters of a document. `tokens` of it.
    `request`: bytes of a request, its variables among them.
    `introspection`: whether a document may ask for the schema, and errors suggest names.
    """

    depth: int = 0
    cost: int = 0
    unbounded: int = UNBOUNDED
    page: int = 0
    roots: int = 0
    length: int = 0
    tokens: int = 10_000
    request: int = 0
    introspection: bool = True


def exceeded(
    what: str, found: int | str, limit: int, setting: str = "", nodes: Sequence[Node] | None = None
) -> GraphQLError:
    """`The operation is 12 levels deep; at most 10 are allowed (graphql.max_depth)`."""
    named = f" ({SETTING}{setting})" if setting else ""
    return GraphQLError(f"{what.format(found)}; at most {limit} are allowed{named}", nodes)
