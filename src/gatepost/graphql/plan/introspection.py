"""What a schema tells of itself.

In: a field `__schema` or `__type`. Out: its value as JSON. Never: the database: graphql-core knows the answer.
"""

import msgspec
from graphql import (
    DocumentNode,
    GraphQLError,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,  # pyright: ignore[reportUnknownVariableType]
)

from .selection import Field

INTROSPECTION = ("__schema", "__type")


def introspect(field: Field) -> bytes:
    """The field alone, executed; GraphQLError where its arguments cannot be read."""
    document, operation = field.document, field.document.operation
    alone = OperationDefinitionNode(
        operation=operation.operation,
        name=None,
        variable_definitions=operation.variable_definitions,
        directives=(),
        selection_set=SelectionSetNode(selections=tuple(field.nodes)),
    )
    asked = DocumentNode(definitions=(alone, *document.fragments.values()))
    result = execute_sync(document.schema, asked, variable_values=document.sent)
    if result.errors:
        raise GraphQLError(result.errors[0].message, field.nodes)
    return msgspec.json.encode((result.data or {}).get(field.key))
