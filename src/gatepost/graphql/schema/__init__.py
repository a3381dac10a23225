"""The GraphQL schema of a database.

In: the registry, its names, the options. Out: a schema whose fields, arguments and inputs say what they stand for
(`extensions[MEANING]`, in the words of `meaning`). Never: a resolver, since the executor of graphql-core does not touch
rows; and never an error for a name that is there twice: the later one is left out, and said so in `warnings`.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from graphql import GraphQLSchema, is_introspection_type, is_specified_scalar_type, is_wrapping_type

from gatepost.graphql.naming import Inflection
from gatepost.graphql.options import Options
from gatepost.graphql.registry.model import Registry

from . import connections, functions, root, rows, scalars, types
from .draft import Draft, Kind

__all__ = ["WARNINGS", "build_schema"]

WARNINGS = "warnings"
"""Under what a schema's extensions tell what was left out, and why."""


def build_schema(registry: Registry, names: Inflection, options: Options) -> GraphQLSchema:
    """The whole schema. It is taken as valid: every name was looked at when its type was claimed."""
    draft = Draft(registry, names, options)
    _declare(draft)
    roots = draft.named("Query"), root.mutation(draft), root.subscription(draft)
    reachable = list(_reachable([*roots, *draft.node_types()]))
    schema = GraphQLSchema(*roots, reachable, extensions={WARNINGS: draft.warnings}, assume_valid=True)
    if options.minify:
        _minify(schema)
    return schema


def _declare(draft: Draft) -> None:
    """Names go to whoever claims them first: ours, those of types, of rows, of functions."""
    root.declare(draft)
    draft.declare("PageInfo", partial(connections.page_info, draft))
    if draft.has_nodes:
        draft.declare("Node", partial(rows.node_interface, draft))
    scalars.declare(draft)
    codecs = list(types.every_codec(draft.registry))
    for codec in codecs:
        types.declare(draft, codec)
    for codec in codecs:
        rows.declare(draft, codec)
    functions.declare(draft)


def _reachable(roots: Iterable[Kind | None]) -> Iterator[Kind]:
    """Every type that some field leads to. (The library would look for them by recursion, as deep as tables refer.)"""
    seen: set[str] = set()
    waiting = [kind for kind in roots if kind]
    while waiting:
        kind = waiting.pop()
        if kind.name not in seen:
            seen.add(kind.name)
            waiting += _next(kind)
            yield kind


def _next(kind: Kind) -> Iterator[Kind]:
    yield from getattr(kind, "interfaces", ())
    for member in getattr(kind, "fields", {}).values():
        for one in (member, *getattr(member, "args", {}).values()):
            inner = one.type
            while is_wrapping_type(inner):
                inner = inner.of_type
            yield inner


def _minify(schema: GraphQLSchema) -> None:
    """Leave out what only explains, and what should not be used any more."""
    for kind in schema.type_map.values():
        if not is_introspection_type(kind) and not is_specified_scalar_type(kind):
            kind.description = None
            _without_words(getattr(kind, "fields", {}))
            _without_words(getattr(kind, "values", {}))


def _without_words(members: dict[str, Any]) -> None:
    for name, member in list(members.items()):
        member.description = None
        _without_words(getattr(member, "args", {}))
        if member.deprecation_reason:
            del members[name]
