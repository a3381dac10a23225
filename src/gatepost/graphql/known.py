"""Facts of a database → everything that plans are made with.

In: an Anatomy, the Catalog, Options, tags. Out: one Known, replaced as a whole when the database changes.
Never: a question to the database.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLObjectType, GraphQLSchema

from gatepost.catalog import Catalog
from gatepost.catalog.anatomy import Anatomy

from .meaning import MEANING, AttributeField, NodeIdField, Rows
from .naming import inflection
from .options import Options
from .plan import Known
from .registry import NO_ROWS, build
from .registry import Rows as EnumRows
from .registry.model import Attribute, Resource
from .schema import build_schema
from .subscriptions.declaration import Declaration
from .subscriptions.declared import declare


def know(
    anatomy: Anatomy,
    catalog: Catalog,
    options: Options,
    tags_file: Mapping[str, Any] | None = None,
    declared: Sequence[Declaration] = (),
    rows: EnumRows = NO_ROWS,
) -> Known:
    """The schema of a database and what stands behind it; `rows` are those of its enum tables. A Problem where a tag,
    or a declared subscription, asks for what cannot be.
    """
    registry = build(anatomy, options, tags_file, rows)
    names = inflection(options, registry)
    schema = declare(build_schema(registry, names, options), declared)
    types = dict(_row_types(schema))
    identifiers = {resource: names.type_identifier_in_node_ids(resource) for resource in types}
    return Known(schema, registry, options, catalog, identifiers, types, dict(_input_names(schema)))


def _row_types(schema: GraphQLSchema) -> Iterator[tuple[Resource, GraphQLObjectType]]:
    """The object types whose rows have node ids, by whose rows they are."""
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLObjectType) and isinstance(type_.extensions.get(MEANING), Rows):
            for field in type_.fields.values():
                match field.extensions.get(MEANING):
                    case NodeIdField(resource):
                        yield resource, type_
                    case _:
                        pass


def _input_names(schema: GraphQLSchema) -> Iterator[tuple[Attribute, str]]:
    """What the members of composite inputs are called."""
    for type_ in schema.type_map.values():
        if isinstance(type_, GraphQLInputObjectType):
            for name, field in type_.fields.items():
                match field.extensions.get(MEANING):
                    case AttributeField(attribute):
                        yield attribute, name
                    case _:
                        pass
