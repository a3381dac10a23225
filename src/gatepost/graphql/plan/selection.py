"""What an operation selects, field by field.

In: a validated document, its schema, variables with Leaves. Out: Fields: what each means, its arguments, what is
selected below it; fragments, conditions of types and directives are gone. Never: a field that a directive left out.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    SchemaMetaFieldDef,
    TypeMetaFieldDef,
    TypeNameMetaFieldDef,
    get_named_type,
)
from graphql.execution.collect_fields import collect_fields, collect_sub_fields
from graphql.execution.values import get_argument_values

from ..meaning import MEANING, Meaning, Part
from ..values.leaves import forget

TYPENAME = "__typename"
META = {TYPENAME: TypeNameMetaFieldDef, "__schema": SchemaMetaFieldDef, "__type": TypeMetaFieldDef}


@dataclass(frozen=True)
class Document:
    """One operation, with everything that is needed to read it; `sent` are its variables as they came."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: dict[str, FragmentDefinitionNode]
    variables: dict[str, Any]
    sent: dict[str, Any]

    def forget(self) -> None:
        """Leave nothing of the first request in what others will use."""
        self.sent.clear()
        forget(self.variables)

    def root(self, type_: GraphQLObjectType) -> "list[Field]":
        """The fields of the operation itself."""
        selection = self.operation.selection_set
        collected = collect_fields(self.schema, self.fragments, self.variables, type_, selection)
        return self.fields(type_, collected, ())

    def below(self, type_: GraphQLObjectType, nodes: "list[FieldNode]", path: tuple[str, ...]) -> "list[Field]":
        """What is selected below fields whose value is of that type."""
        return self.fields(type_, collect_sub_fields(self.schema, self.fragments, self.variables, type_, nodes), path)

    def fields(
        self, type_: GraphQLObjectType, collected: dict[str, list[FieldNode]], path: tuple[str, ...]
    ) -> "list[Field]":
        found: list[Field] = []
        for key, nodes in collected.items():
            name = nodes[0].name.value
            definition = META.get(name) or type_.fields.get(name)
            if definition is not None:
                found.append(Field(self, type_, key, name, definition, nodes, (*path, key)))
        return found


@dataclass(frozen=True)
class Field:
    """One key of an answer; `path` is the keys from the root to it, without lists."""

    document: Document
    parent: GraphQLObjectType
    key: str
    name: str
    definition: GraphQLField
    nodes: list[FieldNode]
    path: tuple[str, ...]
    _below: dict[str, "list[Field]"] = field(default_factory=dict[str, "list[Field]"])

    @property
    def meaning(self) -> Meaning | None:
        """What it stands for; None of `__typename` and of what the schema tells of itself."""
        return self.definition.extensions.get(MEANING)

    @property
    def type(self) -> GraphQLNamedType:
        """The type of its value, without lists and non-nulls."""
        return cast(GraphQLNamedType, get_named_type(cast(Any, self.definition).type))

    @cached_property
    def arguments(self) -> dict[str, Any]:
        """The arguments that were given, and defaults, by their names. GraphQLError where they cannot be read."""
        return get_argument_values(self.definition, self.nodes[0], self.document.variables)

    def argument_meaning(self, name: str) -> Any:
        """What an argument is for."""
        return self.definition.args[name].extensions.get(MEANING)

    def given(self, meaning: Any) -> Any:
        """The value of the argument of that meaning, or None."""
        for name, value in self.arguments.items():
            if self.argument_meaning(name) == meaning:
                return value
        return None

    def below(self, type_: GraphQLObjectType | None = None) -> "list[Field]":
        """What is selected of its value; `type_` is the value's where the field's own is an interface."""
        concrete = type_ or cast(GraphQLObjectType, self.type)
        if concrete.name not in self._below:
            self._below[concrete.name] = self.document.below(concrete, self.nodes, self.path)
        return self._below[concrete.name]

    def asks(self, *parts: Part) -> bool:
        """Whether any of these parts is selected below."""
        return any(each.meaning in parts for each in self.below())
