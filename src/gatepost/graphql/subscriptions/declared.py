"""Declared subscriptions, as fields of the schema.

In: a schema that was built, what is declared. Out: the schema with those fields of Subscription and the types of their
payloads. Never: a declaration that the schema cannot keep: a type or table that is not there is refused by name.
"""

from collections.abc import Iterator, Sequence
from typing import Any, cast

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    is_input_type,
    is_output_type,
    parse_type,
    type_from_ast,  # pyright: ignore[reportUnknownVariableType]
)

from gatepost.catalog import Name
from gatepost.graphql.meaning import MEANING, AttributeField, EventRow, EventValue, NodeIdField, Rows, Subscribe
from gatepost.graphql.registry.model import Resource
from gatepost.problem import Problem

from .declaration import Declaration, Row, Value

RowTypes = dict[Name, tuple[GraphQLObjectType, Resource]]


def declare(schema: GraphQLSchema, declarations: Sequence[Declaration]) -> GraphQLSchema:
    """The schema with these subscriptions. A Problem where one names what the schema does not have."""
    if not declarations:
        return schema
    rows: RowTypes = {resource.id: (type_, resource) for type_, resource in _row_types(schema)}
    before = schema.subscription_type
    fields = {} if before is None else dict(before.fields)
    fields |= {each.field: _field(schema, rows, each) for each in declarations}
    description = "Where every subscription begins." if before is None else before.description
    subscription = GraphQLObjectType("Subscription", fields, description=description)
    given: dict[str, Any] = {**schema.to_kwargs()}
    given["types"] = tuple(type_ for type_ in given["types"] or () if type_.name != subscription.name)
    given.update(subscription=subscription, assume_valid=True)
    return GraphQLSchema(**given)


def _row_types(schema: GraphQLSchema) -> Iterator[tuple[GraphQLObjectType, Resource]]:
    """Types whose fields are the columns of a relation."""
    for type_ in schema.type_map.values():
        match type_.extensions.get(MEANING):
            case Rows(_, Resource() as resource) if isinstance(type_, GraphQLObjectType) and _shows_columns(type_):
                yield type_, resource
            case _:
                pass


def _shows_columns(type_: GraphQLObjectType) -> bool:
    meanings = [field.extensions.get(MEANING) for field in type_.fields.values()]
    return any(isinstance(each, AttributeField | NodeIdField) for each in meanings)


def _field(schema: GraphQLSchema, rows: RowTypes, declaration: Declaration) -> GraphQLField:
    if declaration.type in schema.type_map:
        raise _refused(declaration, f"calls its payload {declaration.type}, as another type is called")
    members = {each.name: _member(schema, rows, declaration, each) for each in declaration.members}
    payload = GraphQLObjectType(declaration.type, members, description="What an event tells.")
    arguments = {name: GraphQLArgument(_input(schema, declaration, kind)) for name, kind in declaration.arguments}
    means = {MEANING: Subscribe(declaration.field)}
    return GraphQLField(cast(Any, payload), arguments, description=declaration.description, extensions=means)


def _member(schema: GraphQLSchema, rows: RowTypes, declaration: Declaration, member: Value | Row) -> GraphQLField:
    if isinstance(member, Value):
        kind = _type(schema, declaration, member.type)
        if not is_output_type(kind):
            raise _refused(declaration, f"cannot tell a value of {member.type}")
        return GraphQLField(cast(GraphQLOutputType, kind), extensions={MEANING: EventValue(member.path)})
    if member.table not in rows:
        raise _refused(declaration, f"tells of rows of {_written(member.table)}, which the schema does not show")
    type_, resource = rows[member.table]
    unknown = next((column for column, _ in member.by if column not in resource.codec.attributes), None)
    if unknown is not None:
        raise _refused(declaration, f"looks for {unknown}, which is no column of {_written(member.table)}")
    columns = {column for column, _ in member.by}
    if not any(columns >= set(unique.attributes) for unique in resource.uniques):
        raise _refused(declaration, f"does not tell one row of {_written(member.table)} by {', '.join(columns)}")
    return GraphQLField(type_, extensions={MEANING: EventRow(resource, member.by)})


def _input(schema: GraphQLSchema, declaration: Declaration, text: str) -> Any:
    kind = _type(schema, declaration, text)
    if not is_input_type(kind):
        raise _refused(declaration, f"cannot take a value of {text}")
    return kind


def _type(schema: GraphQLSchema, declaration: Declaration, text: str) -> Any:
    found = cast(Any, type_from_ast)(schema, parse_type(text))
    if found is None:
        raise _refused(declaration, f"names {text}, and the schema has no such type")
    return found


def _written(name: Name) -> str:
    return f"{name.schema}.{name.name}"


def _refused(declaration: Declaration, why: str) -> Problem:
    return Problem("invalid_setting", 500, f"GraphQL subscriptions: {declaration.field} {why}")
