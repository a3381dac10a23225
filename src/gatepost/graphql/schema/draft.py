"""A schema in the making: which names are taken, what stands for which type of PostgreSQL, what was left out.

In: claims to names, and functions that make a type when it is first asked for. Out: types by name, or by codec and use.
Never: two types of one name; the later claim fails with a warning, and what depends on it is left out.
"""

import re
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any, TypeVar

from graphql import GraphQLField, GraphQLNamedType

from gatepost.graphql.meaning import MEANING, Argument, Meaning
from gatepost.graphql.naming import Inflection
from gatepost.graphql.options import Options
from gatepost.graphql.registry.model import Codec, Registry, Relation, Resource, Tags

NAME = re.compile(r"(?!__)[_A-Za-z][_0-9A-Za-z]*")

Member = TypeVar("Member")
Maker = Callable[[], GraphQLNamedType | None]
Fields = dict[str, GraphQLField]


class Use(Enum):
    """What a type is to a codec: of its values, and of what is said about rows of it."""

    OUTPUT = "output"
    INPUT = "input"
    PATCH = "patch"
    BASE = "base"
    CONDITION = "condition"
    ORDER = "order"
    CONNECTION = "connection"
    EDGE = "edge"


class Draft:
    """All that the modules of this room share while they make one schema."""

    def __init__(self, registry: Registry, names: Inflection, options: Options) -> None:
        self.registry = registry
        self.names = names
        self.options = options
        self.warnings: list[str] = list(registry.warnings)
        self.tables = {one.codec: one for one in registry.resources.values() if not one.is_function}
        self.arguments: dict[object, Any] = {}
        """Arguments that many fields share, by whatever tells them apart."""
        self._nodes: dict[Codec, Resource | None] = {}
        self._taken: set[str] = set()
        self._makers: dict[str, Maker] = {}
        self._made: dict[str, GraphQLNamedType | None] = {}
        self._making: set[str] = set()
        self._uses: dict[tuple[Codec, Use], str] = {}

    # ------------------------------------------------------------------ behaviour and options

    @property
    def has_nodes(self) -> bool:
        return "NodePlugin" not in self.options.skip_plugins

    def table(self, codec: Codec) -> Resource | None:
        """The relation whose rows are of this type."""
        return self.tables.get(codec)

    def node_table(self, codec: Codec) -> Resource | None:
        """The relation whose rows of this type have node ids; None where they have none."""
        if codec not in self._nodes:
            self._nodes[codec] = self._node_table(codec)
        return self._nodes[codec]

    def _node_table(self, codec: Codec) -> Resource | None:
        table, may = self.tables.get(codec), self.registry.may
        if table and self.has_nodes and table.primary_key and self.name_of(codec, Use.OUTPUT):
            return table if may(codec, "type:node") and may(table, "resource:select") else None
        return None

    def relations(self, codec: Codec) -> Iterable[Relation]:
        """The ways that lead from rows of this type."""
        table = self.tables.get(codec)
        return (table or codec).relations.values()

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    # ------------------------------------------------------------------ names and types

    def claim(self, name: str) -> bool:
        """Whether a type may have this name; then nothing else may."""
        if not NAME.fullmatch(name):
            self.warn(f"{name!r} cannot be the name of a type in GraphQL; what needed it is left out")
            return False
        if name in self._taken:
            self.warn(f"two types would be called {name!r}; the second is left out")
            return False
        self._taken.add(name)
        return True

    def declare(self, name: str, make: Maker, codec: Codec | None = None, use: Use | None = None) -> bool:
        """Have a type made when it is needed, perhaps as what stands for `codec` in a `use`; False if it may not be."""
        if not self.claim(name):
            return False
        self._makers[name] = make
        if codec and use:
            self._uses[codec, use] = name
        return True

    def stand_for(self, codec: Codec, name: str, *uses: Use) -> None:
        """Let the type of that name stand for `codec` too."""
        for use in uses:
            self._uses[codec, use] = name

    def name_of(self, codec: Codec, use: Use) -> str | None:
        return self._uses.get((codec, use))

    def is_declared(self, name: str) -> bool:
        return name in self._makers

    def named(self, name: str) -> GraphQLNamedType | None:
        """A type, made if need be; None where there is none, or where it would have no members."""
        if name not in self._made and name in self._makers:
            self._making.add(name)
            self._made[name] = self._makers[name]()
            self._making.discard(name)
        return self._made.get(name)

    def find(self, codec: Codec, use: Use) -> GraphQLNamedType | None:
        """What stands for `codec` in a use."""
        name = self._uses.get((codec, use))
        return self.named(name) if name else None

    def has(self, codec: Codec, use: Use) -> bool:
        """Whether something stands for `codec`, without a circle: a type that is being made is there."""
        name = self._uses.get((codec, use))
        return bool(name) and (name in self._making or self.named(name) is not None)

    def node_types(self) -> list[GraphQLNamedType]:
        """The types whose rows have node ids: `node` leads to all of them, though perhaps no other field does."""
        found = (self.find(table.codec, Use.OUTPUT) for table in self.tables.values() if self.node_table(table.codec))
        return [one for one in found if one]

    # ------------------------------------------------------------------ members

    def add(self, owner: str, members: dict[str, Member], name: str, member: Member) -> None:
        """Add a member, unless its name is taken or is none."""
        if name in members or not NAME.fullmatch(name):
            reason = "is there already" if name in members else "is no name in GraphQL"
            self.warn(f"{owner} cannot have another {name!r}, which {reason}; the later one is left out")
        else:
            members[name] = member

    def add_all(self, owner: str, members: dict[str, Member], more: Iterable[tuple[str, Member]]) -> dict[str, Member]:
        for name, member in more:
            self.add(owner, members, name, member)
        return members


def means(meaning: Meaning | Argument | Any) -> dict[str, Any]:
    """The extensions of a member that stands for something."""
    return {MEANING: meaning}


def deprecation(tags: Tags) -> str | None:
    """Why something tagged `@deprecated` should not be used any more."""
    given = tags.get("deprecated")
    if not given:
        return None
    return " " if given is True else given if isinstance(given, str) else "\n".join(str(line) for line in given)
