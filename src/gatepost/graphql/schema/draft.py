"""A schema in the making: which names are taken, what stands for which type of PostgreSQL, what was left out.

In: claims to names, and functions that make a type when it is first asked for. Out: types by name, or by codec and use;
and what all members of types are made of. Never: two types of one name; the later claim fails with a warning, and what
depends on it is left out.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from typing import Any, TypeVar

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    Undefined,
)

from gatepost.graphql.meaning import MEANING
from gatepost.graphql.naming import Inflection
from gatepost.graphql.options import Options
from gatepost.graphql.registry.model import Codec, Registry, Relation, Resource, Tags

NAME = re.compile(r"(?!__)[_A-Za-z][_0-9A-Za-z]*")

Kind = Any
"""A type of graphql-core, whose own unions of types name generic classes without their arguments."""
Maker = Callable[[], GraphQLNamedType | None]
Fields = dict[str, GraphQLField]
Members = dict[str, GraphQLInputField]
Arguments = dict[str, GraphQLArgument]
Member = TypeVar("Member")


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
        self.may = registry.may
        self.warnings: list[str] = list(registry.warnings)
        self.tables = {one.codec: one for one in registry.resources.values() if not one.is_function}
        self.functions = [one for one in registry.resources.values() if one.is_function]
        self._of_rows: dict[Codec, list[Resource]] = {}
        for one in self.functions:
            if one.parameters:
                self._of_rows.setdefault(one.parameters[0].codec, []).append(one)
        self.arguments: dict[object, GraphQLArgument] = {}
        """Arguments that many fields share, by whatever tells them apart."""
        self._nodes: dict[Codec, Resource | None] = {}
        self._taken: set[str] = set()
        self._makers: dict[str, Maker] = {}
        self._made: dict[str, GraphQLNamedType | None] = {}
        self._making: set[str] = set()
        self._uses: dict[tuple[Codec, Use], str] = {}

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    # ------------------------------------------------------------------ what is there

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
        table = self.tables.get(codec)
        if table and self.has_nodes and table.primary_key and self.name_of(codec, Use.OUTPUT):
            return table if self.may(codec, "type:node") and self.may(table, "resource:select") else None
        return None

    def node_types(self) -> list[GraphQLNamedType]:
        """The types whose rows have node ids: `node` leads to all of them, though perhaps no other field does."""
        found = (self.find(table.codec, Use.OUTPUT) for table in self.tables.values() if self.node_table(table.codec))
        return [one for one in found if one]

    def relations(self, codec: Codec) -> Iterable[Relation]:
        """The ways that lead from rows of this type."""
        table = self.tables.get(codec)
        return (table or codec).relations.values()

    def functions_of(self, codec: Codec) -> Iterable[Resource]:
        """The functions that take such a value before all others."""
        return self._of_rows.get(codec, ())

    # ------------------------------------------------------------------ names and types

    def claim(self, name: str) -> bool:
        """Whether a type may have this name; then nothing else may."""
        if not is_name(name):
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

    def named(self, name: str) -> Kind | None:
        """A type, made if need be; None where there is none, or where it would have no members."""
        if name not in self._made and name in self._makers:
            self._making.add(name)
            self._made[name] = self._makers[name]()
            self._making.discard(name)
        return self._made.get(name)

    def find(self, codec: Codec, use: Use) -> Kind | None:
        """What stands for `codec` in a use."""
        name = self._uses.get((codec, use))
        return self.named(name) if name else None

    def has(self, codec: Codec, use: Use) -> bool:
        """Whether something stands for `codec`, without a circle: a type that is being made is there."""
        name = self._uses.get((codec, use))
        return name is not None and (name in self._making or self.named(name) is not None)

    # ------------------------------------------------------------------ members

    def add(self, owner: str, members: dict[str, Member], more: Iterable[tuple[str, Member]]) -> dict[str, Member]:
        """Add members, but those whose name is taken or is none."""
        for name, member in more:
            if name in members:
                self.warn(f"{owner} has more than one {name!r}; the first stays")
            elif not is_name(name):
                self.warn(f"{owner} cannot have {name!r}, which is no name in GraphQL")
            else:
                members[name] = member
        return members


def is_name(text: str) -> bool:
    return NAME.fullmatch(text) is not None


# ---------------------------------------------------------------- what types are made of


def required(kind: Kind, sure: bool = True) -> Kind:
    """Never null, if that is `sure`."""
    return GraphQLNonNull(kind) if sure else kind


def several(kind: Kind, sure: bool = False) -> Kind:
    """A list; `sure` says that nothing in it is null."""
    return GraphQLList(required(kind, sure))


def field(
    kind: Kind,
    meaning: object,
    description: str | None = None,
    arguments: Arguments | None = None,
    deprecated: str | None = None,
) -> GraphQLField:
    return GraphQLField(kind, arguments, None, None, description, deprecated, means(meaning))


def member(kind: Kind, meaning: object, description: str | None = None) -> GraphQLInputField:
    return GraphQLInputField(kind, description=description, extensions=means(meaning))


def argument(
    kind: Kind, meaning: object, description: str | None = None, default: object = Undefined
) -> GraphQLArgument:
    return GraphQLArgument(kind, default, description, extensions=means(meaning))


def means(meaning: object) -> dict[str, Any]:
    """The extensions of what stands for something, in the words of `meaning`."""
    return {MEANING: meaning}


def deprecation(tags: Mapping[str, Any] | Tags) -> str | None:
    """Why something tagged `@deprecated` should not be used any more."""
    given = tags.get("deprecated")
    if not given:
        return None
    return " " if given is True else given if isinstance(given, str) else "\n".join(str(line) for line in given)
