"""What everything in a GraphQL schema is called.

In: objects of the registry. Out: the names a GraphQL schema gives them, in one of PostGraphile's dialects. Never: a
decision about what is exposed, and never a look at the database.
"""

from gatepost.graphql.options import Options
from gatepost.graphql.registry.model import Registry

from .inflection import Inflection
from .relay import Relay
from .simplify import Simplify
from .v4 import V4, NodeIds

__all__ = ["Inflection", "inflection"]


def inflection(options: Options, registry: Registry) -> Inflection:
    """The names under these options: each dialect says only in what it differs from those below it."""
    return _dialect(options)(registry)


def _dialect(options: Options) -> type[Inflection]:
    v4 = options.preset == "v4"
    wanted: list[tuple[bool, type[Inflection]]] = [
        (options.relay, Relay),
        (options.simplify, Simplify),
        (v4 and not options.classic_ids, NodeIds),
        (v4, V4),
    ]
    return type("Dialect", (*(dialect for on, dialect in wanted if on), Inflection), {})
