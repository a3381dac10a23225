"""Documents that nobody would write, made of a schema.

In: hypothesis's choices, a schema. Out: documents that are valid, and the same with something wrong in it.
Never: a document that is only noise: those the parser refuses, which has tests of its own.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
)
from hypothesis import strategies as st

from tests.surfaces.graphql.operations.hostile.values import CURSORS, IDS, SCALARS, TEXTS

DEPTH = 5
KNOWN = {**SCALARS, "ID": IDS, "Cursor": CURSORS}
ALIASES = st.sampled_from(["a", "__proto__", "x" * 80, "_", "select", "data", "constructor"])


@dataclass
class Writer:
    """One document in the making: what it draws from, the fragments and variables so far."""

    draw: Any
    schema: GraphQLSchema
    fragments: list[str] = field(default_factory=list[str])
    heads: list[str] = field(default_factory=list[str])
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    aliases: int = 0

    def one(self, options: Any) -> Any:
        return self.draw(st.sampled_from(list(options)))

    def sometimes(self, most: int = 5) -> bool:
        return self.draw(st.integers(0, most)) == most

    # ------------------------------------------------------------------ selections

    def selection(self, type_: Any, depth: int) -> str:
        """A selection of some of a type's fields."""
        names = self.draw(st.lists(st.sampled_from(sorted(type_.fields)), min_size=1, max_size=4))
        parts = [self.field(type_.fields[name], name, depth) for name in names]
        parts = [part for part in parts if part] or ["__typename"]
        if self.sometimes():
            parts.append("__typename")
        if self.sometimes():
            parts.append(f"... on {type_.name} {{ {self.one(parts)} }}")
        if self.sometimes(8):
            self.fragments.append(f"fragment F{len(self.fragments)} on {type_.name} {{ {self.one(parts)} }}")
            parts.append(f"...F{len(self.fragments) - 1}")
        return "{ " + " ".join(parts) + " }"

    def field(self, definition: GraphQLField, name: str, depth: int) -> str:
        """One field under an alias of its own, or nothing where it would go too deep."""
        below: Any = get_named_type(definition.type)  # pyright: ignore
        if depth <= 0 and not is_leaf_type(below):
            return ""
        self.aliases += 1
        text = f"{self.draw(ALIASES)}{self.aliases}: {name}{self.arguments(definition.args)}"
        if self.sometimes(9):
            text += f" @{self.one(['skip', 'include'])}(if: {self.value(GraphQLNonNull(GraphQLBoolean), 1)})"
        if is_leaf_type(below):
            return text
        if isinstance(below, GraphQLInterfaceType | GraphQLUnionType):
            concrete = self.one(self.schema.get_possible_types(below))
            return f"{text} {{ __typename ... on {concrete.name} {self.selection(concrete, depth - 2)} }}"
        return f"{text} {self.selection(below, depth - 1)}"

    # ------------------------------------------------------------------ values

    def arguments(self, arguments: dict[str, Any]) -> str:
        given = [
            f"{name}: {self.value(argument.type, 3)}"
            for name, argument in arguments.items()
            if isinstance(argument.type, GraphQLNonNull) or self.sometimes(2)
        ]
        return f"({', '.join(given)})" if given else ""

    def value(self, type_: Any, depth: int) -> str:
        """A value of a type, as a literal or by a variable."""
        found = self.plain(type_, depth)
        if not self.sometimes(3):
            return literal(found)
        name = f"v{len(self.heads)}"
        self.heads.append(f"${name}: {type_}")
        self.variables[name] = strip(found)
        return f"${name}"

    def plain(self, type_: Any, depth: int) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self.present(type_.of_type, depth)
        return None if self.sometimes() else self.present(type_, depth)

    def present(self, type_: Any, depth: int) -> Any:
        match type_:
            case GraphQLList():
                count = self.draw(st.integers(0, 2))
                return [self.plain(type_.of_type, depth) for _ in range(count)]
            case GraphQLEnumType():
                return Word(self.one(type_.values))
            case GraphQLInputObjectType():
                return {
                    name: self.plain(member.type, depth - 1)
                    for name, member in type_.fields.items()
                    if isinstance(member.type, GraphQLNonNull) or (depth > 0 and self.sometimes(4))
                }
            case _:
                return self.draw(KNOWN.get(type_.name, TEXTS))


@dataclass(frozen=True)
class Word:
    """An enum's value."""

    name: str


def strip(value: Any) -> Any:
    """A value as JSON."""
    match value:
        case Word(name):
            return name
        case dict():
            return {key: strip(each) for key, each in value.items()}
        case list():
            return [strip(each) for each in value]
        case _:
            return value


def literal(value: Any) -> str:
    """A value as it stands in a document."""
    match value:
        case Word(name):
            return name
        case dict():
            return "{" + ", ".join(f"{key}: {literal(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(literal, value)) + "]"
        case _:
            return json.dumps(value)


@st.composite
def operations(draw: Any, schema: GraphQLSchema, kind: str = "query") -> tuple[str, dict[str, Any]]:
    """A valid document of one operation, and variables for it."""
    writer = Writer(draw, schema)
    root = schema.query_type if kind == "query" else schema.mutation_type
    assert isinstance(root, GraphQLObjectType)
    selection = writer.selection(root, DEPTH)
    head = f"({', '.join(writer.heads)})" if writer.heads else ""
    return "\n".join([f"{kind} Q{head} {selection}", *writer.fragments]), writer.variables


PIECES = st.sampled_from(
    [
        *"(){}[]:!$@|&=.,#\"'\\",
        "...",
        "on",
        "null",
        "true",
        "-1",
        "1e400",
        '"""',
        "\x00",
        "é",
        "fragment",
        "query",
        "\n",
        "9" * 400,
    ]
)


@st.composite
def damaged(draw: Any, schema: GraphQLSchema) -> tuple[str, dict[str, Any]]:
    """A valid document with something else in its place somewhere."""
    text, variables = draw(operations(schema, draw(st.sampled_from(["query", "mutation"]))))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 6)))
        text = text[:start] + draw(PIECES) + text[end:]
    for name in variables:
        if draw(st.integers(0, 3)) == 0:
            variables[name] = draw(ANYTHING)
    return text, variables


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
